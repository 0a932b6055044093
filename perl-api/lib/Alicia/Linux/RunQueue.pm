# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::RunQueue;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Text qw(visible hexadecimal);

our @EXPORT_OK = qw(run_queue run_queues run_queue_text group_queue group_queue_text);

=head1 NAME

Alicia::Linux::RunQueue - which tasks wait for a CPU

=head1 SUBROUTINES

=head2 run_queue($cpu)

A hash: C<cpu>, C<address> (of its C<struct rq>), C<current> (a task as below), C<clock> (nanoseconds), C<count> (the
kernel's own nr_running), and C<classes>: a list of hashes with C<name>, C<address> and C<tasks>, in the order in which the
scheduler asks them: deadline (only where it has tasks), real-time, fair. A task is a hash C<task pid comm prio>, and
C<delayed> where it only waits to be taken off. Tasks stand in the order in which they would be taken, as far as the
kernel orders them.

=cut

sub run_queue ($cpu) {
    my $rq    = per_cpu('runqueues', $cpu);
    my $get   = sub (@how) { kernel($rq, 'struct rq', @how) };
    my %queue = (
        cpu     => $cpu,
        address => $rq,
        current => _task($get->('curr', 'struct task_struct *')),
        clock   => $get->('clock'),
        count   => $get->('nr_running'),
    );
    my @deadline = _deadline($rq);
    push @{$queue{classes}},
        {name => 'DL RB_ROOT', address => $rq + offsetof('struct rq', 'dl.root'), tasks => \@deadline}
        if @deadline;
    push @{$queue{classes}},
        {name => 'RT PRIO_ARRAY', address => $rq + offsetof('struct rq', 'rt.active'), tasks => [_real_time($rq)]},
        {
        name    => 'CFS RB_ROOT',
        address => $rq + offsetof('struct rq', 'cfs.tasks_timeline'),
        tasks   => [grep { $_->{task} != $queue{current}{task} } _fair($rq)]
        };
    return \%queue;
}

=head2 run_queues()

Those of all online CPUs. One that can't be read is a hash of C<cpu> and C<hole>, the reason.

=cut

sub run_queues () {
    return map {
        my $cpu = $_;
        eval { run_queue($cpu) } // {cpu => $cpu, hole => Alicia::Error::reason($@)}
    } cpus();
}

sub _task ($task) {
    my $get = sub (@how) { kernel($task, 'struct task_struct', @how) };
    return {
        task    => ref $task ? $task->address : $task,
        pid     => $get->('pid'),
        comm    => $get->('comm', 'char *'),
        prio    => $get->('prio'),
        delayed => has_member('struct task_struct', 'se.sched_delayed') && $get->('se.sched_delayed') ? 1 : 0,
    };
}

sub _deadline ($rq) {
    return if !has_member('struct rq', 'dl.root') || !kernel($rq, 'struct rq', 'dl.dl_nr_running');
    my @entities = rbtree_entries($rq + offsetof('struct rq', 'dl.root'), 'struct sched_dl_entity', 'rb_node');
    my $distance = offsetof('struct task_struct', 'dl');

    # A deadline server stands for a class of tasks and is none itself.
    @entities = grep { !kernel($_, 'struct sched_dl_entity', 'dl_server') } @entities
        if has_member('struct sched_dl_entity', 'dl_server');
    return map { _task(object('struct task_struct', $_->address - $distance)) } @entities;
}

sub _real_time ($rq) {
    return if !kernel($rq, 'struct rq', 'rt.rt_nr_running');
    my $queues = $rq + offsetof('struct rq', 'rt.active.queue');
    my $one    = sizeof('struct list_head');
    my @tasks;
    for my $priority (0 .. 99) {
        push @tasks, map { _task($_) } list_entries($queues + $priority * $one, 'struct task_struct', 'rt.run_list');
    }
    return @tasks;
}

# The list of all fair tasks of the queue spares going down through the groups' trees.
sub _fair ($rq) {
    my $key = (grep { has_member('struct task_struct', $_) } qw(se.deadline se.vruntime))[0];
    my @tasks;
    if (has_member('struct rq', 'cfs_tasks')) {
        @tasks = list_entries($rq + offsetof('struct rq', 'cfs_tasks'), 'struct task_struct', 'se.group_node');
    } else {
        @tasks = rbtree_entries($rq + offsetof('struct rq', 'cfs.tasks_timeline'), 'struct task_struct', 'se.run_node');
    }
    my %at = map { $_->address => kernel($_, 'struct task_struct', $key) } @tasks;
    return map { _task($_) } sort { $at{$a->address} <=> $at{$b->address} } @tasks;
}

=head2 run_queue_text($queue, %how)

A queue as C<runq> prints it. %how: C<clock>, true for the queue's clock.

=cut

sub run_queue_text ($queue, %how) {
    return "CPU $queue->{cpu} RUNQUEUE: (" . visible($queue->{hole}) . ")\n" if defined $queue->{hole};
    my $text = "CPU $queue->{cpu} RUNQUEUE: " . hexadecimal($queue->{address}) . "\n";
    $text .= sprintf "  CLOCK: %d.%09d\n", int($queue->{clock} / 1e9), $queue->{clock} % 1e9 if $how{clock};
    $text .= '  CURRENT: ' . _task_text($queue->{current});
    for my $class (@{$queue->{classes}}) {
        $text .= "  $class->{name}: " . hexadecimal($class->{address}) . "\n";
        $text .= sprintf '     [%3d] %s', $_->{prio}, _task_text($_) for @{$class->{tasks}};
        $text .= "     [no tasks queued]\n" if !@{$class->{tasks}};
    }
    return $text;
}

=head2 group_queue($cpu)

The fair tasks of a CPU by their task groups, the current one among them: a hash of C<cpu>, C<current> (a task) and
C<root>, a group: a hash of C<group> and C<queue> (the addresses of its C<struct task_group> and of its C<struct cfs_rq> on
this CPU), C<name> (the path of its cgroup; empty for the root), C<throttled>, C<tasks> and C<groups>; and C<real_time>, a
list of the real-time tasks that are queued. Dies on a kernel without task groups.

=cut

my $deepest = 64;    # groups within groups

sub group_queue ($cpu) {
    die "this kernel has no task groups\n" if !has_member('struct cfs_rq', 'tg') || !has_symbol('root_task_group');
    my $rq   = per_cpu('runqueues', $cpu);
    my $root = $rq + offsetof('struct rq', 'cfs');
    my %group;
    my $known = sub ($queue, $depth, $again) {
        return $group{$queue + 0} //= do {
            die "task groups lie too deep in each other\n" if $depth > $deepest;
            my $one    = _group($queue);
            my $parent = $one->{parent};
            if ($parent != 0) {
                my $table = kernel($parent, 'struct task_group', 'cfs_rq', 'void *');
                push @{$again->(read_ptr($table + sizeof('void *') * $cpu), $depth + 1, $again)->{groups}}, $one;
            }
            $one;
        };
    };
    my $current = kernel($rq, 'struct rq', 'curr', 'struct task_struct *');
    my $fair    = $known->($root, 0, $known);
    for my $task (list_entries($rq + offsetof('struct rq', 'cfs_tasks'), 'struct task_struct', 'se.group_node')) {
        my $queue = kernel($task, 'struct task_struct', 'se.cfs_rq', 'void *');
        push @{$known->($queue, 0, $known)->{tasks}}, _task($task);
    }
    return {cpu => $cpu, current => _task($current), root => $fair, real_time => [_real_time($rq)]};
}

sub _group ($queue) {
    my $group     = kernel($queue, 'struct cfs_rq',     'tg',     'void *');
    my $parent    = kernel($group, 'struct task_group', 'parent', 'void *');
    my $throttled = has_member('struct cfs_rq', 'throttled') ? kernel($queue, 'struct cfs_rq', 'throttled') : 0;
    return {
        group     => $group,
        queue     => $queue,
        parent    => $parent,
        name      => $parent == 0 ? '' : eval { _cgroup_path($group) } // '?',
        throttled => $throttled   ? 1  : 0,
        tasks     => [],
        groups    => [],
    };
}

sub _cgroup_path ($group) {
    my $node   = kernel($group, 'struct task_group', 'css.cgroup->kn', 'void *');
    my $parent = has_member('struct kernfs_node', '__parent') ? '__parent' : 'parent';
    my @names;
    for (1 .. $deepest) {
        my $name  = kernel($node, 'struct kernfs_node', 'name',  'char *');
        my $above = kernel($node, 'struct kernfs_node', $parent, 'void *');
        last if $above == 0;
        unshift @names, $name;
        $node = $above;
    }
    return join '/', '', @names;
}

=head2 group_queue_text($queue)

It as C<runq -g> prints it.

=cut

sub group_queue_text ($queue) {
    my $text = "CPU $queue->{cpu}\n  CURRENT: " . _task_text($queue->{current});
    $text .= sprintf "  RT: [%3d] %s", $_->{prio}, _task_text($_) for @{$queue->{real_time}};
    return $text . _group_text($queue->{root}, $queue->{current}, 1);
}

sub _group_text ($group, $current, $depth) {
    my $indent = ' ' x (3 * $depth - 1);
    my $text   = sprintf "%s%s: %s  CFS_RQ: %s%s%s\n", $indent, $depth == 1 ? 'ROOT_TASK_GROUP' : 'TASK_GROUP',
        hexadecimal($group->{group}), hexadecimal($group->{queue}),
        length $group->{name} ? '  <' . visible($group->{name}) . '>' : '',
        $group->{throttled}   ? ' (THROTTLED)'                        : '';
    for my $task (@{$group->{tasks}}) {
        my $line = _task_text($task);
        $line =~ s/\n\z/ [CURRENT]\n/ if $task->{task} == $current->{task};
        $text .= sprintf '%s   [%3d] %s', $indent, $task->{prio}, $line;
    }
    $text .= "$indent   [no tasks queued]\n" if !@{$group->{tasks}} && !@{$group->{groups}};
    $text .= _group_text($_, $current, $depth + 1) for @{$group->{groups}};
    return $text;
}

sub _task_text ($task) {
    return sprintf "PID: %-6d TASK: %s  COMMAND: \"%s\"%s\n", $task->{pid}, hexadecimal($task->{task}),
        visible($task->{comm}), $task->{delayed} ? '  (delayed)' : '';
}

1;
