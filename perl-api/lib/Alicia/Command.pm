# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Command;

use v5.36;
use Exporter 'import';

our @EXPORT_OK = qw(options usage);

=head1 NAME

Alicia::Command - what the shipped commands share: options and usage

=head1 SUBROUTINES

=head2 options($usage, $letters, \@words)

Takes crash's kind of options (single letters behind one dash, that may stand together) from the front of @words and
returns them as a hash reference, a letter's count as its value. In $letters a C<:> behind a letter means that it takes a
value. Words after the first that isn't an option stay in @words; C<--> ends the options. Dies with $usage on any other.

=cut

sub options ($usage, $letters, $words) {
    my %takes = map { /(.)(:?)/ ? ($1 => $2) : () } $letters =~ /.:?/g;
    my %found;
    while (@$words && $words->[0] =~ /\A-(.+)\z/s) {
        my $rest = $1;
        shift @$words;
        last if $rest eq '-';
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
