# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Module;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Text qw(visible hexadecimal);

our @EXPORT_OK = qw(modules module_parameters taint_letters kernel_taint module_table);

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
    state $count;
    $count //= do {
        my $bytes = offsetof('struct module', 'arch') - offsetof('struct module', 'mem');
        my $found = int($bytes / sizeof('struct module_memory'));
        die "struct module has $found kinds of memory\n" if $found < 1 || $found > 32;
        $found;
    };
    return $count;
}

# What the letters mean and which bit each has is said by the kernel's own table.
sub _letters () {
    state $letters;
    $letters //= do {
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

=head2 module_parameters($address)

The parameters of the module whose C<struct module> is there, and their values as F</sys/module/NAME/parameters> shows
them: a list of [name, text]. Kinds of parameters that this does not know are left out.

=cut

# How the kernel's own kinds of parameters are read: from the pointer at their value.
my %unsigned = (1 => 'C', 2 => 'S<', 4 => 'L<', 8 => 'Q<');
my %signed   = (1 => 'c', 2 => 's<', 4 => 'l<', 8 => 'q<');
my %number   = (
    byte   => [1,      \%unsigned],
    short  => [2,      \%signed],
    ushort => [2,      \%unsigned],
    int    => [4,      \%signed],
    uint   => [4,      \%unsigned],
    ullong => [8,      \%unsigned],
    bint   => [4,      \%signed],
    long   => ['long', \%signed],
    ulong  => ['long', \%unsigned],
    hexint => [4,      \%unsigned],
);
my $most = 256;    # parameters of a module, and elements of one

sub module_parameters ($address) {
    my $table = kernel($address, 'struct module', 'kp', 'void *');
    my $count = kernel($address, 'struct module', 'num_kp');
    return         if $table == 0;
    $count = $most if $count > $most;
    my @found;
    for my $index (0 .. $count - 1) {
        my $at    = $table + $index * sizeof('struct kernel_param');
        my $kind  = _kind(kernel($at, 'struct kernel_param', 'ops', 'void *'));
        my $name  = kernel($at, 'struct kernel_param', 'name', 'char *')                        // next;
        my $value = eval { _value($kind, kernel($at, 'struct kernel_param', 'arg', 'void *')) } // next;
        push @found, [$name, $value];
    }
    return @found;
}

sub _kind ($operations) {
    my $symbol = symbol_at($operations) // return '';
    return $symbol =~ /\Aparam_(?:ops_(\w+)|array_(ops))\z/ ? $1 // 'array' : '';
}

sub _value ($kind, $at) {
    return _array($at)                                                                if $kind eq 'array';
    return read_string(kernel($at, 'struct kparam_string', 'string', 'void *'), 4096) if $kind eq 'string';
    if ($kind eq 'charp') {
        my $text = read_ptr($at);
        return $text == 0 ? '(null)' : read_string($text, 4096);
    }
    if ($kind =~ /\A(inv)?bool\z/) { return (unpack('C', read_mem($at, 1)) xor $1) ? 'Y' : 'N' }
    my $number = $number{$kind} // return;
    my ($bytes, $code) = @$number;
    $bytes = sizeof('long') if $bytes eq 'long';
    my $value = unpack $code->{$bytes}, read_mem($at, $bytes);
    return $kind eq 'bint' ? ($value ? 'Y' : 'N') : $kind eq 'hexint' ? sprintf('0x%x', $value) : $value;
}

sub _array ($at) {
    my $get   = sub ($member) { kernel($at, 'struct kparam_array', $member, 'void *') };
    my $num   = $get->('num');
    my $count = $num == 0 ? kernel($at, 'struct kparam_array', 'max') : unpack 'L<', read_mem($num, 4);
    my $size  = kernel($at, 'struct kparam_array', 'elemsize');
    my $kind  = _kind($get->('ops'));
    return if $kind eq 'array' || $size == 0 || $size > 4096;
    $count = $most if $count > $most;
    my @values = map { _value($kind, $get->('elem') + $_ * $size) // return } 0 .. $count - 1;
    return join ',', @values;
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
