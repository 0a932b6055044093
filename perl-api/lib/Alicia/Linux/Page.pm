# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Page;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::System qw(page_array page_size nodes);
use Alicia::Text          qw(hexadecimal);

our @EXPORT_OK = qw(page_of page_row page_rows page_columns zones zone_text);

=head1 NAME

Alicia::Linux::Page - the kernel's page frames and zones

=head1 SUBROUTINES

=head2 page_of($address)

The address of the C<struct page> of the page that a kernel address is in. Dies where it is in none.

=cut

sub page_of ($address) {
    return page_array() + int((vtop($address) + 0) / page_size()) * sizeof('struct page');
}

=head2 page_row($page), page_rows($code), page_columns()

Columns as L<Alicia::Text/table> has them, and the row of one page: its C<struct page>, physical address, mapping, index,
count of references, flags in hexadecimal, and their names. page_rows calls $code with the row of every page of the machine.

=cut

sub page_columns () { return ['=PAGE', '=PHYSICAL', '=MAPPING', '+INDEX', '+CNT', '+FLAGS', 'NAMES'] }

sub _layout () {
    state $layout;
    $layout //= {
        size => sizeof('struct page'),
        map { $_->[0] => offsetof('struct page', $_->[1]) } [flags => 'flags'],
        [mapping => 'mapping'],
        [index   => has_member('struct page', 'index') ? 'index' : '__folio_index'],
        [count   => '_refcount.counter'],
    };
    return $layout;
}

# The names of the bits, the first of those that share one; what lies beyond are zone, node and section.
sub _flag_names () {
    state $names;
    $names //= do {
        my (@names, $end);
        my $definition = Alicia::c_definition('enum pageflags');
        while ($definition =~ /\b(PG_\w+|__NR_PAGEFLAGS)\s*=\s*(\d+)/g) {
            $end = $2                       if $1 eq '__NR_PAGEFLAGS';
            $names[$2] //= $1 =~ s/\APG_//r if $1 ne '__NR_PAGEFLAGS' && !defined $end;
        }
        [@names[0 .. ($end // @names) - 1]];
    };
    return @$names;
}

sub _row ($at, $bytes) {
    my $layout = _layout();
    my ($flags, $mapping, $index) = map { unpack 'Q<', substr $bytes, $layout->{$_}, 8 } qw(flags mapping index);
    my @names = _flag_names();
    my $frame = ($at - page_array()) / $layout->{size};
    return [
        hexadecimal($at),
        sprintf('%x', $frame * page_size()),
        $mapping ? sprintf('%x', $mapping) : '0',
        sprintf('%x', $index),
        unpack('l<', substr $bytes, $layout->{count}, 4),
        sprintf('%x', $flags),
        join ',',
        map { $names[$_] // "bit$_" } grep { $flags >> $_ & 1 } 0 .. $#names,
    ];
}

sub page_row ($page) { return _row($page, read_mem($page, _layout()->{size})) }

sub page_rows ($code) {
    my $size = _layout()->{size};
    my $step = 64;
    for my $node (nodes()) {
        my $first = kernel($node, 'struct pglist_data', 'node_start_pfn');
        my $span  = kernel($node, 'struct pglist_data', 'node_spanned_pages');
        for (my $frame = $first; $frame < $first + $span; $frame += $step) {
            my $these = $first + $span - $frame < $step ? $first + $span - $frame : $step;
            my $at    = page_array() + $frame * $size;
            my $bytes = eval { read_mem($at, $these * $size) } // next;
            $code->(_row($at + $_ * $size, substr $bytes, $_ * $size, $size)) for 0 .. $these - 1;
        }
    }
    return;
}

=head2 zones(), zone_text($zone)

A hash a memory zone: C<node number address name spanned present free min low high>, in pages; and it as C<kmem -z> prints
it.

=cut

my @watermarks = qw(min low high);

sub zones () {
    my @zones;
    my $node_number = 0;
    for my $node (nodes()) {
        my $count = kernel($node, 'struct pglist_data', 'nr_zones');
        die "$count zones\n" if $count < 0 || $count > 16;
        my $first = $node + offsetof('struct pglist_data', 'node_zones');
        my $size  = sizeof('struct zone');
        push @zones, map { _zone($node_number, $_, $first + $_ * $size) } 0 .. $count - 1;
        $node_number++;
    }
    return @zones;
}

sub _zone ($node, $number, $at) {
    my $get  = sub (@how) { kernel($at, 'struct zone', @how) };
    my $mark = has_member('struct zone', '_watermark') ? '_watermark' : 'watermark';
    return {
        node    => $node,
        number  => $number,
        address => $at,
        name    => $get->('name', 'char *'),
        spanned => $get->('spanned_pages'),
        present => $get->('present_pages'),
        managed => $get->('managed_pages.counter'),
        free    => $get->('vm_stat[0].counter'),
        map { $watermarks[$_] => $get->("$mark" . "[$_]") } 0 .. $#watermarks,
    };
}

sub zone_text ($zone) {
    my $text = sprintf "NODE: %d  ZONE: %d  ADDR: %s  NAME: \"%s\"\n", @$zone{qw(node number)},
        hexadecimal($zone->{address}), Alicia::Text::visible($zone->{name});
    return "$text  [unpopulated]\n" if !$zone->{present};
    return $text . sprintf "  SIZE: %d  PRESENT: %d  MANAGED: %d  FREE: %d  MIN/LOW/HIGH: %d/%d/%d\n",
        @$zone{qw(spanned present managed free min low high)};
}

1;
