# SPDX-License-Identifier: GPL-3.0-or-later
use v5.36;
use Test::More;

no warnings 'portable';

sub code ($call) {
    return eval { $call->(); 1 } ? 'lived' : ref $@ ? $@->code : "$@";
}

my $init  = object('struct task_struct', get_addr 'init_task');
my $sleep = object('struct task_struct', $init + 0x200);

is $sleep->comm,            'sleep',                          'a char array is text';
is $sleep->pid,             7,                                'a number';
is $sleep->comm,            'sleep',                          'again, by the method left behind';
is $sleep->mm->owner->comm, 'sleep',                          'pointers are followed';
is $sleep->mm->name,        "Linux version 6.1 (stand-in)\n", 'a char pointer is text';
is $sleep->start,           '18446744073709551614',           '64 bits, unsigned';
is $sleep->stack,           '0xffffc90000000000',             'a void pointer is an address';
ok $sleep->mm, 'an object is true';
ok !$init->mm, 'a null one is false';
is code(sub { $init->mm->owner }), 'bad_address', 'and has no members';
is $sleep->bits->[1],              2,             'an element';
is_deeply [map { sprintf '%#x', $_ } @{$sleep->bits}], [qw(0x8000000000000001 0x2)], 'all of them';
is $sleep->bits->at(0),    0x8000000000000001, 'at';
is $sleep->bits->elements, 2,                  'how many';
is_deeply [@{$sleep->mac}], [(0) x 6], 'an array of unsigned char is numbers';
is code(sub { $sleep->bits->at(2) }),  'bad_argument', 'past the end';
is code(sub { $sleep->bits->at(-1) }), 'bad_argument', 'before the start';
is $init->at(1)->comm, 'kthreadd',           'beyond an object that is no array lies the next' if sizeof($init) == 256;
is $sleep->address,    '0xffff888000001300', 'address';
is "$sleep",           '0xffff888000001300', 'as text';
ok $sleep == $init + 0x200,     'as a number';
ok $sleep == $sleep->mm->owner, '== compares addresses';
ok $sleep eq $sleep->mm->owner, 'eq as well';
ok $sleep != $init,             '!=';
is type_of($sleep),     'struct task_struct', 'type_of';
is type_of($sleep->mm), 'struct mm_struct',   'of what a pointer points to';
is sizeof($sleep),      128,                  'sizeof';
ok has_member($sleep, 'pid'), 'has_member';
is $sleep->member('tasks.next')->address, $init->tasks->address, 'a path';
is_deeply [($sleep->member_names)[0, 1]], [qw(comm pid)], 'member_names';
ok $sleep->can('pid'),      'can a member';
ok $sleep->can('member'),   'can a method';
ok !$sleep->can('nothing'), 'cannot';
ok !$sleep->mm->can('pid'), 'cannot what another type can';
is $sleep->can('pid')->($sleep),                            7,                'what can returns works';
is code(sub { $sleep->nothing }),                           'no_such_member', 'no such member';
is code(sub { $sleep->mm->pid }),                           'no_such_member', 'a method left behind asks the type';
is code(sub { $sleep->pid(1) }),                            'bad_argument',   'members take no arguments';
is code(sub { Alicia::Object->pid }),                       'bad_argument',   'nor are they class methods';
is code(sub { bless(\my $forged, 'Alicia::Object')->pid }), 'bad_argument',   'a forged object is none';
is code(sub { object('struct nothing', 1) }),               'no_such_type',   'no such type';

my @list = list_entries($init->tasks, 'struct task_struct', 'tasks');
is_deeply [map { $_->comm } @list], [qw(kthreadd sleep)], 'list_entries';

my @warnings;
{
    local $SIG{__WARN__} = sub { push @warnings, @_ };
    @list = list_entries($init + 32 + 8, 'struct task_struct', 'mm');
}
is scalar @warnings, 1, 'a walk that breaks warns once';

done_testing;
