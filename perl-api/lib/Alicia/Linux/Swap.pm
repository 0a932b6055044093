# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Swap;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Text          qw(visible hexadecimal percent);
use Alicia::Linux::Path   qw(file_path inode_type);
use Alicia::Linux::System qw(page_size);

our @EXPORT_OK = qw(swap_areas swap_table);

=head1 NAME

Alicia::Linux::Swap - swap areas

=head1 SUBROUTINES

=head2 swap_areas()

One hash an area in use: C<address> (of its C<struct swap_info_struct>), C<type> (PARTITION or FILE), C<pages>, C<used>
(pages), C<size_kb>, C<used_kb>, C<priority>, C<name>.

=cut

sub swap_areas () {
    my $table = get_addr('swap_info');
    my $count = get_mem(get_addr('nr_swapfiles'), 1);
    die "$count swap areas\n" if $count > 64;
    my $kilo = page_size() / 1024;
    my @areas;
    for my $index (0 .. $count - 1) {
        my $area = read_ptr($table + $index * sizeof('void *'));
        next if $area == 0;
        my $get = sub (@how) { kernel($area, 'struct swap_info_struct', @how) };
        next if !($get->('flags') & 1);                                # SWP_USED
        my $file = $get->('swap_file');
        my $used = has_member('struct swap_info_struct', 'inuse_pages.counter') ? 'inuse_pages.counter' : 'inuse_pages';
        my %area = (address => $area, pages => $get->('pages'), used => $get->($used), priority => $get->('prio'));
        $area{used} &= (1 << 30) - 1 if $area{used} > $area{pages};    # the top bits are flags in an atomic counter
        $area{size_kb} = $area{pages} * $kilo;
        $area{used_kb} = $area{used} * $kilo;
        my $inode = eval { kernel($file, 'struct file', 'f_inode') };
        $area{type} = $inode && inode_type($inode) eq 'BLK' ? 'PARTITION' : 'FILE';
        $area{name} = eval { file_path($file) } // '?';
        push @areas, \%area;
    }
    return @areas;
}

=head2 swap_table()

The columns and rows of C<swap>, as L<Alicia::Text/table> has them.

=cut

sub swap_table () {
    my @rows = map {
        [
            hexadecimal($_->{address}),                  $_->{type},
            "$_->{size_kb}k",                            "$_->{used_kb}k",
            percent($_->{used_kb}, $_->{size_kb}) . '%', $_->{priority},
            visible($_->{name})
        ]
    } swap_areas();
    return ([qw(SWAP_INFO_STRUCT =TYPE +SIZE +USED +PCT +PRI FILENAME)], \@rows);
}

1;
