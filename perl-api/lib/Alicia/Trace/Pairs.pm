# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Trace::Pairs;

use v5.36;

=head1 NAME

Alicia::Trace::Pairs - events that belong together, as a call and its return

=head1 DESCRIPTION

Made by C<pairs> of L<Alicia::Trace::Records>.

=head2 statistics

For each group a hash of C<group>, C<count>, C<total>, C<max>, C<min>, C<p50>, C<p90>, C<p99> (in the clock's units), by
group. The percentile of rank p is the smallest duration that p % are not above.

=head2 list

The pairs in the order of their ends: references to arrays of group, recid of the beginning, recid of the end, duration.

=head2 unpaired

How many beginnings have no end, and how many ends no beginning.

=cut

sub new ($class, $records, %how) {
    my %id = map { $_ => ($records->kinds($how{$_}))[0] } qw(begin end);
    my $result =
        defined $id{begin} && defined $id{end}
        ? Alicia::_trace_pairs(
        $records->number, $id{begin}, $id{end},
        $how{begin_key} // 'common_pid',
        $how{end_key}   // 'common_pid',
        $how{group}     // 'common_type'
        )
        : {statistics => [], pairs => q(), begins => 0, ends => 0};
    return bless $result, $class;
}

sub statistics ($self) { return @{$self->{statistics}} }
sub unpaired   ($self) { return ($self->{begins}, $self->{ends}) }

sub list ($self) {
    my @flat = unpack '(qLLQ)*', $self->{pairs};
    return map { [@flat[4 * $_ .. 4 * $_ + 3]] } 0 .. @flat / 4 - 1;
}

1;
