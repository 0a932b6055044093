# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the kernel's locks look like in memory. A mutex and a semaphore for readers and writers keep the owner's
# task_struct, with flags in its low bits, and a list of waiters. A spinlock of 32 bits keeps a byte that is 1 while it is
# taken, a pending bit, and the CPU (plus one) that came last to its queue; a lock for readers and writers counts readers
# from bit 9 on and has 0xff in its low byte for a writer. On PREEMPT_RT kernels the sleeping locks have an rt_mutex inside.
# Which it is, is asked of the types.
package Alicia::Linux::Lock;

use v5.36;
use Alicia;
use Exporter 'import';
use File::Basename qw(dirname);

our @EXPORT_OK = qw(global_locks lock_state known_locks);

=head1 NAME

Alicia::Linux::Lock - the kernel's global locks, who holds them and who waits

=head1 SUBROUTINES

=head2 known_locks()

Name and type of the locks that the table beside this file (locks.tsv) lists.

=cut

sub known_locks () {
    state $known = do {
        my $file = dirname(__FILE__) . '/locks.tsv';
        open my $handle, '<', $file or die "cannot read $file: $!\n";
        my %type = map { /\A(\w+)\t([\w ]+)\n/ ? ($1 => $2) : () } <$handle>;
        close $handle or die "cannot read $file: $!\n";
        \%type;
    };
    return %$known;
}

=head2 global_locks()

One hash a lock that is listed and in this kernel, those that are held first, else by name: C<name>, C<address>, C<type>,
and what lock_state says.

=cut

sub global_locks () {
    my %type  = known_locks();
    my @locks = map {
        my $address = find_addr($_);
        defined $address
            ? {name => $_, address => $address, type => $type{$_}, %{lock_state($address, $type{$_})}}
            : ()
    } keys %type;
    my @sorted = sort { $b->{held} <=> $a->{held} || $a->{name} cmp $b->{name} } @locks;
    return @sorted;
}

=head2 lock_state($address, $type)

Of a lock of one of the types C<spinlock_t raw_spinlock_t arch_spinlock_t rwlock_t seqlock_t>, C<struct mutex>,
C<struct rw_semaphore>, C<struct percpu_rw_semaphore>, C<struct semaphore>: C<held> (1 or 0), C<state> (words for people),
C<owner> (a C<task_struct>'s address, or undef), C<waiters> (a list of those), C<words> (the first two 32-bit words, as
numbers; empty where they are absent).

=cut

my %reader = (
    'spinlock_t'                 => sub ($at) { _spinlock($at, 'spinlock_t',     'rlock.raw_lock') },
    'raw_spinlock_t'             => sub ($at) { _spinlock($at, 'raw_spinlock_t', 'raw_lock') },
    'arch_spinlock_t'            => sub ($at) { _queued(unpack 'V', read_mem($at, 4)) },
    'rwlock_t'                   => \&_rwlock,
    'seqlock_t'                  => \&_seqlock,
    'struct mutex'               => \&_mutex,
    'struct rw_semaphore'        => \&_rwsem,
    'struct percpu_rw_semaphore' => \&_percpu_rwsem,
    'struct semaphore'           => \&_semaphore,
);

sub lock_state ($address, $type) {
    my $read  = $reader{$type} // die "no lock of type $type is known\n";
    my $state = eval { $read->($address) }     // {held => 0, state => '(' . Alicia::Error::reason($@) . ')'};
    my $bytes = eval { read_mem($address, 8) } // '';
    return {owner => undef, waiters => [], words => [unpack 'V2', $bytes], %$state};
}

sub _queued ($value) {
    my $last = ($value >> 18) - 1;
    my @words;
    push @words, 'pending'                 if $value & 0x100;
    push @words, "queue ends at CPU $last" if $last >= 0;
    my $held = ($value & 0xff) != 0 || @words ? 1 : 0;
    return {held => $held, state => $held ? join ', ', 'held', @words : 'free'};
}

sub _spinlock ($at, $type, $path) {
    return _rt_mutex($at, $type, 'lock') if has_member($type, 'lock.owner');
    return _queued(unpack 'V', read_mem($at + offsetof($type, $path), 4));
}

sub _rwlock ($at) {
    if (has_member('rwlock_t', 'rwbase.rtmutex')) {
        my $state   = _rt_mutex($at, 'rwlock_t', 'rwbase.rtmutex');
        my $readers = kernel($at, 'rwlock_t', 'rwbase.readers.counter');
        return $state                                                    if $state->{held} || $readers < 0;
        return {%$state, held => 1, state => "held by $readers readers"} if $readers > 0;
        return $state;
    }
    my $value   = unpack 'V', read_mem($at, 4);
    my $readers = $value >> 9;
    my $waits   = $value & 0x100 ? ', a writer waits' : '';
    return {held => 1, state => "held by a writer$waits"}         if ($value & 0xff) == 0xff;
    return {held => 1, state => "held by $readers readers$waits"} if $readers;
    return {held => $waits ? 1 : 0, state => 'free' . $waits};
}

sub _seqlock ($at) {
    my $state = _spinlock($at + offsetof('seqlock_t', 'lock'), 'spinlock_t', 'rlock.raw_lock');
    my $count = unpack 'V', read_mem($at, 4);
    return $count & 1 ? {%$state, held => 1, state => "$state->{state}, a write is under way"} : $state;
}

# The owner's address without the flags in its low bits, or undef.
sub _owner ($word, $flags) {
    my $task = $word & ~$flags;
    return $task ? $task : undef;
}

sub _waiters ($head, $type, $member) {
    return [] if read_ptr($head) == 0;    # never set up
    return [map { kernel($_, $type, 'task') } list_entries($head, $type, $member)];
}

sub _words ($owner, $waiters, $verb = 'held') {
    my $count = @$waiters;
    return $verb . ($count ? ", $count wait" : '');
}

sub _mutex ($at) {
    return _rt_mutex($at, 'struct mutex', 'rtmutex') if has_member('struct mutex', 'rtmutex');
    my $owner   = _owner(kernel($at, 'struct mutex', 'owner.counter', 'unsigned long'), 7);
    my $waiters = _waiters($at + offsetof('struct mutex', 'wait_list'), 'struct mutex_waiter', 'list');
    return {
        held    => defined $owner || @$waiters ? 1 : 0,
        owner   => $owner,
        waiters => $waiters,
        state   => _words($owner, $waiters, defined $owner ? 'held' : 'free'),
    };
}

sub _rt_mutex ($at, $type, $path) {
    my $owner   = _owner(kernel($at, $type, "$path.owner", 'unsigned long'), 1);
    my $root    = $at + offsetof($type, "$path.waiters.rb_root");
    my @waiters = map { kernel($_, 'struct rt_mutex_waiter', 'task') } rbtree_entries(
        $root,
        'struct rt_mutex_waiter',
        has_member('struct rt_mutex_waiter', 'tree.entry') ? 'tree.entry' : 'tree_entry'
    );
    return {
        held    => defined $owner ? 1 : 0,
        owner   => $owner,
        waiters => \@waiters,
        state   => _words($owner, \@waiters, defined $owner ? 'held' : 'free'),
    };
}

sub _rwsem ($at) {
    if (has_member('struct rw_semaphore', 'rwbase.rtmutex')) {
        return _rt_mutex($at, 'struct rw_semaphore', 'rwbase.rtmutex');
    }
    my $count   = kernel($at, 'struct rw_semaphore', 'count.counter');
    my $word    = kernel($at, 'struct rw_semaphore', 'owner.counter', 'unsigned long');
    my $waiters = _waiters($at + offsetof('struct rw_semaphore', 'wait_list'), 'struct rwsem_waiter', 'list');
    my $readers = $count >> 8 & (1 << 54) - 1;
    my $verb    = $count & 1 ? 'held by a writer' : $readers ? "held by $readers readers" : 'free';
    return {
        held    => $count & 1 || $readers ? 1                : 0,
        owner   => $count & 1             ? _owner($word, 7) : undef,
        waiters => $waiters,
        state   => _words(undef, $waiters, $verb),
    };
}

sub _percpu_rwsem ($at) {
    my $blocked = kernel($at, 'struct percpu_rw_semaphore', 'block.counter');
    my $counter = kernel($at, 'struct percpu_rw_semaphore', 'read_count', 'void *');
    my $readers = 0;
    for my $cpu (cpus()) {
        $readers += unpack 'l<', read_mem(per_cpu($counter, $cpu), 4);
    }
    return {held => 1, state => 'held by a writer'} if $blocked;
    return {held => $readers > 0 ? 1 : 0, state => $readers > 0 ? "held by $readers readers" : 'free'};
}

sub _semaphore ($at) {
    my $count   = kernel($at, 'struct semaphore', 'count');
    my $waiters = _waiters($at + offsetof('struct semaphore', 'wait_list'), 'struct semaphore_waiter', 'list');
    my $verb    = $count ? "free ($count)" : 'held';
    return {held => $count ? 0 : 1, waiters => $waiters, state => _words(undef, $waiters, $verb)};
}

1;
