# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Context;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::System qw(panic_task current_task);

our @EXPORT_OK = qw(chosen_task context_task set_context where number);

=head1 NAME

Alicia::Linux::Context - the task that commands are about when none is named, and what words on a command line mean

=head1 SUBROUTINES

=cut

my $chosen;

=head2 chosen_task()

The address of the task last set; undef where none was.

=cut

sub chosen_task () { return $chosen }

=head2 context_task()

The address of that task: the one last set, else the one that panicked, else that of the first CPU.

=head2 set_context($address)

Sets it; undef: back to the first.

=cut

sub set_context ($address) {
    $chosen = $address;
    return;
}

sub context_task () {
    return $chosen if defined $chosen;
    my $task = panic_task();
    return defined $task ? $task->address : current_task((cpus())[0]);
}

=head2 where($word)

The address that a word on a command line means: a hexadecimal number, with or without C<0x>, or a symbol, either with
C<+> or C<-> and a distance behind it (decimal, or hexadecimal after C<0x>); C<symbol:CPU> for a per-CPU one. A symbol is
taken where both would do and the number is no kernel address. Dies where it means nothing.

=cut

sub where ($word) {
    my ($base, $sign, $distance) = $word =~ /\A(.+?)(?:([-+])(0x[[:xdigit:]]+|\d+))?\z/s or die "no address given\n";
    my $address = _base($base);
    return $address if !defined $sign;
    my $bytes = number($distance);
    return $sign eq '+' ? $address + $bytes : $address - $bytes;
}

sub _base ($word) {
    return get_addr($word) if $word !~ /\A(?:0x)?[[:xdigit:]]{1,16}\z/i && $word !~ /:/;
    return per_cpu($1, $2) if $word =~ /\A([A-Za-z_]\w*):(\d+)\z/;
    if ($word =~ /\A(?:0x)?([[:xdigit:]]{1,16})\z/i) {
        my $digits = $1;
        my $symbol = $word =~ /\A[A-Za-z_]/ && length $word < 8 ? find_addr($word) : undef;
        return $symbol // do { no warnings 'portable'; hex $digits };
    }
    die "no address: $word\n";
}

=head2 number($word)

A decimal number, or a hexadecimal one after C<0x>. Dies of anything else.

=cut

sub number ($word) {
    no warnings 'portable';
    return hex $word if $word =~ /\A0x[[:xdigit:]]{1,16}\z/i;
    return $word + 0 if $word =~ /\A\d{1,18}\z/;
    die "no number: $word\n";
}

1;
