# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::System;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::Log ();

our @EXPORT_OK =
    qw(utsname timekeeper wall_clock boot_time uptime load_average memory_bytes total_pages page_size page_array
    nodes panic_cpu current_task panic_task idle_task hertz);

=head1 NAME

Alicia::Linux::System - what the dumped system says of itself: name, clock, load, memory, who panicked

=head1 SUBROUTINES

They die (Alicia::Error, or one line) where the dump doesn't have what they read.

=head2 utsname()

Hash of C<sysname nodename release version machine domainname>, of the first UTS namespace.

=cut

sub utsname () {
    my $address = get_addr('init_uts_ns');
    return {map { $_ => kernel($address, 'struct uts_namespace', "name.$_", 'char *') }
            qw(sysname nodename release version machine domainname)};
}

=head2 timekeeper()

The address of the C<struct timekeeper> that the kernel's clock is kept in.

=cut

# shadow_timekeeper is a plain struct timekeeper where it exists; tk_core is an anonymous struct of a
# sequence count and the timekeeper.
sub timekeeper () {
    state $found;
    return $found //= do {
        my $core  = find_addr('tk_core');
        my $count = has_type('seqcount_raw_spinlock_t') ? sizeof('seqcount_raw_spinlock_t') : 4;
        defined $core ? $core + (($count + 7) & ~7) : get_addr('shadow_timekeeper');
    };
}

=head2 wall_clock()

Seconds since 1970 when the dump was made, by the kernel's clock as of its last tick.

=head2 uptime()

Seconds since boot, suspended time included, as C</proc/uptime> counts them.

=head2 boot_time()

Seconds since 1970 at which the log's clock stood at zero.

=cut

sub wall_clock () {
    return kernel(timekeeper(), 'struct timekeeper', 'xtime_sec');
}

sub uptime () {
    my $keeper = timekeeper();
    my $asleep = kernel($keeper, 'struct timekeeper', 'offs_boot');
    my $shift  = kernel($keeper, 'struct timekeeper', 'tkr_mono.shift');
    my $part   = kernel($keeper, 'struct timekeeper', 'tkr_mono.xtime_nsec') / 2**$shift;
    my $awake =
        kernel($keeper, 'struct timekeeper', 'xtime_sec') +
        kernel($keeper, 'struct timekeeper', 'wall_to_monotonic.tv_sec') +
        ($part + kernel($keeper, 'struct timekeeper', 'wall_to_monotonic.tv_nsec')) / 1e9;
    return $awake + $asleep / 1e9;
}

sub boot_time () {
    return wall_clock() - uptime();
}

=head2 hertz()

Ticks in a second (CONFIG_HZ), from the length of one.

=cut

sub hertz () {
    my $tick = get_mem(get_addr('tick_nsec'), 1, 8);
    return $tick ? int(1e9 / $tick + 0.5) : 0;
}

=head2 load_average()

The three numbers of C</proc/loadavg>.

=cut

sub load_average () {
    my @fixed = get_mem(get_addr('avenrun'), 3, sizeof('unsigned long'));
    return map { ($_ + 10) / 2048 } @fixed;    # FSHIFT is 11; the kernel rounds by a two-hundredth
}

=head2 page_size(), total_pages(), memory_bytes()

Bytes in a page; pages that the kernel manages (MemTotal); bytes of memory present in all nodes.

=cut

sub page_size () {
    state $size;
    $size //= eval { vmcoreinfo('PAGESIZE') } // 4096;
    return $size;
}

=head2 page_array()

The address of the array of C<struct page>, from page frame 0 on.

=cut

sub page_array () {
    no warnings 'portable';

    # aarch64 has no variable for it; its VMCOREINFO has the value.
    my $given = eval { vmcoreinfo('SYMBOL(vmemmap)') };
    return defined $given ? hex $given : read_ptr(get_addr('vmemmap_base'));
}

sub total_pages () {
    return get_mem(get_addr('_totalram_pages'), 1, 8) if has_symbol('_totalram_pages');
    return get_mem(get_addr('totalram_pages'),  1, 8);
}

sub memory_bytes () {
    my $pages = 0;
    $pages += kernel($_, 'struct pglist_data', 'node_present_pages') for nodes();
    return $pages * page_size();
}

=head2 nodes()

The addresses of the online memory nodes' C<struct pglist_data>.

=cut

sub nodes () {
    return get_addr('contig_page_data') if !has_symbol('node_data');
    my $word = sizeof('nodemask_t');
    die "nodemask_t of $word bytes\n" if $word < 1 || $word > 4096;
    my $online = read_mem(get_addr('node_states') + $word, $word);    # N_ONLINE is 1
    my @bits   = split //, unpack 'b*', $online;
    my $table  = get_addr('node_data');
    return map { read_ptr($table + 8 * $_) } grep { $bits[$_] } 0 .. $#bits;
}

=head2 panic_cpu()

The CPU that panicked, or undef where none did.

=cut

sub panic_cpu () {
    for my $symbol (qw(panic_cpu crashing_cpu)) {
        my $address = find_addr($symbol) // next;
        my $cpu     = unpack 'l<', read_mem($address, 4);
        return $cpu if $cpu >= 0 && $cpu < 8192;
    }
    return;
}

=head2 current_task($cpu), idle_task($cpu)

Addresses of the task that a CPU ran, and of its idle task.

=cut

sub current_task ($cpu) {
    return kernel(per_cpu('runqueues', $cpu), 'struct rq', 'curr', 'struct task_struct *');
}

sub idle_task ($cpu) {
    return kernel(per_cpu('runqueues', $cpu), 'struct rq', 'idle', 'struct task_struct *');
}

=head2 panic_task()

The task that was running where the kernel panicked, as an object; undef where no CPU panicked.

=cut

sub panic_task () {
    my $cpu = panic_cpu() // return;
    return object('struct task_struct', current_task($cpu));
}

1;
