# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Timeline::Source::Lkst;

use v5.36;
use parent 'Alicia::Timeline::Source::Trace';

=head1 NAME

Alicia::Timeline::Source::Lkst - records of LKST, a source of L<Alicia::Timeline>

=cut

# Most kernels have none, and that is nothing to tell.
sub open_trace ($class, $timeline) {
    return if !eval    { require Alicia::Lkst; 1 };
    return scalar eval { Alicia::Lkst->new };
}

sub records_of ($class, $place) { return Alicia::Lkst::Records->new($place) }

# Its nanoseconds are the log's.
sub clock_of ($class, $buffer) { return $buffer->{in_ns} ? 'global' : $buffer->{clock} }

sub name_of ($class, $buffer) { return "lkst $buffer->{name}" }

sub command_of ($class, $buffer) { return 'an analyzer of Lkst' }

sub words ($class, $record, $name) {
    return "$name: " . $record->pid . ' ' . $record->name . ': ' . $record->text;
}

1;
