# SPDX-License-Identifier: GPL-3.0-or-later
#
# Run by alicia on the running kernel's /proc/kcore, in the guest: writes what it sees as JSON, beside what the same
# files of /proc say at that moment.

use v5.36;
use Cpanel::JSON::XS ();
use Digest::SHA      qw(sha1_hex);
use POSIX            ();

my %seen;

sub slurp ($file) {
    open my $handle, '<:raw', $file or die "cannot read $file: $!";
    local $/ = undef;
    return scalar <$handle>;
}

sub hexadecimal ($address) { return sprintf '%016x', $address }

# /proc/kcore read by its program headers alone: the other way to a page of memory.
open my $kcore, '<:raw', '/proc/kcore' or die "cannot open /proc/kcore: $!";
my @segments = do {
    my ($header, $table);
    sysread $kcore, $header, 64;
    my ($at, $size, $count) = (unpack('Q<', substr $header, 32, 8), unpack 'v2', substr $header, 54, 4);
    sysseek $kcore, $at, 0;
    sysread $kcore, $table, $size * $count;
    map { [unpack 'VVQ<6', substr $table, $_ * $size, $size] } 0 .. $count - 1;
};

sub raw ($address, $length) {
    for my $segment (@segments) {
        my ($type, undef, $offset, $virtual, undef, $bytes) = @$segment;
        next if $type != 1 || $address < $virtual || $address - $virtual >= $bytes;
        sysseek $kcore, $offset + ($address - $virtual), 0;
        my $content;
        sysread $kcore, $content, $length;
        return $content;
    }
    return;
}

# Symbols: one in a hundred or so of the kernel's, and all of the modules'.
my @listed = split /\n/, slurp('/proc/kallsyms');
my @image  = grep { !/\]\z/ } @listed;
my @picked = (map({ $image[$_ * int(@image / 800)] } 0 .. 799), grep {/\[(?!bpf|__builtin)/} @listed);
for my $line (@picked) {
    my ($address, $type, $name) = split ' ', $line;
    my $found = eval { hexadecimal(get_addr($name)) } // "$@";
    $seen{symbols}{$name} = $found;
}

$seen{tasks}  = [map { [$_->pid, $_->tgid, $_->comm] } tasks()];
$seen{self}   = $$;
$seen{banner} = unpack 'Z*', read_mem(get_addr('linux_banner'), 512);

# Two ways to the same page: the kernel's image, and the map of all memory; and the file by its own addresses.
my $direct = read_ptr(get_addr('page_offset_base'));
for my $name (qw(linux_banner sys_call_table kallsyms_token_table schedule do_exit ksys_read)) {
    my $address = eval { get_addr($name) } // next;
    my $page    = $address & ~0xfff;
    my $mapped  = $direct + vtop($page);
    $seen{pages}{$name} = [map { sha1_hex($_) } read_mem($page, 4096), read_mem($mapped, 4096), raw($mapped, 4096)];
}

# What was needed for booting only has been given back, and belongs to others now.
my ($from, $to, $text) = map { get_addr($_) } qw(__init_begin __init_end _stext);
for (my $page = $from; $page < $to && ($seen{given}{pages} // 0) < 400; $page += 4096) {
    my $mapped = $direct + vtop($text) + ($page - $text);
    my ($before, $found, $after) = (raw($mapped, 4096), eval { read_mem($mapped, 4096) } // '', raw($mapped, 4096));
    $seen{given}{pages}++;
    $seen{given}{hidden}++ if raw($page, 4096) !~ /[^\0]/;
    next                   if $before ne $after;
    $seen{given}{steady}++;
    $seen{given}{zero}++  if $before !~ /[^\0]/;
    $seen{given}{equal}++ if $found eq $before;
}

# What changes is seen to change.
my $names = get_addr('init_uts_ns');
for my $name ('looks-at-itself', 'has-another-name') {
    open my $hostname, '>', '/proc/sys/kernel/hostname' or die "cannot name the host: $!";
    print {$hostname} $name;
    close $hostname;
    push @{$seen{names}}, kernel($names, 'struct uts_namespace', 'name.nodename', 'char *');
}
$seen{release} = kernel($names, 'struct uts_namespace', 'name.release', 'char *');

for (1 .. 2) {
    push @{$seen{clock}}, [(split ' ', slurp('/proc/uptime'))[0], get_mem(get_addr('jiffies_64'), 1, 8) + 0];
    sleep 2;
}

# A process that begins after the dump was opened.
my $child = fork // die "cannot fork: $!";
if (!$child) { sleep 600; POSIX::_exit(0) }
$seen{child} = {pid => $child, found => scalar grep { $_->pid == $child } tasks()};
kill 'KILL', $child;
waitpid $child, 0;
$seen{child}{gone} = !grep { $_->pid == $child } tasks();

# A process group whose leader is gone: a struct pid without a task.
my $leader = fork // die "cannot fork: $!";
if (!$leader) {
    setpgrp;
    sleep 600 if !fork;
    POSIX::_exit(0);
}
waitpid $leader, 0;
$seen{leader} = eval {
    scalar grep { $_->pid == $leader } tasks();
} // "$@";
kill 'KILL', -$leader;

# User memory, through the task's own page tables.
my ($planted) = grep { $_->comm eq 'planted' } tasks();
my $space = $planted->mm;
$seen{environment} = read_user($planted, $space->env_start, $space->env_end - $space->env_start);

open my $out, '>:raw', '/out/truth/look.json' or die "cannot write: $!";
print {$out} Cpanel::JSON::XS->new->canonical->allow_nonref->encode(\%seen);
close $out or die "cannot write: $!";
1;
