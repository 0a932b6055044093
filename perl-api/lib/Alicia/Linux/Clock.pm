# SPDX-License-Identifier: GPL-3.0-or-later
#
# A kernel's records are stamped by many clocks. The log and the scheduler's run queues use sched_clock_cpu(), timers and
# block requests the monotonic clock, each trace buffer the one that was chosen for it. sched_clock() counts the CPU's
# counter. Where that is stable, sched_clock_cpu() is it plus __sched_clock_offset, and runs free: the monotonic clock, which
# NTP steers, drifts away from it. What ties them is that the timekeeper keeps the counter's value of its last update: turned
# into nanoseconds the scheduler's way, it is the same moment on both. Where the counter is not stable, each CPU takes the
# monotonic clock at its last tick plus __gtod_offset, and the counter only from there on.
package Alicia::Linux::Clock;

use v5.36;
use Alicia;
use Alicia::Linux::System qw(timekeeper);
use Alicia::Linux::Timer  qw(monotonic_now jiffies);
use Alicia::Text          qw(visible);

=head1 NAME

Alicia::Linux::Clock - one time for records that different clocks stamped

=head1 SYNOPSIS

    my $clock = Alicia::Linux::Clock->new;
    say $clock->of_monotonic($timer->{monotonic});
    my $when = $clock->of_trace('x86-tsc', $record->time, $record->cpu);    # undef: cannot be told

=head1 DESCRIPTION

All times are nanoseconds. What comes out is the time of the log (C<dmesg>), which is that of run queues and tasks too.

=head2 new

=cut

sub new ($class) { return bless {linear => {}}, $class }

sub _signed ($symbol) { return unpack 'q<', read_mem(get_addr($symbol), 8) }

sub _key_enabled ($symbol) { return unpack('l<', read_mem(get_addr($symbol), 4)) > 0 }

# Whether sched_clock() is the time of the log but for a constant.
sub _is_stable ($self) {
    return $self->{stable} //= !has_symbol('__sched_clock_stable') || _key_enabled('__sched_clock_stable') ? 1 : 0;
}

sub _sched_clock_offset () { return has_symbol('__sched_clock_offset') ? _signed('__sched_clock_offset') : 0 }

=head2 of_monotonic($nanoseconds)

From C<ktime_get>, which timers and requests are stamped with.

=head2 monotonic_offset()

What is added for that; in list context also how it was found, and how many nanoseconds it may be wrong by.

=cut

sub of_monotonic ($self, $time) { return $time + $self->monotonic_offset }

sub monotonic_offset ($self) {
    $self->{monotonic} //= $self->_find_monotonic;
    return wantarray ? @{$self->{monotonic}} : $self->{monotonic}[0];
}

sub _find_monotonic ($self) {
    my $tick = eval { get_mem(get_addr('tick_nsec'), 1, 8) + 0 } // 10_000_000;
    return [_signed('__gtod_offset'), 'the kernel keeps what lies between them', $tick]
        if !$self->_is_stable && has_symbol('__gtod_offset');
    my $now    = monotonic_now();
    my $cycles = eval { $self->_last_cycles };
    return [$cycles - $now, 'the timekeeper has a moment of both', 1000] if defined $cycles;

    # A tick updates the timekeeper, then its CPU's run queue.
    my $queue = $self->_run_queue_clock // die "no clock of the log's kind in the dump\n";
    return [$queue - $now, 'by the last tick', $tick];
}

sub _run_queue_clock ($self) {
    my $last;
    for my $cpu (cpus()) {
        my $clock = eval { kernel(per_cpu('runqueues', $cpu), 'struct rq', 'clock') } // next;
        $last = $clock if !defined $last || $clock > $last;
    }
    return $last;
}

# The log's time at the timekeeper's last update, by the counter; undef where another one is behind sched_clock().
sub _last_cycles ($self) {
    my $keeper = timekeeper();
    my $source = kernel($keeper, 'struct timekeeper', 'tkr_mono.clock->name', 'char *') // '';
    my $cycles = kernel($keeper, 'struct timekeeper', 'tkr_mono.cycle_last');
    if ($source =~ /\Atsc/) {
        my ($scale, $add) = @{$self->_of_tsc // return};
        return int($cycles * $scale + $add + 0.5) + _sched_clock_offset();
    }
    return $cycles - _signed('kvm_sched_clock_offset') + _sched_clock_offset()
        if $source eq 'kvm-clock' && _scheduler_clock() eq 'kvm_sched_clock_read';
    return _of_counter($cycles) if $source eq 'arch_sys_counter';
    return;
}

# What sched_clock() calls on x86.
sub _scheduler_clock () {
    my $key = find_addr('__SCK__pv_sched_clock') // return 'native_sched_clock';
    return (symbol_at(read_ptr($key)) // '') =~ s/[+].*//sr;
}

# Nanoseconds of sched_clock() from the TSC, as scale and what to add; undef where it doesn't count that.
sub _of_tsc ($self) {
    return if !has_symbol('cyc2ns') || _scheduler_clock() ne 'native_sched_clock' || !_key_enabled('__use_tsc');
    my $data  = sub ($member) { kernel(per_cpu('cyc2ns', (cpus())[0]), 'struct cyc2ns', "data[0].cyc2ns_$member") };
    my $shift = $data->('shift');
    return if $shift > 63;
    return [$data->('mul') / 2**$shift, unpack 'q', pack 'Q', $data->('offset')];
}

# The same of architectures with kernel/time/sched_clock.c.
sub _of_counter ($cycles) {
    my $data    = sub ($member) { kernel(get_addr('cd'), 'struct clock_data', "read_data[0].$member") };
    my $elapsed = ($cycles - $data->('epoch_cyc')) & $data->('sched_clock_mask');
    return $data->('epoch_ns') + int($elapsed * $data->('mult') / 2**$data->('shift'));
}

=head2 of_trace($clock, $time, $cpu)

From a clock of trace buffers by its name (C<local>, C<global>, C<mono>, C<x86-tsc>...); undef where it counts no time, or
what it counts cannot be told.

=head2 to_trace($clock, $time, $cpu)

The other way.

=cut

sub of_trace ($self, $clock, $time, $cpu) {
    my ($scale, $add) = @{$self->_linear($clock, $cpu) // return};
    return $scale == 1 ? $time + $add : int($time * $scale + $add + 0.5);
}

sub to_trace ($self, $clock, $time, $cpu) {
    my ($scale, $add) = @{$self->_linear($clock, $cpu) // return};
    my $found = $scale == 1 ? $time - $add : int(($time - $add) / $scale + 0.5);
    return $found < 0 ? 0 : $found;
}

=head2 trace_offset($clock, $cpu)

What of_trace adds, and undef as there; of a clock that doesn't count nanoseconds 0.

=cut

sub trace_offset ($self, $clock, $cpu) {
    my ($scale, $add) = @{$self->_linear($clock, $cpu) // return};
    return $scale == 1 ? $add : 0;
}

my %monotonic = map { $_ => 1 } qw(mono mono_raw boot tai uptime);

sub _linear ($self, $clock, $cpu) {
    my $known = $self->{linear}{$clock} //= {};
    $known->{$cpu} = eval { $self->_find_linear($clock, $cpu) } if !exists $known->{$cpu};
    return $known->{$cpu};
}

sub _find_linear ($self, $clock, $cpu) {
    return [1, 0]                                                   if $clock eq 'global' || $clock eq 'perf';
    return [1, $self->_local($cpu)]                                 if $clock eq 'local';
    return [1, $self->monotonic_offset - _beside_monotonic($clock)] if $monotonic{$clock};
    return if $clock !~ /tsc/;
    my ($scale, $add) = @{$self->_of_tsc // return};
    return [$scale, $add + $self->_local($cpu)];
}

# From sched_clock() to the log's time.
sub _local ($self, $cpu) {
    return _sched_clock_offset() if $self->_is_stable;
    my $data = per_cpu('sched_clock_data', $cpu);
    my ($raw, $monotonic) = map { kernel($data, 'struct sched_clock_data', $_) } qw(tick_raw tick_gtod);
    return $monotonic + _signed('__gtod_offset') - $raw;
}

# How far these are ahead of the monotonic clock.
sub _beside_monotonic ($clock) {
    return 0 if $clock eq 'mono';
    my $get = sub ($member) { kernel(timekeeper(), 'struct timekeeper', $member) };
    return $get->("offs_$clock") if $clock ne 'mono_raw' && $clock ne 'uptime';
    return $get->('tkr_raw.base') + ($get->('tkr_raw.xtime_nsec') >> $get->('tkr_raw.shift')) - monotonic_now()
        if $clock eq 'mono_raw';
    my ($count, $at) = jiffies();
    my $tick  = get_mem(get_addr('tick_nsec'), 1, 8) + 0;
    my $began = (1 << 32) - 300 * int(1e9 / $tick + 0.5);    # so that the count's wrap is met early
    return ($count - $began) * $tick - $at;
}

=head2 now()

The latest moment that the log's clock is known to have shown, by the timekeeper and the run queues.

=cut

sub now ($self) {
    my @known  = grep {defined} $self->_run_queue_clock, eval { $self->of_monotonic(monotonic_now()) };
    my ($last) = sort { $b <=> $a } @known;
    return $last // 0;
}

=head2 behind($cpu)

How far the clock of a CPU's tasks, which stands still in interrupts, is behind the log's.

=cut

sub behind ($self, $cpu) {
    return $self->{behind}{$cpu} //= eval {
        my $queue = per_cpu('runqueues', $cpu);
        has_member('struct rq', 'clock_task')
            ? kernel($queue, 'struct rq', 'clock') - kernel($queue, 'struct rq', 'clock_task')
            : 0;
    } // 0;
}

=head2 notes()

Lines that tell how the monotonic clock was set against the log's.

=cut

sub notes ($self) {
    my ($offset, $how, $within) = eval { $self->monotonic_offset };
    return 'timers and requests cannot be set against the log: ' . visible(Alicia::Error::reason($@))
        if !defined $offset;
    return sprintf 'timers and requests: the monotonic clock is %.3f ms %s the log\'s (%s, within %s)',
        abs($offset) / 1e6,
        $offset > 0 ? 'behind' : 'ahead of', $how, $within < 1e6 ? $within / 1000 . ' us' : $within / 1e6 . ' ms';
}

1;
