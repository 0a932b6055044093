#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# convert.pl KDUMP TRUTH PANIC FORM OUTPUT: writes the memory of a kdump-compressed dump as an LKCD dump.
#
# FORM is VERSION-COMPRESSION, `10-gzip`: version 8, 9 or 10; none, rle or gzip. What real dumps have, too, may follow:
# `-shuffled` (pages in no order), `-twice` (some pages come again later, with other contents, as those of a second pass
# do: the first is the one that counts), `-endless` (no end mark), `-sparse` (pages of zeros are raw and have no bytes).
# TRUTH is the guest's own /proc, which says what utsname held; PANIC is the panic's text.
#
# The headers are packed from version 8 on, and alike for all architectures:
#
#   magic u64, version u32, header size u32, dump level u32, page size u32, memory size, start and end u64 (the end is
#   the magic again), number of pages u32, panic 256 bytes, time 2 u64, utsname 6 x 65 bytes, task u64, compression u32,
#   flags u32, device u32; from version 9 on the offset of the first page u64, which is 65536 before
#
# and a second one follows with the registers of each processor, as pt_regs. Then the pages: address u64, size u32, flags
# u32, data.
use v5.36;
no warnings 'portable';
use Compress::Zlib qw(compress uncompress);

my %compression = (none => 0, rle => 1, gzip => 2);
my ($raw, $compressed, $end) = (1, 2, 4);
my $magic = 0xa8190173618f23ed;

# A kdump-compressed file: a hash. `long` is the machine's size of one; the file's own layout may be the wide one though
# the machine isn't, where QEMU wrote it.
sub open_kdump ($name) {
    open my $file, '<:raw', $name or die "$name: $!\n";
    my $read = sub ($offset, $size) {
        seek $file, $offset, 0 or die "$name: $!\n";
        my $bytes = '';
        my $got   = read $file, $bytes, $size;
        die "$name: it ends early\n" if ($got // 0) != $size;
        return $bytes;
    };
    my $head = $read->(0, 4096);
    die "$name: not kdump-compressed\n" if substr($head, 0, 8) ne 'KDUMP   ';
    my $machine = unpack 'Z65', substr $head, 12 + 4 * 65, 65;
    my $wide    = (unpack 'L<', substr $head, 428, 4) == 4096;    # the block size, in the wide layout
    my ($block, $sub_blocks, $bitmap_blocks) = unpack 'x4 L<3', substr $head, $wide ? 424 : 412;
    my $sub = $read->($block, 128);
    my ($notes_at, $notes_size) =
        $wide
        ? unpack 'x48 Q< Q<', $sub
        : unpack 'x32 Q< L<', $sub;

    # The second bitmap: the pages that were dumped.
    my $half   = $block * $bitmap_blocks / 2;
    my $bitmap = $read->($block * (1 + $sub_blocks) + $half, $half);
    my @frames = grep { vec $bitmap, $_, 1 } 0 .. 8 * length($bitmap) - 1;
    return {
        read    => $read,
        long    => $machine =~ /\Ai.86\z/ ? 4 : 8,
        block   => $block,
        machine => $machine,
        notes   => $notes_size ? $read->($notes_at, $notes_size) : '',
        time    => $wide
        ? unpack('Q<', substr $head, 408)
        : unpack('L<', substr $head, 404),
        frames      => \@frames,
        descriptors => $read->($block * (1 + $sub_blocks + $bitmap_blocks), 24 * @frames),
    };
}

# The page with the Nth descriptor.
sub page_of ($dump, $n) {
    my ($offset, $size, $flags) = unpack 'Q< L< L<', substr $dump->{descriptors}, 24 * $n, 24;
    my $bytes = $dump->{read}->($offset, $size);
    return $bytes                       if $flags == 0;
    die "page $n: compression $flags\n" if $flags != 1;
    return uncompress($bytes) // die "page $n: damaged\n";
}

# pt_regs of each processor, from the notes that are NT_PRSTATUS.
sub registers_of ($dump) {
    my $notes = $dump->{notes};
    my @registers;
    while (length $notes >= 12) {
        my ($name_size, $size, $type) = unpack 'L<3', $notes;
        my $at      = 12 + ($name_size + 3 & ~3);
        my $name    = unpack 'Z*', substr $notes, 12, $name_size;
        my $content = substr $notes, $at, $size;
        substr $notes, 0, $at + ($size + 3 & ~3), '';
        next if $type != 1 || $name ne 'CORE';

        # That of i386 has fs and gs, which pt_regs lacks.
        push @registers, $dump->{long} == 8
            ? substr $content, 112, 168
            : substr($content, 72, 36) . substr $content, 116, 24;
    }
    return @registers;
}

# The second header. Tasks and stacks of the processors aren't known here.
sub asm_header ($dump) {
    my @registers = registers_of($dump) or return '';
    my $cpus      = @registers;
    my $unknown   = "\0" x (3 * $cpus * $dump->{long});
    my $state =
          $dump->{long} == 8
        ? $registers[0]
        : pack('L<2', (unpack 'L<15', $registers[0])[13, 10]) . $registers[0];
    my $body = $state . pack('L<2', $cpus, 0) . join('', @registers) . $unknown;
    return pack('Q< L<2', 0xdeaddead, $dump->{long} == 8 ? 2 : 3, 16 + length $body) . $body;
}

sub truth_of ($truth, $name) {
    open my $file, '<:raw', "$truth/proc/sys/kernel/$name"
        or die "$truth/proc/sys/kernel/$name: $!\n";
    my $line = <$file> // '';
    chomp $line;
    return $line;
}

sub header ($dump, $version, $method, $first_page, $truth, $panic) {
    my @uts    = ((map { truth_of($truth, $_) } qw(ostype hostname osrelease version)), $dump->{machine}, '(none)');
    my $pages  = @{$dump->{frames}};
    my $fields = join '',
        pack('L<2 Q<3 L<',               8,      $dump->{block},        $pages, 0, $magic, $pages),
        pack('a256 Q<2' . ' a65' x @uts, $panic, $dump->{time},         0,      @uts),
        pack('Q< L<3',                   0,      $compression{$method}, 0,      0x802),
        $version >= 9 ? pack 'Q<', $first_page : '';
    my $head = pack('Q< L<2', $magic, $version, 16 + length $fields) . $fields;
    return $head . asm_header($dump);
}

# A byte that isn't zero stands for itself; 0 0 is a zero; 0 N v is N + 1 times v.
sub rle ($page) {
    $page =~ s{(\0{1,256})|(.)(\2{3,255})}{
        !defined $1 ? pack('C2 a', 0, length $3, $2) : length $1 == 1 ? "\0\0" : pack 'C3', 0, length($1) - 1, 0
    }gse;
    return $page;
}

sub stored ($page, $method, $options) {
    return ($raw, '') if $options->{sparse} && $page !~ /[^\0]/;
    my $packed =
          $method eq 'rle'  ? rle($page)
        : $method eq 'gzip' ? compress($page, 1)
        :                     $page;
    return length $packed < length $page
        ? ($compressed, $packed)
        : ($raw, $page);
}

my ($kdump, $truth, $panic, $form, $output) = @ARGV;
my ($version, $method, %options) =
    map { /\A(?:shuffled|twice|endless|sparse)\z/ ? ($_ => 1) : $_ } split /-/,
    $form;
die "no such form: $form\n"
    if $version !~ /\A(?:8|9|10)\z/ || !exists $compression{$method};

my $dump       = open_kdump($kdump);
my $first_page = $version == 9 ? 131_072 : 65_536;    # crash takes 65536 for granted
open my $out, '>:raw', $output or die "$output: $!\n";
my $head = header($dump, $version, $method, $first_page, $truth, $panic);
print {$out} $head, "\0" x ($first_page - length $head);

my @order = 0 .. $#{$dump->{frames}};
@order = sort { ($a * 2_654_435_761 & 0xffff_ffff) <=> ($b * 2_654_435_761 & 0xffff_ffff) } @order
    if $options{shuffled};
my (@again, %known);
for my $n (@order) {
    my $page = page_of($dump, $n);
    my ($flags, $bytes) =
        @{$known{$page} // [stored($page, $method, \%options)]};
    $known{$page} = [$flags, $bytes]
        if !%known && $page !~ /[^\0]/;    # most are zeros
    my $address = $dump->{frames}[$n] * $dump->{block};
    print {$out} pack('Q< L<2', $address, length $bytes, $flags), $bytes;
    push @again, $address if $options{twice} && $n % 97 == 0;
}
print {$out} pack('Q< L<2', $_, $dump->{block}, $raw), 'x' x $dump->{block} for @again;
print {$out} pack 'Q< L<2', 0x1234_5678_9abc, 0, $end if !$options{endless};
close $out or die "$output: $!\n";
