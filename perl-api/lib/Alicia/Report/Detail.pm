# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Detail;

use v5.36;

=head1 NAME

Alicia::Report::Detail - the shape of a detail file of the report

=head1 DESCRIPTION

A module below C<Alicia::Report::Detail> has C<file>, the file's name; C<order>, a number, small ones first; and
C<print_to($handle, $report)>, which writes it. What that dies of ends the file, in parentheses.

=cut

sub order ($class) { return 500 }

1;
