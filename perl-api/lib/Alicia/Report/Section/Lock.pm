# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::Lock;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(table heading note);
use Alicia;
use Alicia::Linux::FileLock qw(file_lock_lines);
use Alicia::Linux::Lock     qw(global_locks);
use Alicia::Linux::Process  qw(task_label);
use Alicia::Text            qw(visible);

sub title   ($class) { return 'Lock' }
sub order   ($class) { return 90 }
sub sources ($class) { return ('file_lock_list', 'struct file_lock', 'locks.tsv') }

sub blocks ($class, $report) {
    return (heading('File Lock'), _file_locks(), heading('Global Lock'), _global_locks());
}

# Held ones come first. The content is the lock's first two words, as ever.
sub _global_locks () {
    my @rows = map {
        [
            $_->{name},
            "$_->{address}",
            join(' ', map { sprintf '0x%08x', $_ } @{$_->{words}}),
            $_->{type} =~ s/\Astruct //r,
            visible($_->{state}),
            defined $_->{owner} ? visible(task_label($_->{owner})) : '',
            join(', ', map { visible(task_label($_)) } @{$_->{waiters}}),
        ]
    } global_locks();
    return note('None of the locks that are known is in this kernel.') if !@rows;
    return table(['global name', 'address', 'content', 'type', 'state', 'owner', 'waiters'], \@rows);
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
