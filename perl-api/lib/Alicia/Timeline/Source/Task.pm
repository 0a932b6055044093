# SPDX-License-Identifier: GPL-3.0-or-later
#
# When a task got a CPU last is in sched_info.last_arrival, and since when it waits for one in last_queued; until when it ran,
# se.exec_start tells, which every scheduling class brings up to date for the running task, at its last switch too. That one
# is of the clock that stands still in interrupts.
package Alicia::Timeline::Source::Task;

use v5.36;
use Alicia;
use Alicia::Linux::Process qw(task_cpu state_letters);
use Alicia::Linux::System  qw(current_task);
use Alicia::Text           qw(visible);

=head1 NAME

Alicia::Timeline::Source::Task - when tasks ran last, a source of L<Alicia::Timeline>

=cut

sub kind ($class) { return 'task' }

sub collect ($class, $timeline) {
    my $arrived = has_member('struct task_struct', 'sched_info.last_arrival') ? 'sched_info.last_arrival' : undef;
    $timeline->note('tasks: the kernel keeps only when each last ran, not since when') if !defined $arrived;
    my %running;
    for my $cpu (cpus()) {
        my $task = eval { current_task($cpu) };
        $running{$task} = 1 if defined $task;
    }
    my ($from, $lost, $why) = ($timeline->from, 0);
    for my $task ($timeline->task_addresses) {
        my $done = eval {
            my $ran  = kernel($task, 'struct task_struct', 'se.exec_start');
            my $time = defined $arrived ? kernel($task, 'struct task_struct', $arrived) : $ran;
            _ran($timeline, $task, $time, $ran, $running{$task}) if $time >= $from || $ran >= $from;
            _waits($timeline, $task)                             if defined $arrived;
            1;
        };
        next if $done;
        $lost++;
        $why //= Alicia::Error::reason($@);
    }
    $timeline->note("task: $lost tasks could not be read: $why") if $lost;
    return;
}

sub _who ($task, $pid) { return "$pid " . visible(kernel($task, 'struct task_struct', 'comm', 'char *')) }

sub _ran ($timeline, $task, $time, $ran, $running) {
    my $pid = kernel($task, 'struct task_struct', 'pid') || return;    # idle tasks
    my $cpu = task_cpu($task);
    return if !$timeline->wants_cpu($cpu);
    my $until = $running ? $timeline->end : $ran + $timeline->clock->behind($cpu);
    $until = $time if $until < $time;
    my $what =
          $running       ? 'runs'
        : $until > $time ? sprintf 'ran for %.3f ms, then %s', ($until - $time) / 1e6, state_letters($task)
        :                  'ran, then ' . state_letters($task);
    $timeline->add(
        time  => $time,
        until => $until,
        kind  => 'task',
        cpu   => $cpu,
        pid   => $pid,
        text  => _who($task, $pid) . " $what"
    );
    return;
}

# Who is on a queue has waited since it got there, however long ago.
sub _waits ($timeline, $task) {
    my $since = kernel($task, 'struct task_struct', 'sched_info.last_queued') || return;
    my $pid   = kernel($task, 'struct task_struct', 'pid')                    || return;
    return if $since > $timeline->end;
    $timeline->add(
        time  => $since,
        until => $timeline->end,
        kind  => 'task',
        cpu   => task_cpu($task),
        pid   => $pid,
        text  => _who($task, $pid) . sprintf ' waits for a CPU, for %.3f ms',
        ($timeline->end - $since) / 1e6
    );
    return;
}

1;
