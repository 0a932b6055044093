#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Damaged copies of dumps, LKCD's above all, and a guest whose names are meant for a terminal: lcrash answers or refuses
# in a line, by itself, and nothing of the dump reaches the terminal as it is. CI tries some; more where ALICIA_FULL is
# set.
use v5.36;
no warnings 'portable';    # addresses have 64 bits
use Alicia::Damage ();
use Alicia::Lcrash qw(lcrash lcrash_path map_of_guest);
use Alicia::Test   qw(alicia dump_folder in_this_run run_program);
use File::Temp     qw(tempdir);
use Test::More;

my $each  = $ENV{ALICIA_FULL} ? 200 : 6;
my @lines = (
    'symbol init_task schedule',
    'print init_task',
    'task',
    'trace',
    'trace -a',
    'module',
    'stat',
    'walk -h task_struct tasks &init_task.tasks',
    'walk task_struct real_parent &init_task',
    'page init_task',
    'dis schedule 5',
    'dump linux_banner 8',
    'report',
);

sub map_for ($scenario, $kdump) {
    my $offset = hex alicia('-q', '-e', 'print vmcoreinfo("KERNELOFFSET")', $kdump)->{out};
    return map_of_guest($scenario, offset => $offset, image_base => 0xffffffff80000000);
}

my $limited = lcrash_path() =~ m{/asan/} ? q() : 'ulimit -v 1048576; ';
my $work    = tempdir(CLEANUP => 1);
my $map     = map_for('sysrq-6.1', dump_folder('sysrq-6.1') . '/dump.kdump');
my %dumps   = map { ("lkcd-6.1 $_" => dump_folder('lkcd-6.1') . "/dump.$_") } qw(10-gzip 9-rle-twice);
$dumps{'sysrq-6.1 kdump'} = dump_folder('sysrq-6.1') . '/dump.kdump';

for my $name (sort keys %dumps) {
    my $damaged = Alicia::Damage->new($dumps{$name}, "$work/dump");
    for my $number (0 .. $each - 1) {
        my $what = "$name $number: " . $damaged->damage($number);
        my $run  = run_program(
            ['sh', '-c', $limited . 'exec "$@"', 'sh', lcrash_path(), (map { ('-e', $_) } @lines), $map, "$work/dump"],
            timeout => 120
        );
        $damaged->mend;
        my $fine =
               $run->{signal} == 0
            && $run->{status} =~ /\A[013]\z/
            && ($run->{status} == 0 || $run->{err} ne q())
            && $run->{err} !~ /AddressSanitizer|runtime error|Out of memory|bad_alloc|terminate/;
        ok $fine, $what or diag "status $run->{status}, signal $run->{signal}: " . substr $run->{err}, 0, 2000;
        unlike $run->{out} . $run->{err}, qr/[^\x20-\x7e\n\t\x80-\xff]/, 'and nothing of it steers a terminal';
    }
}

for my $scenario (in_this_run('hostile-6.1')) {
    my $dump = dump_folder($scenario) . '/dump.kdump';
    my $run  = lcrash({timeout => 120}, (map { ('-e', $_) } @lines), map_for($scenario, $dump), $dump);
    is $run->{status}, 0, 'hostile names: all is answered';
    unlike $run->{out}, qr/[^\x20-\x7e\n\t\x80-\xff]/, 'and nothing of it steers a terminal';
    like $run->{out},   qr/\\x1b/,                     'though there was something that would';
}

done_testing;
