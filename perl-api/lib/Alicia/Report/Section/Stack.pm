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

sub sources ($class) { return ('crash_notes', '__start_orc_unwind', 'struct orc_entry', 'struct task_struct') }
sub wants   ($class) { return (user => 'stacks of user space') }

# The three parts of 2005: the trace, text symbols on the stack (many, and rarely asked for), exception frames; and what
# the other CPUs were at.
my @parts =
    (['bt', 'Trace'], ['bt -t', 'Text symbols on stack', 1], ['bt -e', 'Exception frames'], ['bt -a', 'All CPUs', 1],);

sub about ($class) {
    return 'Which functions led to the stop, the innermost first, each called by the next, and what the '
        . q{processor's registers held. Frames marked with ? are guesses.};
}

sub blocks ($class, $report) {
    return map {
        my ($command, $title, $folded) = @$_;
        my $output = eval { _output($command) };
        (
            $folded && defined $output ? () : heading($title),
            defined $output
            ? text(visible($output, 1), $folded ? (folded => $title) : ())
            : note(visible(Alicia::Error::reason($@)))
        );
    } @parts;
}

# Alicia's own unwinder answers whatever debugger there is; where it cannot, the debugger is asked.
sub _output ($line) {
    my $output = eval { command(split / /, $line) };
    return $output if defined $output;
    my $error = $@;
    return pass_through($line) if debugger_is_there() && ref $error && $error->code eq 'not_supported';
    die $error;
}

1;
