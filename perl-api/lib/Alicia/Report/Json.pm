# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Json;

use v5.36;
use Cpanel::JSON::XS ();

=head1 NAME

Alicia::Report::Json - the report as JSON

=head1 DESCRIPTION

One object: C<format> ("alicia-report"), C<version> (1), C<details> (C<folder>, C<files>) and C<sections>, a list in the
report's order. A section has C<name>, C<title>, C<command>, C<sources>, C<seconds>, C<error> (a reason, or null) and
C<blocks>, each with a C<kind>: C<text>, C<note> and C<heading> with C<text>; C<pairs> with C<pairs>, a list of [label,
value]; C<table> with C<columns>, a list of names, and C<rows>, lists of strings.

=head1 SUBROUTINES

=head2 render($report, @sections)

The JSON, as UTF-8.

=cut

sub render ($report, @sections) {
    my %document = (
        format   => 'alicia-report',
        version  => 1,
        details  => {folder => _text($report->folder), files => [map { _text($_) } $report->detail_files]},
        sections => [map { _section($_) } @sections],
    );
    return Cpanel::JSON::XS->new->utf8->canonical->pretty->encode(\%document);
}

sub _section ($section) {
    return {
        seconds => 0 + sprintf('%.6f', $section->{seconds} // 0),
        error   => _text($section->{error}),
        sources => [map { _text($_) } @{$section->{sources}}],
        blocks  => [map { _block($_) } @{$section->{blocks}}],
        map { $_ => _text($section->{$_}) } qw(name title command),
    };
}

sub _block ($block) {
    my $kind = $block->{kind};
    return {
        kind  => $kind,
        pairs => [
            map {
                [map { _text($_) } @$_]
            } @{$block->{pairs}}
        ]
        }
        if $kind eq 'pairs';
    return {
        kind    => $kind,
        columns => [map { _text(s/\A[-+=]//r) } @{$block->{columns}}],
        rows    => [
            map {
                [map { _text(ref $_ ? $_->{text} : $_) } @$_]
            } @{$block->{rows}}
        ],
        }
        if $kind eq 'table';
    return {kind => $kind, text => _text($block->{text})};
}

# Everything is a string, characters rather than bytes.
sub _text ($text) {
    my $characters = defined $text ? "$text" : undef;
    utf8::decode($characters) if defined $characters;
    return $characters;
}

1;
