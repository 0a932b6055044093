# SPDX-License-Identifier: GPL-3.0-or-later
#
# /proc/kcore: the program under test runs in a guest and looks at the kernel it runs on; what it says is held against the
# guest's own /proc. Then every command looks while processes, mounts and a module come and go: none may crash or hang.

use strict;
use warnings;
no warnings 'portable';
use Alicia::Test     qw(alicia_path run_program slurp);
use Cpanel::JSON::XS qw(decode_json);
use Cwd              qw(abs_path);
use File::Basename   qw(basename dirname);
use File::Temp;
use Test::More;

plan skip_all => 'the guests are made with ALICIA_FULL' if !$ENV{ALICIA_FULL};

my $here = abs_path(dirname(__FILE__));

for my $scenario (qw(sysrq-6.1 sysrq-6.12)) {
    my $folder = File::Temp->newdir;
    my $run = run_program(["$here/../vmcores/live", $scenario, alicia_path(), "$here/guest", $folder], timeout => 3000);
    is $run->{status}, 0, "$scenario: the guest looked at itself" or diag "$run->{out}$run->{err}";
    next if $run->{status} != 0;
    subtest $scenario => sub { compare("$folder/truth") };
}

sub lines { return split /\n/, slurp(shift) }

# What alicia said, which has to have ended well and without a complaint.
sub said {
    my ($truth, $name) = @_;
    is slurp("$truth/$name.status"), "0\n", "$name: ended well";
    is slurp("$truth/$name.err"),    '',    "$name: nothing to complain of";
    return slurp("$truth/$name.out");
}

sub compare {
    my ($truth) = @_;

    # The file has 128 TB; opening it takes no more memory than a dump.
    my $opened = said($truth, 'opened');
    my ($resident) = $opened =~ /^VmHWM:\s+(\d+) kB/m;
    cmp_ok $resident, '>', 1000,   'memory was measured';
    cmp_ok $resident, '<', 80_000, 'opening takes little memory';

    said($truth, 'look');
    my $seen = decode_json(slurp("$truth/look.json"));
    symbols($truth, $seen);
    tasks($truth, $seen);
    memory($truth, $seen);
    time_goes_on($seen);
    commands($truth);
    report($truth);
    while_all_changes($truth);
    return;
}

# A name that several symbols have is one of theirs.
sub symbols {
    my ($truth, $seen) = @_;
    my %listed;
    for my $line (lines("$truth/proc/kallsyms")) {
        my ($address, undef, $name) = split ' ', $line;
        $listed{$name}{$address} = 1;
    }
    my %found = %{$seen->{symbols}};
    my @wrong = grep { !$listed{$_}{$found{$_}} } sort keys %found;
    cmp_ok scalar keys %found, '>', 700, 'symbols were looked up';
    is join(', ', map {"$_ $found{$_}"} @wrong[0 .. ($#wrong < 5 ? $#wrong : 5)]), '',
        'they are those of /proc/kallsyms';
    return;
}

# A kworker's name in /proc has what it works for appended.
sub task_key {
    my ($pid, $tgid, $comm) = @_;
    $comm =~ s/[-+].*// if $comm =~ /\Akworker/;
    return join ' ', $pid, $tgid, substr $comm, 0, 15;
}

# Who was there before and after has to be found; and who is found was there before or after, or is
# alicia, or what ends it after a while.
sub tasks {
    my ($truth, $seen) = @_;
    my %found = map { task_key(@$_) => 1 } @{$seen->{tasks}};
    my %listed;
    for my $time (qw(before after)) {
        my (undef, @tasks) = lines("$truth/tasks.$time");
        $listed{$time}{task_key((split /\t/)[0, 1, 4])} = 1 for @tasks;
    }
    my @lasting  = grep { $listed{after}{$_} } keys %{$listed{before}};
    my @lost     = grep { !$found{$_} } @lasting;
    my $own      = qr/\A(?:\d+ $seen->{self} alicia|\d+ \d+ timeout)\z/;
    my @invented = grep { !$listed{before}{$_} && !$listed{after}{$_} && !/$own/ } keys %found;
    cmp_ok scalar @lasting, '>', 40, 'tasks lasted';
    is join(', ', @lost),     '', 'each is found';
    is join(', ', @invented), '', 'no other is';
    ok $found{"$seen->{self} $seen->{self} alicia"}, 'alicia sees itself';
    return;
}

sub memory {
    my ($truth, $seen) = @_;
    is $seen->{banner},      slurp("$truth/proc/version"),              'linux_banner';
    is "$seen->{release}\n", slurp("$truth/proc/sys/kernel/osrelease"), 'the release';
    cmp_ok scalar keys %{$seen->{pages}}, '>=', 5, 'pages were read in several ways';
    for my $name (sort keys %{$seen->{pages}}) {
        my ($image, $mapped, $file) = @{$seen->{pages}{$name}};
        is $mapped, $image, "$name: the map of all memory has the same page as the kernel's image";
        is $file,   $image, "$name: and so has the file at that address";
    }
    my $given = $seen->{given};
    cmp_ok $given->{steady},    '>', 50,               'what was for booting only: pages that did not change meanwhile';
    cmp_ok $given->{zero} // 0, '<', $given->{steady}, 'whose new owners wrote to them';
    is $given->{equal}, $given->{steady}, 'hold what they hold now';
    cmp_ok $given->{hidden} // 0, '>', 50, 'though the file gives zeros where the image had them';
    like $seen->{environment}, qr/(?:\A|\0)PLANTED=in-user-memory\0/, 'user memory';
    return;
}

sub time_goes_on {
    my ($seen) = @_;
    is_deeply $seen->{names}, ['looks-at-itself', 'has-another-name'], 'a change of the host name is seen at once';
    my ($first, $second) = @{$seen->{clock}};
    my $rate = ($second->[1] - $first->[1]) / ($second->[0] - $first->[0]);
    cmp_ok abs($rate - 250), '<', 25, 'jiffies go on, 250 a second' or diag $rate;
    ok $seen->{child}{found}, 'a process that began later is there';
    is $seen->{leader}, 0, 'a process group outlives its leader';
    ok $seen->{child}{gone}, 'and gone when it is';
    return;
}

sub commands {
    my ($truth) = @_;
    my $text    = sub { shift =~ s/\A(?:\[[ \d.]+\])?\s*//r =~ s/ +\z//r };
    my %logged  = map  { $text->($_) => 1 } split /\n/, said($truth, 'log');
    my @dmesg   = map  { $text->($_) } lines("$truth/dmesg");
    my @missing = grep { !$logged{$_} } @dmesg;
    cmp_ok scalar @dmesg, '>', 100, 'dmesg had lines';
    is join("\n", @missing), '', 'log has them';

    my %module = map { (split)[0] => 1 } lines("$truth/proc/modules");
    my %shown  = map { (split)[1] => 1 } grep {/\A[0-9a-f]{16}/} split /\n/, said($truth, 'mod');
    is_deeply [sort keys %shown], [sort keys %module], 'mod has the modules of /proc/modules';

    my $sys = said($truth, 'sys');
    like $sys, qr/^ *DUMPFILE: \/proc\/kcore/m, 'sys: the file';
    like $sys, qr/^ *CPUS: 2$/m,                'sys: the CPUs';
    like $sys, qr/^ *NODENAME: /m,              'sys: the host';
    my ($release) = lines("$truth/proc/sys/kernel/osrelease");
    like $sys, qr/^ *RELEASE: \Q$release\E$/m, 'sys: the release';

    my %pid    = map { (split)[0] => 1 } grep      { !/PID|swapper/ } map {s/\A[> ]//r} split /\n/, said($truth, 'ps');
    my @before = map { (split /\t/)[0] } grep      {/^\d/} lines("$truth/tasks.before");
    my %after  = map { (split /\t/)[0] => 1 } grep {/^\d/} lines("$truth/tasks.after");
    is join(' ', grep { $after{$_} && !$pid{$_} } @before), '', 'ps lists the tasks';
    like said($truth, 'ps_-a_planted'), qr/a-planted-argument.*PLANTED=in-user-memory/s, 'ps -a shows user memory';

    my %mount = map { (split)[1] => 1 } grep { !m{ /tmp/mount } } lines("$truth/proc/mounts");
    my $mount = said($truth, 'mount');
    is join(' ', grep { $mount !~ m{\s\Q$_\E\s*$}m } sort keys %mount), '', 'mount has those of /proc/mounts';

    my @stack = map {m{\] (\w+)\+0x}} lines("$truth/kthreadd");
    my @bt    = map {m{\A *#\d+ \[\w+\] (\w+)}} split /\n/, said($truth, 'bt_2');
    cmp_ok scalar @stack, '>', 1, 'kthreadd sleeps';
    is join(
        ' ',
        grep {
            my $function = $_;
            !grep { $_ eq $function } @bt
        } @stack
        ),
        '', 'bt 2 shows where';
    said($truth, 'p_jiffies');
    said($truth, 'health');
    return;
}

sub report {
    my ($truth) = @_;
    said($truth, 'report');
    my $report = eval { decode_json(slurp("$truth/report.json")) };
    ok $report, 'a report of the running kernel' or diag $@;
    is join("\n", map { $_->{error} // () } @{$report->{sections}}), '',        'each of its sections could be written';
    is $report->{what}{kind},                                        'running', 'which says that it runs';
    like slurp("$truth/report.html"), qr/has-another-name/, 'the page names the host';
    return;
}

# Commands may find what they follow gone, and say so; that is all.
sub while_all_changes {
    my ($truth) = @_;
    cmp_ok slurp("$truth/changing.status") + 0, '<=', 1, 'no command crashed or hung';
    my $said   = slurp("$truth/changing.out");
    my @wanted = (lines("$here/guest/commands"), 'end');
    is_deeply [$said =~ /^== (.*)/mg], \@wanted,
        'all commands were run while processes, mounts and a module came and went';
    my %said   = $said =~ /^== (.*)\n([^=].*)?/mg;
    my @silent = grep { !defined $said{$_} } @wanted[0 .. $#wanted - 1];
    cmp_ok scalar @silent, '<', 4, 'most of them had something to show' or diag "@silent";
    return;
}

done_testing;
