# SPDX-License-Identifier: GPL-3.0-or-later
# The report is the same, section by section, whoever stands behind the prompt, but for the rows that name files.
use v5.36;
use Test::More;
use Alicia::Test     qw(alicia debuginfo dump_folder slurp types_file);
use Cpanel::JSON::XS ();
use File::Temp       qw(tempdir);

my $place = tempdir(CLEANUP => 1);
my $dump  = dump_folder('sysrq-6.1') . '/dump.kdump';
my ($vmlinux, $map) = debuginfo('sysrq-6.1');

sub report_of ($name, @arguments) {
    my $file = "$place/$name.json";
    my $run  = alicia({timeout => 600}, '-q', '-e', "report(output=>'$file', details=>0)", @arguments);
    is $run->{status}, 0, "$name: the report is written" or diag $run->{err};
    my $report = Cpanel::JSON::XS->new->utf8->decode(slurp($file));
    return map { $_->{name} => $_ } @{$report->{sections}};
}

# What a section shows, without the rows that name files.
sub shown ($section) {
    return [
        $section->{error},
        map {
            $_->{kind} eq 'pairs'
                ? [grep { $_->[0] !~ /\A(?:KERNEL|SYSTEM MAP)\z/ } @{$_->{pairs}}]
                : $_
        } @{$section->{blocks}}
    ];
}

my %bare = report_of('bare', $dump);
is_deeply [grep { $_->[3] =~ / or / } @{$bare{lock}{blocks}[-1]{rows}}], [], 'every lock has one type';

subtest 'with crash' => sub {
    my %crash = report_of('crash', '-crash', $map, $vmlinux, $dump);
    is_deeply [sort keys %crash], [sort keys %bare], 'the same sections';
    is_deeply shown($crash{$_}),  shown($bare{$_}),  $_ for sort keys %bare;
    my %fact = map {@$_} @{$crash{system}{blocks}[0]{pairs}};
    is $fact{KERNEL},       $vmlinux, 'which names its kernel';
    is $fact{'SYSTEM MAP'}, $map,     'and its map';
};

subtest 'with lcrash' => sub {
    my %lcrash = report_of('lcrash', '-lcrash', $map, $dump, types_file('sysrq-6.1'));
    is_deeply [sort keys %lcrash], [sort keys %bare], 'the same sections';
    is_deeply shown($lcrash{$_}),  shown($bare{$_}),  $_ for sort keys %bare;
    my %fact = map {@$_} @{$lcrash{system}{blocks}[0]{pairs}};
    is $fact{'SYSTEM MAP'}, $map, 'which names its map';
};

# Through a debugger's own commands there are no stacks and no symbol for an address, without which nobody knows where a
# lock ends and what it is; the rest is read the same, in a minute.
my @through = (['-crash', $vmlinux, $dump], ['-lcrash', $map, $dump, types_file('sysrq-6.1')]);
for my $arguments ($ENV{ALICIA_FULL} ? @through : ()) {
    my $mode = $arguments->[0];
    subtest "through $mode" => sub {
        my %through = report_of("through$mode", '--api=debugger', @$arguments);
        is_deeply shown($through{$_}), shown($bare{$_}), $_
            for qw(system stop_log process run_queue memory swap mount network proc_file);
        like $through{lock}{error}, qr/symbol_at needs the engine/, 'the locks say why they are not there';
    };
}

done_testing;
