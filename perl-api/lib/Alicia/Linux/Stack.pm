# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Stack;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::FrameChain qw(has_frame_chain chain_trace);

our @EXPORT_OK = qw(unwind trace registers running_task stack_text saved_registers disassemble function_start
    function_end last_function);

=head1 NAME

Alicia::Linux::Stack - stack traces, processors' registers, machine code

=head1 SYNOPSIS

    for my $frame (unwind(get_addr 'init_task')) {
        printf "%s %s+0x%x\n", $frame->{pc}, $frame->{symbol} // '?', $frame->{offset} // 0;
    }
    print registers(0)->{rip}, "\n";
    print "$_->{address} $_->{mnemonic} $_->{operands}\n" for disassemble(get_addr('schedule'), 5);

=head1 DESCRIPTION

All of it needs the engine, and an x86_64 kernel with ORC tables. On aarch64 there are traces of tasks that don't run, by
frame pointers (L<Alicia::Linux::FrameChain>), and nothing else of this.

=head2 unwind($task)

The frames of a task's stack, the innermost first, each a hash:

    pc      the address of the frame's code: a return address, or where it was interrupted
    sp      its stack pointer
    slot    where on the stack pc was found
    stack   the stack it is on: task, IRQ, NMI, DOUBLEFAULT, DEBUG, MCE, VC, ENTRY; empty for user mode
    symbol, offset, module      of pc; absent where no symbol covers it, module empty for the kernel
    kind    call, exception, irq, nmi: how the frame was left; user: the registers of user mode, the last frame;
            guess: an address of code that lies on the stack, where the trace could not be followed any further
    regs    all registers, of every kind but call and guess, and of a running task's first frame: a hash of rip, rsp,
            rflags, rax, ... r15, orig_rax, cs, ss; some may be absent
    via     the tracer's trampoline that stands on the stack instead of pc (return_to_handler, arch_rethook_trampoline)

=head2 trace($task)

The same with what is known about it: a hash of C<frames>, C<problem> (why the trace ends before its end; empty where it
doesn't), C<cpu> (of a running task), C<source> (where that CPU's registers were found).

=cut

sub trace ($task) {
    return chain_trace($task) if has_frame_chain();
    my $trace = Alicia::_unwind($task);
    _name_kinds($trace);
    return $trace;
}

sub unwind ($task) {
    return @{trace($task)->{frames}};
}

# Code that stops the kernel and saves its own registers, by a call.
my $stopping = qr/\A(?:__)?(?:crash_kexec|machine_kexec|crash_save_cpu|panic|crash_nmi_callback)\b/;

# What interrupted a frame tells the name of the one before.
sub _name_kinds ($trace) {
    my $before = '';
    for my $frame (@{$trace->{frames}}) {
        my $symbol = $frame->{symbol} // '';
        if ($frame->{kind} eq 'interrupted') {
            $frame->{kind} =
                  $before =~ /nmi/                                ? 'nmi'
                : $before =~ /interrupt|sysvec|\Aret_from_intr\b/ ? 'irq'
                :                                                   'exception';
        } elsif ($frame->{kind} eq 'start') {
            $frame->{kind} =
                  !$frame->{regs} || $symbol =~ $stopping ? 'call'
                : _is_crashing_cpu($trace->{cpu})         ? 'exception'
                :                                           'nmi';
        }
        $before = $symbol;
    }
    return;
}

# The CPU that stopped the others. It hands on the registers of the exception; the others' are what an NMI interrupted.
sub _is_crashing_cpu ($cpu) {
    my $address = find_addr('crashing_cpu')                   // return 0;
    my $number  = eval { unpack 'l<', read_mem($address, 4) } // return 0;
    return defined $cpu && $cpu == $number;
}

=head2 last_function(@frames)

Of the frames of the task that panicked the one that stands for what was running: where the exception happened that ended
in an oops; what an NMI or a watchdog's interrupt interrupted; else the caller of panic(). Undef where no frame is.

=cut

my $from_oops =
    qr/\A(?:oops_end|oops_begin|die|__die|die_addr|page_fault_oops|do_trap|do_error_trap|handle_stack_overflow)\b/;
my $from_watchdog =
    qr/\A(?:watchdog_timer_fn|watchdog_overflow_callback|watchdog_hardlockup_check|rcu_sched_clock_irq)\b/;

sub last_function (@frames) {
    return            if !@frames;
    return $frames[0] if $frames[0]{kind} =~ /\A(?:exception|irq|nmi)\z/;
    my @names = map { $_->{symbol} // '' } @frames;
    my ($panic) =
        grep { $names[$_] =~ /\A(?:v?panic|nmi_panic)(?:\.|\z)/ && $frames[$_]{kind} ne 'guess' } reverse 0 .. $#frames;
    my $first  = defined $panic ? $panic + 1 : 0;
    my $reason = '';
    for my $index ($first .. $#frames) {
        my $kind = $frames[$index]{kind};
        return $frames[$index]
            if $kind eq 'nmi' || $kind eq 'exception' && $reason eq 'oops' || $kind eq 'irq' && $reason eq 'watchdog';
        last if $kind =~ /\A(?:exception|irq|user)\z/;
        $reason = 'oops'     if $names[$index] =~ $from_oops;
        $reason = 'watchdog' if $names[$index] =~ $from_watchdog;
    }
    return $frames[$first] // $frames[-1];
}

=head2 registers($cpu)

The registers that a CPU saved when the kernel stopped: a hash as C<regs> above, and C<source>. Dies where there are none.

=cut

sub registers ($cpu) {
    my $found = Alicia::_registers($cpu);
    return {%{$found->{regs}}, source => $found->{source}};
}

=head2 running_task($cpu)

The address of the task that a CPU runs.

=cut

sub running_task ($cpu) { return Alicia::_running($cpu) }

=head2 stack_text($task)

Every word on its stacks that is an address of code, from where the task stands: hashes of C<slot>, C<pc>, C<stack>,
C<symbol>, C<offset>, C<module>.

=cut

sub stack_text ($task) { return @{Alicia::_stack_text($task)} }

=head2 saved_registers($task)

What looks like registers saved on its stacks: hashes of C<address>, C<regs>, C<kind> (C<user> or C<interrupted>), and
C<symbol>, C<offset>, C<module> of rip.

=cut

sub saved_registers ($task) { return @{Alicia::_saved_registers($task)} }

=head2 disassemble($address, $count [, intel => 1])

At most $count instructions, AT&T syntax or Intel's: hashes of C<address>, C<bytes> (raw), C<mnemonic>, C<operands>,
C<symbol>, C<offset>, C<module>, and C<target> where a call, a jump or a rip-relative operand names an address: a hash of
C<address>, C<branch> (true for calls and jumps), C<symbol>, C<offset>, C<module>. The bytes are the dump's, so that text
patched while the kernel ran is shown as it was.

=cut

sub disassemble ($address, $count = 1, %options) {
    return @{Alicia::_disassemble($address, $count, $options{intel} ? 1 : 0)};
}

=head2 function_start($address), function_end($address)

Where the symbol begins that the address belongs to, and where the next one does; undef for an address without a symbol.

=cut

sub function_start ($address) {
    my $name = symbol_at($address) // return;
    return $name =~ /\+0x([0-9a-f]+)(?: \[|\z)/ ? $address - hex $1 : $address + 0;
}

sub function_end ($address) {
    my $start = function_start($address) // return;
    my $same  = sub ($where) { return (function_start($where) // -1) == $start };
    my $step  = 16;
    $step *= 2 while $step < 2**20 && $same->($start + $step);
    my ($inside, $outside) = ($start, $start + $step);
    while ($outside - $inside > 1) {
        my $middle = $inside + (($outside - $inside) >> 1);
        ($same->($middle) ? $inside : $outside) = $middle;
    }
    return $outside;
}

1;
