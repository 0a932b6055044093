# SPDX-License-Identifier: GPL-3.0-or-later
# What happened: on each kind of stop that the factory plants, the kind, function, module and process that were planted, and
# signatures that are the same for two runs of one stop and different for different stops.
use v5.36;
use Test::More;
use Alicia::Test     qw(alicia debuginfo dump_folder in_this_run slurp);
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
    my $complaint =
        $scenario =~ /\Aholes/ ? qr/\A\S+ warning: \d+ of \d+ slab pages .*\ntasks: .* on no list.*\n\z/ : qr/\A\z/;
    like $run->{err}, $complaint, "$scenario: written without a complaint";
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

# What is left where the log, or the stacks, can't be read.
my %lacking = (
    log   => '*Alicia::Linux::Log::records = sub { die qq(no log\n) };',
    stack => '*Alicia::Linux::Stack::trace = sub { die qq(no stack\n) };',
);
my %differs = (log => qr/\Aoom/, stack => qr/\A(?:deadlock|doublefree)/);

for my $scenario (sort keys %signature) {
    for my $lacks (sort keys %lacking) {
        my ($what) =
            what($scenario, '-e', "no warnings; require Alicia::Report; require Alicia::Linux::What; $lacking{$lacks}");
        my $planted = planted($scenario);
        like "@{$what->{lacks}}", qr/: no $lacks\b/, "$scenario without the $lacks: says so";
        next if $scenario =~ /\A(?:doublefree|hardlockup)/ && $lacks eq 'stack';    # a BUG then, or an NMI
        is $what->{kind}, $planted->{kind}, 'and knows the kind';
        next if $scenario =~ $differs{$lacks};
        is $what->{signature}{text}, $signature{$scenario}, 'and the signature';
    }
}

subtest 'a dump that lacks pages' => sub {
    my ($what) = what('holes-6.12');
    is $what->{kind},            'sysrq',                  'the kind';
    is $what->{signature}{text}, $signature{'sysrq-6.12'}, 'the same stop, the same signature';
};

# Architectures whose stacks can't be unwound, and a kernel without types: what the log says is told.
for my $scenario (in_this_run(qw(arm64-6.12 i386 i386-pae))) {
    subtest $scenario => sub {
        my $run = alicia('-q', '-e', 'what', dump_folder($scenario) . '/dump.kdump');
        like $run->{out}, qr/^ +KIND: sysrq$/m,                      'the kind';
        like $run->{out}, qr/^ +FUNCTION: sysrq_handle_crash$/m,     'the function';
        like $run->{out}, qr/^ +PROCESS: init$/m,                    'the process';
        like $run->{out}, qr/^\(not known: the stack of CPU \d+: /m, 'that there is no stack';
    };
}

subtest 'with crash, and through it alone' => sub {
    my $dump      = dump_folder('sysrq-6.1') . '/dump.kdump';
    my ($vmlinux) = debuginfo('sysrq-6.1');
    my $native    = alicia('-q', '-e', 'what', $dump);
    my $crash     = alicia('-q', '-e', 'what', '-crash', $vmlinux, $dump);
    is $native->{status}, 0, 'without crash';
    like $native->{out}, qr/^ +KIND: sysrq$/m, 'it says what happened';
    is $crash->{out}, $native->{out}, 'with it just the same';
    is $crash->{err}, '',             'without a complaint';
};

subtest 'the command' => sub {
    my $dump = dump_folder('null-6.1') . '/dump.kdump';
    my $run  = alicia('-q', '-e', 'what -s', $dump);
    like $run->{out}, qr/\A[0-9a-f]{12}  null dereference: fault_null \[alicia_fault\] < fault_write [^\n]*\n\z/,
        'what -s';
    is + (split ' ', $run->{out})[0], (what('null-6.1'))[0]{signature}{hash}, 'is what the report has';
    for my $words ('-x', 'now') {
        my $wrong = alicia('-q', '-e', "what $words", $dump);
        is $wrong->{status}, 1, "what $words";
        like $wrong->{err}, qr/\Aalicia: [^\n]*; usage: what \[-s\]\n\z/, 'says how it is used';
    }
    like alicia('-q', '-e', 'help what', $dump)->{out}, qr/what - what happened/, 'help has it';
};

subtest 'without types' => sub {
    my $code = join '', 'no warnings; ',
        map {"*Alicia::$_ = sub { die qq(no types\\n) }; "} qw(kernel sizeof offsetof has_type has_member _walk);
    my $run = alicia('-q', '-e', $code, '-e', 'what', dump_folder('null-6.1') . '/dump.kdump');
    like $run->{out}, qr/^ +KIND: null dereference$/m,                   'the kind, by code and registers';
    like $run->{out}, qr/^ +FUNCTION: fault_null$/m,                     'the function';
    like $run->{out}, qr/^ +MODULE: alicia_fault, taint \(not known\)/m, 'no taint is made up';
    like $run->{out}, qr/^\(not known: the log: no types\)$/m,           'what is lacking is said';
};

subtest 'hostile text' => sub {
    my $code =
          'my $r = Alicia::Report->new(sections => ["what_happened"]);'
        . q( $r->{memo}{records} = {value => [map { {nanoseconds => $_, text => "Kernel panic - not syncing: \e[31m<b>&\xff\n$_"} } 1 .. 3]};)
        . ' print Alicia::Report::Plain::render($r, $r->collect);';
    my $run = alicia(
        '-q', '-e',
        "require Alicia::Report; require Alicia::Report::Plain; $code",
        dump_folder('null-6.1') . '/dump.kdump'
    );
    like $run->{out},   qr/with the words: \\x1b\[31m<b>&\\xff/, 'is shown';
    unlike $run->{out}, qr/[^\x20-\x7e\n]/,                      'as text';
};

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
