# SPDX-License-Identifier: GPL-3.0-or-later
# The syscall analyzer against the guest's own text of the same events, counted and timed here by other means.
use v5.36;
use Test::More;
use Alicia::Test  qw(in_this_run);
use Alicia::Truth qw(output_of truth_lines);

# Calls by number: durations in microseconds, or in what the clock counts. A call and its return are by one task, and
# nothing of the task's lies between them but the like of it.
sub calls_of ($scenario, $file) {
    my (%begun, %calls);
    for my $line (truth_lines($scenario, $file)) {
        my ($pid, $time, $what) = $line =~ /-([0-9]+) +\[[0-9]+\] \S+ +([0-9.]+): (sys_e(?:nter|xit): NR -?[0-9]+)/
            or next;
        my ($kind, $number) = $what =~ /\Asys_(enter|exit): NR (-?[0-9]+)/;
        my $when = $time =~ /[.]/ ? int($time * 1e6 + 0.5) : $time;
        if ($kind eq 'enter') {
            $begun{$pid} = [$number, $when];
        } elsif (my $begin = delete $begun{$pid}) {
            push @{$calls{$begin->[0]}}, $when - $begin->[1];
        }
    }
    return \%calls;
}

sub figures ($output) {
    my %figures;
    for my $line (split /\n/, $output) {
        next if $line eq q();
        my ($number, $name, @figures) = split /, /, $line;
        $figures{$number} = [$name, @figures] if $number =~ /\A-?[0-9]+\z/;
    }
    return \%figures;
}

for my $scenario (in_this_run(qw(trace-6.1 trace-6.12))) {
    my @commands =
        ('$t = new Ftrace', map {"\$t->analyze(analyzer=>'syscall', format=>'stat', instance=>'$_')"} qw(events tsc));
    my (undef, $by_time, $by_cycles) = output_of($scenario, @commands);

    subtest "$scenario: by the clock that counts nanoseconds" => sub {
        like $by_time, qr/^# durations in nanoseconds\nsysno, syscall_name, count, average, max, min/m, 'says so';
        my $ours  = figures($by_time);
        my $calls = calls_of($scenario, 'sys/kernel/tracing/instances/events/trace');
        is_deeply {
            map { $_ => $ours->{$_}[1] } keys %$ours
        }, {map { $_ => scalar @{$calls->{$_}} } keys %$calls}, 'counts of ' . keys(%$calls) . ' system calls';
        my @wrong;
        for my $number (sort { $a <=> $b } keys %$calls) {
            my @times = sort { $a <=> $b } @{$calls->{$number}};
            my $sum   = 0;
            $sum += $_ for @times;
            my (undef, undef, $average, $max, $min) = @{$ours->{$number}};
            my @pairs = ([$average, $sum / @times], [$max, $times[-1]], [$min, $times[0]]);
            push @wrong, $number if grep { abs($_->[0] / 1000 - $_->[1]) > 1.001 } @pairs;
        }
        is_deeply \@wrong, [], 'average, max and min within a microsecond';
        is $ours->{0}[0],  'read',  'names';
        is $ours->{61}[0], 'wait4', 'names';
    };

    subtest "$scenario: by the clock that counts cycles" => sub {
        like $by_cycles, qr/^# durations in CPU cycles$/m, 'says so';
        my %truth;
        my $calls = calls_of($scenario, 'sys/kernel/tracing/instances/tsc/trace');
        for my $number (keys %$calls) {
            my @times = sort { $a <=> $b } @{$calls->{$number}};
            my $sum   = 0;
            $sum += $_ for @times;
            my @ranks = map { $times[int((@times * $_ + 99) / 100) - 1] } 50, 90, 99;
            $truth{$number} = [scalar @times, int($sum / @times), @times[-1, 0], @ranks];
        }
        my $ours = figures($by_cycles);
        is_deeply {
            map {
                $_ => [map { $_ + 0 } @{$ours->{$_}}[1 .. 7]]
            } keys %$ours
        }, \%truth, 'count, average, max, min and percentiles, exactly';
    };
}

done_testing;
