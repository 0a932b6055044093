# SPDX-License-Identifier: GPL-3.0-or-later
# The runqueue analyzer against the guest's own text: every switch, and the lengths recounted from the words of the events.
use v5.36;
use Test::More;
use Alicia::Test  qw(in_this_run);
use Alicia::Truth qw(output_of truth_lines);

# The switches by the text: CPU, tasks on its queue behind it, PID switched from; exact from a CPU's first idle moment on.
sub switches_of ($scenario, $file) {
    my (%queue, %idled, @switches);
    my $move = sub ($pid, $cpu) {
        delete $queue{$_}{$pid} for keys %queue;
        $queue{$cpu}{$pid} = 1 if $pid && defined $cpu;
    };
    for my $line (truth_lines($scenario, $file)) {
        my ($cpu, $event, $text) = $line =~ / \[([0-9]+)\] \S+ +[0-9.]+: (sched_\w+): (.*)/ or next;
        $cpu += 0;
        if ($event eq 'sched_switch') {
            my ($from, $state, $to) = $text =~ /prev_pid=(\d+) .* prev_state=(\S+) ==> .* next_pid=(\d+)/ or die $line;
            $move->($from, $state =~ /\AR/ ? $cpu : undef);
            $move->($to,   $cpu);
            if ($to == 0) {
                $queue{$cpu} = {};
                $idled{$cpu} = 1;
            }
            push @switches, join ' ', $cpu, scalar(keys %{$queue{$cpu}}), $from, $idled{$cpu} ? 'exact' : 'bound';
        } elsif ($event =~ /\Asched_wakeup(?:_new)?\z/) {
            my ($pid, $target) = $text =~ /pid=(\d+) .* target_cpu=(\d+)/ or die $line;
            $move->($pid, $target + 0);
        } elsif ($event eq 'sched_migrate_task') {
            my ($pid, $target) = $text =~ /pid=(\d+) .* dest_cpu=(\d+)/ or die $line;
            $move->($pid, $target) if grep { $_->{$pid} } values %queue;
        }
    }
    return @switches;
}

my %buffers = (sysrq => ['top', 'trace'], trace => ['events', 'instances/events/trace']);
for my $scenario (in_this_run(qw(sysrq-6.1 sysrq-6.12 sysrq-5.10 trace-6.1 trace-6.12))) {
    my ($buffer, $file) = @{$buffers{$scenario =~ s/-.*//r}};
    my (undef,   $output) =
        output_of($scenario, '$t = new Ftrace', "\$t->analyze(analyzer=>'runqueue', instance=>'$buffer')");
    like $output, qr/\AAnalyzing [.]{3}\n\ncpuid, cpu, start, delta_value\n/, "$scenario: the lines above";
    my (%bound, @ours, @dates);
    for my $line (split /\n/, $output) {
        $bound{$1} = $2 eq 'from' if $line =~ /\A# CPU-(\d+): a lower bound (from|until) here\z/;
        my ($cpu, $when, $length, $from) = $line =~ /\ACPU-(\d+), runqueue, (.*), (\d+), (\d+)\z/ or next;
        push @ours, join ' ', $cpu, $length, $from, $bound{$cpu} ? 'bound' : 'exact';
        push @dates, $when;
    }
    my @truth = switches_of($scenario, "sys/kernel/tracing/$file");
    cmp_ok @truth, '>', 200, "$scenario: enough switches";
    is_deeply \@ours, \@truth, "$scenario: CPU, length and PID of each";
    is_deeply [grep { !m{\A\d{4}/\d\d/\d\d \d\d:\d\d:\d\d[.]\d{9}\z} } @dates], [],            "$scenario: dates";
    is_deeply \@dates,                                                          [sort @dates], "$scenario: in order";
}

done_testing;
