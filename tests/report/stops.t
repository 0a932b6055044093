# SPDX-License-Identifier: GPL-3.0-or-later
# The rules on logs alone, as kernels of several ages and architectures write them: for kinds of stop that no guest of the
# factory dies of, and for wordings that its kernels don't use. The dump behind gives nothing but a program that runs.
use v5.36;
use Test::More;
use Alicia::Test     qw(alicia dump_folder spew);
use Cpanel::JSON::XS ();
use File::Temp       qw(tempdir);

my $trace = <<'LOG';
CPU: 1 PID: 77 Comm: victim Tainted: G        W  O      5.15.0 #1
Hardware name: QEMU
RIP: 0010:my_read+0x15/0x30 [mymod]
RSP: 0018:ffffd0ed004a3d70 EFLAGS: 00010246
RAX: 0000000000000000 RBX: ffff888100000000 RCX: 0000000000000000
Call Trace:
 <TASK>
 my_ioctl+0xba/0x150 [mymod]
 __x64_sys_ioctl+0x91/0xc0
 do_syscall_64+0x5c/0xc0
 entry_SYSCALL_64_after_hwframe+0x44/0xae
 </TASK>
LOG
my $fatal = "Kernel panic - not syncing: Fatal exception\n";

sub panicking ($why, @frames) {
    return "Kernel panic - not syncing: $why\nCPU: 0 PID: 1 Comm: task Not tainted 5.15.0 #1\nCall Trace:\n" . join '',
        map {" $_+0x10/0x20\n"} 'dump_stack', 'panic', @frames;
}

# Name, log, kind, function (undef: any), and what the sentence says.
my @cases = (
    [
        'a null pointer in a system call of init',
        "BUG: kernel NULL pointer dereference, address: 0000000000000018\n$trace"
            . panicking('Attempted to kill init! exitcode=0x00000009', 'do_exit', 'make_task_dead'),
        'null dereference',
        undef,
        qr/address 0x18/
    ],
    [
        'a null pointer, up to 5.0',
        "BUG: unable to handle kernel NULL pointer dereference at 0000000000000018\n$trace$fatal",
        'null dereference',
        'my_read', qr/address 0x18 in my_read\+0x15 of module mymod/
    ],
    [
        'a null pointer, arm64',
        "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010\n"
            . "Internal error: Oops: 96000004 [#1] SMP\nCPU: 2 PID: 9 Comm: victim Not tainted 6.1.0 #1\n"
            . "pc : my_read+0x18/0x40 [mymod]\nlr : my_ioctl+0x20/0x80 [mymod]\nCall trace:\n"
            . " my_read+0x18/0x40 [mymod]\n my_ioctl+0x20/0x80 [mymod]\n el0_svc+0x2c/0x90\n$fatal",
        'null dereference',
        'my_read',
        qr/address 0x10 in my_read\+0x18 of module mymod, called from my_ioctl/
    ],
    [
        'a page fault',
        "BUG: unable to handle page fault for address: ffffc90001234000\n#PF: supervisor write access in kernel mode\n"
            . "#PF: error_code(0x0002) - not-present page\nOops: 0002 [#1] SMP NOPTI\n$trace$fatal",
        'wild dereference',
        'my_read',
        qr/wrote address 0xffffc90001234000/
    ],
    [
        'a paging request, up to 4.20',
        "BUG: unable to handle kernel paging request at ffffc90001234000\nOops: 0000 [#1] SMP\n$trace$fatal",
        'wild dereference',
        'my_read', qr/address 0xffffc90001234000/
    ],
    [
        'a general protection fault',
        "general protection fault, probably for non-canonical address 0x1122334455667788: 0000 [#1] SMP PTI\n$trace$fatal",
        'wild dereference',
        'my_read',
        qr/That is no address at all/
    ],
    [
        'a general protection fault, old',
        "general protection fault: 0000 [#1] SMP\n$trace$fatal",
        'wild dereference',
        'my_read', qr/bad address/
    ],
    [
        'code that is none',
        "kernel tried to execute NX-protected page - exploit attempt? (uid: 0)\n"
            . "BUG: unable to handle page fault for address: ffff888100000000\n#PF: supervisor instruction fetch in kernel mode\n$trace$fatal",
        'wild dereference',
        'my_read',
        qr/ran address/
    ],
    [
        'an entry that left its list',
        "general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] SMP\n$trace$fatal",
        'list corruption',
        'my_read',
        qr/was removed from a list/
    ],
    [
        'a list, checked',
        "list_add corruption. prev->next should be next (ffff888100000248), but was 6b6b6b6b6b6b6b6b. (prev=ffff8881000004d8).\n"
            . "------------[ cut here ]------------\nkernel BUG at lib/list_debug.c:28!\ninvalid opcode: 0000 [#1] SMP\n"
            . ($trace =~ s/my_read\+0x15\/0x30 \[mymod\]/__list_add_valid.cold+0x26\/0x28/r)
            . $fatal,
        'list corruption',
        'my_ioctl',
        qr/added an entry.*memory had been freed/
    ],
    [
        'KASAN on memory that is free',
        "==================================================================\n"
            . "BUG: KASAN: use-after-free in my_read+0x15/0x30 [mymod]\nRead of size 8 at addr ffff888100000020 by task victim/77\n$trace"
            . panicking('kasan.fault=panic set ...')
            . $fatal,
        'use after free',
        undef,
        qr/used memory|address/
    ],
    [
        'SLUB on an object freed twice',
        "=============================================================================\n"
            . "BUG kmalloc-64 (Tainted: G    B      O   ): Object already free\n"
            . "-----------------------------------------------------------------------------\n"
            . "general protection fault: 0000 [#1] SMP\n"
            . ($trace =~ s/my_read\+0x15\/0x30 \[mymod\]/kfree+0x26\/0x280/r)
            . $fatal,
        'double free',
        'my_ioctl',
        qr/slab cache kmalloc-64 that was free already/
    ],
    [
        'a BUG',
        "------------[ cut here ]------------\nkernel BUG at drivers/my.c:12!\ninvalid opcode: 0000 [#1] SMP\n$trace$fatal",
        'BUG',
        'my_read',
        qr/source at drivers\/my\.c:12\./
    ],
    ['a division', "divide error: 0000 [#1] SMP PTI\n$trace$fatal", 'oops', 'my_read', qr/divided by zero/],
    [
        'an invalid instruction', "invalid opcode: 0000 [#1] SMP PTI\n$trace$fatal", 'oops', 'my_read',
        qr/no instruction/
    ],
    [
        'a double fault',
        "traps: PANIC: double fault, error_code: 0x0\ndouble fault: 0000 [#1] SMP\n$trace"
            . "Kernel panic - not syncing: Machine halted.\n",
        'oops',
        'my_read',
        qr/faulted while it handled a fault/
    ],
    [
        'a stack that was written over',
        panicking(
            'stack-protector: Kernel stack is corrupted in: my_read+0x99/0xa0 [mymod]', '__stack_chk_fail',
            'my_read'
        ),
        'stack overflow',
        undef,
        qr/overwritten/
    ],
    [
        'the end of a stack',
        panicking('corrupted stack end detected inside scheduler', '__schedule'),
        'stack overflow',
        undef, qr/overwritten/
    ],
    [
        'a machine check',
        "mce: [Hardware Error]: CPU 3: Machine Check Exception: 5 Bank 4: be00000000800400\n"
            . "mce: [Hardware Error]: TSC 0 ADDR fef81880 MISC 0\nKernel panic - not syncing: Fatal machine check\n",
        'machine check',
        undef,
        qr/hardware reported an error/
    ],
    [
        'a machine check, elsewhere',
        "Kernel panic - not syncing: Timeout: Not all CPUs entered broadcast exception handler: Machine check\n",
        'machine check',
        undef, qr/hardware/
    ],
    [
        'a hard lockup',
        "NMI watchdog: Watchdog detected hard LOCKUP on cpu 1\n$trace"
            . panicking('Hard LOCKUP', 'watchdog_overflow_callback'),
        'hard lockup',
        undef,
        qr/interrupts off/
    ],
    [
        'an NMI',
        "Kernel panic - not syncing: 00: An NMI occurred. Depending on your system the reason for the NMI is logged in any one\n",
        'NMI',
        undef,
        qr/comes from outside/
    ],
    [
        'an I/O check', panicking('NMI IOCK error: Not continuing', 'io_check_error'),
        'NMI', undef, qr/comes from outside/
    ],
    [
        'a soft lockup, up to 4.13',
        "NMI watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [victim:77]\n$trace"
            . panicking('softlockup: hung tasks', 'watchdog_timer_fn'),
        'soft lockup',
        undef,
        qr/for 22s/
    ],
    [
        'a stall of others',
        "rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\nrcu: \t1-....: (1 GPs behind) idle=3ca/1/0x4000000000000002\n"
            . panicking('RCU Stall', 'rcu_sched_clock_irq'),
        'RCU stall',
        undef,
        qr/RCU could not go on/
    ],
    [
        'nothing left to kill',
        "victim invoked oom-killer: gfp_mask=0x0\n" . panicking('System is deadlocked on memory', 'out_of_memory'),
        'out of memory',
        undef, qr/no process was left/
    ],
    [
        'a hung task',
        "INFO: task victim:77 blocked for more than 120 seconds.\n"
            . panicking('hung_task: blocked tasks', 'watchdog', 'kthread'),
        'hung task',
        undef,
        qr/longer than the kernel tolerates/
    ],
    [
        'a warning',
        "------------[ cut here ]------------\nWARNING: CPU: 1 PID: 77 at net/my.c:5 my_read+0x15/0x30 [mymod]\n"
            . panicking('panic_on_warn set ...', '__warn', 'my_read'),
        'warning',
        undef,
        qr/net\/my\.c:5/
    ],
    [
        'a warning, later',
        "WARNING: CPU: 1 PID: 77 at net/my.c:5 my_read+0x15/0x30\n"
            . panicking('kernel: panic_on_warn set ...', 'check_panic_on_warn', '__warn'),
        'warning',
        undef,
        qr/panic_on_warn/
    ],
    [
        'the end of init',
        panicking('Attempted to kill init! exitcode=0x0000000b', 'do_exit'),
        'panic call', undef, qr/first process \(init\) ended/
    ],
    [
        'no root',    panicking('VFS: Unable to mount root fs on unknown-block(0,0)', 'mount_block_root'),
        'panic call', undef, qr/root file system was not found/
    ],
    [
        'a panic of some code',
        panicking('my device is on fire', 'my_read'),
        'panic call', undef, qr/words: my device is on fire\./
    ],
    [
        'sysrq',
        "sysrq: Trigger a crash\n" . panicking('sysrq triggered crash', 'sysrq_handle_crash', '__handle_sysrq'),
        'sysrq', 'sysrq_handle_crash', qr/on purpose/
    ],
    ['nothing', "systemd[1]: Started something.\nusb 1-1: new device\n", 'unknown', undef, qr/No rule knows/],
);

# All of them in one run of the program.
my $folder = tempdir(CLEANUP => 1);
spew("$folder/cases.json", Cpanel::JSON::XS->new->utf8->encode([map { $_->[1] } @cases]));
my $code = <<'CODE';
use Alicia::Linux::What qw(what_happened); use Alicia::Linux::Stack; use Cpanel::JSON::XS;
no warnings; *Alicia::Linux::Stack::trace = sub { die "no stacks\n" }; *Alicia::Linux::Stop::running_task = sub { die "no tasks\n" }; *Alicia::Linux::Stop::panic_cpu = sub { return };
my $cases = decode_json(do { local $/; open my $in, "<", "FILE" or die; <$in> });
my @found = map { my $n = 0; my @records = map { {text => $_, nanoseconds => ++$n * 1000} } split /\n/, $_;
    my $what = what_happened(records => sub { @records }, processes => sub { () });
    +{kind => $what->{kind}, sentence => $what->{sentence}, functions => $what->{functions}, signature => $what->{signature}{text}, known => [map { $_->{name} } @{$what->{known}}], lacks => $what->{lacks}} } @$cases;
print encode_json(\@found);
CODE
my $run =
    alicia('-q', '-e', $code =~ s/FILE/$folder\/cases.json/r =~ s/\n/ /gr, dump_folder('sysrq-6.1') . '/dump.kdump');
is $run->{err}, '', 'nothing complained of';
my $found = Cpanel::JSON::XS->new->utf8->decode($run->{out} || '[]');

for my $index (0 .. $#cases) {
    my ($name, $log, $kind, $function, $sentence) = @{$cases[$index]};
    my $what = $found->[$index] // {};
    subtest $name => sub {
        is $what->{kind}, $kind, 'the kind';
        is_deeply $what->{functions}, [$function], 'the function' if defined $function;
        like $what->{sentence},   $sentence,              'the sentence';
        unlike $what->{sentence}, qr/ARRAY|HASH|  |\.\./, 'is one';
        is_deeply [grep { !/no (?:stacks|tasks|CPU)/ } @{$what->{lacks}}], [], 'no rule failed';
    };
}
done_testing;
