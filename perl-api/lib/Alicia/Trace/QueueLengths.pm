# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Trace::QueueLengths;

use v5.36;

=head1 NAME

Alicia::Trace::QueueLengths - how many tasks each CPU had to run

=head1 DESCRIPTION

Made by C<queue_lengths> of L<Alicia::Trace::Records>. The lengths themselves are in the engine.

=head2 count

How many switches there are.

=head2 each SUB

Calls SUB for each switch, in their order, with a reference to an array of its time, recid, the tasks on the queue behind it
(the one that runs included), the PID switched from, the CPU, and whether the length is exact; else there may have been more.

=cut

my $chunk = 8192;

sub new ($class, $records, @last) {
    my $found = Alicia::_trace_queue_lengths(
        $records->number,
        map {
            pack 'q*',
                map { $_ // -1 }
                @$_
        } @last
    );
    return bless {records => $records, %$found}, $class;
}

sub DESTROY ($self) {
    local ($@, $?);
    eval { Alicia::_trace_drop($self->{records}->number, $self->{number}, 1) };
    return;
}

sub count ($self) { return $self->{count} }

sub each ($self, $sub) {    ## no critic (ProhibitBuiltinHomonyms)
    for (my $first = 0; $first < $self->{count}; $first += $chunk) {
        my @flat = unpack '(QLLlSS)*',
            Alicia::_trace_queue_list($self->{records}->number, $self->{number}, $first, $chunk);
        $sub->([splice @flat, 0, 6]) while @flat;
    }
    return;
}

1;
