# SPDX-License-Identifier: GPL-3.0-or-later
# Damaged copies of real dumps, of each format: questions are answered or refused in a line, by themselves, in bounded
# memory. CI tries some; all 2,000 are tried where ALICIA_FULL is set.
use v5.36;
use Alicia::Damage ();
use Alicia::Test   qw(alicia_path dump_folder run_program);
use File::Temp     qw(tempdir);
use Test::More;

my $each  = $ENV{ALICIA_FULL} ? 500 : 6;
my @lines = (
    'print kernel(get_addr("init_task"), "task_struct", "comm", "char *"), "\n"',
    'print scalar(tasks()), "\n"',
    'log', 'bt', 'mod',
    'rd linux_banner 8',
    'struct task_struct init_task',
);

# A sanitized program reserves more address space than any limit would leave it.
my $limited = alicia_path() =~ m{/asan/} ? q() : 'ulimit -v 1048576; ';
my $work    = tempdir(CLEANUP => 1);
my ($slowest, %statuses) = (0);

for my $file (qw(dump.kdump dump.lzo dump.elf dump.flat)) {
    my $damaged = Alicia::Damage->new(dump_folder('sysrq-6.1') . "/$file", "$work/$file");
    for my $number (0 .. $each - 1) {
        my $what = "$file $number: " . $damaged->damage($number);
        my $run  = run_program(
            ['sh', '-c', $limited . 'exec "$@"', 'sh', alicia_path(), '-q', (map { ('-e', $_) } @lines), "$work/$file"],
            timeout => 120
        );
        $damaged->mend;
        $statuses{$run->{status}}++;
        $slowest = $run->{seconds} if $run->{seconds} > $slowest;
        my $fine =
               $run->{signal} == 0
            && $run->{status} =~ /\A[013]\z/
            && ($run->{status} == 0 || $run->{err} ne q())
            && $run->{err} !~ /AddressSanitizer|runtime error|Out of memory|bad_alloc|uninitialized| at \S+[.]pm line /;
        ok $fine, $what or diag "status $run->{status}, signal $run->{signal}: " . substr $run->{err}, 0, 2000;
    }
}
diag sprintf '%d copies: %s; the slowest took %.1f s', 4 * $each,
    join(', ', map {"$statuses{$_} with status $_"} sort keys %statuses), $slowest;
done_testing;
