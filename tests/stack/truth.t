# SPDX-License-Identifier: GPL-3.0-or-later
# Every task's trace against what the guest's /proc/PID/task/TID/stack said before the panic: the kernel's own unwinder, which
# also says what was on the stack before a tracer replaced it.
#
# Three differences are expected. The kernel leaves out functions of its scheduler, wherever they stand (those between
# __sched_text_start and __sched_text_end). Tasks that ran at either time, and process 1, which wrote the truth and then
# panicked, are not compared. Others may have woken up and slept again, in another place; so whoever's context switches in
# the dump aren't those of the truth has moved, and isn't compared either.
use v5.36;
use Test::More;
use Alicia::Test qw(alicia dump_folder in_this_run slurp);

# Where both kinds of tracer replaced one return address, the kernel takes one of the two back and is lost at the other's
# trampoline, which it names after the code before it. There the trace has to be that of a task that began to wait in the
# same way before there were tracers.
my $lost =
    qr/\A(?:ftrace_regs_caller_end|ftrace_stub\w*|return_to_handler|arch_rethook_trampoline|rethook_trampoline_handler)\+/;

my @scenarios = in_this_run(qw(sysrq-6.1 sysrq-6.12 sysrq-5.10 rt-6.1 tracers-6.1 tracers-6.12));

my $print_traces = <<'CODE';
use v5.36; no warnings 'portable';
use Alicia::Linux::Stack qw(trace running_task);
my %running = map { running_task($_) => 1 } cpus();
for my $task (map { $_->address } tasks()) {
    my $get   = sub ($member, $type) { kernel($task, 'struct task_struct', $member, $type) };
    my $trace = trace($task);
    print join(' ', 'task', $get->('tgid', 'int'), $get->('pid', 'int'), $get->('nvcsw', 'unsigned long'),
        $get->('nivcsw', 'unsigned long'), $running{$task} ? 'running' : 'asleep', $trace->{problem}), "\n";
    for my $frame (@{$trace->{frames}}) {
        next if $frame->{kind} eq 'user';
        print join(' ', $frame->{kind}, $frame->{pc}, $frame->{symbol} // '-', $frame->{offset} // 0, $frame->{module} || '-',
            $frame->{via} // ''), "\n";
    }
}
CODE

for my $scenario (@scenarios) {
    subtest $scenario => sub {
        my $folder = dump_folder($scenario);
        my $run    = alicia('-q', '--no-config', '-e', $print_traces =~ s/\n/ /gr, "$folder/dump.kdump");
        is $run->{err}, '', 'nothing complained of';
        my @tasks      = traces($run->{out});
        my @scheduler  = scheduler("$folder/truth/proc/kallsyms");
        my %truth      = map { $_ => truth("$folder/truth/proc/$_") } stacks("$folder/truth/proc");
        my ($untraced) = grep { $_->{comm} eq 'untraced' } values %truth;
        my (@differ, @broken, %met);
        my ($compared, $frames) = (0, 0);

        for my $task (@tasks) {
            my $truth = $truth{"$task->{tgid}/task/$task->{pid}"} // next;
            push @broken, "$truth->{comm}: $task->{problem}" if $task->{problem} ne '';
            next if $task->{pid} == 1 || $task->{running} || $truth->{state} eq 'R';
            next if $task->{switches} ne $truth->{switches};
            my @ours     = map { $_->{name} } grep { !within($_->{pc}, @scheduler) } $task->{frames}->@*;
            my $expected = $truth->{frames};
            if (@$expected && $expected->[-1] =~ $lost) {
                is_deeply [@ours[0 .. $#$expected - 1]], [@$expected[0 .. $#$expected - 1]],
                    "$truth->{comm}: as far as the kernel goes";
                $expected = $untraced->{frames};
            }
            $compared++;
            $frames += @ours;
            push @differ, {comm => $truth->{comm}, pid => $task->{pid}, alicia => \@ours, kernel => $expected}
                if "@ours" ne "@$expected";
            $met{"$truth->{comm}: $_->{via}"} = 1 for $task->{frames}->@*;
        }
        cmp_ok $compared, '>=', 0.6 * keys %truth,
            "most tasks are compared: $compared of " . keys(%truth) . ", $frames frames";
        is_deeply \@differ, [], 'the traces are the kernel\'s' or diag explain \@differ;
        is_deeply \@broken, [], 'all are followed to their ends';
        is_deeply [grep { !$met{$_} } slurp("$folder/planted") =~ /^via += (.+)$/mg], [],
            'the planted trampolines are met';
    };
}
done_testing;

sub traces ($text) {
    my @tasks;
    for my $line (split /\n/, $text) {
        if ($line =~ /\Atask (\d+) (\d+) (\d+) (\d+) (\w+) ?(.*)\z/) {
            push @tasks,
                {tgid => $1, pid => $2, switches => "$3 $4", running => $5 eq 'running', problem => $6, frames => []};
        } else {
            my ($kind, $pc, $symbol, $offset, $module, $via) = split / /, $line, 6;
            my $name = sprintf '%s+0x%x', $symbol, $offset;
            $name .= " [$module]" if $module ne '-';
            push $tasks[-1]{frames}->@*, {pc => $pc, name => $name, via => $via // ''};
        }
    }
    return @tasks;
}

sub stacks ($proc) {
    my @folders = map {s{/stack\z}{}r} glob "$proc/[0-9]*/task/[0-9]*/stack";
    return map {s{\A\Q$proc\E/}{}r} grep { -e "$_/status" && -e "$_/comm" } @folders;
}

sub truth ($folder) {
    my $status = slurp("$folder/status");
    my @frames;
    for my $line (split /\n/, slurp("$folder/stack")) {
        push @frames, $2 ? "$1 $2" : $1 if $line =~ /\A\[<0>\] ([\w.]+\+0x[0-9a-f]+)\/\S+(?: (\[\w+\]))?/;
    }
    my ($voluntary, $forced) = $status =~ /^(?:non)?voluntary_ctxt_switches:\s+(\d+)$/mg;
    my ($state) = $status =~ /^State:\s+(\w)/m;
    my $comm = slurp("$folder/comm") =~ s/\n\z//r;
    return {frames => \@frames, switches => "$voluntary $forced", state => $state, comm => $comm};
}

# The bounds of the scheduler's functions, as sixteen digits.
sub scheduler ($kallsyms) {
    my $text = slurp($kallsyms);
    return map { $text =~ /^([0-9a-f]{16}) . __sched_text_$_$/m ? $1 : die "no __sched_text_$_" } qw(start end);
}

sub within ($pc, $start, $end) {
    my $digits = $pc =~ s/\A0x//r;
    return $digits ge $start && $digits lt $end;
}
