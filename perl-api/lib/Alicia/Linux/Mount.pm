# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Mount;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Text        qw(visible hexadecimal);
use Alicia::Linux::Path qw(path_of);

our @EXPORT_OK = qw(mounts mount_table);

=head1 NAME

Alicia::Linux::Mount - what is mounted where

=head1 SUBROUTINES

=head2 mounts($task)

The mounts of the task's namespace (a C<struct task_struct>'s address; init's where none is given), in the order of
C</proc/mounts>: C<mount> (address of its C<struct mount>), C<superblock>, C<type>, C<device>, C<directory>, C<options>,
C<read_only>.

=cut

sub mounts ($task = undef) {
    if (!defined $task) {
        my ($init) = grep { $_->pid == 1 } tasks();
        $task = $init ? $init->address : get_addr('init_task');
    }
    my $namespace = kernel($task, 'struct task_struct', 'nsproxy->mnt_ns');
    die "task without a mount namespace\n" if $namespace == 0;
    return map { _mount($_) } map { $_->address } _of_namespace($namespace);
}

# A list up to 6.7, a tree by mount id since. The list has an anchor of open readers of /proc/mounts in it at times.
sub _of_namespace ($namespace) {
    if (has_member('struct mount', 'mnt_node')) {
        my $root = $namespace + offsetof('struct mnt_namespace', 'mounts');
        return rbtree_entries($root, 'struct mount', 'mnt_node');
    }
    my $head = $namespace + offsetof('struct mnt_namespace', 'list');
    return grep { kernel($_, 'struct mount', 'mnt.mnt_sb') != 0 } list_entries($head, 'struct mount', 'mnt_list');
}

# MNT_NOSUID and so on, and SB_RDONLY and so on, as /proc/mounts words them.
my @mount_flags =
    ([0x1, 'nosuid'], [0x2, 'nodev'], [0x4, 'noexec'], [0x8, 'noatime'], [0x10, 'nodiratime'], [0x20, 'relatime']);
my @super_flags = ([0x10, 'sync'], [0x80, 'dirsync'], [0x40, 'mand'], [0x2000000, 'lazytime']);

# Of one that can't be read the directory is the reason.
sub _mount ($mount) {
    return eval { _known_mount($mount) } // {
        mount      => $mount,
        superblock => 0,
        directory  => '(' . Alicia::Error::reason($@) . ')',
        read_only  => 0,
        map { $_ => '?' } qw(type device options)
    };
}

sub _known_mount ($mount) {
    my $super = kernel($mount, 'struct mount', 'mnt.mnt_sb');
    my $type  = kernel($super, 'struct super_block', 's_type->name', 'char *') // '?';
    my $more  = eval { kernel($super, 'struct super_block', 's_subtype', 'char *') } // '';
    my ($flags, $super_flags) =
        (kernel($mount, 'struct mount', 'mnt.mnt_flags'), kernel($super, 'struct super_block', 's_flags'));
    my $read_only = ($flags & 0x40) || ($super_flags & 1);
    return {
        mount      => $mount,
        superblock => $super,
        type       => length $more ? "$type.$more" : $type,
        device     => kernel($mount, 'struct mount', 'mnt_devname', 'char *')                  // 'none',
        directory  => eval { path_of($mount, kernel($mount, 'struct mount', 'mnt.mnt_root')) } // '?',
        read_only  => $read_only ? 1 : 0,
        options    => join(',',
            $read_only ? 'ro' : 'rw',
            (map { $super_flags & $_->[0] ? $_->[1] : () } @super_flags),
            (map { $flags & $_->[0]       ? $_->[1] : () } @mount_flags)),
    };
}

=head2 mount_table($task)

The columns and rows of C<mount>, as L<Alicia::Text/table> has them.

=cut

sub mount_table ($task = undef) {
    my @rows = map {
        [hexadecimal($_->{mount}), hexadecimal($_->{superblock}), map { visible($_) } @$_{qw(type device directory)}]
    } mounts($task);
    return ([qw(=MOUNT =SUPERBLK TYPE DEVNAME DIRNAME)], \@rows);
}

1;
