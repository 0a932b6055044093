# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Trace::Analyzer::Timeline;

use v5.36;
use parent 'Alicia::Trace::Analyzer';
use Alicia::Text                     qw(visible);
use Alicia::Trace::Analyzer::Syscall ();

=head1 NAME

Alicia::Trace::Analyzer::Timeline - what a task did all the time: ran, waited for a CPU, slept; and its system calls

=head1 SYNOPSIS

    $trace->analyze(analyzer => 'timeline', pid => 4642, instance => 'mine');
    $trace->analyze(analyzer => 'timeline', pid => [1, 42], format => 'stat');

=head1 DESCRIPTION

From the events C<sched:sched_switch>, C<sched_wakeup>, C<sched_wakeup_new>, and C<raw_syscalls:*> where they were recorded. The
phases of a task follow each other without a gap:

    running   on a CPU, from the switch to it until the switch from it
    runnable  waits for a CPU, since it was woken (by whom) or had to leave one
    sleeping  since it left the CPU in a state that is not runnable, whose letter is told, until it is woken

What began before the buffer does, and what ends behind its end, is as long as the buffer shows, and marked so.

=head2 analyze

C<pid> is a task or a reference to several. Format C<log>, which is meant where none is given: a line for each phase and each
system call, C<time, cpu, pid, phase, duration, detail>, by time. Format C<stat>: a line for each phase of each task, C<pid,
phase, count, total, average, max>. Times and durations are the buffer's clock's.

=cut

my @switches = map {"sched:$_"} qw(sched_switch sched_wakeup sched_wakeup_new);
my @letters  = ([1, 'S'], [2, 'D'], [4, 'T'], [8, 't'], [0x10, 'X'], [0x20, 'Z'], [0x40, 'P'], [0x80, 'I']);

sub formats ($self) { return qw(log stat) }

sub options ($self) { return 'pid' }

sub check ($self, %how) {
    $self->SUPER::check(%how);
    _pids($how{pid});
    return;
}

sub _pids ($told) {
    my @pids = ref $told eq 'ARRAY' ? @$told : $told // ();
    Alicia::_throw('bad_argument', 'whose timeline: pid => PID')
        if !@pids || grep { !defined || !/\A[0-9]{1,9}\z/ } @pids;
    return @pids;
}

sub analyze ($self, $records, $out, %how) {
    my $format = $how{format} // 'log';
    my @pids   = _pids($how{pid});
    my @phases = ($self->phases($records, @pids), $self->calls($records, @pids));
    @phases = sort { $a->{time} <=> $b->{time} || $a->{rank} <=> $b->{rank} } @phases;
    $out->('# durations in ', $self->unit($records), "\n");
    return _statistics($out, @phases) if $format eq 'stat';
    $out->("time, cpu, pid, phase, duration, detail\n");

    for my $phase (@phases) {
        my $detail = visible($phase->{detail} // '');
        $detail .= (length $detail ? ' ' : '') . "($phase->{open})" if defined $phase->{open};
        $out->(join(', ', @$phase{qw(time cpu pid phase duration)}, $detail), "\n");
    }
    return;
}

sub _statistics ($out, @phases) {
    my %sum;
    for my $phase (@phases) {
        my $sum = $sum{$phase->{pid}}{$phase->{phase}} //= {count => 0, total => 0, max => 0};
        $sum->{count}++;
        $sum->{total} += $phase->{duration};
        $sum->{max} = $phase->{duration} if $phase->{duration} > $sum->{max};
    }
    $out->("pid, phase, count, total, average, max\n");
    for my $pid (sort { $a <=> $b } keys %sum) {
        for my $name (sort keys %{$sum{$pid}}) {
            my $sum = $sum{$pid}{$name};
            $out->(
                join(', ', $pid, $name, @$sum{qw(count total)}, int($sum->{total} / $sum->{count}), $sum->{max}), "\n"
            );
        }
    }
    return;
}

=head2 phases($records, @pids), calls($records, @pids)

The phases of these tasks, and their system calls, as hashes: C<time cpu pid phase duration detail>, C<open> (why its length
is a lower bound).

=cut

sub phases ($self, $records, @pids) {
    my %kind   = map { ($records->kinds($_))[0] // -1 => s/.*://r } @switches;
    my %wanted = map { $_                             => 1 } @pids;
    my (%now, %edge, @phases);

    # Each buffer has its own story; ends one phase and begins the next.
    my $turn = sub ($record, $pid, $phase, $detail, $cpu) {
        my $buffer = $record->buffer;
        my $time   = $record->time;
        my $last   = $now{"$buffer $pid"};
        push @phases, {%$last, duration => $time - $last->{time}} if $last;
        $now{"$buffer $pid"} =
            {time => $time, cpu => $cpu, pid => $pid, phase => $phase, detail => $detail, rank => 0, buffer => $buffer};
    };
    my $before = sub ($record, $pid, $phase) {
        my $buffer = $record->buffer;
        return if $now{"$buffer $pid"};
        my $begin = $edge{$buffer}[0];
        $now{"$buffer $pid"} = {
            time   => $begin,
            cpu    => $phase eq 'running' ? $record->cpu : '-',
            pid    => $pid,
            phase  => $phase,
            rank   => 0,
            buffer => $buffer,
            open   => 'since before the buffer begins'
        };
    };
    $edge{$_->[0]} = [@$_[1, 2]] for _edges($records);
    for my $recid ($records->select(types => [keys %kind])) {
        my $record = $records->at($recid);
        if ($kind{$record->type} ne 'sched_switch') {
            my $pid = $record->field('pid');
            next if !$wanted{$pid};
            $before->($record, $pid, 'sleeping');
            my $phase = $now{$record->buffer . " $pid"}{phase};
            $turn->($record, $pid, 'runnable', 'woken by ' . $record->pid, $record->field('target_cpu'))
                if $phase eq 'sleeping';
            next;
        }
        my ($from, $to) = map { $record->field($_) } qw(prev_pid next_pid);
        if ($wanted{$from}) {
            $before->($record, $from, 'running');
            my $state = _letter($record->field('prev_state'));
            if   (defined $state) { $turn->($record, $from, 'sleeping', $state,      '-') }
            else                  { $turn->($record, $from, 'runnable', 'preempted', $record->cpu) }
        }
        if ($wanted{$to}) {
            $before->($record, $to, 'runnable');
            $turn->($record, $to, 'running', undef, $record->cpu);
        }
    }
    for my $last (values %now) {
        my $length = $edge{$last->{buffer}}[1] - $last->{time};
        push @phases, {%$last, duration => $length, open => 'until after the buffer ends'};
    }
    return @phases;
}

sub _letter ($state) {
    return if !($state & 0xff);
    for my $letter (@letters) { return $letter->[1] if $state & $letter->[0] }
    return;
}

# First and last time in each buffer.
sub _edges ($records) {
    my %edge;
    my $count = $records->count;
    for my $buffer (0 .. $#{$records->{ids}}) { $edge{$buffer} = [$buffer, undef, undef] }
    my %missing = map { $_ => 1 } keys %edge;
    for (my $recid = 0; $recid < $count && %missing; $recid++) {
        my $record = $records->at($recid);
        $edge{$record->buffer}[1] = $record->time if delete $missing{$record->buffer};
    }
    %missing = map { $_ => 1 } grep { defined $edge{$_}[1] } keys %edge;
    for (my $recid = $count - 1; $recid >= 0 && %missing; $recid--) {
        my $record = $records->at($recid);
        $edge{$record->buffer}[2] = $record->time if delete $missing{$record->buffer};
    }
    return grep { defined $_->[1] } values %edge;
}

sub calls ($self, $records, @pids) {
    my ($enter) = $records->kinds('raw_syscalls:sys_enter');
    my ($exit)  = $records->kinds('raw_syscalls:sys_exit');
    return if !defined $enter || !defined $exit;
    my $names = Alicia::Trace::Analyzer::Syscall->new;
    my (%open, @calls);
    for my $recid ($records->select(types => [$enter, $exit], pids => \@pids)) {
        my $record = $records->at($recid);
        my $key    = $record->buffer . ' ' . $record->pid;
        if ($record->type == $enter) {
            $open{$key} = $record;
            next;
        }
        my $begin = delete $open{$key} // next;
        push @calls,
            {
            time     => $begin->time,
            cpu      => $begin->cpu,
            pid      => $begin->pid,
            phase    => 'syscall',
            duration => $record->time - $begin->time,
            detail   => $names->name_of($begin->field('id')) . ' = ' . $record->field('ret'),
            rank     => 1,
            };
    }
    return @calls;
}

1;
