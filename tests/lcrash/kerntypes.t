#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The files of types that lcrash takes: raw BTF, asked for what a dump has lost; where all dumps are looked at, a vmlinux
# and an object with DWARF as well. They have to agree with what a whole dump says.
use v5.36;
no warnings 'portable';    # addresses have 64 bits
use Alicia::Lcrash qw(lcrash lcrash_says map_of_guest);
use Alicia::Test   qw(alicia debuginfo dump_folder in_this_run slurp spew);
use File::Temp     qw(tempdir);
use Test::More;

my $work = tempdir(CLEANUP => 1);

for my $scenario (in_this_run('sysrq-6.1')) {
    my $dump   = dump_folder($scenario) . '/dump.kdump';
    my $offset = hex alicia('-q', '-e', 'print vmcoreinfo("KERNELOFFSET")', $dump)->{out};
    my $map    = map_of_guest($scenario, offset => $offset, image_base => 0xffffffff80000000);
    my @asked = ('whatis task_struct', 'sizeof struct page', 'sizeof -o task_struct.comm', 'px &((mm_struct *)0)->pgd');

    my $code = 'my ($b, $e) = map { get_addr($_) } qw(__start_BTF __stop_BTF);'
        . ' for (my $at = $b + 0; $at < $e; $at += 65536) { print read_mem($at, $e - $at < 65536 ? $e - $at : 65536) }';
    my $btf = "$work/kernel.btf";
    spew($btf, alicia('-q', '-e', $code, $dump)->{out});
    cmp_ok -s $btf, '>', 1_000_000, 'BTF was read out of the dump';

    # A dump cut off behind its header and page table: the types are the file's.
    my $cut = "$work/dump.cut";
    spew($cut, substr slurp($dump), 0, 700_000);
    my $expected = lcrash_says([$map, $dump], @asked);
    my $without  = lcrash((map { ('-e', $_) } @asked), $map, $cut);
    isnt $without->{status}, 0, 'the cut dump has none of its own';
    my $with = lcrash((map { ('-e', $_) } @asked), $map, $cut, $btf);
    is $with->{out},    $expected, 'raw BTF';
    is $with->{status}, 0,         'and nothing failed';

    if ($ENV{ALICIA_FULL}) {
        my ($vmlinux) = debuginfo($scenario);
        is lcrash({timeout => 300}, (map { ('-e', $_) } @asked[1 .. 3]), $map, $cut, $vmlinux)->{out},
            lcrash_says([$map, $dump], @asked[1 .. 3]), 'a vmlinux';
    }
    my $damaged = "$work/damaged.btf";
    spew($damaged, slurp($btf) =~ s/\A(.{40}).{64}/$1 . "\xff" x 64/esr);
    my $run = lcrash('-e', 'sizeof struct page', $map, $cut, $damaged);
    is $run->{status}, 1, 'damaged BTF';
    like $run->{err}, qr/^sizeof: .*damaged\.btf/m, 'is said to be the reason';
}

done_testing;
