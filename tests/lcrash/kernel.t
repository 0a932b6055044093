#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lcrash's commands about tasks, modules, pages, code and the log, against what the guests said of themselves and, where a
# guest cannot know, against alicia's API.

use strict;
use warnings;
no warnings 'portable';    # addresses have 64 bits
use Alicia::Lcrash qw(lcrash lcrash_says map_of_guest);
use Alicia::Test   qw(alicia dump_folder in_this_run slurp);
use File::Temp;
use Test::More;

my %image_base = ('arm64-6.12' => 0xfff0000000000000);

# What stands in the guest's log, and how lcrash shows it.
sub guests_log {
    my ($folder) = @_;
    return [map {s/^\[ *([\d.]+)\] /[$1] /r} split /\n/, slurp("$folder/truth/dmesg")];
}

for my $scenario (in_this_run(qw(sysrq-6.1 sysrq-6.12 arm64-6.12))) {
    my $folder = dump_folder($scenario);
    my $dump   = "$folder/dump.kdump";
    my $api    = sub {
        alicia('-q', map({ ('-e', $_) } @_), $dump)->{out};
    };
    my $offset = hex $api->('print vmcoreinfo("KERNELOFFSET")');
    my $base   = $image_base{$scenario} // 0xffffffff80000000;
    my @files  = (map_of_guest($scenario, offset => $offset, image_base => $base), $dump);

    # Tasks: those that the guest had, with their parents.
    my (undef, @expected) = split /\n/, slurp("$folder/truth/tasks");
    my %guests = map { my @task = split /\t/; $task[0] => $task[4] =~ /^kworker/ ? 'kworker' : substr $task[4], 0, 15 }
        @expected;
    my $table = lcrash_says(\@files, 'task');
    my %found = map { my @row = split ' ', $_, 8; $row[2] => $row[7] =~ /^kworker/ ? 'kworker' : $row[7] }
        grep {/^0x/} split /\n/, $table;
    is delete $found{0}, 'swapper/0', "$scenario: the first task";
    my @lost = grep { ($found{$_} // '') ne $guests{$_} } keys %guests;
    cmp_ok scalar @lost, '<=', 3, "$scenario: the guest's tasks, but for those that ended since" or diag "@lost";
    is $table =~ /^(\d+) active task structs found$/m ? $1 : 0, 1 + keys %found, "$scenario: how many";
    my %parent =
        map { split ' ' } split /\n/, $api->('printf "%d %d\n", $_->pid, $_->real_parent->tgid for tasks()');
    my %seen = map { (split)[2, 3] } grep {/^0x/} split /\n/, $table;
    delete $seen{0};
    is_deeply \%seen, \%parent, "$scenario: their parents";

    # Modules, their sizes and users. How often a module is used is at most what changed since.
    my %modules = map {
        my ($name, $size, undef, $users) = split;
        $name => "$size " . join ' ', sort split /,/, $users =~ s/^-$//r
        }
        split /\n/, slurp("$folder/truth/proc/modules");
    my %loaded;
    for my $line (grep {/^0x/} split /\n/, lcrash_says(\@files, 'module')) {
        my (undef, $size, undef, $name, @users) = split ' ', $line;
        $loaded{$name} = "$size " . join ' ', sort map {tr/[]//dr} @users;
    }
    is_deeply \%loaded, \%modules, "$scenario: modules";

    # The log: every line the guest's dmesg showed is there.
    my $log  = lcrash_says(\@files, 'stat');
    my %line = map  { $_ => 1 } map     {s/^<\d>\[ *([\d.]+)\] /[$1] /r} split /\n/, $log;
    my @gone = grep { !$line{$_} } grep {/^\[/} @{guests_log($folder)};
    is "@gone[0 .. ($#gone < 2 ? $#gone : 2)]", '', "$scenario: the guest's log";
    chomp(my $release = slurp("$folder/truth/proc/sys/kernel/osrelease"));
    like $log, qr/^ +release : \Q$release\E$/m, "$scenario: utsname";

    # A trace of every task is alicia's: function by function.
    my $code = <<'END' =~ s/\n/ /gr;
use Alicia::Linux::Stack qw(trace);
for my $task (tasks()) { my $trace = eval { trace($task->address) } or next;
print "STACK TRACE FOR TASK: ", $task->address, "\n"; for my $frame (@{$trace->{frames}}) { last if $frame->{kind} eq "user"; printf "0x%x\n", $frame->{pc} } }
END
    my (%traced, %unwound, $task);
    for my $line (split /\n/, lcrash({timeout => 300}, '-e', 'trace -a', @files)->{out}) {
        $task = $1 if $line =~ /TASK: (0x\w+)/;
        push @{$traced{$task}}, lc $1 if $line =~ /^ *\d+ .* \[(0x\w+)\]$/;
    }
    for my $line (split /\n/, $api->($code)) {
        $task = $1 if $line =~ /TASK: (0x\w+)/;
        push @{$unwound{$task}}, lc $line if $line =~ /^0x/;
    }
    my @other = grep { "@{$traced{$_} // []}" ne "@{$unwound{$_}}" } keys %unwound;
    is "@other", '', "$scenario: traces";
    cmp_ok scalar keys %unwound, '>', 40, "$scenario: of many tasks";

    # Addresses and code.
    my @symbols = qw(init_task schedule linux_banner modules);
    my %physical =
        map { split ' ' } split /\n/,
        $api->('printf "%s 0x%016x\n", get_addr($_), vtop(get_addr($_)) for qw(' . "@symbols)");
    my %led = map { (split)[0, 1] } grep {/^0x/} split /\n/, lcrash_says(\@files, "vtop @symbols");
    is_deeply \%led, \%physical, "$scenario: vtop";
    my @code = split /\n/,
        $api->(
        'use Alicia::Linux::Stack qw(disassemble);',
        'printf "0x%x %s\n", $_->{address}, $_->{mnemonic} for disassemble(get_addr("schedule"), 12)'
        );
    is_deeply [map { /^(0x\w+) <schedule\+\d+>:\t(\S+)/ ? "$1 $2" : $_ } split /\n/,
        lcrash_says(\@files, 'dis schedule 12')],
        \@code, "$scenario: dis";
    like lcrash_says(\@files, 'dis -f schedule'), qr/\A(?:0x\w+ <schedule\+\d+>:\t.*\n){8,}\z/, "$scenario: dis -f";

    # Lists: the walk of the tasks' list finds its processes.
    my $processes = grep { my @task = split /\t/; $task[0] == $task[1] } @expected;
    my $walked    = lcrash_says(\@files, 'walk -h task_struct tasks &init_task.tasks');
    my $leaders   = $api->(
        'my @leaders = list_entries(get_addr("init_task") + offsetof("struct task_struct", "tasks"), "struct task_struct", "tasks"); print scalar @leaders'
    );
    like $walked, qr/^\Q$leaders\E structs found$/m, "$scenario: walk -h";
    like lcrash_says(\@files, 'walk task_struct real_parent &init_task'), qr/\A0x\w+\n1 struct found\n\z/,
        "$scenario: walk";
    like lcrash_says(\@files, 'walk -h -s module list modules'), qr/\ASTRUCT ADDR: 0x\w+\nstruct module \{\n/,
        "$scenario: walk -s";

    # Symbols by table.
    my $symbols = () = slurp("$folder/truth/proc/kallsyms") =~ /^\w+ . \S+$/mg;
    like lcrash_says(\@files, 'symtab vmlinux'), qr/^0x\w+ 0x\w+ +$symbols vmlinux$/m, "$scenario: symtab";

    my $report = lcrash({timeout => 300}, '-r', @files);
    is $report->{status}, 0, "$scenario: the report";
    my @sections = $report->{out} =~ /^=+\n([A-Z ]+)\n=+$/mg;
    is_deeply \@sections,
        [
        'LCRASH CORE FILE REPORT',
        'DUMP INFORMATION',
        'COREFILE SUMMARY',
        'UTSNAME INFORMATION',
        'LOG BUFFER DUMP',
        'CURRENT SYSTEM TASKS',
        'STACK TRACE OF FAILING TASK'
        ],
        "$scenario: its sections";
    like $report->{out}, qr/^PANIC STRING:\n    Kernel panic - not syncing: .*sysrq triggered crash/m, "$scenario: why"
        if $scenario =~ /sysrq/;
}

# Pages, on x86_64: the page of a frame is found by its number, by an address in it, and at its own address.
for my $scenario (in_this_run('sysrq-6.1')) {
    my $dump     = dump_folder($scenario) . '/dump.kdump';
    my $offset   = hex alicia('-q', '-e', 'print vmcoreinfo("KERNELOFFSET")', $dump)->{out};
    my @files    = (map_of_guest($scenario, offset => $offset, image_base => 0xffffffff80000000), $dump);
    my ($frame)  = lcrash_says(\@files, 'vtop init_task') =~ /^0x\w+ 0x\w+ +(\d+)/m;
    my $by_frame = lcrash_says(\@files, "page #$frame");
    is lcrash_says(\@files, 'page init_task'), $by_frame, 'page: by frame and by address';
    my ($page) = $by_frame =~ /^(0x\w+) /m;
    is lcrash_says(\@files, "page $page"), $by_frame, 'page: by its own address';

    # Scripts, loaded and run.
    my $folder = File::Temp->newdir;
    open my $script, '>', "$folder/where" or die "cannot write: $!";
    print {$script} "# where SYMBOL\nbase \$2\npx &\$1\n";
    close $script or die "cannot write: $!";
    my ($address) = lcrash_says(\@files, 'px &init_task') =~ /(\S+)/;
    like lcrash_says(\@files, "load $folder/where init_task 1"),          qr/hex: 0x1\n.*\n$address\n\z/s, 'load';
    like lcrash_says(\@files, "ldcmds $folder/where; where init_task 1"), qr/hex: 0x1\n.*\n$address\n\z/s, 'ldcmds';
    my $run = lcrash('-f', "$folder/where", @files);
    is $run->{status}, 1, 'a script that lacks its words fails';
    is lcrash('-f', "$folder/nosuch", @files)->{err}, "lcrash: cannot read $folder/nosuch: No such file or directory\n",
        'a script that is not there';
    is lcrash('-e', "ldcmds $folder/where; unload where; where", @files)->{err}, "lcrash: unknown command: where\n",
        'unload';

    # Output into a file, by -w of the command, of the program, and by sh.
    my $out = "$folder/out";
    is lcrash_says(\@files, "base -w $out 3"), '', '-w: nothing on standard output';
    like slurp($out), qr/hex: 0x3\n/, '-w: it is in the file';
    is lcrash_says(\@files, "px 16 > $out; px 17 >> $out"), '',             '>: nothing on standard output';
    is slurp($out),                                         "0x10\n0x11\n", '> and >>';
    is lcrash('-w', $out, '-e', 'px 18', @files)->{out},    '',             'lcrash -w: nothing on standard output';
    is slurp($out),                                         "0x12\n",       'lcrash -w';
}

done_testing;
