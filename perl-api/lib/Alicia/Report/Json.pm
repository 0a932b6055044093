# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Json;

use v5.36;
use Alicia::Text     qw(visible);
use Cpanel::JSON::XS ();

=head1 NAME

Alicia::Report::Json - the report as JSON

=head1 DESCRIPTION

What is in it is said by its schema, F<report.schema.json> beside this file.

=head1 SUBROUTINES

=head2 render($report, @sections)

The JSON, as UTF-8.

=cut

sub render ($report, @sections) {
    my $abouts   = $report->abouts(@sections);
    my %document = (
        format    => 'alicia-report',
        version   => 2,
        redacted  => $report->redact ? Cpanel::JSON::XS::true() : Cpanel::JSON::XS::false(),
        stop      => _text($report->stop),
        level     => defined $report->level ? 0 + $report->level : undef,
        what      => _what($report),
        facts     => {map { $_->[0] => _text($_->[1]) } $report->facts},
        details   => {folder => _text($report->folder), files => [map { _text($_) } $report->detail_files]},
        addresses => {map { $_ => _text($abouts->{$_}) } keys %$abouts},
        sections  => [map { _section($_) } @sections],
    );
    return Cpanel::JSON::XS->new->utf8->canonical->pretty->encode(\%document);
}

# What happened, without what is to be left out; null where it could not be told.
sub _what ($report) {
    my $what = eval { $report->what } // return undef;                ## no critic (ProhibitExplicitReturnUndef)
    my $text = sub ($raw) { _text($report->shown(visible($raw))) };
    my $list = sub ($raw) {
        [map { $text->($_) } @$raw]
    };
    return {
        (map { $_ => $text->($what->{$_}) } qw(kind sentence module taint rule)),
        (map { $_ => $list->($what->{$_}) } qw(functions process lacks)),
        signature => {map { $_ => $text->($what->{signature}{$_}) } qw(hash text)},
        known     => [map { _known($_, $text, $list) } @{$what->{known}}],
    };
}

sub _known ($issue, $text, $list) {
    return {
        (map { $_ => $text->($issue->{$_}) } qw(name title remedy)),
        map { $_ => $list->($issue->{$_}) } qw(links reasons)
    };
}

sub _section ($section) {
    return {
        seconds  => 0 + sprintf('%.6f', $section->{seconds} // 0),
        error    => _text($section->{error}),
        sources  => [map { _text($_) } @{$section->{sources}}],
        left_out => [map { _text($_) } @{$section->{left_out}}],
        holes    => [map { {reason => $_->[0], pages => 0 + $_->[1], first => $_->[2]} } @{$section->{holes}}],
        blocks   => [map { _block($_) } @{$section->{blocks}}],
        map { $_ => _text($section->{$_}) } qw(name title about command),
    };
}

my %more = (
    pairs => sub ($block) {
        return pairs => [map { _texts(@$_) } @{$block->{pairs}}];
    },
    table => sub ($block) {
        return (
            columns => _texts(map {s/\A[-+=]//r} @{$block->{columns}}),
            rows    => [map { _texts(@$_) } @{$block->{rows}}],
        );
    },
    bars => sub ($block) {
        return (title => _text($block->{title}), bars => [map { _bar($_) } @{$block->{rows}}]);
    },
    lanes => sub ($block) {
        return (title => _text($block->{title}), lanes => [map { _lane($_) } @{$block->{rows}}]);
    },
    timeline => sub ($block) {
        return (
            title  => _text($block->{title}),
            notes  => _texts(@{$block->{notes}}),
            events => [map { _event($_) } @{$block->{events}}],
            map { $_ => _number($block->{$_}) } qw(from end to)
        );
    },
);

sub _block ($block) {
    my $kind = $block->{kind};
    return {kind => $kind, $more{$kind} ? $more{$kind}->($block) : (text => _text($block->{text}))};
}

sub _bar ($row) {
    my @parts = map { +{name => _text($_->[0] =~ s/\A-//r), bytes => int $_->[1]} } @{$row->{parts}};
    return {label => _text($row->{label}), note => _text($row->{note} // ''), parts => \@parts};
}

sub _lane ($row) {
    my @boxes = map {
        my $box = $_;
        +{map { $_ => _text($box->{$_}) } qw(text about kind)}
    } @{$row->{boxes}};
    return {label => _text($row->{label}), boxes => \@boxes};
}

sub _event ($event) {
    return {
        kind => _text($event->{kind}),
        text => _text($event->{text}),
        map { $_ => _number($event->{$_}) } qw(time until cpu)
    };
}

sub _number ($number) { return defined $number ? 0 + $number : undef }

sub _texts (@texts) {
    return [map { _text($_) } @texts];
}

# Everything is a string, characters rather than bytes.
sub _text ($text) {
    my $characters = defined $text ? "$text" : undef;
    utf8::decode($characters) if defined $characters;
    return $characters;
}

1;
