# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Device;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::Disk qw(disks);
use Alicia::Text        qw(visible hexadecimal);

our @EXPORT_OK = qw(character_devices block_devices device_table pci_devices pci_table);

=head1 NAME

Alicia::Linux::Device - registered device numbers, and the PCI devices

=head1 SUBROUTINES

=head2 character_devices(), block_devices()

One hash a registered major number, in order: C<major name>, and of character devices C<cdev> (an address, 0 where there is
none), of block devices C<disk> (the address of the first C<struct gendisk>, 0 where there is none); C<operations>, the symbol of its
table of functions, or undef.

=cut

my $buckets = 255;
my $longest = 4096;    # entries of a bucket

sub _chained ($symbol, $type, $code) {
    my $table = get_addr($symbol);
    my $width = sizeof('void *');
    my @found;
    for my $bucket (0 .. $buckets - 1) {
        my $at = read_ptr($table + $width * $bucket);
        for (1 .. $longest) {
            last if $at == 0;
            push @found, $code->($at);
            $at = kernel($at, $type, 'next', 'void *');
        }
    }
    my @sorted = sort { $a->{major} <=> $b->{major} || ($a->{minor} // 0) <=> ($b->{minor} // 0) } @found;
    return @sorted;
}

# Most drivers leave their cdev in a map of ranges of numbers: a list of [first, count, cdev] a major number.
sub _mapped () {
    my $map   = read_ptr(get_addr('cdev_map'));
    my $width = sizeof('void *');
    my %range;
    for my $bucket (0 .. $buckets - 1) {
        my $at = read_ptr($map + $width * $bucket);
        for (1 .. $longest) {
            last if $at == 0;
            my $device = kernel($at, 'struct probe', 'dev', 'unsigned int');
            push @{$range{$device >> 20}},
                [
                $device & 0xfffff,
                kernel($at, 'struct probe', 'range', 'unsigned long'),
                kernel($at, 'struct probe', 'data',  'void *')
                ];
            $at = kernel($at, 'struct probe', 'next', 'void *');
        }
    }
    return \%range;
}

sub character_devices () {
    my $type   = 'struct char_device_struct';
    my $mapped = eval { _mapped() } // {};
    return _chained(
        'chrdevs',
        $type,
        sub ($at) {
            my $cdev = kernel($at, $type, 'cdev', 'void *');
            my ($major, $minor) = map { kernel($at, $type, $_) } qw(major baseminor);
            if ($cdev == 0) {
                my ($range) = sort { $a->[1] <=> $b->[1] }
                    grep { $minor >= $_->[0] && $minor - $_->[0] < $_->[1] } @{$mapped->{$major} // []};
                $cdev = $range->[2] if $range;
            }
            return {
                major      => $major,
                minor      => $minor,
                name       => kernel($at, $type, 'name', 'char *'),
                cdev       => $cdev,
                operations => scalar eval { symbol_at(kernel($cdev, 'struct cdev', 'ops', 'void *')) },
            };
        }
    );
}

sub block_devices () {
    my $type = 'struct blk_major_name';
    my %disk;
    $disk{$_->{major}} //= $_->{address} for eval { disks() };
    return _chained(
        'major_names',
        $type,
        sub ($at) {
            my $major = kernel($at, $type, 'major');
            my $disk  = $disk{$major} // 0;
            return {
                major      => $major,
                name       => kernel($at, $type, 'name', 'char *'),
                disk       => $disk,
                operations => scalar eval { symbol_at(kernel($disk, 'struct gendisk', 'fops', 'void *')) },
            };
        }
    );
}

=head2 device_table($kind, @devices)

Columns and rows as L<Alicia::Text/table> has them; $kind is C<CHRDEV> or C<BLKDEV>.

=cut

sub device_table ($kind, @devices) {
    my $member = $kind eq 'CHRDEV' ? 'cdev' : 'disk';
    my @rows   = map {
        [
            $_->{major},                                                visible($_->{name}),
            $_->{$member} == 0 ? '(none)' : hexadecimal($_->{$member}), visible($_->{operations} // '')
        ]
    } @devices;
    return (["+$kind", 'NAME', $kind eq 'CHRDEV' ? '=CDEV' : '=GENDISK', 'OPERATIONS'], \@rows);
}

=head2 pci_devices(), pci_table(@devices)

One hash a PCI device, bus by bus: C<address> (of its C<struct pci_dev>), C<place> (C<0000:00:1f.2>), C<class> (base and sub class),
C<vendor device> (numbers), C<kind> (what it is in PCI Express, a name), C<driver> (a name; empty without one). And columns
and rows.

=cut

my %kind = (
    0x0 => 'ENDPOINT',
    0x1 => 'LEG_END',
    0x4 => 'ROOT_PORT',
    0x5 => 'UPSTREAM',
    0x6 => 'DOWNSTREAM',
    0x7 => 'PCIE_BRIDGE',
    0x8 => 'PCI_BRIDGE',
    0x9 => 'RC_END',
    0xa => 'RC_EC',
);
my $deepest = 64;    # buses behind buses

sub pci_devices () {
    my $roots = find_addr('pci_root_buses') // die "this kernel has no PCI\n";
    return map { _on_bus($_->address, 0) } list_entries($roots, 'struct pci_bus', 'node');
}

sub _on_bus ($bus, $depth) {
    return if $depth > $deepest;
    my @devices =
        map { _pci($bus, $_->address) }
        list_entries($bus + offsetof('struct pci_bus', 'devices'), 'struct pci_dev', 'bus_list');
    my @behind = list_entries($bus + offsetof('struct pci_bus', 'children'), 'struct pci_bus', 'node');
    return @devices, map { _on_bus($_->address, $depth + 1) } @behind;
}

sub _pci ($bus, $at) {
    my $get    = sub (@how) { kernel($at, 'struct pci_dev', @how) };
    my $number = $get->('devfn');
    my $driver = eval { kernel($get->('driver', 'void *'), 'struct pci_driver', 'name', 'char *') };
    my $domain = eval { kernel(kernel($bus, 'struct pci_bus', 'sysdata', 'void *'), 'struct pci_sysdata', 'domain') };
    my $header = $get->('hdr_type');
    my $flags  = $get->('pcie_cap') ? $get->('pcie_flags_reg') >> 4 & 0xf : undef;
    return {
        address => $at,
        place   => sprintf(
            '%04x:%02x:%02x.%x',
            $domain // 0,
            kernel($bus, 'struct pci_bus', 'number'),
            $number >> 3,
            $number & 7
        ),
        class  => $get->('class') >> 8,
        vendor => $get->('vendor'),
        device => $get->('device'),
        kind   => defined $flags ? $kind{$flags} // $flags : ($header & 0x7f) == 1 ? 'BRIDGE' : 'ENDPOINT',
        driver => $driver                        // '',
    };
}

sub pci_table (@devices) {
    my @rows = map {
        [
            hexadecimal($_->{address}),   $_->{place},
            sprintf('%04x', $_->{class}), sprintf('%04x:%04x', @$_{qw(vendor device)}),
            $_->{kind},                   visible($_->{driver})
        ]
    } @devices;
    return (['=PCI DEV', 'DO:BU:SL.FN', 'CLASS', 'PCI_ID', 'TYPE', 'DRIVER'], \@rows);
}

1;
