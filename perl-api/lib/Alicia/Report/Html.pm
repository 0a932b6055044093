# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Html;

use v5.36;
use File::Basename          qw(dirname);
use Text::Xslate            ();
use Time::HiRes             ();
use Alicia::Report::Chart   qw(chart);
use Alicia::Report::Drawing qw(bars lanes);
use Alicia::Text            qw(markup);

=head1 NAME

Alicia::Report::Html - the report as one HTML page that refers to nothing outside itself

=head1 SUBROUTINES

=head2 render($report, @sections)

The page, as bytes. The template (page.tx) escapes whatever it is given; style and script stand beside it.

=cut

my $folder = dirname(__FILE__);

sub render ($report, @sections) {
    my %fact   = map { $_->[0] => $_->[1] } $report->facts;
    my $abouts = $report->abouts(@sections);
    return _page(
        'page.tx',
        {
            fact     => \%fact,
            headline => $report->headline,
            sentence => scalar $report->sentence,
            stop     => scalar $report->stop,
            level    => $report->level,
            missing  => _missing($report->level // 0),
            sections => [map { _shown($_, $abouts) } @sections],
            folder   => $report->folder,
            files    => [$report->detail_files],
            redacted => $report->redact ? 1 : 0,
            seconds  => sprintf('%.2f', Time::HiRes::time() - $report->started),
        }
    );
}

# What makedumpfile's level left out of the dump, in words.
my @left_out = ('pages of zeros', 'cached files', 'cached files of programs', 'the memory of programs', 'free pages');

sub _missing ($level) {
    my @words = map { $left_out[$_] } grep { $level & 1 << $_ } 0 .. $#left_out;
    return @words ? 'left out of the dump: ' . join ', ', @words : '';
}

=head2 render_index(\%values)

The page that leads to the reports of many dumps.

=cut

sub render_index ($values) { return _page('index.tx', $values) }

# The style and the script that all pages share stand beside their templates.
sub _page ($name, $values) {
    my $xslate = Text::Xslate->new(path => [$folder], cache => 0, verbose => 0, input_layer => ':raw');
    my %shared = (style => ['page.css'], script => ['page.js']);
    if ($name eq 'page.tx') {
        push @{$shared{style}},  'timeline.css';
        push @{$shared{script}}, 'timeline.js';
    }
    return $xslate->render(
        $name,
        {
            %$values,
            map {
                $_ => Text::Xslate::mark_raw(join '', map { _file($_) } @{$shared{$_}})
            } keys %shared
        }
    );
}

sub _file ($name) {
    open my $handle, '<:raw', "$folder/$name" or die "cannot read $folder/$name: $!\n";
    my $content = do { local $/ = undef; <$handle> };
    close $handle or die "cannot read $folder/$name: $!\n";
    return $content;
}

# A section as the template wants it.
sub _shown ($section, $abouts) {
    my %shown = (%$section, milliseconds => sprintf('%.0f', 1000 * ($section->{seconds} // 0)));
    $shown{blocks} = [map { _block($_, $abouts) } @{$section->{blocks}}];
    $shown{holes} =
        [map { "$_->[1] " . ($_->[1] == 1 ? 'page' : 'pages') . " $_->[0] (the first at $_->[2])" }
            @{$section->{holes}}];
    return \%shown;
}

sub _block ($block, $abouts) {
    my $kind = $block->{kind};
    return {%$block, rows => [_rows($block, $abouts)], columns => [map { _column($_) } @{$block->{columns}}]}
        if $kind eq 'table';
    return _pairs($block, $abouts) if $kind eq 'pairs';
    return {%$block, html => Text::Xslate::mark_raw(_lines($block->{text}, $abouts))} if $kind eq 'text';
    return {%$block, html => Text::Xslate::mark_raw(bars($block))}                    if $kind eq 'bars';
    return {%$block, html => Text::Xslate::mark_raw(lanes($block))}                   if $kind eq 'lanes';
    return {%$block, html => Text::Xslate::mark_raw(chart($block))}                   if $kind eq 'timeline';
    return $block;
}

# Short ones stand in two columns.
sub _pairs ($block, $abouts) {
    my @pairs = @{$block->{pairs}};
    my @long  = grep { length($_->[1] // '') > 140 } @pairs;
    return {%$block, long => scalar @long, pairs => [map { [$_->[0], _cell($_->[1] // '', '', $abouts)] } @pairs]};
}

my %class_of = ('+' => 'right', '=' => 'middle', '-' => '');

sub _column ($name) {
    my ($how, $text) = $name =~ /\A([-+=]?)(.*)\z/s;
    return {text => $text, class => $class_of{$how || '-'}};
}

sub _rows ($table, $abouts) {
    my @class = map { _column($_)->{class} } @{$table->{columns}};
    return map {
        my $row = $_;
        [map { _cell($row->[$_] // '', $class[$_], $abouts) } 0 .. $#class]
    } @{$table->{rows}};
}

# What a cell's address is: not again where the row says so itself, as a table of symbols does.
sub _cell ($text, $class, $abouts) {
    my $about = $text =~ /\A(?:0x)?([[:xdigit:]]+)\z/ ? $abouts->{$1} : undef;
    return {text => $text, class => $class, about => $about};
}

# Lines of fixed width, each an element so that a search can mark it; addresses say what they are.
sub _lines ($text, $abouts) {
    my $lines = markup($text);
    $lines =~ s{(?<![[:xdigit:]])([[:xdigit:]]{8,16})(?![[:xdigit:]])}{_address($1, $abouts->{$1})}ge;
    $lines =~ s{^(.+)$}{<span>$1</span>}gm;
    return $lines;
}

sub _address ($word, $about) {
    return defined $about ? '<abbr title="' . markup($about) . "\">$word</abbr>" : $word;
}

1;
