# SPDX-License-Identifier: GPL-3.0-or-later
# The traces of all tasks against drgn's, by the addresses of frames that are not inline: a stock kernel, one whose tasks
# sleep below function_graph and kretprobes, and a PREEMPT_RT kernel. Debug information is fetched with ALICIA_FULL.
use v5.36;
use Test::More;
use Alicia::Test   qw(alicia_path debuginfo dump_folder run_program);
use Cwd            qw(abs_path);
use File::Basename qw(dirname);

plan skip_all => 'debug information is fetched with ALICIA_FULL' if !$ENV{ALICIA_FULL};
my $compare = abs_path(dirname(__FILE__)) . '/compare_with_drgn';
my ($stacks, $traced) = (0, 0);
for my $scenario (qw(sysrq-6.1 tracers-6.1 rt-6.1)) {
    my ($vmlinux) = debuginfo($scenario);
    my $run = run_program([$compare, alicia_path(), dump_folder($scenario) . '/dump.kdump', $vmlinux], timeout => 600);
    is $run->{status}, 0, "$scenario: every trace is drgn's" or diag "$run->{out}$run->{err}";
    my ($same, $below, $modules) =
        $run->{out} =~ /: (\d+) the same .* (\d+) that drgn follows up to .*, (\d+) up to a module/;
    note $run->{out};
    $stacks += ($same // 0) + ($below // 0) + ($modules // 0);
    $traced += $below // 0;
}
cmp_ok $stacks, '>=', 200, "$stacks stacks";
cmp_ok $traced, '>=', 2,   "$traced of them below tracers";

done_testing;
