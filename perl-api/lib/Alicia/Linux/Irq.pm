# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Irq;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Text qw(visible hexadecimal table);

our @EXPORT_OK = qw(interrupts other_interrupts interrupt_table interrupt_counts);

=head1 NAME

Alicia::Linux::Irq - interrupt lines, their handlers and counts

=head1 SUBROUTINES

=head2 interrupts()

One hash an interrupt descriptor, by number: C<irq address hwirq chip flow depth affinity> (a list of CPUs), C<counts> (a
hash by CPU) and C<actions>, a list of hashes C<address name handler thread>, handler being the name of the function,
thread the address of its C<task_struct> or undef. C<hole> is the reason for what could not be read.

=cut

sub interrupts () {
    return map { _interrupt(@$_) } _descriptors();
}

# Number and address of the descriptors: a maple tree, a radix tree (which an xarray is, too), or an array.
sub _descriptors () {
    my $tree = find_addr('sparse_irqs');
    return map { [$_->[0], $_->[-1]] } maple_entries($tree) if defined $tree;
    $tree = find_addr('irq_desc_tree');
    return map { [$_->[0], $_->[-1]] } xarray_entries($tree) if defined $tree;
    my $array = get_addr('irq_desc');
    my $count = get_mem(get_addr('nr_irqs'), 1);
    die "$count interrupts\n" if $count > 65536;
    my $one = sizeof('struct irq_desc');
    return map { [$_, $array + $_ * $one] } 0 .. $count - 1;
}

sub _interrupt ($number, $address) {
    my $get  = sub (@how) { kernel($address, 'struct irq_desc', @how) };
    my %line = (irq => $number, address => $address, actions => [], counts => {}, affinity => []);
    my $done = eval {
        $line{hwirq} = $get->('irq_data.hwirq');
        $line{depth} = $get->('depth');
        my $chip = $get->('irq_data.chip', 'void *');
        $line{chip} = $chip == 0 ? undef : kernel($chip, 'struct irq_chip', 'name', 'char *');
        $line{flow} = $get->('name', 'char *');
        my %seen;
        for (
            my $action = $get->('action', 'void *');
            $action != 0 && !$seen{$action}++;
            $action = kernel($action, 'struct irqaction', 'next', 'void *')
            )
        {
            push @{$line{actions}}, _action($action);
        }
        $line{counts} = _counts($get->('kstat_irqs', 'void *'));
        1;
    };
    $line{hole}     = Alicia::Error::reason($@) if !$done;
    $line{affinity} = [eval { _affinity($address) }];
    return \%line;
}

sub _action ($address) {
    my $thread = kernel($address, 'struct irqaction', 'thread',  'void *');
    my $code   = kernel($address, 'struct irqaction', 'handler', 'void *');
    return {
        address => $address,
        name    => kernel($address, 'struct irqaction', 'name', 'char *') // '',
        handler => (symbol_at($code) // "$code") =~ s/[+]0x0\b//r,
        thread  => $thread == 0 ? undef : $thread,
    };
}

# A count for each CPU, in an unsigned int or at the start of a struct irqstat.
sub _counts ($base) {
    return {} if $base == 0;
    return {map { $_ => unpack 'V', read_mem(per_cpu($base, $_), 4) } cpus()};
}

sub _affinity ($address) {
    my $mask  = kernel($address, 'struct irq_desc', 'irq_common_data.affinity', 'void *');
    my $count = get_mem(get_addr('nr_cpu_ids'), 1) + 0;
    my $bytes = int(($count + 63) / 64) * 8;

    # cpumask_var_t is a pointer, or an array of one where masks are small.
    $mask = $address + offsetof('struct irq_desc', 'irq_common_data.affinity')
        if has_member('struct irq_common_data', 'affinity[0].bits');
    my @bits = split //, unpack 'b*', read_mem($mask, $bytes > 1024 ? 1024 : $bytes);
    return grep { $bits[$_] } 0 .. ($#bits < $count ? $#bits : $count - 1);
}

=head2 other_interrupts()

What C</proc/interrupts> lists below the numbered lines, where it is counted in a variable of each CPU (x86): a list of
[label, \%counts, meaning].

=cut

my @x86 = (
    ['NMI', '__nmi_count',          'Non-maskable interrupts'],
    ['LOC', 'apic_timer_irqs',      'Local timer interrupts'],
    ['SPU', 'irq_spurious_count',   'Spurious interrupts'],
    ['PMI', 'apic_perf_irqs',       'Performance monitoring interrupts'],
    ['IWI', 'apic_irq_work_irqs',   'IRQ work interrupts'],
    ['RTR', 'icr_read_retry_count', 'APIC ICR read retries'],
    ['RES', 'irq_resched_count',    'Rescheduling interrupts'],
    ['CAL', 'irq_call_count',       'Function call interrupts'],
    ['TLB', 'irq_tlb_count',        'TLB shootdowns'],
    ['TRM', 'irq_thermal_count',    'Thermal event interrupts'],
);

sub other_interrupts () {
    return if !has_symbol('irq_stat') || !has_type('irq_cpustat_t');
    return map {
        my ($label, $member, $meaning) = @$_;
        has_member('irq_cpustat_t', $member)
            ? [$label, {map { $_ => kernel(per_cpu('irq_stat', $_), 'irq_cpustat_t', $member) } cpus()}, $meaning]
            : ()
    } @x86;
}

=head2 interrupt_table(), interrupt_counts()

Columns and rows, as L<Alicia::Text/table> has them: of C<irq>, and of C<irq -s>, in the form of C</proc/interrupts>.

=cut

sub interrupt_table () {
    my @rows;
    for my $line (interrupts()) {
        my @actions = @{$line->{actions}};
        push @rows, [$line->{irq}, hexadecimal($line->{address}), $line->{hole} // '(unused)', ''] if !@actions;
        my @first = ($line->{irq}, hexadecimal($line->{address}));
        for my $action (@actions) {
            push @rows, [@first, hexadecimal($action->{address}), '"' . visible($action->{name}) . '"'];
            @first = ('', '');
        }
    }
    return (['+IRQ', '=IRQ_DESC/_DATA', '=IRQACTION', 'NAME'], \@rows);
}

sub interrupt_counts () {
    my @cpus = cpus();
    my @rows;
    for my $line (interrupts()) {
        next if !@{$line->{actions}};
        my $flow = ($line->{hwirq} // '?') . (length($line->{flow} // '') ? "-$line->{flow}" : '');
        push @rows,
            [
            "$line->{irq}:",
            (map { $line->{counts}{$_} // '?' } @cpus),
            visible($line->{chip} // 'None'),
            visible($flow), visible(join ', ', map { $_->{name} } @{$line->{actions}})
            ];
    }
    for my $other (other_interrupts()) {
        my ($label, $counts, $meaning) = @$other;
        push @rows, ["$label:", (map { $counts->{$_} } @cpus), $meaning, '', ''];
    }
    return (['+IRQ', (map {"+CPU$_"} @cpus), 'CHIP', 'FLOW', 'NAME'], \@rows);
}

1;
