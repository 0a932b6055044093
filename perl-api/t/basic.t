# SPDX-License-Identifier: GPL-3.0-or-later
use v5.36;
use Test::More;

is get_addr('init_task'),                                                '0xffff888000001100', 'get_addr';
is join(q(), map { pack 'V', hex } get_mem(get_addr 'linux_banner', 3)), 'Linux versio',       'get_mem';
is kernel(get_addr('init_task'), 'task_struct', 'comm', 'char *'),       'swapper/0',          'kernel';

done_testing;
