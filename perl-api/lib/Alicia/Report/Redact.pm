# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Redact;

use v5.36;
use Alicia::Linux::Net    ();
use Alicia::Linux::System ();
use Alicia::Text          qw(visible);

=head1 NAME

Alicia::Report::Redact - leaves out of a report what may be confidential

=head1 DESCRIPTION

Left out, wherever they stand: the host's and domain's name; the network and hardware addresses of its interfaces, and
whatever else looks like one; the kernel's command line; the arguments and the environment that the kernel starts init
with, which its log has. Arguments and environment of processes are in no section. Names of tasks, files and mounts stay:
without them a report says little.

=head1 SUBROUTINES

=head2 new($report)

Reads what there is to be left out.

=cut

my $gone = '(left out)';

sub new ($class, $report) {
    my $names  = eval { Alicia::Linux::System::utsname() } // {};
    my %plain  = map  { $_ => 1 } '', qw{(none) localhost};
    my @values = grep { !$plain{$_} } map { visible($_) } grep {defined} @$names{qw(nodename domainname)};
    for my $interface (eval { Alicia::Linux::Net::interfaces() }) {
        push @values, map {s{/\d+\z}{}r} @{$interface->{ipv4}}, @{$interface->{ipv6}};
    }
    my $any = join '|', map {quotemeta} sort { length $b <=> length $a } @values;
    return bless {any => length $any ? qr/(?<![\w.:-])(?:$any)(?![\w:-])/ : undef}, $class;
}

=head2 apply($text)

The text without all that, C<(left out)> in its place.

=cut

my $byte = qr/(?:25[0-5]|2[0-4]\d|1?\d?\d)/;
my $ipv4 = qr/(?<![\w.])(?:$byte\.){3}$byte(?![\w.])/;
my $word = qr/[[:xdigit:]]{1,4}/;
my $ipv6 =
    qr/(?<![\w:.])(?:(?:$word:){7}$word|(?:$word(?::$word){0,5})?::(?:$word(?::$word){0,5})?(?<=[[:xdigit:]]))(?![\w:])/;
my $mac    = qr/(?<![\w:])(?:[[:xdigit:]]{2}:){5}[[:xdigit:]]{2}(?![\w:])/;
my $prefix = qr/^(?:\[ *\d+[.]\d+\] )?/m;

sub apply ($self, $text) {
    $text =~ s/$self->{any}/$gone/g if $self->{any};
    $text =~ s/$ipv4|$mac|$ipv6/$gone/g;
    $text =~ s/($prefix(?:Kernel )?command line: ).*/$1$gone/gi;
    $text =~ s/($prefix(?:Unknown kernel command line parameters|passing arguments to init:?) ).*/$1$gone/gi;
    $text =~ s/($prefix {2}with (?:arguments|environment):\n)((?:$prefix {4}.*\n)+)/$1 . _lines($2)/ge;
    return $text;
}

sub _lines ($text) {
    return $text =~ s/($prefix) {4}.*/$1    $gone/gr;
}

1;
