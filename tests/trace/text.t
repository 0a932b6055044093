# SPDX-License-Identifier: GPL-3.0-or-later
# Every line of every buffer is the guest's own: /sys/kernel/tracing/trace, its instances' and snapshots' files, and the
# formats of all events.
use v5.36;
use Test::More;
use Alicia::Test  qw(dump_folder in_this_run alicia);
use Alicia::Truth qw(output_of truth truth_lines);

my %files = (
    'sysrq' => {top => 'trace'},
    'trace' => {
        top            => 'trace',
        events         => 'instances/events/trace',
        all            => 'instances/all/trace',
        'all/snapshot' => 'instances/all/snapshot',
        tsc            => 'instances/tsc/trace',
    },
);

# `dirtied_when=N age=M` of writeback's events: M is not in the record. The wording of the event is `(jiffies - N) / 250`,
# and the kernel reads jiffies when the line is printed: for the guest when it saved the file, for Alicia when the dump was
# made. So the line without M is compared, and M by its formula: with the dump's jiffies ours exactly, the guest's not older.
sub without_age ($line) { return $line =~ s/(dirtied_when=[0-9]+ age=)[0-9]+/$1*/r }
my $age = qr/: writeback_.* dirtied_when=([0-9]+) age=([0-9]+)/;

sub ages_are_right ($scenario, $buffer, $jiffies, $ours, $theirs) {
    my (@wrong, $count);
    for my $index (0 .. $#$ours) {
        my ($dirtied, $our)   = $ours->[$index]   =~ $age or next;
        my (undef,    $their) = $theirs->[$index] =~ $age or next;
        ++$count;
        push @wrong, $ours->[$index] if $our != int(($jiffies - $dirtied) / 250) || $their > $our;
    }
    is_deeply \@wrong, [], "$scenario: the ages of $buffer, $count" if $count;
    return;
}

for my $scenario (in_this_run(qw(sysrq-6.1 sysrq-6.12 sysrq-5.10 trace-6.1 trace-6.12))) {
    my $files = $files{$scenario =~ s/-.*//r};
    my $total = 0;
    for my $buffer (sort keys %$files) {
        my ($text, $jiffies) = output_of($scenario, "ftrace -t $buffer", q(print get_mem(get_addr('jiffies')) + 0));
        my @said      = split /\n/, $text;
        my @said_then = truth_lines($scenario, "sys/kernel/tracing/$files->{$buffer}");
        my @ours      = map { without_age($_) } @said;
        my @theirs    = map { without_age($_) } @said_then;
        my ($other) =
            grep { ($ours[$_] // '(none)') ne ($theirs[$_] // '(none)') } 0 .. ($#ours > $#theirs ? $#ours : $#theirs);
        is $other, undef, "$scenario: the lines of $buffer, " . @theirs;
        diag 'ours: ', $ours[$other] // '(none)', "\ntheirs: ", $theirs[$other] // '(none)' if defined $other;
        ages_are_right($scenario, $buffer, $jiffies, \@said, \@said_then);
        $total += @theirs;
    }
    cmp_ok $total, '>', $scenario =~ /trace/ ? 40_000 : 10_000, "$scenario: enough of them";
}

for my $scenario (in_this_run(qw(trace-6.1 trace-6.12))) {
    my ($text) = output_of($scenario, 'print map { Alicia::_trace_format($_->[0]) } @{Alicia::_trace_formats()}');
    my %ours   = map { /^ID: ([0-9]+)/m ? ($1 => $_) : () } split /(?=^name: )/m, $text;
    my %theirs = map { /^ID: ([0-9]+)/m ? ($1 => $_) : () } split /(?=^name: )/m,
        truth($scenario, 'sys/kernel/tracing/formats');
    cmp_ok keys %theirs, '>', 1000, "$scenario: formats";
    is_deeply \%ours, \%theirs, "$scenario: the formats of all events";
}

done_testing;
