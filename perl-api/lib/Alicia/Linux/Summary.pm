# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Summary;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::Log     ();
use Alicia::Linux::Process qw(task_cpu state_letters);
use Alicia::Linux::System  qw(utsname wall_clock uptime load_average memory_bytes panic_cpu panic_task);
use Alicia::Text           qw(clock_time megabytes visible hexadecimal);

our @EXPORT_OK = qw(system_summary panic_summary dump_facts date state_words);

=head1 NAME

Alicia::Linux::Summary - the block that C<sys> shows and every session begins with

=head1 SUBROUTINES

=head2 system_summary()

A list of [label, text], in crash's order; the text fit to be shown. What the dump can't tell is in parentheses, with
the reason.

=cut

my %state_name = (
    RU => 'TASK_RUNNING',
    IN => 'TASK_INTERRUPTIBLE',
    UN => 'TASK_UNINTERRUPTIBLE',
    ST => 'TASK_STOPPED',
    TR => 'TASK_TRACED',
    ZO => 'EXIT_ZOMBIE',
    DE => 'EXIT_DEAD',
    ID => 'TASK_IDLE',
);

sub system_summary () {
    my $dump = dump_facts();
    my @facts;
    my $fact = sub ($label, $code) {
        my $text = eval { $code->() };
        $text = '(' . Alicia::Error::reason($@) . ')' if !defined $text;
        push @facts, [$label, visible($text)];
    };
    my $uts  = eval { utsname() };
    my $why  = Alicia::Error::reason($@);
    my $name = sub ($part) { $uts ? $uts->{$part} : die "$why\n" };

    push @facts, ['SYSTEM MAP', visible($dump->{map})] if length($dump->{map} // '');
    push @facts, ['KERNEL',     length($dump->{kernel} // '') ? visible($dump->{kernel}) : '(from the dump)'];
    push @facts, ['DUMPFILE',   visible(join ' ', @{$dump->{files}}) . ($dump->{level} ? '  [PARTIAL DUMP]' : '')];
    $fact->('CPUS',   sub { scalar(my @cpus = cpus()) });
    $fact->('DATE',   sub { date(wall_clock()) });
    $fact->('UPTIME', sub { clock_time(int uptime()) });
    $fact->(
        'LOAD AVERAGE',
        sub {
            join ', ', map { sprintf '%.2f', int($_ * 100) / 100 } load_average();
        }
    );
    $fact->('TASKS',    sub { scalar(my @tasks = tasks()) + scalar(my @cpus = cpus()) });
    $fact->('NODENAME', sub { $name->('nodename') });
    $fact->('RELEASE',  sub { $name->('release') });
    $fact->('VERSION',  sub { $name->('version') });
    $fact->('MACHINE',  sub { $name->('machine') . _megahertz() });
    $fact->('MEMORY',   sub { megabytes(memory_bytes()) });
    $fact->('PANIC',    sub { '"' . (Alicia::Linux::Log::panic_message(Alicia::Linux::Log::records()) // '') . '"' });
    return @facts;
}

=head2 panic_summary()

A list of [label, text] about the task that panicked: PID, COMMAND, TASK, CPU, STATE; empty where no CPU panicked.

=cut

sub panic_summary () {
    my $task  = eval { panic_task() } // return;
    my $at    = $task->address;
    my @facts = eval {
        (
            ['PID',     kernel($at, 'struct task_struct', 'pid')],
            ['COMMAND', '"' . visible(kernel($at, 'struct task_struct', 'comm', 'char *')) . '"'],
            ['TASK',    hexadecimal($at)],
            ['CPU',     task_cpu($at)],
            ['STATE',   state_words($at)],
        );
    };
    return @facts;
}

=head2 state_words($task)

The state of the task at this address as crash words it: C<TASK_RUNNING (PANIC)>, C<TASK_INTERRUPTIBLE>.

=cut

sub state_words ($task) {
    my $letters = state_letters($task);
    my $panic   = eval { panic_task() };
    my $words   = $state_name{$letters} // $letters;
    return defined $panic && $panic->address == $task ? "$words (PANIC)" : $words;
}

=head2 date($seconds)

Seconds since 1970 as crash writes a date: C<Sat Nov 21 20:40:00 UTC 2026>; C<?> where they are none that a clock can have.

=cut

sub date ($seconds) {
    return '?' if abs $seconds > 1e11;
    require POSIX;
    return POSIX::strftime('%a %b %e %H:%M:%S %Z %Y', localtime $seconds);
}

sub _megahertz () {
    my $kilohertz = eval { get_mem(get_addr('cpu_khz'), 1) + 0 } or return '';
    return sprintf '  (%d Mhz)', $kilohertz / 1000;
}

=head2 dump_facts()

What is known of the files: C<files> (list), C<kernel>, C<map> (undef where not given), C<format>, C<level>.

=cut

sub dump_facts () {
    my $facts = Alicia::dump_info();
    return {files => [], %$facts};
}

1;
