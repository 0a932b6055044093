# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::Mount;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(table);
use Alicia::Linux::Mount    qw(mount_table);

sub title    ($class) { return 'Mount' }
sub order    ($class) { return 100 }
sub shown_by ($class) { return 'mount' }
sub sources  ($class) { return ('struct mnt_namespace', 'struct mount') }

sub about ($class) {
    return 'The file systems that were mounted, and where.';
}

sub blocks ($class, $report) {
    return table(mount_table());
}

1;
