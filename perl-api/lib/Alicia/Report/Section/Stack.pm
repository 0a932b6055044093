# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::Stack;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia;
use Alicia::Report::Section qw(text note heading);
use Alicia::Linux::Trace    qw(debugger_is_there);
use Alicia::Text            qw(visible);

sub title    ($class) { return 'Stack Trace & Register' }
sub order    ($class) { return 30 }
sub shown_by ($class) { return 'bt' }

# The three parts of 2005: the trace, text symbols on the stack, exception frames.
my @parts = (['bt', 'Trace'], ['bt -t', 'Text symbols on stack'], ['bt -e', 'Exception frames']);

sub blocks ($class, $report) {
    return text(visible(command('bt'), 1)) if !debugger_is_there();
    return map {
        my ($command, $title) = @$_;
        my $output = eval { pass_through($command) };
        (heading($title), defined $output ? text(visible($output, 1)) : note(visible("$@" =~ s/\s+\z//r)));
    } @parts;
}

1;
