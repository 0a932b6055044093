# SPDX-License-Identifier: GPL-3.0-or-later
# Damaged copies of a dump: every command ends by itself and says why where it can't, and the report is written every time:
# whole, with a reason in the place of what could not be read, or, of a copy that cannot be opened, with what its file tells.
use v5.36;
use Test::More;
use Alicia::Damage;
use Alicia::Test     qw(alicia_path dump_folder run_program slurp spew);
use Cpanel::JSON::XS ();
use File::Path       qw(remove_tree);
use File::Temp       qw(tempdir);

my $copies   = $ENV{ALICIA_FULL} ? 300 : 16;
my @commands = (
    'what',          'sys',   'log',      'ps',      'bt -a',   'foreach bt',
    'foreach files', 'task',  'runq',     'kmem -i', 'kmem -s', 'kmem -V',
    'swap',          'mount', 'mod',      'net',     'irq',     'files',
    'dev -d',        'timer', 'timer -r', 'timeline',
);
my @titles = (
    'What Happened',
    'System &amp; Dump Information',
    'Stop Log',
    'Stack Trace &amp; Register',
    'Last Function',
    'Last Seconds',
    'Process',
    'Run Queue',
    'Memory Allocation',
    'Swap',
    'Lock',
    'Mount',
    'Load Module',
    'Network',
    'Proc file',
);
my @titles_of_refused = ('What Happened', 'What To Do Next', 'Dump File', 'VMCOREINFO', 'Stop Log');
my $place             = tempdir(CLEANUP => 1);

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
    push @faults, "status $run->{status}"               if $run->{status}           !~ /\A[013]\z/;
    push @faults, 'a control character came through'    if "$run->{out}$run->{err}" =~ /[\x00-\x08\x0b-\x1f\x7f]/;
    push @faults, 'did not say why it cannot be opened' if $run->{status} == 3 && $run->{err} !~ /^alicia: .*\w/;
    return @faults, _in_page($run);
}

sub _in_page ($run) {
    return 'no page' if !-s "$place/out/r.html";
    my $page    = slurp("$place/out/r.html");
    my @shown   = $page =~ m{<h2>([^<]*)</h2>}g;
    my @files   = glob "$place/out/*/*.txt";
    my @wanted  = $run->{status} == 3 ? @titles_of_refused : @titles;
    my $details = $run->{status} == 3 ? 0                  : 7;
    my @faults;
    push @faults, 'sections are missing: ' . join ', ', @shown if "@shown" ne "@wanted";
    push @faults, 'the page has no end'             if $page                        !~ m{</html>\s*\z};
    push @faults, 'a section could not be made'     if $run->{status} == 3 && $page =~ /could not be made/;
    push @faults, @files . ' files beside it'       if @files != $details;
    push @faults, 'a control character in the page' if $page =~ /[\x00-\x08\x0b-\x1f\x7f]/;

    # A slip of the program's own, and no finding about the dump.
    my $slip =
        qr/uninitialized|isn't numeric|outside of string|[Dd]eep recursion|Can't (?:use|locate|call)| line \d+[.]/;
    push @faults, map {"slip: $_"} grep { $_ =~ $slip } split /[\n<>]/, "$page\n$run->{err}\n$run->{out}";
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
note sprintf '%d copies: %d whole reports, %d of copies that could not be opened', $copies, $reports, $ended{3} // 0;
cmp_ok $reports, '>', $copies / 2, 'most could be reported on';

# Copies that lead nowhere but hold the log, each in another way: no dump by its first bytes, no core by its header.
my %refused = (
    'signature' => ['kdump', sub ($bytes) { 'broken! ' . substr $bytes, 8 }],
    'ELF type'  => ['elf',   sub ($bytes) { substr $bytes, 16, 2, pack 'v', 77; $bytes }],
);
for my $what (sort keys %refused) {
    my ($format, $change) = @{$refused{$what}};
    subtest "a copy with a damaged $what" => sub {
        mkdir "$place/out" or die;
        my $bytes = slurp(dump_folder('sysrq-6.1') . "/dump.$format");
        spew("$place/refused", $change->($bytes));
        my $file = "$place/out/r.json";
        my $run  = run_program(
            [alicia_path(), '-q', '-e', "report(output=>'$file', redact=>1)", '-e', 'die', "$place/refused"]);
        is $run->{status}, 3,  'the status says that it could not be opened';
        is $run->{out},    '', 'lines that want no report are not run';
        my $report  = Cpanel::JSON::XS->new->utf8->decode(slurp($file));
        my %section = map { $_->{name} => $_ } @{$report->{sections}};
        is $report->{stop}, 'Kernel panic - not syncing: sysrq triggered crash', 'what the kernel said was found';
        is $report->{what}, undef,                                               'what happened is not known';
        like $report->{facts}{RELEASE}, qr/\A6[.]1[.]/, 'the release is';
        my %found = map  { $_ => 1 } map { split /\n/, $_->{text} // '' } @{$section{stop_log}{blocks}};
        my @lines = map  {s/\A\[ *\d+[.]\d+\] //r} split /\n/, slurp(dump_folder('sysrq-6.1') . '/dmesg.txt');
        my @there = grep { $found{$_} } @lines;
        cmp_ok scalar @there, '>', 0.9 * @lines, 'the log was found: ' . @there . ' of ' . @lines . ' lines';
        remove_tree("$place/out");
    };
}

done_testing;
