# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Slab;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::System qw(page_size);
use Alicia::Text          qw(visible hexadecimal);

our @EXPORT_OK = qw(slab_caches slab_table);

=head1 NAME

Alicia::Linux::Slab - the kernel's object caches

=head1 SUBROUTINES

=head2 slab_caches()

One hash a cache, in the kernel's order: C<address name object_size size> (bytes; what one object takes), C<objects>,
C<active>, C<slabs>, C<slab_bytes>. As in C</proc/slabinfo>, objects in slabs that a CPU has for itself all count as
active. C<hole> is the reason for what could not be read, C<partial> how many partly used slabs were counted.

=cut

sub slab_caches () {
    die "this kernel's allocator is not SLUB as it is known\n" if !has_member('struct kmem_cache', 'node');
    return map { _cache($_) } map { $_->address } list_entries(get_addr('slab_caches'), 'struct kmem_cache', 'list');
}

sub _nodes () {
    my $count = eval { get_mem(get_addr('nr_node_ids'), 1) + 0 } || 1;
    return $count > 1024 ? 1024 : $count;
}

# One that can't be read counts nothing.
sub _cache ($address) {
    return eval { _known_cache($address) } // {
        address => $address,
        name    => '?',
        hole    => Alicia::Error::reason($@),
        map { $_ => 0 } qw(object_size size slab_bytes objects active slabs partial)
    };
}

sub _known_cache ($address) {
    my $get   = sub (@how) { kernel($address, 'struct kmem_cache', @how) };
    my $order = $get->('oo.x') >> 16;
    my %cache = (
        address     => $address,
        name        => $get->('name', 'char *') // '',
        object_size => $get->('object_size'),
        size        => $get->('size'),
        slab_bytes  => $order < 20 ? page_size() << $order : 0,
        objects     => 0,
        active      => 0,
        slabs       => 0,
        partial     => 0,
    );
    for my $index (0 .. _nodes() - 1) {
        my $node = eval { $get->("node[$index]", 'void *') } // last;
        next if $node == 0;
        my $done = eval { _add_node(\%cache, $node); 1 };
        $cache{hole} = Alicia::Error::reason($@) if !$done;
    }
    return \%cache;
}

# Where the kernel counts (CONFIG_SLUB_DEBUG), only the free objects of partly used slabs need be looked for.
sub _add_node ($cache, $node) {
    my $free = 0;
    my $head = $node + offsetof('struct kmem_cache_node', 'partial');
    my $type = has_type('struct slab') ? 'struct slab' : 'struct page';
    for my $slab (list_entries($head, $type, $type eq 'struct slab' ? 'slab_list' : 'lru')) {
        $free += kernel($slab, $type, 'objects') - kernel($slab, $type, 'inuse');
        $cache->{partial}++;
    }
    my $objects = kernel($node, 'struct kmem_cache_node', 'total_objects.counter');
    $cache->{objects} += $objects;
    $cache->{active}  += $objects - $free;
    $cache->{slabs}   += kernel($node, 'struct kmem_cache_node', 'nr_slabs.counter');
    return;
}

=head2 slab_table(@caches)

The columns and rows of C<kmem -s>, as L<Alicia::Text/table> has them.

=cut

sub slab_table (@caches) {
    my @rows = map {
        [
            hexadecimal($_->{address}),
            $_->{object_size}, $_->{active}, $_->{objects}, $_->{slabs},
            $_->{slab_bytes} / 1024 . 'k',
            visible($_->{name}) . (defined $_->{hole} ? ' (' . visible($_->{hole}) . ')' : '')
        ]
    } @caches;
    return (['=CACHE', '+OBJSIZE', '+ALLOCATED', '+TOTAL', '+SLABS', '+SSIZE', 'NAME'], \@rows);
}

1;
