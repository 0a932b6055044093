# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Help;

use v5.36;
use Alicia    ();
use Pod::Text ();

=head1 NAME

Alicia::Help - what a call of the API does, for C<help NAME>

=head1 SUBROUTINES

=head2 show($name)

Prints what the manual of L<Alicia> says of the call: the paragraphs below the heading that names it; of a class (C<Ftrace>,
C<Lkst>) its own manual. Returns false where there is neither.

=cut

my %class = (Ftrace => 'Alicia/Trace.pm', Lkst => 'Alicia/Lkst.pm');

sub show ($name) {
    my $text = defined $class{$name} ? undef : entry($name) // return 0;
    my $out  = '';
    my $pod  = Pod::Text->new(width => 78);
    $pod->output_string(\$out);
    if (defined $text) {
        $pod->parse_string_document("=pod\n\n$text\n\n=cut\n");
    } else {
        $pod->parse_file($INC{'Alicia.pm'} =~ s{Alicia[.]pm\z}{$class{$name}}r);
    }
    print $out;
    return 1;
}

=head2 entry($name)

The same as POD, undef where there is none.

=cut

sub entry ($name) {
    open my $file, '<', $INC{'Alicia.pm'} or return;
    my $pod = do { local $/ = undef; <$file> };
    close $file or return;

    # A heading names one call or several, parted by commas and semicolons, with their arguments in capitals.
    my $found;
    for my $part (split /^(?==head[12] |=cut)/m, $pod) {
        my ($heading) = $part =~ /\A=head2 (.+)/ or next;
        next if !grep {/\A\s*\Q$name\E\b/} split /[;,]/, $heading =~ s/\[[^\]]*\]//gr;
        $found .= $part;
    }
    return $found;
}

1;
