# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Refused::Vmcoreinfo;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(text note);
use Alicia::Text            qw(visible);

sub title   ($class) { return 'VMCOREINFO' }
sub order   ($class) { return 30 }
sub sources ($class) { return ('VMCOREINFO') }

sub blocks ($class, $report) {
    my $info = $report->found->{vmcoreinfo};
    return note('What the kernel left for readers of its dump was not found in the file.') if !length $info;
    return text(visible($info =~ s/\n?\z/\n/r, 1));
}

1;
