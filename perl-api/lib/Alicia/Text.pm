# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Text;

use v5.36;
use Exporter 'import';

our @EXPORT_OK = qw(visible markup table megabytes clock_time elapsed percent hexadecimal);

=head1 NAME

Alicia::Text - text from a dump made fit to be shown, and laid out in columns

=head1 SUBROUTINES

All of them take and return bytes; well-formed UTF-8 stays as it is.

=cut

# A well-formed UTF-8 sequence of two to four bytes, save C1 controls and characters that change a line's direction.
my $printable = qr{
      \xc2[\xa0-\xbf] | [\xc3-\xdf][\x80-\xbf]
    | (?! \xe2\x80[\x8b-\x8f\xa8-\xae] | \xe2\x81[\xa0-\xaf] | \xef\xbb\xbf )
      (?: \xe0[\xa0-\xbf][\x80-\xbf] | [\xe1-\xec\xee\xef][\x80-\xbf]{2} | \xed[\x80-\x9f][\x80-\xbf] )
    | \xf0[\x90-\xbf][\x80-\xbf]{2} | [\xf1-\xf3][\x80-\xbf]{3} | \xf4[\x80-\x8f][\x80-\xbf]{2}
}x;

=head2 visible($text, $keep_lines)

Control characters, broken UTF-8 and characters that reorder a line become C<\xNN>; newline and tab stay where
$keep_lines is true. Undef gives the empty string.

=cut

sub visible ($text, $keep_lines = 0) {
    return '' if !defined $text;
    if ($keep_lines) {
        return $text if $text !~ /[^\x20-\x7e\n\t]/;
        $text =~ s/([\x20-\x7e\n\t]+|$printable)|(.)/defined $1 ? $1 : sprintf '\\x%02x', ord $2/gse;
        return $text;
    }
    return $text if $text !~ /[^\x20-\x7e]/;
    $text =~ s/([\x20-\x7e]+|$printable)|(.)/defined $1 ? $1 : sprintf '\\x%02x', ord $2/gse;
    return $text;
}

=head2 markup($text)

Text as it is written in HTML, between elements or in an attribute.

=cut

my %entity = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;', '"' => '&quot;', "'" => '&#39;');

sub markup ($text) {
    return $text =~ s/([&<>"'])/$entity{$1}/gr;
}

=head2 table($columns, $rows)

One string of lines. $columns is a list of names; one that begins with C<-> is left-aligned, one with C<+> right-aligned,
one with C<=> centred. $rows is a list of lists of text; undef shows as nothing. The last column isn't padded.

=cut

sub table ($columns, $rows) {
    my (@names, @align);
    for my $column (@$columns) {
        my ($how, $name) = $column =~ /\A([-+=]?)(.*)\z/s;
        push @names, $name;
        push @align, $how || '-';
    }
    my @width = map {length} @names;
    for my $row (@$rows) {
        for my $index (0 .. $#names) {
            my $length = length($row->[$index] // '');
            $width[$index] = $length if $length > $width[$index];
        }
    }
    my $text = '';
    for my $row (\@names, @$rows) {
        my $line = join '  ', map { _cell($row->[$_] // '', $width[$_], $align[$_]) } 0 .. $#names;
        $text .= $line =~ s/ +\z//r . "\n";
    }
    return $text;
}

sub _cell ($text, $width, $align) {
    my $room = $width - length $text;
    return $text . ' ' x $room if $align eq '-';
    return ' ' x $room . $text if $align eq '+';
    my $left = int($room / 2);
    return ' ' x $left . $text . ' ' x ($room - $left);
}

=head2 megabytes($bytes)

A size as crash writes it: C<767.5 MB>, C<2 GB>, C<0>.

=cut

sub megabytes ($bytes) {
    return '0' if !$bytes;
    for my $unit ([2**40, 'TB'], [2**30, 'GB'], [2**20, 'MB'], [2**10, 'KB']) {
        next if $bytes < $unit->[0];
        return sprintf('%.1f', $bytes / $unit->[0]) =~ s/[.]0\z//r . " $unit->[1]";
    }
    return "$bytes";
}

=head2 percent($part, $whole)

The whole percentage, rounded down; 0 of nothing.

=cut

sub percent ($part, $whole) {
    return $whole ? int($part * 100 / $whole) : 0;
}

=head2 clock_time($seconds)

Seconds as C<hh:mm:ss>, or C<n days, hh:mm:ss>.

=cut

sub clock_time ($seconds) {
    my $days = int($seconds / 86400);
    my $time = sprintf '%02d:%02d:%02d', int($seconds / 3600) % 24, int($seconds / 60) % 60, $seconds % 60;
    return $days ? "$days days, $time" : $time;
}

=head2 elapsed($nanoseconds)

Nanoseconds as C<days hh:mm:ss.mmm>.

=cut

sub elapsed ($nanoseconds) {
    my $milli = int $nanoseconds / 1e6;
    return sprintf '%d %02d:%02d:%02d.%03d', int($milli / 86_400_000), $milli / 3_600_000 % 24, $milli / 60_000 % 60,
        $milli / 1000 % 60, $milli % 1000;
}

=head2 hexadecimal($address)

An address as crash's columns have it: its digits without C<0x>. A sum of an address and a number is welcome as well.

=cut

sub hexadecimal ($address) {
    return substr "$address", 2 if substr("$address", 0, 2) eq '0x';
    return sprintf $address > 0xffffffff ? '%016x' : '%08x', $address;
}

1;
