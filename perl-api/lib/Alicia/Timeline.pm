# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Timeline;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::Clock    ();
use Alicia::Linux::Log      ();
use Alicia::Text            qw(visible);
use Alicia::Timeline::Event ();

our @EXPORT_OK = qw(timeline);

=head1 NAME

Alicia::Timeline - the last seconds before the dump, in one list

=head1 SYNOPSIS

    timeline(seconds => 5);
    print grep { $_->kind ne 'timer' } timeline(seconds => 0.5, cpu => 1);

=head1 DESCRIPTION

What the dump knows with a time: records of the log; events of all trace buffers; when each task last got a CPU and left it;
timers that are pending; block requests under way. All times are made the log's (see L<Alicia::Linux::Clock>); what that
cannot be done for is told and left out. What could not be read is told, and the rest is there.

=head1 SUBROUTINES

=head2 timeline(seconds => 5, cpu => CPU or [CPU, ...], only => [KIND, ...], ahead => SECONDS, most => 100000)

The events from so many seconds before the end on: in void context printed, with notes as lines that begin with C<#>; else
as a list of L<Alicia::Timeline::Event>, each of which is a line where it is taken as text. C<cpu>: only of these CPUs, which
leaves out what has none, as most of the log; C<only>: these kinds of C<log trace task timer request>; C<ahead>: timers
that expire so long after the end (as many seconds as before it); C<most>: of each trace buffer no more than the last so
many events. Timers overdue and requests under way are there however old they are.

=cut

sub timeline (@how) {
    my $timeline = Alicia::Timeline->new(@how);
    my @events   = $timeline->events;
    return @events if defined wantarray;
    print map {"# $_\n"} $timeline->notes;
    print Alicia::Timeline::Event::heading(), @events;
    return;
}

=head2 new(...)

The same as an object; besides what C<timeline> takes, C<records> and C<tasks>, subs that give the log's records and the
addresses of the tasks to one who has them already, and C<bins>: into how many spans trace events are counted for C<counts>.

=cut

my @sources = qw(Log Trace Lkst Task Timer Request);
my %known   = map { $_ => 1 } qw(seconds cpu only ahead most records tasks bins);

sub new ($class, @how) {
    Alicia::_throw('bad_argument', 'timeline takes names and values: seconds => 5') if @how % 2;
    my %how = @how;
    for my $name (sort keys %how) {
        Alicia::_throw('bad_argument', "timeline knows no '$name'") if !$known{$name};
    }
    Alicia::_need_dump();
    my $self = bless {seconds => 5, most => 100_000, events => [], notes => [], counts => [], %how}, $class;
    $self->{ahead} //= $self->{seconds};
    for my $name (qw(seconds ahead most)) {
        Alicia::_throw('bad_argument', "$name wants a number")
            if !defined $self->{$name} || $self->{$name} !~ /\A[0-9]*[.]?[0-9]+\z/;
    }
    for my $name (grep { ref $self->{$_} && ref $self->{$_} ne 'ARRAY' } qw(cpu only)) {
        Alicia::_throw('bad_argument', "$name wants one or a reference to a list");
    }
    $self->{only} = [$self->{only}] if defined $self->{only} && !ref $self->{only};
    for my $kind (@{$self->{only} // []}) {
        Alicia::_throw('bad_argument', "no kind of event '" . visible($kind // 'undef') . q('))
            if ($kind // q()) !~ /\A(?:log|trace|task|timer|request)\z/;
    }
    my %there = defined $self->{cpu} ? map { $_ => 1 } Alicia::cpus() : ();
    for my $cpu (ref $self->{cpu} ? @{$self->{cpu}} : $self->{cpu} // ()) {
        Alicia::_throw('bad_argument', "no CPU '" . visible($cpu // 'undef') . q(')) if !defined $cpu || !$there{$cpu};
    }
    $self->{cpus}   = {map { $_ => 1 } ref $self->{cpu} ? @{$self->{cpu}} : $self->{cpu}} if defined $self->{cpu};
    $self->{wanted} = {map { $_ => 1 } @{$self->{only}}}                                  if $self->{only};
    $self->_collect;
    return $self;
}

=head2 events(), notes()

The events by time; lines about clocks, and what was lost.

=head2 from(), end(), to()

Where the list begins, when the kernel stopped, and until when timers are listed, in nanoseconds of the log's clock.

=head2 counts()

For each trace buffer a reference to its name and, for each CPU by number, undef or a reference to the number of its events in
each of C<bins> spans between C<from> and C<end>.

=cut

sub events ($self) { return @{$self->{events}} }
sub notes  ($self) { return @{$self->{notes}} }
sub from   ($self) { return $self->{from} }
sub end    ($self) { return $self->{end} }
sub to     ($self) { return $self->{to} }
sub counts ($self) { return @{$self->{counts}} }

sub _collect ($self) {
    $self->{clock} = Alicia::Linux::Clock->new;
    my $now  = eval { $self->clock->now } // 0;
    my $last = eval { ($self->records)[-1] };
    $now = $last->{nanoseconds} if $last && $last->{nanoseconds} > $now;
    $self->{end} = $now;
    my $before = int($self->{seconds} * 1e9);
    $self->{from} = $now > $before ? $now - $before : 0;
    $self->{to}   = $now + int($self->{ahead} * 1e9);

    for my $name (@sources) {
        my $module = "Alicia::Timeline::Source::$name";
        require "Alicia/Timeline/Source/$name.pm";
        next if $self->{wanted} && !$self->{wanted}{$module->kind};
        local $SIG{__WARN__} = sub ($warning) { $self->note($module->kind . ': ' . Alicia::Error::reason($warning)) };
        my $done = eval { $module->collect($self); 1 };
        $self->note($module->kind . ': ' . Alicia::Error::reason($@)) if !$done;
    }
    @{$self->{events}} = sort { $a->{time} <=> $b->{time} || $a->{rank} <=> $b->{rank} } @{$self->{events}};
    return;
}

=head1 FOR SOURCES

A source is a module C<Alicia::Timeline::Source::Name> with C<kind> and C<< collect($class, $timeline) >>, which adds its
events. What it warns or dies of becomes a note.

=head2 clock(), records(), task_addresses()

The L<Alicia::Linux::Clock>, the log's records, the addresses of all tasks.

=head2 wants_cpu($cpu), add(%event), note($text)

Whether events of this CPU (or undef) are asked for; takes one with what L<Alicia::Timeline::Event> has; takes a line about
what was lost, or how to read the list.

=cut

sub clock ($self) { return $self->{clock} }

sub records ($self) {
    $self->{log} //= [($self->{records} // \&Alicia::Linux::Log::records)->()];
    return @{$self->{log}};
}

sub task_addresses ($self) {
    return $self->{tasks}->() if $self->{tasks};
    return map { $_->address } Alicia::tasks();
}

sub wants_cpu ($self, $cpu) { return !$self->{cpus} || defined $cpu && $self->{cpus}{$cpu} }

sub add ($self, %event) {
    return if !$self->wants_cpu($event{cpu});
    $event{rank} = @{$self->{events}};
    push @{$self->{events}}, bless \%event, 'Alicia::Timeline::Event';
    return;
}

sub note ($self, $text) {
    my $line = visible($text);
    push @{$self->{notes}}, $line if !grep { $_ eq $line } @{$self->{notes}};
    return;
}

1;
