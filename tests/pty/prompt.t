# SPDX-License-Identifier: GPL-3.0-or-later
# The prompt as a person has it: a real dump, a real terminal.

use strict;
use warnings;
use Alicia::Pty;
use Alicia::Test qw(alicia_path dump_folder slurp spew);
use Test::More;
use Time::HiRes qw(sleep);

my $dump    = dump_folder('sysrq-6.1') . '/dump.kdump';
my @command = (alicia_path(), '--no-config', '-q', $dump);

sub at_prompt {
    my @options = @_;
    my $pty     = Alicia::Pty->new(@options, @command);
    $pty->sees('alicia> ', 'the prompt');
    return $pty;
}

subtest 'lines, errors, leaving' => sub {
    my $pty = at_prompt();
    is($pty->answer(q{print kernel(get_addr('init_task'), 'task_struct', 'comm', 'char *')}),
        "swapper/0\r\n", 'output without a line end gets one');
    is($pty->answer(q{print "whole line\n"}), "whole line\r\n",                         'a whole line does not');
    is($pty->answer('pss -m'),                "alicia: unknown command: pss (ps?)\r\n", 'an error is one line');
    is($pty->answer('$n = 41; our $m'),       '',       'returned values are not printed');
    is($pty->answer('print $n + 1'),          "42\r\n", 'package variables last');

    # What a child left on the line nobody knows: a line of blanks goes over the edge only if there is something.
    my $blanks = q{ } x 80 . "\r";
    is($pty->answer('!printf "%s\n" from sh'), "from\r\nsh\r\n$blanks", 'a shell escape');
    is($pty->answer('!printf text'),           "text$blanks",           'which leaves a line unfinished');
    is($pty->answer('print q(x) for 1..3'),    "xxx\r\n",               'Perl at the prompt');
    like($pty->answer('log | grep -c "Linux version"'), qr/^[1-9]\d*\r\n *\r$/, 'a pipe');
    $pty->type("\cD");
    is($pty->leaves('Ctrl-D leaves'), 0, 'with status 0');
};

subtest 'Perl over several lines' => sub {
    my $pty = at_prompt();
    $pty->type("sub twice {\r");
    $pty->sees('......> ', 'asks for more');
    $pty->type("    print 'twice' for 1 .. 2;\r");
    $pty->sees('......> ', 'and more');
    is($pty->answer('}'),     '',               'until it ends');
    is($pty->answer('twice'), "twicetwice\r\n", 'the sub is a command');
    $pty->type("print <<'END';\r");
    $pty->sees('......> ', 'a here-document');
    $pty->type("text\r");
    $pty->sees('......> ', 'its text');
    is($pty->answer('END'), "text\r\n", 'its end');
    $pty->type("if (1) {\r");
    $pty->sees('......> ', 'one that is dropped');
    $pty->type("\cC");
    $pty->sees('alicia> ', 'Ctrl-C drops it');
    is($pty->answer('print 7'), "7\r\n", 'and nothing is left of it');
    $pty->type("if (1) {\r");
    $pty->sees('......> ', 'one that is left');
    $pty->type("\cD");
    like(
        $pty->sees('alicia> '),
        qr/alicia: prompt line \d+: unfinished: if \(1\) \{\r\n/,
        'Ctrl-D drops it and says so'
    );
};

subtest 'Ctrl-C' => sub {
    my $pty = at_prompt();
    my $ok  = sub { is($pty->answer('print 7'), "7\r\n", "$_[0]: the session goes on") };
    $pty->type('rubbish');
    $pty->sees('rubbish');
    $pty->type("\cC");
    $pty->sees('alicia> ', 'a new line');
    $ok->('at the prompt');
    my %loop = (
        'a Perl loop'             => 'print "go\n"; 1 while 1',
        'a loop that evals'       => 'print "go\n"; while (1) { eval { 1 while 1 } }',
        'a loop over native code' => q{print "go\n"; while (1) { eval { get_mem(get_addr('init_task'), 1000) } }},
        'sleep'                   => 'print "go\n"; sleep 1000',
        'a child of Perl'         => 'print "go\n"; system "sleep 1000"',
        'a shell escape'          => '!echo go; sleep 1000',
    );

    for my $name (sort keys %loop) {
        $pty->type("$loop{$name}\r");
        $pty->sees(qr/\ngo\r/, "$name runs");
        sleep 0.1;
        $pty->type("\cC");
        like($pty->sees('alicia> '), qr/^\n\^C\r\n *\r?alicia: interrupted\r\n$/, "$name ends");
        $ok->($name);
    }
    $pty->answer('sub forever { print "go\n"; 1 while 1 } sub flood { print "go\n" while 1 }');
    for my $line ('forever | cat', 'flood | (head -1; sleep 1000)', 'flood | grep -v go') {
        $pty->type("$line\r");
        $pty->sees(qr/\ngo\r/, "$line runs") if $line =~ /head/;
        sleep 0.2;
        $pty->type("\cC");
        like($pty->sees('alicia> '), qr/alicia: interrupted\r\n$/, "$line ends");
        $ok->($line);
    }
};

subtest 'history' => sub {
    my $pty = at_prompt();
    $pty->answer('print "one"');
    $pty->answer('print "two"');
    $pty->type("\e[A\e[A\r");
    like($pty->sees('alicia> '), qr/\none\r\n$/, 'arrow keys bring lines back');
    $pty->type("quit\r");
    $pty->leaves;
    my $file = $pty->home . '/state/alicia/history';
    is(slurp($file),              qq{print "one"\nprint "two"\nprint "one"\nquit\n}, 'the file');
    is((stat $file)[2] & oct 777, oct 600,                                           'for its owner alone');
    my $next = Alicia::Pty->new({env => {XDG_STATE_HOME => $pty->home . '/state'}}, @command);
    $next->sees('alicia> ');
    $next->type("\cRtwo\r");
    $next->sees(qr/\ntwo\r\nalicia> /, 'the next session finds them');
};

subtest 'completion' => sub {
    my $pty = at_prompt();
    $pty->type("print get_addr 'init_uts_n\t");
    $pty->sees(q{'init_uts_ns'}, 'a symbol, and its quote is closed');
    $pty->type("\r");
    like($pty->sees('alicia> '), qr/0x[0-9a-f]{16}\r\n$/, 'which is one');
    $pty->type("hist\t");
    $pty->sees('history ', 'a command');
    $pty->type("\cU");
    spew($pty->home . '/some_script.ldas', "sub some_script { print 'loaded' } 1;\n");
    $pty->type('load ' . $pty->home . "/some\t\r");
    $pty->sees("/some_script.ldas \r\n", 'a file');
    $pty->sees('alicia> ');
    $pty->type("some_s\t\r");
    like($pty->sees('alicia> '), qr/some_script \r\nloaded\r\n$/, 'a sub that was loaded');
    $pty->type("print get_addr 'init_\t\t");
    $pty->sees(qr/init_(?:task|mm)\b/, 'a list of symbols');
};

subtest 'a child has the terminal' => sub {
    my $pty = at_prompt();
    spew($pty->home . '/text', join '', map {"line $_\n"} 1 .. 100);
    my $home = $pty->home;
    $pty->type("!LESS= less $home/text\r");
    $pty->sees("line 20\r\n", 'a pager shows');
    $pty->type('G');
    $pty->sees('line 100', 'and reads keys');
    $pty->type('q');
    $pty->sees('alicia> ', 'and gives the terminal back');
    $pty->type("log | LESS= less\r");
    $pty->sees('Linux version', 'a pager behind a pipe');
    $pty->type('q');
    $pty->sees('alicia> ', 'which is left before the end');
    is($pty->answer('print 7'), "7\r\n", 'the session goes on');
};

subtest 'Ctrl-Z' => sub {
    my $pty =
        Alicia::Pty->new({env => {PS1 => 'bash> ', PROMPT_COMMAND => q{}}}, 'bash', '--norc', '--noprofile', '-i');
    $pty->sees('bash> ', 'a shell with job control');
    $pty->type("@command\r");
    $pty->sees('alicia> ', 'the prompt');
    $pty->type("!echo go; sleep 1; echo over\r");
    $pty->sees(qr/\ngo\r\n/, 'a child runs');
    sleep 0.2;
    $pty->type("\cZ");
    $pty->sees('Stopped', 'Alicia stops with its child');
    $pty->type("fg\r");
    $pty->sees("over\r\n", 'and both go on');
    $pty->sees('alicia> ', 'to the prompt');
    $pty->type("\cZ");
    $pty->sees('Stopped', 'and stops at the prompt');
    $pty->type("fg\r");
    $pty->sees(qr/alicia .*\r\n/, 'and goes on');
    $pty->type("print 3 + 4\r");
    $pty->sees(qr/\n7\r\n.*alicia> /s, 'there');    # a key struck before the prompt is there would be the terminal's
    $pty->type("\cD");
    $pty->sees('bash> ', 'and leaves');
};

done_testing();
