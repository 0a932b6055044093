# SPDX-License-Identifier: GPL-3.0-or-later
# The API against what the guest said of itself; run by the embedded interpreter over a dump. ALICIA_TRUTH is the folder of
# the guest's words.
use v5.36;
use Test::More;

my $truth = $ENV{ALICIA_TRUTH} // die "ALICIA_TRUTH is not set\n";

sub lines ($name) {
    open my $file, '<', "$truth/$name" or die "cannot open $truth/$name: $!\n";
    chomp(my @lines = <$file>);
    close $file or die "cannot read $truth/$name: $!\n";
    return @lines;
}

my @symbols = map { [split] } lines('proc/kallsyms');
my (%address, %count);
$count{$_->[2]}++ for @symbols;
$address{$_->[2]} = $_->[0] for @symbols;
my @unique = grep { $count{$_} == 1 && $address{$_} !~ /\A0+\z/ } map { $_->[2] } grep { $_->[1] =~ /[TDRB]/ } @symbols;
my $wrong  = 0;
for my $name (@unique) {
    my $found = find_addr($name) // q();
    $wrong++ if $found ne "0x$address{$name}";
}
cmp_ok scalar @unique, '>', 1000, 'the guest told its symbols';
is $wrong, 0, 'each has the address that the guest gave';

my ($version) = lines('proc/version');
is read_string(get_addr 'linux_banner'), "$version\n", 'linux_banner is /proc/version';
is join(q(), map { pack 'V', hex } get_mem(get_addr 'linux_banner', 15)), substr($version, 0, 60),
    'by words, as in 2005';

my (undef, @rows) = map { [split /\t/] } lines('tasks');
my %row   = map { $_->[0] => $_ } @rows;
my @tasks = tasks();
is scalar(tasks()), scalar @tasks, 'the count in scalar context';

# A kworker may still be made after the snapshot.
my ($last) = sort { $b <=> $a } keys %row;
my %late   = map  { $_->pid => 1 } grep { $_->pid > $last && $_->comm =~ /\Akworker/ } @tasks;
@tasks = grep { !$late{$_->pid} } @tasks;
is_deeply [map { $_->pid } @tasks], [sort { $a <=> $b } keys %row], 'every thread by PID';
for my $task (@tasks) {
    my ($pid, $tgid, $ppid, $state, $comm) = @{$row{$task->pid} // next};

    # /proc shows more than a task_struct holds: a kernel thread's whole name, and what a worker works on.
    $comm = substr $comm, 0, 15;
    $comm = substr $comm, 0, length $task->comm if $comm =~ /\Akworker/;
    is join(q( ), $task->pid, $task->tgid, $task->ppid, $task->comm), "$pid $tgid $ppid $comm", "task $pid";
}
my %guest = map { $_->[0] => $_->[3] } grep { $_->[3] =~ /[DTZ]/ } @rows;
is_deeply {
    map { $_->pid => $_->state } grep { $_->state =~ /[DTZ]/ } @tasks
}, \%guest, 'states D, T and Z';

my @modules = sort map { (split)[0] } lines('proc/modules');
is_deeply [sort map { $_->name } list_entries(get_addr('modules'), 'struct module', 'list')], \@modules, 'modules';

my $online = grep {/^processor\s*:/} lines('proc/cpuinfo');
is scalar(my @cpus = cpus()), $online, 'cpus';

# The published walk, over every process.
sub list_for_each {
    my ($lists, $head) = @_;
    for (my $pos = get_mem($head); $pos ne $head; $pos = get_mem($pos)) { push(@{$lists}, $pos) }
    return;
}
my $offset = offsetof('struct task_struct', 'tasks');
my $head   = object('struct task_struct', get_addr 'init_task')->tasks->address;
list_for_each(\my @list, $head);
my @processes = sort { $a <=> $b } map { kernel($_ - $offset, 'task_struct', 'pid', 'int') } @list;
is_deeply [grep { !$late{$_} } @processes], [sort { $a <=> $b } grep { $row{$_}[1] == $_ } keys %row],
    'list_for_each finds every process';

done_testing;
