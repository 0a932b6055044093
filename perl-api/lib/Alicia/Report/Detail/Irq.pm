# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Detail::Irq;

use v5.36;
use parent 'Alicia::Report::Detail';
use Alicia::Linux::Irq qw(interrupts interrupt_counts);
use Alicia::Text       qw(table visible);

sub file  ($class) { return 'irq.txt' }
sub order ($class) { return 20 }

sub print_to ($class, $handle, $report) {
    print {$handle} table(interrupt_counts()), "\n";
    for my $line (interrupts()) {
        printf {$handle} "IRQ %d  DESC %s  CHIP %s  HWIRQ %s  DEPTH %s  CPUS %s\n", $line->{irq}, $line->{address},
            visible($line->{chip} // '-'), $line->{hwirq} // '?', $line->{depth} // '?',
            join(',', @{$line->{affinity}});
        print  {$handle} '    (', visible($line->{hole}), ")\n" if defined $line->{hole};
        print  {$handle} "    (unused)\n" if !@{$line->{actions}};
        printf {$handle} "    \"%s\"  ACTION %s  HANDLER %s%s\n", visible($_->{name}), $_->{address},
            visible($_->{handler}), defined $_->{thread} ? "  THREAD $_->{thread}" : ''
            for @{$line->{actions}};
    }
    return;
}

1;
