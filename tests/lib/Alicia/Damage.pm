# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Damage;

# A dump damaged in a hundred ways, each by a number: the same number is the same damage on every machine. The copy is
# damaged in place and mended again, so that a large one costs no more than a small one.

use v5.36;
use File::Copy qw(copy);

# new($class, $dump, $copy): copies the dump to the file $copy.
sub new ($class, $dump, $copy) {
    copy($dump, $copy) or die "cannot copy $dump: $!";
    open my $handle, '+<:raw', $copy or die "cannot open $copy: $!";
    return bless {handle => $handle, size => -s $dump, undo => [], tail => ''}, $class;
}

# damage($number): does damage; returns what was done, as text.
my @ways = qw(bytes words range header truncation beginning words range);

sub damage ($self, $number) {
    $self->{random} = $number * 2_654_435_761 % 2**32 || 1;
    my $way = $ways[$number % @ways];
    return "$way: " . $self->can("_$way")->($self);
}

# mend(): takes the last damage back.
sub mend ($self) {
    my $handle = $self->{handle};
    if (length $self->{tail}) {
        $self->_put($self->{size} - length $self->{tail}, $self->{tail});
        $self->{tail} = '';
    }
    for my $old (reverse @{$self->{undo}}) { $self->_put(@$old) }
    $self->{undo} = [];
    return;
}

# From 0 up to, without, $limit: xorshift32, for Perl's own rand is another one on another machine.
sub _below ($self, $limit) {
    my $x = $self->{random};
    $x ^= $x << 13 & 0xffffffff;
    $x ^= $x >> 17;
    $x ^= $x << 5 & 0xffffffff;
    $self->{random} = $x;
    return int($x / 2**32 * $limit);
}

sub _get ($self, $at, $length) {
    my $handle = $self->{handle};
    seek $handle, $at, 0 or die "cannot seek: $!";
    my $bytes;
    my $got = read $handle, $bytes, $length;
    die "cannot read: $!" if !defined $got;
    return $bytes;
}

sub _put ($self, $at, $bytes) {
    my $handle = $self->{handle};
    seek $handle, $at, 0 or die "cannot seek: $!";
    print {$handle} $bytes or die "cannot write: $!";
    $handle->flush;
    return;
}

sub _change ($self, $at, $bytes) {
    return if $at + length $bytes > $self->{size};
    push @{$self->{undo}}, [$at, $self->_get($at, length $bytes)];
    $self->_put($at, $bytes);
    return;
}

# A value that programs stumble over, of so many bytes.
sub _value ($self, $width) {
    my $kind = $self->_below(6);
    return "\0" x $width                  if $kind == 0;
    return "\xff" x $width                if $kind == 1;
    return "\xff" x ($width - 1) . "\x7f" if $kind == 2;
    return substr pack('Q<', 2**$self->_below(8 * $width)), 0, $width if $kind == 3;
    return join '', map { chr $self->_below(256) } 1 .. $width;
}

sub _bytes ($self) {
    my $count = 1 << $self->_below(12);
    $self->_change($self->_below($self->{size}), chr $self->_below(256)) for 1 .. $count;
    return "$count at random";
}

# Aligned, and among values that are there already: pointers that lead to something, just not to what is meant.
sub _words ($self) {
    my $count = 1 << 6 + $self->_below(9);
    for (1 .. $count) {
        my $at    = 8 * $self->_below(int($self->{size} / 8) - 1);
        my $value = $self->_below(2) ? $self->_value(8) : $self->_get(8 * $self->_below(int($self->{size} / 8) - 1), 8);
        $self->_change($at, $value);
    }
    return "$count at random";
}

sub _range ($self) {
    my $length = 1 << 9 + $self->_below(14);
    my $at     = $self->_below($self->{size});
    $length = $self->{size} - $at if $length > $self->{size} - $at;
    my $kind = $self->_below(3);
    my $with =
          $kind == 0 ? "\0" x $length
        : $kind == 1 ? "\xff" x $length
        :              $self->_get($self->_below($self->{size} - $length + 1), $length);
    $self->_change($at, $with);
    return "$length at $at of kind $kind";
}

sub _header ($self) {
    my $count = 1 + $self->_below(4);
    $self->_change(4 * $self->_below(300), $self->_value($self->_below(2) ? 4 : 8)) for 1 .. $count;
    return "$count fields of the first 1200 bytes";
}

# Where formats have their tables: bitmaps, notes, page descriptors.
sub _beginning ($self) {
    my $count = 1 << $self->_below(10);
    my $part  = int $self->{size} / 20;
    $self->_change($self->_below($part), $self->_value(1 << $self->_below(4))) for 1 .. $count;
    return "$count values in the first twentieth";
}

sub _truncation ($self) {
    my $length = int $self->{size} * (0.5 + $self->_below(1000) / 2000);
    $self->{tail} = $self->_get($length, $self->{size} - $length);
    truncate $self->{handle}, $length or die "cannot truncate: $!";
    return "$length of $self->{size} bytes";
}

1;
