# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every block device has an inode in a file system of its own, whose superblock the kernel names; so the disks are found
# without the driver model's classes, which move from version to version. Where a gendisk holds its whole partition
# itself (struct hd_struct, until 5.10), only devices in use have an inode, and the class of block devices is gone over. A
# disk's counters are per-CPU; its requests hang on the tags of its hardware queues, where one that is under way has
# state 1.
package Alicia::Linux::Disk;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::System qw(uptime);
use Alicia::Text          qw(visible hexadecimal table);

our @EXPORT_OK = qw(disks disk_requests disk_table request_text);

=head1 NAME

Alicia::Linux::Disk - block devices, what they did and what they are doing

=head1 SUBROUTINES

=head2 disks()

One hash a disk, by number: C<address> (of its C<struct gendisk>), C<name major minor queue sectors>, and C<statistics>: a
hash C<ios merges sectors nanoseconds>, each a list for reads, writes, discards and flushes. C<hole> is the reason for
what could not be read.

=cut

my $most_tags = 1 << 16;

sub disks () {
    my %disk   = has_type('struct hd_struct') ? _disks_of_class() : _disks_of_inodes();
    my @sorted = sort { $a->{major} <=> $b->{major} || $a->{minor} <=> $b->{minor} } values %disk;
    return @sorted;
}

sub _disks_of_inodes () {
    my $super = read_ptr(get_addr('blockdev_superblock'));
    my $head  = $super + offsetof('struct super_block', 's_inodes');
    my $inode = offsetof('struct bdev_inode', 'vfs_inode');
    my %disk;
    for my $entry (list_entries($head, 'struct inode', 'i_sb_list')) {
        my $device = $entry->address - $inode + offsetof('struct bdev_inode', 'bdev');
        my $disk   = eval { kernel($device, 'struct block_device', 'bd_disk', 'void *') } // next;
        next if $disk == 0;
        next if kernel($disk, 'struct gendisk', 'part0', 'void *') != $device;
        $disk{$disk} = _disk($disk, $device, ['struct block_device', 'bd_nr_sectors', 'bd_stats']);
    }
    return %disk;
}

# The class's devices are whole disks and partitions, which their device_type tells.
sub _disks_of_class () {
    my $private = kernel(get_addr('block_class'), 'struct class', 'p', 'void *');
    my $head    = $private + offsetof('struct subsys_private', 'klist_devices.k_list');
    my $whole   = get_addr('disk_type');
    my $part    = offsetof('struct gendisk', 'part0');
    my %disk;
    for my $entry (list_entries($head, 'struct device_private', 'knode_class.n_node')) {
        my $device = kernel($entry->address, 'struct device_private', 'device', 'void *');
        next if kernel($device, 'struct device', 'type', 'void *') != $whole;
        my $disk = $device - $part - offsetof('struct hd_struct', '__dev');
        $disk{$disk} = _disk($disk, $disk + $part, ['struct hd_struct', 'nr_sects', 'dkstats']);
    }
    return %disk;
}

# $names: the struct at $device, and its members of the size and of the counters.
sub _disk ($disk, $device, $names) {
    my ($struct, $size, $counters) = @$names;
    my $get = sub (@how) { kernel($disk, 'struct gendisk', @how) };
    my %row = (
        address    => $disk,
        name       => $get->('disk_name', 'char *'),
        major      => $get->('major'),
        minor      => $get->('first_minor'),
        queue      => $get->('queue', 'void *'),
        statistics => {},
    );
    my $done = eval {
        $row{sectors}    = kernel($device, $struct, $size);
        $row{statistics} = _statistics(kernel($device, $struct, $counters, 'void *'));
        1;
    };
    $row{hole} = Alicia::Error::reason($@) if !$done;
    return \%row;
}

sub _statistics ($base) {
    my %sum = map { $_ => [(0) x 4] } qw(nsecs sectors ios merges);
    for my $cpu (cpus()) {
        my $at = per_cpu($base, $cpu);
        for my $kind (keys %sum) {
            my @part = unpack 'Q<4', read_mem($at + offsetof('struct disk_stats', $kind), 32);
            $sum{$kind}[$_] += $part[$_] for 0 .. 3;
        }
    }
    $sum{nanoseconds} = delete $sum{nsecs};
    return \%sum;
}

=head2 disk_requests($queue)

The requests of a C<struct request_queue> that are not idle, oldest first: hashes C<address tag queue_number state
operation sector bytes start> (nanoseconds of the monotonic clock), C<cpu> (which made it, undef where that is not told).

=cut

my @state = ('idle', 'in flight', 'complete');
my @operation =
    ('READ', 'WRITE', 'FLUSH', 'DISCARD', undef, 'SECURE_ERASE', undef, 'ZONE_APPEND', undef, 'WRITE_ZEROES');

sub disk_requests ($queue) {
    my (@requests, %seen);
    my $number = 0;
    for my $hardware (_hardware_queues($queue)) {
        my $tags  = kernel($hardware, 'struct blk_mq_hw_ctx', 'tags', 'void *');
        my $count = $tags == 0 ? 0 : kernel($tags, 'struct blk_mq_tags', 'nr_tags');
        die "$count tags\n" if $count > $most_tags;
        my @slots =
            $count
            ? unpack 'Q<*', read_mem(kernel($tags, 'struct blk_mq_tags', 'rqs', 'void *'), 8 * $count)
            : ();
        for my $request (grep { $_ && !$seen{$_}++ } @slots) {
            next if eval { kernel($request, 'struct request', 'q', 'void *') != $queue } // 1;
            my $state = kernel($request, 'struct request', 'state');
            push @requests, _request($request, $number, $state) if $state != 0;
        }
        $number++;
    }
    @requests = sort { $a->{start} <=> $b->{start} } @requests;
    return @requests;
}

sub _hardware_queues ($queue) {
    if (has_member('struct request_queue', 'hctx_table')) {
        return map { $_->[-1] } xarray_entries($queue + offsetof('struct request_queue', 'hctx_table'));
    }
    my $table = kernel($queue, 'struct request_queue', 'queue_hw_ctx', 'void *');
    my $count = kernel($queue, 'struct request_queue', 'nr_hw_queues');
    return if $table == 0 || $count > 4096;
    return map { read_ptr($table + 8 * $_) } 0 .. $count - 1;
}

sub _request ($request, $number, $state) {
    my $get   = sub (@how) { kernel($request, 'struct request', @how) };
    my $flags = $get->('cmd_flags', 'unsigned int');
    return {
        address      => $request,
        tag          => $get->('tag'),
        queue_number => $number,
        state        => $state[$state]            // $state,
        operation    => $operation[$flags & 0xff] // sprintf('%d', $flags & 0xff),
        sector       => $get->('__sector'),
        bytes        => $get->('__data_len'),
        start        => $get->('start_time_ns'),
        cpu          => scalar eval { $get->('mq_ctx->cpu') },
    };
}

=head2 disk_table()

The columns and rows of C<dev -d>, as L<Alicia::Text/table> has them.

=cut

sub disk_table () {
    my @rows;
    for my $disk (disks()) {
        my @requests = eval { disk_requests($disk->{queue}) };
        my $hole     = @requests || !$@ ? '' : visible(Alicia::Error::reason($@));
        my $reads    = grep { $_->{operation} eq 'READ' } @requests;
        push @rows,
            [
            $disk->{major},         hexadecimal($disk->{address}),
            visible($disk->{name}), hexadecimal($disk->{queue}),
            $hole ? '?' : scalar @requests, $hole ? '?' : $reads,
            $hole ? $hole : @requests - $reads
            ];
    }
    return (['+MAJOR', '=GENDISK', 'NAME', '=REQUEST_QUEUE', '+TOTAL', '+READ', '+WRITE'], \@rows);
}

=head2 request_text(@requests)

The requests as lines; their age is in seconds.

=cut

sub request_text (@requests) {
    my $now  = eval { uptime() } // 0;
    my @rows = map {
        [
            hexadecimal($_->{address}), $_->{queue_number},
            $_->{tag},                  $_->{state},
            $_->{operation},            $_->{sector},
            $_->{bytes},                $_->{start}
            ? sprintf '%.3f',
            $now - $_->{start} / 1e9
            : '?'
        ]
    } @requests;
    return table([qw(=REQUEST +QUEUE +TAG STATE OPERATION +SECTOR +BYTES +AGE)], \@rows);
}

1;
