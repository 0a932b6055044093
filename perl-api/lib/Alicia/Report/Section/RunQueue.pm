# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::RunQueue;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(text lanes note);
use Alicia::Linux::RunQueue qw(run_queues run_queue_text);
use Alicia::Text            qw(visible hexadecimal);

my $lanes = 64;    # CPUs drawn
my $boxes = 24;    # tasks drawn of one

sub title    ($class) { return 'Run Queue' }
sub order    ($class) { return 60 }
sub shown_by ($class) { return 'runq' }
sub sources  ($class) { return ('runqueues', 'struct rq') }

sub about ($class) {
    return 'What each CPU was at, and the tasks that were ready to run there and had to wait.';
}

sub blocks ($class, $report) {
    my @queues = run_queues();
    my @busy   = grep { !_is_idle($_) } @queues;
    my $idle   = @queues - @busy;
    my @most   = @busy > $lanes ? @busy[0 .. $lanes - 1] : @busy;
    my @notes;
    push @notes, 'the first ' . @most . ' of ' . @busy . ' CPUs that have something to do' if @most < @busy;
    push @notes, "$idle of " . @queues . ' CPUs are idle'                                  if $idle;
    return (
        @most  ? lanes('Run queues', map { _lane($_) } @most) : (),
        @notes ? note(ucfirst join('; ', @notes) . '.')       : (),
        text(join "\n", map { run_queue_text($_) } @queues),
    );
}

sub _is_idle ($queue) {
    return !defined $queue->{hole} && $queue->{current}{pid} == 0 && !grep { @{$_->{tasks}} } @{$queue->{classes}};
}

# Who runs, then who waits, in the order in which they would be taken.
sub _lane ($queue) {
    return {label => "CPU $queue->{cpu}", boxes => [{text => '?', about => visible($queue->{hole}), kind => 'then'}]}
        if defined $queue->{hole};
    my @waiting = map {
        my $class = $_->{name} =~ s/ .*//r;
        map { _box($_, $class eq 'CFS' ? 'then' : 'first', "waits in $class, priority $_->{prio}") } @{$_->{tasks}}
    } @{$queue->{classes}};
    my $more = @waiting - $boxes;
    splice @waiting, $boxes, $more, {text => "and $more more", about => '', kind => 'then'} if $more > 0;
    return {label => "CPU $queue->{cpu}", boxes => [_box($queue->{current}, 'running', 'runs'), @waiting]};
}

sub _box ($task, $kind, $what) {
    my $name = visible($task->{comm});
    return {text => "$task->{pid} $name", about => "$name, PID $task->{pid}, $what", kind => $kind};
}

1;
