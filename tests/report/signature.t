# SPDX-License-Identifier: GPL-3.0-or-later
# What signatures are made of: names that a rebuild, another boot or another machine doesn't change.
use v5.36;
use FindBin qw($Bin);
use lib "$Bin/../../perl-api/lib";
use Test::More;
use Alicia::Linux::LoggedStack qw(logged_stack);
use Alicia::Linux::Signature   qw(normal_name normal_stack signature_of);

my %name = (
    'fault_find'              => 'fault_find',
    'fault_find.constprop.0'  => 'fault_find',
    'count_vm.isra.0.part.1'  => 'count_vm',
    'watchdog.cold'           => 'watchdog',
    'tick.llvm.1234567890'    => 'tick',
    'alloc_pages_noprof'      => 'alloc_pages',
    '__x64_sys_flock'         => 'sys_flock',
    '__ia32_compat_sys_ioctl' => 'compat_sys_ioctl',
    '__do_sys_flock'          => 'sys_flock',
    'ksys_write'              => 'ksys_write',
    '.text'                   => '.text',
);
is normal_name($_), $name{$_}, $_ for sort keys %name;

sub frames (@names) {
    return map { /\A(\w+): ?(\S+)(?: \[(\w+)\])?\z/ ? {kind => $1, symbol => $2, module => $3 // ''} : () } @names;
}

is_deeply [
    normal_stack(
        frames(
            'exception: f.cold [m]',
            'call: f [m]',
            'call: g.isra.0',
            'guess: junk',
            'call: f [m]',
            'call: __x64_sys_x',
            'call: __do_sys_x',
            'call: do_syscall_64',
            'user: -'
        )
    )
    ],
    ['f [m]', 'g', 'sys_x'], 'clones, recursion, guesses and the entry code';
is_deeply [
    normal_stack(frames('exception: f', 'call: call_timer_fn', 'call: handle_softirqs', 'call: sysvec_x', 'irq: idle'))
    ],
    ['f', 'call_timer_fn'], 'nothing below an interrupt';
is_deeply [normal_stack(frames('nmi: spin', 'call: kthread', 'call: ret_from_fork'))], ['spin'], 'a thread';
is scalar(normal_stack(frames(map {"call: f$_"} 1 .. 20))), 8, 'eight at most';
is_deeply [normal_stack()], [], 'of nothing nothing';

my $one = signature_of('BUG', 'f', 'g');
is $one->{text},                'BUG: f < g',                           'readable';
is $one->{hash},                signature_of('BUG', 'f', 'g')->{hash},  'the same of the same';
isnt $one->{hash},              signature_of('BUG', 'f', 'h')->{hash},  'another of another stack';
isnt $one->{hash},              signature_of('oops', 'f', 'g')->{hash}, 'and of another kind';
is signature_of('BUG')->{text}, 'BUG: (no stack)',                      'without a stack';

subtest 'the trace in a log' => sub {
    my $trace = logged_stack(split /\n/, <<'LOG');
Call Trace:
 older+0x1/0x2
CPU: 3 UID: 0 PID: 42 Comm: a b Kdump: loaded Tainted: G           OE      6.12.0 #1
RIP: 0010:fault_null+0x15/0x30 [alicia_fault]
RSP: 0018:ffffd0ed004a3d70 EFLAGS: 00000246
RAX: 0000000000000000 RBX: ffffffffc03402c0 R08: 00000000000000ff
Call Trace:
 <TASK>
 ? guess+0x1/0x2
 fault_write+0xba/0x150 [alicia_fault]
 vfs_write+0xf8/0x450
RIP: 0033:0x47b7a0
RAX: ffffffffffffffda
 </TASK>
Modules linked in: x
LOG
    is "$trace->{cpu} $trace->{pid} $trace->{comm}", '3 42 a b', 'whose it is';
    is_deeply [
        map {
            join ' ', grep {length} $_->{kind}, $_->{symbol} // '-', $_->{module} // ''
        } @{$trace->{frames}}
        ],
        ['exception fault_null alicia_fault', 'call fault_write alicia_fault', 'call vfs_write', 'user -'], 'frames';
    is sprintf('%x', $trace->{frames}[0]{regs}{rbx}), 'ffffffffc03402c0', 'a register';
    is $trace->{frames}[0]{regs}{r8},                 0xff,               'another name in the log';
    is $trace->{frames}[0]{regs}{rflags},             0x246,              'flags';
    is logged_stack('nothing', 'here'),               undef,              'none';
};
done_testing;
