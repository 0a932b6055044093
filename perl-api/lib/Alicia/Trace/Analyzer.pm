# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Trace::Analyzer;

use v5.36;

=head1 NAME

Alicia::Trace::Analyzer - what analyzers of trace events have in common

=head1 DESCRIPTION

An analyzer is a module C<Alicia::Trace::Analyzer::Name> that inherits from this one and has

    sub analyze ($self, $records, $out, %how) { ... }
    sub formats ($self) { return qw(stat log) }     # what 'format' may be; any, where there is no such sub
    sub options ($self) { return qw(pid) }          # what else 'analyze' may be told; nothing, where there is no such sub

$records is an L<Alicia::Trace::Records>, $out a sub that is given the text, %how what C<analyze> of L<Alicia::Trace> was
given, C<format> among it. It composes what the engine does fast: C<select>, C<pairs>.

=head2 filter_by_attribute({NAME => VALUE, ...}, @records)

The records whose methods of these names all give these values; a VALUE that is a reference to an array stands for any of
its elements.

=head2 sort_by_recid(@records)

The records in the order in which they were recorded.

=cut

sub new ($class, %self) { return bless {%self}, $class }

sub filter_by_attribute ($self, @arguments) {
    my ($wanted, @found) = @arguments;
    Alicia::_throw('bad_argument', 'filter_by_attribute takes {NAME => VALUE, ...} and records')
        if ref $wanted ne 'HASH';
    _must_be_records('filter_by_attribute', @found);
    for my $name (sort keys %$wanted) {
        Alicia::_throw('bad_argument', 'no attribute ' . Alicia::Trace::_shown($name))
            if @found && ($name !~ /\A[a-z]\w*\z/ || !$found[0]->can($name));
        my $value = $wanted->{$name};
        my %any   = map { $_ => 1 } grep {defined} ref $value eq 'ARRAY' ? @$value : $value;
        @found = grep { $any{$_->$name // q()} } @found;
    }
    return @found;
}

sub sort_by_recid ($self, @records) {
    _must_be_records('sort_by_recid', @records);
    return map { $_->[0] } sort { $a->[1] <=> $b->[1] } map { [$_, $_->recid] } @records;
}

sub _must_be_records ($call, @records) {
    my %is;    # by class
    for my $record (@records) {
        next if $is{ref $record} //= ref $record && !!eval { $record->isa('Alicia::Trace::Record') };
        Alicia::_throw('bad_argument', "$call takes records, not " . Alicia::Trace::_shown($record));
    }
    return;
}

=head2 formats, options, check(%how)

See above; C<check> dies where C<format> is none of C<formats>.

=cut

sub formats ($self) {return}
sub options ($self) {return}

sub check ($self, %how) {
    my @formats = $self->formats;
    return if !@formats || !defined $how{format} || grep { $_ eq $how{format} } @formats;
    my ($name) = ref($self) =~ /(\w+)\z/;
    return Alicia::_throw('bad_argument', 'the format of ' . lc($name) . ' is ' . join ' or ', @formats);
}

=head2 table($records, $pairs, $out, $words_of)

A line for each group of an L<Alicia::Trace::Pairs>, in the columns of C<head>: what $words_of says, a sub that is given the
group and its last pair's beginning, a record; then count, average, max, min and percentiles.

=cut

sub table ($self, $records, $pairs, $out, $words_of) {
    for my $group ($pairs->statistics) {
        my $average = int($group->{total} / $group->{count});
        my @words   = $words_of->($group->{group}, $records->at($group->{last}));
        $out->(join(', ', @words, $group->{count}, $average, @$group{qw(max min p50 p90 p99)}), "\n");
    }
    return;
}

=head2 head($records, $out, $title)

The lines above a table: the unit, then the columns, the first of which $title names.

=cut

sub head ($self, $records, $out, $title) {
    $out->('# durations in ', $self->unit($records), "\n", "$title, count, average, max, min, p50, p90, p99\n");
    return;
}

=head2 tell_unpaired($out, $what, @pairs)

A line that says how many events of these pairs have no partner, if any. $what names the beginnings: C<calls>.

=cut

sub tell_unpaired ($self, $out, $what, @pairs) {
    my ($begins, $ends) = (0, 0);
    for my $pairs (@pairs) {
        my @unpaired = $pairs->unpaired;
        $begins += $unpaired[0];
        $ends   += $unpaired[1];
    }
    $out->("# $begins $what without their end, $ends ends without their beginning\n") if $begins || $ends;
    return;
}

=head2 unit($records)

What durations count: C<nanoseconds>, or C<cycles> or what else the clock of the first buffer counts.

=cut

sub unit ($self, $records) {
    my $buffer = $records->buffer(0);
    return 'nanoseconds' if $buffer->{in_ns};
    return $buffer->{clock} =~ /tsc/ ? 'CPU cycles' : "units of the clock $buffer->{clock}";
}

1;
