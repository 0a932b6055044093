# SPDX-License-Identifier: GPL-3.0-or-later
#
# The kernel counts its pages by kind in two arrays, vm_zone_stat and vm_node_stat, whose indices are enumerators that move
# from version to version. vmstat_text has the names of /proc/vmstat in the same order, first the zones' counters, then
# those of NUMA events, then the nodes', so that a counter is found by its name.
package Alicia::Linux::Memory;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::Process qw(percpu_sum);
use Alicia::Linux::Swap    qw(swap_areas);
use Alicia::Linux::System  qw(total_pages page_size page_array nodes);
use Alicia::Text           qw(megabytes percent);

our @EXPORT_OK = qw(page_counters event_counters memory_usage memory_table shared_pages huge_pages);

=head1 NAME

Alicia::Linux::Memory - what the machine's memory is used for

=head1 SUBROUTINES

=head2 page_counters()

A hash of the page counters by their names in C</proc/vmstat> (C<nr_free_pages>, C<nr_file_pages>...), without what the
CPUs have counted and not yet added. And the same names as a list, in order; and how many of them are of zones, the others
being of nodes.

=cut

sub page_counters () {
    my (@names, %value);
    my $table = get_addr('vmstat_text');
    my $width = sizeof('void *');
    for my $index (0 .. 255) {
        my $text = eval                   { read_ptr($table + $width * $index) } // last;
        my $name = $text == 0 ? '' : eval { read_string($text, 64) }             // '';
        last if $name !~ /\A[a-z][a-z0-9_]*\z/;
        push @names, $name;
        last if $name eq 'nr_dirty_threshold';
    }
    my %at = map { $names[$_] => $_ } 0 .. $#names;
    my ($nodes, $end) = @at{qw(nr_inactive_anon nr_dirty_threshold)};
    die "vmstat_text has other names than expected\n"
        if !defined $nodes || !defined $end || $names[0] ne 'nr_free_pages';
    my $zones = $at{numa_hit} // $nodes;
    my @list  = @names[0 .. $zones - 1, $nodes .. $end - 1];
    @value{@names[0 .. $zones - 1]} = _longs('vm_zone_stat', $zones);
    @value{@names[$nodes .. $end - 1]} = _longs('vm_node_stat', $end - $nodes);
    return (\%value, \@list, $zones);
}

=head2 event_counters()

A list of [name, count], of the events that the kernel counts, as in C</proc/vmstat>: the sums of all CPUs.

=cut

sub event_counters () {
    my $table = get_addr('vmstat_text');
    my $width = sizeof('void *');
    my $count = sizeof('struct vm_event_state') / sizeof('long');
    my (@names, $seen);
    for my $index (0 .. 1023) {
        my $text = eval                   { read_ptr($table + $width * $index) } // last;
        my $name = $text == 0 ? '' : eval { read_string($text, 64) }             // '';
        last if $name !~ /\A[a-z][a-z0-9_]*\z/;
        $seen ||= $name eq 'pgpgin';
        push @names, $name if $seen;
        last if @names == $count;
    }
    my @sum = (0) x @names;
    for my $cpu (cpus()) {
        my @part = unpack $width == 8 ? 'q<*' : 'l<*', read_mem(per_cpu('vm_event_states', $cpu), @names * $width);
        $sum[$_] += $part[$_] for 0 .. $#sum;
    }
    return [map { [$names[$_], $sum[$_]] } 0 .. $#names];
}

sub _longs ($symbol, $count) {
    my $width = sizeof('long');
    my @value = unpack $width == 8 ? 'q<*' : 'l<*', read_mem(get_addr($symbol), $count * $width);
    return map { $_ < 0 ? 0 : $_ } @value;
}

=head2 shared_pages()

How many pages have a reference count above one, those apart that the kernel reserved: the page array's own have one, too.
Dies on a machine where counting would take too long (above 64 GB).

=cut

sub shared_pages () {
    my $array = page_array();
    my $one   = sizeof('struct page');
    my $at    = offsetof('struct page', '_refcount');
    die "struct page of $one bytes\n"
        if $one < $at + 4 || $one > 4096 || $at < 8 || offsetof('struct page', 'flags') != 0;
    my $pattern = sprintf '(x%dl<x%d)*', $at, $one - $at - 4;
    my ($bit)   = Alicia::c_definition('enum pageflags') =~ /\bPG_reserved = (\d+)/
        or die "no page flag is named PG_reserved\n";
    my $count = 0;
    for my $node (nodes()) {
        my $first = kernel($node, 'struct pglist_data', 'node_start_pfn');
        my $span  = kernel($node, 'struct pglist_data', 'node_spanned_pages');
        die "too many pages to count\n" if $span > 1 << 24;
        my $step = 32768;    # pages; a section of memory has that many struct pages or more, present or absent together
        for (my $pfn = $first; $pfn < $first + $span; $pfn += $step - $pfn % $step) {
            my $these = $step - $pfn % $step;
            $these = $first + $span - $pfn if $these > $first + $span - $pfn;
            my $pages = eval { read_mem($array + $pfn * $one, $these * $one) } // _readable($array, $pfn, $these, $one);
            my @references = unpack $pattern, $pages;
            for my $index (grep { $references[$_] > 1 } 0 .. $#references) {
                my $flags = unpack 'Q<', substr $pages, $index * $one, 8;
                $count++ if !($flags >> $bit & 1);
            }
        }
    }
    return $count;
}

# The struct pages of a range of which some are absent: 64 at a time.
sub _readable ($array, $first, $count, $one) {
    my $pages = '';
    for (my $pfn = $first; $pfn < $first + $count; $pfn += 64) {
        my $these = $first + $count - $pfn < 64 ? $first + $count - $pfn : 64;
        $pages .= eval { read_mem($array + $pfn * $one, $these * $one) } // '';
    }
    return $pages;
}

=head2 huge_pages()

Hash of C<total> and C<free>, in ordinary pages, over all sizes of huge pages; undef where the kernel has none.

=cut

sub huge_pages () {
    my $table = find_addr('hstates') // return;
    my $count = get_mem(get_addr('hugetlb_max_hstate'), 1);
    my %sum   = (total => 0, free => 0);
    for my $index (0 .. ($count > 16 ? 16 : $count) - 1) {
        my $state = $table + $index * sizeof('struct hstate');
        my $order = kernel($state, 'struct hstate', 'order');
        next if $order > 40;
        $sum{total} += kernel($state, 'struct hstate', 'nr_huge_pages') << $order;
        $sum{free}  += kernel($state, 'struct hstate', 'free_huge_pages') << $order;
    }
    return \%sum;
}

# Pages in the page cache of block devices: what free(1) calls buffers.
sub _buffers () {
    my $super = read_ptr(get_addr('blockdev_superblock'));
    my $pages = 0;
    my $head  = $super + offsetof('struct super_block', 's_inodes');
    $pages += kernel($_, 'struct inode', 'i_data.nrpages') for list_entries($head, 'struct inode', 'i_sb_list');
    return $pages;
}

=head2 memory_usage()

A list of hashes, C<name pages of>: how many pages, and the name of the row that they are a part of. Empty hashes part
groups. C<why> in place of C<pages> is the reason for what isn't known.

=cut

sub memory_usage () {
    my ($counters) = eval { page_counters() };
    my $problem    = $@;
    my $counter    = sub ($name) { ($counters // die $problem)->{$name} // die "no counter $name\n" };
    my %row;
    my $known = sub ($name) { $row{$name} // die "$name is not known\n" };
    my $row   = sub ($name, $of, $code) {
        my $pages = eval { $code->() };
        $row{$name} = $pages;
        return {name => $name, of => $of, pages => $pages, why => defined $pages ? undef : Alicia::Error::reason($@)};
    };
    my $swapped = sub { my $pages = 0; $pages += $_->{$_[0]} for swap_areas(); $pages };
    my @rows    = (
        $row->('TOTAL MEM', undef,       sub { total_pages() + 0 }),
        $row->('FREE',      'TOTAL MEM', sub { $counter->('nr_free_pages') }),
        $row->('USED',      'TOTAL MEM', sub { $known->('TOTAL MEM') - $known->('FREE') }),
        $row->('SHARED',    'TOTAL MEM', \&shared_pages),
        $row->('BUFFERS',   'TOTAL MEM', \&_buffers),
        $row->(
            'CACHED', 'TOTAL MEM',
            sub { $counter->('nr_file_pages') - ($row{BUFFERS} // 0) - ($counters->{nr_swapcached} // 0) }
        ),
        $row->('SLAB', 'TOTAL MEM', sub { $counter->('nr_slab_reclaimable') + $counter->('nr_slab_unreclaimable') }),
    );
    my $huge = eval { huge_pages() };
    push @rows, {}, $row->('TOTAL HUGE', undef, sub { $huge->{total} }),
        $row->('HUGE FREE', 'TOTAL HUGE', sub { $huge->{free} })
        if $huge;
    push @rows, {},
        $row->('TOTAL SWAP', undef,        sub { $swapped->('pages') }),
        $row->('SWAP USED',  'TOTAL SWAP', sub { $swapped->('used') }),
        $row->('SWAP FREE',  'TOTAL SWAP', sub { $known->('TOTAL SWAP') - $known->('SWAP USED') }), {},
        $row->(
        'COMMIT LIMIT', undef,
        sub { _commit_limit($known->('TOTAL MEM'), $known->('TOTAL SWAP'), $row{'TOTAL HUGE'} // 0) }
        ),
        $row->('COMMITTED', 'COMMIT LIMIT', sub { percpu_sum(get_addr('vm_committed_as')) });
    return @rows;
}

sub _commit_limit ($memory, $swap, $huge) {
    my $kilobytes = get_mem(get_addr('sysctl_overcommit_kbytes'), 1, sizeof('long'));
    return int($kilobytes * 1024 / page_size()) + $swap if $kilobytes != 0;
    return int(($memory - $huge) * get_mem(get_addr('sysctl_overcommit_ratio'), 1) / 100) + $swap;
}

=head2 memory_table(@usage)

The columns and rows of C<kmem -i>, as L<Alicia::Text/table> has them; of what memory_usage gave, which is asked where
nothing is given.

=cut

sub memory_table (@usage) {
    @usage = memory_usage() if !@usage;
    my %pages = map { defined $_->{name} ? ($_->{name} => $_->{pages}) : () } @usage;
    my @rows;
    for my $use (@usage) {
        if (!defined $use->{name}) {
            push @rows, [('') x 4];
        } elsif (!defined $use->{pages}) {
            push @rows, [$use->{name}, '?', '?', "($use->{why})"];
        } else {
            my $whole = defined $use->{of}                   ? $pages{$use->{of}} : undef;
            my $name  = ($use->{of} // '') eq 'COMMIT LIMIT' ? 'TOTAL LIMIT'      : $use->{of};
            my $part =
                defined $use->{of} ? sprintf('%4s of %s', percent($use->{pages}, $whole // 0) . '%', $name) : '   ----';
            push @rows, [$use->{name}, $use->{pages}, megabytes($use->{pages} * page_size()), $part];
        }
    }
    return ([qw(+ +PAGES +TOTAL PERCENTAGE)], \@rows);
}

1;
