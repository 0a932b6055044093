# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Module;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Text qw(visible hexadecimal);

our @EXPORT_OK = qw(modules taint_letters kernel_taint module_table);

=head1 NAME

Alicia::Linux::Module - loaded kernel modules

=head1 SUBROUTINES

=head2 modules()

One hash a module, oldest last as in C</proc/modules>: C<address> (of its C<struct module>), C<name>, C<base> and C<size>
(bytes; of all that stays in memory, as C</proc/modules> counts), C<references>, C<users> (names of the modules that use
it), C<state> (Live, Loading, Unloading), C<taint> (letters).

=cut

my @state_name = ('Live', 'Loading', 'Unloading', 'Unformed');

sub modules () {
    return map { _module($_->address) } list_entries(get_addr('modules'), 'struct module', 'list');
}

sub _module ($address) {
    my $get   = sub (@how) { kernel($address, 'struct module', @how) };
    my $state = $get->('state');
    my ($base, $size) = _layout($address, $get);
    my %module = (
        address    => $address,
        name       => $get->('name', 'char *'),
        base       => $base,
        size       => $size,
        state      => $state_name[$state] // $state,
        taint      => has_member('struct module', 'taints')         ? taint_letters($get->('taints')) : '',
        references => has_member('struct module', 'refcnt.counter') ? $get->('refcnt.counter') - 1    : undef,
        users      => [],
    );
    if (has_member('struct module', 'source_list')) {
        my @users =
            list_entries($address + offsetof('struct module', 'source_list'), 'struct module_use', 'source_list');
        $module{users} =
            [map { kernel(kernel($_, 'struct module_use', 'source'), 'struct module', 'name', 'char *') } @users];
    }
    return \%module;
}

# Text and data lie in one block each (core and init) up to 6.3, and in a block for each kind of use since.
sub _layout ($address, $get) {
    if (has_member('struct module', 'core_layout')) {
        return ($get->('core_layout.base'), $get->('core_layout.size') + $get->('init_layout.size'));
    }
    my $size = 0;
    $size += $get->("mem[$_].size") for 0 .. _kinds_of_memory() - 1;
    return ($get->('mem[0].base'), $size);
}

# The elements of `mem`, which `arch` follows.
sub _kinds_of_memory () {
    state $count = do {
        my $bytes = offsetof('struct module', 'arch') - offsetof('struct module', 'mem');
        my $found = int($bytes / sizeof('struct module_memory'));
        die "struct module has $found kinds of memory\n" if $found < 1 || $found > 32;
        $found;
    };
    return $count;
}

# What the letters mean and which bit each has is said by the kernel's own table.
sub _letters () {
    state $letters = do {
        my @found;
        my $table = find_addr('taint_flags');
        if (defined $table && has_type('struct taint_flag')) {
            my $one = sizeof('struct taint_flag');
            my ($true, $false) = map { offsetof('struct taint_flag', $_) } qw(c_true c_false);
            for my $bit (0 .. 31) {
                my $flag   = eval { read_mem($table + $one * $bit, $one) } // last;
                my $letter = substr $flag, $true, 1;
                last if $letter !~ /[A-Z]/ || substr($flag, $false, 1) !~ /[A-Z ]/;
                push @found, $letter;
            }
        }
        @found ? \@found : [split //, 'PFSRMBUDAWCIOELKXTN'];
    };
    return $letters;
}

=head2 taint_letters($mask), kernel_taint()

The letters of a taint mask; the whole kernel's mask as letters, empty where nothing tainted it.

=cut

sub taint_letters ($mask) {
    my $letters = _letters();
    return join '', map { $letters->[$_] // "[$_]" } grep { $mask >> $_ & 1 } 0 .. 31;
}

sub kernel_taint () {
    return taint_letters(get_mem(get_addr('tainted_mask'), 1, 8));
}

=head2 module_table()

The columns and rows of C<mod>, as L<Alicia::Text/table> has them.

=cut

sub module_table () {
    my @rows = map {
        [
            hexadecimal($_->{address}), visible($_->{name}),
            hexadecimal($_->{base}),    $_->{size},
            '(not loaded)  [CONFIG_KALLSYMS]'
        ]
    } sort { $a->{base} <=> $b->{base} } modules();
    return ([qw(=MODULE NAME =BASE +SIZE), 'OBJECT FILE'], \@rows);
}

1;
