#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Address spaces as the guests' own /proc/PID/maps had them, traces begun by hand, and the commands that need more than a
# dump: each that the original had is known, and says so.
use v5.36;
no warnings 'portable';    # addresses have 64 bits
use Alicia::Lcrash qw(lcrash lcrash_path lcrash_says map_of_guest);
use Alicia::Pty;
use Alicia::Test qw(alicia dump_folder in_this_run slurp spew);
use File::Temp;
use Test::More;

my %image_base = ('arm64-6.12' => 0xfff0000000000000);

sub files ($scenario) {
    my $dump   = dump_folder($scenario) . '/dump.kdump';
    my $offset = hex alicia('-q', '-e', 'print vmcoreinfo("KERNELOFFSET") // 0', $dump)->{out};
    my $base   = $image_base{$scenario} // 0xffffffff80000000;
    return (map_of_guest($scenario, offset => $offset, image_base => $base), $dump);
}

# A line `ADDR BEGIN END PERM OFFSET MAPS`, and one of /proc/PID/maps, as each other.
sub area ($line) {
    my (undef, $begin, $end, @rest) = split ' ', $line;
    return join ' ', (map { sprintf '%x', hex } $begin, $end), @rest;
}

sub mapped ($line) {
    my ($range, $permissions, $offset, undef, undef, @name) = split ' ', $line;
    return join ' ', (map { sprintf '%x', hex } split /-/, $range), $permissions, $offset, @name;
}

for my $scenario (in_this_run(qw(sysrq-5.10 sysrq-6.1 sysrq-6.12 arm64-6.12))) {
    my $truth = dump_folder($scenario) . '/truth/proc';
    my @files = files($scenario);
    my (undef, @tasks) = map { [(split)[0, 2, 7]] } grep {/^0x/} split /\n/, lcrash_says(\@files, 'task');
    my %task   = map { $_->[1] => $_->[0] } @tasks;
    my @with   = grep { -s "$truth/$_/maps" && $task{$_} } map {m{/(\d+)\z}} glob "$truth/[0-9]*";
    my ($some) = grep { !-s "$truth/$_/maps" && -e "$truth/$_/maps" } sort { $a <=> $b } keys %task;
    cmp_ok scalar @with, '>=', 3, "$scenario: processes with memory";
    for my $pid (sort { $a <=> $b } @with) {

        # Process 1 went on to write the truth down, and its heap may have grown.
        my $counts = sub ($line) { return $line =~ /\S/ && !($pid == 1 && $line =~ /\[heap\]/) };
        my $shown  = lcrash_says(\@files, "mmap -f $pid");
        my @found  = map { area($_) } grep { $counts->($_) } $shown =~ /^ +(0x.*)$/mg;
        is_deeply \@found, [map { mapped($_) } grep { $counts->($_) } split /\n/, slurp("$truth/$pid/maps")],
            "$scenario: what process $pid maps";
        my ($mm) = $shown =~ /^(0x\w+)/m;
        is lcrash_says(\@files, "mmap -f $task{$pid}"), $shown, 'by the address of its task';
        is lcrash_says(\@files, "mmap $mm") =~ /^($mm .*?) *$/m ? "$1 " : '',
            $shown =~ /^($mm .* )\S+$/m ? $1 : '?', 'by that of its mm_struct';
    }
    is lcrash('-e', "mmap $some", @files)->{err} =~ s/\(.*?\)/(…)/r,
        "mmap: $some (…) is a kernel thread and has no address space\n", "$scenario: a kernel thread";
    my %spaces = map  { $_ => 1 } lcrash_says(\@files, 'mmap') =~ /^(0x\w+)/mg;
    my @other  = grep { !$spaces{$_} }
        map { lcrash_says(\@files, "mmap $_") =~ /^(0x\w+)/m ? $1 : "none of $_" } @with;
    is "@other", '', "$scenario: all of them are in the list of all";

    # A trace from where a sleeping task left its processor is the trace of that task.
    my $registers = $scenario =~ /arm64/
        ? sub ($task) {
        return map {"((struct task_struct *)$task)->thread.cpu_context.$_"} qw(pc sp fp);
        }
        : sub ($task) {
        my $frame = "((struct inactive_task_frame *)((struct task_struct *)$task)->thread.sp)";
        return ("$frame->ret_addr", "($frame + 1)", "$frame->bp");
        };
    my $compared = 0;
    for my $pid (sort { $a <=> $b } keys %task) {
        my $trace = lcrash_says(\@files, "trace $pid");
        next if $trace =~ /TRACE ERROR|\?/ || $trace !~ /^ 0 .*(?:schedule|switch)/m;
        my ($pc, $sp, $fp) = split /\n/, lcrash_says(\@files, join '; ', map {"px $_"} $registers->($task{$pid}));
        my $made = lcrash_says(\@files, join ' ', 'mktrace', $pc, $sp, $fp eq '(nil)' ? () : $fp);
        is $made, $trace, "$scenario: mktrace, $pid" if $made ne $trace;
        last if ++$compared == 10;
    }
    is $compared, 10, "$scenario: mktrace";
}

# The original's commands, all of them.
my @files = files('sysrq-6.1');
for my $command (
    qw(base deftask dis dump findsym help history ldcmds livedump load mktrace mmap module namelist page print p px pd
    quit report sizeof stat strace symbol symtab task trace t unload vi vtop walk whatis)
    )
{
    like lcrash_says(\@files, "help $command"), qr/\ACOMMAND: \w+.*\n    \S.*\.\n\z/, "help $command";
}
my %refused = (
    'livedump'             => 'livedump: wants the memory of a running kernel, and this is a dump',
    'livedump x'           => 'livedump: usage: livedump [-w OUTFILE]',
    'vi'                   => 'vi: usage: vi FILE|COMMAND',
    'vi x'                 => 'vi: an editor needs a terminal, and lcrash has none here',
    'mktrace 0'            => 'mktrace: usage: mktrace [-w OUTFILE] PC SP [FP [TASK]]',
    'mktrace 0 10'         => 'mktrace: 0xa lies on no task\'s stack',
    'mktrace nosuch 10'    => 'mktrace: no such symbol: nosuch',
    'mktrace 0 0 0 nosuch' => 'mktrace: no such symbol: nosuch',
    'mmap nosuch'          => 'mmap: no such symbol: nosuch',
    'mmap -x'              => 'mmap: unknown option -x',
    'mmap 999999'          => 'mmap: no task has the PID 999999',
);
for my $line (sort keys %refused) {
    my $run = lcrash('-e', $line, @files);
    is $run->{err},    "$refused{$line}\n", $line;
    is $run->{status}, 1,                   'and it failed';
}
like lcrash('-e', 'mmap 0x10', @files)->{err}, qr/\Ammap: cannot read \d+ bytes at 0x\w+: .*not present\n\z/,
    'mmap 0x10';

# An editor at a terminal: the file, and the command made of it, change.
my $folder = File::Temp->newdir;
spew("$folder/editor", qq(#!/bin/sh\necho "px 0x4321" > "\$1"\necho edited "\$1"\n));
spew("$folder/it's",   "px 1\n");
spew("$folder/where",  "px 1\n");
chmod 0700, "$folder/editor";
my $terminal = Alicia::Pty->new({env => {VISUAL => "$folder/editor"}}, lcrash_path(), @files);
$terminal->sees('>> ', 'the prompt');
$terminal->type("ldcmds $folder/where; vi where\r");
$terminal->sees("edited $folder/where", 'vi COMMAND');
$terminal->type("where\r");
$terminal->sees('0x4321', 'which it changes');
$terminal->type(qq(vi "$folder/it's"\r));
$terminal->sees("edited $folder/it's", 'vi FILE');
$terminal->type("quit\r");
is $terminal->leaves('quit'), 0,             'its status';
is slurp("$folder/it's"),     "px 0x4321\n", 'whatever the file is called';

done_testing;
