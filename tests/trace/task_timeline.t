# SPDX-License-Identifier: GPL-3.0-or-later
# The analyzer timeline: the phases of tasks, recounted from the guest's own text of the trace.
use v5.36;
use Test::More;
use Alicia::Test  qw(alicia dump_folder in_this_run);
use Alicia::Truth qw(output_of truth_lines);

# Phases by the text: `start CPU phase detail` and the end, in microseconds. What the buffer's edges cut is left out.
sub phases_of ($pid, @lines) {
    my (@phases, $now);
    my $turn = sub (@next) {
        push @phases, [@$now, $next[0]] if $now;
        $now = [@next];
    };
    for my $line (@lines) {
        my ($who, $cpu, $seconds, $micros, $event, $text) =
            $line =~ /-(\d+) +\[(\d+)\] \S+ +(\d+)[.](\d{6}): (sched_\w+): (.*)/
            or next;
        my $time = $seconds * 1_000_000 + $micros;
        if ($event eq 'sched_switch') {
            my ($from, $state, $to) = $text =~ /prev_pid=(\d+) .* prev_state=(\S+) ==> .* next_pid=(\d+)/ or die $line;
            $turn->($time, '-',      'sleeping', $state)      if $from == $pid && $state !~ /\AR/;
            $turn->($time, $cpu + 0, 'runnable', 'preempted') if $from == $pid && $state =~ /\AR/;
            $turn->($time, $cpu + 0, 'running',  '')          if $to == $pid;
        } elsif ($event =~ /\Asched_wakeup(?:_new)?\z/ && $text =~ / pid=$pid .*target_cpu=(\d+)/) {
            $turn->($time, $1 + 0, 'runnable', "woken by $who") if !$now || $now->[2] eq 'sleeping';
        }
    }
    return @phases;
}

my %buffers = (sysrq => ['top', 'trace'], trace => ['events', 'instances/events/trace']);
for my $scenario (in_this_run(qw(sysrq-6.1 sysrq-6.12 trace-6.1 trace-6.12))) {
    my ($buffer, $file) = @{$buffers{$scenario =~ s/-.*//r}};
    my @lines = truth_lines($scenario, "sys/kernel/tracing/$file");
    my %switched;
    for my $line (@lines) { $switched{$1}++ if $line =~ /sched_switch: .* next_pid=([1-9]\d*)/ }
    my @busiest = (sort { $switched{$b} <=> $switched{$a} || $a <=> $b } keys %switched)[0 .. 3];
    for my $pid (@busiest) {
        my (undef, $output, $stat) = output_of(
            $scenario,
            '$t = new Ftrace',
            "\$t->analyze(analyzer=>'timeline', pid=>$pid, instance=>'$buffer')",
            "\$t->analyze(analyzer=>'timeline', pid=>$pid, instance=>'$buffer', format=>'stat')"
        );
        like $output, qr/\AAnalyzing [.]{3}\n\n# durations in nanoseconds\ntime, cpu, pid, phase, duration, detail\n/,
            "$scenario, $pid: the lines above";
        my @ours = map { [split /, /, $_, 6] } grep {/\A\d/} split /\n/, $output;
        is_deeply [map { $_->[0] } @ours], [sort { $a <=> $b } map { $_->[0] } @ours], 'by time';
        my @phases = grep { $_->[3] ne 'syscall' } @ours;
        is scalar(grep { $phases[$_][0] + $phases[$_][4] != $phases[$_ + 1][0] } 0 .. $#phases - 1), 0, 'without a gap';
        my @whole = grep { $_->[5] !~ /the buffer/ } @phases;
        my @truth = phases_of($pid, @lines);
        cmp_ok scalar @truth, '>', 10, 'there are phases';
        my $plain = sub (@rows) {
            map {"@$_[1, 2] $_->[3]"} @rows;
        };
        is_deeply [map {"@$_[1, 3] $_->[5]"} @whole], [$plain->(@truth)], 'CPU, phase and detail of each';

        # The text has microseconds, rounded.
        my @wrong = grep {
                   abs($whole[$_][0] / 1000 - $truth[$_][0]) > 1
                || abs(($whole[$_][0] + $whole[$_][4]) / 1000 - $truth[$_][4]) > 1
        } 0 .. $#truth;
        is scalar @wrong, 0, 'beginning and end of each';
        my %calls;
        for (@lines) { $calls{$1}++ if /-$pid +\[\d+\] \S+ +[\d.]+: sys_(enter|exit):/ }
        my $calls   = grep { $_->[3] eq 'syscall' } @ours;
        my ($least) = sort { $a <=> $b } $calls{enter} // 0, $calls{exit} // 0;
        cmp_ok abs($least - $calls), '<=', 1, 'its system calls';
        for my $phase (qw(running runnable sleeping)) {
            my $total = 0;
            $total += $_->[4] for grep { $_->[3] eq $phase } @phases;
            like $stat, qr/^$pid, $phase, \d+, $total, /m, "$phase in all";
        }
    }
}

my $dump  = dump_folder('sysrq-6.1') . '/dump.kdump';
my %wrong = (
    ''                          => qr/whose timeline: pid => PID/,
    ', pid => "x"'              => qr/whose timeline/,
    ', pid => 1, format => "x"' => qr/the format of timeline is log or stat/,
);
for my $words (sort keys %wrong) {
    my $run = alicia('-q', '-e', "Ftrace->new->analyze(analyzer=>'timeline'$words)", $dump);
    is $run->{status}, 1, "wrong: $words";
    like $run->{err}, $wrong{$words}, 'and why';
}

done_testing;
