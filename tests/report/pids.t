# SPDX-License-Identifier: GPL-3.0-or-later
#
# A struct pid outlives its task where a group or a session still has its number: its list of tasks is empty then. And where
# memory is damaged, that list may begin anywhere.
use v5.36;
use Alicia::Test qw(alicia dump_folder slurp);
use Test::More;

my $dump = dump_folder('sysrq-6.1');

# tasks() with FIRST in the place of the fourth task that the table of PIDs leads to; it is on its list all the same.
sub tasks_with ($first) {
    my $code = <<'CODE' =~ s/FIRST/$first/r =~ s/\n/ /gr;
require Alicia::Linux::Task; my $read = \&Alicia::Linux::Task::read_ptr; my $calls = 0;
{ no warnings 'redefine'; *Alicia::Linux::Task::read_ptr = sub { my $there = $read->(@_); $calls++ == 3 ? FIRST : $there } }
print $_->pid, "\n" for tasks(); print STDERR "calls: $calls\n"
CODE
    return alicia('-q', '--no-config', '-e', $code, "$dump/dump.kdump");
}

my (undef, @rows) = split /\n/, slurp("$dump/truth/tasks");
my @expected = sort { $a <=> $b } map { (split /\t/)[0] } @rows;

for my $case (
    ['$there',                                                               'as it is'],
    [q{kernel(get_addr('init_task'), 'struct task_struct', 'mm', 'void *')}, 'an empty list'],
    ['0x10',                                                                 'a pointer that leads nowhere'],
    )
{
    my ($first, $name) = @$case;
    my $run = tasks_with($first);
    is $run->{status}, 0, "$name: no death" or diag $run->{err};
    my %found = map { $_ => 1 } split /\n/, $run->{out};
    is join(' ', grep { !$found{$_} } @expected), '', "$name: every task is found";
    my ($calls) = $run->{err} =~ /^calls: (\d+)$/m;
    cmp_ok $calls, '>', 40, "$name: the table of PIDs was read";
}

done_testing;
