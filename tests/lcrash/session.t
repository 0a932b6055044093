#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lcrash spoken to over pipes, as alicia -lcrash does: the prompt comes before anything is asked, each answer before the
# next question, SIGINT ends the command and not the program, nothing hangs.

use strict;
use warnings;
no warnings 'portable';    # addresses have 64 bits
use Alicia::Lcrash qw(lcrash lcrash_path map_of_guest);
use Alicia::Test   qw(alicia dump_folder in_this_run slurp spew);
use File::Temp;
use IPC::Open2 qw(open2);
use POSIX      ();
use Test::More;
use Time::HiRes qw(sleep time);

my ($scenario) = in_this_run('sysrq-6.1');
my $dump       = dump_folder($scenario) . '/dump.kdump';
my $offset     = hex alicia('-q', '-e', 'print vmcoreinfo("KERNELOFFSET")', $dump)->{out};
my $map        = map_of_guest($scenario, offset => $offset, image_base => 0xffffffff80000000);

# until_prompt($out, $wanted): what is read until it ends in the prompt, and, where given, holds $wanted; 60 s at most.
sub until_prompt {
    my ($out,  $wanted) = @_;
    my ($text, $end)    = ('', time + 60);
    until ($text =~ /(?:\A|\n)(?:>> )+\z/ && (!defined $wanted || index($text, $wanted) >= 0)) {
        my $ready = '';
        vec($ready, fileno $out, 1) = 1;
        last if !select($ready, undef, undef, $end - time > 0 ? $end - time : 0);
        last if !sysread $out, $text, 65536, length $text;
    }
    return $text;
}

my $pid = open2(my $out, my $in, lcrash_path(), $map, $dump);
like until_prompt($out), qr/\n\n>> \z/, 'the prompt, before anything is asked';
for my $number (1 .. 20) {
    syswrite $in, "base $number\n";
    my $answer = until_prompt($out);
    $answer eq sprintf "    hex: 0x%x\ndecimal: %d\n  octal: 0%o\n binary: 0b%b\n>> ", ($number) x 4
        or fail "base $number: $answer";
}
pass 'each number is answered before the next is asked';

# SIGINT: a command that runs long ends, one line says so, and the next is answered. At the prompt it does nothing.
# The six tables are more than a pipe holds: whoever has read their beginning has not let lcrash come to their end.
syswrite $in, "symtab -f; symtab -f; symtab -f; symtab -f; symtab -f; symtab -f\n";
sysread $out, my $begun, 1000;
kill 'INT', $pid;
my $broken = $begun . until_prompt($out);
cmp_ok scalar(() = $broken =~ /^0x\S+ D linux_banner$/mg), '<', 6, 'SIGINT ends what runs'
    or diag substr $broken, 0, 1000;
syswrite $in, "px 0x1234\n";
like until_prompt($out, '0x1234'), qr/^(?:>> )*0x1234$/m, 'and the session goes on';
kill 'INT', $pid;
syswrite $in, "px 0x1235\n";
like until_prompt($out, '0x1235'), qr/^(?:>> )*0x1235$/m, 'SIGINT at the prompt ends nothing';
syswrite $in, "trace -a | head -2\npx 0x1236\n";
like until_prompt($out, '0x1236'), qr/^(?:>> )*0x1236$/m, 'a pipe whose reader leaves';
syswrite $in, "!echo from sh\nhistory\n";
my $history = until_prompt($out, 'history');
like $history, qr/^(?:>> )*from sh$/m,      '!sh';
like $history, qr/^(?:>> )*\s+1  base 1$/m, 'history';
syswrite $in, "!1\npx 0x1237\n";
like until_prompt($out, '0x1237'), qr/^decimal: 1$/m, '!1';
syswrite $in, "quit\n";
waitpid $pid, 0;
is $? & 127, 0, 'quit leaves';

# Its reader gone, it ends.
$pid = open2($out, $in, lcrash_path(), $map, $dump);
until_prompt($out);
close $out;
syswrite $in, "px 1\n";
my $patience = time + 30;
sleep 0.05 while waitpid($pid, POSIX::WNOHANG()) == 0 && time < $patience;
cmp_ok time, '<', $patience, 'without a reader it ends';

my $endless = lcrash('-f', '/dev/zero', $map, $dump);
is $endless->{status}, 1,                                 'endless input ends';
is $endless->{err},    "lcrash: too long to be a line\n", 'with a line';

# Files that are not what their places want.
my $folder = File::Temp->newdir;
spew("$folder/text", "no dump\n");
spew("$folder/cut", substr slurp($dump), 0, 100_000);
my %refused = (
    "$folder/nosuch $dump"    => qr{cannot open \S+/nosuch: no such file or directory},
    "$map $folder/nosuch"     => qr{cannot open \S+/nosuch: no such file or directory},
    "$dump $map"              => qr{\S+/dump\.kdump is .*, not a System\.map},
    "$map $folder/text"       => qr{\S+/text is a text file, not a dump},
    "$map $dump $folder/text" => qr{\S+/text is a text file, not a file of types},
    "$map $dump $map"         => qr{\S+/System\.map\S* is a System\.map, not a file of types},
);
for my $arguments (sort keys %refused) {
    my $run = lcrash('-e', 'base 1', split / /, $arguments);
    is $run->{status}, 3, 'status of ' . $arguments =~ s{\S+/}{}gr;
    like $run->{err}, qr/\Alcrash: $refused{$arguments}\n\z/, 'and one line';
}
my $cut = lcrash('-e', 'base 1', '-e', 'dump init_task', $map, "$folder/cut");
is $cut->{status}, 1, 'a cut off dump: what is in the map can still be asked';
like $cut->{err}, qr/^lcrash: warning: cut is truncated: .*^dump: .*page lies beyond the end of the file$/ms, 'no more';
for my $arguments ([], [$map], ['-q', $map, $dump], [$map, $dump, $map, $map], ['-e'], ['-w']) {
    my $run = lcrash(@{$arguments});
    is $run->{status}, 2, 'usage';
    like $run->{err}, qr/\Alcrash: [^\n]+\nusage: lcrash [^\n]+\n\z/, 'and how it is called';
}
like lcrash('--help')->{out}, qr/\Ausage: lcrash .* MAP DUMP \[KERNTYPES\]\n/, '--help';

done_testing;
