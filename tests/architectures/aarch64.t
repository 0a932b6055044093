# SPDX-License-Identifier: GPL-3.0-or-later
#
# aarch64, opened with nothing but the dump: pages of 4 KiB with addresses of 48 bits, and, where all dumps are looked at,
# pages of 16 KiB with 52 bits, and a kernel that doesn't list its data.

use strict;
use warnings;
no warnings 'portable';
use Alicia::Foreign qw(ask symbols_are_the_guests log_is_the_guests);
use Alicia::Test    qw(dump_folder in_this_run slurp);
use Cpanel::JSON::XS;
use File::Temp;
use Math::BigInt;
use Test::More;

for my $scenario (in_this_run(qw(arm64-6.12 arm64-16k arm64-6.1))) {
    my $truth = dump_folder($scenario) . '/truth';

    # Its kallsyms lists functions only: BTF and init_task are found by what they hold, and no more is.
    my $lists_data = $scenario ne 'arm64-6.1';
    symbols_are_the_guests($scenario, modules => $lists_data);
    log_is_the_guests($scenario);

    if ($lists_data) {
        is ask($scenario, q{print join '', map { pack 'V', hex } get_mem(get_addr('linux_banner'), 15)}),
            substr(slurp("$truth/proc/version"), 0, 60), "$scenario: get_addr and get_mem read the banner";
    }
    is ask($scenario, q{print kernel(get_addr('init_task'), 'struct task_struct', 'comm', 'char *')}), 'swapper/0',
        "$scenario: kernel() reads the idle task's name";

    # Names in /proc are a kernel thread's whole ones, a kworker's with what it works for appended.
    my ($heading, @expected) = split /\n/, slurp("$truth/tasks");
    my $tasks =
        ask($scenario, q{printf "%d\t%d\t%d\t%s\n", $_->pid, $_->tgid, $_->real_parent->tgid, $_->comm for tasks();});
    my $key = sub {
        my @field = split /\t/, shift;
        $field[-1] =~ s/[-+].*// if $field[-1] =~ /\Akworker/;
        $field[-1] = substr $field[-1], 0, 15;
        "@field[0 .. 2] $field[-1]";
    };
    is_deeply [sort map { $key->($_) } split /\n/, $tasks],
        [sort map { my @field = split /\t/; $key->(join "\t", @field[0 .. 2], $field[4]) } @expected],
        "$scenario: tasks() are the guest's";
    my $ps = ask($scenario, 'ps');
    is_deeply [sort map { (split)[0] } grep { !/PID/ && !/swapper/ } map {s/\A[> ]//r} split /\n/, $ps],
        [sort map { (split /\t/)[0] } @expected], "$scenario: ps lists them";

    # The linear map by the kernel's own formula, without page tables: PHYS_OFFSET + address - PAGE_OFFSET.
    my @pairs = split /\n/,
        ask($scenario,
        q{printf "%s %s\n", $_->address, vtop($_->address) for tasks(); print "-\n", map { vmcoreinfo("NUMBER($_)"), "\n" } qw(PHYS_OFFSET VA_BITS);}
        );
    my ($physical, $bits) = splice @pairs, -2;
    pop @pairs;
    my $whole = Math::BigInt->new(2)->bpow(64);
    my $first = Math::BigInt->new(2)->bpow($bits)->badd(Math::BigInt->from_hex($physical));  # PHYS_OFFSET - PAGE_OFFSET
    my @wrong = grep {
        my ($virtual, $found) = map { Math::BigInt->from_hex($_) } split;
        $virtual->badd($first)->bmod($whole)->bcmp($found) != 0
    } @pairs;
    cmp_ok scalar @pairs, '>', 40, "$scenario: task_structs lie in the linear map";
    is "@wrong", '', "$scenario: vtop agrees with the linear map's formula";

    # The kernel's image against the guest's /proc/iomem, device memory against its vmallocinfo.
    my %symbol = map { (split)[2, 0] } split /\n/, slurp("$truth/proc/kallsyms");
    my ($iomem, $vmalloc) = map { slurp("$truth/proc/$_") } qw(iomem vmallocinfo);
    my ($code_end) = $iomem =~ /-([0-9a-f]+) : Kernel code$/m;
    my ($data_begin, $data_end) = $iomem =~ /([0-9a-f]+)-([0-9a-f]+) : Kernel data$/m;
    my @expected_at;
    for (['__init_begin', 1, $code_end], ['_sdata', 0, $data_begin], ['_end', 1, $data_end]) {
        my ($name, $back, $physical) = @{$_};
        push @expected_at, [hex($symbol{$name}) - $back, hex $physical] if $symbol{$name};
    }
    push @expected_at, [hex $1, hex $2] while $vmalloc =~ /^0x([0-9a-f]+)-.*\sphys=0x([0-9a-f]+) ioremap$/mg;
    cmp_ok scalar @expected_at, '>', 5, "$scenario: the guest said where some of its memory lies";
    is ask($scenario, sprintf 'printf "%%x\n", vtop($_) for %s',
        join ', ', map { sprintf '0x%x', $_->[0] } @expected_at),
        join('', map { sprintf "%x\n", $_->[1] } @expected_at), "$scenario: vtop of its image and of devices";

    # User memory, through each task's own page tables.
    my $lines = ask($scenario, <<'END');
for my $task (tasks()) { my $mm = $task->mm or next; next if $task->pid != $task->tgid; printf "%d %s %s\n", $task->pid, map { unpack 'H*', $_ } read_user($task, $mm->arg_start, $mm->arg_end - $mm->arg_start), read_user($task, $mm->env_start, $mm->env_end - $mm->env_start) }
END
    my %planted;
    for my $line (split /\n/, $lines) {
        my ($pid, @hex) = split / /, $line, -1;
        my ($arguments, $environment) = map { pack 'H*', $_ } @hex;
        is $arguments, slurp("$truth/proc/$pid/cmdline"), "$scenario: arguments of process $pid"
            if -e "$truth/proc/$pid/cmdline";
        is $environment, slurp("$truth/proc/$pid/environ"), "$scenario: environment of process $pid"
            if -e "$truth/proc/$pid/environ";
        $planted{$pid} = 1 if $environment =~ /PLANTED=in-user-memory/;
    }
    cmp_ok scalar keys %planted, '>=', 1, "$scenario: the planted process is among them";
    like ask(
        $scenario,
        q{print eval { read_user(2, 0, 1); 1 } ? 'read' : ref $@, "\n"; my ($k) = grep { $_->pid == 2 } tasks(); print eval { read_user($k, 0x1000, 1); 1 } ? 'read' : $@->code}
        ),
        qr/Alicia::Error\nno_memory_there/, "$scenario: a kernel thread has no user memory";

    # Traces of all tasks that didn't run, against /proc/PID/task/TID/stack, which leaves the scheduler's frames out.
    my $traces = ask($scenario, <<'END');
use Alicia::Linux::Stack qw(trace);
for my $task (tasks()) { my $t = eval { trace($task->address) } // next; printf "%d %s %s\n", $task->pid, length $t->{problem} ? 'problem' : 'whole', join ' ', map { sprintf '%s+0x%x', $_->{symbol} // '?', $_->{offset} // 0 } @{$t->{frames}} }
END
    my ($compared, @differing) = (0);
    for my $line (split /\n/, $traces) {
        my ($pid, $problem, @ours) = split ' ', $line;
        my ($file)   = glob "$truth/proc/*/task/$pid/stack" or next;
        my @theirs   = slurp($file)                       =~ /^\[<0>\] (\S+?)\/0x/mg;
        my $sleeping = slurp($file =~ s/stack\z/status/r) =~ /^State:\s+[SID]/m;
        next if !@theirs || !$sleeping;
        $compared++;
        my @end = @ours > @theirs ? @ours[-@theirs .. -1] : @ours;
        push @differing, "$pid: @ours instead of @theirs" if $problem ne 'whole' || "@end" ne "@theirs";
    }
    cmp_ok $compared, '>', 40, "$scenario: tasks slept";
    is "@differing", '', "$scenario: their traces are those the guest printed";

    my @calls = split /\n/, ask($scenario, <<'END');
use Alicia::Linux::Stack qw(trace disassemble);
for my $task (tasks()) { my $t = eval { trace($task->address) } // next; print map { (disassemble($_->{pc} - 4, 1))[0]{mnemonic} . "\n" } @{$t->{frames}} }
END
    cmp_ok scalar @calls, '>', 200, "$scenario: frames were looked at";
    is_deeply [grep { !/\Ablr?\z/ } @calls], [], "$scenario: a call stands before each return address";

    my $folder = File::Temp->newdir;
    ask($scenario, "report(output => '$folder/report.json');");
    my $report = decode_json(slurp("$folder/report.json"));
    ok $report, "$scenario: a report is written";
    like slurp("$folder/report.json"), qr/sysrq triggered crash/, "$scenario: and tells the panic";
    if ($lists_data) {
        like ask($scenario, 'bt'), qr/sysrq_handle_crash\+0x/, "$scenario: bt shows the trace the kernel logged";
    }
}

done_testing;
