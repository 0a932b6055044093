# SPDX-License-Identifier: GPL-3.0-or-later
#
# Who waits for what. A task that sleeps on a mutex, a semaphore or an rw_semaphore has a waiter on its own stack: two
# pointers that put it on the lock's list, then the task's own address. So the stack is searched for that address, and the
# two words before it are believed where the neighbour on the list points back. From there the list leads to its head,
# which lies in the lock: the one element that is no waiter. Which kind of lock it is, the functions on the stack tell.
# An rt_mutex (all sleeping locks of PREEMPT_RT) is named by the task itself, in pi_blocked_on.
package Alicia::Linux::Waiting;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::Lock    qw(lock_state);
use Alicia::Linux::Process qw(task_label);
use Alicia::Linux::Stack   qw(unwind);
use Alicia::Text           qw(hexadecimal);

our @EXPORT_OK = qw(waiting);

=head1 NAME

Alicia::Linux::Waiting - blocked tasks, what they wait for, and who holds it

=head1 SUBROUTINES

=head2 waiting(@processes)

Of the processes (as L<Alicia::Linux::Process/processes> has them) those that wait uninterruptibly, two hundred at most.
A hash of C<tasks>, a hash each:

    task pid comm    as in the process
    frames           the stack; empty where it cannot be unwound
    where            the frame that waits: the first that is not the scheduler's or the lock's
    lock             the address of the lock it waits for, absent where that is unknown
    type, name       its type and symbol (undef for a lock in allocated memory)
    owner            the address of the task that holds it, where it is known
    readers          of an rw_semaphore that readers hold, in words: how many, and who came last
    for              what it waits for, in words

C<cycles>: lists of such tasks of which each waits for what the next one holds, and the last for what the first holds.
C<more>: how many were left out.

=cut

my $most = 200;

sub waiting (@processes) {
    my @blocked = grep { ($_->{st} // '') eq 'UN' } @processes;
    my $more    = @blocked > $most ? @blocked - $most : 0;
    $#blocked = $most - 1 if $more;
    my %known = map { $_->{task} + 0 => $_ } @processes;
    my @tasks = map { _task($_, \%known) } @blocked;
    return {tasks => \@tasks, cycles => [_cycles(@tasks)], more => $more};
}

my $scheduler = qr/\A(?:__schedule|schedule|io_schedule|preempt_schedule|context_switch|__cond_resched)/;
my $of_lock   = qr/\A(?:
      __?mutex_lock | mutex_lock | __ww_mutex | ww_mutex | rwsem_down | __?down | down_ | percpu_down | __percpu_down
    | rt_mutex | __rt_mutex | rtlock | rt_spin_lock | rt_read | rt_write | rwbase | __rwbase | slow
)/x;
my $of_event = qr/\A(?:
      schedule_timeout | wait_for_ | __wait_for_ | do_wait_ | __wait_rcu | synchronize_ | folio_wait | wait_on_ | __wait_on
    | out_of_line_wait | bit_wait | msleep | usleep | __folio_lock | io_schedule | __lock_page | prepare_to_wait
)/x;

sub _task ($process, $known) {
    my %task = (%$process{qw(task pid comm)}, frames => []);
    $task{frames} = [grep { $_->{kind} ne 'guess' && $_->{kind} ne 'user' } eval { unwind($task{task}) }];
    my @names   = map  { $_->{symbol} // '' } @{$task{frames}};
    my ($lock)  = grep { $_ =~ $of_lock } @names;
    my ($event) = grep { $_ =~ $of_event } @names;
    ($task{where}) = grep { ($_->{symbol} // '') !~ /$scheduler|$of_lock|$of_event/ } @{$task{frames}};
    my $found = eval { _rt_mutex($task{task}) } // _held_lock($task{task}, $lock, $known, scalar @names);
    if ($found) {
        @task{keys %$found} = values %$found;
        $task{for} = ($task{type} =~ s/\Astruct //r) . ' ' . ($task{name} // '0x' . hexadecimal($task{lock}));
    } else {
        $task{for} = defined $lock ? "a lock that was not found ($lock)" : $event // $names[0] // '';
    }
    return \%task;
}

sub _rt_mutex ($task) {
    return if !has_member('struct task_struct', 'pi_blocked_on');
    my $waiter = kernel($task, 'struct task_struct', 'pi_blocked_on', 'void *');
    return if $waiter == 0;
    my $lock  = kernel($waiter, 'struct rt_mutex_waiter', 'lock',  'void *');
    my $owner = kernel($lock,   'struct rt_mutex_base',   'owner', 'unsigned long') & ~1;
    return {lock => $lock, type => 'rt_mutex', name => _name($lock), owner => $owner || undef};
}

my @types = (
    [qr/mutex/                     => 'struct mutex',        'struct mutex_waiter',     'wait_list'],
    [qr/rwsem|down_(?:read|write)/ => 'struct rw_semaphore', 'struct rwsem_waiter',     'wait_list'],
    [qr/down/                      => 'struct semaphore',    'struct semaphore_waiter', 'wait_list'],
);

# The lock that the functions speak of; of a stack that can't be unwound any that has an owner.
sub _held_lock ($task, $function, $known, $unwound) {
    return eval { _by_waiter($task, $function, $known) } if defined $function;
    return                                               if $unwound;
    for my $guess (qw(mutex rwsem)) {
        my $found = eval { _by_waiter($task, $guess, $known) } // next;
        return $found if defined $found->{owner} && exists $known->{$found->{owner}};
    }
    return;
}

sub _by_waiter ($task, $function, $known) {
    my ($how) = grep { $function =~ $_->[0] } @types;
    return if !$how;
    my (undef, $type, $waiter, $list) = @$how;
    my $head  = _head($task, $waiter, $known) // return;
    my $lock  = $head - offsetof($type, $list);
    my $state = lock_state($lock, $type);
    my %found =
        (lock => $lock, type => $type, name => _name($lock), owner => $state->{owner} ? $state->{owner} + 0 : undef);
    $found{readers} = _readers_of($state) if $state->{readers};
    return \%found;
}

sub _readers_of ($state) {
    my $words = $state->{readers} == 1 ? '1 reader' : "$state->{readers} readers";
    return defined $state->{last_owner} ? "$words, the last " . task_label($state->{last_owner}) : $words;
}

sub _name ($address) { return symbol_at($address) }

# THREAD_SIZE is 16 KiB, or 32 with KASAN; behind a smaller one lies a page that isn't there.
my $largest = 32768;

# The head of the list that the waiter on the task's stack is on.
sub _head ($task, $waiter, $known) {
    my $bottom = kernel($task, 'struct task_struct', 'stack', 'void *') + 0;
    my $bytes  = eval { read_mem($bottom, $largest) } // read_mem($bottom, $largest / 2);
    my @words  = unpack 'Q<*', $bytes;
    my $holds  = offsetof($waiter, 'task') / 8;
    for my $index ($holds .. $#words) {
        next if $words[$index] != $task;
        my $next = $words[$index - $holds];
        my $here = $bottom + 8 * ($index - $holds);
        next if $next & 7 || !($next >> 63);    # no address of the kernel
        my $back = eval { read_ptr($next + 8) } // next;
        next if $back != $here;
        return _follow($next, $holds, $known);
    }
    return;
}

# From waiter to waiter; what holds no task in a waiter's place is the head.
sub _follow ($at, $holds, $known) {
    for (1 .. 10_000) {
        my $task = eval { read_ptr($at + 8 * $holds) } // return $at;
        return $at if !exists $known->{$task + 0} || !_on_stack_of($at, $task);
        $at = read_ptr($at) + 0;
    }
    return;
}

sub _on_stack_of ($address, $task) {
    my $bottom = kernel($task, 'struct task_struct', 'stack', 'void *');
    return $address >= $bottom && $address < $bottom + $largest;
}

# Chains of owners that come back to where they began, each once.
sub _cycles (@tasks) {
    my %waiter = map { $_->{task} + 0 => $_ } @tasks;
    my (@cycles, %done);
    for my $task (@tasks) {
        my (@chain, %at);
        my $next = $task;
        while ($next && !$done{$next->{task} + 0} && !exists $at{$next->{task} + 0}) {
            $at{$next->{task} + 0} = @chain;
            push @chain, $next;
            $next = defined $next->{owner} ? $waiter{$next->{owner} + 0} : undef;
        }
        push @cycles, [@chain[$at{$next->{task} + 0} .. $#chain]] if $next && exists $at{$next->{task} + 0};
        $done{$_->{task} + 0} = 1 for @chain;
    }
    return @cycles;
}

1;
