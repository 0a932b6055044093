# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::Lock;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(table heading note);
use Alicia;
use Alicia::Linux::FileLock qw(file_lock_lines);
use Alicia::Linux::Lock     qw(global_locks lock_state);
use Alicia::Linux::Process  qw(task_label);
use Alicia::Text            qw(visible);

sub title   ($class) { return 'Lock' }
sub order   ($class) { return 90 }
sub sources ($class) { return ('file_lock_list', 'struct file_lock', 'locks.tsv') }

sub about ($class) {
    return q{Files that programs had locked (-> waits for the one above), then the kernel's own locks, those }
        . 'that are held first, with who holds them and who waits.';
}

sub blocks ($class, $report) {
    return (heading('File Lock'), _file_locks(), heading('Global Lock'), _global_locks($report));
}

# Those that are listed, and before them others that something waits for: a module's, those in allocated memory.
sub _all_locks ($report) {
    my @listed = global_locks();
    my %listed = map { $_->{address} + 0 => 1 } @listed;
    my $what   = eval { $report->what } // {waiting => {tasks => []}, spinning => []};
    my @others = map { defined $_->{lock} ? [$_->{lock}, $_->{name}, $_->{type}] : () } @{$what->{waiting}{tasks}};
    push @others, map { [@$_{qw(lock name type)}] } @{$what->{spinning}};
    @others = grep { !$listed{$_->[0] + 0}++ && $_->[2] ne 'rt_mutex' } @others;
    return (
        (
            map {
                {
                    name    => $_->[1] // '(allocated)',
                    address => sprintf('0x%x', $_->[0]),
                    type    => $_->[2],
                    %{lock_state($_->[0], $_->[2])}
                }
            } @others
        ),
        @listed
    );
}

# Held ones come first. The content is the lock's first two words, as ever.
sub _global_locks ($report) {
    my @rows = map {
        [
            visible($_->{name}),
            "$_->{address}",
            join(' ', map { sprintf '0x%08x', $_ } @{$_->{words}}),
            $_->{type} =~ s/\Astruct //r,
            visible($_->{state}),
            defined $_->{owner}        ? visible(task_label($_->{owner}))
            : defined $_->{last_owner} ? '(last reader) ' . visible(task_label($_->{last_owner}))
            : '',
            join(', ', map { visible(task_label($_)) } @{$_->{waiters}}),
        ]
    } _all_locks($report);
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
