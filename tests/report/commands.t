# SPDX-License-Identifier: GPL-3.0-or-later
# Commands about devices, sockets, memory and task groups against what the guest said, and against crash where it is right.
use v5.36;
use Test::More;
use Alicia::Test  qw(debuginfo dump_folder run_program);
use Alicia::Truth qw(scenarios output_of truth truth_lines);

# Lines of a table as lists of words.
sub rows ($text) {
    return map { [split] } grep {/\S/} split /\n/, $text;
}

for my $scenario (scenarios()) {
    my ($dev, $pci, $groups, $since, $zones, $counters, $init, $sockets, $each) = output_of(
        $scenario, 'dev', 'dev -p', 'runq -g', 'runq -m', 'kmem -z', 'kmem -V',
        'kmem init_task',
        'foreach nc net -s',
        'foreach /^flo.k$/ ps'
    );

    subtest "$scenario: dev" => sub {
        my ($characters, $blocks) =
            truth($scenario, 'proc/devices') =~ /Character devices:\n(.*)\n\nBlock devices:\n(.*)/s;
        my ($shown_characters, $shown_blocks) = split /\n\n/, $dev;
        for my $pair ([$shown_characters, $characters], [$shown_blocks, $blocks]) {
            my ($shown, $true) = @$pair;
            my (undef,  @rows) = rows($shown);
            is_deeply [sort map {"$_->[0] $_->[1]"} @rows], [sort map {"@$_"} rows($true)], 'majors and names';
        }
        like $dev, qr/^ +1  mem +[0-9a-f]{16}  memory_fops$/m,                    'a cdev with its operations';
        like $dev, qr/^ +4  ttyS +[0-9a-f]{16}  tty_fops$/m,                      'one that is in the map only';
        like $dev, qr/^ +254  virtblk  [0-9a-f]{16}  virtblk_fops/m,              'a disk with its own';
        like $pci, qr/ 0000:00:02[.]0  0200   1af4:1000  ENDPOINT  virtio-pci$/m, 'dev -p: the network card';
        is scalar(rows($pci)), 8, 'and six more';
    };

    subtest "$scenario: runq" => sub {
        my @cpus = split /\n\n/, $groups;
        is scalar @cpus, 2, 'each CPU';
        for my $cpu (@cpus) {
            my ($current) = $cpu =~ /^  CURRENT: PID: (\d+) /m;
            like $cpu, qr/^  ROOT_TASK_GROUP: [0-9a-f]{16}  CFS_RQ: [0-9a-f]{16}$/m, 'the root group';
            like $cpu, qr/^     \[120\] PID: $current .* \[CURRENT\]$/m,             'has the current task' if $current;
        }
        like $since, qr/\A CPU 0: \[0 00:00:0\d\.\d{3}\]  PID: \d+ +TASK: /, 'for how long it has been running';
    };

    subtest "$scenario: kmem" => sub {
        for my $zone (split /^Node /m, truth($scenario, 'proc/zoneinfo')) {
            my ($name) = $zone =~ /\A\d+, zone +(\w+)/ or next;
            my %true = $zone =~ /^ +(min|low|high|spanned|present|managed) +(\d+)$/mg;
            next if !$true{present};
            like $zones, qr/NAME: "$name"\n  SIZE: $true{spanned}  PRESENT: $true{present}  MANAGED: $true{managed}  /,
                "zone $name";
            like $zones, qr{NAME: "$name"\n.*MIN/LOW/HIGH: $true{min}/$true{low}/$true{high}$}m, 'and its watermarks';
        }
        my %before = map  { (split)[0, 1] } truth_lines($scenario, 'proc/vmstat');
        my %after  = map  { /^ *(\w+): (\d+)$/ ? ($1 => $2) : () } split /\n/, $counters;
        my @events = grep {/\A(?:pg|thp_|compact|kswapd|oom_|drop_)/} sort keys %before;
        is_deeply [grep { !defined $after{$_} } @events], [], 'events have the names of /proc/vmstat';
        is_deeply [grep { ($after{$_} // 0) < $before{$_} } grep { !/\Apgsteal|\Apgscan/ } @events], [],
            'and counted on since: ' . @events;
        cmp_ok $after{pgfault}, '<', $before{pgfault} * 2, 'not by much';
        like $init, qr/task 0 "swapper\/0"\n\n.* reserved$/ms, 'an address, and its page';
    };

    subtest "$scenario: sockets and tasks by name" => sub {
        my ($port) = map {/^ *\d+: 0+:([0-9A-F]{4}) [0:]+ 0A /} truth_lines($scenario, 'proc/net/tcp6');
        is hex $port, 4711, 'what was planted';
        like $sockets, qr/^ *3  [0-9a-f]{16}  [0-9a-f]{16}  INET6:STREAM  ::-4711      ::-0              LISTEN$/m,
            'the socket that listens';
        is scalar(() = $each =~ /  flock$/mg), 3, 'foreach with a regular expression';
    };
}

# crash sees four of the tasks of 6.1, and no dump of 6.12.
subtest 'as crash has it' => sub {
    plan skip_all => 'crash wants debug information, which is fetched with ALICIA_FULL' if !$ENV{ALICIA_FULL};
    my ($vmlinux) = debuginfo('sysrq-6.1');
    my @commands = ('dev', 'dev -p', 'runq -g', 'kmem -z', 'kmem -i', 'kmem -V', 'dis -r schedule+21');

   # crash's own `net -s` wants a task that crash sees, and of those none has a socket: it is asked for what lies at the
   # addresses that ours shows.
    my ($shown) = output_of('sysrq-6.1', 'foreach net -s');
    my @sockets = map { [(split)[1, 2, 3, 4]] } grep {/^ *\d+  [0-9a-f]{16}  [0-9a-f]{16}  \w+:\w+/} split /\n/, $shown;
    my %asked =
        map { $_->[1] => ["struct socket.type,sk $_->[0]", "struct sock_common.skc_family,skc_num $_->[1]"] } @sockets;
    push @commands, map {@$_} values %asked;
    my $run = run_program(
        ['crash', '-s', '--no_crashrc', '--no_scroll', $vmlinux, dump_folder('sysrq-6.1') . '/dump.kdump'],
        input   => join('', map {"$_\n!echo =====\n"} @commands) . "quit\n",
        timeout => 600
    );
    my %crash;
    my @parts = split /^=====\n/m, $run->{out};
    @crash{@commands} = @parts;
    my %ours;
    my @both = grep { !/\Astruct/ } @commands;
    @ours{@both} = output_of('sysrq-6.1', @both);

    my %device = map  { $_->[1] => $_->[2] } rows($ours{dev});
    my @wrong  = grep { $_->[2] =~ /\A[0-9a-f]{16}\z/ && $_->[1] ne 'loop' && ($device{$_->[1]} // '') ne $_->[2] }
        rows($crash{dev} =~ s/.*?(?=^CHRDEV)//msr);
    is_deeply \@wrong, [], 'dev: the same cdevs and disks';
    my %pci = map { $_->[1] => "@$_[0, 2, 3]" } grep { @$_ > 4 } rows($ours{'dev -p'});
    is_deeply [
        grep { ($pci{$_->[1]} // '') ne "@$_[0, 2, 3]" }
        grep { @$_ == 5 && $_->[1] =~ /\A0000:/ } rows($crash{'dev -p'})
        ],
        [], 'dev -p: the same devices';
    my @queues = $crash{'runq -g'} =~ /(ROOT_TASK_GROUP: \S+  CFS_RQ: \S+)/g;
    is scalar @queues, 2, 'crash has two queues';
    is_deeply [grep { index($ours{'runq -g'}, $_) < 0 } @queues], [], 'runq -g: the same groups and queues';

    for my $row (grep {/^ *(?:TOTAL MEM|FREE|USED|BUFFERS|TOTAL SWAP|SWAP FREE|COMMIT LIMIT) +\d+ /} split /\n/,
        $crash{'kmem -i'})
    {
        my ($name, $pages) = $row =~ /^ *(\D+?) +(\d+) /;
        like $ours{'kmem -i'}, qr/^ *\Q$name\E +$pages /m, "kmem -i: $name";
    }
    my %counter = map  { /^ *(\w+): (\d+)$/ ? (uc $1 => $2) : () } split /\n/, $ours{'kmem -V'};
    my @shared  = grep { defined $counter{$_->[0]} } map { /^ *(\w+): (\d+)$/ ? [$1, $2] : () } split /\n/,
        $crash{'kmem -V'};
    cmp_ok scalar @shared, '>', 80, 'counters of one name: ' . @shared;
    is_deeply [grep { $counter{$_->[0]} != $_->[1] } @shared], [], 'kmem -V: the same values';
    my @code = map { [split ' ', s/\[FTRACE NOP\]//r] } grep {/^0x/} split /\n/, $crash{'dis -r schedule+21'};
    my @mine = map { [split] } split /\n/, $ours{'dis -r schedule+21'};
    is_deeply [map { "@$_[0, 1]" =~ s/:\z//r } @mine], [map { "@$_[0, 1]" =~ s/:\z//r } @code],
        'dis -r: the same instructions';
    my %family = (UNIX   => 1, INET  => 2, INET6 => 10, NETLINK   => 16, PACKET => 17);
    my %type   = (STREAM => 1, DGRAM => 2, RAW   => 3,  SEQPACKET => 5);
    ok scalar @sockets, 'net -s: sockets: ' . @sockets;

    for my $one (@sockets) {
        my ($socket, $sock, $kind, $source) = @$one;
        my ($first,  $second) = @crash{@{$asked{$sock}}};
        my ($family, $type)   = split /:/, $kind;
        like $first,  qr/^  type = $type{$type},?\n  sk = 0x$sock,?$/m, "net -s: the socket at $socket";
        like $second, qr/^  skc_family = $family{$family},?$/m,         "its family, $family";
        next if $family !~ /\AINET/;
        my ($port) = $source =~ /-(\d+)\z/;
        like $second, qr/^ +skc_num = $port,?$/m, "its port, $port";
    }

    my @zones = $crash{'kmem -z'} =~ /^ *SIZE: (\d+) .*MIN\/LOW\/HIGH: (\S+)$/mg;

    while (my ($size, $marks) = splice @zones, 0, 2) {
        like $ours{'kmem -z'}, qr{SIZE: $size .*MIN/LOW/HIGH: \Q$marks\E$}m, "kmem -z: a zone of $size pages";
    }
};

done_testing;
