# SPDX-License-Identifier: GPL-3.0-or-later
# What happened: on each kind of stop that the factory plants, the kind, function, module and process that were planted, and
# signatures that are the same for two runs of one stop and different for different stops.
use v5.36;
use Test::More;
use Alicia::Test     qw(alicia dump_folder in_this_run slurp);
use Cpanel::JSON::XS ();
use File::Temp       qw(tempdir);

my @kinds  = qw(sysrq null irq bug list uaf doublefree stack deadlock softlockup hardlockup rcu oom);
my $folder = tempdir(CLEANUP => 1);

# What the JSON report says of it, and the section.
sub what ($scenario, @before) {
    my $file = "$folder/" . ($scenario =~ s/\W/_/gr) . '.json';
    my $run  = alicia(
        '-q', @before, '-e',
        "report $file nodetails sections=what_happened",
        dump_folder($scenario) . '/dump.kdump'
    );
    is $run->{err}, '', "$scenario: written without a complaint";
    my $report = Cpanel::JSON::XS->new->utf8->decode(slurp($file));
    return ($report->{what}, $report->{sections}[0]);
}

sub planted ($scenario) {
    return {map { /^(\w+) *= (.*)$/ ? ($1 => $2) : () } split /\n/, slurp(dump_folder($scenario) . '/planted')};
}

sub pair ($section, $label) {
    my ($pairs) = grep { $_->{kind} eq 'pairs' } @{$section->{blocks}};
    return (map { $_->[0] eq $label ? $_->[1] : () } @{$pairs->{pairs}})[0];
}

my %signature;

for my $scenario (
    in_this_run(
        map {
            my $kernel = $_;
            map {"$_-$kernel"} @kinds
        } qw(6.1 6.12)
    )
    )
{
    subtest $scenario => sub {
        my $planted = planted($scenario);
        my ($what, $section) = what($scenario);
        is $what->{kind},           $planted->{kind},         'the kind of stop';
        is $what->{module},         $planted->{module} // '', 'the module';
        is "@{$what->{functions}}", $planted->{function},     'the function' if $planted->{function};
        is "@{$what->{process}}",   $planted->{process},      'the process'  if $planted->{process};
        like $what->{sentence}, qr/\Q$planted->{address}\E\b/, 'the sentence has the address' if $planted->{address};
        for my $name (split / /, join ' ', grep {defined} @$planted{qw(function lock)}) {
            next if $scenario =~ /\Aoom|\Asysrq/;
            my $words = join ' ', $what->{sentence}, "@{$what->{functions}}";
            like $words, qr/\b\Q$name\E\b/, "$name is named";
        }
        like $what->{signature}{hash},   qr/\A[0-9a-f]{12}\z/,                         'a signature';
        unlike $what->{signature}{text}, qr/0x|[+]\d|[.](?:constprop|isra|part|cold)/, 'made of names';
        is pair($section, 'KIND'), $planted->{kind}, 'the section has it too';
        like pair($section, 'MODULE'), qr/\A\Q$planted->{module}\E, taint OE \(/, 'with the taint'
            if $planted->{module};
        is_deeply [grep { ($_->{text} // '') =~ /not known/ } @{$section->{blocks}}], [], 'nothing is lacking';
        is_deeply $what->{known}, [], 'none of the known issues is this';
        $signature{$scenario} = $what->{signature}{text};
    };
}

for my $kernel (qw(6.1 6.12)) {
    my @here = grep {/-\Q$kernel\E\z/} sort keys %signature;
    my %of;
    push @{$of{$signature{$_}}}, $_ for @here;
    is_deeply [grep { @$_ > 1 } values %of], [], "$kernel: different stops have different signatures";
}

# Other runs of the same take a minute each to make.
if ($ENV{ALICIA_FULL}) {
    for my $scenario (sort keys %signature) {
        my ($again) = what("$scenario\@2");
        is $again->{signature}{text}, $signature{$scenario}, "$scenario: another run has the same signature";
    }
}

done_testing;
