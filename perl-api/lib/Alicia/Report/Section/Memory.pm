# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::Memory;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(table);
use Alicia::Linux::Memory   qw(memory_table);

sub title    ($class) { return 'Memory Allocation' }
sub order    ($class) { return 70 }
sub shown_by ($class) { return 'kmem -i' }

sub sources ($class) {
    return (
        qw(_totalram_pages vm_zone_stat vm_node_stat vmstat_text vmemmap_base blockdev_superblock hstates vm_committed_as)
    );
}

sub blocks ($class, $report) {
    my ($columns, $rows) = memory_table();
    return table($columns, [grep { length $_->[0] } @$rows]);
}

1;
