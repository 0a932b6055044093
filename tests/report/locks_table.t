# SPDX-License-Identifier: GPL-3.0-or-later
# The table of global locks against debug information: every lock that drgn finds among the globals of vmlinux is in it with
# its type. The packages with debug information are fetched with ALICIA_FULL.
use v5.36;
use Test::More;
use Alicia::Test   qw(alicia debuginfo dump_folder run_program slurp);
use Cwd            qw(abs_path);
use File::Basename qw(dirname);

plan skip_all => 'debug information is fetched with ALICIA_FULL' if !$ENV{ALICIA_FULL};
my $here = abs_path(dirname(__FILE__));
my %table;
for my $line (split /\n/, slurp("$here/../../perl-api/lib/Alicia/Linux/locks.tsv")) {
    $table{$1}{$2} = 1 if $line =~ /\A(\w+)\t([\w ]+)(?:\t[\w ]+)?\z/;
}

my %in_a_kernel;
for my $scenario (qw(sysrq-6.1 sysrq-6.12)) {
    subtest $scenario => sub {
        my ($vmlinux) = debuginfo($scenario);
        my $run = run_program(["$here/locks_of_vmlinux", $vmlinux], timeout => 600);
        is $run->{status}, 0, 'drgn read them' or diag $run->{err};
        my @locks   = map  { [split /\t/] } split /\n/, $run->{out};
        my @missing = grep { !$table{$_->[0]}{$_->[1]} } @locks;
        is_deeply [map {"$_->[0] $_->[1]"} @missing], [], 'all ' . @locks . ' are in the table';
        my %types;
        $types{$_->[0]}{$_->[2]}       = $_->[1] for @locks;
        $in_a_kernel{$_->[0]}{$_->[1]} = 1       for @locks;

        # What the dump alone says of the type, where the table leaves a choice.
        my $code =
              'require Alicia::Linux::Lock; '
            . 'printf "%s\t%s\t%x\n", $_->{name}, $_->{type}, $_->{address} - hex(vmcoreinfo("KERNELOFFSET")) '
            . 'for Alicia::Linux::Lock::global_locks()';
        my $told = alicia('-q', '-e', $code, dump_folder($scenario) . '/dump.kdump')->{out};
        my $seen = 0;
        for my $line (split /\n/, $told) {
            my ($name, $type, $address) = split /\t/, $line;
            my $true = $types{$name}{$address} // next;
            $seen++;
            unlike $type, qr/ or /, "$name has one type";
            my %said = map { $_ => 1 } $type, split / or /, $type;
            next if $said{$true} || $said{$true =~ s/\Astruct //r};
            is $type, '?', "$name, which is $true, has no type rather than another";
        }
        cmp_ok $seen, '>', 450, "of $seen locks the report has the right type";
    };
}
my @nowhere = grep { !$in_a_kernel{$_} } sort keys %table;
note 'in neither kernel: ', join ' ', @nowhere;

done_testing;
