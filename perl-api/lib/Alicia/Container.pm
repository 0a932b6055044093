# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Container;

use v5.36;

=head1 NAME

Alicia::Container - the kernel's lists and trees as Perl lists

=head1 SYNOPSIS

    print $_->name, "\n" for list_entries(get_addr('modules'), 'struct module', 'list');
    for my $slot (idr_entries(get_addr('init_pid_ns') + offsetof('struct pid_namespace', 'idr'), 'struct pid')) {
        my ($number, $pid) = @$slot;
        ...
    }

=head1 DESCRIPTION

Walks end, whatever the dump holds. One that does not come to its end (a page is missing, a pointer is bent, the list bites
itself) gives what it reached and warns of the reason; where that must be known, C<local $SIG{__WARN__}> catches it.

=head2 list_entries HEAD, STRUCT, MEMBER

Typed objects: the structs that hold a C<struct list_head> as MEMBER (a path does, too) and are on the list at HEAD, which
is an address or an object. The head itself is no entry.

=head2 hlist_entries HEAD, STRUCT, MEMBER

The same of a C<struct hlist_head>, C<hlist_nulls_head> or C<hlist_bl_head>, told apart by the type of MEMBER.

=head2 llist_entries HEAD, STRUCT, MEMBER

The same of a C<struct llist_head>, last added first.

=head2 rbtree_entries ROOT, STRUCT, MEMBER

The same of a C<struct rb_root> or C<struct rb_root_cached>, in the tree's order.

=cut

sub list_entries   ($head, $struct, $member) { return _entries('list',   $head, $struct, $member) }
sub hlist_entries  ($head, $struct, $member) { return _entries('hlist',  $head, $struct, $member) }
sub llist_entries  ($head, $struct, $member) { return _entries('llist',  $head, $struct, $member) }
sub rbtree_entries ($root, $struct, $member) { return _entries('rbtree', $root, $struct, $member) }

=head2 xarray_entries XARRAY [, TYPE]

References to arrays of two: the index, and the entry as an address, or as an object where TYPE is given. An entry that is a
number and no pointer stays a number.

=head2 idr_entries IDR [, TYPE]

The same of a C<struct idr>.

=head2 maple_entries TREE [, TYPE]

References to arrays of three: first and last index of the range, and the entry.

=cut

sub xarray_entries ($xarray, $type = undef) { return _slots('xarray', $xarray, $type) }
sub idr_entries    ($idr, $type    = undef) { return _slots('idr',    $idr,    $type) }
sub maple_entries  ($tree, $type   = undef) { return _slots('maple',  $tree,   $type) }

sub _entries (@walk) {
    my ($entries, $problem) = Alicia::_walk(@walk);
    warn Alicia::Error::reason($problem), "\n" if $problem;
    return @$entries;
}

sub _slots ($kind, $address, $type) {
    my ($slots, $problem) = Alicia::_slots($kind, $address);
    warn Alicia::Error::reason($problem), "\n" if $problem;
    return @$slots if !defined $type;

    # Addresses are text; what was stored as a number is not.
    for my $slot (@$slots) {
        $slot->[-1] = Alicia::object($type, $slot->[-1]) if $slot->[-1] =~ /\A0x/;
    }
    return @$slots;
}

1;
