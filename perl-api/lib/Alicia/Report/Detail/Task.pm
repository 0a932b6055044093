# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Detail::Task;

use v5.36;
use parent 'Alicia::Report::Detail';
use Alicia;
use Alicia::Linux::System qw(current_task);
use Alicia::Linux::Trace  qw(task_text);
use Alicia::Text          qw(visible);

sub file  ($class) { return 'task.txt' }
sub order ($class) { return 40 }

sub print_to ($class, $handle, $report) {
    for my $cpu (cpus()) {
        print {$handle} eval { task_text(current_task($cpu)) }
            // "CPU $cpu: (${\ visible(Alicia::Error::reason($@))})\n", "\n";
    }
    return;
}

1;
