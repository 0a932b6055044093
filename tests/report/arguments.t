# SPDX-License-Identifier: GPL-3.0-or-later
# What processes were started with: of a dump with the pages of user processes (level 1) as the guest's /proc had it, and
# left out where that is asked for; of one without them (level 31) a line that says so. And when each task last ran.
use v5.36;
use Test::More;
use Alicia::Test  qw(alicia dump_folder slurp);
use Alicia::Truth qw(scenarios);
use File::Temp    qw(tempdir);

for my $scenario (scenarios()) {
    my $folder = dump_folder($scenario);
    my (%arguments, %environment);
    for my $place (glob "$folder/truth/proc/[0-9]*") {
        my ($pid) = $place =~ /(\d+)\z/;
        my $words = -e "$place/cmdline" ? slurp("$place/cmdline") : q();
        next if !length $words || !-e "$place/environ";
        $arguments{$pid}   = [split /\0/, $words];
        $environment{$pid} = [split /\0/, slurp("$place/environ")];
    }

    subtest "$scenario: a dump of level 1" => sub {
        my $run = alicia('-q', '-e', 'ps -a', "$folder/dump.lzo");
        is $run->{status}, 0,  'succeeds';
        is $run->{err},    '', 'without a word';
        my %shown;
        for my $block (split /\n\n/, $run->{out}) {
            my ($pid, $words, $variables) = $block =~ /\APID: (\d+) .*\nARG: (.*)\nENV: (.*)\z/s or next;
            $shown{$pid} = [$words, [split /\n {5}/, $variables]];
        }
        my @both = grep { $shown{$_} } sort keys %arguments;
        cmp_ok scalar @both, '>', 6, 'processes of which the guest said it: ' . @both;
        for my $pid (@both) {
            is $shown{$pid}[0], join(' ', @{$arguments{$pid}}), "the arguments of $pid";
            is_deeply $shown{$pid}[1], $environment{$pid}, 'and its environment';
        }
        unlike $run->{out}, qr/left out/, 'nothing is left out';
        my $one = alicia('-q', '-e', "ps -a $both[1]", "$folder/dump.lzo")->{out};
        is scalar(() = $one =~ /^ARG: /mg), 1, 'of one process';
    };

    subtest "$scenario: redaction" => sub {
        my $place = tempdir(CLEANUP => 1);
        my %page;
        for my $redact (0, 1) {
            mkdir "$place/$redact" or die;
            my $run = alicia('-q', '-e', "report(output=>'$place/$redact/r.txt', redact=>$redact)", "$folder/dump.lzo");
            is $run->{status}, 0, "redact => $redact succeeds";
            $page{$redact} = join '', map { slurp($_) } "$place/$redact/r.txt", glob "$place/$redact/*/*";
        }
        my @secrets = map  { join ' ', @$_ } grep { @$_ > 1 } values %arguments;
        my @shown   = grep { index($page{0}, $_) >= 0 } @secrets;
        cmp_ok scalar @shown, '>', 3, 'the report has arguments';
        is_deeply [grep { index($page{1}, $_) >= 0 } @secrets], [], 'the redacted one has none';
        unlike $page{1}, qr{PATH=/opt:/bin}, 'nor an environment';
    };

    subtest "$scenario: a dump without pages of user processes" => sub {
        plan skip_all => 'its level leaves them in' if slurp("$folder/recipe") !~ /^level = 31$/m;
        my $out = alicia('-q', '-e', 'ps -a', "$folder/dump.kdump")->{out};
        like $out, qr/^\(of \d+ tasks arguments .* left out of the dump, whose level is (?:23|31)\)\n\z/m, 'says so';
        my $place = tempdir(CLEANUP => 1);
        alicia('-q', '-e', "report(output=>'$place/r.txt', details=>0, sections=>['process'])", "$folder/dump.kdump");
        like slurp("$place/r.txt"), qr/^\(left out by the dump's level \d+: what processes had in their own memory/m,
            'and so does the report';
    };

    subtest "$scenario: when they last ran" => sub {
        my @lines = split /\n/, alicia('-q', '-e', 'ps -m', "$folder/dump.kdump")->{out};
        my @ago   = map {
            my ($days, $hours, $minutes, $seconds) = /\A\[(\d+) (\d\d):(\d\d):(\d\d\.\d{3})\] \[[A-Z]{2}\] {2}PID: /;
            ((($days // 0) * 24 + $hours) * 60 + $minutes) * 60 + $seconds
        } @lines;
        is_deeply \@ago, [sort { $a <=> $b } @ago], 'the latest first';
        cmp_ok scalar @ago, '>', 40, 'of all tasks';
        like $lines[0], qr/COMMAND: "(?:init|busyloop|rcu_preempt)"\z/, 'which is one that ran at the end';
        my @times = map { /\A\[ *(\d+)\]/ ? $1 : () } split /\n/,
            alicia('-q', '-e', 'ps -l', "$folder/dump.kdump")->{out};
        is_deeply \@times, [sort { $b <=> $a } @times], 'the times themselves, too';
    };
}

done_testing;
