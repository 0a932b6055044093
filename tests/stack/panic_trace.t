# SPDX-License-Identifier: GPL-3.0-or-later
# The task that panicked: its trace and registers as unwound, and as the kernel's own unwinder wrote them to the log just
# before. Oopses, interrupts, NMIs, an overrun stack, panics called from tasks, timers and system calls.
use v5.36;
use Test::More;
use Alicia::Test qw(alicia dump_folder in_this_run slurp);

my @kinds     = qw(sysrq null irq bug list uaf doublefree stack deadlock softlockup hardlockup rcu oom);
my @scenarios = in_this_run(map { ("$_-6.1", "$_-6.12") } @kinds);

# One line a frame: kind, symbol+offset, module, and its registers as name=digits.
my $print_frames = <<'CODE';
use Alicia::Linux::Stack qw(trace running_task last_function); use Alicia::Linux::System qw(panic_cpu);
my $trace = trace(running_task(panic_cpu()));
my $last = last_function(@{$trace->{frames}});
print "last $last->{symbol}\n", "problem $trace->{problem}\n";
for my $f (@{$trace->{frames}}) {
    my $name = defined $f->{symbol} ? sprintf('%s+0x%x', $f->{symbol}, $f->{offset}) : '-';
    my $regs = $f->{regs} // {};
    print join(' ', $f->{kind}, $name, $f->{module} || '-', map { "$_=" . substr($regs->{$_}, 2) } sort keys %$regs), "\n";
}
CODE

my $place = qr/([\w.]+\+0x[0-9a-f]+)\/0x[0-9a-f]+(?: \[(\w+)\])?/;

# Where the planted function is what ran, not what called it or waited.
my %running = map { $_ => 1 } qw(null irq bug stack softlockup hardlockup);

for my $scenario (@scenarios) {
    my ($kind) = $scenario =~ /\A(\w+)/;
    subtest $scenario => sub {
        my $folder   = dump_folder($scenario);
        my $log      = logged("$folder/dmesg.txt");
        my $unwound  = unwound("$folder/dump.kdump");
        my @expected = without_stopping($log->{frames}->@*);
        my @found    = without_stopping(map { $_->{name} } grep { $_->{kind} ne 'user' } $unwound->{frames}->@*);
        cmp_ok scalar @expected, '>=', 3, 'the log has a trace';
        is $unwound->{problem}, '', 'followed to its end';
        is_deeply \@found, \@expected, 'the frames';
        is_deeply [map { registers($_) } grep { $_->{regs}{rip} && $_->{kind} ne 'call' } $unwound->{frames}->@*],
            [map { registers($_) } $log->{registers}->@*],
            'the registers of each exception and interrupt, and the user\'s';

        if ($running{$kind}) {
            my ($planted) = slurp("$folder/planted") =~ /^function = (\w+)$/m;
            is $unwound->{last}, $planted, 'the last function is the one planted';
        }
        is $unwound->{last}, 'sysrq_handle_crash', 'the last function called panic' if $kind eq 'sysrq';
    };
}
done_testing;

# Frames and registers of the last trace in the log, those of a CPU that stopped before it included. An address marked ?
# was only found on the stack.
sub logged ($file) {
    my @lines   = map  {s/\A\[ *[0-9.]+\] ?//r} split /\n/, slurp($file);
    my ($start) = grep { $lines[$_] =~ /\ACall Trace:/ } reverse 0 .. $#lines;
    my $stop    = $start;
    $start-- while $start > 0 && $lines[$start - 1] !~ /\A(?:CPU: |Hardware name)/;
    $stop++ while $stop < $#lines && $lines[$stop + 1] =~ /\A(?: |RIP|R[A-Z0-9]{2}:|RSP|Code|<)/;
    my (@frames, @registers);
    for my $line (@lines[$start .. $stop]) {
        if ($line =~ /\ARIP: ([0-9a-f]{4}):(?:$place|0x([0-9a-f]+))/) {
            my ($cs, $name, $module, $address) = ($1, $2, $3, $4);
            push @frames, join ' ', $name, $module || '-' if defined $name;
            push @registers, {cs => $cs, defined $address ? (rip => sprintf('%016x', hex $address)) : ()};
        } elsif ($line =~ /\A [ ]?$place\z/) {
            push @frames, join ' ', $1, $2 || '-';
        } elsif ($line =~ /\A(?:R[A-Z0-9]{2}|RSP): /) {
            while ($line =~ /\b(R[A-Z0-9]{2}|RSP|EFLAGS): (?:[0-9a-f]{4}:)?([0-9a-f]+)/g) {
                my ($name, $digits) = (lc $1, $2);
                $name =~ s/\Ar0/r/;
                $registers[-1]{$name eq 'eflags' ? 'rflags' : $name} = sprintf '%016x', hex $digits if @registers;
            }
        }
    }
    return {frames => \@frames, registers => \@registers};
}

sub unwound ($dump) {
    my $run = alicia('-q', '--no-config', '-e', $print_frames =~ s/\n/ /gr, $dump);
    is $run->{err}, '', 'nothing complained of';
    my ($last, $problem, @lines) = split /\n/, $run->{out};
    my @frames;
    for my $line (@lines) {
        my ($kind, $name, $module, @regs) = split / /, $line;
        push @frames, {kind => $kind, name => "$name $module", regs => {map { split /=/ } @regs}};
    }
    return {last => $last =~ s/\Alast //r, problem => $problem =~ s/\Aproblem //r, frames => \@frames};
}

# The log's trace is written by dump_stack, the dump by crash_kexec: their frames differ up to panic and in where in panic.
sub without_stopping (@frames) {
    my ($panic) = grep { $frames[$_] =~ /\A(?:v?panic)\+/ } reverse 0 .. $#frames;
    return defined $panic ? @frames[$panic + 1 .. $#frames] : @frames;
}

# What log and dump both have of a set of registers.
sub registers ($set) {
    my %all = exists $set->{regs} ? $set->{regs}->%* : %$set;
    delete @all{qw(orig_rax ss cs)};
    delete $all{rip} if ($all{rip} // 'f') =~ /\Af/;    # told as a symbol
    return {map { $_ => sprintf '%016x', hex $all{$_} } keys %all};
}
