# SPDX-License-Identifier: GPL-3.0-or-later
# kernel() and the calls about types.
use v5.36;
use Test::More;

no warnings 'portable';

sub code ($call) {
    return eval { $call->(); 1 } ? 'lived' : ref $@ ? $@->code : "$@";
}

my $init  = get_addr 'init_task';
my $sleep = $init + 0x200;

is kernel($sleep, 'task_struct', 'comm', 'char *'),              'sleep',                'a char array';
is kernel($sleep, 'struct task_struct', 'comm', 'const char *'), 'sleep',                'const, and struct';
is kernel($sleep, 'task_struct', 'comm'),                        'sleep',                'as declared';
is kernel($sleep, 'task_struct', 'pid', 'int'),                  7,                      'int';
is kernel($sleep, 'task_struct', 'pid'),                         7,                      'as declared';
is kernel($sleep, 'task_struct', 'start'),                       '18446744073709551614', 'unsigned, 64 bits exact';
is kernel($sleep, 'task_struct', 'start', 'long'),               -2,                     'signed';
is kernel($sleep, 'task_struct', 'start', 'unsigned char'),      254,                    'cut as C does';
is kernel($sleep, 'task_struct', 'on_cpu'),         2,                    'a bit-field';
is kernel($sleep, 'task_struct', 'mm'),             get_addr('a_mm'),     'a pointer is an address';
is kernel($init,  'task_struct', 'mm'),             '0x0000000000000000', 'a null one, too';
is kernel($sleep, 'task_struct', 'mm->total_vm'),   300,                  'a path through a pointer';
is kernel($sleep, 'task_struct', 'mm.total_vm'),    300,                  'a dot does as well';
is kernel($sleep, 'task_struct', 'mm->owner->pid'), 7,                    'through two';
is kernel($sleep, 'task_struct', 'bits[1]'),        2,                    'an element';
is kernel($sleep, 'task_struct', 'mm->name', 'char *'), "Linux version 6.1 (stand-in)\n",
    'what a char pointer points to';
is kernel($sleep, 'task_struct', 'stack'), '0xffffc90000000000', 'a void pointer';
isa_ok kernel($sleep, 'task_struct', 'tasks'), 'Alicia::Object', 'a struct';
isa_ok kernel($sleep, 'task_struct', 'bits'),  'Alicia::Object', 'an array';
cmp_ok kernel($sleep, 'task_struct', 'tasks')->address, '==', $sleep + 32, 'where it lies';

is code(sub { kernel($sleep, 'no_struct', 'pid') }),             'no_such_type',   'no such type';
is code(sub { kernel($sleep, 'task_struct', 'nothing') }),       'no_such_member', 'no such member';
is code(sub { kernel($sleep, 'task_struct', 'pid->x') }),        'type_mismatch',  'a path through a number';
is code(sub { kernel($sleep, 'task_struct', 'tasks', 'int') }),  'type_mismatch',  'a struct is no int';
is code(sub { kernel($sleep, 'task_struct', 'pid', 'char *') }), 'type_mismatch',  'a number is no text';
is code(sub { kernel($sleep, 'task_struct') }),                  'bad_argument',   'two arguments';
is code(sub { kernel(0x1000, 'task_struct', 'pid') }),           'page_excluded',  'nothing there';

is sizeof('struct task_struct'),                              128,             'sizeof';
is sizeof('task_struct *'),                                   8,               'of a pointer';
is offsetof('struct task_struct', 'tasks.prev'),              40,              'offsetof a path';
is offsetof('struct task_struct', 'bits[1]'),                 56,              'of an element';
is code(sub { offsetof('struct task_struct', 'mm->owner') }), 'type_mismatch', 'a path through a pointer has none';
is code(sub { offsetof('struct task_struct', 'on_cpu') }),    'type_mismatch', 'nor has a bit-field';
ok has_type('struct list_head'),                     'has_type';
ok !has_type('struct nothing'),                      'has no type';
ok has_member('struct task_struct', 'tasks.next'),   'has_member, by path';
ok has_member('struct task_struct', 'mm->owner'),    'through a pointer';
ok !has_member('struct task_struct', 'mm->nothing'), 'behind the pointer nothing of the name';
ok !has_member('struct task_struct', 'nothing'),     'has no member';
ok !has_member('struct nothing', 'nothing'),         'nor has what is no type';
ok has_symbol('init_task'),                          'has_symbol';
ok !has_symbol('nothing'),                           'has no symbol';
is find_addr('nothing'),                 undef,                            'find_addr does not die';
is read_string(get_addr 'linux_banner'), "Linux version 6.1 (stand-in)\n", 'read_string';
is length read_mem($init, 128),          128,                              'read_mem';
is read_ptr($sleep + 24),                get_addr('a_mm'),                 'read_ptr';
is code(sub { symbol_at($init) }),       'not_supported',                  'what needs the engine says so';

done_testing;
