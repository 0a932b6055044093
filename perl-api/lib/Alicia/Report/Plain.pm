# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Plain;

use v5.36;
use Alicia::Report::Chart qw(lines_of);
use Alicia::Text          qw(megabytes);

=head1 NAME

Alicia::Report::Plain - the report as plain text

=head1 SUBROUTINES

=head2 render($report, @sections)

The text, as bytes.

=cut

my %block = (
    text    => sub ($block) { (defined $block->{folded} ? "\n$block->{folded}\n" : '') . $block->{text} },
    note    => sub ($block) {"($block->{text})\n"},
    heading => sub ($block) {"\n$block->{text}\n"},
    pairs   => sub ($block) {
        join '', map { sprintf "%12s: %s\n", @$_ } @{$block->{pairs}};
    },
    table => sub ($block) { Alicia::Text::table($block->{columns}, $block->{rows}) },
    bars  => sub ($block) {
        Alicia::Text::table(['', '+', ''], [map { _bar($_) } @{$block->{rows}}]) =~ s/\A\n//r;
    },
    lanes    => sub ($block) {''},    # the text that follows says the same
    timeline => sub ($block) {
        join '', map {"$_\n"} lines_of($block);
    },
);

sub _bar ($row) {
    return [
        $row->{label}, $row->{note},
        join ', ',     map { ($_->[0] =~ s/\A-//r) . ' ' . megabytes($_->[1]) } @{$row->{parts}}
    ];
}

sub render ($report, @sections) {
    my $text = '';
    for my $section (@sections) {
        $text .= "$section->{title}\n" . '=' x length($section->{title}) . "\n";
        $text .= "($section->{about})\n"                                 if length $section->{about};
        $text .= "(this section could not be made: $section->{error})\n" if defined $section->{error};
        $text .= $block{$_->{kind}}->($_)                                            for @{$section->{blocks}};
        $text .= "(not readable: $_->[1] pages $_->[0], the first at $_->[2])\n"     for @{$section->{holes}};
        $text .= "(left out by the dump's level ${\ ($report->level // '?')}: $_)\n" for @{$section->{left_out}};
        $text .= "\n";
    }
    return $text;
}

1;
