# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::Memory;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(table bars heading note);
use Alicia::Linux::Memory   qw(memory_usage memory_table);
use Alicia::Linux::System   qw(page_size);
use Alicia::Text            qw(megabytes visible);

sub title    ($class) { return 'Memory Allocation' }
sub order    ($class) { return 70 }
sub shown_by ($class) { return 'kmem -i' }

sub sources ($class) {
    return (
        qw(_totalram_pages vm_zone_stat vm_node_stat vmstat_text vmemmap_base blockdev_superblock hstates vm_committed_as slab_caches)
    );
}

sub about ($class) {
    return
          'What memory was used for, in pages and bytes. BUFFERS and CACHED hold files and can be given up; '
        . q{SLAB is the kernel's own; SHARED counts pages with more than one user, which are among the others; }
        . 'COMMITTED is what has been promised to programs.';
}

sub blocks ($class, $report) {
    my @usage = memory_usage();
    my ($columns, $rows) = memory_table(@usage);
    return (
        bars('Memory', _drawn(@usage)),
        table($columns, [grep { length $_->[0] } @$rows]),
        heading('Largest slab caches'),
        _slab($report),
    );
}

# What SHARED counts is part of the others.
sub _drawn (@usage) {
    my %pages = map { $_->{name} => $_->{pages} } grep { defined $_->{pages} } @usage;
    my $size  = sub ($part) { [$part->[0], $part->[1] * page_size()] };
    my $bar   = sub ($label, $whole, @parts) {
        return if !$whole;
        return {
            label => $label,
            note  => megabytes($whole * page_size()),
            parts => [map { $size->($_) } grep { $_->[1] > 0 } @parts]
        };
    };
    my ($total, $free, $swap) = map { $_ // 0 } @pages{'TOTAL MEM', 'FREE', 'TOTAL SWAP'};
    my @known = (['slab', $pages{SLAB} // 0], ['buffers', $pages{BUFFERS} // 0], ['cached', $pages{CACHED} // 0]);
    my $other = $total - $free;
    $other -= $_->[1] for @known;
    my $used = $pages{'SWAP USED'} // 0;
    return (
        $bar->('Memory', $total, ['processes and other', $other], @known, ['-free', $free]),
        $bar->('Swap',   $swap,  ['swapped out', $used], ['-free', $swap - $used]),
    );
}

sub _slab ($report) {
    my @caches = eval { $report->slab_caches };
    return @caches ? bars('Largest slab caches', _caches(@caches)) : note(visible(Alicia::Error::reason($@)));
}

# Eight will do; their bytes are those of whole slabs.
sub _caches (@caches) {
    my @largest = sort { $b->[1] <=> $a->[1] } map { [$_, $_->{slabs} * $_->{slab_bytes}] } @caches;
    return map {
        my ($cache, $bytes) = @$_;
        my $idle = $cache->{objects} > 0 ? $bytes * ($cache->{objects} - $cache->{active}) / $cache->{objects} : 0;
        {
            label => visible($cache->{name}),
            note  => megabytes($bytes) . ", $cache->{active} objects",
            parts => [['in use', int($bytes - $idle)], $idle >= 1 ? ['-not in use', int $idle] : ()],
        }
    } grep { $_->[1] > 0 } @largest[0 .. ($#largest < 7 ? $#largest : 7)];
}

1;
