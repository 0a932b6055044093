# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Trace::Analyzer::Syscall;

use v5.36;
use parent 'Alicia::Trace::Analyzer';

=head1 NAME

Alicia::Trace::Analyzer::Syscall - how often each system call was made, and how long it took

=head1 DESCRIPTION

From the events C<raw_syscalls:sys_enter> and C<sys_exit>, paired by task. A call that was under way when the buffer begins
or ends is not counted.

=head2 analyze

Format C<stat>, which is meant where none is given: a line for each system call, C<sysno, syscall_name, count, average, max,
min>, then the durations that 50, 90 and 99 % of the calls did not exceed. Format C<log>: a line for each call in the order
of their ends. Durations are CPU cycles where the clock of the buffer is the TSC, else nanoseconds; a line above says which.

=cut

sub formats ($self) { return qw(stat log) }

sub analyze ($self, $records, $out, %how) {
    my $format = $how{format} // 'stat';
    my $pairs  = $records->pairs(
        begin => 'raw_syscalls:sys_enter',
        end   => 'raw_syscalls:sys_exit',
        group => 'id'
    );
    if ($format eq 'log') {
        $self->_log($records, $pairs, $out);
    } else {
        $self->head($records, $out, 'sysno, syscall_name');
        $self->table($records, $pairs, $out, sub ($number, $record) { return ($number, $self->name_of($number)) });
    }
    return $self->tell_unpaired($out, 'calls', $pairs);
}

sub _log ($self, $records, $pairs, $out) {
    $out->('# durations in ', $self->unit($records), "\n");
    $out->("time, cpu, pid, sysno, syscall_name, duration, result\n");
    $pairs->each(
        sub ($begin, $end, $duration) {
            my ($first, $last) = ($records->at($begin), $records->at($end));
            my $number = $first->field('id');
            $out->(
                join(', ',
                    $first->time,            $first->cpu, $first->pid, $number,
                    $self->name_of($number), $duration,   $last->field('ret')),
                "\n"
            );
        }
    );
    return;
}

=head2 name_of NUMBER

The name of a system call as user space knows it: from the kernel's own table, C<newfstat> being C<fstat>.

=cut

my %known_as = (
    newstat      => 'stat',
    newfstat     => 'fstat',
    newlstat     => 'lstat',
    newfstatat   => 'newfstatat',
    newuname     => 'uname',
    sendfile64   => 'sendfile',
    sysctl       => '_sysctl',
    umount       => 'umount2',
    ni_syscall   => 'not_implemented',
    fadvise64_64 => 'fadvise64',
    rt_sigreturn => 'rt_sigreturn',
);

sub name_of ($self, $number) {
    return $self->{names}{$number} //= _read_name($number) // 'unknown';
}

# The table has the address of each call's function, as `__x64_sys_read`.
sub _read_name ($number) {
    my $table = Alicia::find_addr('sys_call_table') // return;
    my $count = Alicia::find_addr('syscalls_metadata');
    return if $number < 0 || $number > 4096;
    my $function = eval { Alicia::get_mem($table + 8 * $number) } // return;
    my $symbol   = Alicia::symbol_at($function)                   // return;
    my ($name)   = $symbol =~ /\A(?:__[a-z0-9]+_)?sys_([a-z0-9_]+)\z/ or return;
    return $known_as{$name} // $name;
}

1;
