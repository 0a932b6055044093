# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Plain;

use v5.36;
use Alicia::Text ();

=head1 NAME

Alicia::Report::Plain - the report as plain text

=head1 SUBROUTINES

=head2 render($report, @sections)

The text, as bytes.

=cut

my %block = (
    text    => sub ($block) { $block->{text} },
    note    => sub ($block) {"($block->{text})\n"},
    heading => sub ($block) {"\n$block->{text}\n"},
    pairs   => sub ($block) {
        join '', map { sprintf "%12s: %s\n", @$_ } @{$block->{pairs}};
    },
    table => sub ($block) {
        my @rows = map {
            [map { ref $_ ? $_->{text} : $_ } @$_]
        } @{$block->{rows}};
        Alicia::Text::table($block->{columns}, \@rows);
    },
);

sub render ($report, @sections) {
    my $text = '';
    for my $section (@sections) {
        $text .= "$section->{title}\n" . '=' x length($section->{title}) . "\n";
        $text .= "(this section could not be made: $section->{error})\n" if defined $section->{error};
        $text .= $block{$_->{kind}}->($_) for @{$section->{blocks}};
        $text .= "\n";
    }
    return $text;
}

1;
