# SPDX-License-Identifier: GPL-3.0-or-later
# Lines that are wrong: each is an error that changes nothing and swallows nothing, and the session goes on.
use strict;
use warnings;
use Alicia::Test qw(alicia alicia_path dump_folder run_program);
use Test::More;

my $dump = dump_folder('sysrq-6.1') . '/dump.kdump';

# [line, what is said]
my @wrong = (
    ['hlep',                                               qr/^alicia: unknown command: hlep \(help\?\)$/],
    ['pss -m',                                             qr/^alicia: unknown command: pss \(ps\?\)$/],
    ['psx | grep x',                                       qr/^alicia: unknown command: psx/],
    [q{get_addr 'no_such_symbol_at_all'},                  qr/^alicia: .*no such symbol.*no_such_symbol_at_all/],
    [q{get_mem 'zzz'},                                     qr/^alicia: .*zzz/],
    [q{get_mem '0'},                                       qr/^alicia: .*at 0x0: /],
    [q{get_mem undef},                                     qr/^alicia: /],
    [q{get_mem 1.5},                                       qr/^alicia: /],
    [q{get_mem -1},                                        qr/^alicia: /],
    [q{get_mem get_addr('init_task'), 0},                  qr/^alicia: /],
    [q{kernel('0', 'task_struct', 'pid')},                 qr/^alicia: .*0x0/],
    [q{kernel(get_addr('init_task'), 'no_struct', 'pid')}, qr/^alicia: .*no_struct/],
    [q{kernel(get_addr('init_task'), 'task_struct', 'no_member')},             qr/^alicia: .*no_member/],
    [q{kernel(get_addr('init_task'), 'task_struct', 'thread_info', 'char *')}, qr/^alicia: /],
    [q{load 'no-such-file.ldas'},                                              qr/^alicia: .*no-such-file\.ldas/],
    [q{die "by hand\n"},                                                       qr/^alicia: by hand$/],
    [q{print "open},                                                           qr/^alicia: /],
    [q{print 1 1},   qr/^alicia: syntax error at -e 2 line 1, near "1 1"$/],
    [q{my $x = (1,}, qr/^alicia: /],
    [':bt',          qr/^alicia: .*debugger/],
);
for my $case (@wrong) {
    my ($line, $pattern) = @{$case};
    my $run = alicia('-e', '$kept = 41', '-e', $line, '-e', 'print $kept + 1', $dump);
    is($run->{status}, 1,    "$line: exit status 1");
    is($run->{out},    '42', "$line: the session goes on") or diag $run->{err};
    like($run->{err}, $pattern, "$line: says what is wrong");
    is(($run->{err} =~ tr/\n//), 1, "$line: in one line") or diag $run->{err};
}

my $stopped = alicia('--stop-on-error', '-e', 'hlep', '-e', 'print 1', $dump);
is($stopped->{status}, 1,  '--stop-on-error: exit status 1');
is($stopped->{out},    '', '--stop-on-error: stops');

my $piped = alicia({input => "print 1\nhlep\nprint 2\n"}, $dump);
is($piped->{status}, 1,    'standard input: exit status 1');
is($piped->{out},    '12', 'standard input: a wrong line swallows nothing');

# Standard input closed: the dump must not become it, and be run as a script. Standard output closed: nor that.
for my $closed ('<&-', '>&-', '<&- >&- 2>&-') {
    my $run = run_program(['sh', '-c', qq(exec "\$0" -q "\$1" $closed), alicia_path(), $dump]);
    is($run->{status}, 0,  "$closed: nothing to do, nothing done");
    is($run->{err},    '', "$closed: nothing to say");
}

# Perl without memory.
my $poor = run_program(
    [
        'sh', '-c', 'ulimit -v 600000; exec "$0" -q -e "our \$n = 1e9; our \$x = q(a) x \$n" -e "print 2" "$1"',
        alicia_path(), $dump
    ]
);
is($poor->{status}, 1,   'out of memory: exit status 1');
is($poor->{out},    '2', 'out of memory: the next line runs');
like($poor->{err}, qr/^alicia: perl ended the script with status 1/m, 'out of memory: says so');

# What a script does to its own printing is none of a command's business.
my $plain   = alicia('-q', '-e', 'ps', $dump)->{out};
my $printed = alicia('-q', '-e', 'select STDERR', '-e', '$, = "-"; $\\ = "!"; $/ = undef', '-e', 'ps', $dump)->{out};
is($printed, $plain, 'a command prints as ever');

done_testing;
