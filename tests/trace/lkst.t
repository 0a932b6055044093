# SPDX-License-Identifier: GPL-3.0-or-later
# LKST's records in a dump against what the guest read of its buffers just before it died; and the session printed in 2005
# (sections 3.3.4 to 3.3.6 and 4.3).
use v5.36;
use Test::More;
use Alicia::Test   qw(alicia dump_folder in_this_run slurp);
use Alicia::Truth  qw(output_of truth truth_lines);
use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use File::Temp;

no warnings qw(portable);    # addresses

my $seed = abs_path(dirname(__FILE__) . '/../seed/ldas');
my $print =
      q(for (@{$lkst->get_records}) { printf "%d %s %d %d 0x%03x %d %d 0x%x 0x%x 0x%x 0x%x\n", $_->cpu, $_->myaddr, )
    . q($_->serial, $_->time, $_->log_event_type, $_->log_pid, $_->other_pid, $_->log_arg1, $_->log_arg2, $_->log_arg3, )
    . q($_->log_arg4 });

# A line of the guest's, by name.
sub record_of ($line) {
    my %record;
    @record{qw(cpu address serial time event pid other arg1 arg2 arg3 arg4)} = split ' ', $line;
    return \%record;
}

sub guests ($scenario, $id) {
    my @records = map  { record_of($_) } truth_lines($scenario, "lkst/$id");
    my @ordered = sort { $a->{time} <=> $b->{time} || $a->{cpu} <=> $b->{cpu} } @records;
    return @ordered;
}

# What the guest read of a buffer that was left alone is what the dump has of it, to the last bit.
sub is_the_guests_buffer ($scenario, $output) {
    my ($count, @ours) = split /\n/, $output;
    my @theirs    = truth_lines($scenario, 'lkst/2');
    my $by_serial = sub (@lines) {
        return map { $_->[1] } sort { $a->[0] <=> $b->[0] } map { [(split ' ', $_)[2], $_] } @lines;
    };
    is $count, 'Collecting ... ' . @theirs . ' events', "$scenario: the count of buffer 2";
    is_deeply [$by_serial->(@ours)], [$by_serial->(@theirs)], "$scenario: buffer 2 is the guest's, record by record";
    my ($listed) = grep {/\A +2 tsc /} truth_lines($scenario, 'lkst/buffers');
    my ($id, $clock, $capacity, @written) = split ' ', $listed;
    cmp_ok scalar(grep { $_ > $capacity } @written), '>', 0, "$scenario: which had been overwritten";
    return;
}

# What was recorded to went on while the guest read: all that it read and the dump still has is the same, and the dump has
# nothing of that time that the guest did not read.
sub is_the_guests_active_buffer ($scenario, $output) {
    my (undef, @lines) = split /\n/, $output;
    my %theirs = map { (split ' ', $_)[2] => $_ } truth_lines($scenario, 'lkst/1');
    my %last;
    for my $line (values %theirs) {
        my ($cpu, undef, $serial) = split ' ', $line;
        $last{$cpu} = $serial if $serial > ($last{$cpu} // 0);
    }
    my ($same, @other) = (0);
    for my $line (@lines) {
        my ($cpu, undef, $serial) = split ' ', $line;
        next if $serial > $last{$cpu};
        if ($line eq ($theirs{$serial} // q())) {
            $same++;
        } else {
            push @other, $line;
        }
    }
    is_deeply \@other, [], "$scenario: buffer 1 has no record that the guest read otherwise";
    cmp_ok $same, '>', 5000, "$scenario: $same records are the guest's";
    my @times = map { (split ' ', $_)[3] } @lines;
    is_deeply \@times, [sort { $a <=> $b } @times], "$scenario: in the order of time";
    return;
}

# Durations by key, from each beginning to the next end of that key.
sub durations ($records, $begins, $ends, $key_of_begin, $key_of_end) {
    my (%begun, %found);
    for my $record (@$records) {
        if ($record->{event} eq $ends && defined $begun{$record->{$key_of_end}}) {
            my $begin = delete $begun{$record->{$key_of_end}};
            push @{$found{$begin->{arg1}}}, $record->{time} - $begin->{time};
        }
        $begun{$record->{$key_of_begin}} = $record if $record->{event} eq $begins;
    }
    return \%found;
}

sub figures (@times) {
    my $sum = 0;
    $sum += $_ for @times;
    my @sorted = sort { $a <=> $b } @times;
    return join ', ', scalar @times, int($sum / @times), @sorted[-1, 0];
}

sub is_the_guests_statistics ($scenario, $output) {
    like $output, qr/\AAnalyzing \.\.\.\n\n# durations in CPU cycles\nsysno, syscall_name, count, average, max, min/,
        "$scenario: syscall: the lines above";
    my $calls  = durations([guests($scenario, 2)], '0x030', '0x031', 'pid', 'pid');
    my %theirs = map { hex $_ => figures(@{$calls->{$_}}) } keys %$calls;
    my %ours   = map { /\A(\d+), [a-z0-9_]+, (\d+, \d+, \d+, \d+), / ? ($1 => $2) : () } split /\n/, $output;
    is_deeply \%ours, \%theirs, "$scenario: count, average, max and min of " . keys(%theirs) . ' system calls';
    like $output, qr/^0, read, /m, "$scenario: names";
    return;
}

# Switches by the guest's records: CPU, tasks on its queue behind it, PID switched from; from a CPU's first idle moment on.
sub is_the_guests_queue ($scenario, $output) {
    my (%queue, %idled, @theirs);
    my $move = sub ($pid, $cpu) {
        delete $queue{$_}{$pid} for keys %queue;
        $queue{$cpu}{$pid} = 1 if $pid && defined $cpu;
    };
    for my $record (guests($scenario, 2)) {
        my ($cpu, $pid, $other) = @$record{qw(cpu pid other)};
        if ($record->{event} eq '0x001') {
            $move->($pid,   hex($record->{arg3}) ? undef : $cpu);
            $move->($other, $cpu);
            if ($other == 0) {
                $queue{$cpu} = {};
                $idled{$cpu} = 1;
            }
            push @theirs, "$record->{time} CPU-$cpu " . keys(%{$queue{$cpu}}) . " $pid" if $idled{$cpu};
        } elsif ($record->{event} eq '0x002') {
            $move->($other, hex $record->{arg3});
        } elsif ($record->{event} eq '0x003') {
            $move->($other, hex $record->{arg3}) if grep { $_->{$other} } values %queue;
        }
    }

    # The analyzer calls a length a lower bound longer: until no CPU's ring lacks what its own has overwritten.
    my %counted = map { (split)[0] => 1 } @theirs;
    my (%bound, @ours, @exact);
    for my $line (split /\n/, $output) {
        $bound{$1} = $2 eq 'from' if $line =~ /\A# (CPU-\d+): a lower bound (from|until) here\z/;
        my ($cpu, $time, $length, $from) = $line =~ /\A(CPU-\d+), runqueue, (\d+), (\d+), (\d+)\z/ or next;
        next if !$counted{$time};
        push @ours,  "$time $cpu $length $from";
        push @exact, $time if !$bound{$cpu};
    }
    cmp_ok @exact,  '>', 20, "$scenario: runqueue: some are no lower bounds";
    cmp_ok @theirs, '>', 20, "$scenario: runqueue: enough switches";
    is_deeply \@ours, \@theirs, "$scenario: runqueue: time, CPU, length and PID of each";
    return;
}

for my $scenario (in_this_run(qw(lkst-6.1 lkst-6.12))) {
    my $folder  = File::Temp->newdir;
    my @outputs = output_of(
        $scenario,
        '$lkst = new Lkst; $lkst->collect(id=>2); ' . $print,
        '$lkst->analyze(analyzer=>"syscall", format=>"stat", id=>2)',
        '$lkst->analyze(analyzer=>"runqueue", id=>2)',
        '$lkst->collect(id=>1); ' . $print,
    );
    is_the_guests_buffer($scenario, $outputs[0]);
    is_the_guests_statistics($scenario, $outputs[1]);
    is_the_guests_queue($scenario, $outputs[2]);
    is_the_guests_active_buffer($scenario, $outputs[3]);

    # As printed.
    my ($pid) = slurp(dump_folder($scenario) . '/dmesg.txt') =~ /PID: (\d+) Comm: insmod/;
    my ($task, undef, $collected, undef, undef, $log, $typed, $printed) = output_of(
        $scenario,
        'task | grep PID',
        '$lkst = new Lkst',
        '$lkst->collect(id=>1)',
        "\$lkst->analyze(analyzer=>'runqueue', id=>1, output=>'$folder/runqueue.txt')",
        "\$lkst->analyze(analyzer=>'syscall', format=>'stat', id=>1, output=>'$folder/syscall.txt')",
        "eventlog(\$lkst, $pid)",
        "eventlog $pid",
        "load '$seed/eventlog.ldas'; eventlog(\$lkst, $pid)",
    );
    like $task, qr/\APID: $pid +TASK: [0-9a-f]+ +CPU: \d+ +COMMAND: "insmod"$/, "$scenario: the task that panicked";
    like $collected, qr/\ACollecting \.\.\. \d+ events\n/,                      "$scenario: collect";
    like slurp("$folder/runqueue.txt"),
        qr{\Acpuid, cpu, start, delta_value\n(?:#.*\n)*CPU-\d, runqueue, \d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{9}, \d+, \d+\n},
        "$scenario: runqueue.txt";
    like slurp("$folder/syscall.txt"), qr/^1, write, \d+, \d+, \d+, \d+, /m, "$scenario: syscall.txt";
    my ($first, @events) = split /\n/, $log;
    like $first, qr/\A address +event +arg1 +arg2 +arg3 +arg4\z/, "$scenario: eventlog: the heading";
    my (undef, @as_printed) = split /\n/, $printed;
    is_deeply \@as_printed, \@events, "$scenario: eventlog as it was printed in 2005 prints the same";
    is $typed, $log, "$scenario: and so does the command";

    # The end of 4.3: panic(), then its printk(); behind them only what its notifiers print.
    my ($at) = grep { $events[$_] =~ /\A0x[0-9a-f]{16} 0x092 / } reverse 0 .. $#events;
    my (undef, undef, @panic)  = split ' ', $events[$at];
    my (undef, $kind, @printk) = split ' ', $events[$at + 1];
    is $kind, '0x093', "$scenario: a message follows the panic";
    is_deeply [grep { (split ' ', $_)[1] ne '0x093' } @events[$at .. $#events]], [$events[$at]],
        "$scenario: and nothing but messages";
    my ($called, $printed_at) = map { sprintf '%x', hex($_) - 1 } $panic[1], $printk[1];    # in the calls
    my ($text, $format, $caller, $disassembled, $told, $dumped) = output_of(
        $scenario,
        "print read_string('$panic[0]', 80), qq(\\n)",
        "print read_string('$printk[0]', 80)",                                              # its newline is part of it
        "print symbol_at('$called'), ' ', symbol_at('$printed_at'), qq(\\n)",
        "dis -r $called",
        "lkst -p $pid -e panic,printk",
        "rd $panic[0] 2",
    );
    is $text,   "Fatal exception\n",                       "$scenario: arg1 of 0x092 is the panic's format";
    is $format, "\x{01}0Kernel panic - not syncing: %s\n", "$scenario: arg1 of 0x093 is the message's";
    like $caller,       qr/\Aoops_end(?:[.]cold)?\+0x[0-9a-f]+ panic\+0x[0-9a-f]+\n\z/, "$scenario: arg2 is the caller";
    like $disassembled, qr/call.*<panic>/, "$scenario: where panic was called";
    like $told,
        qr/ 0x092 panic .*"Fatal exception".* oops_end.*\n.* 0x093 printk .*"Kernel panic - not syncing: %s"/,
        "$scenario: lkst says so";
    like $dumped, qr/ {3}Fatal exception[.]$/, "$scenario: rd shows it, too";
    my @faults = grep {/\A\S+ 0x020 +e +0 +[0-9a-f]{16} /} @events;
    my @oopses = grep {/\A\S+ 0x090 +0 /} @events;
    is scalar @faults, 1, "$scenario: the fault was recorded";
    is scalar @oopses, 1, "$scenario: and the oops";
    is((split ' ', $oopses[0])[3], (split ' ', $faults[0])[4], "$scenario: of the same instruction");
}

my $absent = alicia('-q', '-e', '$lkst = new Lkst', dump_folder('sysrq-6.1') . '/dump.kdump');
is $absent->{status}, 1, 'a kernel without it';
like $absent->{err},
    qr/^alicia: no symbol lkst_anchor: LKST's module is not in this kernel, or the dump has lost its symbols/m,
    'says so';

done_testing;
