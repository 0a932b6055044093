# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Trace;

use v5.36;
use Alicia;
use Alicia::Text           qw(visible);
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

sub new ($class, @options) {
    _named('new', [], @options);
    my $self = bless {}, $class;
    $self->buffers;
    return $self;
}

=head2 buffers

The buffers, as hashes: C<id>, C<instance> (empty for the buffer of all), C<snapshot>, C<name> (C<top>, C<mine>,
C<mine/snapshot>), C<tracer>, C<clock>, C<in_ns>, C<address>, C<instance_address>.

=cut

sub buffers ($self, @none) {
    _named('buffers', [], @none);
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

sub counts ($self, @id) { return @{Alicia::_trace_counts($self->_buffer('counts', @id))} }

# The one buffer that a call is about.
sub _buffer ($self, $call, @id) {
    Alicia::_throw('bad_argument', "$call takes the ID of a buffer") if @id != 1 || !defined $id[0];
    return $self->_ids(id => $id[0]);
}

=head2 events

The kinds of event the kernel knew, as hashes: C<id>, C<system>, C<name>.

=head2 format_of ID

The kind's file F<format>.

=cut

sub events ($self, @none) {
    _named('events', [], @none);
    return map { {id => $_->[0], system => $_->[1], name => $_->[2]} } @{Alicia::_trace_formats()};
}

sub format_of ($self, @id) {
    Alicia::_throw('bad_argument', 'format_of takes the ID of a kind of event') if @id != 1;
    Alicia::_throw('bad_argument', 'no event ' . _shown($id[0]))
        if !defined $id[0] || $id[0] !~ /\A[0-9]{1,9}\z/ || !grep { $_->{id} == $id[0] } $self->events;
    return Alicia::_trace_format($id[0]);
}

=head2 collect(id => ID), collect(instance => NAME, snapshot => 1), collect()

Reads the events of a buffer; without id and instance those of all buffers, in one order by time (buffers whose clocks
differ one after the other). Prints how many there are, unless C<< quiet => 1 >>; returns it. A terminal is told how far it
is, Ctrl-C ends it. What was lost to damage is warned of, a line for each cause.

=cut

sub collect ($self, @which) {
    my %which   = _named('collect', [qw(id instance snapshot quiet)], @which);
    my $records = $self->_collected($which{quiet}, $self->_ids(%which));
    $self->{records} = $records;
    delete $self->{others};
    my $count = $records->count;
    if (!$which{quiet}) {
        print "Collecting ... $count events\n";
        warn "$_\n" for $records->problems;
    }
    return $count;
}

# The records of these buffers: those at hand where they are the same, since a dump does not change. What was collected
# stays while others are read, which may be interrupted.
sub _collected ($self, $quiet, @ids) {
    for my $records (grep {defined} @$self{qw(records others)}) {
        return $records if "@ids" eq join q( ), $records->ids;
    }
    return $self->_read($quiet, @ids);
}

# The arguments of a call, NAME => VALUE, of known names only.
sub _named ($call, $known, @words) {
    my $are = @$known ? 'NAME => VALUE of ' . join ', ', @$known : 'no arguments';
    Alicia::_throw('bad_argument', "$call takes $are") if @words % 2;
    my %named;
    while (my ($name, $value) = splice @words, 0, 2) {
        Alicia::_throw('bad_argument', "$call knows no " . _shown($name) . "; it takes $are")
            if !defined $name || !grep { $_ eq $name } @$known;
        $named{$name} = $value;
    }
    return %named;
}

# A value as an error tells it.
sub _shown ($value) {
    return 'undef'       if !defined $value;
    return 'a reference' if ref $value;
    return $value =~ /\A[-+.\w]+\z/ ? "$value" : q(') . visible("$value") . q(');
}

# The events of these buffers; a class that reads others has another.
sub _read ($self, $quiet, @ids) { return Alicia::Trace::Records->collect($quiet, @ids) }

sub _ids ($self, %which) {
    my @buffers = $self->buffers;
    if (defined $which{id}) {
        Alicia::_throw('bad_argument', 'a buffer is told by its id or its instance, not by both')
            if defined $which{instance};
        Alicia::_throw('bad_argument', 'no trace buffer ' . _shown($which{id}) . "; there are 0 to $#buffers")
            if $which{id} !~ /\A[0-9]{1,9}\z/ || $which{id} > $#buffers;
        return $which{id} + 0;
    }
    return map { $_->{id} } @buffers if !defined $which{instance};
    my $instance = $which{instance} eq 'top' ? q() : $which{instance};
    my @found    = grep { $_->{instance} eq $instance && !$_->{snapshot} == !$which{snapshot} } @buffers;
    Alicia::_throw('bad_argument', 'no such trace buffer: ' . _shown($which{instance})) if !@found;
    return map { $_->{id} } @found;
}

# The records of `id` or `instance`; without these what was collected, or else those of all buffers. They do not take the
# place of what was collected.
sub _records_for ($self, %which) {
    return $self->{records} if $self->{records} && !defined $which{id} && !defined $which{instance};
    my $records = $self->_collected(1, $self->_ids(%which));
    $self->{others} = $records if $records != ($self->{records} // 0);
    return $records;
}

=head2 export(id => ID or instance => NAME, output => FILE)

Writes one buffer as a trace.dat file, which trace-cmd and KernelShark open.

=cut

sub export ($self, @which) {
    my %which = _named('export', [qw(id instance snapshot output)], @which);
    my $file  = _file($which{output}) // Alicia::_throw('bad_argument', 'which file: output => FILE');
    my @ids   = $self->_ids(%which);
    Alicia::_throw('bad_argument', 'one buffer at a time: id => ID or instance => NAME') if @ids != 1;
    my $problems = Alicia::_trace_export($ids[0], $file);
    warn "$_\n" for @$problems;
    return;
}

# The name of a file to write; undef where none was told.
sub _file ($name) {
    return $name if !defined $name;
    Alicia::_throw('bad_argument', 'output wants the name of a file, not ' . _shown($name))
        if ref $name || $name eq q() || $name =~ /\0/;
    return "$name";
}

=head2 get_records

The events, oldest first: a reference to an array whose elements are made when they are looked at.

=cut

sub get_records ($self, @none) {
    _named('get_records', [], @none);
    my $records = $self->{records} // Alicia::_throw('bad_argument', 'nothing was collected yet');
    return $records->list;
}

=head2 records

What was collected, as L<Alicia::Trace::Records>.

=cut

sub records ($self, @none) {
    _named('records', [], @none);
    return $self->{records};
}

=head2 get_analyzer(analyzer => NAME)

An analyzer: C<syscall>, C<runqueue>, C<wakeup>, C<irq>, C<blockio>, C<timeline>; each is a module
C<Alicia::Trace::Analyzer::Name>, see L<Alicia::Trace::Analyzer>.

=cut

sub get_analyzer ($self, @which) {
    my %which = _named('get_analyzer', ['analyzer'], @which);
    my $name  = $which{analyzer};
    my $are   = 'there are ' . join ', ', _analyzers();
    Alicia::_throw('bad_argument', "which analyzer: $are")                    if !defined $name;
    Alicia::_throw('bad_argument', 'no analyzer ' . _shown($name) . "; $are") if $name !~ /\A[a-z][a-z0-9_]*\z/;
    my $module = 'Alicia::Trace::Analyzer::' . ucfirst $name;
    my $file   = $module =~ s{::}{/}gr . '.pm';
    if (!eval { require $file; 1 }) {
        my $error = $@;
        Alicia::_throw('bad_argument', "no analyzer $name; $are") if $error =~ /\ACan't locate \Q$file\E/;
        die $error;    ## no critic (RequireCarping)
    }
    return $module->new(trace => $self);
}

sub _analyzers () {
    my %there;
    for my $folder (grep { !ref } @INC) {
        $there{lc s{.*/}{}r =~ s/[.]pm\z//r} = 1 for glob "\Q$folder\E/Alicia/Trace/Analyzer/*.pm";
    }
    my @names = sort keys %there;
    return @names;
}

=head2 analyze(analyzer => NAME, format => FORMAT, id => ID or instance => NAME, output => FILE)

Prints C<Analyzing ...>, then what the analyzer finds, or writes the latter to FILE. Without id and instance it analyzes what
was collected, and where nothing was, all buffers. C<timeline> needs C<< pid => PID >> as well.

=cut

sub analyze ($self, @how) {
    Alicia::_throw('bad_argument', 'analyze takes names and values: analyzer => NAME') if @how % 2;
    my $analyzer = $self->get_analyzer(analyzer => {@how}->{analyzer});
    my %how      = _named('analyze', [qw(analyzer format id instance snapshot output), $analyzer->options], @how);
    my $file     = _file($how{output});
    $analyzer->check(%how);
    print "Analyzing ...\n\n";
    my $records = $self->_records_for(map { $_ => $how{$_} } grep { defined $how{$_} } qw(id instance snapshot));
    if (!defined $file) {
        $analyzer->analyze($records, sub (@text) { print @text }, %how);
        return;
    }
    open my $handle, '>', $file or Alicia::_throw('cannot_open', 'cannot write ' . visible($file) . ": $!");
    $analyzer->analyze($records, sub (@text) { print {$handle} @text }, %how);
    close $handle or Alicia::_throw('cannot_open', 'cannot write ' . visible($file) . ": $!");
    return;
}

1;
