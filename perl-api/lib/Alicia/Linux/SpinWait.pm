# SPDX-License-Identifier: GPL-3.0-or-later
#
# A spinlock doesn't say who holds it, but a CPU that spins for one gives it away. It was stopped in the slow path, with
# the lock's address in a register: rdi mostly, as the function's first argument. The lock itself says whether it is held,
# whether one waits beside it (pending) and which CPU was the last to queue (kernel/locking/qspinlock.c); from there the
# queue is followed back, for each CPU has four queue nodes of its own, and each node leads to the next. Who holds it is a
# guess, and said to be one: a CPU that doesn't wait for this lock and has its address in a register or on its stack, as
# code that will unlock it has.
#
# An rwlock (kernel/locking/qrwlock.c) counts its readers and marks its writer in its first word; the second is a spinlock,
# which those queue for that wait. The first of the queue holds that spinlock and spins for the word.
package Alicia::Linux::SpinWait;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::Process qw(task_label);
use Alicia::Linux::Stack   qw(unwind running_task);

our @EXPORT_OK = qw(spinning queue_of lock_text spin_text holder_of);

=head1 NAME

Alicia::Linux::SpinWait - CPUs that spin for a lock

=head1 SUBROUTINES

=head2 spinning()

One hash a CPU that spins for a spinlock or an rwlock: C<cpu>, C<task> (an address), C<label> (its PID and name), C<lock>
(an address), C<type> (C<arch_spinlock_t> or C<rwlock_t>), C<name> (its symbol, or undef), C<held> (by the lock's word),
C<queue> (the CPUs that queue, the first to get it first), C<holder> (the CPU that likely holds it, or undef), C<where> (the
frame that wanted the lock). Of an rwlock also C<wants> (C<read> or C<write>), and C<readers>, how many hold it (0: a writer
does). What can't be read makes no row.

=cut

my $slow = qr/\A(?:native_|__pv_)?queued_(?:spin_lock|read_lock|write_lock)_slowpath\b/;
my $spin = qr/$slow|\A_?_?(?:raw_)?(?:spin|read|write)_lock|\Ado_raw_(?:spin|read|write)_lock/;

sub spinning () {
    my (@spinning, %frames);
    for my $cpu (cpus()) {
        my $task = eval { running_task($cpu) } // next;
        $frames{$cpu} = [grep { $_->{kind} ne 'guess' && $_->{kind} ne 'user' } eval { unwind($task) }];
        my $row = eval { _row($cpu, $task, @{$frames{$cpu}}) } // next;
        push @spinning, $row;
    }
    my %waits = map { $_->{cpu} => $_->{lock} } @spinning;
    for my $row (@spinning) {
        my @others = grep { ($waits{$_} // 0) != $row->{lock} } cpus();
        $row->{holder} = holder_of($row->{lock}, map { [$_, $frames{$_}] } @others);
    }
    return @spinning;
}

# The frame in the slow path is the first, or it was interrupted; the registers are those of that moment.
sub _row ($cpu, $task, @frames) {
    my ($index) = grep { ($frames[$_]{symbol} // '') =~ $slow } 0 .. $#frames;
    return if !defined $index;
    my $regs = $frames[$index]{regs} // return;
    my ($where) = grep { ($_->{symbol} // '') !~ $spin } @frames[$index .. $#frames];
    my ($wants) =
        map { ($_->{symbol} // '') =~ /queued_(read|write)_lock_slowpath\b/ ? $1 : () } @frames[$index .. $#frames];
    my $found = (defined $wants ? _rwlock($regs, $wants) : _spinlock($regs)) // return;
    return {
        cpu   => $cpu,
        task  => $task,
        label => task_label($task),
        name  => scalar symbol_at($found->{lock}),
        where => $where,
        %$found,
    };
}

# What the registers point to, as pairs of addresses and their first 32-bit words.
sub _pointed_to ($regs) {
    my @found;
    for my $name (qw(rdi rbx rbp r12 r13 r14 r15 r8 r9 r10 r11)) {
        my $address = $regs->{$name} // next;
        next if $address & 3 || !($address >> 63);
        my $word = eval { unpack 'V', read_mem($address, 4) } // next;
        push @found, [$address + 0, $word];
    }
    return @found;
}

# The register that points to a lock which is held.
sub _spinlock ($regs) {
    my ($found) = grep { _is_held($_->[1]) } _pointed_to($regs);
    return if !$found;
    my ($lock, $word) = @$found;
    return {lock => $lock, type => 'arch_spinlock_t', held => 1, queue => [queue_of($word)]};
}

# The register points to the rwlock, or to the spinlock in it. A reader that spins for the word counts itself already.
sub _rwlock ($regs, $wants) {
    my $distance = offsetof('struct qrwlock', 'wait_lock');
    for my $found (map { ($_, [$_->[0] - $distance]) } _pointed_to($regs)) {
        my ($lock, $word) = @$found;
        $word //= eval { unpack 'V', read_mem($lock, 4) } // next;
        my $wait    = eval { unpack 'V', read_mem($lock + $distance, 4) } // next;
        my $writer  = ($word & 0xff) == 0xff;
        my $readers = $word >> 9;
        next if !_is_held($wait) || $word & 0xff && !$writer || !$writer && !$readers || $readers > 4096;
        return {
            lock    => $lock,
            type    => 'rwlock_t',
            wants   => $wants,
            held    => 1,
            readers => $writer ? 0 : $readers,
            queue   => [queue_of($wait)],
        };
    }
    return;
}

# The lock's byte is one where it is held, the next is one where somebody waits beside it; then the last of the queue.
sub _is_held ($word) {
    my $last = ($word >> 18) - 1;
    return ($word & 0xff) == 1 && ($word >> 8 & 0xff) <= 1 && $last < cpus();
}

=head2 queue_of($word)

The CPUs that queue for a spinlock with this value, the one that gets it first first; only the last where the queue can't
be followed.

=cut

sub queue_of ($word) {
    my $last = ($word >> 18) - 1;
    return if $last < 0;
    my @queue = ($last);
    my $nodes = find_addr('qnodes') // return @queue;
    my $size  = has_type('struct qnode') ? sizeof('struct qnode') : sizeof('struct mcs_spinlock');
    my %before;    # address of a node => the CPU and the node that lead to it
    for my $cpu (cpus()) {
        my $base = eval { per_cpu($nodes, $cpu) } // next;
        for my $index (0 .. 3) {
            my $node = $base + $index * $size;
            my $next = eval { read_ptr($node) } // next;
            $before{$next + 0} = [$cpu, $node + 0] if $next != 0;
        }
    }
    my $node = per_cpu($nodes, $last) + ($word >> 16 & 3) * $size;
    while (my $found = $before{$node + 0}) {
        last if grep { $_ == $found->[0] } @queue;
        unshift @queue, $found->[0];
        $node = $found->[1];
    }
    return @queue;
}

=head2 holder_of($lock, [$cpu, \@frames], ...)

Of these CPUs, with the frames of what they ran, the one that has the lock's address at hand; undef where none has, or
several.

=cut

my $registers = qr/\A(?:rbx|rbp|r12|r13|r14|r15|rdi|rsi)\z/;

sub holder_of ($lock, @cpus) {
    my @found;
    for my $one (@cpus) {
        my ($cpu, $frames) = @$one;
        push @found, $cpu if _has_at_hand($lock, @$frames);
    }
    return @found == 1 ? $found[0] : undef;
}

my $most = 16384;    # bytes of stack

sub _has_at_hand ($lock, @frames) {
    for my $regs (grep {defined} map { $_->{regs} } @frames) {
        return 1 if grep { $_ =~ $registers && defined $regs->{$_} && $regs->{$_} == $lock } keys %$regs;
    }
    my @slots = map { $_->{slot} + 0 } grep { ($_->{stack} // '') eq 'task' && defined $_->{slot} } @frames;
    return 0 if @slots < 2 || $slots[-1] <= $slots[0] || $slots[-1] - $slots[0] > $most;
    my $from  = $slots[0] - 256;                                             # the innermost frame's own
    my @words = eval { get_mem($from & ~7, ($slots[-1] - $from) / 8, 8) };
    return scalar grep { $_ == $lock } @words;
}

=head2 lock_text($row)

What a row of C<spinning> spins for: C<the spinlock NAME>, C<the rwlock NAME to write, held by 2 readers>.

=cut

sub lock_text ($row) {
    my $name = $row->{name} // sprintf '0x%x', $row->{lock};
    return "the spinlock $name" if !defined $row->{wants};
    my $holders = !$row->{readers} ? 'a writer' : $row->{readers} == 1 ? '1 reader' : "$row->{readers} readers";
    return "the rwlock $name to $row->{wants}, held by $holders";
}

=head2 spin_text($row)

A row of C<spinning> in words: C<spins for the spinlock NAME, which CPU 2, PID 160 locks_ba, likely holds; in its queue is
CPU 3>.

=cut

sub spin_text ($row) {
    my $text = 'spins for ' . lock_text($row);
    if (defined $row->{holder}) {
        my $task = eval { task_label(running_task($row->{holder})) } // '?';
        $text .= ", which CPU $row->{holder}, PID $task, likely holds";
    }
    my @queue = grep { $_ != $row->{cpu} } @{$row->{queue}};
    $text .= '; in its queue ' . (@queue == 1 ? 'is CPU ' : 'are CPUs ') . join ', ', @queue if @queue;
    return $text;
}

1;
