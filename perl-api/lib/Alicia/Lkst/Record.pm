# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Lkst::Record;

use v5.36;
use parent 'Alicia::Trace::Record';
use Alicia;
use Alicia::Text qw(visible);

=head1 NAME

Alicia::Lkst::Record - one record of LKST

=head1 DESCRIPTION

As L<Alicia::Trace::Record>, and:

=head2 myaddr, log_event_type, log_pid, log_arg1 ... log_arg4

Where it lies, as C<0x...>; its kind (C<0x001> is a context switch); the task that ran; its four arguments.

=head2 log_time, serial, other_pid

Its time; its number, which counts over all CPUs and buffers; the task that is spoken of (switched to, woken, moved), else 0.

=cut

sub log_arg1  ($self) { return $self->_get('arg1') }
sub log_arg2  ($self) { return $self->_get('arg2') }
sub log_arg3  ($self) { return $self->_get('arg3') }
sub log_arg4  ($self) { return $self->_get('arg4') }
sub log_time  ($self) { return $self->time }
sub serial    ($self) { return $self->_get('serial') }
sub other_pid ($self) { return $self->_get('other_pid') }

sub definition ($self) { return $self->[0]->definition($self->type) }
sub name       ($self) { return ($self->definition // {})->{mnemonic} // q() }
sub system     ($self) { return 'lkst' }                                         ## no critic (ProhibitBuiltinHomonyms)
sub fields     ($self) { return qw(arg1 arg2 arg3 arg4 other_pid serial) }

# Names of tasks are not in a record, but analyzers ask for them.
my %named_by = (comm => 'other_pid', next_comm => 'other_pid', prev_comm => 'common_pid');

sub field ($self, $name) {
    return $self->[0]->command($self->_get($named_by{$name})) if defined $name && $named_by{$name};
    return $self->_get($name);
}

=head2 text

What the record says: each argument under its name; addresses of the kernel's with their symbols, and of a message's format
its beginning.

=head2 line

CPU, time, address, kind, task and text.

=cut

sub text ($self) {
    my $known = ($self->definition // {})->{arguments} // [];
    my @said;
    for my $index (0 .. 3) {
        my $value = $self->_get('arg' . ($index + 1));
        my $name  = $known->[$index] // q();
        next if $name eq q() && !$value;
        my $shown = sprintf '%#x', $value;
        if ($name =~ /\Aaddress of (?:argument|text)\z/) {
            my $format = eval { Alicia::read_string($value, 160) };
            $shown .= ' "' . visible($format =~ s/\A\x01[0-9c]//r =~ s/\n\z//r) . '"' if defined $format;
        } elsif ($name =~ /\A(?:call address|instruction|handler)\z/) {
            my $symbol = _symbol($value, $name eq 'call address');
            $shown .= ' ' . visible($symbol) if defined $symbol;
        }
        push @said, ($name eq q() ? 'argument ' . ($index + 1) : $name) . ": $shown";
    }
    push @said, 'task: ' . $self->other_pid if $self->other_pid;
    return join ', ', @said;
}

# A call that never returns may be the last of its function: its return address is then another function's.
sub _symbol ($address, $is_return) {
    return Alicia::symbol_at($address) if !$is_return || !$address;
    my $symbol = Alicia::symbol_at($address - 1) // return;
    return $symbol =~ s{\+0x([0-9a-f]+)}{sprintf '+%#x', hex($1) + 1}er =~ s{\A([^+ ]+)(?= |\z)}{$1+0x1}r;
}

sub line ($self) {
    my $time = $self->time;
    $time = sprintf '%5d.%09d', int($time / 1e9), $time % 1_000_000_000 if $self->[0]->buffer($self->buffer)->{in_ns};
    return sprintf "[%03d] %s %s 0x%03x %-20s %7d  %s\n", $self->cpu, $time, $self->myaddr, $self->type, $self->name,
        $self->pid, $self->text;
}

1;
