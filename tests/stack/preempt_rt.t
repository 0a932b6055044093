# SPDX-License-Identifier: GPL-3.0-or-later
# A PREEMPT_RT kernel's dump: log, tasks and report. Its traces are in truth.t.
use v5.36;
use Test::More;
use Alicia::Test     qw(alicia dump_folder in_this_run slurp);
use Cpanel::JSON::XS ();
use File::Temp       qw(tempdir);

my ($scenario) = in_this_run('rt-6.1');
plan skip_all => 'only where all dumps are looked at' if !$scenario;

my $folder = dump_folder($scenario);
my $place  = tempdir(CLEANUP => 1);

sub said ($line) {
    my $run = alicia('-q', '--no-config', '-e', $line, "$folder/dump.kdump");
    is $run->{err}, '', "$line: nothing complained of";
    return $run->{out};
}

is said('log'), slurp("$folder/dmesg.txt"), 'the log';

# PID and name of each thread. A task_struct has the first fifteen characters only, of kernel threads /proc has all. What a
# kworker works for isn't part of its task's name; they come and go.
my %truth = map { (split /\t/)[0] => substr((split /\t/)[4], 0, 15) } grep {/\A\d/} split /\n/,
    slurp("$folder/truth/tasks");
my %found    = said('ps') =~ /^>? +(\d+) .*\d  \[?(.*?)\]?$/mg;
my @kworkers = grep { ($truth{$_} // $found{$_}) =~ /\Akworker/ } keys %truth, keys %found;
for my $tasks (\%truth, \%found) {
    delete @$tasks{0, @kworkers};    # and idle tasks, which /proc hasn't
}
is_deeply \%found, \%truth, 'the tasks';

said("report(output=>'$place/report.json', details=>0)");
my $report = Cpanel::JSON::XS->new->utf8->decode(slurp("$place/report.json"));
is_deeply [map {"$_->{name}: $_->{error}"} grep { defined $_->{error} && $_->{error} ne '' } @{$report->{sections}}],
    [],
    'every section of the report';
cmp_ok scalar @{$report->{sections}}, '>=', 13, 'of which there are thirteen';
like slurp("$place/report.json"), qr/sysrq_handle_crash/, 'it names the function';
done_testing;
