# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Drawing;

use v5.36;
use Exporter 'import';
use Alicia::Text qw(markup megabytes);

our @EXPORT_OK = qw(bars lanes);

=head1 NAME

Alicia::Report::Drawing - drawings of the page, as SVG inside HTML

=head1 DESCRIPTION

Horizontal places are percentages, so that a drawing takes the width there is while its text keeps its size. Colours are
the style sheet's, by class.

=head1 SUBROUTINES

=head2 bars($block)

Bars one below the other, to the scale of the longest, with what the colours mean. Values are bytes.

=cut

my $colours = 5;

sub bars ($block) {
    my @rows = @{$block->{rows}} or return '';
    my %class;
    my $classes = 0;
    for my $part (map { @{$_->{parts}} } @rows) {
        my ($name) = @$part;
        $class{$name} //= $name =~ /\A-/ ? 'rest' : 'part' . (1 + $classes++ % $colours);
    }
    my $longest = 0;
    for my $row (@rows) {
        my $sum = _sum($row);
        $longest = $sum if $sum > $longest;
    }
    my $height = 34 * @rows;
    my $html   = sprintf qq(<figure class="bars"><svg width="100%%" height="%d" role="img" aria-label="%s">\n), $height,
        markup($block->{title});
    for my $index (0 .. $#rows) {
        $html .= _bar($rows[$index], 34 * $index, $longest || 1, \%class);
    }
    return $html . "</svg>\n" . _legend(\%class, @rows) . "</figure>\n";
}

sub _sum ($row) {
    my $sum = 0;
    $sum += $_->[1] for @{$row->{parts}};
    return $sum;
}

sub _bar ($row, $top, $longest, $class) {
    my $svg = sprintf qq(<text x="0" y="%d">%s <tspan class="soft">%s</tspan></text>\n), $top + 13,
        markup($row->{label}), markup($row->{note} // '');
    my $x = 0;
    for my $part (@{$row->{parts}}) {
        my ($name, $value) = @$part;
        my $width = 100 * $value / $longest;
        $svg .=
            sprintf qq(<rect class="%s" x="%.2f%%" y="%d" width="%.2f%%" height="12"><title>%s: %s</title></rect>\n),
            $class->{$name}, $x, $top + 18, $width, markup($name =~ s/\A-//r), megabytes($value);
        $x += $width;
    }
    return $svg;
}

# Values stand in it only where there is one bar of a kind to give them to.
sub _legend ($class, @rows) {
    my (%values, @order);
    for my $part (map { @{$_->{parts}} } @rows) {
        my ($name, $value) = @$part;
        push @order,            $name if !$values{$name};
        push @{$values{$name}}, $value;
    }
    my $html = '';
    for my $name (@order) {
        $html .=
            sprintf
            qq(<li><svg width="10" height="10" aria-hidden="true"><rect class="%s" width="10" height="10"/></svg> %s%s</li>\n),
            $class->{$name}, markup($name =~ s/\A-//r),
            @{$values{$name}} == 1 ? ' <b>' . megabytes($values{$name}[0]) . '</b>' : '';
    }
    return qq(<figcaption><ul class="legend">\n$html</ul></figcaption>\n);
}

=head2 lanes($block)

Boxes in rows: who runs on a CPU, and who waits behind it.

=cut

my ($label, $box, $gap, $line) = (64, 160, 6, 30);    # pixels
my $most = 20;                                        # characters in a box

sub lanes ($block) {
    my @rows = @{$block->{rows}} or return '';
    my $most = 0;
    for my $row (@rows) { $most = @{$row->{boxes}} if @{$row->{boxes}} > $most }
    my $html = sprintf qq(<figure class="lanes" tabindex="0"><svg width="%d" height="%d" role="img" aria-label="%s">\n),
        $label + $most * ($box + $gap), $line * @rows, markup($block->{title});
    for my $index (0 .. $#rows) {
        my $top = $line * $index;
        $html .= sprintf qq(<text x="0" y="%d">%s</text>\n), $top + 18, markup($rows[$index]{label});
        my $x = $label;
        for my $task (@{$rows[$index]{boxes}}) {
            $html .= _box($task, $x, $top);
            $x += $box + $gap;
        }
    }
    return "$html</svg></figure>\n";
}

sub _box ($task, $x, $y) {
    return sprintf(
        qq(<g><title>%s</title><rect class="%s" x="%d" y="%d" width="%d" height="24" rx="4"/>),
        markup($task->{about}),
        markup($task->{kind}),
        $x, $y + 1, $box
    ) . sprintf(qq(<text x="%d" y="%d">%s</text></g>\n), $x + 8, $y + 17, markup(_cut($task->{text})));
}

# What there is room for.
sub _cut ($text) {
    my $characters = $text;
    my $wide       = utf8::decode($characters);
    return $text if length $characters <= $most;
    $characters = substr($characters, 0, $most - 1) . ($wide ? "\x{2026}" : '');
    utf8::encode($characters) if $wide;
    return $characters;
}

1;
