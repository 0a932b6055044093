# SPDX-License-Identifier: GPL-3.0-or-later
#
# Which slab cache an address in the direct map belongs to: its page's struct slab (struct page before 5.17) names the
# cache, and is believed where that cache is one of the kernel's. With SLUB's user tracking (slub_debug=U) two records lie
# behind each object, of the last call that allocated it and of the last that freed it.
package Alicia::Linux::SlabObject;

use v5.36;
no warnings 'portable';    # addresses of 64 bits
use Alicia;
use Exporter 'import';
use Alicia::Linux::System qw(page_size page_array);

our @EXPORT_OK = qw(slab_object);

=head1 NAME

Alicia::Linux::SlabObject - the slab object at an address

=head1 SUBROUTINES

=head2 slab_object($address)

A hash of C<cache> (its name), C<merged> (how many other caches of that size the kernel put into the same), C<object> (where it begins), C<offset> (of the address in it), C<poisoned> (true where its
first words are the pattern of a freed object; undef where they aren't in the dump), and, with user tracking, C<allocated>
and C<freed>: hashes of C<by> (a symbol) and C<pid>. Undef for an address outside of all slabs. Dies where it can't be told.

=cut

sub slab_object ($address) {
    return if $address < 0x8000_0000_0000_0000 || !eval { page_array() };
    my $physical = eval { vtop($address) } // return;
    my $page     = page_array() + int($physical / page_size()) * sizeof('struct page');
    my $head     = kernel($page, 'struct page', 'compound_head', 'unsigned long');
    $page = $head - 1 if $head & 1;
    my $type  = has_type('struct slab') ? 'struct slab' : 'struct page';
    my $cache = kernel($page, $type, 'slab_cache', 'void *');
    return if !_caches()->{$cache + 0};

    my $size = kernel($cache, 'struct kmem_cache', 'size');
    my $pad = has_member('struct kmem_cache', 'red_left_pad') ? kernel($cache, 'struct kmem_cache', 'red_left_pad') : 0;
    my $index = int((($physical - _first_byte($page)) % (1 << 40)) / $size);
    my $start = $address - $physical + _first_byte($page) + $index * $size + $pad;
    my %found = (
        cache  => kernel($cache, 'struct kmem_cache', 'name', 'char *'),
        object => $start,
        offset => $address - $start
    );
    my $words = eval { read_mem($start + 8, 8) };
    $found{poisoned} = defined $words ? $words =~ /\A\x6b{7}/ : undef;
    $found{merged} =
        has_member('struct kmem_cache', 'refcount') ? kernel($cache, 'struct kmem_cache', 'refcount') - 1 : 0;

    if (kernel($cache, 'struct kmem_cache', 'flags', 'unsigned int') & _store_user() && has_type('struct track')) {
        my $inuse = kernel($cache, 'struct kmem_cache', 'inuse');
        my $track = $start + $inuse + (kernel($cache, 'struct kmem_cache', 'offset') >= $inuse ? 8 : 0);
        $found{allocated} = _track($track);
        $found{freed}     = _track($track + sizeof('struct track'));
    }
    return \%found;
}

# SLAB_STORE_USER: a bit of its own up to 6.8, since then numbered by an enumeration that BTF has.
sub _store_user () {
    state $flag;
    $flag //= do {
        my $definition = eval { Alicia::c_definition('enum _slab_flag_bits') } // '';
        my @names      = $definition =~ /\b(_SLAB_\w+)/g;
        my ($bit)      = grep { $names[$_] eq '_SLAB_STORE_USER' } 0 .. $#names;
        defined $bit ? 1 << $bit : 0x10000;
    };
    return $flag;
}

sub _first_byte ($page) {
    return ($page - page_array()) / sizeof('struct page') * page_size();
}

sub _caches () {
    state $caches;
    $caches //= {map { $_->address + 0 => 1 } list_entries(get_addr('slab_caches'), 'struct kmem_cache', 'list')};
    return $caches;
}

sub _track ($address) {
    my $by = eval { symbol_at(kernel($address, 'struct track', 'addr')) } // return;
    return {by => $by, pid => kernel($address, 'struct track', 'pid')};
}

1;
