# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section;

use v5.36;
use Exporter 'import';

our @EXPORT_OK = qw(text table pairs note heading bars lanes);

=head1 NAME

Alicia::Report::Section - the shape of a section of the report

=head1 SYNOPSIS

    package Alicia::Report::Section::Swap;
    use v5.36;
    use parent 'Alicia::Report::Section';
    use Alicia::Report::Section qw(table);

    sub title   ($class) { 'Swap' }
    sub about   ($class) { 'Where memory is moved out to when it is short, and how much was there.' }
    sub order   ($class) { 80 }
    sub shown_by ($class) { 'swap' }
    sub sources ($class) { 'swap_info' }
    sub blocks  ( $class, $report ) { table( ['FILENAME'], [ map { [ $_->{name} ] } ... ] ) }
    1;

=head1 DESCRIPTION

C<title>: its heading. C<about>: what it shows and how it is read, a sentence or two for people who have never read kernel
source. C<order>: a number, small ones first. C<shown_by>: the command that shows the same at the prompt.
C<sources>: the kernel's symbols and structures that it is read from. C<wants>: what of it a dump's level may have left
out, as pairs: C<< user => 'arguments of processes' >>, the kinds being C<zero cache user free> as makedumpfile has them.
C<blocks>: its content, from the subs below; all their text is fit to be shown (L<Alicia::Text/visible>), none is HTML.
What C<blocks> dies of is shown in the section's place. What an address in it is the address of is found by the report.

=head1 SUBROUTINES

=head2 text($text, %more), note($text), heading($text), pairs(@list_of_pairs), table(\@columns, \@rows, %more)

Lines of fixed width, with C<< folded => TITLE >> closed until asked for; one sentence about what is missing or how to
read it; a heading within the section; labels with their values; a table, with columns as L<Alicia::Text/table> has them.

=head2 bars($title, @rows), lanes($title, @rows)

Drawings, and what they are of. A bar is C<< {label, note, parts => [[name, value], ...]} >>: its parts side by side, all bars to one scale, the
note behind the label; names that begin with C<-> are drawn as what is left over. A lane is
C<< {label, boxes => [{text, about, kind}, ...]} >>: boxes in a row, their kind C<running>, C<first> or C<then>.

=cut

sub title    ($class) { return $class =~ s/.*:://r }
sub about    ($class) { return '' }
sub order    ($class) { return 500 }
sub shown_by ($class) { return '' }
sub sources  ($class) { return () }
sub wants    ($class) { return () }

sub note    ($text)         { return {kind => 'note',    text  => $text} }
sub heading ($text)         { return {kind => 'heading', text  => $text} }
sub text    ($text, %more)  { return {kind => 'text',    text  => $text, %more} }
sub pairs   (@pairs)        { return {kind => 'pairs',   pairs => \@pairs} }
sub bars    ($title, @rows) { return {kind => 'bars',    title => $title, rows => \@rows} }
sub lanes   ($title, @rows) { return {kind => 'lanes',   title => $title, rows => \@rows} }

sub table ($columns, $rows, %more) {
    return {kind => 'table', columns => $columns, rows => $rows, %more};
}

1;
