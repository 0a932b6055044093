# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two kinds of timer wait in a kernel. The timer wheel (kernel/time/timer.c) has some struct timer_base a CPU, each an array of
# buckets (nine levels of 64, coarser the further ahead), whose lists hold struct timer_list; they expire at a count of
# jiffies. High resolution timers hang on red-black trees ordered by time, a tree for each clock of each CPU, and expire at
# nanoseconds of that clock. Many are wrapped: a sleeper has its task behind its timer, delayed work its function before it,
# and that is what one wants to know of them.
package Alicia::Linux::Timer;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::Process qw(task_label);
use Alicia::Linux::System  qw(timekeeper);

our @EXPORT_OK = qw(wheel_bases clock_bases pending_timers jiffies monotonic_now);

=head1 NAME

Alicia::Linux::Timer - timers that had not expired yet

=head1 SUBROUTINES

=head2 jiffies()

The kernel's count of ticks, as wide as its C<unsigned long>; in list context also the monotonic time in nanoseconds at which
it was reached.

=cut

sub jiffies () {
    my $count = get_mem(get_addr('jiffies_64'), 1, 8) + 0;
    $count &= 0xffffffff if sizeof('unsigned long') == 4;
    return $count        if !wantarray;
    my $at = find_addr('last_jiffies_update');
    return ($count, get_mem($at,                          1, 8) + 0) if defined $at;
    return ($count, get_mem(get_addr('tick_next_period'), 1, 8) - get_mem(get_addr('tick_nsec'), 1, 8));
}

=head2 monotonic_now()

The monotonic clock (C<ktime_get>) in nanoseconds when it was last updated.

=cut

sub monotonic_now () {
    my $clock = object('struct timekeeper', timekeeper())->member('tkr_mono');
    return $clock->member('base') + ($clock->member('xtime_nsec') >> $clock->member('shift'));
}

=head2 wheel_bases(@cpus)

The bases of the timer wheel of these CPUs, of all without: hashes C<cpu name address>, C<timers>, a list by expiry of
hashes C<address expires> (jiffies) C<function symbol about>, and C<hole>, why the rest of it could not be read. C<about> is
what the timer is for, where that is known: C<work vmstat_update>, C<task 42 khungtaskd>; not yet fit to be shown.

=cut

# As many as there are by CONFIG_NO_HZ_COMMON, and since 6.9 one more.
my %names = (
    1 => ['BASE_STD'],
    2 => ['BASE_STD',   'BASE_DEF'],
    3 => ['BASE_LOCAL', 'BASE_GLOBAL', 'BASE_DEF']
);
my $most_buckets = 4096;

sub wheel_bases (@cpus) {
    my $names = $names{_bases_of_a_cpu()} // die "no number of timer bases that is known\n";
    my $buckets =
        (sizeof('struct timer_base') - offsetof('struct timer_base', 'vectors')) / sizeof('struct hlist_head');
    die "$buckets buckets of timers\n" if $buckets > $most_buckets;
    my @bases;
    for my $cpu (@cpus ? @cpus : cpus()) {
        my $first = per_cpu('timer_bases', $cpu);
        push @bases, map {
            my $address = $first + $_ * sizeof('struct timer_base');
            {cpu => $cpu, name => $names->[$_], address => $address, _guarded(sub { _wheel($address, int $buckets) })}
        } 0 .. $#$names;
    }
    return @bases;
}

# By the type of the variable; where that is not told, as many as follow each other with like clocks.
sub _bases_of_a_cpu () {
    return $1 if (eval { type_of('timer_bases') } // '') =~ /\[(\d+)\]\s*\z/;
    my $cpu   = (cpus())[0];
    my $first = per_cpu('timer_bases', $cpu);
    my $size  = sizeof('struct timer_base');
    my $get   = sub ($base, $member) { kernel($first + $base * $size, 'struct timer_base', $member) };
    my $clock = $get->(0, 'clk');
    my $count = 1;
    $count++
        while $count < 3 && eval { $get->($count, 'cpu') == $cpu && abs($get->($count, 'clk') - $clock) < 1 << 28 };
    return $count;
}

# What could be read, and why the rest could not.
sub _guarded ($read) {
    my ($hole, @timers);
    local $SIG{__WARN__} = sub ($warning) { $hole //= $warning =~ s/\n\z//r };
    my $done = eval { @timers = $read->(); 1 };
    $hole //= Alicia::Error::reason($@) if !$done;
    @timers = sort { $a->{expires} <=> $b->{expires} || $a->{address} <=> $b->{address} } @timers;
    return (timers => \@timers, defined $hole ? (hole => $hole) : ());
}

sub _wheel ($base, $buckets) {
    my $word    = sizeof('struct hlist_head');
    my $vectors = $base + offsetof('struct timer_base', 'vectors');
    my @first   = unpack $word == 8 ? 'Q<*' : 'V*', read_mem($vectors, $buckets * $word);
    my @timers;
    for my $bucket (grep { $first[$_] } 0 .. $#first) {
        for my $timer (hlist_entries($vectors + $bucket * $word, 'struct timer_list', 'entry')) {
            my $one = eval { _timer($timer->address, 'timer_list') };
            if ($one) { push @timers, $one }
            else      { warn Alicia::Error::reason($@), "\n" }
        }
    }
    return @timers;
}

# Where each kind has the time it expires at.
my %expiry = (timer_list => ['expires', 'unsigned long'], hrtimer => ['node.expires', 'long long']);

sub _timer ($address, $kind) {
    my $code   = kernel($address, "struct $kind", 'function', 'void *');
    my $symbol = (symbol_at($code) // "$code") =~ s/[+]0x0\b//r;
    return {
        address  => $address,
        expires  => kernel($address, "struct $kind", @{$expiry{$kind}}) + 0,
        function => $code,
        symbol   => $symbol,
        about    => scalar eval { _about($address, $symbol) },
    };
}

# What stands around the timer, by the function that it calls.
my %around = (
    process_timeout               => ['struct process_timer',        'timer', task => 'task'],
    hrtimer_wakeup                => ['struct hrtimer_sleeper',      'timer', task => 'task'],
    delayed_work_timer_fn         => ['struct delayed_work',         'timer', work => 'work.func'],
    kthread_delayed_work_timer_fn => ['struct kthread_delayed_work', 'timer', work => 'work.func'],
    it_real_fn                    => ['struct signal_struct',        'real_timer'],
);

sub _about ($address, $symbol) {
    my ($type, $member, $what, $path) = @{$around{$symbol =~ s/ .*//sr} // return};
    my $holder = $address - offsetof($type, $member);
    if (!defined $what) {    # a process's alarm: its first thread
        my $thread = read_ptr($holder + offsetof($type, 'thread_head'));
        return 'task ' . task_label($thread - offsetof('struct task_struct', 'thread_node'));
    }
    my $there = kernel($holder, $type, $path, 'void *');
    return if $there == 0;
    return $what eq 'task'
        ? 'task ' . task_label($there)
        : 'work ' . ((symbol_at($there) // "$there") =~ s/[+]0x0\b//r);
}

=head2 clock_bases(@cpus)

The high resolution timers of these CPUs, of all without, by clock: hashes C<cpu base> (the address of the CPU's
C<hrtimer_cpu_base>), C<index address clock> (the function or number of it), C<offset> (nanoseconds that this clock is ahead
of the monotonic one), C<timers> as above with C<expires> and C<softexpires> in nanoseconds of that clock, and C<hole>.

=cut

my %clock_ids = (0 => 'CLOCK_REALTIME', 1 => 'CLOCK_MONOTONIC', 7 => 'CLOCK_BOOTTIME', 11 => 'CLOCK_TAI');

sub clock_bases (@cpus) {
    my $first = offsetof('struct hrtimer_cpu_base', 'clock_base');
    my $step  = sizeof('struct hrtimer_clock_base');
    my $last  = offsetof('struct hrtimer_cpu_base', 'clock_base[1]') - $first == $step ? 7 : 0;
    my @bases;
    for my $cpu (@cpus ? @cpus : cpus()) {
        my $base = per_cpu('hrtimer_bases', $cpu);
        push @bases, map {
            my $address = $base + $first + $_ * $step;
            my $offset  = eval { kernel($address, 'struct hrtimer_clock_base', 'offset') };
            {
                cpu     => $cpu,
                base    => $base,
                index   => $_,
                address => $address,
                clock   => eval { _clock_name($address) } // '?',
                offset  => $offset                        // 0,
                _guarded(sub { _tree($address) })
            }
        } 0 .. $last;
    }
    return @bases;
}

sub _clock_name ($base) {
    if (has_member('struct hrtimer_clock_base', 'get_time')) {
        my $code = kernel($base, 'struct hrtimer_clock_base', 'get_time', 'void *');
        return (symbol_at($code) // "$code") =~ s/[+]0x0\b//r;
    }
    my $id = kernel($base, 'struct hrtimer_clock_base', 'clockid');
    return $clock_ids{$id} // "clock $id";
}

sub _tree ($base) {
    my @timers;
    my $root = $base + offsetof('struct hrtimer_clock_base', 'active.rb_root');
    for my $timer (rbtree_entries($root, 'struct hrtimer', 'node.node')) {
        my $one = eval {
            +{
                %{_timer($timer->address, 'hrtimer')},
                softexpires => kernel($timer->address, 'struct hrtimer', '_softexpires', 'long long') + 0
            };
        };
        if ($one) { push @timers, $one }
        else      { warn Alicia::Error::reason($@), "\n" }
    }
    return @timers;
}

=head2 pending_timers(@cpus)

All of both kinds, by time: hashes as above with C<cpu>, C<kind> (C<timer> or C<hrtimer>) and C<monotonic>, when they expire in
nanoseconds of the monotonic clock. Then references to the lines that tell what could not be read.

=cut

sub pending_timers (@cpus) {
    my (@timers, @holes);
    my ($count, $at) = jiffies();
    my $tick = get_mem(get_addr('tick_nsec'), 1, 8) + 0;
    my $bits = 8 * sizeof('unsigned long');
    for my $base (_or_hole(\@holes, 'timer wheel', sub { wheel_bases(@cpus) })) {
        push @holes, "timers of CPU $base->{cpu}, $base->{name}: $base->{hole}" if defined $base->{hole};
        for my $timer (@{$base->{timers}}) {
            my $when = $at + $tick * distance($timer->{expires}, $count);
            push @timers, {%$timer, cpu => $base->{cpu}, kind => 'timer', monotonic => $when};
        }
    }
    for my $base (_or_hole(\@holes, 'high resolution timers', sub { clock_bases(@cpus) })) {
        push @holes, "timers of CPU $base->{cpu}, $base->{clock}: $base->{hole}" if defined $base->{hole};
        for my $timer (@{$base->{timers}}) {
            my $when = $timer->{expires} - $base->{offset};
            push @timers, {%$timer, cpu => $base->{cpu}, kind => 'hrtimer', monotonic => $when};
        }
    }
    return ([sort { $a->{monotonic} <=> $b->{monotonic} } @timers], \@holes);
}

sub _or_hole ($holes, $what, $code) {
    my @found;
    eval { @found = $code->(); 1 } or push @$holes, "$what: " . Alicia::Error::reason($@);
    return @found;
}

=head2 distance($expires, $jiffies)

From one count of jiffies to another, which may have begun anew since.

=cut

sub distance ($expires, $jiffies) {
    use integer;
    my $ticks = $expires - $jiffies;
    return $ticks if sizeof('unsigned long') == 8;
    $ticks &= 0xffffffff;
    return $ticks >= 0x80000000 ? $ticks - (1 << 32) : $ticks;
}

1;
