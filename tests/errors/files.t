# SPDX-License-Identifier: GPL-3.0-or-later
# Files that are no dump, or only part of one: exit status 3 and one line that says what is wrong.
use strict;
use warnings;
use Alicia::Test qw(alicia alicia_path dump_folder run_program slurp spew);
use File::Temp   qw(tempdir);
use Test::More;

my $dump  = dump_folder('sysrq-6.1') . '/dump.kdump';
my $bytes = slurp($dump);
my $elf   = dump_folder('sysrq-6.1') . '/dump.elf';
my $work  = tempdir(CLEANUP => 1);
chmod 0755, $work;

# refused($name, $pattern, @files): opening them fails as it should.
sub refused {
    my ($name, $pattern, @files) = @_;
    my $run = alicia('-e', 'print "opened"', @files);
    is($run->{status}, 3,  "$name: exit status 3");
    is($run->{out},    '', "$name: nothing printed");
    like($run->{err}, qr/\Aalicia: [^\n]+\n\z/, "$name: one line");
    like($run->{err}, $pattern,                 "$name: says what is wrong");
    return;
}

# variant($name, $content): a file with that content.
sub variant {
    my ($name, $content) = @_;
    spew("$work/$name", $content);
    return "$work/$name";
}

# cut($share): the dump's first bytes.
sub cut { return substr $bytes, 0, int(length($bytes) * shift) }

refused('missing',   qr/No such file|does not exist/i, "$work/none");
refused('empty',     qr/empty/,                        variant('empty', ''));
refused('directory', qr/directory/,                    $work);
refused('text',      qr/text/,                         variant('text', "a letter\nfrom home\n" x 500));
refused('at 1 %',    qr/truncated.*beyond/s,           variant('one',  cut(0.01)));
refused('at 50 %',   qr/truncated.*beyond/s,           variant('half', cut(0.50)));

# Another architecture: the header of a kdump names its machine, that of an ELF file has its number.
my $machine = index $bytes, "x86_64\0";
ok($machine > 0 && $machine < 1024, 'the header names the machine');
my $other = $bytes;
substr $other, $machine, 8, "aarch64\0";
refused('another architecture (kdump)', qr/aarch64/, variant('arm', $other));
my $elf_bytes = slurp($elf);
substr $elf_bytes, 18, 2, pack 'v', 183;
refused('another architecture (ELF)', qr/aarch64/, variant('elf-arm', $elf_bytes));

# Root reads everything: the unreadable file is tried as nobody.
my $unreadable = variant('unreadable', cut(0.01));
chmod 0, $unreadable;
my @as_nobody = $> == 0 ? qw(setpriv --reuid=65534 --regid=65534 --clear-groups) : ();
SKIP: {
    my $can_run = run_program([@as_nobody, alicia_path(), '--version']);
    skip 'nobody cannot reach the program here', 2 if $can_run->{status} != 0;
    my $run = run_program([@as_nobody, alicia_path(), '-e', '1', $unreadable]);
    is($run->{status}, 3, 'unreadable: exit status 3');
    like($run->{err}, qr/\Aalicia: [^\n]*[Pp]ermission denied[^\n]*\n\z/, 'unreadable: says so');
}

# What lacks a little opens, with a warning.
my $most =
    alicia('-e', q{print kernel(get_addr('init_task'), 'task_struct', 'comm', 'char *')}, variant('most', cut(0.99)));
is($most->{status}, 0,           'at 99 %: opens');
is($most->{out},    'swapper/0', 'at 99 %: answers');
my $warned = qr/alicia: warning: [^\n]*truncated[^\n]*\n/;
my $tables = qr/alicia: warning: page tables are missing[^\n]*\n/;    # where the kernel had them in the last pages
like($most->{err}, qr/\A$warned$tables?\z/, 'at 99 %: warns, once');

done_testing;
