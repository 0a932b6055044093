# SPDX-License-Identifier: GPL-3.0-or-later
# The analyzer wakeup against times taken from the guest's own text.
use v5.36;
use Test::More;
use Alicia::Test  qw(in_this_run);
use Alicia::Truth qw(output_of truth_lines);

# Durations in microseconds by key: from each line that $begin matches to the next of that key that $end matches.
sub durations ($scenario, $begin, $end) {
    my (%begun, %durations, %name);
    for my $line (truth_lines($scenario, 'sys/kernel/tracing/instances/events/trace')) {
        my ($time) = $line =~ / +([0-9]+[.][0-9]{6}): / or next;
        if ($line =~ $begin) {
            $begun{$+{key}} = $time;
            $name{$+{key}}  = $+{name};
        } elsif ($line =~ $end && defined $begun{$+{key}}) {
            push @{$durations{$+{key}}}, sprintf '%.0f', ($time - delete $begun{$+{key}}) * 1e6;
        }
    }
    return (\%durations, \%name);
}

my %analyzers = (wakeup =>
        [qr/: sched_wakeup: comm=(?<name>.*) pid=(?<key>\d+) prio=/, qr/: sched_switch: .* next_pid=(?<key>\d+) /],);

for my $scenario (in_this_run(qw(trace-6.1 trace-6.12))) {
    for my $analyzer (sort keys %analyzers) {
        my (undef, $output) =
            output_of($scenario, '$t = new Ftrace', "\$t->analyze(analyzer=>'$analyzer', instance=>'events')");
        my ($durations, $name) = durations($scenario, @{$analyzers{$analyzer}});
        my (%ours,      @wrong);
        for my $line (split /\n/, $output) {
            my ($key, $who, $count, $average, $max, $min) =
                $line =~ /\A(\d+), (.*), (\d+), (\d+), (\d+), (\d+), \d+, \d+, \d+\z/
                or next;
            $ours{$key} = $count;
            my @times = sort { $a <=> $b } @{$durations->{$key} // [0]};
            my $sum   = 0;
            $sum += $_ for @times;
            my @pairs = ([$average, $sum / @times], [$max, $times[-1]], [$min, $times[0]]);
            push @wrong, $line if $who ne $name->{$key} || grep { abs($_->[0] / 1000 - $_->[1]) > 1.001 } @pairs;
        }
        ok %ours > 0, "$scenario: $analyzer: there are some";
        is_deeply \%ours, {map { $_ => scalar @{$durations->{$_}} } keys %$durations}, "$scenario: $analyzer: counts";
        is_deeply \@wrong, [], "$scenario: $analyzer: names, and times within a microsecond";
    }
}

# Without such events there is a head and nothing below it.
for my $scenario (in_this_run('trace-6.1')) {
    my (undef, $output) = output_of(
        $scenario,
        '$t = new Ftrace',
        q($t->analyze(analyzer=>'syscall', format=>'log', instance=>'top', snapshot=>0))
    );
    like $output, qr/^time, cpu, pid, sysno, syscall_name, duration, result\n\d+, /m, "$scenario: a log of calls";
    (undef, $output) = output_of($scenario, '$t = new Ftrace', q($t->analyze(analyzer=>'wakeup', instance=>'tsc')));
    like $output, qr/^pid, comm, count, average, max, min, p50, p90, p99\n\z/m, "$scenario: nothing to tell";
}

done_testing;
