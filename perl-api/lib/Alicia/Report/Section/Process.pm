# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::Process;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Linux::Arguments qw(arguments);
use Alicia::Report::Section  qw(table text note);
use Alicia::Text             qw(visible hexadecimal);

sub title    ($class) { return 'Process' }
sub order    ($class) { return 50 }
sub shown_by ($class) { return 'ps' }
sub sources  ($class) { return ('init_task', 'runqueues', 'struct task_struct', 'struct mm_struct') }

sub wants ($class) { return (user => 'what processes had in their own memory (arguments, environment, data)') }

sub about ($class) {
    return
          q{Every task. > marks those that ran on a CPU at the stop, [name] a thread of the kernel's own. ST: }
        . q{RU runs or wants to, IN sleeps, UN sleeps and can't be woken early (it waits for a disk or a lock), }
        . 'ID a thread of the kernel without work, ST stopped, TR under a debugger, ZO ended and not yet taken '
        . 'note of by its parent. VSZ and RSS are kB of memory, set aside and really there.';
}

sub blocks ($class, $report) {
    my @rows = $report->processes;
    my %holes;
    $holes{$_->{hole}}++ for grep { defined $_->{hole} } @rows;
    my @columns = ('', map {"+$_"} qw(PID PPID CPU));
    push @columns, '=TASK', '=ST', '+%MEM', '+VSZ', '+RSS', 'COMM';
    return (
        (map { note("$holes{$_} tasks are not whole: " . visible($_)) } sort keys %holes),
        table(\@columns, [map { _cells($_) } @rows]),
        $report->redact || ($report->level // 0) & 8 ? () : _arguments(@rows),
    );
}

# What each process was started with: of a dump that has the pages of user processes, as no usual one has.
sub _arguments (@rows) {
    my $text = '';
    for my $row (grep { !$_->{kernel_thread} && $_->{pid} && $_->{pid} == $_->{tgid} } @rows) {
        my @words = eval { arguments($row->{task}) } or next;
        $text .= sprintf "%7d  %s\n", $row->{pid}, join ' ', map { visible($_) } @words;
    }
    return length $text ? text($text, folded => 'Arguments') : ();
}

sub _cells ($row) {
    my $name = visible($row->{comm} // '?');
    return [
        $row->{running} ? '>' : '',
        (map { $row->{$_} // '?' } qw(pid ppid cpu)),
        hexadecimal($row->{task}),
        $row->{st} // '??',
        sprintf('%.1f', $row->{percent}),
        @$row{qw(vsz rss)},
        $row->{kernel_thread} ? "[$name]" : $name,
    ];
}

1;
