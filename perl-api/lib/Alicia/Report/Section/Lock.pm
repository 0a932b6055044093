# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::Lock;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(table heading note);
use Alicia::Linux::FileLock qw(file_lock_lines);
use Alicia::Text            qw(visible);

sub title    ($class) { return 'Lock' }
sub order    ($class) { return 90 }
sub shown_by ($class) { return '' }
sub sources  ($class) { return ('file_lock_list', 'struct file_lock') }

sub blocks ($class, $report) {
    return (heading('File Lock'), _file_locks());
}

# The lock's number, `->` before those that wait for it, UNKNOWN for an owner that is gone, the file's last name.
sub _file_locks () {
    my @rows;
    for my $line (file_lock_lines()) {
        my ($number, $depth, $lock) = @$line;
        my $name = ($lock->{path} // '?') =~ s{.*/(?=.)}{}sr;
        push @rows,
            [
            "$number:",   '->' x $depth . $lock->{kind},
            $lock->{pid}, visible($lock->{owner} // 'UNKNOWN'),
            visible($name)
            ];
    }
    return note('No file is locked.') if !@rows;
    return table(['+', 'TYPE', '+PID', 'COMM', 'FILE'], \@rows);
}

1;
