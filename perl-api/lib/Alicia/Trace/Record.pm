# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Trace::Record;

use v5.36;

=head1 NAME

Alicia::Trace::Record - one event

=head1 DESCRIPTION

=head2 recid, time, cpu, address, buffer

Its place among those collected; its time in the buffer's clock; its CPU; where it lies in the dump; which of the buffers
collected it is of, from 0.

=head2 type, name, system

The kind of event: its number, C<sched_switch>, C<sched>.

=head2 field NAME

A member of its record by the kernel's name for it: a number, or text; undef where it has none of that name. C<fields> are
the names, without those that all records share (C<common_pid>, C<common_flags>, C<common_preempt_count>).

=head2 text, line

What the event says; its line in the file F<trace>.

=head2 myaddr, log_event_type, log_pid, log_arg1 ... log_arg4

What LKST's records have: where it lies, as C<0x...>; its kind; the task; its first four members.

=cut

sub new ($class, $records, $recid) { return bless [$records, $recid], $class }

sub _get ($self, $what) { return Alicia::_trace_get($self->[0]->number, $self->[1], $what) }

sub recid   ($self) { return $self->[1] }
sub time    ($self) { return $self->_get('time') }         ## no critic (ProhibitBuiltinHomonyms)
sub cpu     ($self) { return $self->_get('cpu') }
sub address ($self) { return $self->_get('address') }
sub buffer  ($self) { return $self->_get('buffer') }
sub type    ($self) { return $self->_get('type') }
sub name    ($self) { return $self->_get('name') }
sub system  ($self) { return $self->_get('system') }       ## no critic (ProhibitBuiltinHomonyms)
sub text    ($self) { return $self->_get('text') }
sub line    ($self) { return $self->_get('line') }
sub pid     ($self) { return $self->_get('common_pid') }

sub field  ($self, $name) { return Alicia::_trace_field($self->[0]->number, $self->[1], $name) }
sub fields ($self)        { return @{Alicia::_trace_fields($self->type)} }

sub myaddr         ($self) { return q() . $self->address }
sub log_event_type ($self) { return $self->type }
sub log_pid        ($self) { return $self->pid }
sub log_arg1       ($self) { return $self->_argument(0) }
sub log_arg2       ($self) { return $self->_argument(1) }
sub log_arg3       ($self) { return $self->_argument(2) }
sub log_arg4       ($self) { return $self->_argument(3) }

sub _argument ($self, $index) {
    my $name = ($self->fields)[$index];
    return defined $name ? $self->field($name) : 0;
}

1;
