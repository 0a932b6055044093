# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Detail::IoDev;

use v5.36;
use parent 'Alicia::Report::Detail';
use Alicia::Linux::Disk qw(disks disk_requests request_text);
use Alicia::Text        qw(visible);

sub file  ($class) { return 'io_dev.txt' }
sub order ($class) { return 30 }

sub print_to ($class, $handle, $report) {
    for my $disk (disks()) {
        printf {$handle} "%s  %d:%d  GENDISK %s  QUEUE %s  SECTORS %s\n", visible($disk->{name}),
            @$disk{qw(major minor address queue)},
            $disk->{sectors} // '?';
        print {$handle} '    (', visible($disk->{hole}), ")\n" if defined $disk->{hole};
        my $done = $disk->{statistics};
        for my $kind (['reads', 0], ['writes', 1], ['discards', 2], ['flushes', 3]) {
            my ($name, $index) = @$kind;
            next if !$done->{ios};
            printf {$handle} "    %-8s  requests %d  merged %d  sectors %d  milliseconds %d\n", $name,
                (map { $done->{$_}[$index] } qw(ios merges sectors)), $done->{nanoseconds}[$index] / 1e6;
        }
        my @requests = eval { disk_requests($disk->{queue}) };
        print {$handle} '    (',                    visible(Alicia::Error::reason($@)), ")\n" if !@requests && $@;
        print {$handle} '    requests under way: ', scalar @requests,                   "\n";
        print {$handle} request_text(@requests) =~ s/^/    /gmr if @requests;
    }
    return;
}

1;
