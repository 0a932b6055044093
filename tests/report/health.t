# SPDX-License-Identifier: GPL-3.0-or-later
# The command health: what a dump lacks, and what of the filter's fault a user is told.
use strict;
use warnings;
use Alicia::Test qw(alicia dump_folder);
use Test::More;

my $damaged = alicia('-e', 'health', dump_folder('holes-6.12') . '/dump.kdump');
is $damaged->{status}, 0, 'health looks at a damaged dump';
like $damaged->{out}, qr/^EXAMINED\s+MISSING\s+WHAT$/m, 'it has columns';
my ($all, $lost) = $damaged->{out} =~ /^\s*(\d+)\s+(\d+)\s+slab pages$/m;
cmp_ok $lost // 0, '>', 0, 'it counts the slab pages that are missing';
my $cause =
    qr/slab pages missing: filtered by a makedumpfile older than this kernel; use -d 23 or makedumpfile 1\.7\.7$/m;
like $damaged->{out}, $cause, 'and says why';
like $damaged->{err}, qr/^alicia: warning: \d+ of \d+ slab pages looked at missing: /,
    'a sample warns when it is opened';

# The page descriptors say which pages are slabs; the caches count theirs themselves.
my $counted = alicia(
    '-e',
    'use Alicia::Linux::Slab "slab_caches"; my $pages = 0;'
        . '$pages += $_->{slabs} * $_->{slab_bytes} / 4096 for slab_caches(); print $pages',
    dump_folder('sysrq-6.12') . '/dump.kdump'
)->{out};
my ($seen) = alicia('-e', 'health', dump_folder('sysrq-6.12') . '/dump.kdump')->{out} =~ /^\s*(\d+)\s+0\s+slab pages$/m;
cmp_ok abs($seen - $counted), '<', $counted / 50, "$seen slab pages seen, $counted counted by the caches";

my $whole = alicia('-e', 'health', dump_folder('sysrq-6.12') . '/dump.kdump');
is $whole->{err}, '', 'a healthy dump opens without a word';
unlike $whole->{out}, qr/missing:/, 'and lacks nothing';
my @missing = $whole->{out} =~ /^\s*\d+\s+(\d+)\s/mg;
cmp_ok scalar @missing, '>', 8, 'each kind has its line';
is_deeply [grep { $_ != 0 } @missing], [], 'with no page missing';

done_testing;
