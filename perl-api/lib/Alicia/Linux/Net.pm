# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Net;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Text qw(visible hexadecimal);

our @EXPORT_OK = qw(interfaces interface_table ipv6_text);

=head1 NAME

Alicia::Linux::Net - network interfaces and their addresses

=head1 SUBROUTINES

=head2 interfaces()

One hash an interface of the first network namespace: C<address> (of its C<struct net_device>), C<name>, C<index>, C<up>,
C<mtu>, C<hardware> (address), C<ipv4> and C<ipv6>, lists of C<10.0.2.15/24>.

=cut

sub interfaces () {
    my $head = get_addr('init_net') + offsetof('struct net', 'dev_base_head');
    return map { _interface($_->address) } list_entries($head, 'struct net_device', 'dev_list');
}

sub _interface ($device) {
    my $get   = sub (@how) { kernel($device, 'struct net_device', @how) };
    my $bytes = $get->('addr_len');
    my $at    = $get->('dev_addr');
    $at = $at->address if ref $at;
    return {
        address  => $device,
        name     => $get->('name', 'char *'),
        index    => $get->('ifindex'),
        up       => $get->('flags') & 1,
        mtu      => $get->('mtu'),
        hardware => $bytes > 0 && $bytes <= 32 ? join(':', unpack '(H2)*', eval { read_mem($at, $bytes) } // '') : '',
        ipv4     => [eval { _ipv4($get->('ip_ptr',  'void *')) }],
        ipv6     => [eval { _ipv6($get->('ip6_ptr', 'void *')) }],
    };
}

sub _ipv4 ($device) {
    my (@found, %seen);
    return if $device == 0;
    my $one = kernel($device, 'struct in_device', 'ifa_list');
    while ($one != 0 && !$seen{$one}++) {
        my $bytes = read_mem($one + offsetof('struct in_ifaddr', 'ifa_local'), 4);
        push @found, join('.', unpack 'C4', $bytes) . '/' . kernel($one, 'struct in_ifaddr', 'ifa_prefixlen');
        $one = kernel($one, 'struct in_ifaddr', 'ifa_next');
    }
    return @found;
}

sub _ipv6 ($device) {
    return if $device == 0;
    my $head = $device + offsetof('struct inet6_dev', 'addr_list');
    return map {
        my $bytes = read_mem($_->address + offsetof('struct inet6_ifaddr', 'addr'), 16);
        ipv6_text($bytes) . '/' . kernel($_, 'struct inet6_ifaddr', 'prefix_len')
    } list_entries($head, 'struct inet6_ifaddr', 'if_list');
}

=head2 ipv6_text($bytes)

Sixteen bytes as an address is written: C<fe80::5054:ff:fe12:3456>.

=cut

sub ipv6_text ($bytes) {
    my $text      = join ':', map { sprintf '%x', $_ } unpack 'n8', $bytes;
    my ($longest) = sort { length $b <=> length $a } $text =~ /\b0(?::0)+\b/g;
    $text =~ s/(?:\A|:)\Q$longest\E(?::|\z)/::/ if defined $longest;
    return $text;
}

=head2 interface_table(%how)

The columns and rows of C<net>, as L<Alicia::Text/table> has them. %how: C<redact>, true to leave addresses out.

=cut

sub interface_table (%how) {
    my @rows;
    for my $interface (interfaces()) {
        my @addresses = map {s{/\d+\z}{}r} @{$interface->{ipv4}}, @{$interface->{ipv6}};
        @addresses = ('(left out)') if $how{redact} && @addresses;
        push @rows, [hexadecimal($interface->{address}), visible($interface->{name}), join ', ', @addresses];
    }
    return (['=NET_DEVICE', 'NAME', 'IP ADDRESS(ES)'], \@rows);
}

1;
