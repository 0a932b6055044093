# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Path;

use v5.36;
use Alicia;
use Exporter 'import';

our @EXPORT_OK = qw(dentry_name path_of file_path inode_type mount_of);

=head1 NAME

Alicia::Linux::Path - names of files, from dentries and mounts

=head1 SUBROUTINES

=cut

my $deepest = 512;    # directories, before a path is taken for a ring

=head2 dentry_name($dentry)

The last component of its name.

=cut

sub dentry_name ($dentry) {
    return kernel($dentry, 'struct dentry', 'd_name.name', 'char *') // '';
}

=head2 mount_of($vfsmount)

The address of the C<struct mount> that a C<struct vfsmount> is part of.

=cut

sub mount_of ($vfsmount) {
    state $distance;
    $distance //= offsetof('struct mount', 'mnt');
    return $vfsmount - $distance;
}

=head2 path_of($mount, $dentry)

The path of a dentry in a C<struct mount>, up to the root of its mount namespace. Of what is cut off from the tree, the
part that is known.

=cut

sub path_of ($mount, $dentry) {
    my @names;
    for (1 .. $deepest) {
        my $parent = kernel($dentry, 'struct dentry', 'd_parent');
        my $root   = kernel($mount,  'struct mount',  'mnt.mnt_root');
        if ($dentry == $root || $dentry == $parent) {
            my $above = kernel($mount, 'struct mount', 'mnt_parent');
            return '/' . join '/', reverse @names if $above == $mount || $above == 0;
            $dentry = kernel($mount, 'struct mount', 'mnt_mountpoint');
            $mount  = $above;
            next;
        }
        push @names, dentry_name($dentry);
        $dentry = $parent;
    }
    return '.../' . join '/', reverse @names;
}

=head2 file_path($file)

What C</proc/PID/fd> would show for a C<struct file>: a path, C<socket:[7851]>, C<pipe:[12]>, C<anon_inode:[eventfd]>.

=cut

sub file_path ($file) {
    my $dentry   = kernel($file, 'struct file', 'f_path.dentry');
    my $vfsmount = kernel($file, 'struct file', 'f_path.mnt');
    die "file without a name\n" if $dentry == 0 || $vfsmount == 0;
    my $kind = kernel($dentry, 'struct dentry', 'd_sb->s_type->name', 'char *') // '';
    if ($kind eq 'sockfs' || $kind eq 'pipefs') {
        my $number = kernel($dentry, 'struct dentry', 'd_inode->i_ino');
        return ($kind eq 'sockfs' ? 'socket' : 'pipe') . ":[$number]";
    }
    return 'anon_inode:' . dentry_name($dentry) if $kind eq 'anon_inodefs';
    my $path = path_of(mount_of($vfsmount), $dentry);
    return _is_unlinked($dentry) ? "$path (deleted)" : $path;
}

sub _is_unlinked ($dentry) {
    return kernel($dentry, 'struct dentry', 'd_hash.pprev') == 0
        && kernel($dentry, 'struct dentry', 'd_parent') != $dentry;
}

=head2 inode_type($inode)

Three or four letters for the kind of a C<struct inode>: REG DIR CHR BLK FIFO SOCK LNK, or UNKN.

=cut

my %type_of = (
    0x1000 => 'FIFO',
    0x2000 => 'CHR',
    0x4000 => 'DIR',
    0x6000 => 'BLK',
    0x8000 => 'REG',
    0xa000 => 'LNK',
    0xc000 => 'SOCK',
);

sub inode_type ($inode) {
    return $type_of{kernel($inode, 'struct inode', 'i_mode') & 0xf000} // 'UNKN';
}

1;
