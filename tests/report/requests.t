# SPDX-License-Identifier: GPL-3.0-or-later
# A block request that was never answered: dev and the last seconds, against what the guest asked for, and when.
use v5.36;
use Test::More;
use Alicia::Test  qw(dump_folder in_this_run slurp);
use Alicia::Truth qw(output_of);

my @scenarios = in_this_run(qw(inflight-6.1 inflight-6.12));
plan skip_all => 'its dumps are made with ALICIA_FULL' if !@scenarios;

for my $scenario (@scenarios) {
    my $log = slurp(dump_folder($scenario) . '/dmesg.txt');
    my ($begins, $waits)  = map { $log =~ /^\[ *([\d.]+)\] factory: a write $_$/m ? $1 : die "no $_" } qw(begins waits);
    my ($reads,  $writes) = $log =~ /^\[ *[\d.]+\]  +(\d+) +(\d+)$/m;
    is "$reads $writes", '0 1', "$scenario: one write, the guest said";

    my ($disks, $requests, $listed, $mine) =
        output_of($scenario, 'dev -d', 'dev -D', 'timeline -k request', 'timeline -s 20');
    like $disks, qr/^ *7 +\S+ +loop1 +\S+ +1 +0 +1$/m, "$scenario: dev -d counts it";
    is scalar(() = $disks =~ /^ *\d+ +\S+ +\S+ +\S+ +[1-9]/mg), 1, "$scenario: and no other";
    my ($operation, $sector, $bytes, $age) =
        $requests =~ /^loop1:\n.*\n *\S+ +\d+ +\d+ +in flight +(\w+) +(\d+) +(\d+) +([\d.]+)$/m;
    is "$operation $sector $bytes", 'WRITE 40 4096', "$scenario: dev -D shows it";

    my @events = $listed =~ /^\[.*/mg;
    is scalar @events, 1, "$scenario: the last seconds have it";
    my ($time, $ago) =
        $events[0] =~
        /^\[ *([\d.]+)\] +[01] request loop1: WRITE of 4096 bytes at sector 40 is in flight, for ([\d.]+) ms\z/
        or diag $events[0];
    cmp_ok $time,                   '>', $begins - 0.005, "$scenario: since it was asked for";
    cmp_ok $time,                   '<', $waits + 0.005,  "$scenario: and it was waited for";
    cmp_ok abs($ago / 1000 - $age), '<', 0.5,             "$scenario: as long as dev -D says";
    my @lines   = split /\n/, $mine;
    my ($first) = grep { $lines[$_] =~ /a write begins\z/ } 0 .. $#lines;
    my ($asked) = grep { $lines[$_] =~ / request / } 0 .. $#lines;
    my ($last)  = grep { $lines[$_] =~ /a write waits\z/ } 0 .. $#lines;
    ok $first < $asked && $asked < $last, "$scenario: between the two lines of the log";
}

done_testing;
