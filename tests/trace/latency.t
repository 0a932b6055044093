# SPDX-License-Identifier: GPL-3.0-or-later
# The analyzers of times (wakeup, irq, blockio) against times taken from the guest's own text.
use v5.36;
use Test::More;
use Alicia::Test  qw(in_this_run);
use Alicia::Truth qw(output_of truth_lines);

# Each sub is given a line's CPU, event and text, and says what they are to the analyzer: `begin` or `end`, what its
# other end has in common with it, and at the beginning the group it belongs to and the group's name, as the analyzer's
# first columns. Of several names (a task's changes) the last is the group's.
my %analyzers = (
    wakeup => sub ($cpu, $event, $text) {
        return ('begin', $2, $2, ", $1") if $event eq 'sched_wakeup' && $text =~ /\Acomm=(.*) pid=(\d+) prio=/;
        return ('end', $1) if $event eq 'sched_switch' && $text =~ / next_pid=(\d+) /;
        return;
    },
    irq => sub ($cpu, $event, $text) {
        my ($kind, $number, $name) =
              $event =~ /\Airq_handler_/             ? ('irq',     $text =~ /\Airq=(\d+)(?: name=(.*))?/)
            : $event =~ /\Asoftirq_(?:entry|exit)\z/ ? ('softirq', $text =~ /\Avec=(\d+) \[action=(.*)\]/)
            : $event =~ /\A(\w+)_(?:entry|exit)\z/
            && $text =~ /\Avector=(\d+)/ ? ('vector', $text =~ /(\d+)/, $event =~ /\A(\w+)_/)
            : return;
        return ('end', "$event $cpu $number" =~ s/_exit//r) if $event =~ /_exit\z/;
        return ('begin', "$event $cpu $number" =~ s/_entry//r, "$kind, $cpu, $number", ", $name");
    },
    blockio => sub ($cpu, $event, $text) {
        my ($major, $minor, $kind, $sector) = $text =~ /\A(\d+),(\d+) (\w+) .*?(\d+) \+ \d+ /;
        return ('begin', "$major,$minor $sector", "$major:$minor, $kind", q()) if $event eq 'block_rq_issue';
        return ('end', "$major,$minor $sector") if $event eq 'block_rq_complete';
        return;
    },
);

# Durations in microseconds by group.
sub durations ($scenario, $what) {
    my (%begun, %durations, %name);
    for my $line (truth_lines($scenario, 'sys/kernel/tracing/instances/events/trace')) {
        my ($cpu, $time, $event, $text) = $line =~ / \[(\d+)\] \S+ +(\d+[.]\d{6}): (\w+): (.*)\z/ or next;
        my ($end, $key,  $group, $name) = $what->($cpu + 0, $event, $text)                        or next;
        if ($end eq 'begin') {
            $begun{$key} = [$group, $name, $time];
        } elsif (my $begin = delete $begun{$key}) {
            push @{$durations{$begin->[0]}}, sprintf '%.0f', ($time - $begin->[2]) * 1e6;
            $name{$begin->[0]} = $begin->[1];
        }
    }
    return {map { $_ . $name{$_} => $durations{$_} } keys %durations};
}

# The groups of a table: count, average, max, min of each.
sub groups ($output) {
    return {
        map { /\A(.*), (\d+), (\d+), (\d+), (\d+), \d+, \d+, \d+\z/ ? ($1 => [$2, $3, $4, $5]) : () } split /\n/,
        $output
    };
}

for my $scenario (in_this_run(qw(trace-6.1 trace-6.12))) {
    for my $analyzer (sort keys %analyzers) {
        my (undef, $output) =
            output_of($scenario, '$t = new Ftrace', "\$t->analyze(analyzer=>'$analyzer', instance=>'events')");
        my $durations = durations($scenario, $analyzers{$analyzer});
        my $ours      = groups($output);
        is_deeply {
            map { $_ => $ours->{$_}[0] } keys %$ours
        }, {map { $_ => scalar @{$durations->{$_}} } keys %$durations}, "$scenario: $analyzer: groups and counts";
        cmp_ok keys %$ours, '>', 4, "$scenario: $analyzer: some groups";
        my @wrong;
        for my $group (sort keys %$ours) {
            my (undef, $average, $max, $min) = @{$ours->{$group}};
            my @times = sort { $a <=> $b } @{$durations->{$group} // [0]};
            my $sum   = 0;
            $sum += $_ for @times;
            my @pairs = ([$average, $sum / @times], [$max, $times[-1]], [$min, $times[0]]);
            push @wrong, $group if grep { abs($_->[0] / 1000 - $_->[1]) > 1.001 } @pairs;
        }
        is_deeply \@wrong, [], "$scenario: $analyzer: times within a microsecond";
    }

    # What interrupts took together is the sum of what each took.
    my (undef, $output) = output_of($scenario, '$t = new Ftrace', q($t->analyze(analyzer=>'irq', instance=>'events')));
    my %sum;
    my $durations = durations($scenario, $analyzers{irq});
    for my $group (keys %$durations) {
        my ($kind, $cpu) = split /, /, $group;
        $sum{$cpu}{$kind} += $_ for @{$durations->{$group}};
    }
    for my $cpu (sort keys %sum) {
        my ($line) = $output =~ /^# CPU-$cpu: (.*)$/m;
        my %ours   = map { split / / } split /, /, $line // q();
        is_deeply [sort keys %ours], [sort keys %{$sum{$cpu}}], "$scenario: irq: kinds on CPU $cpu";
        my $most = 2 * @{[map {@$_} values %$durations]};
        ok !(grep { abs($ours{$_} / 1000 - $sum{$cpu}{$_}) > $most } keys %ours), "$scenario: irq: all of CPU $cpu";
    }

    (undef, $output) =
        output_of($scenario, '$t = new Ftrace', q($t->analyze(analyzer=>'blockio', format=>'log', instance=>'events')));
    my %issued = map {
        / (\d+[.]\d+): block_rq_issue: (\d+),(\d+) (\w+) .*?(\d+) \+ (\d+) (?:\w+,\d+,\d+ )?\[(.*)\]\z/
            ? ("$2:$3, $4, $5, $6, $7 $1" => 1)
            : ()
    } truth_lines($scenario, 'sys/kernel/tracing/instances/events/trace');
    my @unknown;
    for my $line (grep {/\A\d+, \d+:/} split /\n/, $output) {
        my ($time, $what, undef, $comm) = $line =~ /\A(\d+), (\d+:\d+, \w+, \d+, \d+), (\d+), (.*), \d+, 0\z/;
        my $microseconds = int(($time + 500) / 1000);
        my $when         = sprintf '%d.%06d', $microseconds / 1e6, $microseconds % 1e6;
        push @unknown, $line if !$issued{"$what, $comm $when"};
    }
    cmp_ok keys %issued, '>', 20, "$scenario: blockio: requests";
    is_deeply \@unknown, [], "$scenario: blockio: each line of the log was issued so";
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
