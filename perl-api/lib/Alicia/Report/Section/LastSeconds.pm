# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::LastSeconds;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(note);
use Alicia;
use Alicia::Timeline ();
use List::Util       qw(min);

my $bins  = 160;
my $drawn = 32;                                                                    # CPUs
my %most  = (log => 120, trace => 200, task => 100, timer => 60, request => 40);
my $width = 200;                                                                   # characters of an event

sub title    ($class) { return 'Last Seconds' }
sub order    ($class) { return 45 }
sub shown_by ($class) { return 'timeline -s ' . $class->seconds . ' -a ' . $class->ahead }

# Seconds before and after the end; a class that inherits may have others.
sub seconds ($class) { return 5 }
sub ahead   ($class) { return 1 }

sub sources ($class) {
    return ('prb', 'ftrace_trace_arrays', 'struct task_struct', 'timer_bases', 'hrtimer_bases', 'struct request');
}

sub about ($class) {
    return 'What happened at which moment before the stop, from all that keeps times: the log, recorded traces, '
        . 'when each task ran last, timers to come, and requests to disks under way.';
}

sub blocks ($class, $report) {
    my $timeline = Alicia::Timeline->new(
        seconds => $class->seconds,
        ahead   => $class->ahead,
        most    => $most{trace},
        bins    => $bins,
        records => sub { $report->records },
        tasks   => sub {
            map { $_->{task} } grep { $_->{pid} } $report->processes;
        },
    );
    my @lost   = grep { !/\bclock\b|\bare listed\z/ } $timeline->notes;
    my @clocks = grep {/\bclock\b/} $timeline->notes;
    my ($events, $left_out) = _chosen($timeline);
    my @cpus = _lanes($timeline, $events);
    return (
        (map { note("$_.") } @lost),
        {
            kind   => 'timeline',
            title  => 'The last ' . $class->seconds . ' seconds',
            from   => $timeline->from,
            end    => $timeline->end,
            to     => $timeline->to,
            cpus   => \@cpus,
            counts => _counts($timeline, @cpus),
            events => $events,
            notes  => \@clocks,
        },
        ($left_out ? note("$left_out more events are not shown here.") : ()),
    );
}

# So many of each kind, the last ones, of timers the next ones; and how many are left out.
sub _chosen ($timeline) {
    my %of;
    push @{$of{$_->kind}}, $_ for $timeline->events;
    my ($left_out, @chosen) = (0);
    for my $kind (sort keys %of) {
        my @all  = @{$of{$kind}};
        my $most = min($most{$kind}, scalar @all);
        $left_out += @all - $most if $kind ne 'trace';
        push @chosen, $kind eq 'timer' ? @all[0 .. $most - 1] : @all[@all - $most .. $#all];
    }

    # Of trace buffers only the last were collected; all were counted.
    my $traced = 0;
    for my $buffer ($timeline->counts) {
        my ($name, @cpus) = @$buffer;
        for my $spans (grep {defined} @cpus) {
            $traced += $_ for @$spans;
        }
    }
    my $shown = grep { $_->kind eq 'trace' } @chosen;
    $left_out += $traced - $shown if $traced > $shown;
    @chosen = sort { $a->time <=> $b->time || $a->{rank} <=> $b->{rank} } @chosen;
    return ([map { _event($_) } @chosen], $left_out);
}

sub _event ($event) {
    my $text = $event->text;
    $text = substr($text, 0, $width) . '...' if length $text > $width;
    utf8::decode(my $whole = $text) or $text =~ s/[\x80-\xff]+(?=[.]{3}\z)//;    # a character cut in two
    return {
        time  => $event->time,
        until => $event->until,
        kind  => $event->kind,
        cpu   => $event->cpu,
        text  => $text,
    };
}

# CPUs that something is known of, all where they are few.
sub _lanes ($timeline, $events) {
    my @cpus = cpus();
    return @cpus if @cpus <= $drawn;
    my %has   = map  { $_->{cpu} // '' => 1 } @$events;
    my @known = grep { $has{$_} } @cpus;
    $#known = $drawn - 1 if @known > $drawn;
    return @known;
}

# Of each of these CPUs, how many events all buffers have in each span.
sub _counts ($timeline, @cpus) {
    my @sums = map { [(0) x $bins] } @cpus;
    for my $buffer ($timeline->counts) {
        my ($name, @spans) = @$buffer;
        for my $lane (grep { $spans[$cpus[$_]] } 0 .. $#cpus) {
            my $span = $spans[$cpus[$lane]];
            $sums[$lane][$_] += $span->[$_] for 0 .. $bins - 1;
        }
    }
    return \@sums;
}

1;
