# SPDX-License-Identifier: GPL-3.0-or-later
# The session printed in 2005 (sections 3.1.2–3.1.6 and 7.1.7; `symbol` is lcrash's), in each mode: the same output in
# all, and true to what the guest's /proc said.
use strict;
use warnings;
use Alicia::Test   qw(alicia debuginfo dump_folder slurp);
use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

my $here   = abs_path(dirname(__FILE__));
my $folder = dump_folder('sysrq-6.1');
my ($vmlinux, $map) = debuginfo('sysrq-6.1');
my $dump = "$folder/dump.kdump";
my %mode = (
    bare                    => [$dump],
    crash                   => ['-crash', $map, $vmlinux, $dump],
    'crash, --api=debugger' => ['--api=debugger', '-crash', $map, $vmlinux, $dump],
);

# The addresses that stand in the printed session belonged to its dump: these are this dump's.
my %address;
for my $symbol (qw(linux_banner init_task)) {
    $address{$symbol} = alicia('-e', "print get_addr '$symbol'", $dump)->{out};
    like($address{$symbol}, qr/^0xffffffff[0-9a-f]{8}$/, "$symbol has an address");
}
(my $init_task = $address{init_task}) =~ s/^0x//;

# [what it shows, lines typed, what the guest says (a pattern, or a sub given the output)]
my $release = slurp("$folder/truth/proc/sys/kernel/osrelease");
chomp $release;
my $version = substr slurp("$folder/truth/proc/version"), 0, 60;
my $cmdline = slurp("$folder/truth/proc/cmdline");
chomp $cmdline;
my @steps = (
    ['3.1.2 kernel',   ["print kernel('$init_task', 'task_struct', 'comm', 'char *')"], qr{\Aswapper/0\z}],
    ['3.1.3 get_addr', [q{print get_addr 'linux_banner'}], qr/\A\Q$address{linux_banner}\E\z/],
    [
        '3.1.4 get_mem',
        ["\@banner = get_mem '$address{linux_banner}', 15", q{print join '', map { pack "V", hex($_) } @banner}],
        qr/\A\Q$version\E\z/,
    ],
    ['3.1.5 an LDAS', ["load '$here/ldas/banner.ldas'", 'banner'], qr/\A\Q$version\E\z/],
    [
        '7.1.7 (2) and (3)',
        [
            q{$addr = get_addr('saved_command_line')},
            '@outs = get_mem(get_mem($addr), 256/4)',
            q{print join '', map { pack("V", hex($_)) } @outs},
        ],
        sub { (split /\0/, shift)[0] eq $cmdline },
    ],
    [
        '7.1.7 (4)',
        [
            q{$utsname = get_addr('init_uts_ns');},
            q{print kernel($utsname, 'uts_namespace', 'name.release', 'char *');},
        ],
        qr/\A\Q$release\E\z/,
    ],
    [
        'the published list walk',
        [
            "load '$here/ldas/list_for_each.ldas'",
            q{list_for_each(\@tasks, kernel(get_addr('init_task'), 'task_struct', 'tasks')->address)},
            q{$offset = kernel(get_addr('init_task'), 'task_struct', 'tasks')->address - get_addr('init_task')},
            q{print kernel($_ - $offset, 'task_struct', 'pid', 'int'), ' ',}
                . q{ kernel($_ - $offset, 'task_struct', 'comm', 'char *'), "\n" for @tasks},
        ],
        \&is_every_process,
    ],
);

# One session a mode, so that crash's start is waited for once: a line of its own goes before what each step prints.
my %printed;
for my $mode (sort keys %mode) {
    my @lines = map { (qq(print "\\n==== a step ====\\n"), @{$_->[1]}) } @steps;
    my $run   = alicia({timeout => 900}, (map { ('-e', $_) } @lines), @{$mode{$mode}});
    is($run->{status}, 0, "the session, $mode: succeeds") or diag $run->{err};
    my (undef, @outputs) = split /^==== a step ====\n/m, $run->{out};
    for my $step (@steps) {
        my ($name, undef, $truth) = @{$step};
        my $output = shift(@outputs) // '';
        $output =~ s/\n\z// if @outputs;    # the one before the line
        ok(ref $truth eq 'CODE' ? $truth->($output) : $output =~ $truth, "$name, $mode: is true") or diag $output;
        $printed{$name}{$output}++;
    }
}
is(scalar keys %{$printed{$_->[0]}}, 1, "$_->[0]: equal in all modes") for @steps;

# Every process the guest listed, by PID and name, and none more.
sub is_every_process {
    my ($output) = @_;
    my %listed   = map { split ' ', $_, 2 } split /\n/, $output;
    my %truth;
    for my $line (split /\n/, slurp("$folder/truth/tasks")) {
        my ($pid, $tgid, undef, undef, $comm) = split /\t/, $line, 5;
        next if $pid ne $tgid;

       # /proc adds to a worker's name what it works on, and shows a kernel thread's name at full length: comm holds 15.
        $comm =~ s{^(kworker/\w+:\w+)-.*}{$1};
        $truth{$pid} = substr $comm, 0, 15;
    }
    return is_deeply(\%listed, \%truth, "every process of the guest");
}

# 3.1.6: figures apart, the four rows of the benchmark.
for my $mode (sort keys %mode) {
    my $run = alicia(
        {timeout => 900},
        '-e', '$banner_address = get_addr "linux_banner"; $init_task_address = get_addr "init_task"',
        '-e', "load '$here/ldas/benchmark.ldas'",
        '-e', 'benchmark', @{$mode{$mode}}
    );
    is($run->{status}, 0, "3.1.6 benchmark, $mode: succeeds") or diag $run->{err};
    like(
        $run->{out},
        qr/^Benchmark: timing 10000 iterations of get_addr, get_mem, kernel, ldas\.\.\.$/m,
        "$mode: says so"
    );
    like($run->{out}, qr/^\s*$_: +\d+ wallclock secs /m, "$mode: a figure for $_") for qw(get_addr get_mem kernel ldas);
}

# Where crash is behind the prompt, its own commands show its own answers. crash 8.0.2 sees 4 tasks of this kernel.
my $pss = alicia(
    {timeout => 900},
    '-e', q{@pss = map {(split /\s+/)[4]} split(/\n/, pass_through('ps'))},
    '-e', 'print scalar(@pss), "\n"',
    '-e', 'kmem -i', @{$mode{crash}}
);
is($pss->{status}, 0, 'the @pss line succeeds') or diag $pss->{err};
my ($count) = $pss->{out} =~ /\A(\d+)$/m;
cmp_ok($count, '>', 2, 'crash lists tasks');

# Counted page by page by both.
my %pages = map { $_ => {} } qw(crash bare);
for (['crash', $pss->{out}], ['bare', alicia('-e', 'kmem -i', $dump)->{out}]) {
    my ($who, $table) = @{$_};
    $pages{$who} = {$table =~ /^ *(TOTAL MEM|FREE|USED|SHARED|TOTAL SWAP|SWAP FREE) +(\d+) /mg};
}
is(scalar keys %{$pages{crash}}, 6, 'crash counts pages');
is_deeply($pages{bare}, $pages{crash}, 'kmem -i counts the same');
my $task = alicia({timeout => 900}, '-e', 'task | grep PID', @{$mode{crash}});
like(
    $task->{out},
    qr/^PID: \d+ +TASK: [0-9a-f]{16} +CPU: \d+ +COMMAND: ".*"$/m,
    'task | grep PID shows the current task'
);

done_testing;
