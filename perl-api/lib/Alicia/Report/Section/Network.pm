# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::Network;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(table);
use Alicia::Linux::Net      qw(interface_table);

sub title    ($class) { return 'Network' }
sub order    ($class) { return 120 }
sub shown_by ($class) { return 'net' }
sub sources  ($class) { return ('init_net', 'struct net_device') }

sub about ($class) {
    return 'The network interfaces and their addresses.';
}

sub blocks ($class, $report) {
    return table(interface_table(redact => $report->redact));
}

1;
