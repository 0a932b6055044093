# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Refused::WhatNext;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(text);

sub title ($class) { return 'What To Do Next' }
sub order ($class) { return 15 }

# What the reason or the header speaks of, and what helps then.
my @advice = (
    [
        qr/truncated|beyond the end|the file ends/i,
        'The file ends before the dump does. Was it copied whole? Compare its size and checksum with the original\'s. On '
            . 'the machine itself the disk may have been full: see df of the folder of dumps, and the last lines of the '
            . 'crash kernel\'s console.'
    ],
    [
        qr/part of the split dump/,
        'The dump was written in parts (makedumpfile --split). Name all of them: alicia PART1 PART2 ...'
    ],
    [qr/compressed file|archive/, 'Unpack the file first (gunzip, unxz, zstd -d, tar x), then name what was in it.'],
    [
        qr/flattened/,
        'The flattened file is damaged. makedumpfile -R DUMP < FILE puts together what is left; it may get further.'
    ],
    [
        qr/page tables|translate|phys_base|init_top_pgt|kallsyms/,
        'The pages that lead to all others are damaged or missing. Where a copy of the dump or an unfiltered one exists, '
            . 'try that. The kernel\'s vmlinux with debug information may help: alicia DUMP VMLINUX.'
    ],
    [
        qr/no dump|cannot open .*: an? |describes no memory|makes no sense|damaged ELF|no format known/,
        'What the file begins with is damaged, or it is no dump at all. Is it the right one? Compare its first block with '
            . 'the original\'s: head -c 4096 FILE | od -c.'
    ],
    [qr/big-endian|architecture/, 'Dumps of such machines are not read by Alicia. crash built for them reads theirs.'],
    [qr/Xen|VMware|libvirt|Windows|sadump|QEMU/, 'This is a format that Alicia does not read; others convert it.'],
);

sub blocks ($class, $report) {
    my $found = eval { $report->found };
    my $odd   = grep { length $_->[2] } @{$found ? $found->{header} : []};
    my @next  = map  { $_->[1] } grep { $report->reason =~ $_->[0] } @advice;
    push @next,
        'Fields of the file\'s header contradict themselves (see Dump File): the file was changed after it was written. '
        . 'Look for errors of the disk or of the copy.'
        if $odd;
    push @next, 'Ask another reader: alicia -crash VMLINUX DUMP, or crash --minimal, tells what crash makes of it.',
        'Make sure that the next dump is whole: let kdump write it to a disk with room for it, and keep its checksum.';
    my $number = 0;
    return text(join '', map { ++$number . ". $_\n" } @next);
}

1;
