# SPDX-License-Identifier: GPL-3.0-or-later
# Damaged copies of a dump: every command ends by itself and says why where it can't, and wherever the dump can be opened at
# all the report is written, whole, with a reason in the place of what could not be read.
use v5.36;
use Test::More;
use Alicia::Damage;
use Alicia::Test qw(alicia_path dump_folder run_program slurp);
use File::Path   qw(remove_tree);
use File::Temp   qw(tempdir);

my $copies   = $ENV{ALICIA_FULL} ? 300 : 16;
my @commands = (
    'what', 'sys',  'log',     'ps', 'bt -a', 'foreach bt', 'foreach files',
    'task', 'runq', 'kmem -i', 'kmem -s', 'kmem -V', 'swap', 'mount', 'mod', 'net', 'irq', 'files', 'dev -d',
);
my @titles = (
    'What Happened',
    'System &amp; Dump Information',
    'Stop Log',
    'Stack Trace &amp; Register',
    'Last Function',
    'Process', 'Run Queue', 'Memory Allocation',
    'Swap',    'Lock', 'Mount', 'Load Module', 'Network', 'Proc file',
);
my $place = tempdir(CLEANUP => 1);

# Everything at once, with two gigabytes of memory and three minutes.
sub run_on ($dump) {
    my @code = map { ('-e', $_) } "report(output=>'$place/out/r.html')", @commands;
    return run_program(['/bin/sh', '-c', 'ulimit -v 2097152; exec "$@"', '-', alicia_path(), '-q', @code, $dump],
        timeout => 180);
}

# What is wrong with what it did; empty where all is well.
sub faults ($run) {
    my @faults;
    push @faults, "ended by signal $run->{signal} after $run->{seconds} s" if $run->{signal};
    push @faults, "status $run->{status}"            if $run->{status}           !~ /\A[013]\z/;
    push @faults, 'a control character came through' if "$run->{out}$run->{err}" =~ /[\x00-\x08\x0b-\x1f\x7f]/;
    return @faults, _in_page($run) if $run->{status} != 3;
    push @faults, 'did not say why it cannot be opened' if $run->{err} !~ /^alicia: .*\w/;
    return @faults;
}

sub _in_page ($run) {
    return 'no page' if !-s "$place/out/r.html";
    my $page  = slurp("$place/out/r.html");
    my @shown = $page =~ m{<h2>([^<]*)</h2>}g;
    my @files = glob "$place/out/*/*.txt";
    my @faults;
    push @faults, 'sections are missing: ' . join ', ', @shown if "@shown" ne "@titles";
    push @faults, 'the page has no end'             if $page !~ m{</html>\s*\z};
    push @faults, @files . ' files beside it'       if @files != 7;
    push @faults, 'a control character in the page' if $page =~ /[\x00-\x08\x0b-\x1f\x7f]/;

    # A slip of the program's own, and no finding about the dump.
    my $slip =
        qr/uninitialized|isn't numeric|outside of string|[Dd]eep recursion|Can't (?:use|locate|call)| line \d+[.]/;
    push @faults, map {"slip: $_"} "$page\n$run->{err}\n$run->{out}" =~ /([^\n<>]*$slip[^\n<>]*)/g;
    return @faults;
}

my %ended;
for my $format (qw(kdump elf)) {
    my $damage = Alicia::Damage->new(dump_folder('sysrq-6.1') . "/dump.$format", "$place/dump");
    subtest "$format: nothing damaged" => sub {
        mkdir "$place/out" or die;
        my $run = run_on("$place/dump");
        is $run->{status}, 0, 'all succeeds';
        is_deeply [faults($run)], [], 'nothing is wrong';
        unlike slurp("$place/out/r.html"), qr/could not be made/, 'with the page either';
        remove_tree("$place/out");
    };
    for my $number (1 .. $copies / 2) {
        mkdir "$place/out" or die;
        my $what = $damage->damage($number);
        my $run  = run_on("$place/dump");
        is_deeply [faults($run)], [], "$format $number, $what: status $run->{status}";
        $ended{$run->{status}}++;
        $damage->mend;
        remove_tree("$place/out");
    }
    is run_program(['cmp', "$place/dump", dump_folder('sysrq-6.1') . "/dump.$format"])->{status}, 0,
        'the damage was taken back';
}
my $reports = ($ended{0} // 0) + ($ended{1} // 0);
note sprintf '%d copies: %d reports, %d could not be opened', $copies, $reports, $ended{3} // 0;
cmp_ok $reports, '>', $copies / 2, 'most could be reported on';

done_testing;
