# SPDX-License-Identifier: GPL-3.0-or-later
# Pending timers against /proc/timer_list, threads that are known to sleep for a while, and crash's own lists.
use v5.36;
use Test::More;
use Alicia::Test  qw(alicia debuginfo dump_folder in_this_run run_program);
use Alicia::Truth qw(output_of truth truth_lines);
use File::Temp    qw(tempdir);

# A list of hrtimers as both print them: CPU, clock and its base's address, then `soft expires function`.
sub by_clock (@lines) {
    my (%clocks, $cpu, $clock);
    for my $line (@lines) {
        if ($line =~ /\ACPU: (\d+)/) { $cpu = $1 }
        if ($line =~ /\A  CLOCK: (\d+)  HRTIMER_CLOCK_BASE: (\S+)  \[(\w+)\]/) {
            $clock = "$cpu $1 $2 $3";
            $clocks{$clock} = [];
        }
        push @{$clocks{$clock}}, join ' ', $1, $2, $3, $4
            if $line =~ /\A *(\d+) +(\d+) +-?\d+ +(\S+) +\S+ +<([^>]+)>/;
    }
    return \%clocks;
}

# The same of /proc/timer_list.
sub by_truth (@lines) {
    my (%clocks, $cpu, $index, $base, $timer);
    for my $line (@lines) {
        $cpu                            = $1 if $line =~ /\Acpu: (\d+)/;
        $index                          = $1 if $line =~ /\A clock (\d+):/;
        $base                           = $1 if $line =~ /\A  \.base: +([0-9a-f]+|\(____ptrval____\))/;
        $clocks{"$cpu $index $base $1"} = [] if $line =~ /\A  \.get_time: +(\w+)/;
        ($timer) = ["$cpu $index $base", $1, $2] if $line =~ /\A #\d+: <([0-9a-f]+|\(____ptrval____\))>, (\w+), S:/;
        if ($line =~ /\A # expires at (\d+)-(\d+) nsecs/) {
            my ($clock) = grep {/\A\Q$timer->[0]\E /} keys %clocks;
            push @{$clocks{$clock}}, "$1 $2 $timer->[1] $timer->[2]";
        }
    }
    return \%clocks;
}

for my $scenario (in_this_run(qw(sysrq-6.1 sysrq-6.12 rt-6.1 sysrq-5.10))) {
    my ($wheel, $high) = output_of($scenario, 'timer', 'timer -r');
    my $ours  = by_clock(split /\n/, $high);
    my $text  = truth($scenario, 'proc/timer_list');
    my $truth = by_truth(split /\n/, $text);

    # A kernel before 5.11 hides addresses of before it had randomness.
    $ours = by_clock(map {s/\b[0-9a-f]{16}\b/(____ptrval____)/r} split /\n/, $high) if $text =~ /ptrval/;
    is_deeply [sort keys %$ours], [sort keys %$truth],
        "$scenario: every clock of every CPU, where it is, and what reads it";
    my ($now) = $high =~ /CURRENT\n +(\d+)/ or die;
    my $long = 100 * 1e9;                             # who was to sleep for so long still does
    for my $clock (sort keys %$truth) {
        my %there   = map  { $_ => 1 } @{$ours->{$clock}};
        my @missing = grep { (split / /)[1] > $now + $long && !$there{$_} } @{$truth->{$clock}};
        is_deeply \@missing, [], "$scenario: what is set for later on clock $clock";
    }
    cmp_ok scalar(grep {/hrtimer_wakeup/} map {@$_} values %$ours), '>=', 1, "$scenario: there is such";
    is scalar(() = $high =~ /<tick_(?:sched_timer|nohz_handler)>/g), 2, "$scenario: each CPU's tick";

    like $wheel, qr/\AJIFFIES\n\d+\n\nTIMER_BASES\[0\]\[BASE_(?:STD|LOCAL)\]: [0-9a-f]{16}\n/, "$scenario: the wheel";
    is scalar(() = $wheel =~ /^TIMER_BASES\[\d\]/mg), $scenario =~ /6[.]12/ ? 6 : 4, "$scenario: its bases";
    my %pid =
        map { my ($pid, undef, undef, undef, $comm) = split /\t/; ($comm => $pid) } truth_lines($scenario, 'tasks');
    like $wheel, qr/<process_timeout> +task $pid{$_} \Q$_\E$/m, "$scenario: $_ sleeps for a while"
        for grep { $pid{$_} } qw(khungtaskd kcompactd0);
    like $wheel, qr/<delayed_work_timer_fn> +work vmstat_shepherd$/m, "$scenario: work that is put off";
    for my $base (split /^(?=TIMER_BASES)/m, $wheel =~ s/\A.*?(?=^TIMER_BASES)//smr) {
        my @times = $base =~ /^ +(\d+) +-?\d+ +[0-9a-f]{16} /mg;
        is_deeply \@times, [sort { $a <=> $b } @times], "$scenario: in order";
    }
    my ($one) = output_of($scenario, 'timer -C 1');
    is $one =~ s/\A.*?(?=^TIMER_BASES)//smr, $wheel =~ s/\A.*(?=^TIMER_BASES\[1\]\[BASE_(?:STD|LOCAL)\])//smr,
        "$scenario: of one CPU";
}

subtest 'what goes wrong' => sub {
    my $dump = dump_folder('sysrq-6.1') . '/dump.kdump';
    for my $words ('-C 7', '-C x', '-C 0-', 'now') {
        my $run = alicia('-q', '-e', "timer $words", $dump);
        is $run->{status}, 1, $words;
        like $run->{err}, qr/\Aalicia: [^\n]*usage: timer [^\n]*\n\z/, 'a line that says so';
    }
};

# Where an address of the kernel's memory lies in an ELF dump.
sub place_of ($file, $physical) {
    open my $in, '<:raw', $file or die "cannot read $file: $!";
    read $in, my $head, 64 or die;
    my ($table, $size, $count) = unpack 'x32 Q< x14 v v', $head;
    seek $in, $table, 0 or die;
    for (1 .. $count) {
        read $in, my $entry, $size or die;
        my ($type, $offset, $address, $bytes) = unpack 'V x4 Q< x8 Q< Q<', $entry;
        return $offset + $physical - $address if $type == 1 && $physical >= $address && $physical < $address + $bytes;
    }
    die "nothing at $physical";
}

subtest 'lists that bite themselves or lead nowhere' => sub {
    my $place = tempdir(CLEANUP => 1);
    my $copy  = "$place/dump.elf";
    system('cp', '--sparse=always', dump_folder('sysrq-6.1') . '/dump.elf', $copy) == 0 or die;
    my ($wheel, $high) = output_of('sysrq-6.1', 'timer', 'timer -r');
    my @timers = $wheel =~ /^ +\d+ +-?\d+ +([0-9a-f]{16}) /mg;
    my @nodes  = $high  =~ /^ +\d+ +\d+ +-?\d+ +([0-9a-f]{16}) /mg;
    cmp_ok scalar @timers, '>', 5, 'timers';

    # A timer's first word is the next one of its bucket; a node's second and third are those right and left of it.
    my @changes = (
        [$timers[0], 0, $timers[0]],
        [$timers[1], 0, '1234567812345678'],
        [$timers[2], 0, 'ffff800000000000'],
        [$nodes[0],  8, $nodes[0]],
        [$nodes[-1], 8, '0000000000000010']
    );
    for my $change (@changes) {
        my ($address, $distance, $value) = @$change;
        my ($physical) = output_of('sysrq-6.1', "print vtop('$address') + $distance");
        open my $out, '+<:raw', $copy or die;
        seek $out, place_of($copy, $physical), 0 or die;
        no warnings 'portable';
        print {$out} pack 'Q<', hex $value;
        close $out or die;
    }
    my $run = alicia({timeout => 60}, '-q', '-e', 'timer', '-e', 'timer -r', '-e', 'timeline', $copy);
    is $run->{status}, 0, 'no reason to fail';
    is $run->{signal}, 0, 'nor to hang';
    cmp_ok scalar(() = $run->{out} =~ /^\(not all of them: /mg), '>=', 3, 'it says what is not all';
    cmp_ok scalar(() = $run->{out} =~ /^# timers of CPU /mg),    '>=', 3, 'the last seconds as well';
    for my $timer (@timers[3 .. $#timers]) { like $run->{out}, qr/ $timer /, "$timer is still there" }
};

SKIP: {
    skip 'crash is asked with ALICIA_FULL', 3 if !$ENV{ALICIA_FULL};
    my $folder    = dump_folder('sysrq-6.1');
    my ($vmlinux) = debuginfo('sysrq-6.1');
    my $crash     = run_program(
        [qw(crash -s --no_crashrc --no_scroll), $vmlinux, "$folder/dump.kdump"],
        input   => "timer -r\ntimer\nquit\n",
        timeout => 300
    )->{out};
    my ($high,      $wheel)    = $crash =~ /^(CPU: 0 .*?)^(JIFFIES.*)/ms;
    my ($our_wheel, $our_high) = output_of('sysrq-6.1', 'timer', 'timer -r');
    my $crashs = by_clock(split /\n/, $high);
    cmp_ok scalar(map {@$_} values %$crashs), '>', 3, 'crash lists high resolution timers';
    is_deeply by_clock(split /\n/, $our_high), $crashs, 'Alicia the same';
    my $plain = sub ($text) {
        return [map { join ' ', split } map {s/>.*/>/r} grep { !/EXPIRES|\A\s*\z|none/ } split /\n/, $text];
    };
    is_deeply $plain->($our_wheel), $plain->($wheel), 'the wheel as well';
}

done_testing;
