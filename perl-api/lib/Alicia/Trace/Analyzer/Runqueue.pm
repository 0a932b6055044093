# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Trace::Analyzer::Runqueue;

use v5.36;
use parent 'Alicia::Trace::Analyzer';
use Alicia;
use Alicia::Linux::RunQueue ();
use Alicia::Linux::System   ();
use POSIX                   ();

=head1 NAME

Alicia::Trace::Analyzer::Runqueue - how many tasks each CPU had to run

=head1 DESCRIPTION

From the events of C<sched>: C<sched_switch>, C<sched_wakeup>, C<sched_wakeup_new>, C<sched_migrate_task>. They tell how
queues became longer and shorter. How long they were is known where a CPU was idle, and, where those events were still being
recorded when the dump was made, from the dump's own C<< rq->nr_running >>, from which the lengths before are counted
backwards. Where neither is there, or events are missing (a task runs that nothing woke; events were overwritten or lost), a
length is a lower bound: the tasks that the events name. Lines say where that begins and ends.

=head2 analyze

A line for each switch: C<CPU-n, runqueue>, when, the tasks that are on the queue then, the one that runs included, and the
PID switched from. When is date and time by the dump's clock, or the count of a clock that counts no time.

=cut

my @events = qw(sched_switch sched_wakeup sched_wakeup_new sched_migrate_task);

sub formats ($self) { return 'log' }

sub analyze ($self, $records, $out, %how) {
    my $lengths = $records->queue_lengths(map { $self->last_lengths($records->buffer($_)) } 0 .. $records->ids - 1);
    my $when    = $self->unit($records) eq 'nanoseconds' ? _dates() : sub ($time) {$time};
    $out->("cpuid, cpu, start, delta_value\n");
    my %noted;
    $lengths->each(
        sub ($switch) {
            my ($time, undef, $length, $from, $cpu, $is_exact) = @$switch;
            if ($is_exact ? !($noted{$cpu} // 1) : $noted{$cpu} // 1) {
                $out->("# CPU-$cpu: a lower bound ", ($is_exact ? 'until here' : 'from here'), "\n");
            }
            $noted{$cpu} = $is_exact;
            $out->("CPU-$cpu, runqueue, ", $when->($time), ", $length, $from\n");
        }
    );
    return;
}

# By the clock of the printk log, whose zero is the time of boot. Most events are of the same second as the one before.
sub _dates () {
    my $boot  = Alicia::Linux::System::boot_time();
    my $whole = int $boot;
    my $start = int(($boot - $whole) * 1e9);
    my ($last, $text) = (-1, q());
    return sub ($time) {
        my $nanos  = $start + $time;
        my $second = int($nanos / 1_000_000_000);
        if ($second != $last) {
            $text = POSIX::strftime('%Y/%m/%d %H:%M:%S', localtime($whole + $second));
            $last = $second;
        }
        return sprintf '%s.%09d', $text, $nanos - $second * 1_000_000_000;
    };
}

=head2 last_lengths BUFFER

The tasks on each CPU's queue behind the last event of a buffer, as a reference to a list: the dump's own count, where the
buffer was recording these events until then; else an empty one.

=cut

sub last_lengths ($self, $buffer) {
    return [] if !defined $buffer->{instance_address} || $buffer->{snapshot};
    return [] if grep { !$_->{recording} } @{Alicia::_trace_counts($buffer->{id})};
    my %is_on = map { $_ => 1 } _recorded_events($buffer->{instance_address});
    return [] if grep { !$is_on{$_} } @events;
    my @lengths;
    for my $queue (Alicia::Linux::RunQueue::run_queues()) {
        next if defined $queue->{hole};

        # A task that only waits to be taken off is counted by the kernel; its switch says that it sleeps.
        $lengths[$queue->{cpu}] = $queue->{count} - grep { $_->{delayed} } map { @{$_->{tasks}} } @{$queue->{classes}};
    }
    return \@lengths;
}

# The scheduler's events that an instance records.
sub _recorded_events ($instance) {
    my %name  = map { $_->[0] => $_->[2] } grep { $_->[1] eq 'sched' } @{Alicia::_trace_formats()};
    my @files = list_entries($instance + offsetof('struct trace_array', 'events'), 'struct trace_event_file', 'list');
    my @names;
    for my $file (@files) {
        my $name = $name{$file->event_call->event->type};
        push @names, $name if defined $name && $file->flags & 1;    # EVENT_FILE_FL_ENABLED
    }
    return @names;
}

1;
