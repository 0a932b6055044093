# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::LastFunction;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia;
use Alicia::Report::Section qw(text note);
use Alicia::Linux::Stack    qw(trace last_function function_start);
use Alicia::Linux::System   qw(panic_task);
use Alicia::Text            qw(visible hexadecimal);

sub title    ($class) { return 'Last Function' }
sub order    ($class) { return 40 }
sub shown_by ($class) { return 'dis' }
sub sources  ($class) { return qw(crash_notes __start_orc_unwind) }

sub about ($class) {
    return 'The function that the kernel was in when it stopped, as instructions of the processor; the one it '
        . 'had come to stands between lines.';
}

sub blocks ($class, $report) {
    my $task  = panic_task() // return note('no CPU panicked');
    my $trace = trace($task->address);
    my $frame = last_function($trace->{frames}->@*)
        // return note('no frame could be found: ' . visible($trace->{problem}));
    my $pc = $frame->{pc};
    return note('it is outside of all functions: ' . hexadecimal($pc)) if !defined $frame->{symbol};

    # Of a call the instruction that calls is shown: it ends where the return address begins.
    my $inside = $pc - ($frame->{kind} eq 'call' || $frame->{kind} eq 'guess' ? 1 : 0);
    my $start  = function_start($inside);
    my $before = eval { command('dis', '-r', sprintf '%x', $inside) };
    my $shown  = defined $before ? (split /^/, $before)[-1]                            : undef;
    my $all    = defined $start  ? eval { command('dis', '-f', sprintf '%x', $start) } : undef;
    return (
        text(
            sprintf(
                "Last function is %s <%s>.\n----\n%s----\n",
                visible($frame->{symbol}),
                hexadecimal($pc), $shown // "(the code is not in the dump)\n"
            )
        ),
        defined $all && length $all ? text($all, folded => 'The whole function') : (),
    );
}

1;
