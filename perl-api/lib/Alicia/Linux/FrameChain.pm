# SPDX-License-Identifier: GPL-3.0-or-later
#
# An aarch64 kernel keeps frame pointers: x29 points to two words, the caller's x29 and the return address, and so on up
# the stack, to a record of two zeros where the kernel was entered. Of a task that doesn't run, __switch_to left x29, sp
# and pc in thread.cpu_context. Where return addresses are signed (pointer authentication), VMCOREINFO has the bits the
# signature takes.
package Alicia::Linux::FrameChain;

use v5.36;
no warnings 'portable';    # addresses of 64 bits
use Alicia;
use Exporter 'import';
use Scalar::Util qw(dualvar);

our @EXPORT_OK = qw(has_frame_chain chain_trace);

=head1 NAME

Alicia::Linux::FrameChain - traces of aarch64 tasks, by frame pointers

=head1 SUBROUTINES

=head2 has_frame_chain()

Whether the kernel is one whose stacks are read so.

=cut

sub has_frame_chain () {
    state $has;
    $has //=
        eval { has_type('struct cpu_context') && has_member('struct thread_struct', 'cpu_context') } ? 1 : 0;
    return $has;
}

=head2 chain_trace($task)

As L<Alicia::Linux::Stack> has a trace: a hash of C<frames>, C<problem> and C<source>. Dies for a task that runs on a CPU:
where that left its registers isn't known.

=cut

my $most_frames = 500;

sub chain_trace ($task) {
    my $type = 'struct task_struct';
    die "the task runs on a CPU, whose registers are not in its task_struct\n" if kernel($task, $type, 'on_cpu');
    my $begin = kernel($task, $type, 'stack', 'unsigned long') or die "the task has no stack any more\n";
    my $end   = $begin + _stack_bytes();
    my %saved = map { $_ => kernel($task, $type, "thread.cpu_context.$_", 'unsigned long') } qw(fp sp pc);

    my @frames  = (_frame($saved{pc}, $saved{sp}, $saved{sp}));
    my $problem = '';
    my $record  = $saved{fp};
    my $least   = $begin;
    while (1) {
        if ($record & 7 || $record < $least || $record > $end - 16) {
            $problem = sprintf 'the next frame pointer, 0x%x, does not lead on', $record;
            last;
        }
        my $words = eval { read_mem($record, 16) };
        if (!defined $words) {
            $problem = "$@" =~ s/\s+\z//r;
            last;
        }
        my ($next, $return) = unpack 'Q<2', $words;
        last if $next == 0 && $return == 0;
        push @frames, _frame($return, $record + 16, $record + 8);
        last if $next == 0;
        if (@frames > $most_frames) {
            $problem = "more than $most_frames frames";
            last;
        }
        ($record, $least) = ($next, $record + 16);
    }
    return {frames => \@frames, problem => $problem, source => ''};
}

sub _frame ($pc, $sp, $slot) {
    my $code  = $pc | _signature_bits();
    my %frame = (kind => 'call', stack => 'task');
    @frame{qw(pc sp slot)} = map { dualvar $_, sprintf '0x%016x', $_ } $code, $sp, $slot;

    # Of the call, not of what follows it: that may be another function.
    if ((symbol_at($code - 1) // '') =~ /\A(.+?)(?:\+0x([0-9a-f]+))?(?: \[(.+)\])?\z/) {
        @frame{qw(symbol offset module)} = ($1, hex($2 // 0) + 1, $3 // '');
    }
    return \%frame;
}

# What the signature of a return address of the kernel takes: set bits in a plain address.
sub _signature_bits () {
    state $bits;
    $bits //= hex(eval { vmcoreinfo('NUMBER(KERNELPACMASK)') } // 0);
    return $bits;
}

# THREAD_SIZE: that of init_task's stack.
sub _stack_bytes () {
    state $bytes;
    $bytes //= eval { sizeof('union thread_union') } // 16384;
    return $bytes;
}

1;
