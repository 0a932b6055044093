# SPDX-License-Identifier: GPL-3.0-or-later
#
# The kernel log since 5.10 is three rings (kernel/printk/printk_ringbuffer.h): descriptors, an info for each, and text.
# A descriptor's state_var holds its id below two bits of state. Ids run from tail_id to head_id and never begin anew, so
# the descriptor of an id is at `id % count`. Its text block lies between two logical positions, of which the low bits
# are the place in the text ring: first the id again (one long), then the text, text_len bytes of it. A block that would
# cross the ring's end leaves that end unused and starts at the ring's first byte. An odd begin means: no text.
package Alicia::Linux::Log;

use v5.36;
use Alicia;
use Exporter 'import';

our @EXPORT_OK = qw(records format_record log_text panic_message last_oops);

=head1 NAME

Alicia::Linux::Log - the kernel's log as a dump holds it

=head1 SUBROUTINES

=head2 records()

Every record of the log, oldest first: hashes with C<seq>, C<nanoseconds> (since boot), C<level> (0 to 7), C<facility>,
C<caller> (C<T123> or C<C1>, undef where the kernel doesn't keep it), C<text>, C<subsystem>, C<device>, and C<hole> (why
its text could not be read). Dies where the log cannot be read at all.

=cut

my $limit = 1 << 24;    # bytes: no ring's part is read that is larger

sub records () {
    die "this kernel's log is not a printk ring buffer\n"
        if !has_symbol('prb') || !defined _offset('printk_ringbuffer', 'desc_ring');
    my $ring = _ring(read_ptr(get_addr('prb')));
    my ($tail, $head) = map { $_ & $ring->{id_mask} } @$ring{qw(tail head)};
    my $count = (($head - $tail) & $ring->{id_mask}) + 1;
    $count = $ring->{count} if $count > $ring->{count};
    my @records;
    for my $step (0 .. $count - 1) {
        my $record = _record($ring, ($tail + $step) & $ring->{id_mask});
        push @records, $record if $record;
    }
    return @records;
}

# What is needed to find a record: sizes, offsets, and where the three rings lie.
sub _ring ($address) {
    my $ids  = $address + _place('printk_ringbuffer', 'desc_ring');
    my $text = $address + _place('printk_ringbuffer', 'text_data_ring');
    my $lpos = _place('prb_desc', 'text_blk_lpos');
    my %ring = (
        count     => 1 << _bits(_number($ids + _place('prb_desc_ring', 'count_bits'))),
        bits      => _bits(_number($text + _place('prb_data_ring', 'size_bits'))),
        descs     => read_ptr($ids + _place('prb_desc_ring', 'descs')),
        infos     => read_ptr($ids + _place('prb_desc_ring', 'infos')),
        data      => read_ptr($text + _place('prb_data_ring', 'data')),
        head      => read_ptr($ids + _place('prb_desc_ring', 'head_id')) + 0,
        tail      => read_ptr($ids + _place('prb_desc_ring', 'tail_id')) + 0,
        long      => sizeof('long'),
        desc_size => _size('prb_desc'),
        info_size => _size('printk_info'),
    );
    $ring{id_mask}    = (1 << (8 * $ring{long} - 2)) - 1;
    $ring{long_code}  = $ring{long} == 8 ? 'Q<' : 'V';
    $ring{at_state}   = _place('prb_desc', 'state_var');
    $ring{at_begin}   = $lpos + _place('prb_data_blk_lpos', 'begin');
    $ring{at_next}    = $lpos + _place('prb_data_blk_lpos', 'next');
    $ring{at_seq}     = _place('printk_info', 'seq');
    $ring{at_time}    = _place('printk_info', 'ts_nsec');
    $ring{at_length}  = _place('printk_info', 'text_len');
    $ring{at_level}   = $ring{at_length} + 3;    # u16 text_len, u8 facility, flags:5, level:3
    $ring{at_caller}  = _offset('printk_info',     'caller_id');
    $ring{at_device}  = _offset('printk_info',     'dev_info');
    $ring{subsystem}  = _offset('dev_printk_info', 'subsystem');
    $ring{device}     = _offset('dev_printk_info', 'device');
    $ring{device_end} = _size('dev_printk_info');
    return \%ring;
}

# Of a struct, by its type, or by VMCOREINFO where the dump has no types; undef where neither has it.
sub _offset ($struct, $member) {
    return offsetof("struct $struct", $member) if has_type("struct $struct") && has_member("struct $struct", $member);
    return _told("OFFSET($struct.$member)");
}

# The number that VMCOREINFO has for this; undef where it has none, or damaged text.
sub _told ($key) {
    my $text = eval { vmcoreinfo($key) };
    return defined $text && $text =~ /\A\d{1,9}\z/ ? $text : undef;
}

# As _offset() for what the log can't be read without.
sub _place ($struct, $member) {
    return _offset($struct, $member) // die "neither types nor VMCOREINFO tell where $struct.$member is\n";
}

sub _size ($struct) {
    return sizeof("struct $struct") if has_type("struct $struct");
    return _told("SIZE($struct)") || die "neither types nor VMCOREINFO tell the size of $struct\n";
}

sub _number ($address) { return get_mem($address, 1, 4) + 0 }

sub _bits ($bits) {
    die "log ring with 2^$bits entries\n" if $bits < 1 || $bits > 31;
    return $bits;
}

# The record with this id, or nothing where its descriptor is reserved, reused or of another id.
sub _record ($ring, $id) {
    my $index = $id % $ring->{count};
    my $desc  = read_mem($ring->{descs} + $index * $ring->{desc_size}, $ring->{desc_size});
    my $state = unpack $ring->{long_code}, substr $desc, $ring->{at_state};
    my $kind  = $state >> (8 * $ring->{long} - 2);
    return if ($state & $ring->{id_mask}) != $id || $kind == 0 || $kind == 3;

    my $info   = read_mem($ring->{infos} + $index * $ring->{info_size}, $ring->{info_size});
    my $packed = unpack 'C', substr $info, $ring->{at_level};
    my $caller = unpack 'V', substr $info, $ring->{at_caller};
    my %record = (
        seq         => unpack('Q<', substr $info, $ring->{at_seq}),
        nanoseconds => unpack('Q<', substr $info, $ring->{at_time}),
        facility    => unpack('C',  substr $info, $ring->{at_level} - 1),
        level       => $packed >> 5,
        caller      => $caller & 0x80000000 ? 'C' . ($caller & 0x7fffffff) : "T$caller",
    );
    my $device = substr $info, $ring->{at_device}, $ring->{device_end};
    $record{subsystem} = unpack 'Z*', substr $device, $ring->{subsystem}, $ring->{device} - $ring->{subsystem};
    $record{device}    = unpack 'Z*', substr $device, $ring->{device};
    $record{text}      = eval { _text($ring, $id, $desc, unpack 'v', substr $info, $ring->{at_length}) };

    if (!defined $record{text}) {
        $record{hole} = Alicia::Error::reason($@);
        $record{text} = "<$record{hole}>";
    }
    return \%record;
}

sub _text ($ring, $id, $desc, $length) {
    my ($begin, $next) = map { unpack $ring->{long_code}, substr $desc, $_ } @$ring{qw(at_begin at_next)};
    return '' if $begin & 1;
    my $mask = (1 << $ring->{bits}) - 1;
    my ($from, $to) = ($begin & $mask, $next & $mask);
    $from = 0         if ($begin >> $ring->{bits}) != ($next >> $ring->{bits}) && $to != 0;
    $to   = $mask + 1 if $to == 0;
    die "text block out of bounds\n" if $from >= $to || $to - $from < $ring->{long} || $to - $from > $limit;
    my $room  = $to - $from - $ring->{long};
    my $block = read_mem($ring->{data} + $from, $ring->{long} + ($length < $room ? $length : $room));
    die "text block of another record\n" if unpack($ring->{long_code}, $block) != $id;
    return substr $block, $ring->{long};
}

=head2 format_record($record, %how)

The record as one or more lines, each ending in a newline, as C<dmesg> prints them. %how: C<time> (0: none), C<boot>
(seconds since 1970 at boot: the time of day instead), C<level> (C<< <6> >> in front), C<caller>.

=cut

sub format_record ($record, %how) {
    my $prefix = '';
    if ($how{time} // 1) {
        my $seconds = int($record->{nanoseconds} / 1e9);
        my $part    = int($record->{nanoseconds} % 1e9 / 1e3);
        $prefix =
            defined $how{boot}
            ? '[' . localtime(int($how{boot} + $record->{nanoseconds} / 1e9)) . '] '
            : sprintf '[%5d.%06d] ', $seconds, $part;
    }
    $prefix .= "[$record->{caller}] " if $how{caller} && defined $record->{caller};
    $prefix = "<$record->{level}>$prefix" if $how{level};
    my ($first, @more) = split /\n/, $record->{text};
    my $indent = ' ' x length $prefix;
    return join '', $prefix . ($first // '') . "\n", map {"$indent$_\n"} @more;
}

=head2 log_text(%how)

The whole log as one string, as it stands in the dump: not yet fit for a terminal (Alicia::Text::visible).

=cut

sub log_text (%how) {
    return join '', map { format_record($_, %how) } records();
}

# What a stop begins with, most telling first.
my @stops = (
    qr/\AKernel panic - /,
    qr/\A(?:kernel )?BUG: unable to handle /i,
    qr/\AUnable to handle kernel /,
    qr/\Akernel BUG at /i,
    qr/\Ageneral protection fault/,
    qr/\A(?:Oops|Internal error)[: ]/,
    qr/\Adouble fault/,
    qr/\Awatchdog: BUG: /,
    qr/\A(?:NMI watchdog: )?Watchdog detected hard LOCKUP/,
    qr/\ABUG: /,
    qr/\Asysrq: Trigger a crash/,
);

=head2 panic_message(@records)

The text of the record that says why the kernel stopped: the panic's own where there is one, else the first of a fault;
undef where the log has neither.

=cut

sub panic_message (@records) {
    for my $stop (@stops) {
        for my $record (reverse @records) {
            next if $record->{text} !~ $stop;
            return $record->{text}  =~ s/\n.*//sr;
        }
    }
    return;
}

=head2 last_oops(@records)

The records from the beginning of the last stop (the fault or panic that the final trace belongs to) to the log's end;
empty where the log has none.

=cut

my $fault = do {
    my @beginnings = (
        'BUG: ',
        'kernel BUG at ',
        'general protection fault',
        'Oops: ',
        'Internal error: ',
        'double fault',
        'Unable to handle kernel ',
        'watchdog: BUG: ',
        'Kernel panic - ',
        'sysrq: Trigger a crash',
        '-+\[ cut here',
        '(?:INFO|rcu): .*(?:blocked|stall)',
        '[^\n]*\binvoked oom-killer',
        '(?:NMI watchdog: )?Watchdog detected hard LOCKUP',
        '#DF stack',
    );
    my $any = join '|', @beginnings;
    qr/\A(?:$any)/i;
};

sub last_oops (@records) {
    my $panic;
    for my $index (reverse 0 .. $#records) {
        next if $records[$index]{text} !~ /\AKernel panic - /;
        $panic = $index;
        last;
    }
    my $last = $panic // $#records;
    my $first;
    for my $index (reverse 0 .. $last) {
        next if $records[$index]{text} !~ $fault;

        # Lines of one stop follow each other within seconds.
        last if defined $first && $records[$first]{nanoseconds} - $records[$index]{nanoseconds} > 10e9;
        $first = $index;
    }
    return defined $first ? @records[$first .. $#records] : ();
}

1;
