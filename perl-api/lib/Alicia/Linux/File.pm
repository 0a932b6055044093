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

=head2 open_files($task)

One hash a file descriptor of the task at this address: C<fd>, C<file>, C<dentry>, C<inode> (addresses), C<type> (see
L<Alicia::Linux::Path>), C<path>, C<flags>, C<position>; C<hole> is the reason for what could not be read.

=cut

my $most = 1 << 20;    # file descriptors of one task

sub open_files ($task) {
    my $files = kernel($task, 'struct task_struct', 'files');
    return if $files == 0;
    my $table = kernel($files, 'struct files_struct', 'fdt');
    my $count = kernel($table, 'struct fdtable',      'max_fds');
    my $slots = kernel($table, 'struct fdtable',      'fd', 'void *');
    die "a table of $count file descriptors\n" if $count < 0 || $count > $most;
    my $width = sizeof('void *');
    my @slots = unpack $width == 8 ? 'Q<*' : 'V*', read_mem($slots, $count * $width);
    return map { _file($_, $slots[$_]) } grep { $slots[$_] } 0 .. $#slots;
}

sub _file ($fd, $address) {
    my %file = (fd => $fd, file => $address);
    my $done = eval {
        $file{dentry}   = kernel($address, 'struct file', 'f_path.dentry');
        $file{inode}    = kernel($address, 'struct file', 'f_inode');
        $file{flags}    = kernel($address, 'struct file', 'f_flags');
        $file{position} = kernel($address, 'struct file', 'f_pos');
        $file{type}     = inode_type($file{inode});
        $file{path}     = file_path($address);
        1;
    };
    $file{hole} = Alicia::Error::reason($@) if !$done;
    return \%file;
}

=head2 working_folders($task)

The paths of the task's root and current folder; empty where it has none any more.

=cut

sub working_folders ($task) {
    my $fs = kernel($task, 'struct task_struct', 'fs');
    return if $fs == 0;
    return map {
        my $mount  = mount_of(kernel($fs, 'struct fs_struct', "$_.mnt"));
        my $dentry = kernel($fs, 'struct fs_struct', "$_.dentry");
        eval { path_of($mount, $dentry) } // '?'
    } qw(root pwd);
}

1;
