# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Refused::DumpFile;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(pairs table heading note);
use Alicia::Text            qw(visible megabytes);

sub title   ($class) { return 'Dump File' }
sub order   ($class) { return 20 }
sub sources ($class) { return ('the file\'s header', 'its pages') }

sub blocks ($class, $report) {
    my $found = $report->found;
    my @odd   = grep { length $_->[2] } @{$found->{header}};
    my $pages =
        $found->{pages}
        ? "$found->{pages} looked at" . ($found->{unreadable} ? ", $found->{unreadable} more damaged" : '')
        : 'none found';
    return (
        pairs(
            ['File',        visible($report->file)],
            ['Size',        "$found->{bytes} bytes (" . megabytes($found->{bytes}) . ')'],
            ['It is',       visible($found->{kind})],
            ['Pages',       $pages . ($found->{complete} ? '' : '; there are more than were looked at')],
            ['Found by',    visible($found->{found_by})],
            ['Log records', scalar @{$found->{log}}],
        ),
        heading('Header'),
        note(
              @odd
            ? @odd . ' of its fields cannot be right: ' . join(', ', map { visible($_->[0]) } @odd)
            : 'None of its fields is wrong in itself'
        ),
        table(
            ['FIELD', 'VALUE', 'WHAT IS ODD'],
            [
                map {
                    [map { visible($_) } @$_]
                } @{$found->{header}}
            ]
        ),
    );
}

1;
