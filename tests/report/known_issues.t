# SPDX-License-Identifier: GPL-3.0-or-later
# Known issues: every file that ships parses, has a source, matches what its samples show and not what another's do; a
# condition that doesn't hold keeps it from matching; files that are no good are refused with a reason; a user's own is found.
use v5.36;
use FindBin qw($Bin);
use lib "$Bin/../../perl-api/lib";
use Test::More;
use Alicia::Linux::KnownIssue qw(read_issue match_issue version_of);
use Alicia::Test              qw(alicia dump_folder spew);
use File::Temp                qw(tempdir);

my @files = glob "$Bin/../../etc/knowledge/issues/*.issue";
cmp_ok scalar @files, '>=', 15, 'there are some';

# What a dump would show of an issue's samples.
sub facts ($issue) {
    my @lines = map { {text => $_} } @{$issue->{sample} // []};
    return {
        kind    => $issue->{'sample-kind'}[0]   // 'unheard of',
        version => $issue->{'sample-kernel'}[0] // '6.1.1',
        module  => $issue->{'sample-module'}[0] // '',
        names   => [map { split ' ' } @{$issue->{'sample-stack'} // []}],
        lines   => sub {@lines},
        all     => sub {@lines},
    };
}

my %issue = map { my $issue = read_issue($_); $issue->{name} => $issue } @files;
for my $name (sort keys %issue) {
    subtest $name => sub {
        my $issue = $issue{$name};
        my $facts = facts($issue);
        like $_, qr{\Ahttps://[\w.-]+/\S+\z}, 'a source' for @{$issue->{link}};
        ok scalar @{$issue->{sample} // []}, 'has a sample';
        my @reasons = match_issue($issue, $facts);
        ok scalar @reasons, 'matches its sample' or return;
        my @others = grep { $_ ne $name && match_issue($issue{$_}, $facts) } sort keys %issue;
        is "@others", '', 'no other matches it';

        my %wrong = (
            kind    => ['kind',    'machine check'],
            module  => ['module',  'ext4'],
            kernel  => ['version', '2.6.18'],
            stack   => ['names',   ['schedule', 'do_nothing']],
            log     => ['lines',   sub { {text => 'nothing to see'} }],
            earlier => ['all',     sub { {text => 'nothing to see'} }],
        );

        for my $condition (grep { $issue->{$_} } sort keys %wrong) {
            my ($fact, $value) = @{$wrong{$condition}};
            is_deeply [match_issue($issue, {%$facts, $fact => $value})], [], "$condition counts";
        }
    };
}

subtest 'versions' => sub {
    my $folder  = tempdir(CLEANUP => 1);
    my $matches = sub ($range, $version) {
        spew("$folder/x.issue", "title: t\nlink: https://e.org/x\nremedy: r\nkernel: $range\n");
        return match_issue(read_issue("$folder/x.issue"), {version => $version}) ? 1 : 0;
    };
    my @cases = (
        ['5.4 - 5.10.11', '5.4',      1],
        ['5.4 - 5.10.11', '5.10.11',  1],
        ['5.4 - 5.10.11', '5.10.12',  0],
        ['5.4 - 5.10.11', '5.3.18',   0],
        ['5.4 - 5.10',    '5.10.200', 1],
        ['- 4.19',        '4.4.1',    1],
        ['- 4.19',        '4.20',     0],
        ['6.1 -',         '6.12.3',   1],
        ['6.1',           '6.1.55',   1],
        ['6.1',           '6.10.1',   0],
        ['4.14, 6.1',     '6.1.2',    1],
    );
    is $matches->(@$_[0, 1]), $_->[2], "$_->[1] in $_->[0]" for @cases;
    is version_of('6.1.0-56-cloud-amd64', '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-01)'), '6.1.192',
        "Debian's";
    is version_of('5.14.0-362.el9.x86_64', '#1 SMP'), '5.14.0', "others'";
};

subtest 'what is no issue' => sub {
    my $folder = tempdir(CLEANUP => 1);
    my $head   = "title: t\nlink: https://e.org/x\nremedy: r\n";
    my %wrong  = (
        "link: https://e.org/x\nremedy: r\nkind: BUG\n" => qr/\Ax\.issue: no title$/,
        "title: t\nremedy: r\nkind: BUG\n"              => qr/\Ax\.issue: no link$/,
        $head                                           => qr/\Ax\.issue: no condition$/,
        "${head}log: (\n"                               => qr/\Ax\.issue: log: Unmatched \(/,
        "${head}kernel: new\n"                          => qr/\Ax\.issue: kernel: 'new' is no range/,
        "${head}colour: red\n"                          => qr/\Ax\.issue line 4: neither a key/,
        "  title: t\n"                                  => qr/\Ax\.issue line 1: neither a key/,
    );
    for my $text (sort keys %wrong) {
        spew("$folder/x.issue", $text);
        ok !eval { read_issue("$folder/x.issue") }, $text =~ s/\n/ | /gr;
        like $@, $wrong{$text}, 'says why';
    }
};

subtest q(a user's issues and rules) => sub {
    my $folder = tempdir(CLEANUP => 1);
    mkdir "$folder/$_" or die for qw(issues stops);
    my $head = "title: ours <b>\x1b[31m\nlink: https://e.org/x\nremedy: none\n";
    spew("$folder/issues/ours.issue",    "${head}kind: sysrq\nlog: sysrq triggered\nstack: sysrq_handle_crash\n");
    spew("$folder/issues/bad.issue",     "title: bad\n");
    spew("$folder/stops/05-dies.ldas",   "use v5.36;\nsub judge (\$stop) { die qq(out of ideas\\n) }\n1;\n");
    spew("$folder/stops/06-broken.ldas", "this is no Perl {\n");
    my $run = alicia('-q', '-I', $folder, '-e', 'what', dump_folder('sysrq-6.1') . '/dump.kdump');
    is $run->{status}, 0,  'what happened is told';
    is $run->{err},    '', 'without a complaint';
    like $run->{out}, qr/^ +KIND: sysrq$/m,                               'by the rule that ships';
    like $run->{out}, qr/^Known issue: ours <b>\\x1b\[31m$/m,             'the issue is found, and its text is escaped';
    like $run->{out}, qr/^ +MATCHES: kind is sysrq$/m,                    'a reason';
    like $run->{out}, qr/^ +MATCHES: on the stack: sysrq_handle_crash$/m, 'another';
    like $run->{out}, qr/^ +MATCHES: log: Kernel panic - not syncing: sysrq triggered crash$/m, 'and another';
    like $run->{out}, qr/^\(not known: rule 05-dies: out of ideas\)$/m,      'a rule that dies is noted';
    like $run->{out}, qr/^\(not known: rule 06-broken: /m,                   'one that does not compile, too';
    like $run->{out}, qr/^\(not known: known issue bad\.issue: no link\)$/m, 'and an issue that is none';

    my ($hash) = split ' ', alicia('-q', '-e', 'what -s', dump_folder('sysrq-6.1') . '/dump.kdump')->{out};
    spew("$folder/issues/ours.issue", "title: seen before\nlink: https://e.org/x\nremedy: none\nsignature: $hash\n");
    $run = alicia('-q', '-I', $folder, '-e', 'what', dump_folder('sysrq-6.12') . '/dump.kdump');
    like $run->{out}, qr/^ +MATCHES: signature is $hash$/m, 'another dump of the same is known by its signature';

    spew("$folder/stops/20-sysrq.ldas", <<'RULE');
use v5.36;
sub judge ($stop) { return {kind => 'sysrq', sentence => 'ours', stack => [$stop->stack]} }
1;
RULE
    $run = alicia('-q', '-I', $folder, '-e', 'what', dump_folder('sysrq-6.1') . '/dump.kdump');
    like $run->{out}, qr/^ +WHAT: ours$/m, 'of two rules with one name the user\'s counts';
};

done_testing;
