# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Process;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::System qw(total_pages page_size current_task idle_task);
use Alicia::Text          qw(hexadecimal);

our @EXPORT_OK = qw(processes process_row task_cpu state_letters resident_pages percpu_sum find_task with_known_tasks
    task_label);

=head1 NAME

Alicia::Linux::Process - tasks as C<ps> shows them

=head1 SUBROUTINES

=head2 processes()

One hash a task: the CPUs' idle tasks first, then every thread by PID. See process_row.

=cut

sub processes () {
    my (%running, @idle);
    for my $cpu (cpus()) {
        my $current = eval { current_task($cpu) };
        $running{$current} = $cpu if defined $current;
        my $idle = eval { idle_task($cpu) };
        push @idle, object('struct task_struct', $idle) if defined $idle && $idle != 0;
    }
    my $pages = eval { total_pages() } || 0;
    my %leader_pages;
    return map { process_row($_, \%running, $pages, \%leader_pages) } @idle, tasks();
}

=head2 process_row($task, \%running, $pages, \%memo)

Of a task object: C<pid tgid ppid cpu task st percent vsz rss comm kernel_thread running>; vsz and rss in kB, st crash's two
letters, running true on a CPU. %running has the addresses of the CPUs' current tasks as keys, $pages is the machine's
memory in pages, %memo remembers what threads of one process share. What can't be read is undef, with the reason in
C<hole>.

=cut

my %column = (
    comm => sub ($task) { kernel($task, 'struct task_struct', 'comm', 'char *') },
    pid  => sub ($task) { kernel($task,                                              'struct task_struct', 'pid') },
    tgid => sub ($task) { kernel($task,                                              'struct task_struct', 'tgid') },
    ppid => sub ($task) { kernel(kernel($task, 'struct task_struct', 'real_parent'), 'struct task_struct', 'tgid') },
    cpu  => \&task_cpu,
    st   => \&state_letters,
);

sub process_row ($task, $running, $pages, $memo) {
    my $address = $task->address;
    my %row     = (task => $address, running => exists $running->{$address});
    my $whole   = eval {
        @row{keys %column} = map { $_->($address) } values %column;
    };
    _one_by_one(\%row) if !$whole;
    my $mm = kernel($address, 'struct task_struct', 'mm');
    $row{kernel_thread} = $mm == 0 && (kernel($address, 'struct task_struct', 'flags') & 0x00200000) != 0;  # PF_KTHREAD
    @row{qw(vsz rss percent)} = (0, 0, 0);

    if ($mm != 0) {
        my $kilo = page_size() / 1024;
        $memo->{$mm} //= eval { [kernel($mm, 'struct mm_struct', 'total_vm'), resident_pages($mm)] } // [0, 0];
        my $cached = has_member('struct task_struct', 'rss_stat') ? _cached_pages($address) : 0;
        my $rss    = $memo->{$mm}[1] + $cached;
        $rss              = 0 if $rss < 0;
        @row{qw(vsz rss)} = ($memo->{$mm}[0] * $kilo, $rss * $kilo);
        $row{percent}     = $pages ? $rss * 100 / $pages : 0;
    }
    return \%row;
}

# Columns of a task that can't be read whole.
sub _one_by_one ($row) {
    for my $name (qw(comm pid tgid ppid cpu st)) {
        $row->{$name} = eval { $column{$name}->($row->{task}) };
        $row->{hole} //= Alicia::Error::reason($@) if !defined $row->{$name};
    }
    return;
}

=head2 task_cpu($address)

The CPU that the task runs on or ran on last.

=cut

sub task_cpu ($address) {
    state $member;
    $member //= (grep { has_member('struct task_struct', $_) } qw(thread_info.cpu cpu wake_cpu))[0]
        // die "no CPU number in struct task_struct\n";
    return kernel($address, 'struct task_struct', $member);
}

=head2 task_label($address)

PID and name of the task, C<4642 perl>; its address where they can't be read. Not yet fit to be shown.

=cut

sub task_label ($address) {
    my $label = eval {
        join ' ', kernel($address, 'struct task_struct', 'pid'),
            kernel($address, 'struct task_struct', 'comm', 'char *');
    };
    return $label // hexadecimal($address);
}

=head2 state_letters($address)

crash's two letters: RU IN UN ST TR ZO DE SW WA PA ID NE, or ?? for what is none of them.

=cut

sub state_letters ($address) {
    state $member;
    $member //= has_member('struct task_struct', '__state') ? '__state' : 'state';
    my $exit  = kernel($address, 'struct task_struct', 'exit_state');
    my $state = kernel($address, 'struct task_struct', $member, 'unsigned int');
    return 'ZO' if $exit & 0x20;
    return 'DE' if $exit & 0x10 || $state & 0x80;
    return 'RU' if $state == 0;
    return 'ID' if ($state & 0x402) == 0x402;
    return 'UN' if $state & 0x2;
    return 'IN' if $state & 0x1;
    return 'ST' if $state & 0x4;
    return 'TR' if $state & 0x8;
    return 'PA' if $state & 0x40;
    return 'WA' if $state & 0x200;
    return 'NE' if $state & 0x800;
    return '??';
}

# File pages, anonymous pages and shared memory; swap entries (2) are not resident.
my @resident = (0, 1, 3);

=head2 resident_pages($mm)

Pages resident, of a C<struct mm_struct>; approximate, as in the kernel.

=cut

sub resident_pages ($mm) {
    state $style;
    $style //=
          has_member('struct mm_struct', 'rss_stat.count') ? 'array'
        : has_type('struct percpu_counter')                ? 'percpu'
        :                                                    die "struct mm_struct has no rss_stat that is known\n";
    my $pages = 0;
    for my $index (@resident) {
        $pages +=
            $style eq 'array'
            ? kernel($mm, 'struct mm_struct', "rss_stat.count[$index].counter")
            : percpu_sum($mm + offsetof('struct mm_struct', "rss_stat[$index]"));
    }
    return $pages < 0 ? 0 : $pages;
}

# What a thread has counted and not yet given to its mm (kernels before 6.2).
sub _cached_pages ($address) {
    my $pages = 0;
    $pages += kernel($address, 'struct task_struct', "rss_stat.count[$_]") for @resident;
    return $pages;
}

=head2 percpu_sum($address)

The exact sum of a C<struct percpu_counter>.

=cut

sub percpu_sum ($address) {
    my $sum = kernel($address, 'struct percpu_counter', 'count');
    return $sum if !has_member('struct percpu_counter', 'counters');
    my $counters = kernel($address, 'struct percpu_counter', 'counters', 'void *');
    return $sum if $counters == 0;
    my $table = get_addr('__per_cpu_offset');
    for my $cpu (cpus()) {
        my $part = eval { read_mem($counters + read_ptr($table + 8 * $cpu), 4) } // next;
        $sum += unpack 'l<', $part;
    }
    return $sum;
}

=head2 find_task($word)

The address of the task that a word names: a PID (decimal), or the address of its C<struct task_struct>. Dies where there is none.

=cut

our %known;    # addresses of tasks by their digits, while with_known_tasks has them

sub find_task ($word) {
    return $known{$word} if exists $known{$word};
    if ($word =~ /\A\d{1,9}\z/) {
        return get_addr('init_task') if $word == 0;
        for my $task (tasks()) {
            return $task->address if $task->pid == $word;
        }
    }
    if ($word =~ /\A(?:0x)?([[:xdigit:]]{6,16})\z/) {
        my $digits = lc $1;
        for my $task (tasks(), map { object('struct task_struct', idle_task($_)) } cpus()) {
            my $address = $task->address;
            return $address if "$address" =~ /\A0x0*\Q$digits\E\z/;
        }
    }
    die 'invalid task or pid value: ', $word =~ s/([^\x20-\x7e])/sprintf '\\x%02x', ord $1/ger, "\n";
}

=head2 with_known_tasks(\@addresses, $code)

Calls $code; meanwhile find_task knows these tasks by their addresses (sixteen digits) without going over all tasks for
each.

=cut

sub with_known_tasks ($addresses, $code) {
    local %known = map { hexadecimal($_) => $_ } @$addresses;
    return $code->();
}

1;
