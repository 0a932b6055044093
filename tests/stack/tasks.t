# SPDX-License-Identifier: GPL-3.0-or-later
# Every task's trace: followed to its end, standing on its own stack, each return address where it is said to be.
use v5.36;
use Test::More;
use Alicia::Test qw(alicia dump_folder in_this_run);

my $print_traces = <<'CODE';
use Alicia::Linux::Stack qw(trace running_task);
my %seen;
for my $task (map({ $_->address } tasks()), map { running_task($_) } cpus()) {
    next if $seen{"$task"}++;
    my $trace = trace($task);
    my $user  = kernel($task, 'struct task_struct', 'mm', 'void *') != 0;
    print join(' ', 'task', $task, $user ? 'user' : 'kernel', $trace->{cpu} // '-', $trace->{problem}), "\n";
    for my $frame (@{$trace->{frames}}) {
        my $there = $frame->{kind} eq 'call' && $frame->{stack} ? eval { get_mem($frame->{slot}) } // 'none' : 'none';
        print join(' ', @$frame{qw(kind pc sp)}, $frame->{stack} || '-', $there, $frame->{symbol} // '-'), "\n";
    }
}
CODE

for my $scenario (in_this_run(qw(sysrq-6.1 sysrq-6.12 sysrq-5.10))) {
    subtest $scenario => sub {
        my $run = alicia('-q', '--no-config', '-e', $print_traces =~ s/\n/ /gr, dump_folder($scenario) . '/dump.kdump');
        is $run->{err}, '', 'nothing complained of';
        my (@tasks, $task);
        for my $line (split /\n/, $run->{out}) {
            my @words = split / /, $line, 6;
            if ($words[0] eq 'task') { push @tasks, $task = {head => \@words, frames => []} }
            else                     { push $task->{frames}->@*, \@words }
        }
        cmp_ok scalar @tasks, '>', 50, 'tasks';
        is_deeply [grep { ($_->{head}[4] // '') ne '' } @tasks], [], 'all followed to their ends';
        is_deeply [grep { !$_->{frames}->@* } @tasks],           [], 'none is empty';

        my @users = grep { $_->{head}[2] eq 'user' } @tasks;
        cmp_ok scalar @users, '>=', 5, 'user tasks';
        is_deeply [grep { $_->{frames}[-1][0] ne 'user' } @users], [], 'user tasks end in user mode';
        my @threads = grep { $_->{head}[2] eq 'kernel' } @tasks;
        is_deeply [grep { $_->{frames}[-1][5] !~ /\A(?:ret_from_fork|secondary_startup|start_secondary)/ } @threads],
            [],
            'kernel threads end where they began';

        my (@elsewhere, @downwards);
        for my $frames (map { $_->{frames} } @tasks) {
            for my $index (1 .. $#$frames) {
                my ($before, $frame) = @$frames[$index - 1, $index];
                push @elsewhere, $frame if $frame->[0] eq 'call'       && $frame->[1] ne $frame->[4];
                push @downwards, $frame if $before->[3] eq $frame->[3] && $frame->[2] lt $before->[2];
            }
        }
        is_deeply \@elsewhere, [], 'return addresses are where they are said to be';
        is_deeply \@downwards, [], 'stack pointers rise';
        my @asleep = grep { $_->{head}[3] eq '-' } @tasks;
        is_deeply [grep { $_->{frames}[0][5] !~ /\A(?:__schedule|ret_from_fork)/ } @asleep], [],
            'sleepers sleep in __schedule';
    };
}

subtest 'a task that is none' => sub {
    my $run = alicia('-q', '--no-config', '-e', 'bt 999999', dump_folder('sysrq-6.1') . '/dump.kdump');
    is $run->{status}, 1;
    like $run->{err}, qr/invalid task or pid value: 999999/;
    $run = alicia('-q', '--no-config', '-e', 'print unwind(0x1000)', dump_folder('sysrq-6.1') . '/dump.kdump');
    is $run->{status}, 1;
    like $run->{err}, qr/cannot read 8 bytes at/;
};
done_testing;
