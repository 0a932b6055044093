# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Trace::Records;

use v5.36;
use Alicia::Trace::Record ();

=head1 NAME

Alicia::Trace::Records - events that were collected

=head1 DESCRIPTION

The events themselves are in the engine; this has their number. An event's place among them, from 0, is its recid.

=head2 new IDS

Collects the events of these buffers.

=cut

sub new ($class, @ids) { return $class->collect(1, @ids) }

=head2 collect QUIET, IDS

The same, which tells a terminal how far it is unless QUIET.

=cut

sub collect ($class, $quiet, @ids) {
    return bless {number => Alicia::_trace_collect(pack('L*', @ids), $quiet ? 1 : 0), ids => [@ids]}, $class;
}

sub DESTROY ($self) {
    local ($@, $?);
    eval { Alicia::_trace_forget($self->{number}) };
    return;
}

=head2 number, ids, count, problems

The engine's number for it; the ids of the buffers; how many events; lines that tell what was lost.

=cut

sub number   ($self) { return $self->{number} }
sub ids      ($self) { return @{$self->{ids}} }
sub count    ($self) { return $self->{count} //= Alicia::_trace_size($self->{number}) }
sub problems ($self) { return @{Alicia::_trace_problems($self->{number})} }

=head2 buffer PLACE

What C<buffers> of L<Alicia::Trace> says of the buffer at this place among those collected.

=cut

sub buffer ($self, $place) {
    my $id = $self->_id($place);
    return {%{Alicia::_trace_buffers()->[$id]}, id => $id};
}

=head2 at RECID

The event.

=head2 list

A reference to an array of all events, each made when it is looked at.

=cut

sub _id ($self, $place) {
    return $self->{ids}[$place] if defined $place && $place =~ /\A[0-9]{1,9}\z/ && $place < @{$self->{ids}};
    return Alicia::_throw('bad_argument', 'of so many buffers nothing was collected: ' . Alicia::Trace::_shown($place));
}

sub at ($self, $recid) { return Alicia::Trace::Record->new($self, $recid) }

sub list ($self) {
    tie my @list, 'Alicia::Trace::Records::List', $self;
    return \@list;
}

=head2 header

The lines above the events in the file F<trace>, where the events are of one buffer.

=head2 lines FIRST, COUNT

The lines of so many events, as one text.

=cut

sub header ($self) { return @{$self->{ids}} == 1 ? Alicia::_trace_header($self->{number}, 0) : q() }

sub lines ($self, $first, $count) { return Alicia::_trace_lines($self->{number}, $first, $count) }

=head2 first_from TIME

The recid of the first event that is not before TIME, in the unit of the buffer's clock, among those of one buffer; how many
there are where all are before.

=head2 density FIRST, FROM, WIDTH, BINS

For each CPU by number undef, or a reference to BINS counts: how many events from recid FIRST on are in each span of WIDTH
units of time, beginning at FROM.

=cut

sub first_from ($self, $time) { return Alicia::_trace_first_from($self->{number}, $time) }

sub density ($self, @how) {
    return map { defined $_ ? [unpack 'L*', $_] : undef } @{Alicia::_trace_density($self->{number}, @how)};
}

=head2 select(types => [...], cpus => [...], pids => [...])

The recids of the events that are of one of these kinds (ids), CPUs and tasks; what is not given is not asked for.

=cut

sub select ($self, @wanted) {    ## no critic (ProhibitBuiltinHomonyms)
    my @names  = qw(types cpus pids);
    my %wanted = Alicia::Trace::_named('select', \@names, @wanted);
    for my $name (grep { defined $wanted{$_} } @names) {
        my $list = $wanted{$name};
        Alicia::_throw('bad_argument', "$name wants a reference to a list of numbers")
            if ref $list ne 'ARRAY' || grep { !defined || !/\A-?[0-9]+\z/ } @$list;
        $wanted{$name} = [grep { abs($_) < 2**31 } @$list];    # no event has others
    }
    my $found = Alicia::_trace_select($self->{number}, map { defined $_ ? pack 'l*', @$_ : undef } @wanted{@names});
    return unpack 'L*', $found // q();
}

=head2 pairs(begin => EVENT, end => EVENT, begin_key => FIELDS, end_key => FIELDS, group => FIELDS)

Pairs each event SYSTEM:NAME of kind C<begin> with the next one of kind C<end> whose key is the same. Keys are names of
fields separated by commas, C<@cpu> among them for the CPU: C<common_pid> for both unless told otherwise. Returns an
L<Alicia::Trace::Pairs>. C<group> are the fields of the beginning by which they are summed up.

=cut

sub pairs ($self, %how) {
    require Alicia::Trace::Pairs;
    return Alicia::Trace::Pairs->new($self, %how);
}

=head2 queue_lengths LAST

How many tasks each CPU had to run, at each C<sched_switch>: an L<Alicia::Trace::QueueLengths>. LAST are references to
lists, one for each buffer collected: the tasks on each CPU's queue in the end, undef where that is not known.

=cut

sub queue_lengths ($self, @last) {
    require Alicia::Trace::QueueLengths;
    return Alicia::Trace::QueueLengths->new($self, @last);
}

=head2 kinds NAMES

The ids of the kinds of event SYSTEM:NAME, for those the kernel knew; C<*> stands for any text.

=cut

sub kinds ($self, @names) {
    my $pattern = _pattern(@names);
    return map { $_->[0] } grep { "$_->[1]:$_->[2]" =~ $pattern } @{Alicia::_trace_formats()};
}

sub _pattern (@names) {
    my $any = join '|', map {
        join '.*', map {quotemeta} split /[*]/, $_, -1
    } grep {defined} @names;
    return qr/\A(?:$any)\z/;
}

package Alicia::Trace::Records::List;    ## no critic (ProhibitMultiplePackages)

sub TIEARRAY  ($class, $records) { return bless [$records], $class }
sub FETCHSIZE ($self)            { return $self->[0]->count }
sub FETCH     ($self, $index)    { return $index < $self->[0]->count ? $self->[0]->at($index) : undef }
sub EXISTS    ($self, $index)    { return $index < $self->[0]->count }

# What would change it.
for my $name (qw(STORE STORESIZE DELETE CLEAR PUSH POP SHIFT UNSHIFT SPLICE)) {
    no strict 'refs';    ## no critic (ProhibitNoStrict)
    *{$name} =
        sub { Alicia::_throw('bad_argument', 'what a trace recorded cannot be changed; take a copy: [@$records]') };
}

1;
