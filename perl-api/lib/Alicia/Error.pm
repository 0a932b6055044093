# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Error;

use strict;
use warnings;

use overload
    '""'     => \&text,
    'bool'   => sub {1},
    fallback => 1;

=head1 NAME

Alicia::Error - what the calls of the API die of

=head1 SYNOPSIS

    my $name = eval { kernel($task, 'task_struct', 'comm', 'char *') };
    if (my $error = $@) {
        die $error unless ref $error && $error->code eq 'page_excluded';
        warn 'not in the dump: ', $error->address, "\n";
    }

=head1 DESCRIPTION

As a string it is what C<die> with a message would have left: C<MESSAGE at FILE line N.>, where FILE and LINE are those
of the script that called.

=head2 code

The kind of failure as a word: C<no_such_symbol no_such_type no_such_member type_mismatch unmapped page_excluded
page_truncated page_unreadable absent_or_zero no_memory_there bad_address bad_argument not_supported interrupted corrupt
debugger_missing debugger_refused debugger_died debugger_error no_such_command script_error internal>.

=cut

sub code { my ($self) = @_; return $self->{code} }

=head2 message

What and where, without file and line.

=cut

sub message { my ($self) = @_; return $self->{message} }

=head2 address

The first address that could not be read, as the API gives addresses; undef where no address is to blame.

=cut

sub address { my ($self) = @_; return $self->{address} }

=head2 file, line

Where the script called.

=cut

sub file { my ($self) = @_; return $self->{file} }
sub line { my ($self) = @_; return $self->{line} }

=head2 text

The whole as a string; the same as C<"$error">.

=cut

sub text { my ($self) = @_; return "$self->{message} at $self->{file} line $self->{line}.\n" }

=head2 reason($error)

What anything died or warned of as a reason to be shown beside what is missing: one line, without the place in a script,
which tells nothing about the dump. A sub, no method: $error may be plain text.

=cut

sub reason {
    my ($error) = @_;
    local $@ = $@;
    my $text = ref $error && eval { $error->isa(__PACKAGE__) } ? $error->{message} : "$error";
    $text =~ s/(?: at (?:-[ex] )?\S+ line \d+[.]?)?\s*\z//;
    return $text =~ s/\s*\n\s*/; /gr;
}

1;
