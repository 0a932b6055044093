# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Detail::AllTask;

use v5.36;
use parent 'Alicia::Report::Detail';
use Alicia;
use Alicia::Linux::Trace qw(task_text);
use Alicia::Text         qw(visible);

sub file  ($class) { return 'all_task.txt' }
sub order ($class) { return 60 }

sub print_to ($class, $handle, $report) {
    print {$handle} "Members that are not listed are zero.\n\n";
    for my $task (tasks()) {
        print {$handle} eval { task_text($task->address, 1) }
            // "${\ $task->address}: (${\ visible(Alicia::Error::reason($@))})\n", "\n";
    }
    return;
}

1;
