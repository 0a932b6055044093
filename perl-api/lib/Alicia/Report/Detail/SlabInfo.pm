# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Detail::SlabInfo;

use v5.36;
use parent 'Alicia::Report::Detail';
use Alicia::Linux::Slab qw(slab_table);
use Alicia::Text        qw(table);

sub file  ($class) { return 'slab_info.txt' }
sub order ($class) { return 70 }

sub print_to ($class, $handle, $report) {
    print {$handle} table(slab_table($report->slab_caches));
    return;
}

1;
