# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Trace::Analyzer::Irq;

use v5.36;
use parent 'Alicia::Trace::Analyzer';
use Alicia;
use Alicia::Text qw(visible);

=head1 NAME

Alicia::Trace::Analyzer::Irq - how much time interrupts took

=head1 DESCRIPTION

From the entry of a handler to its exit on the same CPU: C<irq:irq_handler_entry> and C<irq_handler_exit> for the handlers of
devices, C<irq:softirq_entry> and C<softirq_exit>, and each pair of C<irq_vectors> (C<local_timer_entry>, C<reschedule_entry>
and so on) that the kernel has. Times include those of interrupts that came in between. Interrupts that were being handled
when the buffer begins or ends are not counted.

=head2 analyze

A line for each handler, softirq and vector on each CPU: C<kind> (C<irq>, C<softirq>, C<vector>), C<cpu>, its number, its
name, C<count, average, max, min> and percentiles. Then a line for each CPU and kind: the time all of them took together.

=cut

sub formats ($self) { return 'stat' }

sub analyze ($self, $records, $out, %how) {
    my @kinds = (['irq', 'irq:irq_handler', 'irq', 'name'], ['softirq', 'irq:softirq', 'vec', undef]);
    push @kinds, map { ['vector', $_, 'vector', undef] } $self->_vectors($records);
    $self->head($records, $out, 'kind, cpu, number, name');
    my (%total, @pairs);
    for my $kind (@kinds) {
        my ($what, $events, $number, $name) = @$kind;
        my $pairs = $records->pairs(
            begin     => "${events}_entry",
            end       => "${events}_exit",
            begin_key => "\@cpu,$number",
            end_key   => "\@cpu,$number",
            group     => "$number,\@cpu",
        );
        my $known_as = sub ($entry) {
            return
                  $name              ? $entry->field($name)
                : $what eq 'softirq' ? _softirq($entry->field($number))
                :                      $events =~ s/.*://r;
        };
        push @pairs, $pairs;
        $self->table($records, $pairs, $out,
            sub ($value, $entry) { return ($what, $entry->cpu, $value, visible($known_as->($entry))) });
        $total{$records->at($_->{last})->cpu}{$what} += $_->{total} for $pairs->statistics;
    }
    for my $cpu (sort { $a <=> $b } keys %total) {
        my $all = join ', ', map {"$_ $total{$cpu}{$_}"} grep { $total{$cpu}{$_} } qw(irq softirq vector);
        $out->("# CPU-$cpu: $all\n") if length $all;
    }
    return $self->tell_unpaired($out, 'interrupts', @pairs);
}

sub _softirq ($number) {
    my $names = find_addr('softirq_to_name') // return 'unknown';
    return eval { read_string(read_ptr($names + 8 * $number)) } // 'unknown';
}

# The vectors' events come in pairs; some others of that system do not.
sub _vectors ($self, $records) {
    my %has = map { ("$_->[1]:$_->[2]" => 1) } grep { $_->[1] eq 'irq_vectors' } @{Alicia::_trace_formats()};
    return grep { $has{"${_}_exit"} } map { /\A(.*)_entry\z/ ? $1 : () } sort keys %has;
}

1;
