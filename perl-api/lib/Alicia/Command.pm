# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Command;

use v5.36;
use Exporter 'import';

our @EXPORT_OK = qw(options usage);

=head1 NAME

Alicia::Command - what the shipped commands share: options and usage

=head1 WHAT A SHIPPED COMMAND IS

A file C<ldas/FOLDER/NAME.ldas>; NAME is the command. It is compiled when it is first used, and once, in the package
C<Alicia::Command::NAME> (what is no word character becomes an underscore), which has the API of L<Alicia> already. It turns
on C<strict> and C<warnings> itself, names no package, defines

    sub run { my (@words) = @_; ... }

and ends in C<1;>. @words are the words behind the command. What it prints is its output; what it dies of is the command's
error. Other subs it defines are its own: a user's sub of the same name and a shipped command don't meet. From Perl it is
reached with C<command('NAME', @words)>, whatever the prompt makes of NAME.

=head1 SUBROUTINES

=head2 options($usage, $letters, \@words)

Takes crash's kind of options (single letters behind one dash, that may stand together) out of @words, wherever they
stand, and returns them as a hash reference, a letter's count as its value. In $letters a C<:> behind a letter means that it
takes a value. Behind C<--> there are no options. Dies with $usage on any other.

=cut

sub options ($usage, $letters, $words) {
    my %takes = map { /(.)(:?)/ ? ($1 => $2) : () } $letters =~ /.:?/g;
    my (%found, @others);
    while (@$words) {
        my $word = shift @$words;
        last if $word eq '--';
        if ($word !~ /\A-(.+)\z/s) {
            push @others, $word;
            next;
        }
        my $rest = $1;
        while ($rest =~ s/\A(.)//s) {
            my $letter = $1;
            usage($usage, "no option -$letter") if !exists $takes{$letter};
            if ($takes{$letter}) {
                my $value = length $rest ? $rest : shift @$words;
                usage($usage, "option -$letter wants a value") if !defined $value;
                $found{$letter} = $value;
                last;
            }
            $found{$letter}++;
        }
    }
    unshift @$words, @others;
    return \%found;
}

=head2 usage($usage, $why)

Dies with one line that says what was wrong and how the command is called.

=cut

sub usage ($usage, $why) {
    $why =~ s/([^\x20-\x7e])/sprintf '\\x%02x', ord $1/ge;
    die "$why; usage: $usage\n";
}

1;
