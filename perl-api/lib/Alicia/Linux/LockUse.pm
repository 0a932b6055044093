# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a lock is, by the code that takes it: where two types look alike in memory, the function that a caller hands the
# lock to tells a spinlock from one for readers and writers, and which function the caller is tells two locks of one name
# from each other. What is looked for is plain code only: the lock's address goes into the register of a first argument,
# and the next call is of a function that takes locks of that type. So what is found is so, and often nothing is.
package Alicia::Linux::LockUse;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::Stack qw(disassemble);

our @EXPORT_OK = qw(type_by_use);

=head1 NAME

Alicia::Linux::LockUse - what a lock is, by the code that takes it (x86_64)

=head1 SUBROUTINES

=head2 type_by_use($address, \%takers)

Of the types that are the keys of C<takers> the one whose functions (a list of names each) take the lock at this address as
one of that type; undef where no function does, or those of several types.

=cut

my $spinning = qr/\A_raw_spin_(?:try)?lock/;
my %taking   = (
    'spinlock_t'      => qr/$spinning|\Art_spin_(?:try)?lock/,
    'raw_spinlock_t'  => $spinning,
    'arch_spinlock_t' => qr/\A(?:native_|__pv_)?queued_spin_lock_slowpath\z/,
    'rwlock_t'        => qr/\A(?:_raw|rt)_(?:read|write)_(?:try)?lock/,
);

sub type_by_use ($address, $takers) {
    my @found;
    for my $type (grep { $taking{$_} } sort keys %$takers) {
        push @found, $type if grep {
            eval { _takes($_, $address, $taking{$type}) }
        } @{$takers->{$type}};
    }
    return @found == 1 ? $found[0] : undef;
}

# Whether the function does so.
sub _takes ($function, $address, $taking) {
    my $start  = find_addr($function) // return 0;
    my $loaded = 0;
    for my $line (_instructions($function, $start)) {
        my ($mnemonic, $operands) = @$line{qw(mnemonic operands)};
        if ($mnemonic =~ /\A(?:call|jmp|ret)/) {
            return 1 if $loaded && $mnemonic =~ /\Acall/ && ($line->{target}{symbol} // '') =~ $taking;
            $loaded = 0;
        } elsif ($operands =~ /%[re]?dil?\b(?![^(]*\))/) {
            $loaded = (_constant($line) // 0) == $address;
        }
    }
    return 0;
}

my $most = 1 << 14;    # bytes of a function that are looked at

sub _instructions ($function, $start) {
    my ($end, @all) = ($start);
    while ($end - $start < $most) {
        my @lines = disassemble($end, 64) or last;
        my @own   = grep { ($_->{symbol} // '') eq $function } @lines;
        push @all, @own;
        last if @own < @lines;
        $end = $all[-1]{address} + length $all[-1]{bytes};
    }
    return @all;
}

# What the instruction puts into the whole register, where it is an address: `mov $NUMBER,%rdi`, `lea OFFSET(%rip),%rdi`.
sub _constant ($line) {
    return unpack 'Q', pack 'q', unpack 'x3 l<', $line->{bytes} if $line->{bytes} =~ /\A\x48\xc7\xc7.{4}\z/s;
    return $line->{target}{address} if $line->{bytes} =~ /\A\x48\x8d\x3d/;
    return;
}

1;
