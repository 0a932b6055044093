# SPDX-License-Identifier: GPL-3.0-or-later
# Where registers came from, held against the kernel's source: vfs_llseek() looks at file->f_mode and calls
# file->f_op->llseek, d_path() reads path->dentry and calls dentry->d_op->d_dname, get_task_mm() reads task->flags and task->mm
# and counts mm->mm_users.
use v5.36;
use Test::More;
use Alicia::Test qw(alicia dump_folder in_this_run);

# Each access to memory through a register, as if it were what faulted: function, how the register came by its value, member.
my $print_accesses = <<'CODE';
use Alicia::Linux::Code qw(faulting_access origin_of describe_origin);
for my $function (qw(vfs_llseek d_path get_task_mm)) {
    for my $line (disassemble(get_addr($function), 80)) {
        last if $line->{symbol} ne $function;
        my $frame = {pc => $line->{address}, symbol => $function, offset => $line->{offset}, regs => {}};
        my $access = faulting_access($frame);
        my $origin = $access->{base} ? origin_of($frame, $access->{base}) : undef;
        next if !$origin || !defined $origin->{type};
        my ($member) = Alicia::Linux::Code::member_at($origin->{type}, $access->{displacement});
        print "$function: ", describe_origin($origin), ": ", $member // "-", "\n";
    }
}
CODE

my @expected = (
    qr/^vfs_llseek: the first argument, struct file \*: f_mode$/m,
    qr/^vfs_llseek: the first argument, struct file \*: f_op$/m,
    qr/^vfs_llseek: member f_op of r\w+, the first argument, struct file \*: llseek$/m,
    qr/^d_path: the first argument, const struct path \*: dentry$/m,
    qr/^d_path: member dentry of r\w+, the first argument, const struct path \*: d_op$/m,
    qr/^d_path: member d_op of r\w+, member dentry of r\w+, the first argument, const struct path \*: d_dname$/m,
    qr/^get_task_mm: the first argument, struct task_struct \*: flags$/m,
    qr/^get_task_mm: the first argument, struct task_struct \*: mm$/m,
    qr/^get_task_mm: member mm of r\w+, the first argument, struct task_struct \*: mm_users$/m,
);

for my $scenario (in_this_run(qw(sysrq-6.1 sysrq-6.12 sysrq-5.10))) {
    subtest $scenario => sub {
        my $run =
            alicia('-q', '--no-config', '-e', $print_accesses =~ s/\n/ /gr, dump_folder($scenario) . '/dump.kdump');
        is $run->{err}, '', 'nothing complained of';
        like $run->{out}, $_, "$_" for @expected;
    };
}
done_testing;
