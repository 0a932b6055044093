# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Lkst;

use v5.36;
use Alicia;
use parent 'Alicia::Trace';
use Alicia::Lkst::Records ();

@Lkst::ISA = (__PACKAGE__);

=head1 NAME

Lkst - what the Linux Kernel State Tracer recorded before the dump

=head1 SYNOPSIS

    $lkst = new Lkst;
    $lkst->collect(id => 1);
    $lkst->analyze(analyzer => 'runqueue', id => 1, output => 'runqueue.txt');
    $lkst->analyze(analyzer => 'syscall', format => 'stat', id => 1, output => 'syscall.txt');
    eventlog($lkst, 29149);

=head1 DESCRIPTION

Reads the buffers of the kernel module C<lkst> that comes with Alicia (the folder F<src/lkst>, whose F<README.md> says how to
record). Its records have the size and the events that the report of 2005 on Alicia 1.1 prints of LKST; what that report
leaves open is this module's own (F<src/lkst/lkst.def> says which is which), so a kernel of 2005 is not read.

What is not described here is as in L<Alicia::Trace> (C<help Ftrace>): C<collect>, C<get_records>, C<records>,
C<get_analyzer>, C<analyze>.
Where LKST's events are those that the kernel's own traces have too, analyzers know them by the kernel's names.

=head2 new

Looks for the buffers. Dies where the kernel has no module C<lkst>; warns of what was lost of its buffers, a line for each
cause.

=cut

sub new ($class, @options) {
    Alicia::Trace::_named('new', [], @options);
    my $self = bless {}, $class;
    $self->buffers;
    warn "$_\n" for @{Alicia::_lkst_problems()};
    return $self;
}

=head2 buffers

The buffers, as hashes: C<id>, C<name> (the same), C<active> (what was recorded to at the end), C<clock>, C<in_ns>,
C<address>, and C<cpus>, for each CPU a hash of C<cpu>, C<capacity> (in records) and C<written>.

=cut

sub buffers ($self, @none) {
    Alicia::Trace::_named('buffers', [], @none);
    my $buffers = Alicia::_lkst_buffers();
    $_->{name} = $_->{id} for @$buffers;
    return @$buffers;
}

=head2 counts ID

A buffer's records, a hash for each CPU: C<cpu>, C<entries> (there), C<overrun> (overwritten).

=cut

sub counts ($self, @id) {
    my ($place) = $self->_buffer('counts', @id);
    return map {
        my $there = $_->{written} < $_->{capacity} ? $_->{written} : $_->{capacity};
        {cpu => $_->{cpu}, entries => $there, overrun => $_->{written} - $there}
    } @{($self->buffers)[$place]{cpus}};
}

=head2 events

What LKST records, as hashes: C<id>, C<name> (C<PROCESS_CONTEXTSWITCH>), C<mnemonic> (C<context_switch>), C<arguments> (what
the four are), C<system> and C<event> (the kernel's names for the same, empty where it has none such).

=cut

sub events ($self, @none) {
    Alicia::Trace::_named('events', [], @none);
    return @{Alicia::_lkst_events()};
}

=head2 collect(id => ID), collect()

The records of buffer ID; without it those of all buffers. Each is an L<Alicia::Lkst::Record>.

=cut

# Places among the buffers.
sub _ids ($self, %which) {
    Alicia::_throw('bad_argument', 'LKST has no instances: id => ID') if defined $which{instance};
    my @buffers = $self->buffers;
    return 0 .. $#buffers if !defined $which{id};
    my @found = grep { $buffers[$_]{id} eq $which{id} } 0 .. $#buffers;
    Alicia::_throw(
        'bad_argument',
        'no LKST buffer ' . Alicia::Trace::_shown($which{id}) . '; there are ' . join ', ',
        map { $_->{id} } @buffers
    ) if !@found;
    return $found[0];
}

sub _read ($self, $, @places) { return Alicia::Lkst::Records->new(@places) }

sub export ($self, @) { return Alicia::_throw('not_supported', 'LKST has no trace.dat') }

sub format_of ($self, @) { return Alicia::_throw('not_supported', 'LKST has no file format') }

=head1 SUBROUTINES

=head2 eventlog($lkst, $pid)

Section 4.3 of the report of 2005: prints the events of a task.

=cut

sub eventlog {
    my $kst = shift;
    my $pid = shift || 1;
    die "Usage: eventlog(lkst instance, pid)\n" if !eval { $kst->isa('Alicia::Trace') } || $pid !~ /\A[0-9]+\z/;
    my $recs   = $kst->get_records;
    my $ana    = $kst->get_analyzer(analyzer => 'runqueue');
    my @events = $ana->filter_by_attribute({log_pid => $pid}, $ana->sort_by_recid(@$recs));
    my $width  = 2 + 2 * Alicia::sizeof('void *');
    printf "%-${width}s event %10s %10s %10s %10s\n", ' address', qw(arg1 arg2 arg3 arg4);
    printf "%s 0x%03x %10x %10x %10x %10x\n", $_->myaddr, $_->log_event_type,
        $_->log_arg1, $_->log_arg2, $_->log_arg3, $_->log_arg4
        for @events;
    return;
}

1;
