# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Lkst::Records;

use v5.36;
use parent 'Alicia::Trace::Records';
use Alicia::Linux::Task  ();
use Alicia::Lkst::Record ();

=head1 NAME

Alicia::Lkst::Records - records of LKST that were collected

=head1 DESCRIPTION

An L<Alicia::Trace::Records>, whose kinds of event are LKST's.

=head2 new PLACES

Collects the records of the buffers at these places among C<buffers> of L<Alicia::Lkst>.

=cut

sub new ($class, @places) {
    my %definition = map { $_->{id} => $_ } @{Alicia::_lkst_events()};
    return bless {
        number      => Alicia::_lkst_collect(pack 'L*', @places),
        ids         => [@places],
        definitions => \%definition,
    }, $class;
}

sub buffer ($self, $place) { return Alicia::_lkst_buffers()->[$self->_id($place)] }

sub at ($self, $recid) { return Alicia::Lkst::Record->new($self, $recid) }

sub header ($self) { return q() }

sub lines ($self, $first, $count) {
    my $end = $first + $count < $self->count ? $first + $count : $self->count;
    return join q(), map { $self->at($_)->line } $first .. $end - 1;
}

=head2 definition TYPE

What is known of a kind of event, as C<events> of L<Alicia::Lkst> has it; undef where nothing is.

=cut

sub definition ($self, $type) { return $self->{definitions}{$type} }

=head2 kinds NAMES

As in L<Alicia::Trace::Records>, by the kernel's names; and by LKST's: C<lkst:context_switch>.

=cut

sub kinds ($self, @names) {
    my $pattern = Alicia::Trace::Records::_pattern(@names);
    return grep {
        my $event = $self->{definitions}{$_};
        grep {/$pattern/} "lkst:$event->{mnemonic}", ("$event->{system}:$event->{event}") x !!$event->{system};
    } sort { $a <=> $b } keys %{$self->{definitions}};
}

=head2 command PID

The name that a task had in the end; C<< <...> >> where it is gone, as the kernel says.

=cut

sub command ($self, $pid) {
    return "swapper" if $pid == 0;
    $self->{commands} //= {
        map {
            my $task = $_;
            eval { $task->pid => $task->comm }
        } Alicia::Linux::Task::tasks()
    };
    return $self->{commands}{$pid} // '<...>';
}

1;
