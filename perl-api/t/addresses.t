# SPDX-License-Identifier: GPL-3.0-or-later
# Addresses out and in, to the letter of the manual.
use v5.36;
use Test::More;

no warnings 'portable';

sub dies ($code, $name, $call) {
    my $lived = eval { $call->(); 1 };
    my $error = $@;
    is $lived ? 'lived' : ref $error ? $error->code : $error, $code, $name;
    return $error;
}

my $task = get_addr 'init_task';

# Out: text and number at once.
is "$task", '0xffff888000001100', 'text is 0x and the kernel width';
cmp_ok $task, '==', 0xffff888000001100, 'the number is unsigned';
is sprintf('%x', $task), 'ffff888000001100',     'sprintf %x';
is sprintf('%u', $task), '18446612682070036736', 'sprintf %u';
is $task + 8,            18446612682070036744,   'plus';
is $task & ~0xfff,       18446612682070036480,   'and';
is $task - 0x100,        18446612682070036480,   'minus';
is hex($task),           $task + 0,              'hex of the text';
ok $task eq get_mem($task + 24 + 16) =~ s/.*/$task/r, 'eq compares';
my @words = get_mem($task, 4);
is scalar @words,                           4,                         'four words';
is $words[0],                               '0x70617773',              'eight digits for 32 bits';
is join(q(), map { pack 'V', hex } @words), "swapper/0\0\0\0\0\0\0\0", 'pack and hex, as printed in 2005';
is scalar(get_mem($task, 4)),               '0x70617773',              'the first in scalar context';
is_deeply [map {"$_"} get_mem($task, 3, 1)], [qw(0x73 0x77 0x61)], 'width 1';
is_deeply [map {"$_"} get_mem($task, 2, 2)], [qw(0x7773 0x7061)],  'width 2';
is get_mem($task, 1, 8), '0x2f72657070617773', 'width 8';
is get_mem($task + 48),  '0x8000000000000001', 'one argument is a pointer';
cmp_ok get_mem($task + 48), '>', 0x7fffffffffffffff, 'and unsigned';
is get_mem($task + 24), '0x0000000000000000', 'null is zero-padded';
cmp_ok get_mem($task + 24), '==', 0, 'and null as a number';

# In.
for my $form ('ffff888000001100', '0xffff888000001100', '0XFFFF888000001100', 0xffff888000001100, $task, $task + 0) {
    is kernel($form, 'task_struct', 'comm', 'char *'), 'swapper/0', 'taken: ' . (defined $form ? $form : 'undef');
}
my $used = 'ffff888000001100';
{ no warnings 'numeric'; my $number = $used + 1; }
is kernel($used, 'task_struct', 'pid'), 0, 'text that was used as a number stays text';
my $decimal = '12345678';
my $twice   = $decimal * 2;
my $error   = dies('page_excluded', 'text of digits is hexadecimal', sub { get_mem($decimal) });
is $error->address, '0x0000000012345678', 'indeed';
my $printed = 0x12345678;
my $text    = "$printed";
$error = dies('page_excluded', 'a number that was printed stays a number', sub { get_mem($printed) });
is $error->address, '0x0000000012345678', 'indeed';

package Located {    ## no critic (ProhibitMultiplePackages, RequireFilenameMatchesPackage)
    sub new { my ($class, $at) = @_; return bless {at => $at}, $class }
    sub address { my ($self) = @_; return $self->{at} }
}
is kernel(Located->new($task),                 'task_struct', 'pid'), 0, 'an object with an address method';
is kernel(Located->new('ffff888000001100'),    'task_struct', 'pid'), 0, 'whose answer is text';
is kernel(object('struct task_struct', $task), 'task_struct', 'pid'), 0, 'a typed object';

package Tied {    ## no critic (ProhibitMultiplePackages)
    sub TIESCALAR { my ($class) = @_; return bless [], $class }
    sub FETCH     { return 'ffff888000001100' }
}
tie my $tied, 'Tied';
is kernel($tied, 'task_struct', 'pid'), 0, 'magic is read first';

dies 'bad_address',    'undef',                     sub { get_mem(undef) };
dies 'bad_address',    'empty',                     sub { get_mem(q()) };
dies 'bad_address',    '0x alone',                  sub { get_mem('0x') };
dies 'bad_address',    'a word',                    sub { get_mem('init_task') };
dies 'bad_address',    'a minus sign',              sub { get_mem('-1') };
dies 'bad_address',    'blanks',                    sub { get_mem(' ffff888000001100') };
dies 'bad_address',    '17 digits',                 sub { get_mem('0ffff888000001100') };
dies 'bad_address',    'negative',                  sub { get_mem(-8) };
dies 'bad_address',    'a fraction',                sub { get_mem(1.5) };
dies 'bad_address',    'a sum past 2^64',           sub { get_mem($task + 0xffffffffffff0000) };
dies 'bad_address',    'a plain reference',         sub { get_mem([]) };
dies 'bad_address',    'an object without address', sub { get_mem(bless {}, 'Nowhere') };
dies 'bad_argument',   'count 0',                   sub { my @w = get_mem($task, 0) };
dies 'bad_argument',   'count -1',                  sub { my @w = get_mem($task, -1) };
dies 'bad_argument',   'count 2^20 + 1',            sub { my @w = get_mem($task, 2**20 + 1) };
dies 'bad_argument',   'a fractional count',        sub { my @w = get_mem($task, 1.5) };
dies 'bad_argument',   'a worded count',            sub { my @w = get_mem($task, 'two') };
dies 'bad_argument',   'width 3',                   sub { my @w = get_mem($task, 1, 3) };
dies 'bad_argument',   'no arguments',              sub { &get_mem() };
dies 'no_such_symbol', 'no such symbol',            sub { get_addr 'nothing' };
is scalar(my @quarter = get_mem($task, 256 / 16)), 16, 'a whole quotient is a count';
is scalar(my @text    = get_mem($task, '16')),     16, 'counts are decimal text, too';

# All or nothing.
$error = dies('page_excluded', 'the last word is not there', sub { my @w = get_mem(0xffff888000001ff8, 3) });
is $error->address, '0xffff888000002000', 'the first byte missing';
like "$error", qr/page excluded from the dump at \S+addresses[.]t line \d+[.]\n\z/, 'the text says where';
is $error->line, __LINE__ - 3, 'the line of the call';

is prototype('get_addr'), '$', 'get_addr takes one argument';
my @both = (get_addr 'init_task', 'more');
is scalar @both, 2, 'and leaves the rest';

# The published walk of 2005.
sub list_for_each {
    my ($lists, $head) = @_;
    for (my $pos = get_mem($head); $pos ne $head; $pos = get_mem($pos)) { push(@{$lists}, $pos) }
    return;
}
my $head = sprintf '0x%016x', $task + offsetof('struct task_struct', 'tasks');
list_for_each(\my @list, $head);
is_deeply [map { kernel($_ - 32, 'task_struct', 'comm', 'char *') } @list], [qw(kthreadd sleep)], 'list_for_each';

done_testing;
