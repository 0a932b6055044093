# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Trace::Pairs;

use v5.36;

=head1 NAME

Alicia::Trace::Pairs - events that belong together, as a call and its return

=head1 DESCRIPTION

Made by C<pairs> of L<Alicia::Trace::Records>. The pairs themselves are in the engine.

=head2 count

How many there are.

=head2 statistics

For each group a hash of C<group> (the value of its first field), C<last> (the recid of the beginning of its last pair),
C<count>, C<total>, C<max>, C<min>, C<p50>, C<p90>, C<p99> (in the clock's units), by group. The percentile of rank p is the
smallest duration that p % are not above.

=head2 each SUB

Calls SUB for each pair, in the order of their ends, with the recid of the beginning, that of the end, and the duration.

=head2 unpaired

How many beginnings have no end, and how many ends no beginning.

=cut

my $chunk = 8192;

sub new ($class, $records, %how) {
    my %self = (records => $records, count => 0, begins => 0, ends => 0, group => $how{group} // 'common_type');
    my %id   = map { $_ => ($records->kinds($how{$_}))[0] } qw(begin end);
    if (defined $id{begin} && defined $id{end}) {
        my $found = Alicia::_trace_pairs(
            $records->number, $id{begin}, $id{end},
            $how{begin_key} // 'common_pid',
            $how{end_key}   // 'common_pid'
        );
        %self = (%self, %$found, begin => $id{begin});
    }
    return bless \%self, $class;
}

sub DESTROY ($self) {
    return if !defined $self->{number};
    local ($@, $?);
    eval { Alicia::_trace_drop($self->{records}->number, $self->{number}, 0) };
    return;
}

sub count    ($self) { return $self->{count} }
sub unpaired ($self) { return ($self->{begins}, $self->{ends}) }

sub statistics ($self) {
    return if !defined $self->{number};
    return @{Alicia::_trace_statistics($self->{records}->number, @$self{qw(number begin group)})};
}

sub each ($self, $sub) {    ## no critic (ProhibitBuiltinHomonyms)
    for (my $first = 0; $first < $self->{count}; $first += $chunk) {
        my @flat = unpack '(LLQ)*', Alicia::_trace_pair_list($self->{records}->number, $self->{number}, $first, $chunk);
        $sub->(splice @flat, 0, 3) while @flat;
    }
    return;
}

1;
