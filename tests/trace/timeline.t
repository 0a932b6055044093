# SPDX-License-Identifier: GPL-3.0-or-later
# The last seconds against the guest's own log, trace and clocks: every line's time, the order, and how clocks were set
# against each other.
use v5.36;
use Test::More;
use Alicia::Test  qw(alicia dump_folder in_this_run slurp);
use Alicia::Truth qw(output_of stop_and_trace truth truth_has truth_lines);

# The lines as [nanoseconds, CPU, kind, text], and the notes.
sub parsed ($output) {
    my (@events, @notes);
    for my $line (split /\n/, $output) {
        if ($line =~ /\A# (.*)/) { push @notes, $1; next }
        next if $line =~ /\A +TIME  CPU KIND    WHAT\z/;
        my ($seconds, $micros, $cpu, $kind, $text) = $line =~ /\A\[ *(\d+)[.](\d{6})\] +(\d+|-) (.{7}) (.*)\z/
            or die $line;
        push @events, [($seconds * 1_000_000 + $micros) * 1000, $cpu, $kind =~ s/ +\z//r, $text];
    }
    return (\@events, \@notes);
}

# The clocks as the guest read them one after the other, in nanoseconds.
sub clocks_of ($scenario) {
    my %clock;
    for my $line (truth_lines($scenario, 'sys/kernel/debug/sched/debug')) {
        $clock{$1} = $2 * 1e6 if $line =~ /\A(ktime|sched_clk|cpu_clk) +: ([0-9.]+)/;
    }
    return %clock;
}

# The guest's text of a buffer: `comm-pid [cpu] flags time: words` as [ns, CPU, text].
sub trace_of ($scenario, $folder) {
    return map {
        / *(\S.*?-\d+) +\[(\d+)\] \S+ +(\d+)[.](\d{6}): (.*)/
            ? [($3 * 1_000_000 + $4) * 1000, $2 + 0, _without_age("$1 $5")]
            : ()
    } truth_lines($scenario, "sys/kernel/tracing/${folder}trace");
}

for my $scenario (in_this_run(qw(sysrq-6.1 sysrq-6.12 trace-6.1 trace-6.12 rt-6.1))) {
    subtest $scenario => sub {
        my ($output) = output_of($scenario, 'timeline -s 1000000 -a 0.5');
        my ($events, $notes) = parsed($output);
        is_deeply [map { $_->[0] } @$events], [sort { $a <=> $b } map { $_->[0] } @$events], 'in order';

        # makedumpfile's log is the one of the dump.
        my @log = map { sprintf "[%5d.%06d] %s\n", $_->[0] / 1e9, $_->[0] % 1e9 / 1000, $_->[3] }
            grep { $_->[2] eq 'log' } @$events;
        my $indent = slurp(dump_folder($scenario) . '/dmesg.txt') =~
            s/^(\[ *\d+[.]\d+\] ).*\n\K((?:(?!\[).*\n)+)/_with_times($1, $2)/gemr;
        my @truth = map { $_->[1] } sort { $a->[0] <=> $b->[0] } map { [/\A\[ *([0-9.]+)\]/, $_] } split /\n/, $indent;
        is_deeply [map {s/\n\z//r} @log], \@truth, 'the whole log';

        # The guest read its clocks within a moment.
        my %clock = clocks_of($scenario);
        my ($how) = grep {/\Atimers and requests: the monotonic clock/} @$notes;
        my ($offset, $side) = $how =~ /clock is ([0-9.]+) ms (ahead of|behind)/ or die $how;
        $offset *= $side eq 'behind' ? 1e6 : -1e6;
        cmp_ok abs($offset - ($clock{cpu_clk} - $clock{ktime})), '<', 1e6,
            'the monotonic clock is set against the log\'s';

        my $instance = $scenario =~ /trace/ ? 'events'                                                 : '';
        my $folder   = $instance            ? "instances/$instance/"                                   : '';
        my $name     = truth($scenario, "sys/kernel/tracing/${folder}trace_clock") =~ /\[(\w+)\]/ ? $1 : die;
        my $shift    = $name eq 'local' ? $clock{cpu_clk} - $clock{sched_clk}                          : 0;
        my @trace    = trace_of($scenario, $folder);
        my @ours     = map { [@$_[0, 1], _without_age($_->[3] =~ s/\Aevents: //r)] }
            grep {
            $_->[2] eq 'trace' && $_->[3] =~ ($instance ? qr/\A\Q$instance\E: / : qr/\A(?!\w+(?:\/snapshot)?: )/)
            } @$events;
        cmp_ok @trace, '>', 2000, 'there is a trace';
        is scalar @ours, scalar @trace, 'every event';

        # An unstable clock differs from CPU to CPU, and is set by each one's last tick; from when the guest read its
        # clocks until then it ran on at a rate of its own, 0.1 % apart from the log's where it was calibrated badly.
        my $most =
            1e6 + ($name eq 'local' ? ((grep { $_->[2] eq 'log' } @$events)[-1][0] - $clock{cpu_clk}) * 2e-3 : 0);
        for my $cpu (0, 1) {
            my @our      = grep { $_->[1] == $cpu } @ours;
            my @true     = grep { $_->[1] == $cpu } @trace;
            my $constant = $our[0][0] - $true[0][0];
            cmp_ok abs($constant - $shift), '<', $most, "CPU $cpu: the clock $name is set against the log's";
            my @wrong =
                grep { abs($our[$_][0] - $true[$_][0] - $constant) > 1000 || $our[$_][2] ne $true[$_][2] } 0 .. $#true;
            is scalar @wrong, 0, 'time, task and words of each event'
                or diag explain [$our[$wrong[0]], $true[$wrong[0]]];
        }
        my $constant = $ours[0][0] - $trace[0][0];
        _runs($events, [map { [$_->[0] + $constant, @$_[1, 2]] } @trace]) if $scenario !~ /trace/;
    };
}

# The age of dirty pages is no part of the event, see text.t.
sub _without_age ($words) { return $words =~ s/(dirtied_when=[0-9]+ age=)[0-9]+/$1*/r }

# Lines of a record behind its first have its time too.
sub _with_times ($prefix, $lines) {
    my $blank = ' ' x length $prefix;
    return $lines =~ s/^\Q$blank\E/$prefix/gmr;
}

# When tasks ran last, against the switches in the trace, for those whose last time lies in it.
sub _runs ($events, $trace) {
    my (%began, %ended, $last);
    for my $event (@$trace) {
        my ($time, undef, $text) = @$event;
        $last = $time;
        my ($from, $to) = $text =~ /sched_switch: .*prev_pid=(\d+) .* next_pid=(\d+)/ or next;
        $began{$to}   = $time;
        $ended{$from} = $time;
    }
    my @apart;
    for my $run (grep { $_->[2] eq 'task' && $_->[3] =~ / ran/ } @$events) {
        my ($pid, $milliseconds) = $run->[3] =~ /\A(\d+) .* ran(?: for ([0-9.]+) ms)?,/ or next;
        my $until = $run->[0] + ($milliseconds // 0) * 1e6;
        next if $until > $last - 1e6 || !$began{$pid} || !$ended{$pid} || $ended{$pid} < $began{$pid};
        push @apart, abs($run->[0] - $began{$pid}), abs($until - $ended{$pid});

        # A virtual CPU may be held up between the two.
        cmp_ok $apart[-2], '<', 20e6, "$run->[3]: since then";
        cmp_ok $apart[-1], '<', 20e6, 'and until then';
    }
    cmp_ok scalar @apart, '>', 6, 'tasks that ran last while that was traced';
    @apart = sort { $a <=> $b } @apart;
    cmp_ok $apart[$#apart / 2], '<', 0.5e6, 'nearly all to the tenth of a millisecond';
    return;
}

# Instances that were recorded one after the other, one of them by the counter of the CPU, on kernels that call it stable and
# unstable. PIDs rise with time.
for my $scenario (in_this_run(qw(trace-6.1 trace-6.12))) {
    my ($output) = output_of($scenario, 'timeline -s 1000000 -k trace');
    my ($events, $notes) = parsed($output);
    is scalar(grep {/\Atrace buffer tsc: its clock, x86-tsc, was made the log's/} @$notes), 1,
        "$scenario: tsc is told of";
    my (%first, %last, %pid);
    for my $event (@$events) {
        my ($buffer, $pid) = $event->[3] =~ /\A(events|all|tsc): .*?-(\d+) / or next;
        $first{$buffer} //= $event->[0];
        $last{$buffer} = $event->[0];
        $pid{$buffer}  = $pid if $pid > ($pid{$buffer} // 0);
    }
    my @order = sort { $pid{$a} <=> $pid{$b} } keys %pid;
    is scalar @order, 3, "$scenario: three instances";
    cmp_ok $last{$order[$_]}, '<', $first{$order[$_ + 1]}, "$scenario: $order[$_] was recorded before $order[$_ + 1]"
        for 0, 1;
    my @cycles = truth_lines($scenario, 'sys/kernel/tracing/instances/tsc/trace');
    my ($begin, $end) = map { / (\d+): / ? $1 : die } (grep { !/\A#/ } @cycles)[0, -1];
    my ($mhz) = truth($scenario, 'proc/cpuinfo') =~ /^cpu MHz\s*: ([0-9.]+)/m;
    cmp_ok abs($last{tsc} - $first{tsc} - ($end - $begin) / $mhz * 1000), '<', 2e6, "$scenario: and tsc took its time";
}

# LKST saw the call that wrote the panic's line, which has its time from a moment later; buffer 2 counts cycles.
for my $scenario (in_this_run(qw(lkst-6.1 lkst-6.12))) {
    my ($output) = output_of($scenario, 'timeline -s 20 -k log,trace');
    my ($events, $notes) = parsed($output);
    is scalar(grep {/\Atrace buffer lkst [012]: its clock, (?:local|tsc), (?:is|was made) the log's/} @$notes), 3,
        "$scenario: three buffers of LKST";
    my ($call) = grep { $_->[3] =~ /\Alkst \d+: \d+ printk: .*"Kernel panic - not syncing/ } @$events;
    my ($line) = grep { $_->[2] eq 'log' && $_->[3] =~ /\AKernel panic - not syncing/ } @$events;
    cmp_ok abs($line->[0] - $call->[0]), '<', 1e6, "$scenario: the panic in the log and in LKST";
}

my ($all, $one, $kinds) = output_of('sysrq-6.1', 'timeline', 'timeline -c 1', 'timeline -k task,timer');
my @all = @{(parsed($all))[0]};
is_deeply [@{(parsed($one))[0]}],   [grep { $_->[1] eq '1' } @all],                         'one CPU';
is_deeply [@{(parsed($kinds))[0]}], [grep { $_->[2] =~ /\At/ && $_->[2] ne 'trace' } @all], 'two kinds';
my ($end) = sort { $b <=> $a } map { $_->[0] } grep { $_->[2] eq 'log' } @all;
is scalar(grep { $_->[0] < $end - 5.1e9 && $_->[2] !~ /timer|request/ } @all), 0, 'of five seconds';
my ($timers, $wheel) = output_of('sysrq-6.1', 'timeline -k timer -a 1000000', 'timer', 'timer -r');
cmp_ok scalar(() = $timers =~ /\] +\d timer   timer /g), '==', scalar(() = $wheel =~ /^ +\d+ +-?\d+ +[0-9a-f]{16} /gm),
    'every timer of the wheel';

my ($call, $values) = output_of('sysrq-6.1', 'timeline(seconds=>5)', 'print timeline(seconds=>5)');
is $call,   $all,                             'the call prints the same';
is $values, $all =~ s/^(?:#| +TIME).*\n//gmr, 'and returns it';

# A part of the trace, and how its events lie in time.
subtest 'spans of a trace' => sub {
    my ($stopped, $whole) = stop_and_trace('sysrq-6.1');
    my @whole   = @{(parsed($whole))[0]};
    my $seconds = sprintf "%.6f", ($stopped - $whole[@whole / 2][0]) / 1e9;
    my $code =
        "require Alicia::Timeline; our \$t = Alicia::Timeline->new(seconds => $seconds, only => ['trace'], bins => 40);"
        . 'print $t->from, " ", $t->end, "\n"; print join(" ", @$_), "\n" for map { grep {ref} @$_ } $t->counts';
    my ($counted, $part)   = output_of('sysrq-6.1', $code, "timeline -s $seconds -k trace");
    my ($edges,   @counts) = split /\n/, $counted;
    my ($from,    $end)    = split / /,  $edges;
    my @there = grep { $_->[0] >= int($from / 1000) * 1000 } @whole;
    my @found = @{(parsed($part))[0]};
    cmp_ok scalar @found, '>', 1000,          'some of the events';
    cmp_ok scalar @found, '<', scalar @whole, 'not all';
    is_deeply [map {"@$_"} @found], [map {"@$_"} @there[-@found .. -1]], 'are those of the end';
    cmp_ok @there - @found, '<', 20, 'that are not before its beginning';    # printed times have no nanoseconds

    for my $cpu (0, 1) {
        my @wanted = (0) x 40;
        $wanted[($_->[0] - $from) * 40 / ($end - $from)]++ for grep { $_->[1] == $cpu } @found;
        my @are = split / /, $counts[$cpu];
        is scalar @are, 40, "CPU $cpu: so many spans";
        is_deeply [grep { abs($are[$_] - $wanted[$_]) > 20 } 0 .. 39], [], 'with their events';
    }
};

subtest 'a damaged dump' => sub {
    my $run = alicia('-q', '-e', 'timeline', dump_folder('holes-6.12') . '/dump.kdump');
    is $run->{status}, 0, 'is no reason to fail';
    my ($events, $notes) = parsed($run->{out});
    my %count;
    $count{$_->[2]}++ for @$events;
    cmp_ok $count{$_} // 0, '>', 2, "there is what can be read: $_" for qw(log task timer);
    cmp_ok scalar(grep {/page excluded from the dump/} @$notes), '>', 0,  'and what was lost';
    cmp_ok scalar @$notes,                                       '<', 20, 'in few lines';
};

subtest 'what goes wrong' => sub {
    my $dump  = dump_folder('sysrq-6.1') . '/dump.kdump';
    my %wrong = (
        'timeline -c 7'           => qr/no CPU '7'; usage: timeline/,
        'timeline -k x'           => qr/no kind 'x'; usage/,
        'timeline -s x'           => qr/-s wants a number; usage/,
        'timeline(seconds=>"x")'  => qr/seconds wants a number/,
        'timeline(colour=>1)'     => qr/knows no 'colour'/,
        'timeline(only=>["all"])' => qr/no kind of event 'all'/,
    );
    for my $line (sort keys %wrong) {
        my $run = alicia('-q', '-e', $line, $dump);
        is $run->{status}, 1, $line;
        like $run->{err}, qr/\Aalicia: [^\n]*(?:$wrong{$line})[^\n]*\n\z/, 'one line that says why';
    }
};

done_testing;
