# SPDX-License-Identifier: GPL-3.0-or-later
#
# What lies at an address is found in the order of what is surest: a task that is known, a symbol, the stack of a known
# task, a CPU's own data, and an object of a slab cache. For the last the page's struct page (or struct slab, which lies
# over it) names its cache; that it is one is told by the list of caches and not by flags, whose place changes with every
# version.
package Alicia::Linux::Address;

use v5.36;
use Alicia;
use Alicia::Linux::Slab   ();
use Alicia::Linux::System qw(page_size page_array);

=head1 NAME

Alicia::Linux::Address - what an address of the kernel is the address of

=head1 SYNOPSIS

    my $addresses = Alicia::Linux::Address->new(tasks => [tasks()]);
    print $addresses->about(0xffff8987411f9800);    # task 1 "init"

=head1 SUBROUTINES

=head2 new(tasks => \@addresses, caches => \@slab_caches)

Who is to be asked about many addresses: tables are read once. Both lists may be left out, and are read where they are
needed: addresses of C<struct task_struct>, and what L<Alicia::Linux::Slab/slab_caches> gives.

=cut

sub new ($class, %given) {
    return bless {%given, known => {}}, $class;
}

=head2 about($address)

One line, as the dump has it (not yet fit to be shown), or undef where nothing is known of it. Never dies.

=cut

sub about ($self, $address) {
    my $key = ref $address ? $address->address + 0 : $address + 0;
    return $self->{known}{$key} if exists $self->{known}{$key};
    my $found;
    for my $way (qw(_task _symbol _stack _cpu _slab)) {
        $found = eval { $self->$way($key) } // next;
        last;
    }
    return $self->{known}{$key} = $found;
}

# Tables are made on first need; one that can't be made is empty.
sub _table ($self, $name, $code) {
    return $self->{table}{$name} //= eval { $code->() } // {};
}

sub _name ($task) {
    return sprintf '%d "%s"', kernel($task, 'struct task_struct', 'pid'),
        kernel($task, 'struct task_struct', 'comm', 'char *');
}

sub _tasks ($self) {
    return $self->_table(
        tasks => sub {
            my $tasks = $self->{tasks} // [map { $_->address } tasks()];
            return {map { $_ + 0 => $_ } @$tasks, get_addr('init_task')};
        }
    );
}

sub _task ($self, $address) {
    my $task = $self->_tasks->{$address} // return;
    return 'task ' . _name($task);
}

sub _symbol ($self, $address) { return symbol_at($address) }

# Stacks are aligned to their size, which is a power of two.
sub _stack ($self, $address) {
    my $size   = $self->{stack_size} //= $self->_stack_size // (sizeof('void *') == 8 ? 16384 : 8192);
    my $stacks = $self->_table(
        stacks => sub {
            my %task;
            for my $task (values %{$self->_tasks}) {
                my $stack = eval { kernel($task, 'struct task_struct', 'stack', 'void *') } // next;
                $task{$stack + 0} = $task if $stack != 0;
            }
            return \%task;
        }
    );
    my $task = $stacks->{$address & ~($size - 1)} // return;
    return 'stack of ' . _name($task);
}

# A stack in mapped memory has a page behind it that is never there.
sub _stack_size ($self) {
    for my $task (values %{$self->_tasks}) {
        my $size = eval { kernel($task, 'struct task_struct', 'stack_vm_area->size') - page_size() } // next;
        return $size if $size >= 4096 && $size <= 1 << 20 && !($size & ($size - 1));
    }
    return;
}

sub _cpu ($self, $address) {
    my $end  = $self->{per_cpu_end} //= (find_addr('__per_cpu_end') // 0) + 0;
    my $cpus = $self->_table(
        cpus => sub {
            my $offsets = get_addr('__per_cpu_offset');
            return {map { $_ => read_ptr($offsets + sizeof('void *') * $_) + 0 } cpus()};
        }
    );
    for my $cpu (keys %$cpus) {
        my $offset = $address - $cpus->{$cpu};
        next if $offset < 0 || $offset >= $end;
        return sprintf 'CPU %d, per-CPU offset 0x%x%s', $cpu, $offset,
            $address == per_cpu('runqueues', $cpu) ? ' (runqueues)' : '';
    }
    return;
}

sub _slab ($self, $address) {
    my $caches = $self->_table(
        caches => sub {
            my $caches = $self->{caches} // [Alicia::Linux::Slab::slab_caches()];
            return {map { $_->{address} + 0 => $_ } @$caches};
        }
    );
    return if !%$caches;
    my $pages = $self->{pages} //= _pages();
    my $page  = page_size();
    my $frame = int((vtop($address) + 0) / $page);
    my $at    = $pages->{array} + $frame * $pages->{size};
    my $head  = read_ptr($at + $pages->{head});
    $at = $head - 1 if $head & 1;
    my $cache = $caches->{read_ptr($at + $pages->{cache}) + 0} // return;

    # The slab begins at its first page; objects lie one after the other.
    my $first  = ($at - $pages->{array}) / $pages->{size};
    my $into   = ($frame - $first) * $page + ($address & ($page - 1));
    my $size   = $cache->{size} || return;
    my $pad    = $self->_pad_of($cache->{address});
    my $inside = $into % $size - $pad;
    return "slab $cache->{name}, red zone" if $inside < 0;
    return sprintf 'slab %s%s', $cache->{name}, $inside ? sprintf '+0x%x', $inside : '';
}

# With red zones on, an object begins behind one.
sub _pad_of ($self, $cache) {
    return $self->{pad}{$cache} //=
        has_member('struct kmem_cache', 'red_left_pad') ? kernel($cache, 'struct kmem_cache', 'red_left_pad') : 0;
}

sub _pages () {
    my $slab = has_type('struct slab') ? 'struct slab' : 'struct page';
    return {
        array => page_array(),
        size  => sizeof('struct page'),
        head  => offsetof('struct page', 'compound_head'),
        cache => offsetof($slab,         'slab_cache'),
    };
}

1;
