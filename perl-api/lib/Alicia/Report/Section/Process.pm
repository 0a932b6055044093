# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::Process;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(table note);
use Alicia::Text            qw(visible hexadecimal);

sub title    ($class) { return 'Process' }
sub order    ($class) { return 50 }
sub shown_by ($class) { return 'ps' }
sub sources  ($class) { return ('init_task', 'runqueues', 'struct task_struct', 'struct mm_struct') }

sub wants ($class) { return (user => 'what processes had in their own memory (arguments, environment, data)') }

sub blocks ($class, $report) {
    my @rows = $report->processes;
    my %holes;
    $holes{$_->{hole}}++ for grep { defined $_->{hole} } @rows;
    my @columns = ('', map {"+$_"} qw(PID PPID CPU));
    push @columns, '=TASK', '=ST', '+%MEM', '+VSZ', '+RSS', 'COMM';
    return (
        (map { note("$holes{$_} tasks are not whole: " . visible($_)) } sort keys %holes),
        table(\@columns, [map { _cells($_) } @rows]),
    );
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
