# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Stop;

use v5.36;
use Alicia;
use List::Util                 qw(first);
use Alicia::Linux::Code        qw(faulting_access origin_of describe_origin);
use Alicia::Linux::Log         ();
use Alicia::Linux::LoggedStack qw(logged_stack);
use Alicia::Linux::Process     ();
use Alicia::Linux::Signature   qw(normal_name);
use Alicia::Linux::SpinWait    ();
use Alicia::Linux::Stack       qw(running_task last_function);
use Alicia::Linux::System      qw(panic_cpu current_task);
use Alicia::Linux::Waiting     ();

=head1 NAME

Alicia::Linux::Stop - how the kernel stopped, as the rules of "What happened" see it

=head1 SYNOPSIS

    my $stop = Alicia::Linux::Stop->new;
    print $stop->panic // 'no panic', "\n";
    print $stop->who, ' was in ', $stop->place($stop->frame), "\n";

=head1 DESCRIPTION

Everything is read when it is first asked for, and once. What cannot be read is undef or empty, and its reason is in
C<lacks>. All text is as the dump has it: not yet fit to be shown.

=head2 new(records => CODE, processes => CODE)

Both are optional: where the log's records and the processes come from.

=cut

sub new ($class, %given) {
    my %from = (records => \&Alicia::Linux::Log::records, processes => \&Alicia::Linux::Process::processes, %given);
    return bless {from => \%from, memo => {}, lacks => []}, $class;
}

=head2 lacks()

What could not be read, a line each.

=cut

sub lacks ($self) { return @{$self->{lacks}} }

# What $code returns (one value), the first time; undef, with the reason kept, where it dies.
sub _once ($self, $name, $code) {
    return $self->{memo}{$name} if exists $self->{memo}{$name};
    my $found = eval { $code->() };
    push @{$self->{lacks}}, "$name: " . Alicia::Error::reason($@) if $@;
    return $self->{memo}{$name} = $found;
}

=head2 records(), tail()

All records of the log, and those from the beginning of the last stop on (of a log without one the last forty).

=cut

sub records ($self) {
    my $all = $self->_once('the log', sub { [$self->{from}{records}->()] });
    return @{$all // []};
}

sub tail ($self) {
    my $tail = $self->_once(
        'the end of the log',
        sub {
            my @records = $self->records;
            my @stop    = Alicia::Linux::Log::last_oops(@records);
            return @records > 40 ? [@records[-40 .. -1]] : \@records if !@stop;

            # What was found is often said just before the line that the kernel begins a fault with.
            my $index = $#records - $#stop;
            my $first = $index;
            $first--
                while $first > 0
                && $index - $first < 20
                && $records[$index]{nanoseconds} - $records[$first - 1]{nanoseconds} < 0.5e9;
            return [@records[$first .. $#records]];
        }
    );
    return @{$tail // []};
}

=head2 line($pattern), lines($pattern)

The last record of the tail that matches, and all of them in order.

=cut

sub lines ($self, $pattern) {
    return grep { $_->{text} =~ $pattern } $self->tail;
}

sub line ($self, $pattern) {
    return first { $_->{text} =~ $pattern } reverse $self->tail;
}

=head2 panic()

What the kernel gave as the reason of its panic: the text behind C<Kernel panic - not syncing: >; undef without one (an
oops that goes straight to the crash kernel leaves none).

=cut

sub panic_record ($self) { return $self->line(qr/\AKernel panic - not syncing: /) }

sub panic ($self) {
    my $record = $self->panic_record // return;
    return $record->{text} =~ s/\AKernel panic - not syncing: |\n.*//gsr;
}

=head2 stopped_by($words, $function)

True where the reason of the panic matches $words; of a dump without a log, where one of that name is among the functions.

=cut

sub stopped_by ($self, $words, $function) {
    my $panic = $self->panic;
    return $panic =~ $words                           ? 1 : 0 if defined $panic;
    return !$self->records && $self->calls($function) ? 1 : 0;
}

=head2 is_fault()

True where the kernel stopped of a fault or a BUG: no panic, or one that only says that the fault was fatal.

=cut

sub is_fault ($self) {
    my $panic = $self->panic // return 1;

    # By a fault in a system call of its own, or because it came to its end.
    return $self->fault ? 1 : 0 if $panic =~ /\AAttempted to kill init/;
    my $fatal =
        qr/Fatal (?:hardware )?exception|Attempted to kill the idle|Machine halted|Aiee|corrupted|Oops|.*fatal trap/;
    return $panic =~ /\A(?:$fatal)/ ? 1 : 0;
}

=head2 trapped()

True where there is no log and the code that ran stopped in a fault or a trap, not in a call.

=cut

sub trapped ($self) {
    my $frame = $self->frame;
    return !$self->records && $frame && $frame->{kind} eq 'exception' ? 1 : 0;
}

=head2 fault()

The record with which the last fault begins, undef without one.

=cut

my $fault = qr/\A(?:
      BUG:[ ](?!soft[ ]lockup) | kernel[ ]BUG[ ]at[ ] | general[ ]protection[ ] | Unable[ ]to[ ]handle[ ]kernel[ ]
    | Oops: | PANIC:[ ]double[ ]fault | traps:[ ]PANIC | divide[ ]error | invalid[ ]opcode | double[ ]fault
    | stack[ ]segment | int3: | unable[ ]to[ ]handle[ ] | Internal[ ]error | segment[ ]not[ ]present
)/x;

sub fault ($self) {
    return $self->_once(
        'the fault',
        sub {
            my @tail = $self->tail;

            # The line Oops: of most faults follows one that says more, within the same moment.
            my ($last) = grep { $tail[$_]{text} =~ $fault } reverse 0 .. $#tail;
            return if !defined $last;
            my $index = $last;
            for my $before (reverse 0 .. $last) {
                last             if $tail[$last]{nanoseconds} - $tail[$before]{nanoseconds} > 1e9;
                $index = $before if $tail[$before]{text} =~ $fault;
            }
            return $tail[$index];
        }
    );
}

=head2 cpu(), task([$cpu])

The CPU that panicked, and the task that it, or another, ran: a hash of C<address pid comm cpu>, as much of it as is
known.

=cut

sub cpu ($self) {
    return $self->_once('the CPU that panicked', sub { panic_cpu() // $self->_logged->{cpu} });
}

sub task ($self, $cpu = $self->cpu) {
    my $found = $self->_once(
        'the task of CPU ' . ($cpu // '?'),
        sub {
            return if !defined $cpu;
            my $address = eval { running_task($cpu) } // current_task($cpu);    # where no stack can be unwound
            return {
                address => $address,
                cpu     => $cpu,
                pid     => kernel($address, 'struct task_struct', 'pid'),
                comm    => kernel($address, 'struct task_struct', 'comm', 'char *'),
            };
        }
    );
    return $found if $found;
    my $logged = $self->_logged;
    return defined $logged->{pid} && (!defined $cpu || $logged->{cpu} == $cpu) ? $logged : {cpu => $cpu};
}

sub _logged ($self) {
    return $self->_once(
        'the trace in the log',
        sub {
            logged_stack(map { split /\n/, $_->{text} } $self->tail);
        }
    ) // {frames => []};
}

=head2 trace([$cpu]), frame([$cpu]), stack([$cpu])

All frames of what a CPU ran, that which panicked if none is named, as L<Alicia::Linux::Stack> has them; the one that
stands for what was running when it stopped; and the frames from that one outwards. Where the stack cannot be unwound, the
frames are those of the trace in the log, without addresses.

=cut

sub trace ($self, $cpu = $self->cpu) {
    my $frames = $self->_once(
        'the stack of CPU ' . ($cpu // '?'),
        sub {
            my $trace =
                defined $cpu
                ? Alicia::Linux::Stack::trace(running_task($cpu))
                : {frames => [], problem => 'no CPU panicked'};
            my @usable = grep { $_->{kind} ne 'guess' } @{$trace->{frames}};
            die "$trace->{problem}\n" if !@usable && length $trace->{problem};
            return \@usable;
        }
    );
    return @$frames if $frames && @$frames;
    my $logged = $self->_logged;
    return !defined $cpu || ($logged->{cpu} // -1) == $cpu ? @{$logged->{frames}} : ();
}

sub frame ($self, $cpu = $self->cpu) { return ($self->stack($cpu))[0] }

sub stack ($self, $cpu = $self->cpu) {
    my @frames  = $self->trace($cpu);
    my $frame   = last_function(@frames) // return;
    my ($index) = grep { $frames[$_] == $frame } 0 .. $#frames;
    return @frames[$index .. $#frames];
}

=head2 calls($pattern [, $cpu])

The first frame of a function whose name (without a clone's suffix) matches; undef where there is none.

=cut

sub calls ($self, $pattern, $cpu = $self->cpu) {
    return first { normal_name($_->{symbol} // '') =~ $pattern } $self->trace($cpu);
}

=head2 beyond($pattern, @frames)

The frames from the first on whose function doesn't match: who called those that do.

=cut

sub beyond ($self, $pattern, @frames) {
    shift @frames while @frames > 1 && ($frames[0]{symbol} // '') =~ $pattern;
    return @frames;
}

=head2 access(), origin($register)

What the instruction did at which the fault happened, and how a register came by its value there: see
L<Alicia::Linux::Code>.

=cut

sub access ($self) {
    return $self->_once(
        'the instruction',
        sub {
            my $frame = $self->frame // return;
            return if !$frame->{regs} || !defined $frame->{pc};
            return faulting_access($frame);
        }
    );
}

sub origin ($self, $register) {
    return $self->_once("what set $register", sub { origin_of($self->frame, $register) });
}

=head2 fault_address()

The address that the fault was about: as the log has it, else as the instruction and the registers give it. Undef where
neither tells.

=cut

sub fault_address ($self) {
    for my $record (reverse $self->tail) {
        no warnings 'portable';
        return hex $1
            if $record->{text} =~
            /\A(?:BUG: |Unable|Oops: |general).*\b(?:address:?|(?:dereference|request) at) (?:0x)?([0-9a-f]{8,16})\b/i;
    }
    my $access = $self->access // return;
    return $access->{address};
}

=head2 way(), explain()

What the faulting code did to the address: C<read>, C<wrote>, C<ran> (the address is where it jumped to) or C<touched>;
and which register led there, in words that follow a semicolon; empty where that isn't known.

=cut

sub way ($self) {
    my $record = $self->line(qr/\A#PF: \w+ (?:read access|write access|instruction fetch)/);
    if ($record) {
        return $record->{text} =~ /read access/ ? 'read' : $record->{text} =~ /write access/ ? 'wrote' : 'ran';
    }
    my $access = $self->access;
    return $access && $access->{way} ? $access->{way} : 'touched';
}

sub explain ($self) {
    my $access     = $self->access // return '';
    my $frame      = $self->frame  // return '';
    my $fault      = $self->fault_address;
    my ($register) = grep { defined && defined $frame->{regs}{$_} } @$access{qw(base index)};
    return '' if !defined $register;

    # A register that doesn't give the address of the fault explains nothing.
    return '' if !defined $access->{address} || defined $fault && $access->{address} != $fault;
    my $value  = $frame->{regs}{$register};
    my $words  = sprintf 'register %s is %s', $register, $value == 0 ? '0' : sprintf('0x%x', $value);
    my $origin = $self->origin($register) // return $words;
    return "$words, " . describe_origin($origin) . _member_of($origin, $access);
}

# The member that the access was to, where the register's type is known.
sub _member_of ($origin, $access) {
    return '' if !defined $origin->{type};
    my ($member) = Alicia::Linux::Code::member_at($origin->{type}, $access->{displacement});
    return defined $member ? "; what it wanted is the member $member" : '';
}

=head2 processes()

All processes, as L<Alicia::Linux::Process/processes> has them.

=cut

sub processes ($self) {
    my $all = $self->_once('the processes', sub { [$self->{from}{processes}->()] });
    return @{$all // []};
}

=head2 waiting()

The tasks that wait without being interruptible, with what they wait for: see L<Alicia::Linux::Waiting>.

=cut

sub waiting ($self) {
    my $found =
        $self->_once('the blocked tasks', sub { Alicia::Linux::Waiting::waiting($self->processes) });
    return $found // {tasks => [], cycles => []};
}

=head2 spinning(), spins([$cpu])

The CPUs that spin for spinlocks, as L<Alicia::Linux::SpinWait> has them, and that one of them that is $cpu; and what such a
CPU waits for as a sentence that begins with a space, with those that wait for each other, empty where it doesn't spin.

=cut

sub spinning ($self) {
    my $found = $self->_once('the CPUs that spin', sub { [Alicia::Linux::SpinWait::spinning()] });
    return @{$found // []};
}

sub spins ($self, $cpu = $self->cpu) {
    my %row = map { $_->{cpu} => $_ } $self->spinning;
    my $row = defined $cpu ? $row{$cpu} : undef;
    return '' if !$row;
    my $text = ' It ' . Alicia::Linux::SpinWait::spin_text($row) . '.';
    my (@chain, %seen);
    for (my $next = $row; $next && !$seen{$next->{cpu}}++; $next = $row{$next->{holder} // -1}) {
        push @chain, $next;
    }
    my $back = $chain[-1]{holder};
    return $text if !defined $back || !$seen{$back};
    shift @chain while $chain[0]{cpu} != $back;
    return $text . ' CPUs ' . join(' and ', map { $_->{cpu} } @chain) . ' wait for each other in a circle.';
}

=head2 who([$cpu])

C<CPU 1, PID 4642 perl>, as far as it is known, or C<CPU 1 (in an interrupt while PID 4642 perl ran)>.

=cut

sub who ($self, $cpu = $self->cpu) {
    my $task  = $self->task($cpu);
    my $frame = $self->frame($cpu);
    my $who   = defined $task->{pid} ? "PID $task->{pid} $task->{comm}" : undef;
    my $place = defined $cpu         ? "CPU $cpu"                       : undef;
    if ($frame && $frame->{stack} eq 'IRQ') {
        return join ' ', $place // 'a CPU', defined $who ? "(in an interrupt while $who ran)" : '(in an interrupt)';
    }
    return join(', ', grep {defined} $place, $who) || 'the kernel';
}

=head2 place($frame), callers(@frames)

C<sys_flock+0x19 of module alicia>; C<called from A, from B>, of the frames behind the first, three at most.

=cut

sub place ($self, $frame) {
    return 'code without a name' if !defined $frame || !defined $frame->{symbol};
    my $name = sprintf '%s+0x%x', $frame->{symbol}, $frame->{offset} // 0;
    return length($frame->{module} // '') ? "$name of module $frame->{module}" : $name;
}

sub callers ($self, @frames) {
    my $first = shift @frames    // return '';
    my $inner = $first->{symbol} // '';
    my @names;
    for my $frame (@frames) {
        last if $frame->{kind} ne 'call' || @names == 3;
        my $name = $frame->{symbol} // last;
        last if $name =~ /\A(?:kthread\z|ret_from_fork|do_syscall_64|entry_|asm_)/;
        push @names, $name if $name ne $inner;
        $inner = $name;
    }
    return @names ? 'called from ' . join(', from ', @names) : '';
}

=head2 cite($record), cite_frame($frame)

Evidence: a hash of C<text> and C<source>, of a line of the log or a frame.

=cut

sub cite ($self, $record) {
    return () if !$record;
    return {
        text   => $record->{text} =~ s/\n.*//sr,
        source => sprintf('log, %.6f s', $record->{nanoseconds} / 1e9),
    };
}

sub cite_frame ($self, $frame, $text) {
    return () if !$frame;
    return {text => $text, source => defined $frame->{pc} ? "stack, $frame->{pc}" : 'trace in the log'};
}

1;
