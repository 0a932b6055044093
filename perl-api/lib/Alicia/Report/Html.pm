# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Html;

use v5.36;
use File::Basename qw(dirname);
use Text::Xslate   ();
use Time::HiRes    ();

=head1 NAME

Alicia::Report::Html - the report as one HTML page that refers to nothing outside itself

=head1 SUBROUTINES

=head2 render($report, @sections)

The page, as bytes. The template (page.tx) escapes whatever it is given; style and script stand beside it.

=cut

my $folder = dirname(__FILE__);

sub render ($report, @sections) {
    my $xslate = Text::Xslate->new(path => [$folder], cache => 0, verbose => 0, input_layer => ':raw');
    my %fact   = map { $_->[0] => $_->[1] } $report->facts;
    return $xslate->render(
        'page.tx',
        {
            style    => Text::Xslate::mark_raw(_file('page.css')),
            script   => Text::Xslate::mark_raw(_file('page.js')),
            fact     => \%fact,
            stop     => ($fact{PANIC} // '') =~ s/\A"|"\z//gr || 'No panic in the log',
            sections => [map { _shown($_) } @sections],
            folder   => $report->folder,
            files    => [$report->detail_files],
            seconds  => sprintf('%.2f', Time::HiRes::time() - $report->started),
        }
    );
}

sub _file ($name) {
    open my $handle, '<:raw', "$folder/$name" or die "cannot read $folder/$name: $!\n";
    my $content = do { local $/ = undef; <$handle> };
    close $handle or die "cannot read $folder/$name: $!\n";
    return $content;
}

# A section as the template wants it: columns with a class, cells with a text.
sub _shown ($section) {
    my %shown = (%$section, milliseconds => sprintf('%.0f', 1000 * ($section->{seconds} // 0)));
    $shown{blocks} = [
        map {
            $_->{kind} eq 'table'
                ? {%$_, columns => [map { _column($_) } @{$_->{columns}}], rows => _rows($_)}
                : $_
        } @{$section->{blocks}}
    ];
    return \%shown;
}

my %class_of = ('+' => 'right', '=' => 'middle', '-' => '');

sub _column ($name) {
    my ($how, $text) = $name =~ /\A([-+=]?)(.*)\z/s;
    return {text => $text, class => $class_of{$how || '-'}};
}

sub _rows ($table) {
    my @class = map { _column($_)->{class} } @{$table->{columns}};
    return [map { _row($_, @class) } @{$table->{rows}}];
}

sub _row ($row, @class) {
    my @cells;
    for my $index (0 .. $#class) {
        my $cell = $row->[$index];
        push @cells, {text => '', (ref $cell ? %$cell : (text => $cell // '')), class => $class[$index]};
    }
    return \@cells;
}

1;
