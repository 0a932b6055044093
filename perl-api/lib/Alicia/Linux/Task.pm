# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Task;

use v5.36;
use Alicia;

use overload
    'bool'   => sub {1},
    '0+'     => sub { 0 + $_[0]{object}->address },
    '""'     => sub { $_[0]{object}->address },
    fallback => 1;

=head1 NAME

Alicia::Linux::Task - the tasks of the kernel

=head1 SYNOPSIS

    print $_->comm, "\n" for grep { $_->state eq 'D' } tasks();
    my $count = tasks();
    for my $task (tasks()) {
        say join ' ', $task->pid, $task->ppid, $task->state, $task->cpu, $task->comm, $task->mm ? $task->mm->total_vm : 0;
    }

=head1 DESCRIPTION

=head2 tasks

Every thread, by PID, without the CPUs' idle tasks; in scalar context their number.

Two ways lead to the tasks: the list that begins in init_task, with the threads of each process, and the table of PIDs.
Normally they agree. Where the dump lacks a page of either, or a list is bent, tasks found on one way only are there as well,
and a warning says what was missing.

=cut

# A dump doesn't change: what was found whole is not looked for again, but for the running kernel's.
my $whole;

sub tasks () {
    return wantarray ? map { __PACKAGE__->new($_) } @$whole : scalar @$whole if $whole;
    my (%task, @problems);
    my $note = sub ($problem) { push @problems, Alicia::Error::reason($problem) };
    $task{$_->address} //= $_ for _from_list($note);
    my $listed = keys %task;
    my @hashed = _from_pid_table($note);
    $task{$_->address} //= $_ for @hashed;

    my %pid;
    for my $address (keys %task) {
        my $pid = eval { kernel($task{$address}, 'struct task_struct', 'pid') };
        $pid{$address} = $pid if defined $pid;
    }
    _warn_of_holes($listed, scalar @hashed, scalar keys %task, scalar keys %pid, \@problems);
    my @ordered = sort { $pid{$a} <=> $pid{$b} || $a cmp $b } grep { $pid{$_} } keys %pid;
    my @found   = map  { $task{$_} } @ordered;
    my $dump    = Alicia::dump_info();
    $whole = \@found if !@problems && @ordered == keys %task && $dump->{format} && !$dump->{live};
    return wantarray ? map { __PACKAGE__->new($_) } @found : scalar @found;
}

# One line, however much is missing.
sub _warn_of_holes ($listed, $hashed, $found, $readable, $problems) {
    my @facts;
    push @facts, sprintf '%d of %d tasks are on no list',     $found - $listed,   $found if $found > $listed;
    push @facts, sprintf '%d of %d are not in the PID table', $found - $hashed,   $found if $hashed && $found > $hashed;
    push @facts, sprintf '%d of %d cannot be read',           $found - $readable, $found if $found > $readable;
    my ($first, @more) = @$problems;
    unshift @facts, $first . (@more ? sprintf(' (and %d more)', scalar @more) : q()) if defined $first;
    warn 'tasks: ', join('; ', @facts), "\n" if @facts;
    return;
}

# Runs a walk and notes its warnings and its death.
sub _noting ($note, $walk) {
    local $SIG{__WARN__} = sub { $note->("$_[0]") };
    my @found;
    eval { @found = $walk->(); 1 } or $note->("$@");
    return @found;
}

sub _from_list ($note) {
    my $init    = get_addr('init_task');
    my @leaders = _noting($note,
        sub { list_entries($init + offsetof('struct task_struct', 'tasks'), 'struct task_struct', 'tasks') });
    my $headed = has_member('struct signal_struct', 'thread_head');
    return map { ($_, $headed ? _threads_of_signal($note, $_) : _threads_of_leader($note, $_)) } @leaders;
}

# Kernels that keep the list of threads in the signal_struct.
sub _threads_of_signal ($note, $leader) {
    return if _is_alone($leader);
    return _noting(
        $note,
        sub {
            my $signal = kernel($leader, 'struct task_struct', 'signal', 'void *');
            return if $signal == 0;
            my $head = $signal + offsetof('struct signal_struct', 'thread_head');
            return list_entries($head, 'struct task_struct', 'thread_node');
        }
    );
}

# Most are: whether both ends of its list are the leader itself.
sub _is_alone ($leader) {
    state($head, $node, $ends);
    my $alone = eval {
        $head //= offsetof('struct signal_struct', 'thread_head');
        $node //= offsetof('struct task_struct',   'thread_node');
        $ends //= sizeof('void *') == 8 ? 'Q<2' : 'V2';
        my $signal = kernel($leader, 'struct task_struct', 'signal', 'void *');
        my ($next, $previous) = unpack $ends, read_mem($signal + $head, 2 * sizeof('void *'));
        $next == $previous && $next == $leader->address + $node;
    };
    return $alone;
}

# Older ones: a ring without a head; the leader is one of it.
sub _threads_of_leader ($note, $leader) {
    return _noting(
        $note,
        sub {
            return list_entries(
                $leader->address + offsetof('struct task_struct', 'thread_group'),
                'struct task_struct',
                'thread_group'
            );
        }
    );
}

# Tasks by struct pid; none where the kernel has another kind of table.
sub _from_pid_table ($note) {
    return if !has_member('struct pid_namespace', 'idr');
    my $namespace = find_addr('init_pid_ns')                                                          // return;
    my $links     = (grep { has_member('struct task_struct', $_) } 'pid_links[0]', 'pids[0].node')[0] // return;
    my $idr       = $namespace + offsetof('struct pid_namespace', 'idr');
    my $head      = offsetof('struct pid',         'tasks[0]');
    my $node      = offsetof('struct task_struct', $links);
    my @pids      = _noting($note, sub { idr_entries($idr) });
    my @tasks;

    for my $slot (@pids) {
        my $first = eval { read_ptr($slot->[1] + $head) };
        $note->("$@") if !defined $first;
        next if !defined $first || $first == 0;    # a group or session whose leader is gone has a struct pid as well
        my $task = eval { object('struct task_struct', $first - $node) };
        $note->("$@") if !defined $task;
        push @tasks, $task // ();
    }
    return @tasks;
}

=head2 Alicia::Linux::Task->new($address_or_object)

The task whose C<struct task_struct> is there. As text and number it is its address; every call that takes an address takes
a task.

=cut

sub new ($class, $where) {
    my $object = ref $where && $where->isa('Alicia::Object') ? $where : object('struct task_struct', $where);
    return bless {object => $object}, $class;
}

=head2 address, object_of

The address of its task_struct, and that as an L<Alicia::Object>.

=cut

sub address   ($self, @) { return $self->{object}->address }
sub object_of ($self)    { return $self->{object} }

=head2 pid, tgid, comm, mm, flags

As in task_struct: every member of task_struct is a method that gives what the typed object's does, but for C<state>.

=head2 state

The letter that ps shows: R S D T t X Z P I.

=cut

my @state_letters = ([0x10, 'X'], [0x20, 'Z'], [0x8, 't'], [0x4, 'T'], [0x40, 'P'], [0x2, 'D'], [0x1, 'S']);

sub state ($self) {
    state $member;
    $member //= has_member('struct task_struct', '__state') ? '__state' : 'state';
    my $bits = kernel($self->{object}, 'struct task_struct', $member, 'unsigned int') |
        kernel($self->{object}, 'struct task_struct', 'exit_state', 'unsigned int');
    return 'I' if ($bits & 0x402) == 0x402;    # TASK_UNINTERRUPTIBLE and TASK_NOLOAD
    return 'D' if $bits & 0x9000;              # TASK_RTLOCK_WAIT, TASK_FROZEN
    for my $letter (@state_letters) {
        return $letter->[1] if $bits & $letter->[0];
    }
    return 'R';
}

=head2 ppid

The process that is its parent, as /proc has it; 0 for none.

=cut

sub ppid ($self) {
    return kernel($self->{object}, 'struct task_struct', 'real_parent->tgid');
}

=head2 cpu

The CPU it runs on or ran on last.

=cut

sub cpu ($self) {
    state $member;
    $member //= (grep { has_member('struct task_struct', $_) } qw(thread_info.cpu cpu wake_cpu))[0]
        // die "no CPU number in struct task_struct\n";
    return kernel($self->{object}, 'struct task_struct', $member);
}

=head2 is_kernel_thread

True for threads of the kernel (C<PF_KTHREAD>).

=cut

sub is_kernel_thread ($self) {
    return ($self->flags & 0x00200000) != 0;
}

sub can ($self, $name) {
    return $self->SUPER::can($name)
        // (ref $self && $self->{object}->can($name) ? sub ($task) { $task->$name } : undef);
}

our $AUTOLOAD;

sub AUTOLOAD ($self, @rest) {    ## no critic (ProhibitAutoloading)
    my $name = $AUTOLOAD =~ s/.*:://r;
    die "no sub $AUTOLOAD\n" if !ref $self || @rest;
    my $method = sub ($task) { return $task->{object}->$name };
    my $value  = $self->$method;
    no strict 'refs';            ## no critic (ProhibitNoStrict)
    *{$AUTOLOAD} = $method;
    return $value;
}

sub DESTROY { }

1;
