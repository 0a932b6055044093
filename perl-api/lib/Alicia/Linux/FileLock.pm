# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every CPU has a list of the file locks that were taken on it (file_lock_list); /proc/locks goes through them. Who waits
# for a lock hangs on it, and on those waiters in turn hangs who waits for them. Since 6.9 what locks and leases have in
# common is a struct of its own, file_lock_core, whose members begin with flc_ and not fl_.
package Alicia::Linux::FileLock;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::Path qw(file_path inode_type);

our @EXPORT_OK = qw(file_locks file_lock_lines);

=head1 NAME

Alicia::Linux::FileLock - locks on files, and who waits for them

=head1 SUBROUTINES

=head2 file_locks()

One hash a lock that is held: C<address>, C<kind> (FLOCK POSIX OFDLCK LEASE DELEG), C<type> (READ WRITE UNLCK),
C<mandatory>, C<pid>, C<owner> (name of the process, or undef where it is gone), C<file> (address), C<path>, C<device>
(C<07:00>), C<inode>, C<start> and C<end> (undef: EOF), and C<waiters>, a list of the same kind.

=cut

my $deepest   = 64;         # waiters for waiters
my $last_byte = ~0 >> 1;    # OFFSET_MAX

sub file_locks () {
    my $how  = _how();
    my %name = map { $_->pid => $_->comm } reverse tasks();
    my (@locks, %seen);
    for my $cpu (cpus()) {
        my $list = per_cpu('file_lock_list', $cpu);
        my $head =
            $list + (has_type('struct file_lock_list_struct') ? offsetof('struct file_lock_list_struct', 'hlist') : 0);
        push @locks,
            map { _lock($_->address, $how, \%name, \%seen, 0) } hlist_entries($head, $how->{struct}, $how->{link});
    }
    return @locks;
}

# The names of the members in this kernel.
sub _how () {
    my $core    = has_type('struct file_lock_core');
    my $prefix  = $core ? 'flc_' : 'fl_';
    my @members = qw(link flags type pid file blocked_requests blocked_member);
    return {
        core   => $core,
        struct => $core ? 'struct file_lock_core' : 'struct file_lock',
        map { $_ => "$prefix$_" } @members,
    };
}

my @kind = ([0x1, 'POSIX'], [0x2, 'FLOCK'], [0x20, 'LEASE'], [0x4, 'DELEG'], [0x800, 'LAYOUT']);

sub _lock ($address, $how, $name, $seen, $depth) {
    return if $depth > $deepest || $seen->{$address}++;
    my $get    = sub ($member, @type) { kernel($address, $how->{struct}, $how->{$member}, @type) };
    my $flags  = $get->('flags');
    my ($kind) = map { $flags & $_->[0] ? $_->[1] : () } @kind;
    $kind = 'OFDLCK' if $flags & 0x400;
    my %lock = (
        address => $address,
        kind    => $kind                                                       // 'UNKNOWN',
        type    => {0 => 'READ', 1 => 'WRITE', 2 => 'UNLCK'}->{$get->('type')} // 'NONE',
        pid     => $get->('pid', 'int'),
        file    => $get->('file'),
    );
    $lock{owner} = $name->{$lock{pid}};
    $lock{path}  = eval { file_path($lock{file}) };
    eval {
        my $inode  = kernel($lock{file}, 'struct file',  'f_inode');
        my $device = kernel($inode,      'struct inode', 'i_sb->s_dev');
        $lock{device} = sprintf '%02x:%02x', $device >> 20, $device & 0xfffff;
        $lock{inode}  = kernel($inode, 'struct inode', 'i_ino');
    };
    if ($flags & 0x3) {
        my $whole = $address - ($how->{core} ? offsetof('struct file_lock', 'c') : 0);
        @lock{qw(start end)} = map { kernel($whole, 'struct file_lock', $_) } qw(fl_start fl_end);
        $lock{end} = undef if $lock{end} == $last_byte;
    }
    my $blocked = $address + offsetof($how->{struct}, $how->{blocked_requests});
    $lock{waiters} = [map { _lock($_->address, $how, $name, $seen, $depth + 1) }
            list_entries($blocked, $how->{struct}, $how->{blocked_member})];
    return \%lock;
}

=head2 file_lock_lines()

The locks as lists of C<number>, C<depth> (0: held, above: waits), and the hash; a lock is followed by its waiters.

=cut

sub file_lock_lines () {
    my (@lines, $add);
    my $number = 0;
    $add = sub ($lock, $depth) {
        push @lines, [$number, $depth, $lock];
        $add->($_, $depth + 1) for @{$lock->{waiters}};
        return;
    };
    for my $lock (file_locks()) {
        $number++;
        $add->($lock, 0);
    }
    undef $add;
    return @lines;
}

1;
