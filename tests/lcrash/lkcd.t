#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# LKCD dumps have no VMCOREINFO: the kernel in them is found by its System.map. What is found has to be what the kdump of
# the same memory says, to lcrash and to alicia.

use strict;
use warnings;
no warnings 'portable';    # addresses have 64 bits
use Alicia::Lcrash qw(lcrash lcrash_says map_of_guest symbols_of);
use Alicia::Test   qw(alicia debuginfo dump_folder in_this_run run_program slurp spew);
use File::Temp;
use FindBin qw($Bin);
use Test::More;

my $tasks     = 'printf "%d %s\n", $_->pid, $_->comm for tasks()';
my $temporary = File::Temp->newdir;

for my $scenario (in_this_run('lkcd-6.1')) {
    my $folder = dump_folder($scenario);
    my $kdump  = dump_folder('sysrq-6.1') . '/dump.kdump';
    my $offset = alicia('-q', '-e', 'print hex vmcoreinfo("KERNELOFFSET")', $kdump)->{out};
    my $map    = map_of_guest($scenario, offset => $offset, image_base => 0xffffffff80000000);

    my $symbols = symbols_of($scenario);
    my @names   = grep { !/\W/ } sort keys %{$symbols};
    @names = map { $names[97 * $_] } 0 .. $#names / 97;
    my @lines    = ("symbol @names", 'symbol init_task', 'print init_task', 'dump init_task 100', 'whatis task_struct');
    my $expected = lcrash_says([$map, $kdump], @lines);
    my $of_alicia =
        alicia('-q', '-e', $tasks, '-e', 'print get_addr($_), "\n" for qw(init_task schedule ext4_fs_type)', $kdump);

    for my $dump (glob "$folder/dump.*") {
        my ($form) = $dump =~ /dump\.(.*)/;
        is lcrash_says([$map, $dump], @lines), $expected, "$form: lcrash as on the kdump";
        is alicia('-q', '-e', $tasks, '-e', 'print get_addr($_), "\n" for qw(init_task schedule ext4_fs_type)',
            $dump, $map)->{out}, $of_alicia->{out}, "$form: alicia too";
    }
    is alicia('-q', '-e', $tasks, "$folder/dump.10-gzip")->{out}, alicia('-q', '-e', $tasks, $kdump)->{out},
        'alicia without a map: VMCOREINFO lies in memory';

    # As of a kernel that keeps no VMCOREINFO: what the map tells is all there is.
    my $dump = "$temporary/dump";
    spew($dump, slurp("$folder/dump.10-none-endless-sparse") =~ s/OSRELEASE=/osrelease=/gr);
    is lcrash_says([$map, $dump], @lines), $expected, 'with no VMCOREINFO in memory either';
    cmp_ok scalar(split /\n/, $expected), '>', 900, 'and there was something to compare';

    # What cannot be opened says why in one line.
    my %map = (
        'another kernel' => [
            slurp($map) =~ s/^(\w+)(?= \w linux_banner$)/sprintf '%x', hex($1) + 4096/emr,
            qr/no Linux banner where the map's kernel has it/
        ],
        'no banner' => [slurp($map) =~ s/^.* linux_banner\n//mr, qr/the map does not name linux_banner/],
        'no tables' =>
            [slurp($map) =~ s/^.* (?:init_top|swapper)_pg\w+\n//gmr, qr/does not name the kernel's page tables/],
        'other tables' => [
            slurp($map) =~ s/^(\w+)(?= \w init_top_pgt$)/sprintf '%x', hex($1) + 8192/emr,
            qr/no page tables where the map's kernel has them/
        ],
    );
    for my $what (sort keys %map) {
        my ($text, $said) = @{$map{$what}};
        my $file = "$temporary/System.map-$what";
        spew($file, $text);
        my $run = lcrash('-e', 'base 1', $file, $dump);
        is $run->{status}, 3, "$what: status";
        like $run->{err}, qr/\Alcrash: [^\n]*${said}[^\n]*\n\z/, $what;
    }
    my $bare = alicia('-q', '-e', '1', $dump);
    is $bare->{status}, 3, 'no map: status';
    like $bare->{err}, qr/\Aalicia: \S+: the dump has no VMCOREINFO: .* System\.map\n\z/, 'no map';

    # Half of its pages.
    my $cut = "$temporary/dump.cut";
    spew($cut, substr slurp($dump), 0, (-s $dump) / 2);
    my $run = lcrash({timeout => 60}, '-e', 'symbol init_task; print init_task.pid', $map, $cut);
    is $run->{signal}, 0, 'half a dump: it ends by itself';
    unlike $run->{err}, qr/^(?!lcrash: |print: |symbol: )./m, 'half a dump: what is missing is said';
}

# i386, with types from an object compiled from its headers. The real System.map comes with the debug package, which is
# large.
for my $scenario ($ENV{ALICIA_FULL} ? 'lkcd-i386-pae' : ()) {
    my ($dump) = glob dump_folder($scenario) . '/dump.8-*';
    my $kdump = dump_folder('i386-pae') . '/dump.kdump';
    my (undef, $map) = debuginfo('i386-pae');
    my $made = run_program(["$Bin/../vmcores/make", '--kerntypes', 'i386-pae'], timeout => 1800);
    my ($types) = $made->{out} =~ m{^(/\S*Kerntypes)$}m;
    my @lines =
        ('symbol init_task schedule modules', 'print init_task', 'dump init_task 100', 'print init_uts_ns.name');
    is lcrash_says([$map, $dump, $types], @lines), lcrash_says([$map, $kdump, $types], @lines), 'i386: lcrash';
    my $expected = alicia('-q', '-e', $tasks, $kdump, $map, $types)->{out};
    is alicia('-q', '-e', $tasks, $dump, $map, $types)->{out}, $expected, 'i386: the tasks alicia finds';
    is $expected =~ tr/\n//, scalar(split /\n/, slurp(dump_folder($scenario) . '/truth/tasks')) - 1, 'all of them';
}

done_testing;
