# SPDX-License-Identifier: GPL-3.0-or-later
#
# aarch64's page tables in every size and width, against a memory management unit that is not Alicia's: QEMU's. Debian's
# kernels use two of these modes (aarch64.t). Here random tables are laid out, a program of 32 instructions hands them to
# the processor and has it translate addresses with its own instruction for that (AT S1E1R, whose answer PAR_EL1 the
# program sends over the serial line), and Alicia translates the same addresses in a dump that holds the same memory.
#
# The program runs at EL2, where addresses are physical, and asks about EL1, so it needs no tables for itself. The
# registers are those of the Arm Architecture Reference Manual, D17; the tables' entries D8.3.

use strict;
use warnings;
no warnings 'portable';    # addresses of 64 bits
use Alicia::Test qw(alicia run_program slurp spew);
use File::Temp;
use Test::More;

my $image_at = 0x40400000;    # where the program is loaded; QEMU's memory begins at 0x40000000
my $program  = pack 'L<*', (
    0xd2b00000, 0xd51c1100,                            # HCR_EL2 = 1 << 31: EL1 is 64-bit
    0xd2800020, 0xd5181000,                            # SCTLR_EL1 = 1: it translates
    0xd2a1200c, 0x10000369,                            # x12 = the serial line, x9 = what follows the program
    0xf8408521, 0xb40002a1, 0xd5182041,                # mode: TCR_EL1 = *x9++, or the end if it is 0
    0xf8408521, 0xd5182021, 0xf8408523,                # TTBR1_EL1 = *x9++, x3 = *x9++
    0xd5033fdf, 0xd50c879f, 0xd5033f9f, 0xd5033fdf,    # forget what was translated before
    0xf8408521, 0xd5087801, 0xd5033fdf, 0xd5387402,    # address: translate *x9++; x2 = PAR_EL1
    0xd2800104, 0xb9000182, 0xd348fc42, 0xf1000484, 0x54ffffa1,    # its eight bytes
    0xf1000463, 0x54fffec1, 0x17ffffeb,                            # the next of x3 addresses, the next mode
    0xd2b08000, 0xf2800100, 0xd4000003, 0x14000000                 # PSCI's SYSTEM_OFF
);

# Pages' size as a power of two, bits the kernel was built for, bits it uses.
my @modes = (
    [12, 39, 39],
    [12, 48, 48],
    [12, 52, 48],
    [12, 52, 52],
    [14, 36, 36],
    [14, 47, 47],
    [14, 48, 48],
    [14, 52, 47],
    [14, 52, 52],
    [16, 42, 42],
    [16, 48, 48],
    [16, 52, 48],
    [16, 52, 52]
);

srand 20050401;
my (%memory, $free);

sub random_bits {
    my ($bits) = @_;
    return (int(rand 1 << 26) << 26 | int rand 1 << 26) & (1 << $bits) - 1;
}

# A new table of that many bytes: where it lies.
sub new_table {
    my ($bytes) = @_;
    $free = ($free + $bytes - 1) & -$bytes;
    $free += $bytes;
    return $free - $bytes;
}

# The levels of a mode, top first: how far an address is shifted, bits of an index, and whether an entry can map memory.
sub levels_of {
    my ($shift, $built, $used) = @_;
    my $lpa2  = $used > 48 && $shift != 16;
    my $count = sub { int((shift() - $shift + $shift - 4) / ($shift - 3)) };
    my $top   = $count->($built) == $count->($used) ? $built : $used;
    my %block = $shift == 12 ? (1 => 1, 2 => 1, 3 => $lpa2)  : (1 => 1, 2 => $shift == 16 || $lpa2);
    return map {
        my $at = $shift + $_ * ($shift - 3);
        {shift => $at, bits => $at + $shift - 3 > $top ? $top - $at : $shift - 3, maps => $_ == 0 || $block{$_}}
    } reverse 0 .. $count->($used) - 1;
}

# An entry for an address, which has bits 51 and up where this mode has room for them.
sub entry_for {
    my ($mode, $physical) = @_;
    my ($shift, undef, $used) = @{$mode};
    return $physical & 0xffffffffffff |  ($physical >> 48) << 12 if $shift == 16;
    return $physical & 0x3ffffffffffff | ($physical >> 50) << 8  if $used > 48;
    return $physical | 0x300;    # the shareability
}

# Maps an address by an entry of that level (the last one: 0), unless something stands in the way.
sub map_address {
    my ($mode, $virtual, $physical, $level) = @_;
    my $table  = $mode->[3];
    my @levels = levels_of(@{$mode});
    while (my $this = shift @levels) {
        my $slot = $table + 8 * ($virtual >> $this->{shift} & (1 << $this->{bits}) - 1);
        if (@levels == $level) {
            $memory{$slot} //= entry_for($mode, $physical >> $this->{shift} << $this->{shift}) | 0x0060000000000401 |
                ($level == 0 ? 2 : 0);
            return;
        }
        $memory{$slot} //= new_table(1 << $mode->[0]) | 3;
        return if ($memory{$slot} & 2) == 0;
        $table = $memory{$slot} & 0xffffffff & ~0xfff;
    }
    return;
}

# Fills a mode's tables; returns its addresses to translate, the first that of the top table.
sub fill {
    my ($mode) = @_;
    my ($shift, $built, $used) = @{$mode};
    my @levels    = levels_of(@{$mode});
    my $physical  = $shift == 16 || $used > 48 ? 52 : 48;
    my $any       = sub { -(1 << $used) | random_bits($used) };
    my @able      = grep { $levels[-1 - $_]{maps} } 0 .. $#levels;
    my $own       = $any->() >> $shift << $shift;
    my @addresses = ($own);
    $mode->[3] = new_table(1 << ($levels[0]{bits} + 3 > $shift ? $levels[0]{bits} + 3 : $shift));
    map_address($mode, $own, $mode->[3], 0);

    for my $number (1 .. 12) {
        my $virtual = $any->();
        my $level   = $able[$number % @able];
        map_address($mode, $virtual, random_bits($physical), $level);
        push @addresses, $virtual, $virtual ^ random_bits($shift), $virtual ^ 1 << $levels[-1 - $level]{shift},
            $any->();
    }
    return map { $_ | -(1 << $used) } @addresses;
}

# What the processor is told: TTBR0 is not to be used, sizes, and that of physical addresses (with DS, LPA2's, as well).
sub registers_of {
    my ($mode) = @_;
    my ($shift, $built, $used, $root) = @{$mode};
    my ($top) = levels_of(@{$mode});
    my $lpa2  = $used > 48 && $shift != 16;
    my $wide  = $shift == 16 || $lpa2;
    my %code  = (12 => 2, 14 => 1, 16 => 3);
    my $tcr   = 16 | 1 << 7 | (64 - $used) << 16 | $code{$shift} << 30 | ($wide ? 6 : 5) << 32;
    $tcr |= 1 << 59 if $lpa2;
    my $unused = (1 << $top->{bits}) - (1 << $used - $top->{shift});    # of a top table that has the size for more bits
    return ($tcr, $root + 8 * $unused);
}

# An ELF vmcore of that memory and VMCOREINFO.
sub dump_of {
    my ($memory, $vmcoreinfo) = @_;
    my $note =
        pack('L<3 Z12', 11, length $vmcoreinfo, 0, 'VMCOREINFO') . $vmcoreinfo . "\0" x (-length($vmcoreinfo) & 3);
    my $head =
          pack('a4 C5 x7 S<2 L< Q<3 L< S<6', "\x7fELF", 2, 1, 1, 0, 0, 4, 183, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
        . pack('L<2 Q<6', 4, 0, 176,   0, 0,         length $note,   length $note,   4)
        . pack('L<2 Q<6', 1, 7, 65536, 0, $image_at, length $memory, length $memory, 0);
    return pack('a65536', $head . $note) . $memory;
}

$free = $image_at + 0x10000;
my $data = '';
my @asked;
for my $mode (@modes) {
    my @addresses = fill($mode);
    push @asked, \@addresses;
    $data .= pack 'Q<*', registers_of($mode), scalar @addresses, @addresses;
}
my $memory = pack 'a' . ($free - $image_at), $program . $data . pack 'Q<', 0;
substr $memory, $_ - $image_at, 8, pack 'Q<', $memory{$_} for keys %memory;

my $folder = File::Temp->newdir;
spew("$folder/image", $memory);
my $run = run_program(
    [
        qw(qemu-system-aarch64 -accel tcg -cpu max -m 128 -display none -monitor none -nic none -M),
        'virt,virtualization=on',
        '-serial',
        "file:$folder/answers",
        '-device',
        "loader,file=$folder/image,addr=$image_at,force-raw=on,cpu-num=0"
    ],
    timeout => 240
);
is "$run->{status} $run->{err}", '0 ', 'QEMU ran the program to its end';
my @answers = unpack 'Q<*', slurp("$folder/answers");

for my $mode (@modes) {
    my ($shift, $built, $used, $root) = @{$mode};
    my $name      = sprintf 'pages of %d KiB, %d bits of %d', 1 << ($shift - 10), $used, $built;
    my @addresses = @{shift @asked};
    my @expected =
        map { my $par = shift @answers; $par & 1 ? 'none' : sprintf '%x', $par & 0xffffffffff000 | $_ & 0xfff }
        @addresses;
    my $mapped = grep { $_ ne 'none' } @expected;
    cmp_ok $mapped,             '>=', 24, "$name: the processor finds what was mapped";
    cmp_ok @expected - $mapped, '>=', 8,  "$name: and not what wasn't";
    is $expected[0], sprintf('%x', $root), "$name: its own top table among them";

    my $vmcoreinfo =
        sprintf "OSRELEASE=6.12.0\nPAGESIZE=%d\nNUMBER(VA_BITS)=%d\nNUMBER(TCR_EL1_T1SZ)=0x%x\n"
        . "NUMBER(kimage_voffset)=0x%x\nSYMBOL(swapper_pg_dir)=%x\nSYMBOL(_stext)=%x\n", 1 << $shift, $built,
        64 - $used,
        $addresses[0] - $root, ($addresses[0]) x 2;
    spew("$folder/dump", dump_of($memory, $vmcoreinfo));
    my $code = sprintf q{print eval { sprintf '%%x', vtop($_) } // 'none', "\n" for %s}, join ', ',
        map { sprintf '0x%x', $_ } @addresses;
    my $ours  = alicia('-q', '--no-config', '-e', $code, "$folder/dump");
    my @found = split /\n/, $ours->{out};
    my @wrong = map { sprintf '%x: %s instead of %s', $addresses[$_], $found[$_] // 'nothing', $expected[$_] }
        grep { ($found[$_] // '') ne $expected[$_] } 0 .. $#expected;
    is "@wrong", '', "$name: Alicia translates as the processor does" or diag $ours->{err};
}
is scalar @answers, 0, 'no answer was left';

done_testing;
