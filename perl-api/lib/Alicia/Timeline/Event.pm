# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Timeline::Event;

use v5.36;
use Scalar::Util qw(refaddr);
use Alicia::Text qw(visible);

use overload
    '""'     => sub ($self, @) { $self->line },
    'bool'   => sub {1},
    '=='     => sub ($self, $other, @) { ref $other && refaddr($self) == refaddr($other) },
    fallback => 1;

=head1 NAME

Alicia::Timeline::Event - something that happened at a time

=head1 DESCRIPTION

=head2 time, until

When, in nanoseconds of the log's clock; and, of what lasted, until when (else undef).

=head2 kind

C<log trace task timer request>.

=head2 cpu, pid

Where it happened and to whom, undef where that isn't known.

=head2 text

What happened, fit to be shown.

=head2 record

Of an event of a trace buffer its record, see L<Alicia::Trace::Record>.

=head2 line

All that as a line, with its newline; the event is that where it is taken as text. C<heading()> is the line above.

=cut

sub time   ($self) { return $self->{time} }     ## no critic (ProhibitBuiltinHomonyms)
sub until  ($self) { return $self->{until} }    ## no critic (ProhibitBuiltinHomonyms)
sub kind   ($self) { return $self->{kind} }
sub cpu    ($self) { return $self->{cpu} }
sub record ($self) { return $self->{record} }

sub pid ($self) {
    return $self->{pid} // ($self->{record} ? $self->{record}->pid : undef);
}

sub text ($self) { return $self->{text} //= visible($self->{words}->($self->{record})) }

sub line ($self) {
    return sprintf "[%5d.%06d] %3s %-7s %s\n", int($self->{time} / 1_000_000_000),
        int($self->{time} % 1_000_000_000 / 1000), $self->{cpu} // '-', $self->{kind}, $self->text;
}

sub heading () { return "          TIME  CPU KIND    WHAT\n" =~ s/\A  //r }

1;
