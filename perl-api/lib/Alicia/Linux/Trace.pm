# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Trace;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::Log     ();
use Alicia::Linux::Process qw(task_cpu);
use Alicia::Text           qw(visible hexadecimal);

our @EXPORT_OK = qw(logged_trace task_title task_text debugger_is_there);

=head1 NAME

Alicia::Linux::Trace - stack traces

=head1 SUBROUTINES

=head2 logged_trace(@records)

The last stack trace that the kernel wrote to its log, with the registers around it, as text; undef where it wrote none.

=cut

sub logged_trace (@records) {
    my @stop = map { split /\n/, $_->{text} } Alicia::Linux::Log::last_oops(@records);
    my $first;
    for my $index (reverse 0 .. $#stop) {
        next if $stop[$index] !~ /\ACall [Tt]race:/;
        $first = $index;
        last;
    }
    return if !defined $first;
    my $register =
        qr/\A(?:RIP: |RSP: |R[A-Z0-9][A-Z0-9]: |E[A-Z]{2}: |[FGD]S: ?|CS: |CR[0-9]: |DR[0-9]: |PKRU|Code: |EIP: )/;
    $first-- while $first > 0 && $stop[$first - 1] =~ $register;
    my $last = $first;
    $last++ while $last < $#stop && $stop[$last + 1] =~ /\A(?: |Call [Tt]race:|<)|$register/;
    return join '', map {"$_\n"} @stop[$first .. $last];
}

=head2 task_title($address)

crash's line about a task: C<PID: 1  TASK: ...  CPU: 0  COMMAND: "init">.

=cut

sub task_title ($address) {
    return sprintf "PID: %-7d  TASK: %s  CPU: %-3d  COMMAND: \"%s\"\n",
        kernel($address, 'struct task_struct', 'pid'), hexadecimal($address), task_cpu($address),
        visible(kernel($address, 'struct task_struct', 'comm', 'char *'));
}

=head2 task_text($address, $brief)

The task's title and its C<task_struct> in C form, small structs within it in a line; where $brief is true, without the
members that are zero.

=cut

sub task_text ($address, $brief = 0) {
    return
          task_title($address)
        . 'struct task_struct '
        . Alicia::c_value('struct task_struct', $address, '', 0, 120, $brief) . "\n";
}

=head2 debugger_is_there()

True where a debugger stands behind the prompt.

=cut

sub debugger_is_there () {
    return Alicia::has_debugger();
}

1;
