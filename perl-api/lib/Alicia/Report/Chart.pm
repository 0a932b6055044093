# SPDX-License-Identifier: GPL-3.0-or-later
#
# The drawing of the last seconds. Its marks are few paths in one inner SVG, whose width is time in microseconds and whose
# view box is stretched to the width there is: to enlarge a section, the script (timeline.js) gives it another view box. What
# an event says stands in the list below, a line each, from which the script knows them.
package Alicia::Report::Chart;

use v5.36;
use Exporter 'import';
use Alicia::Text qw(markup);

our @EXPORT_OK = qw(chart lines_of);

=head1 NAME

Alicia::Report::Chart - the last seconds as a drawing of the page, and as lines

=head1 SUBROUTINES

=head2 chart($block)

HTML of a block C<timeline> (see L<Alicia::Report::Section::LastSeconds>).

=cut

my $lane = 26;                                                          # pixels
my @more = (['log', 'Log'], ['timer', 'Timers'], ['request', 'I/O']);

sub chart ($block) {
    my @cpus  = @{$block->{cpus}};
    my @lanes = ((map { [$_, "CPU $_"] } @cpus), @more);
    my $at    = 0;
    my %place = map { $_->[0] => $at++ } @lanes;
    my $tall  = $lane * @lanes;
    my $wide  = _micro($block, $block->{to});
    my $end   = _micro($block, $block->{end});
    my $html  = sprintf qq(<figure class="timeline" data-from="%d" data-end="%d" data-width="%d" data-lanes="%s">\n),
        int($block->{from} / 1000), $end, $wide, join ' ', map { $_->[0] } @lanes;
    $html .= _buttons();
    $html .= '<div class="names">' . join('', map {"<span>$_->[1]</span>"} @lanes) . "</div>\n";
    $html .= sprintf qq(<div class="track" tabindex="0" role="group" aria-label="%s">), markup($block->{title});
    $html .= sprintf qq(<svg class="marks" width="100%%" height="%d" viewBox="0 0 %d %d" preserveAspectRatio="none">\n),
        $tall, $wide, $tall;
    $html .= join '', map { sprintf qq(<path class="floor" d="M0 %dh%d"/>), $lane * $_ - 1, $wide } 1 .. @lanes;
    $html .= sprintf qq(\n<path class="ahead" d="M%d 0H%dV%dH%dz"/>\n), $end, $wide, $tall, $end;
    $html .= _spans($block, $end);
    $html .= _paths($block, \%place);
    $html .= sprintf qq(<path class="end" d="M%d 0V%d"/>\n</svg>), $end, $tall;
    return
          $html
        . _axis($block, $end, $wide)
        . "</div>\n"
        . qq(<p class="reading" role="status"></p>\n)
        . _legend()
        . "</figure>\n"
        . _list($block);
}

sub _micro ($block, $time) {
    my $micro = int($time / 1000) - int($block->{from} / 1000);
    return $micro < 0 ? 0 : $micro;
}

my @buttons = (
    ['in',    '+',        'Enlarge'],
    ['out',   "\x{2212}", 'Reduce'],
    ['left',  "\x{2190}", 'Earlier'],
    ['right', "\x{2192}", 'Later'],
    ['all',   'All',      'All of it']
);

sub _buttons () {
    my $html = join '',
        map {qq(<button type="button" data-do="$_->[0]" aria-label="$_->[2]">$_->[1]</button>)} @buttons;
    utf8::encode($html);
    return qq(<div class="keys">$html</div>\n);
}

# How many events of traces there are in each span, to the scale of the most.
sub _spans ($block, $end) {
    my $most = 0;
    for my $count (map {@$_} @{$block->{counts}}) {
        $most = $count if $count > $most;
    }
    return '' if !$most;
    my ($path, $row) = ('', 0);
    for my $counts (@{$block->{counts}}) {
        my $foot = $lane * ++$row - 1;
        my $wide = $end / (@$counts || 1);
        for my $span (grep { $counts->[$_] } 0 .. $#$counts) {
            my $high = 1 + int(11 * $counts->[$span] / $most);
            $path .= sprintf 'M%d %dv-%dh%dv%dz', $span * $wide, $foot, $high, $wide, $high;
        }
    }
    return qq(<path class="spans" d="$path"/>\n);
}

# A path for each kind: upright strokes, or boxes where it lasted.
sub _paths ($block, $place) {
    my %path;
    for my $event (@{$block->{events}}) {
        my $kind = $event->{kind};
        my $row  = $place->{$kind} // $place->{$event->{cpu} // ''} // next;
        my $x    = _micro($block, $event->{time});
        my $y    = $lane * $row;
        if    ($kind eq 'trace')                            { $path{$kind} .= sprintf 'M%d %dv10', $x, $y + 15 }
        elsif ($kind ne 'task' && !defined $event->{until}) { $path{$kind} .= sprintf 'M%d %dv18', $x, $y + 4 }
        else {
            my $long = _micro($block, $event->{until} // $event->{time}) - $x;
            $path{$kind} .= sprintf 'M%d %dh%dv10h-%dz', $x, $y + 3, $long, $long;
        }
    }
    return join '', map {qq(<path class="$_" d="$path{$_}"/>\n)} sort keys %path;
}

# Where the script doesn't run, whole seconds.
sub _axis ($block, $end, $wide) {
    my $html  = '<svg class="axis" width="100%" height="18" aria-hidden="true">';
    my $whole = int($end / 1e6);
    for my $second (-$whole .. int(($wide - $end) / 1e6)) {
        my $x = 100 * ($end + $second * 1e6) / $wide;
        next if $x > 97;
        my $class = $x < 4 ? ' class="first"' : '';
        $html .= sprintf qq(<text%s x="%.2f%%" y="13">%s</text>), $class, $x,
            $second ? sprintf('%+d s', $second) : 'end';
    }
    return "$html</svg>\n";
}

my @legend = (
    [task    => 'ran'],
    [trace   => 'traced, and how much'],
    [log     => 'logged'],
    [timer   => 'timer due'],
    [request => 'request under way']
);

sub _legend () {
    my $html = join '', map {
        qq(<li><svg width="10" height="10" aria-hidden="true"><path class="$_->[0]" d="M5 0v10"/></svg> $_->[1]</li>\n)
    } @legend;
    return qq(<figcaption><ul class="legend">\n$html</ul></figcaption>\n);
}

sub _list ($block) {
    my @lines  = lines_of($block);
    my $events = $block->{events};
    my $html =
        sprintf qq(<details class="more"><summary>%d events as a list</summary>\n<pre tabindex="0" class="events">),
        scalar @$events;
    my $heads = @lines - @$events;
    for my $index (0 .. $#lines) {
        my $event = $index < $heads                   ? undef : $events->[$index - $heads];
        my $long  = $event && defined $event->{until} ? int(($event->{until} - $event->{time}) / 1000) : 0;
        $html .= $long > 0 ? qq(<span data-long="$long">) : '<span>';
        $html .= markup($lines[$index]) . "</span>\n";
    }
    return "$html</pre>\n</details>\n";
}

=head2 lines_of($block)

Its lines, as the command C<timeline> prints them: notes, then the events.

=cut

sub lines_of ($block) {
    return (
        (map {"# $_"} @{$block->{notes}}),
        map {
            sprintf '[%5d.%06d] %3s %-7s %s', int($_->{time} / 1_000_000_000), int($_->{time} % 1_000_000_000 / 1000),
                $_->{cpu} // '-', @$_{qw(kind text)}
        } @{$block->{events}}
    );
}

1;
