# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Knowledge;

use v5.36;
use Exporter 'import';

our @EXPORT_OK = qw(knowledge_files);

=head1 NAME

Alicia::Linux::Knowledge - where rules and known issues are

=head1 SUBROUTINES

=head2 knowledge_files($folder, $ending)

The files C<*.$ending> of the folders C<$folder> that ship, in C<${XDG_DATA_HOME:-~/.local/share}/alicia> and in each of
C<-I>, by name; of those with the same name only the last such place's.

=cut

# This file lies in share/alicia/perl/Alicia/Linux.
my $share = __FILE__ =~ s{(?:/+[^/]+){4}\z}{}r;

sub knowledge_files ($folder, $ending) {
    my $home   = $ENV{XDG_DATA_HOME} || (length($ENV{HOME} // '') ? "$ENV{HOME}/.local/share" : undef);
    my @places = ("$share/knowledge", defined $home ? "$home/alicia" : (), Alicia::_ldas_folders());
    my %file;
    for my $place (map {"$_/$folder"} @places) {
        opendir my $handle, $place or next;
        $file{$_} = "$place/$_" for grep { /\A\w[\w.+-]*[.]\Q$ending\E\z/ && -f "$place/$_" } readdir $handle;
    }
    my @files = map { $file{$_} } sort keys %file;
    return @files;
}

1;
