# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Object;

use strict;
use warnings;

# The rest of this class is C++: src/perl/xs_object.cpp.

our %OWN = map { $_ => 1 } qw(address member at elements member_names can isa DOES);

use overload
    'bool'   => \&_true,
    '0+'     => \&_number,
    '""'     => sub { $_[0]->address },
    '@{}'    => sub { tie my @elements, 'Alicia::Object::Elements', $_[0]; return \@elements },
    fallback => 1;

=head1 NAME

Alicia::Object - something in the dump's memory: where it is, and as which C type

=head1 SYNOPSIS

    my $task = object('struct task_struct', get_addr 'init_task');
    print $task->comm;                      # members are methods; a char array is text
    print $task->mm->owner->pid if $task->mm;
    print $task->cpus_mask->bits->[0];
    print $task->member('se.run_node');     # a path, or a member whose name is a method here

=head1 DESCRIPTION

A member's value is what its declaration makes of it: integers and enumerations are numbers; structs, unions and arrays
are typed objects, which read nothing until asked; pointers to objects are the objects they point to, of which the null
one is false; C<char> arrays and C<char *> are text (undef where that is null); pointers to void, to functions and the
like are addresses.

An object is true unless its address is null; as text and as a number it is its address, so that C<==> and C<eq> tell
whether two are the same, and every call that takes an address takes an object.

=head2 address

Where it is.

=head2 member PATH

The member by a path, as C<kernel> has paths.

=head2 at INDEX

The element of an array; of any other object, what lies INDEX objects of its size further on. C<< $object->[INDEX] >> is the
same, and C<@$object> all elements of an array.

=head2 elements

How many elements an array has; 1 for anything else.

=head2 member_names

The names of its members, in the order of their declaration.

=cut

sub member_names {
    my ($self) = @_;
    return @{$self->_member_names};
}

=head2 can NAME

True for its methods and for the members of its type. The method it returns takes an object of any type that has the
member.

=cut

sub can {
    my ($self, $name) = @_;
    return UNIVERSAL::can(__PACKAGE__, $name) if !ref $self || $name eq 'address';
    return sub { my ($object) = @_; return $object->member($name) }
        if Alicia::has_member($self, $name);
    my $method = UNIVERSAL::can(__PACKAGE__, $name);

    # A member that another type has leaves a method behind, which this object cannot answer.
    return $method && $OWN{$name} ? $method : undef;
}

sub DESTROY { }

package Alicia::Object::Elements;    ## no critic (ProhibitMultiplePackages)

sub TIEARRAY  { my ($class, $object) = @_; return bless [$object], $class }
sub FETCH     { my ($self,  $index)  = @_; return $self->[0]->at($index) }
sub FETCHSIZE { my ($self) = @_; return $self->[0]->elements }

1;
