#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The real lcrash behind Alicia's prompt, at a terminal: Ctrl-C in the middle of a long answer, its death, its being
# stopped; and lcrash alone at a terminal. What was loaded stays.
use v5.36;
no warnings 'portable';    # addresses have 64 bits
use Alicia::Lcrash qw(lcrash_path map_of_guest);
use Alicia::Pty;
use Alicia::Test qw(alicia alicia_path dump_folder slurp types_file);
use Test::More;

my $dump   = dump_folder('sysrq-6.1') . '/dump.kdump';
my $offset = hex alicia('-q', '-e', 'print vmcoreinfo("KERNELOFFSET")', $dump)->{out};
my $map    = map_of_guest('sysrq-6.1', offset => $offset, image_base => 0xffffffff80000000);
my $types  = types_file('sysrq-6.1');

# A signal is sent before it is delivered.
sub gone_or_stopped ($pid) {
    my $status = eval { slurp("/proc/$pid/status") } // return 1;
    return $status =~ /^State:\s+[ZTX]/m;
}

subtest 'behind the prompt' => sub {
    my $pty = Alicia::Pty->new(alicia_path(), '--no-config', '-q', '-lcrash', $map, $dump, "$types");
    $pty->sees('alicia> ', 'the prompt');
    $pty->answer('sub mine { print "still here\n" }');
    is $pty->answer('px 0x1234'), "0x1234\r\n", 'lcrash answers';

    # All symbols, six times: a terminal takes that long.
    $pty->type("symtab -f; symtab -f; symtab -f; symtab -f; symtab -f; symtab -f\r");
    $pty->sees(' T ', 'a long answer begins');
    $pty->type("\cC");
    my $broken = $pty->sees('alicia> ', 'Ctrl-C leads back to the prompt');
    cmp_ok scalar(() = $broken =~ /^0x\S+ D linux_banner/mg), '<', 6, 'before its end';
    is $pty->answer('px 0x1235'), "0x1235\r\n",     'lcrash goes on';
    is $pty->answer('mine'),      "still here\r\n", 'as does what was loaded';

    for my $signal (qw(KILL STOP)) {
        my ($pid) = $pty->answer(':!echo pid $PPID') =~ /^pid (\d+)/m;
        is slurp("/proc/$pid/comm"), "lcrash\n", 'the child';
        kill $signal, $pid;
        until (gone_or_stopped($pid)) { }
        like $pty->answer('px 0x1236'), qr/^alicia: lcrash was \w+ by SIG$signal; starting it again\r\n0x1236\r\n\z/,
            "SIG$signal between commands: one line, and the answer";
        ok !-e "/proc/$pid", 'nothing is left of it';
    }
    like $pty->answer(':!kill -9 $PPID'), qr/^alicia: lcrash was killed by SIGKILL; the next .* starts it again\r\n/,
        'a death within a command';
    is $pty->answer('print kernel(get_addr("init_task"), "task_struct", "comm", "char *")'), "swapper/0\r\n",
        'the API does without';
    is $pty->answer('px 0x1237'), "0x1237\r\n",     'the next command starts it';
    is $pty->answer('mine'),      "still here\r\n", 'what was loaded stays';
    $pty->type("\cD");
    is $pty->leaves('Ctrl-D leaves'), 0, 'with status 0';
};

subtest 'alone at a terminal' => sub {
    my $pty = Alicia::Pty->new(lcrash_path(), $map, $dump, "$types");
    $pty->sees('kerntypes = ', 'the text of the start');
    $pty->sees("\n>> ",        'the prompt');
    $pty->type("symtab -f; symtab -f; symtab -f; symtab -f; symtab -f; symtab -f\r");
    $pty->sees(' T ', 'a long answer begins');
    $pty->type("\cC");
    $pty->sees(qr/symtab: interrupted\r\n>> /, 'Ctrl-C says so, and leads back to the prompt');
    $pty->type("px 0x1235\r");
    $pty->sees(qr/\n0x1235\r\n>> /, 'which answers');

    for my $line (q(!echo be''gun; sleep 1000), '!!') {
        $pty->type("$line\r");
        $pty->sees("begun\r\n", $line);
        $pty->type("\cC");
        $pty->sees('>> ', 'Ctrl-C ends what sh runs');
    }
    $pty->type("trace -a | head -1\r");
    $pty->sees(qr/=+\r\n>> /, 'a pipe whose reader leaves');
    $pty->type("\cD");
    is $pty->leaves('Ctrl-D leaves'), 0, 'with status 0';
};

done_testing;
