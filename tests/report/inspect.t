# SPDX-License-Identifier: GPL-3.0-or-later
# The commands that look at single things: struct, p, whatis, sym, rd, list, task, set, foreach; and what they refuse.
use v5.36;
no warnings "portable";
use Test::More;
use Alicia::Test  qw(alicia dump_folder);
use Alicia::Truth qw(scenarios output_of truth truth_lines);

for my $scenario (scenarios()) {
    my (%symbol, %module_symbol);
    for my $line (truth_lines($scenario, 'proc/kallsyms')) {
        my ($address, $type, $name, $module) = split /[ \t]+/, $line;
        if ($module) { push @{$module_symbol{$name}}, [$address, $type, $module] }
        else         { push @{$symbol{$name}}, [$address, $type] }
    }
    my $version = truth($scenario, 'proc/version');
    my ($loader) = map { /^(\d+)\t\d+\t\d+\tS\tholdsfile$/ ? $1 : () } truth_lines($scenario, 'tasks');

    subtest "$scenario: sym" => sub {
        my @names = qw(init_task panic modules sys_call_table vfs_write);
        my @shown = output_of(
            $scenario,
            map({"sym $_"} @names),
            "sym 0x$symbol{panic}[0][0]",
            'sym virtblk_probe',
            'sym -q vfs_writ'
        );
        for my $name (@names) {
            is shift @shown, join('', map {"$_->[0] ($_->[1]) $name\n"} @{$symbol{$name}}), $name;
        }
        is shift @shown, "$symbol{panic}[0][0] ($symbol{panic}[0][1]) panic\n", 'by address';
        my ($address, $type, $module) = @{$module_symbol{virtblk_probe}[0]};
        is shift @shown, "$address ($type) virtblk_probe $module\n", "a module's";
        my @found = shift(@shown) =~ /\) (\S+)/g;
        my @truth = grep {/vfs_writ/} map { ($_) x @{$symbol{$_} // []} } sort keys %symbol;
        push @truth, grep {/vfs_writ/} map { ($_) x @{$module_symbol{$_}} } keys %module_symbol;
        is_deeply [sort @found], [sort @truth], 'by a part of the name';
    };

    subtest "$scenario: help" => sub {
        my ($call, $several) = output_of($scenario, 'help get_mem', 'help has_type');
        like $call,    qr/\A  get_mem ADDRESS\n.*^  get_mem ADDRESS, COUNT/ms, 'of a call of the API';
        like $several, qr/\A  sizeof TYPE; .*has_type TYPE;/,                  'of one of several';
    };

    subtest "$scenario: vtop" => sub {
        my ($shown, $numbers) = output_of(
            $scenario,
            'vtop linux_banner init_task',
            'printf "%x %s\n", get_addr($_), vmcoreinfo("NUMBER(phys_base)") for qw(linux_banner init_task)'
        );

        # The image lies in a row.
        my @expected = map {
            my ($address, $base) = split;
            sprintf '%s %016x', $address, hex($address) - 0xffff_ffff_8000_0000 + $base
        } split /\n/, $numbers;
        is_deeply [map { s/\A +| +\z//gr =~ s/ +/ /r } grep { !/VIRTUAL/ } split /\n/, $shown], \@expected,
            'of the kernel';
        my ($told) = output_of($scenario,
            'for my $t (grep { $_->comm eq "holdsfile" } tasks()) { my $a = $t->mm->arg_start; printf "%d %x %s\n", $t->pid, $a, user_vtop($t, $a) }'
        );
        my ($pid, $address, $physical) = split ' ', $told;
        my ($by_task) = output_of($scenario, "vtop -c $pid $address");
        is hex(($by_task =~ /(\S+)\s*\z/)[0]), hex $physical, 'of a task';
    };

    subtest "$scenario: rd" => sub {
        my $length = length $version;
        my ($bytes, $words, $text, $decimal) = output_of(
            $scenario,
            "rd -8 linux_banner $length",
            'rd linux_banner 4',
            'rd -a linux_banner',
            'rd -32 -D linux_banner 2'
        );
        my @hex = map {
            map {hex}
                split ' '
        } $bytes =~ /^[0-9a-f]{16}:  ((?:[0-9a-f]{2} )*[0-9a-f]{2})   /mg;
        is pack('C*', @hex), $version, 'bytes';
        my @pairs = $words =~ /^[0-9a-f]{16}:  ([0-9a-f]{16}) ([0-9a-f]{16})   /mg;
        is join('', map { scalar reverse pack 'H16', $_ } @pairs), substr($version, 0, 32), 'words';
        like $words, qr/^$symbol{linux_banner}[0][0]:/,       'at the address of the symbol';
        like $words, qr/   \Q${\substr $version, 0, 16}\E$/m, 'and as text';
        like $text,  qr/:  \Q${\substr $version, 0, 100}\E/,  'text only';
        is_deeply [$decimal =~ /(?<=[: ]) (\d+)/g], [unpack 'V2', $version], 'decimal';
    };

    subtest "$scenario: struct, p, whatis" => sub {
        my ($pid, $comm, $size, $hex, $whatis, $member, $sum, $list, $definition, $offsets) = output_of(
            $scenario,
            'p init_task.pid',
            'struct task_struct.comm,pid init_task',
            'p sizeof(struct page)',
            'px 255',
            'whatis init_task',
            'whatis task_struct.comm',
            'p (1+2)*3',
            'struct list_head modules',
            'struct list_head',
            'struct -o list_head'
        );
        is $pid, "init_task.pid = 0\n", 'p';
        like $comm, qr/\A  comm = "swapper\/0(?:\\000)*",\n  pid = 0,\n\z/, 'members';
        is $size,   "sizeof(struct page) = 64\n",      'sizeof';
        is $hex,    "255 = 0xff\n",                    'px';
        is $whatis, "struct task_struct init_task;\n", 'whatis a global';
        is $member, "char comm[16];\n",                'whatis a member';
        is $sum,    "(1+2)*3 = 9\n",                   'arithmetic';
        is $definition, "struct list_head {\n    struct list_head *next;\n    struct list_head *prev;\n}\nSIZE: 16\n",
            'a definition';
        like $offsets, qr/^ +\[0\] struct list_head \*next;\n +\[8\] struct list_head \*prev;$/m, 'offsets';
        my ($next)  = $list =~ /next = 0x([0-9a-f]+)/;
        my ($first) = output_of($scenario, 'list -H modules');
        is((split /\n/, $first)[0], $next, 'the first of the list is where its head points');
    };

    subtest "$scenario: list" => sub {
        my ($shown) = output_of($scenario, 'list -H modules -s module.name -l module.list');
        my @names = $shown =~ /^  name = "(\w+)/mg;
        is_deeply \@names, [map { (split ' ')[0] } truth_lines($scenario, 'proc/modules')], 'every module, in order';
        my ($back)  = output_of($scenario, 'list -r -H modules');
        my ($forth) = output_of($scenario, 'list -H modules');
        is_deeply [reverse split /\n/, $back], [split /\n/, $forth], 'backwards';
    };

    subtest "$scenario: task, set, foreach" => sub {
        my ($task, $first, $set, $files, $back, $each) = output_of($scenario, "task -R comm,pid,tgid $loader",
            'set', "set $loader", 'files', 'set -p', 'foreach user files -R planted');
        like $task,
            qr/\APID: $loader +TASK: [0-9a-f]{16} .*\n  comm = "holdsfile.*",\n  pid = $loader,\n  tgid = $loader,\n\z/,
            'task';
        like $first, qr/^    PID: 1$/m,                             'the task that panicked comes first';
        like $set,   qr/^    PID: $loader\nCOMMAND: "holdsfile"$/m, 'another is set';
        like $files, qr/\APID: $loader .*planted\.txt$/ms,          'and is what commands are about';
        like $back,  qr/^    PID: 1$/m,                             'back again';
        my @titles = $each =~ /^PID: (\d+) /mg;
        my @user   = map { /^(\d+)\t\d+\t(\d+)\t/ && $1 != 2 && $2 != 2 ? $1 : () } truth_lines($scenario, 'tasks');
        is_deeply \@titles, [sort { $a <=> $b } @user], 'foreach goes through the tasks of users';
        is scalar(() = $each =~ /planted\.txt$/mg), scalar(() = truth($scenario, 'fds') =~ /planted\.txt$/mg),
            'and finds who holds the file';
    };
}

subtest 'what is refused' => sub {
    my ($scenario) = scenarios();
    my %wrong = (
        'ps -z'                    => qr/no option -z; usage: ps /,
        'ps 999999'                => qr/invalid task or pid value: 999999$/,
        'log -T extra'             => qr/what is 'extra'; usage: log /,
        'kmem'                     => qr/nothing asked for; usage: kmem /,
        'kmem -s nosuch'           => qr/no object cache nosuch$/,
        'runq -c 77'               => qr/no CPU '77'/,
        'sym nosuchsymbol'         => qr/symbol not found: nosuchsymbol$/,
        'struct nosuch'            => qr/no type nosuch$/,
        'rd 0x10'                  => qr/cannot read 8 bytes at 0x10: .* not present$/,
        'rd linux_banner 99999999' => qr/99999999 words are too many$/,
        'irq x'                    => qr/what is 'x'; usage: irq /,
        'irq 999'                  => qr/no interrupt 999$/,
        'p system("id")'           => qr/cannot read the expression/,
        'p `id`'                   => qr/cannot read the expression/,
        'list'                     => qr/no start given; usage: list /,
        'foreach bt -x'            => qr/no option -x; usage: bt /,
        'foreach bt 99999'         => qr/invalid task or pid value: 99999$/,
        'foreach zzz bt'           => qr/no task is zzz$/,
        'foreach'                  => qr/no command about tasks; usage: foreach /,
        'task nosuch'              => qr/invalid task or pid value: nosuch$/,
        'swap x'                   => qr/what is 'x'; usage: swap$/,
    );
    for my $line (sort keys %wrong) {
        my $run = alicia('-q', '-e', $line, dump_folder($scenario) . '/dump.kdump');
        is $run->{status},                    1,  "$line fails";
        is $run->{out},                       '', 'prints nothing';
        is scalar(() = $run->{err} =~ /\n/g), 1,  'says it in a line';
        like $run->{err} =~ s/\n\z//r, $wrong{$line}, 'that is clear';
    }
};

done_testing;
