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

# The age of dirty pages is how long ago they became dirty at the time of reading.
sub comparable ($line) { return $line =~ s/(: writeback_.* age=)[0-9]+/$1*/r }

for my $scenario (in_this_run(qw(sysrq-6.1 sysrq-6.12 sysrq-5.10 trace-6.1 trace-6.12))) {
    my $files = $files{$scenario =~ s/-.*//r};
    my $total = 0;
    for my $buffer (sort keys %$files) {
        my ($text) = output_of($scenario, "ftrace -t $buffer");
        my @ours   = map { comparable($_) } split /\n/, $text;
        my @theirs = map { comparable($_) } truth_lines($scenario, "sys/kernel/tracing/$files->{$buffer}");
        my ($other) =
            grep { ($ours[$_] // '(none)') ne ($theirs[$_] // '(none)') } 0 .. ($#ours > $#theirs ? $#ours : $#theirs);
        is $other, undef, "$scenario: the lines of $buffer, " . @theirs;
        diag 'ours: ', $ours[$other] // '(none)', "\ntheirs: ", $theirs[$other] // '(none)' if defined $other;
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
