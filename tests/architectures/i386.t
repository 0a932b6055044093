# SPDX-License-Identifier: GPL-3.0-or-later
#
# i386 with PAE, and, where all dumps are looked at, without. Debian's have no BTF and list functions only in kallsyms, so
# that without debug information there are symbols, memory and the log.

use strict;
use warnings;
use Alicia::Foreign qw(ask symbols_are_the_guests log_is_the_guests);
use Alicia::Test    qw(debuginfo dump_folder in_this_run slurp types_file);
use Test::More;

for my $scenario (in_this_run(qw(i386-pae i386))) {
    my $truth = dump_folder($scenario) . '/truth';

    log_is_the_guests($scenario);
    my %address;
    for my $line (split /\n/, slurp("$truth/proc/kallsyms")) {
        my ($address, undef, $name, $module) = split ' ', $line;
        push @{$address{$name}}, $address if !$module;
    }
    my %seen = map { split ' ' }
        split /\n/,
        ask($scenario, q{printf "%s %s\n", $_->{name}, substr $_->{address}, 2 for grep { !$_->{module} } symbols();});
    my @wrong = grep {
        my $name = $_;
        !$seen{$name} || !grep { $_ eq $seen{$name} } @{$address{$name}}
    } keys %address;
    cmp_ok scalar keys %address, '>', 20_000, "$scenario: the guest listed symbols";
    is "@wrong[0 .. ($#wrong < 5 ? $#wrong : 5)]", '', "$scenario: every symbol of the kernel is there";

    # An address has 32 bits, and so has what is read without a width.
    my $release = slurp("$truth/proc/sys/kernel/osrelease");
    chomp $release;
    is ask($scenario,
        q{my $uts = get_addr('init_uts_ns'); print "$uts ", read_string($uts + vmcoreinfo('OFFSET(uts_namespace.name)') + 130)}
    ) =~ s/\A0x[0-9a-f]{8} //r, $release, "$scenario: get_addr and read_string read the release";
    like ask($scenario, q{print scalar get_mem(get_addr('_stext'))}), qr/\A0x[0-9a-f]{8}\z/,
        "$scenario: a pointer has 32 bits";

    # The kernel maps its first memory in a row.
    my @pairs = split /\n/,
        ask($scenario,
        q{for (my $at = 0xc0001000; $at < 0xc0f00000; $at += 0x10101) { printf "%x %x\n", $at, vtop($at) }});
    is_deeply [
        grep {
            my ($virtual, $physical) = map {hex} split;
            $virtual - $physical != 0xc0000000
        } @pairs
        ],
        [],
        "$scenario: vtop of lowmem is the address less PAGE_OFFSET";
    cmp_ok scalar @pairs, '>', 100, "$scenario: and there was lowmem to look at";
}

# With its debug information, which is large: only where all dumps are looked at.
for my $scenario ($ENV{ALICIA_FULL} ? 'i386-pae' : ()) {
    my $truth = dump_folder($scenario) . '/truth';
    my ($vmlinux, $map) = debuginfo($scenario);

    # VMCOREINFO of i386 doesn't say what KASLR added; it follows from _stext.
    my %linked =
        map { (split ' ')[2, 0] } grep {/ [DBRTdbrt] (?:init_task|jiffies|linux_banner|schedule|modules)$/} split /\n/,
        slurp($map);
    my $stext = (map { (split ' ')[0] } grep {/ _stext$/} split /\n/, slurp($map))[0];
    for my $file ($vmlinux, $map) {
        my %found = map {split} split /\n/,
            ask(
            $scenario,
            'print "$_ ", get_addr($_), "\n" for qw(' . join(' ', '_stext', sort keys %linked) . ')',
            more => [$file]
            );
        my %distance = map { $_ => hex($found{$_}) - hex $found{_stext} } keys %linked;
        is_deeply \%distance, {map { $_ => hex($linked{$_}) - hex $stext } keys %linked},
            "$scenario: data symbols of " . ($file eq $map ? 'System.map' : 'vmlinux');
    }

    # What the kernel's headers say by themselves is what was built of them.
    my @structs =
        qw(task_struct mm_struct page inode dentry file super_block net_device sk_buff sock tcp_sock module irq_desc
        zone vm_area_struct cred signal_struct uts_namespace);
    my $layouts = 'command("struct", "-o", $_) for qw(' . "@structs)";
    my $built   = ask($scenario, $layouts, more => [$vmlinux]);
    is ask($scenario, $layouts, more => [$map, types_file($scenario)]), $built, "$scenario: layouts by Kerntypes";
    cmp_ok scalar(() = $built =~ /^ *\[\d+\] /mg), '>', 1000, "$scenario: of many members";

    my $version = substr slurp("$truth/proc/version"), 0, 100;
    like ask($scenario, q{print read_string(get_addr('linux_banner'))}, more => [$vmlinux]), qr/\A\Q$version\E/,
        "$scenario: the banner";
    is ask(
        $scenario,
        q{print kernel(get_addr('init_task'), 'struct task_struct', 'comm', 'char *'), ' ', sizeof('struct list_head')},
        more => [$vmlinux]
        ),
        'swapper/0 8',
        "$scenario: a member, by DWARF";
    my ($heading, @expected) = split /\n/, slurp("$truth/tasks");
    my $tasks = ask(
        $scenario,
        q{printf "%d\t%s\n", $_->pid, $_->comm =~ /^kworker/ ? 'kworker' : $_->comm for tasks();},
        more => [$vmlinux]
    );
    is_deeply [sort split /\n/, $tasks], [
        sort map {
            my @field = split /\t/;
            "$field[0]\t" . ($field[4] =~ /^kworker/ ? 'kworker' : substr $field[4], 0, 15)
        } @expected
        ],
        "$scenario: tasks() are the guest's";
    my $lines = ask($scenario, <<'END', more => [$vmlinux]);
for my $task (tasks()) { my $mm = $task->mm or next; next if $task->pid != $task->tgid; printf "%d %s\n", $task->pid, unpack 'H*', read_user($task, $mm->arg_start, $mm->arg_end - $mm->arg_start) }
END
    for my $line (split /\n/, $lines) {
        my ($pid, $hex) = split / /, $line, -1;
        is pack('H*', $hex), slurp("$truth/proc/$pid/cmdline"), "$scenario: arguments of process $pid"
            if -e "$truth/proc/$pid/cmdline";
    }
    cmp_ok scalar(() = $lines =~ /\n/g), '>=', 2, "$scenario: user memory was read";
}

done_testing;
