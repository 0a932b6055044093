# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::LoggedStack;

use v5.36;
use Exporter 'import';

our @EXPORT_OK = qw(logged_stack);

=head1 NAME

Alicia::Linux::LoggedStack - the stack trace that the kernel wrote to its log, as data

=head1 SUBROUTINES

=head2 logged_stack(@lines)

The last trace among the lines of a log (without times): a hash of C<frames>, as L<Alicia::Linux::Stack> has them but
without addresses other than in registers, C<cpu>, C<pid> and C<comm> where a line before the trace has them. Undef where
there is none. What the kernel marked with C<?> is left out: it only lay on the stack.

=cut

my $place    = qr/([\w.]+)\+0x([0-9a-f]+)\/0x[0-9a-f]+(?: \[(\w+)[^\]]*\])?/;
my $register = qr/\b(R[A-Z0-9]{2}|R[89]|EFLAGS|ORIG_RAX):[ ](?:[0-9a-f]{4}:)?([0-9a-f]+)/x;

sub logged_stack (@lines) {
    my ($trace) = grep { $lines[$_] =~ /\ACall [Tt]race:/ } reverse 0 .. $#lines;
    return if !defined $trace;
    my $first = $trace;
    $first-- while $first > 0 && $trace - $first < 40 && $lines[$first] !~ /\ACPU: \d+ /;
    my %found = (frames => []);
    if ($lines[$first] =~ /\ACPU: (\d+) (?:UID: \d+ )?PID: (\d+) Comm: (.*?) (?:Kdump: |Tainted: |Not tainted)/) {
        @found{qw(cpu pid comm)} = ($1, $2, $3);
    }
    my $last = $trace;
    $last++ while $last < $#lines && $lines[$last + 1] =~ /\A(?:[ ]|RIP|R[A-Z0-9]{2}:|RSP|Code|FS:|CS:|CR\d|<)/;
    _take(\%found, $_, $first) for @lines[$first .. $last];
    return \%found;
}

# One line: a frame, the place of an exception or interrupt, registers, or nothing of these.
sub _take ($found, $line, $first) {
    my $frames = $found->{frames};
    if ($line =~ /\ARIP: ([0-9a-f]{4}):(.*)/) {
        my ($segment, $where) = ($1, $2);
        my $before = @$frames ? $frames->[-1]{symbol} // '' : '';
        my $kind =
              hex($segment) & 3             ? 'user'
            : $before =~ /nmi/              ? 'nmi'
            : $before =~ /interrupt|sysvec/ ? 'irq'
            :                                 'exception';
        my %frame = (kind => $kind, regs => {}, stack => '');
        @frame{qw(symbol offset module)} = ($1, hex $2, $3 // '') if $where =~ $place;
        push @$frames, \%frame;
    } elsif ($line =~ /\Apc : $place/) {    # arm64, whose trace has it again
        push @$frames,
            {kind => 'exception', symbol => $1, offset => hex $2, module => $3 // '', stack => '', regs => {}};
    } elsif ($line =~ /\A[ ]{1,2}$place/) {
        my $last = $frames->[-1];
        return
               if $last
            && $last->{kind} eq 'exception'
            && !%{$last->{regs}}
            && $last->{symbol} eq $1
            && $last->{offset} == hex $2;
        push @$frames, {kind => 'call', symbol => $1, offset => hex $2, module => $3 // '', stack => ''};
    } elsif (@$frames && $frames->[-1]{regs}) {
        while ($line =~ /$register/g) {
            my ($name, $digits) = (lc $1, $2);
            $name = 'rflags' if $name eq 'eflags';
            $name =~ s/\Ar0/r/;
            no warnings 'portable';
            $frames->[-1]{regs}{$name} = hex $digits;
        }
    }
    return;
}

1;
