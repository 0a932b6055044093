# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Detail::FileInfo;

use v5.36;
use parent 'Alicia::Report::Detail';
use Alicia;
use Alicia::Linux::File  qw(open_files working_folders);
use Alicia::Linux::Trace qw(task_title);
use Alicia::Text         qw(visible hexadecimal);

sub file  ($class) { return 'file_info.txt' }
sub order ($class) { return 50 }

sub print_to ($class, $handle, $report) {
    my (%known_files, %known_folders, %known_lines);    # what several tasks have is made once
    for my $task (tasks()) {
        my $address = $task->address;
        next if kernel($address, 'struct task_struct', 'pid') != kernel($address, 'struct task_struct', 'tgid');
        print {$handle} task_title($address);
        my ($root, $current) = map { visible($_) } eval { working_folders($address, \%known_folders) };
        print {$handle} "ROOT: $root    CWD: $current\n" if defined $root;
        my @files = eval { open_files($address, \%known_files) };
        print {$handle} '(', visible(Alicia::Error::reason($@)), ")\n" if !@files && $@;
        print {$handle} @files ? _lines(\%known_lines, @files) : "No open files\n", "\n";
    }
    return;
}

sub _lines ($known, @files) {
    return join '', " FD       FILE            DENTRY           INODE       TYPE PATH\n",
        map { sprintf "%3d %s\n", $_->{fd}, $known->{$_->{file}} //= _line($_) } @files;
}

sub _line ($file) {
    return sprintf '%16s %16s %16s %-4s %s',
        (map { defined $file->{$_} ? hexadecimal($file->{$_}) : '?' } qw(file dentry inode)),
        $file->{type} // '?', visible($file->{hole} // $file->{path});
}

1;
