# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Arguments;

use v5.36;
use Alicia;
use Exporter 'import';

our @EXPORT_OK = qw(arguments environment);

=head1 NAME

Alicia::Linux::Arguments - what a process was started with

=head1 DESCRIPTION

Arguments and environment lie in the process's own memory, on pages that a dump has at levels without bit 8
(makedumpfile's C<-d>) alone.

=head1 SUBROUTINES

=head2 arguments($task), environment($task)

Lists of texts, as the process has them now, of the task at this address; empty for a kernel thread. Die with the reason
where the pages are not in the dump.

=cut

my $most  = 2 << 20;    # bytes; the kernel lets a quarter of the stack be used
my $chunk = 4096;

sub arguments   ($task) { return _texts($task, 'arg') }
sub environment ($task) { return _texts($task, 'env') }

sub _texts ($task, $kind) {
    return if kernel($task, 'struct task_struct', 'mm', 'void *') == 0;
    my ($at, $end) =
        map { kernel($task, 'struct task_struct', "mm->${kind}_$_", 'unsigned long') } qw(start end);
    my $bytes = $end - $at;
    return if $bytes == 0;
    die sprintf "its pages begin at 0x%x and end at 0x%x\n", $at, $end if $bytes < 0 || $bytes > $most;
    my $text = '';
    while ($at < $end) {
        my $part = $chunk - $at % $chunk;
        $part = $end - $at if $part > $end - $at;
        $text .= read_user($task, $at, $part);
        $at += $part;
    }
    return split /\0/, $text =~ s/\0+\z//r, -1;
}

1;
