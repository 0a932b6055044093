# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Trace;

use v5.36;
use Alicia;
use Alicia::Trace::Records ();

@Ftrace::ISA = (__PACKAGE__);

=head1 NAME

Ftrace - the kernel's trace buffers in the dump

=head1 SYNOPSIS

    $trace = new Ftrace;
    $trace->collect(id => 0);                   # or instance => 'mine', snapshot => 1
    print $_->line for @{$trace->get_records}[-20 .. -1];
    my $ana = $trace->get_analyzer(analyzer => 'runqueue');
    print $_->text, "\n" for $ana->filter_by_attribute({log_pid => 1}, $ana->sort_by_recid(@{$trace->get_records}));
    $trace->analyze(analyzer => 'syscall', format => 'stat', output => 'syscall.txt');

=head1 DESCRIPTION

What F</sys/kernel/tracing> would have shown when the dump was made: the buffer of all and that of each instance, and the
snapshot of each where one was taken. Events stay outside of Perl until they are asked for, so that a million of them costs
what it costs in the kernel's buffer and 8 bytes each.

=head2 new

Looks for the kernel's buffers and the formats of its events. Dies where the kernel has no tracing.

=cut

sub new ($class, %options) {
    my $self = bless {}, $class;
    $self->buffers;
    return $self;
}

=head2 buffers

The buffers, as hashes: C<id>, C<instance> (empty for the buffer of all), C<snapshot>, C<name> (C<top>, C<mine>,
C<mine/snapshot>), C<tracer>, C<clock>, C<in_ns>, C<address>, C<instance_address>.

=cut

sub buffers ($self) {
    my $buffers = Alicia::_trace_buffers();
    my $id      = 0;
    for my $buffer (@$buffers) {
        $buffer->{id}   = $id++;
        $buffer->{name} = length $buffer->{instance} ? $buffer->{instance} : 'top';
        $buffer->{name} .= '/snapshot' if $buffer->{snapshot};
    }
    return @$buffers;
}

=head2 counts ID

What the kernel counted of a buffer, a hash for each CPU: C<cpu>, C<entries> (there), C<overrun> (overwritten),
C<commit_overrun> and C<dropped> (lost), C<read> (consumed), C<recording> (whether the buffer was being written to when the
dump was made).

=cut

sub counts ($self, $id) { return @{Alicia::_trace_counts($id)} }

=head2 events

The kinds of event the kernel knew, as hashes: C<id>, C<system>, C<name>.

=head2 format_of ID

The kind's file F<format>.

=cut

sub events ($self) {
    return map { {id => $_->[0], system => $_->[1], name => $_->[2]} } @{Alicia::_trace_formats()};
}

sub format_of ($self, $id) { return Alicia::_trace_format($id) }

=head2 collect(id => ID), collect(instance => NAME, snapshot => 1), collect()

Reads the events of a buffer; without id and instance those of all buffers, in one order by time (buffers whose clocks
differ one after the other). Prints how many there are, unless C<< quiet => 1 >>; returns it. A terminal is told how far it
is, Ctrl-C ends it. What was lost to damage is warned of, a line for each cause.

=cut

sub collect ($self, %which) {
    my @ids = $self->_ids(%which);
    delete $self->{records};    # two collections need the memory of two
    $self->{records} = $self->_read($which{quiet}, @ids);
    $self->{ids}     = "@ids";
    my $count = $self->{records}->count;
    if (!$which{quiet}) {
        print "Collecting ... $count events\n";
        warn "$_\n" for $self->{records}->problems;
    }
    return $count;
}

# The events of these buffers; a class that reads others has another.
sub _read ($self, $quiet, @ids) { return Alicia::Trace::Records->collect($quiet, @ids) }

sub _ids ($self, %which) {
    my @buffers = $self->buffers;
    if (defined $which{id}) {
        Alicia::_throw('bad_argument', "no trace buffer $which{id}; there are 0 to $#buffers")
            if $which{id} !~ /\A[0-9]+\z/ || $which{id} > $#buffers;
        return $which{id};
    }
    return map { $_->{id} } @buffers if !defined $which{instance};
    my $instance = $which{instance} eq 'top' ? q() : $which{instance};
    my @found    = grep { $_->{instance} eq $instance && !$_->{snapshot} == !$which{snapshot} } @buffers;
    Alicia::_throw('bad_argument', "no such trace buffer: $which{instance}") if !@found;
    return map { $_->{id} } @found;
}

# The records of `id` or `instance`, collected where they are not the ones at hand.
sub _records_for ($self, %which) {
    if (!defined $which{id} && !defined $which{instance}) {
        $self->collect(quiet => 1) if !$self->{records};
        return $self->{records};
    }
    my @ids = $self->_ids(%which);
    $self->collect(%which, quiet => 1) if !$self->{records} || $self->{ids} ne "@ids";
    return $self->{records};
}

=head2 export(id => ID or instance => NAME, output => FILE)

Writes one buffer as a trace.dat file, which trace-cmd and KernelShark open.

=cut

sub export ($self, %which) {
    my $file = $which{output} // Alicia::_throw('bad_argument', 'which file');
    my @ids  = $self->_ids(%which);
    Alicia::_throw('bad_argument', 'one buffer at a time: which') if @ids != 1;
    my $problems = Alicia::_trace_export($ids[0], $file);
    warn "$_\n" for @$problems;
    return;
}

=head2 get_records

The events, oldest first: a reference to an array whose elements are made when they are looked at.

=cut

sub get_records ($self) {
    my $records = $self->{records} // Alicia::_throw('bad_argument', 'nothing was collected yet');
    return $records->list;
}

=head2 records

What was collected, as L<Alicia::Trace::Records>.

=cut

sub records ($self) { return $self->{records} }

=head2 get_analyzer(analyzer => NAME)

An analyzer: C<syscall>, C<runqueue>, C<wakeup>, C<irq>, C<blockio>; each is a module C<Alicia::Trace::Analyzer::Name>, see L<Alicia::Trace::Analyzer>.

=cut

sub get_analyzer ($self, %which) {
    my $name = $which{analyzer} // Alicia::_throw('bad_argument', 'which analyzer');
    Alicia::_throw('bad_argument', 'no analyzer of that name') if $name !~ /\A[a-z][a-z0-9_]*\z/;
    my $module = 'Alicia::Trace::Analyzer::' . ucfirst $name;
    my $file   = $module =~ s{::}{/}gr . '.pm';
    if (!eval { require $file; 1 }) {
        my $error = $@;
        Alicia::_throw('bad_argument', "no analyzer $name") if $error =~ /\ACan't locate \Q$file\E/;
        die $error;    ## no critic (RequireCarping)
    }
    return $module->new(trace => $self);
}

=head2 analyze(analyzer => NAME, format => FORMAT, id => ID, output => FILE)

Prints C<Analyzing ...>, then what the analyzer finds, or writes the latter to FILE.

=cut

sub analyze ($self, %how) {
    my $analyzer = $self->get_analyzer(analyzer => $how{analyzer});
    print "Analyzing ...\n\n";
    my $records = $self->_records_for(map { $_ => $how{$_} } grep { defined $how{$_} } qw(id instance snapshot));
    my $handle  = \*STDOUT;
    if (defined $how{output}) {
        open $handle, '>', $how{output} or Alicia::_throw('cannot_open', "cannot write $how{output}: $!");
    }
    $analyzer->analyze($records, sub (@text) { print {$handle} @text }, %how);
    if (defined $how{output}) {
        close $handle or Alicia::_throw('cannot_open', "cannot write $how{output}: $!");
    }
    return;
}

1;
