# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia;

use strict;
use warnings;

use Alicia::Error;
use Alicia::Object;
use Alicia::Loader;

# The calls whose bodies are C++ (src/perl/xs_*.cpp) are there before this file is read.

our @EXPORT = qw(
    get_addr get_mem kernel pass_through load
    find_addr has_symbol symbol_at symbols
    read_mem read_string read_ptr vtop
    read_user user_vtop cpu_page_tables vmcoreinfo
    sizeof offsetof has_type has_member type_of
    per_cpu cpus command object dump_health
);

# Compiled when first called.
our %LAZY = (
    tasks    => 'Alicia::Linux::Task',
    report   => 'Alicia::Report',
    timeline => 'Alicia::Timeline',
    eventlog => 'Alicia::Lkst',
    (map { $_ => 'Alicia::Linux::Stack' } qw(unwind registers disassemble)),
    map { ("${_}_entries" => 'Alicia::Container') } qw(list hlist llist rbtree xarray idr maple),
);

=head1 NAME

Alicia - the calls a script makes on a kernel crash dump

=head1 SYNOPSIS

    my $banner = get_addr 'linux_banner';
    print join '', map { pack 'V', hex } get_mem($banner, 15);
    print kernel(get_addr('init_task'), 'task_struct', 'comm', 'char *');

    our $task = object('struct task_struct', (tasks())[0]);
    print $task->comm, $task->mm->owner->pid;
    print $_->comm for grep { $_->state eq 'D' } tasks();

=head1 DESCRIPTION

All calls are in C<main>, where lines typed at the prompt and LDAS run; another package gets them with C<use Alicia;>.
Every failure is an L<Alicia::Error>.

=head2 Addresses

An address that a call returns is both text and number: as text C<0x> and lower-case hexadecimal digits, zero-padded to
the kernel's width, so that C<eq> and C<ne> compare addresses; as a number the unsigned value, so that C<$a + 8> and
C<$a & ~0xfff> work. Being text, it is true even when it is null: compare it with C<== 0>.

An address that a call takes may be such a value; an integer, taken as it is; text, which is hexadecimal with or without
C<0x> (C<'12345678'> is 0x12345678); or an object with an C<address> method. Fractions, undef, empty text and negative
numbers die (C<bad_address>). Counts and CPU numbers are decimal.

=head2 get_addr SYMBOL

The address of a symbol in this dump, KASLR applied; the kernel's symbols come before the modules', low addresses before
high ones; for a per-CPU symbol its offset (see C<per_cpu>). Dies: C<no_such_symbol>. C<find_addr> returns undef instead,
and C<has_symbol> only tells.

=head2 get_mem ADDRESS

One pointer, in the kernel's width. So C<for (my $p = get_mem($head); $p ne $head; $p = get_mem($p))> walks a list on any
kernel. B<get_mem($address, 1) is not the same>: it reads 32 bits.

=head2 get_mem ADDRESS, COUNT [, WIDTH]

COUNT (1 to 1048576) words of WIDTH bytes (1, 2, 4 or 8; 4 where it is not given), each an address-like value of that
width; in scalar context the first. All or nothing: dies of the first byte that is not there.

=head2 kernel ADDRESS, STRUCT, MEMBER [, TYPE]

The member of the structure at ADDRESS. STRUCT may carry C<struct> or C<union>, or be a typedef. MEMBER may be a path
through nested and anonymous members, pointers and arrays: C<'mm-E<gt>owner'>, C<'cpus_mask.bits[0]'>. With TYPE:
C<'char *'> gives the bytes up to NUL, of a char array or of what a char pointer points to (undef where that is null);
integer types convert as C would; other pointers give an address; struct, union and array types a typed object. Without
TYPE the kernel's own declaration decides, and an array of char is text. Dies: C<no_such_type>, C<no_such_member>,
C<type_mismatch>, and of what cannot be read.

=head2 pass_through COMMAND

What the debugger prints for one of its commands, as one string; without a debugger, what Alicia's own command of that
name prints. Dies of a newline in it, of more than 1498 bytes, and where the debugger's whole answer is an error.

=cut

sub pass_through {
    my ($line) = @_;
    _throw('bad_argument', 'pass_through needs a command') if !defined $line;
    my $text = _debugger($line);
    return $text if defined $text;
    require Text::ParseWords;
    my ($name, @words) = Text::ParseWords::shellwords($line);
    _throw('bad_argument', 'pass_through needs a command') if !defined $name;
    return Alicia::Loader::capture_shipped($name, @words);
}

=head2 load FILE

Loads an LDAS file, from the current folder or else from the LDAS folders: the subs it defines in main are commands from
then on. Loading again replaces. A file that does not compile changes nothing, and the error says where it fails.

=cut

sub load {
    my ($file) = @_;
    return Alicia::Loader::load($file);
}

=head2 command NAME, WORDS...

Runs a command that ships with Alicia, whatever a user's sub or the debugger calls itself. Prints in void context;
otherwise returns what it would have printed.

=cut

sub command {
    my ($name, @words) = @_;
    return Alicia::Loader::capture_shipped($name, @words) if defined wantarray;
    Alicia::Loader::call_shipped($name, @words);
    return;
}

=head2 find_addr SYMBOL, has_symbol SYMBOL

As get_addr, with undef where there is no such symbol; and whether there is.

=cut

sub has_symbol { my ($name) = @_; return defined find_addr($name) }

=head2 symbols [PREFIX [, SUFFIX...]]

The symbols whose names begin so, and end with one of these where they are given, by address: hashes with C<name>, C<address>, C<type> (nm's letter) and C<module>. Needs
the engine.

=cut

sub symbols {
    my ($prefix, @suffixes) = @_;
    return @{_symbols($prefix // q(), @suffixes)};
}

=head2 symbol_at ADDRESS

The symbol that the address belongs to, C<sys_flock+0x19 [module]>, or undef. Needs the engine.

=head2 read_mem ADDRESS, BYTES; read_string ADDRESS [, LIMIT]; read_ptr ADDRESS

Raw bytes; bytes up to NUL, LIMIT (65536) at most; one pointer.

=head2 vtop ADDRESS

The physical address behind a virtual one. Needs the engine.

=head2 read_user TASK, ADDRESS, BYTES; user_vtop TASK, ADDRESS

Raw bytes at an address of user space, through the page tables of a task (a typed object or the address of its
task_struct), and the physical address behind one. Dies with C<no_memory_there> for a kernel thread. Most dumps leave the
pages of users out: then it is C<page_excluded>. Need the engine.

=head2 cpu_page_tables CPU

The physical address of the top page table that a CPU had loaded: its CR3 where QEMU wrote the dump, else that of the
memory its task used (C<active_mm>).

=head2 vmcoreinfo KEY

A line of the dump's VMCOREINFO, C<OSRELEASE> or C<NUMBER(VA_BITS)>, or undef. Needs the engine.

=head2 dump_health

Looks for every page that no dump level leaves out. A hash: C<items>, an array of hashes C<what examined missing>, and
C<warnings>, an array of lines with the likely cause of what is missing. Needs the engine.

=head2 sizeof TYPE; offsetof STRUCT, MEMBER; has_type TYPE; has_member STRUCT, MEMBER

Of C types by name, as in C<sizeof('struct page')>; bytes. A typed object does for TYPE and STRUCT, offsetof apart.

=head2 type_of SYMBOL or OBJECT

The C type of a global (C<struct task_struct> for C<init_task>), or of a typed object.

=head2 per_cpu SYMBOL, CPU; cpus

The address of one CPU's copy of a per-CPU variable, which may also be given by its offset; the numbers of the CPUs that
are online, in scalar context how many they are.

=cut

sub cpus {
    my @numbers = @{_cpus()};
    return @numbers;
}

=head2 object TYPE, ADDRESS

A typed object, see L<Alicia::Object>.

=head2 list_entries, hlist_entries, llist_entries, rbtree_entries, xarray_entries, idr_entries, maple_entries

The kernel's lists and trees, see L<Alicia::Container>.

=head2 tasks; report; timeline

See L<Alicia::Linux::Task>, L<Alicia::Report> and L<Alicia::Timeline>.

=head2 new Ftrace; new Lkst; eventlog LKST, PID

The kernel's trace buffers, see L<Alicia::Trace>; LKST's, see L<Alicia::Lkst>.

=head2 unwind TASK; registers CPU; disassemble ADDRESS, COUNT

See L<Alicia::Linux::Stack>.

=cut

for my $name (keys %LAZY) {
    my $module = $LAZY{$name};
    my $stub   = sub {
        my $body = _lazy($module, $name);
        goto &{$body};
    };
    no strict 'refs';    ## no critic (ProhibitNoStrict)
    *{$name} = $stub;
}

sub _lazy {
    my ($module, $name) = @_;
    my $file = "$module.pm" =~ s{::}{/}gr;
    require $file;
    return $module->can($name) // die "no sub $name in $module\n";
}

# The classes Ftrace and Lkst, whose modules are read when the first object is made.
sub Ftrace::new {
    my ($class, @options) = @_;
    require Alicia::Trace;
    return Alicia::Trace::new($class, @options);
}

sub Lkst::new {
    my ($class, @options) = @_;
    require Alicia::Lkst;
    return Alicia::Lkst::new($class, @options);
}

# Puts the API into the package that asks; named globs, so that what it brings is no sub of that package's own.
sub import {
    my $package = caller;
    export_to($package);
    return;
}

sub export_to {
    my ($package) = @_;
    no strict 'refs';    ## no critic (ProhibitNoStrict)
    for my $name (@EXPORT, grep { $LAZY{$_} ne $package } keys %LAZY) {
        *{"${package}::$name"} = \&{$name};
    }
    return;
}

# Dies where no dump is open: for what goes on without the parts of a dump that it cannot read.
sub _need_dump {
    die $@ if !eval { cpus(); 1 } && "$@" =~ /\Ano dump is open/;    ## no critic (RequireCarping)
    return;
}

# The text of a value, for the program around.
sub _text { my ($value) = @_; return "$value" }

1;
