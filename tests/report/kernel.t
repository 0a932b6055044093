# SPDX-License-Identifier: GPL-3.0-or-later
# Modules, mounts, swap, memory, locks, interfaces, files, interrupts, disks and slabs against the guest's own files.
use v5.36;
use Test::More;
use Alicia::Truth qw(scenarios output_of truth truth_lines);

for my $scenario (scenarios()) {
    my %output;
    my @commands =
        ('mod', 'mod -r', 'mount -f', 'swap', 'kmem -i', 'kmem -s', 'runq', 'net -l', 'irq -s', 'dev -d', 'files 1');
    @output{@commands} = output_of($scenario, @commands);

    subtest "$scenario: mod" => sub {
        my (@shown, @used, @truth, @users);
        for my $line (split /\n/, $output{mod}) {
            push @shown, "$2 $3 $4" if $line =~ /^([0-9a-f]{16})  (\S+) +([0-9a-f]{16}) +(\d+)  /;
        }
        for my $line (split /\n/, $output{'mod -r'}) {
            push @used, "$1 $2 " . ($3 // '') if $line =~ /^(\S+) +(\d+)  Live(?: +(\S+))?$/;
        }
        for my $line (truth_lines($scenario, 'proc/modules')) {
            my ($name, $size, $count, $users, undef, $base) = split / /, $line;
            push @truth, "$name " . $base         =~ s/^0x//r . " $size";
            push @users, "$name $count " . $users =~ s/^-$|,$//r;
        }
        is_deeply [sort @shown], [sort @truth], 'names, addresses and sizes';
        is_deeply [sort @used],  [sort @users], 'references and users';
    };

    subtest "$scenario: mount" => sub {
        my (@shown, @truth);
        for my $line (split /\n/, $output{'mount -f'}) {
            push @shown, "$2 $4 $1 $3" if $line =~ /^[0-9a-f]{16}  [0-9a-f]{16}  (\S+) +(\S+) +(\S+) +(\S.*)$/;
        }
        for my $line (truth_lines($scenario, 'proc/mounts')) {
            my ($device, $folder, $type, $options) = split / /, $line;

            # What a file system adds of its own isn't the mount's.
            my @flags = grep {/\A(?:rw|ro|nosuid|nodev|noexec|noatime|nodiratime|relatime|sync|lazytime)\z/} split /,/,
                $options;
            push @truth, "$device $folder $type " . join ',', @flags;
        }
        is_deeply \@shown, \@truth, 'devices, folders, types and flags, in order';
    };

    subtest "$scenario: swap" => sub {
        my (undef, $line) = truth_lines($scenario, 'proc/swaps');
        my ($name, $type, $size, $used, $priority) = split ' ', $line;
        like $output{swap}, qr/^[0-9a-f]{16} +\U$type\E +${size}k +${used}k +0% +$priority  \Q$name\E$/m, 'the area';
    };

    subtest "$scenario: kmem -i" => sub {
        my %pages = $output{'kmem -i'}               =~ /^ *([A-Z ]+?) +(\d+) +/mg;
        my %truth = truth($scenario, 'proc/meminfo') =~ /^(\S+): +(\d+)/mg;
        is $pages{'TOTAL MEM'} * 4,     $truth{MemTotal},    'total';
        is $pages{'TOTAL SWAP'} * 4,    $truth{SwapTotal},   'swap';
        is $pages{'COMMIT LIMIT'} * 4,  $truth{CommitLimit}, 'commit limit';
        is $pages{FREE} + $pages{USED}, $pages{'TOTAL MEM'}, 'free and used make up the total';

        # What is counted goes on changing until the panic, the snapshot's own files first: within 5 % of all memory.
        my %named = (
            FREE      => 'MemFree',
            BUFFERS   => 'Buffers',
            CACHED    => 'Cached',
            SLAB      => 'Slab',
            COMMITTED => 'Committed_AS'
        );
        for my $name (sort keys %named) {
            cmp_ok abs($pages{$name} * 4 - $truth{$named{$name}}), '<', $truth{MemTotal} / 20, $name;
        }
        cmp_ok $pages{SHARED}, '>', 0, 'some pages are shared';
    };

    subtest "$scenario: kmem -s" => sub {
        my %shown;
        for my $line (split /\n/, $output{'kmem -s'}) {
            $shown{$6} = [$1, $2, $3, $4] if $line =~ /^[0-9a-f]{16} +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)k  (\S+)$/;
        }
        my (%truth, @size);
        for my $line (truth_lines($scenario, 'proc/slabinfo')) {
            my @word = split ' ', $line;
            next if $word[0] =~ /\A(?:slabinfo|#)/;
            $truth{$word[0]} = [@word[1, 2], $word[-2]];
        }
        is_deeply [sort keys %shown], [sort keys %truth], 'the same caches';
        my $same =
            grep { join(' ', @{$shown{$_}}[1 .. 3]) eq join(' ', @{$truth{$_}}) } grep { $shown{$_} } keys %truth;
        cmp_ok $same, '>', 0.75 * keys %truth, 'objects and slabs: most caches did not change after the snapshot';
        my @wild = grep { abs($shown{$_}[2] - $truth{$_}[1]) > 1000 + $truth{$_}[1] } grep { $shown{$_} } keys %truth;
        is_deeply \@wild, [], 'and none changed wildly';
    };

    subtest "$scenario: runq" => sub {
        like $output{runq},   qr/^CPU 0 RUNQUEUE: [0-9a-f]{16}\n  CURRENT: PID: (?:1|\d+) /m, 'CPU 0';
        like $output{runq},   qr/^CPU 1 RUNQUEUE: /m,                                         'CPU 1';
        like $output{runq},   qr/^  CURRENT: PID: 1 .*COMMAND: "init"$/m,                     'init runs';
        like $output{runq},   qr/^  CURRENT: .*COMMAND: "busyloop"$/m,                        'the busy loop runs';
        unlike $output{runq}, qr/^     \[.*"busyloop"/m, 'and does not wait as well';
    };

    subtest "$scenario: net" => sub {
        my (%truth, $name);
        for my $line (truth_lines($scenario, 'ip-addr')) {
            $name = $1 if $line =~ /^\d+: (\w+):/;
            push @{$truth{$name}}, $1 if $line =~ /^ +inet6? (\S+)/;
            $truth{"$name hardware"} = $1 if $line =~ m{^ +link/\w+ (\S+)};
        }
        my %shown;
        for my $line (split /\n/, $output{'net -l'}) {
            my ($device, $state, $mtu, $hardware, $addresses) =
                $line =~ /^[0-9a-f]{16} +\d+  (\S+) +(UP|DOWN) +(\d+)  (\S+) +(\S.*)$/
                or next;
            $shown{$device} = [split /, /, $addresses];
            is $hardware, $truth{"$device hardware"}, "$device: hardware address";
        }
        is_deeply \%shown, {map { $_ => $truth{$_} } qw(lo eth0)}, 'every address of each interface';
    };

    subtest "$scenario: files" => sub {
        my ($holder) = map { /^(\d+)\t.*\tholdsfile$/ ? $1 : () } truth_lines($scenario, 'tasks');
        my ($server) = map { /^(\d+)\t.*\tnc$/        ? $1 : () } truth_lines($scenario, 'tasks');
        my @shown    = output_of($scenario, "files $holder", "files $server");
        for my $pid ($holder, $server) {
            my ($listed) = truth($scenario, 'fds') =~ m{^/proc/$pid/fd:\n(.*?)(?:\n\n|\z)}ms;
            my %truth    = $listed                 =~ /(\d+) -> (\S+)$/mg;
            my %files    = shift(@shown)           =~ /^ *(\d+) [0-9a-f]{16} [0-9a-f]{16} [0-9a-f]{16} \S+ +(\S.*)$/mg;
            is_deeply \%files, \%truth, "every file of PID $pid";
        }
    };

    subtest "$scenario: irq" => sub {
        my (%truth, %shown);
        for my $line (truth_lines($scenario, 'proc/interrupts')) {
            $truth{$1} = [$2, $3, $4] if $line =~ /^ *(\d+): +(\d+) +(\d+) +.* (\S+)$/;
            $truth{$1} = [$2, $3] if $line =~ /^ *(LOC|RES|CAL|TLB): +(\d+) +(\d+) /;
        }
        for my $line (split /\n/, $output{'irq -s'}) {
            $shown{$1} = [$2, $3, $4] if $line =~ /^ *(\d+): +(\d+) +(\d+)  .*  (\S.*)$/;
            $shown{$1} = [$2, $3] if $line =~ /^ *(LOC|RES|CAL|TLB): +(\d+) +(\d+)  /;
        }
        is_deeply [sort keys %shown], [sort keys %truth], 'the same lines';
        for my $number (sort keys %truth) {
            my ($then, $now) = ($truth{$number}, $shown{$number});
            ok $now->[0] >= $then->[0] && $now->[1] >= $then->[1], "$number: no less than before";
            is $now->[2], $then->[2], "$number: the handler's name" if defined $then->[2];
        }
        is $shown{0}[0], $truth{0}[0], 'the timer that is set up once has not moved';
    };

    subtest "$scenario: dev" => sub {
        my @shown = $output{'dev -d'} =~ /^ *(\d+)  [0-9a-f]{16}  (\S+) +[0-9a-f]{16} +\d+ +\d+ +\d+$/mg;
        my @truth = map { (split ' ')[0, 2] } truth_lines($scenario, 'proc/diskstats');
        is_deeply { reverse @shown }, {reverse @truth}, 'every disk';
    };
}

done_testing;
