#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lcrash's commands about symbols, memory and expressions, against what the guest said of itself, System.map as the build
# left it, and alicia's own answers.

use strict;
use warnings;
no warnings 'portable';    # addresses have 64 bits
use Alicia::Lcrash qw(lcrash lcrash_says map_of_guest symbols_of);
use Alicia::Test   qw(alicia dump_folder in_this_run slurp);
use Test::More;

for my $scenario (in_this_run(qw(sysrq-6.1 sysrq-6.12))) {
    my $folder = dump_folder($scenario);
    my $dump   = "$folder/dump.kdump";
    my $offset = alicia('-q', '-e', 'print hex vmcoreinfo("KERNELOFFSET")', $dump)->{out};
    my @files  = (map_of_guest($scenario, offset => $offset, image_base => 0xffffffff80000000), $dump);

    # Every hundredth of the kernel's symbols is where the guest had it; of several the lowest.
    my $symbols = symbols_of($scenario);
    my @names   = grep { !/\W/ } sort keys %{$symbols};
    @names = map { $names[100 * $_] } 0 .. $#names / 100;
    my %found = map { (split)[3, 0] } grep {/^0x/} split /\n/, lcrash_says(\@files, "symbol @names");
    my %lowest =
        map { $_ => '0x' . (sort @{$symbols->{$_}})[0] } @names;
    is_deeply \%found, \%lowest, "$scenario: symbol";
    cmp_ok scalar @names, '>', 300, "$scenario: of many names";

    my $init = $lowest{init_task} = '0x' . $symbols->{init_task}[0];
    is lcrash_says(\@files, 'symbol init_task;'),
          sprintf("%-18s %6s %-12s %-26s %s\n", qw(ADDR OFFSET SECTION NAME TYPE))
        . sprintf("%-18s %6d %-12s %-26s %s\n", $init, 0, 'GLOBAL_DATA', 'init_task', '(unknown)')
        . "1 symbol found\n", "$scenario: the documented form";
    my $inside = sprintf '0x%x', hex($init) + 0x10;
    like lcrash_says(\@files, "findsym $inside"), qr/^\Q$init\E +16 GLOBAL_DATA +init_task /m, "$scenario: findsym";

    # Memory: the kernel's banner is the guest's, in words and in bytes.
    my $version = slurp("$folder/truth/proc/version");
    my @words = map { /: ([\da-f ]+) :/ ? split ' ', $1 : () } split /\n/, lcrash_says(\@files, 'dump linux_banner 15');
    is join('', map { pack 'V', hex } @words), substr($version, 0, 60), "$scenario: dump";
    my @bytes = map { /: ([\da-f ]+) :/ ? split ' ', $1 : () } split /\n/,
        lcrash_says(\@files, 'dump -B linux_banner 37');
    is pack('H*', join '', @bytes), substr($version, 0, 37), "$scenario: dump -B";

    # Expressions: the members of every task that alicia finds, from both.
    my $code = 'printf "0x%x %d %d 0x%x \"%s\"\n", $_->address, $_->pid, $_->tgid, $_->real_parent->address, '
        . 'Alicia::Text::visible($_->comm) for tasks();';
    my @tasks = split /\n/, alicia('-q', '-e', 'use Alicia::Text;', '-e', $code, $dump)->{out};
    my @asked = map {
        my ($address) = split;
        my $task = "((task_struct *)$address)";
        ("px $task", "pd $task->pid", "pd (*$task).tgid", "px $task->real_parent", "print $task->comm")
    } @tasks;
    my @answers = split /\n/, lcrash_says(\@files, join '; ', @asked);
    my @lines   = map { join ' ', @answers[5 * $_ .. 5 * $_ + 4] } 0 .. $#tasks;
    is_deeply \@lines, \@tasks, "$scenario: members of " . @tasks . ' tasks';
    is lcrash_says(\@files, 'sizeof struct task_struct'),
          'Size of "struct task_struct": '
        . alicia('-q', '-e', 'print sizeof("struct task_struct")', $dump)->{out}
        . " bytes\n", "$scenario: sizeof";
    is lcrash_says(\@files, 'sizeof -o task_struct.comm') =~ s/\n.*//sr,
        'Offset: ' . alicia('-q', '-e', 'print offsetof("struct task_struct", "comm")', $dump)->{out} . ' bytes.',
        "$scenario: sizeof -o";
    like lcrash_says(\@files, 'whatis list_head'),
        qr/^struct list_head \{\n\s+struct list_head \*next;\n\s+struct list_head \*prev;\n\};?\n$/,
        "$scenario: whatis";
    my %uts = map {/^\s+(\w+) = "(.*)"$/} split /\n/, lcrash_says(\@files, 'print init_uts_ns.name');
    chomp(my $release = slurp("$folder/truth/proc/sys/kernel/osrelease"));
    is $uts{release}, $release, "$scenario: a struct in C form";

    is lcrash_says(\@files, 'base 255 c0'), <<'END', 'base';
    hex: 0xff
decimal: 255
  octal: 0377
 binary: 0b11111111
    hex: 0xc0
decimal: 192
  octal: 0300
 binary: 0b11000000
END

    # Lines over a pipe: a prompt each, sh behind |, ; and the end.
    my $run = lcrash({input => "px 10; px 11 | tr 0 o\n\nprint (1 > 2)\n"}, @files);
    like $run->{out}, qr/\Amap = \S+, vmdump = \S+, outfile = stdout, .*\n\nPlease wait\.\.\.\n(?: .* Done\.\n)+\n>> /,
        'the text of the start';
    like $run->{out}, qr/^>> 0xa\noxb\n>> >> 0\n>> \z/m, 'lines and prompts';
    is $run->{status}, 0, 'the end of input leaves';

    # Failures: one line each, on standard error, and the command goes on where it can.
    my %failing = (
        'symbol nosuch'            => 'symbol: no such symbol: nosuch',
        'print nosuch + 1'         => 'print: no such symbol: nosuch',
        'sizeof struct nosuch'     => 'sizeof: no type struct nosuch',
        'prnt 1'                   => 'lcrash: unknown command: prnt (print?)',
        'dump'                     => qr/^dump: usage: dump \[-w OUTFILE\] .*ADDRESS/,
        'dump -q 0'                => 'dump: unknown option -q',
        'dump 0 4'                 => qr/^dump: cannot read \d+ bytes at 0x0: .* not present$/,
        'dump linux_banner x'      => 'dump: x is no number of things',
        'dump linux_banner -1'     => 'dump: -1 is no number of things',
        'dump -w /no/such 0'       => 'dump: cannot write /no/such: No such file or directory',
        'base 12z'                 => 'base: 12z is no number',
        'print *(int *)16'         => qr/^print: cannot read 4 bytes at 0x10: /,
        'print (struct nosuch *)1' => 'print: no type struct nosuch',
        "print '"                  => "lcrash: a quote is open: '",
    );
    for my $line (sort keys %failing) {
        my $failed = lcrash('-e', $line, @files);
        is $failed->{status}, 1, "$line: status";
        chomp(my $said = $failed->{err});
        ref $failing{$line} ? like $said, $failing{$line}, $line : is $said, $failing{$line}, $line;
    }
    my $half = lcrash('-e', 'base 1 x 2', @files);
    is $half->{out} =~ tr/\n//, 8, 'what is wrong stops nothing else';
    is $half->{status},         1, 'and is not forgotten';
}

done_testing;
