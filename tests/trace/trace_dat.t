# SPDX-License-Identifier: GPL-3.0-or-later
# An exported buffer in trace-cmd's words: every event, in the same order, at the same time, and where libtraceevent's wording
# is the kernel's, with the same text.
use v5.36;
use Test::More;
use File::Temp    ();
use Alicia::Test  qw(in_this_run run_program);
use Alicia::Truth qw(output_of);

# What trace-cmd words as the kernel does: scheduling, raw system calls, interrupts.
my $same_words = qr/\A(?:sched_(?!pi)\w+|sys_enter|sys_exit|irq_handler_\w+|softirq_\w+|task_\w+)\z/;

my $records = <<'END';
print map { join(' ', $_->cpu, $_->pid, $_->time, $_->name, $_->text) . "\n" } @{$t->get_records}
END

for my $scenario (in_this_run(qw(trace-6.1 trace-6.12))) {
    my $folder = File::Temp->newdir;
    for my $buffer (qw(events tsc)) {
        my $file = "$folder/$buffer.dat";
        my (undef, undef, undef, $output) = output_of(
            $scenario,
            "ftrace -o $file $buffer",
            '$t = new Ftrace',
            "\$t->collect(instance=>'$buffer', quiet=>1)",
            $records =~ s/\n\z//r
        );
        my (@ours, @theirs);
        for my $line (split /\n/, $output) {
            my ($cpu, $pid, $time, $name, $text) = $line =~ /\A(\d+) (\d+) (\d+) (\w+) ?(.*)\z/ or next;
            if ($buffer eq 'events') {
                my $microseconds = int(($time + 500) / 1000);
                $time = sprintf '%d.%06d', $microseconds / 1_000_000, $microseconds % 1_000_000;
            }
            push @ours, join ' ', $cpu, $pid, $time, $name, $name =~ $same_words ? $text : '...';
        }
        my $run = run_program(['trace-cmd', 'report', '-N', $file]);
        is $run->{status}, 0, "$scenario: trace-cmd opens $buffer";
        for my $line (split /\n/, $run->{out}) {
            my ($pid, $cpu, $time, $name, $text) = $line =~ /-(\d+) +\[(\d+)\] *([0-9.]+): (\w+): *(.*)\z/ or next;
            push @theirs, join ' ', $cpu + 0, $pid, $time, $name, $name =~ $same_words ? $text : '...';
        }
        cmp_ok @theirs, '>', 5000, "$scenario: $buffer: enough events";
        my ($other) =
            grep { ($ours[$_] // '(none)') ne ($theirs[$_] // '(none)') } 0 .. ($#ours > $#theirs ? $#ours : $#theirs);
        is $other, undef, "$scenario: $buffer: each as trace-cmd has it";
        diag 'ours: ', $ours[$other] // '(none)', "\ntheirs: ", $theirs[$other] // '(none)' if defined $other;
    }
}

done_testing;
