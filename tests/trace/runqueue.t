# SPDX-License-Identifier: GPL-3.0-or-later
# The runqueue analyzer against the guest's own text: every switch, and the tasks on its CPU's queue recounted from the
# words of the events, as sets of PIDs. Where the analyzer takes the dump's nr_running, the text doesn't say how long a
# queue is; but the guest's table of tasks names the loops that were on it all the time.
use v5.36;
use Test::More;
use Alicia::Test  qw(in_this_run);
use Alicia::Truth qw(output_of truth_lines);

# The scheduler's events of a text: references to CPU, event, and the members of the text.
sub events_of ($scenario, $file) {
    my @events;
    for my $line (truth_lines($scenario, $file)) {
        my ($cpu, $event, $text) = $line =~ / \[([0-9]+)\] \S+ +[0-9.]+: (sched_\w+): (.*)/ or next;
        next if $event !~ /\Asched_(?:switch|wakeup|wakeup_new|migrate_task)\z/;
        my %said = $text =~ /\b([a-z]+_(?:pid|cpu|state)|pid)=(\S+)/g;
        push @events, {cpu => $cpu + 0, event => $event, %said};
    }
    return @events;
}

# Which tasks were on a queue when the text begins, by their first switch: whose first one is to them without a wakeup
# before, or from them, was, unless the CPU had nothing to run in between.
sub queued_first (@events) {
    my (%seen, %woken, %came_from, %queue, %idled);
    for my $event (@events) {
        if ($event->{event} eq 'sched_switch') {
            for my $pid (@$event{qw(prev_pid next_pid)}) {
                next if !$pid || $seen{$pid}++;
                next if $woken{$pid} && $pid != $event->{prev_pid};
                my $cpu = $came_from{$pid} // $event->{cpu};
                $queue{$cpu}{$pid} = 1 if !$idled{$cpu};
            }
            $idled{$event->{cpu}} = 1 if !$event->{next_pid};
        } elsif ($event->{event} eq 'sched_migrate_task') {
            $came_from{$event->{pid}} //= $event->{orig_cpu} if !$woken{$event->{pid}};
        } else {
            $woken{$event->{pid}} = 1;
            $seen{$event->{pid}}++ if $event->{event} eq 'sched_wakeup_new';
        }
    }
    return \%queue;
}

# The switches by the text: CPU, tasks on its queue behind it, PID switched from. @always are on CPU 1's whatever the text
# says. Where the text contradicts itself, events are missing since what it says last of the task: the places of switches in
# between are returned, too.
sub switches_of ($always, @events) {
    my $queue = queued_first(@events);
    $queue->{1}{$_} = 1 for @$always;
    my (@switches, %last, @missing);
    my $move = sub ($pid, $cpu) {
        delete $queue->{$_}{$pid} for keys %$queue;
        $queue->{$cpu}{$pid} = 1 if $pid && defined $cpu;
    };
    for my $place (0 .. $#events) {
        my $event = $events[$place];
        my ($cpu, $pid) = @$event{qw(cpu pid)};
        if ($event->{event} eq 'sched_switch') {
            for my $there (grep {$_} @$event{qw(prev_pid next_pid)}) {
                push @missing, [$last{$there} // -1, $place] if !$queue->{$cpu}{$there};
                $move->($there, $cpu);
                $last{$there} = $place;
            }
            $move->($event->{prev_pid}, undef) if $event->{prev_state} !~ /\AR/;
            die "idle CPU $cpu"                if $event->{next_pid} == 0 && %{$queue->{$cpu} // {}};
            push @switches, [join(' ', $cpu, scalar(keys %{$queue->{$cpu}}), $event->{prev_pid}), $place];
        } elsif ($event->{event} eq 'sched_migrate_task') {
            $move->($pid, $event->{dest_cpu}) if grep { $_->{$pid} } values %$queue;
            $last{$pid} = $place;
        } else {
            $move->($pid, $event->{target_cpu} + 0);
            $last{$pid} = $place;
        }
    }
    my @bounds = grep {
        my $place = $switches[$_][1];
        $switches[$_][0] !~ / 0 / && grep { $place > $_->[0] && $place < $_->[1] } @missing;
    } 0 .. $#switches;
    return ([map { $_->[0] } @switches], \@bounds);
}

# The analyzer's: the same, and how many of them were said to be lower bounds; and the dates.
sub ours ($output) {
    my (%bound, @switches, @bounds, @dates);
    for my $line (split /\n/, $output) {
        $bound{$1} = $2 eq 'from' if $line =~ /\A# CPU-(\d+): a lower bound (from|until) here\z/;
        my ($cpu, $when, $length, $from) = $line =~ /\ACPU-(\d+), runqueue, (.*), (\d+), (\d+)\z/ or next;
        push @switches, "$cpu $length $from";
        push @bounds,   $#switches if $bound{$cpu};
        push @dates,    $when;
    }
    return (\@switches, \@bounds, \@dates);
}

sub analysis ($scenario, $buffer) {
    return (output_of($scenario, '$t = new Ftrace', "\$t->analyze(analyzer=>'runqueue', instance=>'$buffer')"))[1];
}

my %buffers = (sysrq => ['top', 'trace'], trace => ['events', 'instances/events/trace']);
for my $scenario (in_this_run(qw(sysrq-6.1 sysrq-6.12 sysrq-5.10 trace-6.1 trace-6.12))) {
    my ($buffer, $file) = @{$buffers{$scenario =~ s/-.*//r}};
    my $output = analysis($scenario, $buffer);
    like $output, qr/\AAnalyzing [.]{3}\n\ncpuid, cpu, start, delta_value\n/, "$scenario: the lines above";
    my ($ours, $bounds, $dates) = ours($output);
    my ($truth, $missing) = switches_of([], events_of($scenario, "sys/kernel/tracing/$file"));
    cmp_ok @$truth, '>', 200, "$scenario: enough switches";
    is_deeply $ours, $truth, "$scenario: CPU, length and PID of each";

    # Each CPU was idle at some time. Where there are such, wakeups began to be recorded later than switches.
    is_deeply $bounds, $missing, "$scenario: lower bounds where wakeups are missing: " . @$missing;
    is_deeply [grep { !m{\A\d{4}/\d\d/\d\d \d\d:\d\d:\d\d[.]\d{9}\z} } @$dates], [],             "$scenario: dates";
    is_deeply $dates,                                                            [sort @$dates], "$scenario: in order";
}

# Recorded until the end, and CPU 1 never idle: nr_running tells of the loops, whether they have an event or not.
for my $scenario (in_this_run(qw(trace-6.1 trace-6.12))) {
    my @loops = map { /\A(\d+)\t.*\tqueueloop\z/ ? $1 : () } truth_lines($scenario, 'tasks');
    is @loops, 2, "$scenario: two loops on CPU 1";
    my ($ours, $bounds) = ours(analysis($scenario, 'queue'));
    my @events = events_of($scenario, 'sys/kernel/tracing/instances/queue/trace');
    my ($truth, $missing) = switches_of(\@loops, @events);
    cmp_ok @$ours,  '>', @$truth, "$scenario: recorded until the end, beyond what was read";
    cmp_ok @$truth, '>', 100,     "$scenario: enough switches";
    is_deeply [@$ours[0 .. $#$truth]], $truth,
        "$scenario: CPU, length and PID of each, counted backwards from the dump";
    is_deeply [grep { $_ <= $#$truth } @$bounds], $missing, "$scenario: all exact";
    ok !(grep {/\A1 0 /} @$ours), "$scenario: CPU 1 is never idle";
}

done_testing;
