# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Socket;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::File qw(open_files);
use Alicia::Linux::Net  qw(ipv6_text);
use Alicia::Text        qw(visible hexadecimal);

our @EXPORT_OK = qw(task_sockets socket_table);

=head1 NAME

Alicia::Linux::Socket - the sockets that tasks have open

=head1 SUBROUTINES

=head2 task_sockets($task)

One hash a socket of the task at this address: C<fd>, C<socket> and C<sock> (addresses), C<family> and C<type> (names, or
numbers), C<source> and C<destination> (C<10.0.2.15-22>; of a UNIX socket its path), C<state> (of TCP, a name); C<hole> is
the reason for what could not be read.

=cut

my %family = (1 => 'UNIX',   2 => 'INET',  10 => 'INET6', 16 => 'NETLINK', 17 => 'PACKET', 38 => 'ALG', 40 => 'VSOCK');
my %type   = (1 => 'STREAM', 2 => 'DGRAM', 3  => 'RAW',   4  => 'RDM', 5 => 'SEQPACKET',   6 => 'DCCP', 10 => 'PACKET');
my @state  = (
    '',          'ESTABLISHED', 'SYN_SENT',   'SYN_RECV', 'FIN_WAIT1', 'FIN_WAIT2',
    'TIME_WAIT', 'CLOSE',       'CLOSE_WAIT', 'LAST_ACK', 'LISTEN',    'CLOSING',
    'NEW_SYN_RECV',
);

sub task_sockets ($task) {
    return map { _socket($_) } grep { ($_->{type} // '') eq 'SOCK' } open_files($task);
}

sub _socket ($file) {
    my $socket =
        $file->{inode} - offsetof('struct socket_alloc', 'vfs_inode') + offsetof('struct socket_alloc', 'socket');
    my %found = (fd => $file->{fd}, socket => $socket, sock => 0, family => '?', type => '?');
    my $done  = eval {
        my $sock   = kernel($socket, 'struct socket', 'sk', 'void *');
        my $kind   = kernel($socket, 'struct socket', 'type');
        my $number = $sock == 0 ? 0 : kernel($sock, 'struct sock', '__sk_common.skc_family');
        @found{qw(sock family type)} = ($sock, $family{$number} // $number, $type{$kind} // $kind);
        $found{path} = _unix_path($sock) if $number == 1;
        _addresses($sock, $number, \%found) if $number == 2 || $number == 10;
        $found{state} = $state[kernel($sock, 'struct sock', '__sk_common.skc_state')]
            if $kind == 1 && ($number == 2 || $number == 10);
        1;
    };
    $found{hole}   = Alicia::Error::reason($@) if !$done;
    $found{source} = $found{path} // $found{source};
    return \%found;
}

# The port here is in the host's order where it is counted, and in the network's where the peer's is.
sub _addresses ($sock, $family, $found) {
    my $at   = sub ($member) { $sock + offsetof('struct sock', "__sk_common.$member") };
    my $near = unpack 'v', read_mem($at->('skc_num'),   2);
    my $far  = unpack 'n', read_mem($at->('skc_dport'), 2);
    my $text =
        $family == 2
        ? sub ($name) { join '.', unpack 'C4', read_mem($at->($name eq 'near' ? 'skc_rcv_saddr' : 'skc_daddr'), 4) }
        : sub ($name) { ipv6_text(read_mem($at->($name eq 'near' ? 'skc_v6_rcv_saddr' : 'skc_v6_daddr'), 16)) };
    $found->{source}      = $text->('near') . "-$near";
    $found->{destination} = $text->('far') . "-$far";
    return;
}

# A path that begins with NUL is a name without a file, and written with an @ as everywhere.
sub _unix_path ($sock) {
    return '' if !has_type('struct unix_sock');
    my $address = kernel($sock, 'struct unix_sock', 'addr', 'void *');
    return '' if $address == 0;
    my $bytes = kernel($address, 'struct unix_address', 'len') - 2;    # behind the family
    return '' if $bytes <= 0 || $bytes > 108;
    my $name = read_mem($address + offsetof('struct unix_address', 'name') + 2, $bytes);
    return $name =~ /\A\0/ ? '@' . substr $name, 1 : $name =~ s/\0.*//sr;
}

=head2 socket_table(@sockets)

The columns and rows of C<net -s>, as L<Alicia::Text/table> has them.

=cut

sub socket_table (@sockets) {
    my @rows = map {
        [
            $_->{fd},
            hexadecimal($_->{socket}),
            hexadecimal($_->{sock}),
            "$_->{family}:$_->{type}",
            visible($_->{source}      // ''),
            visible($_->{destination} // (defined $_->{hole} ? "($_->{hole})" : '')),
            $_->{state} // '',
        ]
    } @sockets;
    return (['+FD', '=SOCKET', '=SOCK', 'FAMILY:TYPE', 'SOURCE-PORT', 'DESTINATION-PORT', 'STATE'], \@rows);
}

1;
