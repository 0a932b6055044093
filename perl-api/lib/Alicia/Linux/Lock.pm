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
use File::Basename          qw(dirname);
use Alicia::Linux::LockUse  qw(type_by_use);
use Alicia::Linux::SpinWait qw(queue_of);

our @EXPORT_OK = qw(global_locks lock_state known_locks);

=head1 NAME

Alicia::Linux::Lock - the kernel's global locks, who holds them and who waits

=head1 SUBROUTINES

=head2 known_locks()

A hash: the names of the locks that the table beside this file (locks.tsv) lists, each with a hash of its types, several where
kernels differ, or locks of one name; their values are lists of functions that take such a lock of this type.

=cut

sub known_locks () {
    state $known;
    $known //= do {
        my $file = dirname(__FILE__) . '/locks.tsv';
        open my $handle, '<', $file or die "cannot read $file: $!\n";
        my %types;
        while (my $line = <$handle>) {
            $types{$1}{$2} = [split ' ', $3 // ''] if $line =~ /\A(\w+)\t([\w ]+)(?:\t([\w ]+))?\n/;
        }
        close $handle or die "cannot read $file: $!\n";
        \%types;
    };
    return %$known;
}

=head2 global_locks()

One hash a lock in this kernel, those that are held first, else by name: C<name>, C<address>, C<type>, and what lock_state
says. Behind those that are listed stand the other symbols that are named like a lock, with type and state unknown.

=cut

my @endings = qw(_lock _mutex _sem);

sub global_locks () {
    my %types = known_locks();
    my %at    = _named_like_locks();
    my (@listed, @others);
    for my $name (keys %types) {
        my $first = $at{$name}  ? undef         : find_addr($name);
        my @found = $at{$name}  ? @{$at{$name}} : _is_global($first) ? $first : ();
        my $alone = @found == 1 ? $name         : undef;
        push @listed, map { {name => $name, address => $_, _state_of($alone, $_, $types{$name})} } @found;
    }
    for my $name (grep { !$types{$_} } keys %at) {
        push @others, map { {name => $name, address => $_, type => '?', %{_unknown($_)}} } @{$at{$name}};
    }
    my @sorted = sort { $b->{held} <=> $a->{held} || $a->{name} cmp $b->{name} } @listed;
    return (@sorted, sort { $a->{name} cmp $b->{name} } @others);
}

# A per-CPU variable's symbol is an offset.
sub _is_global ($address) { return defined $address && $address >> 31 }

# The kernel's own data whose names end as those of locks do: a hash of lists of addresses.
sub _named_like_locks () {
    my %at;
    for my $symbol (eval { symbols('', @endings) }) {
        next if length $symbol->{module} || $symbol->{type} !~ /[bBdD]/ || !_is_global($symbol->{address});
        push @{$at{$symbol->{name}}}, $symbol->{address};
    }
    return %at;
}

sub _unknown ($address) {
    my $bytes = eval { read_mem($address, 8) } // '';
    return {held => 0, state => '(type unknown)', owner => undef, waiters => [], words => [unpack 'V2', $bytes]};
}

# Of several types the one whose list of waiters is one, else the one that the code takes it as, else the one that is
# declared for the name, where no other lock has it; types that all say that the lock is free may well differ. What should
# have such a list and has none is something else in this kernel.
sub _state_of ($name, $address, $takers) {
    my @types = grep { _fits($address, $_) } sort keys %$takers;
    my @lists = grep { _keeps_waiters($_) && _has_waiters($address, $_) } @types;
    my @plain = grep { !_keeps_waiters($_) } @types;
    @types = @lists ? @lists : @plain ? @plain : grep { _is_not_set_up($address, $_) } @types;
    if (@types > 1) {
        my $known = type_by_use($address, {map { $_ => $takers->{$_} } @types})
            // (defined $name ? eval { type_of($name) } : undef) // '';
        my @named = grep { $_ eq $known } @types;
        @types = @named if @named;
    }
    my @states = map { lock_state($address, $_) } @types;
    return (type => $types[0], %{$states[0]}) if @types == 1;
    my $free = @states && !grep { $_->{held} || $_->{state} ne 'free' } @states;
    return (type => join(' or ', map {s/\Astruct //r} @types) || '?', %{$free ? $states[0] : _unknown($address)});
}

# Before the next symbol begins.
sub _fits ($address, $type) {
    my $last = (eval { sizeof($type) } // return 1) - 1;
    return (symbol_at($address + $last) // '') =~ /\+0x([[:xdigit:]]+)/ && hex $1 == $last;
}

# All zeros, which a semaphore that counts down to zero never begins with.
sub _is_not_set_up ($address, $type) {
    return $type ne 'struct semaphore' && (eval { read_mem($address, sizeof($type)) } // '') =~ /\A\0+\z/;
}

sub _keeps_waiters ($type) {
    return $type =~ /\Astruct/ && has_type($type) && has_member($type, 'wait_list');
}

# An empty list leads to itself, another one to what leads back.
sub _has_waiters ($address, $type) {
    return 0 if !_keeps_waiters($type);
    my $list = $address + offsetof($type, 'wait_list');
    my $next = eval { read_ptr($list) } || return 0;
    return (eval { read_ptr($next + sizeof('void *')) } // 0) == $list;
}

=head2 lock_state($address, $type)

Of a lock of one of the types C<spinlock_t raw_spinlock_t arch_spinlock_t rwlock_t seqlock_t>, C<struct mutex>,
C<struct rw_semaphore>, C<struct percpu_rw_semaphore>, C<struct semaphore>: C<held> (1 or 0), C<state> (words for people),
C<owner> (a C<task_struct>'s address, or undef), of an rw_semaphore that readers hold C<readers> (how many) and C<last_owner>
(the last of them to come in, perhaps gone again), C<waiters> (a list of those), C<words> (the first two 32-bit words, as
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
    push @words, 'pending' if $value & 0x100;
    if ($last >= 0) {
        my @queue = queue_of($value);
        push @words, @queue > 1 ? 'CPUs ' . join(', ', @queue) . ' queue' : "queue ends at CPU $last";
    }
    my $held = ($value & 0xff) != 0 || @words ? 1 : 0;
    return {held => $held, state => $held ? join ', ', 'held', @words : 'free'};
}

sub _spinlock ($at, $type, $path) {
    return _rt_mutex($at, $type, 'lock') if has_member($type, 'lock.owner');
    return _queued(unpack 'V', read_mem($at + offsetof($type, $path), 4));
}

# Readers of an RT lock are counted below two marks: no writer is there or waits (bit 31), one holds it (bit 30).
sub _rt_base ($at, $type) {
    my $state   = _rt_mutex($at, $type, 'rwbase.rtmutex');
    my $value   = kernel($at, $type, 'rwbase.readers.counter', 'unsigned int');
    my $readers = $value & 0x3fff_ffff;
    my $more    = @{$state->{waiters}} ? ', ' . @{$state->{waiters}} . ' wait' : '';
    return {%$state, held => 1, state => "held by a writer$more"} if $value & 0x4000_0000;
    return $state                                                 if !$readers;
    my $writer = $value & 0x8000_0000 ? '' : ', a writer waits';
    my $owner  = {owner => undef, last_owner => undef};
    return {%$state, %$owner, held => 1, state => 'held by ' . _readers($readers) . ($writer || $more)};
}

sub _readers ($count) { return $count == 1 ? '1 reader' : "$count readers" }

sub _rwlock ($at) {
    return _rt_base($at, 'rwlock_t') if has_member('rwlock_t', 'rwbase.rtmutex');
    my $value   = unpack 'V', read_mem($at, 4);
    my $readers = $value >> 9;
    my $waits   = $value & 0x100 ? ', a writer waits' : '';
    return {held => 1, state => "held by a writer$waits"}                 if ($value & 0xff) == 0xff;
    return {held => 1, state => 'held by ' . _readers($readers) . $waits} if $readers;
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

# The owner's word keeps the last reader that came in; it may be gone again.
sub _rwsem ($at) {
    return _rt_base($at, 'struct rw_semaphore') if has_member('struct rw_semaphore', 'rwbase.rtmutex');
    my $count   = kernel($at, 'struct rw_semaphore', 'count.counter');
    my $word    = kernel($at, 'struct rw_semaphore', 'owner.counter', 'unsigned long');
    my $head    = $at + offsetof('struct rw_semaphore', 'wait_list');
    my $waiters = _waiters($head, 'struct rwsem_waiter', 'list');
    my $readers = $count >> 8 & (1 << 54) - 1;
    my $writer  = $count & 1;
    my $verb    = $writer   ? 'held by a writer' : $readers ? 'held by ' . _readers($readers) : 'free';
    my $wanting = @$waiters ? eval { _wanting(list_entries($head, 'struct rwsem_waiter', 'list')) } : '';
    return {
        held       => $writer || $readers  ? 1                : 0,
        owner      => $writer              ? _owner($word, 7) : undef,
        last_owner => !$writer && $readers ? _owner($word, 7) : undef,
        readers    => $writer              ? 0                : $readers,
        waiters    => $waiters,
        state      => _words(undef, $waiters, $verb) . ($wanting ? " ($wanting)" : ''),
    };
}

# RWSEM_WAITING_FOR_WRITE is 0, for reading 1.
sub _wanting (@waiters) {
    my @count = (0, 0);
    $count[kernel($_, 'struct rwsem_waiter', 'type', 'unsigned int') ? 1 : 0]++ for @waiters;
    return join ', ', $count[0] ? "$count[0] to write" : (), $count[1] ? "$count[1] to read" : ();
}

sub _percpu_rwsem ($at) {
    my $blocked = kernel($at, 'struct percpu_rw_semaphore', 'block.counter');
    my $counter = kernel($at, 'struct percpu_rw_semaphore', 'read_count', 'void *');
    my $readers = 0;
    for my $cpu (cpus()) {
        $readers += unpack 'l<', read_mem(per_cpu($counter, $cpu), 4);
    }
    return {held => 1, state => 'held by a writer'} if $blocked;
    return {held => $readers > 0 ? 1 : 0, state => $readers > 0 ? 'held by ' . _readers($readers) : 'free'};
}

sub _semaphore ($at) {
    my $count   = kernel($at, 'struct semaphore', 'count');
    my $waiters = _waiters($at + offsetof('struct semaphore', 'wait_list'), 'struct semaphore_waiter', 'list');
    my $verb    = $count ? "free ($count)" : 'held';
    return {held => $count ? 0 : 1, waiters => $waiters, state => _words(undef, $waiters, $verb)};
}

1;
