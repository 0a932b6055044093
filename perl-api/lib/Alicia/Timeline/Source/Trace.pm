# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Timeline::Source::Trace;

use v5.36;
use Alicia;
use Alicia::Trace ();
use List::Util    qw(max min);

=head1 NAME

Alicia::Timeline::Source::Trace - events of the kernel's trace buffers, a source of L<Alicia::Timeline>

=head1 DESCRIPTION

A class that inherits from it reads other buffers: C<open_trace> gives what has C<buffers>, or undef where the dump has none;
C<records_of> the events of the buffer at a place; C<clock_of> the name of its clock, as L<Alicia::Linux::Clock> knows it;
C<name_of> the buffer's name; C<command_of> what shows it by itself; C<words> what an event says.

=cut

sub kind ($class) { return 'trace' }

sub open_trace ($class, $timeline) {
    my $trace = Ftrace->new;
    my ($problem, @more) = @{Alicia::_trace_problems()};
    $timeline->note("trace: $problem" . (@more ? sprintf ' (and %d more)', scalar @more : '')) if defined $problem;
    return $trace;
}

sub records_of ($class, $place)  { return Alicia::Trace::Records->new($place) }
sub clock_of   ($class, $buffer) { return $buffer->{clock} }
sub name_of    ($class, $buffer) { return $buffer->{name} }
sub command_of ($class, $buffer) { return "ftrace -t $buffer->{name}" }

# A line of the file `trace` without CPU, flags and time.
sub words ($class, $record, $name) {
    my $line = $record->line;
    chomp $line;
    my $text = $line =~ s/\A\s*(.*?-\d+)\s+(?:\([^)]*\)\s+)?\[\d+\]\s+(?:\S+\s+)?[0-9.]+: /$1 /sr;
    return $name eq 'top' ? $text : "$name: $text";
}

sub collect ($class, $timeline) {
    my $trace = $class->open_trace($timeline) // return;
    my $place = 0;
    for my $buffer ($trace->buffers) {
        my $name = $class->name_of($buffer);
        my $done = eval { $class->_buffer($timeline, $buffer, $place); 1 };
        $timeline->note("trace buffer $name: " . Alicia::Error::reason($@)) if !$done;
        $place++;
    }
    return;
}

sub _buffer ($class, $timeline, $buffer, $place) {
    my $records = $class->records_of($place);
    my $name    = $class->name_of($buffer);
    my $count   = $records->count;
    $timeline->note("trace buffer $name: $_") for $records->problems;
    return if !$count;
    my ($clock, $unit) = ($timeline->clock, $class->clock_of($buffer));
    my @cpus    = cpus();
    my @offsets = map { $clock->trace_offset($unit, $_) } @cpus;

    if (!@offsets || grep { !defined } @offsets) {
        my $command = $class->command_of($buffer);
        $timeline->note("trace buffer $name: its clock, $buffer->{clock}, cannot be set against the log's; "
                . "$command shows its $count events");
        return;
    }
    _note_clock($timeline, $name, $buffer, @offsets);
    my $first = min map { $records->first_from($clock->to_trace($unit, $timeline->from, $_)) } @cpus;
    _count($timeline, $records, $name, $unit, $first) if $timeline->{bins};
    my $most = int $timeline->{most};
    if ($count - $first > $most) {
        $timeline->note("trace buffer $name: only the last $most of " . ($count - $first) . ' events are listed');
        $first = $count - $most;
    }
    return $class->_add($timeline, $records, $unit, $name, $first .. $count - 1);
}

sub _add ($class, $timeline, $records, $unit, $name, @recids) {
    my ($clock, $from) = ($timeline->clock, $timeline->from);
    my $words = sub ($record) { $class->words($record, $name) };
    for my $recid (@recids) {
        my $record = $records->at($recid);
        my $cpu    = $record->cpu;
        my $time   = $clock->of_trace($unit, $record->time, $cpu) // next;
        $timeline->add(time => $time, kind => 'trace', cpu => $cpu, record => $record, words => $words)
            if $time >= $from;
    }
    return;
}

sub _note_clock ($timeline, $name, $buffer, @offsets) {
    my ($least, $most) = map { sprintf '%+.3f ms', $_ / 1e6 } min(@offsets), max(@offsets);
    my $how =
          !$buffer->{in_ns}                        ? 'was made the log\'s, from cycles'
        : min(@offsets) == 0 && max(@offsets) == 0 ? 'is the log\'s'
        : $least eq $most                          ? "was set against the log's ($least)"
        :   "was set against the log's (CPU by CPU, $least to $most, as of its last tick)";
    $timeline->note("trace buffer $name: its clock, $buffer->{clock}, $how");
    return;
}

# How many there are in each span between the list's beginning and its end.
sub _count ($timeline, $records, $name, $unit, $first) {
    my ($clock, $bins) = ($timeline->clock, $timeline->{bins});
    my ($begin, $end) = map { $clock->to_trace($unit, $_, (cpus())[0]) } $timeline->from, $timeline->end;
    return if $end <= $begin;
    my $width = int(($end - $begin) / $bins) + 1;
    push @{$timeline->{counts}}, [$name, $records->density($first, $begin, $width, $bins)];
    return;
}

1;
