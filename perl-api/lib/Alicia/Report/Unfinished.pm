# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Unfinished;

use v5.36;
use POSIX ();

=head1 NAME

Alicia::Report::Unfinished - what a report has written so far, removed again unless it is kept

=head1 DESCRIPTION

After Ctrl-C no line of a script runs any more but the destructors of its objects: this is one.

=head1 SUBROUTINES

=head2 new(@paths), add(@paths), keep()

Files and empty folders, in the order in which they were made.

=cut

# POSIX makes isatty when it is first called, by an eval, and in such an eval a destructor is stopped after all.
sub new ($class, @paths) {
    return bless {paths => [@paths], process => $$, terminal => POSIX::isatty(2)}, $class;
}

sub add ($self, @paths) {
    push @{$self->{paths}}, @paths;
    return;
}

sub keep ($self) {
    $self->{paths} = [];
    return;
}

sub DESTROY ($self) {
    local ($@, $!);
    return                   if $self->{process} != $$;
    print {*STDERR} "\r\e[K" if @{$self->{paths}} && $self->{terminal};    # the progress line
    for my $path (reverse @{$self->{paths}}) { -d $path ? rmdir $path : unlink $path }
    return;
}

1;
