# SPDX-License-Identifier: GPL-3.0-or-later
# sys, log and ps against the guest's own files.
use v5.36;
use Test::More;
use Alicia::Test  qw(dump_folder slurp);
use Alicia::Truth qw(scenarios output_of truth truth_lines);

my %letter = (RU => 'R', IN => 'S', UN => 'D', ID => 'I', ST => 'T', TR => 't', ZO => 'Z', DE => 'X', PA => 'P');

for my $scenario (scenarios()) {
    my ($sys, $log, $level, $plain, $ps, $running, $threads, $bt) =
        output_of($scenario, 'sys -p', 'log', 'log -m', 'log -t', 'ps', 'ps -A', 'ps -k', 'bt -l');
    my $dmesg = slurp(dump_folder($scenario) . '/dmesg.txt');

    subtest "$scenario: log" => sub {
        is $log,                               $dmesg, 'equals what makedumpfile reads from the same dump';
        is scalar(() = $level =~ /^<\d>\[/mg), scalar(() = $log =~ /^\[/mg),             'every record has a level';
        is $plain,                             $dmesg =~ s/^\[ *\d+\.\d+\] |^ {15}//gmr, 'without times';
    };

    subtest "$scenario: sys" => sub {
        my %fact = $sys =~ /^ *([A-Z][A-Z ]+): (.*)$/mg;
        my ($host, $release, $version) = map { _sysctl($scenario, $_) } qw(hostname osrelease version);
        is $fact{NODENAME}, $host,    'node name';
        is $fact{RELEASE},  $release, 'release';
        is $fact{VERSION},  $version, 'version';
        like $fact{MACHINE}, qr/\Ax86_64 /, 'machine';    # which /proc/sys/kernel/arch tells of new kernels only
        is $fact{CPUS}, scalar(grep {/^processor\s*:/} truth_lines($scenario, 'proc/cpuinfo')), 'CPUs';
        like $fact{DUMPFILE}, qr/dump\.kdump  \[PARTIAL DUMP\]\z/, 'the file, and that it is filtered';

        my ($up) = truth($scenario, 'proc/uptime') =~ /\A([\d.]+)/;
        my ($hours, $minutes, $seconds) = split /:/, $fact{UPTIME};
        my $panic = ($dmesg =~ /^\[ *([\d.]+)\] Kernel panic/m)[0];
        my $shown = $hours * 3600 + $minutes * 60 + $seconds;
        cmp_ok $shown, '>=', int $up,    'up at least as long as when the guest said so';
        cmp_ok $shown, '<=', $panic + 1, 'and no longer than until the panic';

        # Processes of the snapshot are gone, so only tasks that are there now are counted: as ps lists them.
        is $fact{TASKS},   scalar(() = $ps =~ /^.+$/mg) - 1,                      'as many tasks as ps shows';
        is $fact{PANIC},   '"Kernel panic - not syncing: sysrq triggered crash"', 'why it stopped';
        is $fact{COMMAND}, '"init"',                                              'who panicked';
        my ($megabytes) = $fact{MEMORY} =~ /\A([\d.]+) MB\z/;
        cmp_ok $megabytes, '>',  700, 'memory is what the machine was given';
        cmp_ok $megabytes, '<=', 768, 'and no more';
    };

    subtest "$scenario: ps" => sub {
        my (%shown, %name);
        for my $line (split /\n/, $ps) {
            my ($mark, $pid, $ppid, $cpu, undef, $state, undef, $size, $resident, $comm) =
                $line =~ /^([> ]) +(\d+) +(\d+) +(\d+)  ([0-9a-f]{16})  (..) +([\d.]+) +(\d+) +(\d+)  (.+)$/
                or next;
            $shown{$pid} = {ppid => $ppid, state => $state, size => $size, resident => $resident, comm => $comm}
                if $pid;
        }
        my @truth = map { [split /\t/] } truth_lines($scenario, 'tasks');
        shift @truth;

        # A kworker may still be made after the snapshot.
        my ($last) = sort { $b <=> $a } map { $_->[0] } @truth;
        delete @shown{grep { $_ > $last && $shown{$_}{comm} =~ /\A\[kworker/ } keys %shown};
        is join(' ', sort { $a <=> $b } keys %shown), join(' ', sort { $a <=> $b } map { $_->[0] } @truth),
            'the same PIDs';
        my @wrong;
        for my $task (@truth) {
            my ($pid, undef, $ppid, $state, $comm) = @$task;
            my $row  = $shown{$pid} // next;
            my $bare = $row->{comm} =~ s/\A\[(.*)\]\z/$1/r;
            push @wrong, "$pid: parent $row->{ppid}" if $row->{ppid} != $ppid;

            # Kernel threads have longer names in /proc.
            push @wrong, "$pid: name $row->{comm}" if $comm ne $bare && index($comm, $bare) != 0;
            my $kernel = $ppid == 2 || $pid == 2;
            push @wrong, "$pid: brackets" if $kernel != ($row->{comm} =~ /\A\[/ ? 1 : 0);

            # What ran or was woken between the snapshot and the panic may have another state.
            push @wrong, "$pid: state $row->{state}, not $state"
                if $letter{$row->{state}} ne $state && $row->{state} ne 'RU';
            my $status = truth($scenario, "proc/$pid/status");
            my ($size) = $status =~ /^VmSize:\s+(\d+)/m;
            push @wrong, "$pid: VSZ $row->{size}" if ($size // 0) != $row->{size};
            my ($resident) = $status =~ /^VmRSS:\s+(\d+)/m;
            push @wrong, "$pid: RSS $row->{resident}" if defined $resident && $row->{resident} < $resident;
        }
        is_deeply \@wrong, [], 'parents, names, states and sizes';
        like $running, qr/^> +1 .* init$/m,       'init ran when it panicked';
        like $running, qr/^> +\d+ .* busyloop$/m, 'so did the busy loop';
        is scalar(() = $running =~ /^>/mg), 2, 'and nothing else on two CPUs';
        my (undef, @rows) = split /\n/, $threads;
        is scalar(grep { !/ \[[^\]]+\]\z/ } @rows), 0, 'ps -k has kernel threads only';
    };

    subtest "$scenario: bt -l" => sub {
        my @frames = $bt                               =~ /^ (?:\? )?(\w+(?:\.\w+)*\+0x[0-9a-f]+\/0x[0-9a-f]+)$/mg;
        my @logged = (split /Call Trace:/, $dmesg)[-1] =~ /\]  (?:\? )?(\w+(?:\.\w+)*\+0x[0-9a-f]+\/0x[0-9a-f]+)$/mg;
        is_deeply \@frames, \@logged, 'the frames of the log';
        like $bt, qr/\APID: 1 .* COMMAND: "init"\n/, 'of the task that panicked';
    };
}

sub _sysctl ($scenario, $name) {
    return truth($scenario, "proc/sys/kernel/$name") =~ s/\n\z//r;
}

done_testing;
