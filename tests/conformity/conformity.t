# SPDX-License-Identifier: GPL-3.0-or-later
# What the API answers about 2,000 symbols, 2,000 addresses and 500 members of structs, to the byte the same: by the
# engine, alone and beside crash and lcrash, and through either's own commands. Where not all dumps are looked at, on an
# LKCD dump and without crash.
use v5.36;
no warnings 'portable';
use Alicia::Test   qw(alicia debuginfo dump_folder spew types_file);
use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use File::Temp     qw(tempdir);
use Test::More;

my $here  = abs_path(dirname(__FILE__));
my $place = tempdir(CLEANUP => 1);
my ($vmlinux, $map) = debuginfo('sysrq-6.1');
my $types = types_file('sysrq-6.1');
my $kdump = dump_folder('sysrq-6.1') . '/dump.kdump';
my $lkcd  = dump_folder('lkcd-6.1') . '/dump.10-gzip';

# every($count, @list): as many of the list, evenly.
sub every ($count, @list) {
    return map { $list[int $_ * @list / $count] } 0 .. $count - 1;
}

my @structs =
    qw(task_struct mm_struct vm_area_struct file dentry inode super_block mount page zone sk_buff sock tcp_sock
    net_device module cred signal_struct sighand_struct rq cfs_rq sched_entity irq_desc workqueue_struct worker
    timer_list hrtimer cgroup perf_event_attr kmem_cache slab uts_namespace pid fs_struct files_struct iphdr tcphdr
    fs_context bio request block_device gendisk device kobject trace_array pt_regs tcp_options_received printk_info
    xarray maple_node list_head rb_node thread_struct mutex rw_semaphore completion fdtable);

# The members of the structs as C declares them, unnamed structs' too (those of named ones are no members, which is an
# answer as well); a type that is nowhere is asked about, too.
sub members {
    my @members = ('member nosuch_struct member', 'member task_struct nosuch_member');
    for my $struct (@structs) {
        my $definition = alicia('-q', '-e', "whatis struct $struct", $kdump)->{out};
        push @members,
            map {"member $struct $_"} $definition =~ /^ {4,}(?:\}|[^ {}][^\n{}]*?)[ *](\w+)(?:\[\d+\])*(?: : \d+)?;$/mg;
        push @members, map {"member $struct $_"} $definition =~ /^ {4,}\S[^\n]*\(\*(\w+)\)\(.*;$/mg;
    }
    return @members;
}

sub questions ($symbols, $addresses, $members) {
    open my $file, '<', $map or die "$map: $!\n";
    my @listed = map { [split] } <$file>;
    close $file;
    my %code  = map { $_ => 1 } qw(T t D d B b R r);
    my @known = map { $_->[2] } grep { $code{$_->[1]} } @listed;
    my ($base, $offset) = split ' ',
        alicia('-q', '-e', q{print get_mem(get_addr 'page_offset_base'), ' ', get_addr('_stext') - 0xffffffff81000000},
        $kdump)->{out};
    $base = hex $base;
    my @places = (
        (
            map { sprintf '%x', hex($_->[0]) + $offset + 13 }
                every($addresses / 2, grep { $code{$_->[1]} && hex $_->[0] } @listed)
        ),
        (map { sprintf '%x', $base + $_ * 0x58ff1 } 0 .. $addresses * 0.4 - 1),
        (map { sprintf '%x', $_ * 0x7f3a1ff } 0 .. $addresses * 0.05 - 1),
        (map { sprintf '%x', 0xffffc90000000000 + $_ * 0x1ffd } 0 .. $addresses * 0.05 - 1),
    );
    return join "\n", (map {"symbol $_"} every($symbols - 2, @known), qw(nosuch_symbol jiffies)),
        (map {"memory $_"} @places), every($members, members()), '';
}

my $full = $ENV{ALICIA_FULL};
spew("$place/questions", $full ? questions(2000, 2000, 500) : questions(300, 300, 200));

sub answers ($name, @arguments) {
    my $run = alicia(
        {timeout => 3600},
        '-q', '-e',                             "load '$here/conformity.ldas'",
        '-e', "conformity('$place/questions')", @arguments
    );
    is $run->{status}, 0, "$name: all is answered" or diag $run->{err};
    return $run->{out};
}

sub same ($name, $found, $expected) {
    my @found    = split /\n/, $found;
    my @expected = split /\n/, $expected;
    my @differ   = grep { ($found[$_] // '') ne $expected[$_] } 0 .. $#expected;
    is scalar @differ, 0, "$name: every line is the same"
        or diag map {"$expected[$_]\n$found[$_]\n\n"} @differ[0 .. ($#differ < 4 ? $#differ : 4)];
    return ok $found eq $expected, "$name: to the byte";
}

my $bare = answers('bare', $kdump);
cmp_ok scalar(() = $bare =~ /^symbol \S+ \| 0xffffffff/mg), '>', $full ? 1900 : 280, 'symbols have addresses';
cmp_ok scalar(() = $bare =~ /^memory \S+ \| 0x/mg),         '>', $full ? 900  : 140, 'memory was read';
cmp_ok scalar(() = $bare =~ /^memory \S+ \| !/mg),          '>', $full ? 200  : 20,  'and some is not there';
cmp_ok scalar(() = $bare =~ /^member \S+ \S+ \| [^!]/mg),   '>', $full ? 400  : 150, 'members were read';

my @lcrash = ('-lcrash', $map, $kdump, $types);
my %mode   = ('-lcrash' => [@lcrash], '-lcrash --api=debugger' => ['--api=debugger', @lcrash]);
if ($full) {
    $mode{'-crash'}                = ['-crash', $map, $vmlinux, $kdump];
    $mode{'-crash --api=debugger'} = ['--api=debugger', '-crash', $map, $vmlinux, $kdump];
}

same($_, answers($_, @{$mode{$_}}), $bare) for sort keys %mode;

# The same memory as LKCD would have written it. What it has no page of, it cannot tell from where there was no memory.
my $unknown = sub ($text) { return $text =~ s/!(?:page_excluded|no_memory_there)/!absent/gr };
my %lkcd;
for my $api (qw(native debugger)) {
    my $name = "LKCD 10, -lcrash --api=$api";
    $lkcd{$api} = answers($name, "--api=$api", '-lcrash', $map, $lkcd, $types);
    same($name, $unknown->($lkcd{$api}), $unknown->($bare));
}
same('LKCD 10, both', $lkcd{debugger}, $lkcd{native});

done_testing;
