# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::File;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::Path qw(path_of file_path inode_type mount_of);

our @EXPORT_OK = qw(open_files working_folders);

=head1 NAME

Alicia::Linux::File - the files that tasks have open

=head1 SUBROUTINES

=head2 open_files($task [, \%known])

One hash a file descriptor of the task at this address: C<fd>, C<file>, C<dentry>, C<inode> (addresses), C<type> (see
L<Alicia::Linux::Path>), C<path>, C<flags>, C<position>; C<hole> is the reason for what could not be read. %known, the same
from task to task, remembers what several have open.

=cut

my $most = 1 << 20;    # file descriptors of one task

sub open_files ($task, $known = {}) {
    my $files = kernel($task, 'struct task_struct', 'files');
    return if $files == 0;
    my $table = kernel($files, 'struct files_struct', 'fdt');
    my $count = kernel($table, 'struct fdtable',      'max_fds');
    my $slots = kernel($table, 'struct fdtable',      'fd', 'void *');
    die "a table of $count file descriptors\n" if $count < 0 || $count > $most;
    my $width = sizeof('void *');
    my @slots = unpack $width == 8 ? 'Q<*' : 'V*', read_mem($slots, $count * $width);
    return map { {fd => $_, %{$known->{file}{$slots[$_]} //= _file($slots[$_], $known)}} }
        grep { $slots[$_] } 0 .. $#slots;
}

sub _file ($address, $known) {
    my %file = (file => $address);
    my $done = eval {
        $file{dentry}   = kernel($address, 'struct file', 'f_path.dentry');
        $file{inode}    = kernel($address, 'struct file', 'f_inode');
        $file{flags}    = kernel($address, 'struct file', 'f_flags');
        $file{position} = kernel($address, 'struct file', 'f_pos');
        $file{type}     = $known->{type}{$file{inode}} //= inode_type($file{inode});
        my $mount = kernel($address, 'struct file', 'f_path.mnt');
        $file{path} = $known->{path}{"$mount $file{dentry}"} //= file_path($address);
        1;
    };
    $file{hole} = Alicia::Error::reason($@) if !$done;
    return \%file;
}

=head2 working_folders($task [, \%known])

The paths of the task's root and current folder; empty where it has none any more. %known as above, another one.

=cut

sub working_folders ($task, $known = {}) {
    my $fs = kernel($task, 'struct task_struct', 'fs');
    return if $fs == 0;
    return map {
        my $mount  = kernel($fs, 'struct fs_struct', "$_.mnt");
        my $dentry = kernel($fs, 'struct fs_struct', "$_.dentry");
        $known->{"$mount $dentry"} //= eval { path_of(mount_of($mount), $dentry) } // '?';
    } qw(root pwd);
}

1;
