# SPDX-License-Identifier: GPL-3.0-or-later
# The session printed in 2005 with lcrash behind the prompt (3.1.2-3.1.5), on a kdump, on what LKCD would have written of
# the same memory, and on dumps of other architectures: equal to the bare mode's, to crash's where crash can open the dump,
# and true to what the guest said. No mode is given a vmlinux but crash's.
use v5.36;
use Alicia::Test   qw(alicia debuginfo dump_folder in_this_run slurp types_file);
use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

my $here = abs_path(dirname(__FILE__));

# Each: the guest, the dump's folder, its file, whether there is a vmlinux to give to crash. What debug packages do not
# have to be fetched for, the guest's own list of symbols is the map of.
my @dumps = (
    ['sysrq-6.1',  'sysrq-6.1',     'dump.kdump',   !!$ENV{ALICIA_FULL}],
    ['sysrq-6.1',  'lkcd-6.1',      'dump.10-gzip', !!$ENV{ALICIA_FULL}],
    ['sysrq-6.1',  'lkcd-6.1',      'dump.8-gzip-shuffled'],
    ['arm64-6.12', 'arm64-6.12',    'dump.kdump'],
    ['i386',       'lkcd-i386',     'dump.8-gzip'],
    ['i386',       'lkcd-i386',     'dump.10-none-sparse'],
    ['i386-pae',   'lkcd-i386-pae', 'dump.8-gzip'],
);

# 3.1.2, by lcrash's own command.
my $heading = qr/^ADDR +OFFSET SECTION      NAME                       TYPE$/m;

sub session ($address, @arguments) {
    my $bare  = $address =~ s/^0x//r;
    my @steps = (
        ["print kernel('$bare', 'task_struct', 'comm', 'char *')"],
        [q{print get_addr 'linux_banner'}],
        [
            q{$at = get_addr 'linux_banner'},
            q{@banner = get_mem $at, 15},
            q{print join '', map { pack "V", hex($_) } @banner}
        ],
        ["load '$here/ldas/banner.ldas'", 'banner'],
        [q{print scalar get_mem get_addr 'init_task'}],
        [q{print "no error\n" if defined eval { get_mem '0x10', 1 }; print $@->code}],
    );
    my $run =
        alicia({timeout => 900}, '-q', (map { ('-e', $_) } map { (qq(print "\\n==\\n"), @{$_}) } @steps), @arguments);
    is $run->{status}, 0, 'the session succeeds' or diag $run->{err};
    my (undef, @printed) = map {s/\n\z//r} split /^==\n/m, $run->{out};
    return @printed;
}

# What crash has to be told of a kernel that KASLR moved, where no VMCOREINFO says it: the kdump's does.
sub moved ($guest, $map) {
    my ($linked) = slurp($map) =~ /^([0-9a-f]+) T _stext$/m;
    my $run = alicia(
        '-q', '-e',
        qq(printf '%x %x', get_addr('_stext') - hex '$linked', vmcoreinfo('NUMBER(phys_base)')),
        dump_folder($guest) . '/dump.kdump'
    );
    my ($virtual, $physical) = split ' ', $run->{out};
    return "--kaslr=0x$virtual", '-m', "phys_base=0x$physical";
}

for (@dumps) {
    my ($guest, $scenario, $file, $with_crash) = @{$_};
    next if !in_this_run($guest);
    next if $guest =~ /i386/ && !$ENV{ALICIA_FULL};    # its map comes with a debug package
    my $truth = dump_folder($guest) . '/truth';
    my $dump  = dump_folder($scenario) . "/$file";
    my ($vmlinux, $map) = $guest =~ /arm64/ ? (undef, "$truth/proc/kallsyms") : debuginfo($guest);
    my $types  = types_file($guest);
    my @lcrash = ('-lcrash', $map, $dump, $types);

    subtest "$scenario, $file" => sub {
        my $symbol = alicia('-q', '-e', 'symbol init_task;', @lcrash)->{out};
        like $symbol, $heading, 'symbol has the heading of 2005';
        like $symbol, qr/^0x[0-9a-f]+ +0 GLOBAL_DATA  init_task                  \(unknown\)\n1 symbol found\n\z/m,
            'and the line';
        my ($init_task) = $symbol =~ /^(0x[0-9a-f]+)/m;

        my %mode = (
            bare                     => [$dump, $map, $types],
            '-lcrash'                => \@lcrash,
            '-lcrash --api=debugger' => ['--api=debugger', @lcrash],
        );
        if ($with_crash) {
            my @crash = ('-crash', $scenario =~ /lkcd/ ? moved($guest, $map) : (), $map, $vmlinux, $dump);
            $mode{'-crash'}                = [@crash];
            $mode{'-crash --api=debugger'} = ['--api=debugger', @crash];
        }
        my %printed = map { $_ => [session($init_task, @{$mode{$_}})] } sort keys %mode;
        is_deeply $printed{$_}, $printed{bare}, "$_: prints what the bare mode prints" for sort keys %mode;

        my ($comm, $address, $banner, $again, $word, $hole) = @{$printed{bare}};
        my $version = substr slurp("$truth/proc/version"), 0, 60;
        is $comm, 'swapper/0', 'the idle task';
        is $_, $version, 'linux_banner is /proc/version' for $banner, $again;
        like $word, $guest =~ /i386/ ? qr/\A0x[0-9a-f]{8}\z/ : qr/\A0x[0-9a-f]{16}\z/,
            'a pointer has the kernel\'s width';
        is $hole, 'unmapped', 'what is not there is said';

        # From _stext, whose place the guest told, to the banner it is as far as the map says.
        my %linked  = map { (split)[2, 0] } grep {/ (?:_stext|linux_banner)$/} split /\n/, slurp($map);
        my ($stext) = slurp("$truth/proc/kallsyms") =~ /^([0-9a-f]+) T _stext$/m;
        no warnings 'portable';
        is hex($address) - hex $stext, hex($linked{linux_banner}) - hex $linked{_stext}, 'KASLR is undone';
    };
}

done_testing;
