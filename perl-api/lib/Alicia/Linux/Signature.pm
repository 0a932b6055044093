# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two dumps of the same fault never agree in addresses, PIDs or times, and compilers differ in what they inline or clone.
# What stays is the kind of stop and the functions that led to it. So a signature is made of names alone: no offsets, no
# suffixes of clones, a system call under one name whatever its wrappers are, a recursion once, nothing of how the kernel
# was entered, and nothing below an interrupt, since that interrupts whatever just runs.
package Alicia::Linux::Signature;

use v5.36;
use Digest::SHA qw(sha1_hex);
use Exporter 'import';
use Alicia::Text qw(visible);

our @EXPORT_OK = qw(signature_of normal_name normal_stack);

=head1 NAME

Alicia::Linux::Signature - by what the same crash is known again

=head1 SUBROUTINES

=head2 normal_name($symbol)

A function's name as signatures have it: C<fault_find> of C<fault_find.constprop.0>, C<sys_flock> of C<__x64_sys_flock>.

=cut

sub normal_name ($symbol) {
    my $name = $symbol =~ s/(?<=.)[.](?:constprop|isra|part|cold|llvm|lto_priv|clone|[0-9]).*\z//sr;
    $name =~ s/\A__(?:x64|ia32|x32|se|do|arm64)_(?=(?:compat_)?sys_)//;
    $name =~ s/_noprof\z//;
    return $name;
}

# How the kernel is entered and how threads begin; and code that runs things for others, whoever's turn it is.
my $entry = qr/\A(?:
      entry_ | asm_ | do_syscall_64 | x64_sys_call | do_int80 | do_fast_syscall_32 | __do_fast_syscall_32
    | ret_from_ | kthread\z | worker_thread\z | secondary_startup | common_startup | start_secondary | cpu_startup_entry
    | rest_init | start_kernel | x86_64_start
)/x;
my $boundary = qr/\A(?:
      handle_softirqs | __do_softirq | __softirqentry_text_start | do_softirq | __irq_exit_rcu | irq_exit
    | hrtimer_interrupt | __?sysvec_ | sysvec_ | common_interrupt | exc_ | handle_irq_event
)/x;
my $depth = 8;

=head2 normal_stack(@frames)

The names, with C<[module]> where there is one, that a signature takes from frames as L<Alicia::Linux::Stack> has them,
the innermost first; eight at most.

=cut

sub normal_stack (@frames) {
    my (@names, %seen);
    for my $frame (@frames) {
        next if $frame->{kind} eq 'guess';
        last if $frame->{kind} =~ /\A(?:irq|nmi|exception|user)\z/ && @names;
        my $name = normal_name($frame->{symbol} // next);
        last                           if $name =~ $boundary && @names;
        next                           if $name =~ $entry;
        $name .= " [$frame->{module}]" if length($frame->{module} // '');
        next                           if $seen{$name}++;
        push @names, $name;
        last if @names == $depth;
    }
    return @names;
}

=head2 signature_of($kind, @names)

A hash of C<text>, the readable form (C<kind: inner E<lt> outer>), and C<hash>, twelve hexadecimal digits of it.

=cut

sub signature_of ($kind, @names) {
    my $text = visible(join(': ', $kind, join(' < ', @names) || '(no stack)'));
    return {text => $text, hash => substr(sha1_hex($text), 0, 12)};
}

1;
