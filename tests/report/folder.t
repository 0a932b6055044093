# SPDX-License-Identifier: GPL-3.0-or-later
# The reports of a folder of dumps, and the page that groups them.
use v5.36;
use Test::More;
use Alicia::Pty;
use Alicia::Test     qw(alicia alicia_path dump_folder run_program slurp spew);
use Cpanel::JSON::XS ();
use File::Basename   qw(dirname);
use File::Copy       qw(copy);
use File::Path       qw(make_path);
use File::Temp       qw(tempdir);
use JSON::Validator  ();

# Two of one crash on two kernels, another crash, and what cannot be read.
my $place = tempdir(CLEANUP => 1);
my %dump  = (
    'host-a/2026/vmcore'          => 'sysrq-6.1',
    'host-b/dump.kdump'           => 'sysrq-6.12',
    "host-b/<b>\"'&\e[31m\377.kd" => 'null-6.1',
);
for my $file (sort keys %dump) {
    make_path("$place/in/" . $file =~ s{/[^/]*\z}{}r);
    copy(dump_folder($dump{$file}) . '/dump.kdump', "$place/in/$file") or die;
}
make_path("$place/in/host-c");
spew("$place/in/host-c/vmcore-incomplete", '');
spew("$place/in/host-c/vmcore",             substr slurp("$place/in/host-b/dump.kdump"), 0, 5_000_000);
spew("$place/in/host-c/vmcore-dmesg.txt",   "[    0.000000] Linux version\n");
spew("$place/in/host-c/notes",              "nothing but words\n");
spew("$place/in/host-c/looks-like-one.bin", 'KDUMP   ' . "\0" x 5000);

subtest 'every dump, grouped by the crash' => sub {
    my $run = alicia('-q', '-e', "report(output=>'$place/\xc3\xb6ut/', details=>0)", "$place/in");
    is $run->{status}, 0,  'succeeds';
    is $run->{err},    '', 'and draws no progress line where there is no terminal';
    my $index  = Cpanel::JSON::XS->new->utf8->decode(slurp("$place/\xc3\xb6ut/index.json"));
    my $schema = dirname(__FILE__) . '/../../perl-api/lib/Alicia/Report/reports.schema.json';
    is_deeply [JSON::Validator->new->schema($schema)->validate($index)], [], 'the data are as their schema has them';
    my @together = map {
        join ' ', map {s{/.*}{}r}
            map { $_->{report} }
            @{$_->{dumps}}
    } @{$index->{crashes}};
    is_deeply \@together, ['host-b-dump.kdump host-a-2026-vmcore', 'host-b-_b______31m_.kd'],
        'the same crash stands together, the latest first';
    my %hash = map { $_->{signature}{hash} => 1 } map { @{$_->{dumps}} } @{$index->{crashes}};
    is scalar keys %hash, 2, 'told by its signature';
    like $index->{crashes}[0]{headline}, qr/\ASysrq in sysrq_handle_crash\z/,                     'what happened';
    like $index->{crashes}[1]{headline}, qr/\ANull dereference in fault_null \[alicia_fault\]\z/, 'and in the other';
    is_deeply [map { $_->{file} =~ s{.*/}{}r } @{$index->{broken}}], [qw(looks-like-one.bin vmcore vmcore-incomplete)],
        'what cannot be read is listed';
    like $index->{broken}[1]{error}, qr/truncated: 5000000 of \d+ bytes/, 'with its reason';
    like $index->{broken}[2]{error}, qr/empty file/,                      'each its own';
    my $page  = slurp("$place/\xc3\xb6ut/index.html");
    my @links = $page =~ /href="([^"]*)"/g;
    is scalar @links, 6, 'the page leads to every report, of what cannot be opened, too';
    ok -s "$place/\xc3\xb6ut/$_", "which is there: $_" for @links;
    like $page,   qr{&lt;b&gt;&quot;&#39;&amp;\\x1b\[31m\\xff\.kd}, 'a name is text';
    unlike $page, qr{[\x00-\x08\x0b-\x1f]|<b>"},                    'and nothing else';
    is_deeply [map {s{.*/}{}r} glob "$place/\xc3\xb6ut/*/*"], [('report.html') x 6], 'nothing else is left behind';
    like slurp("$place/\xc3\xb6ut/$index->{broken}[1]{report}"), qr{<h1>This dump cannot be opened</h1>.*truncated}s,
        'one that cannot be opened has a report of what its file tells';
};

subtest 'a split dump is one' => sub {
    mkdir "$place/split" or die;
    my @makedumpfile = ('makedumpfile', '-c', '-d', '31', '--split', dump_folder('sysrq-6.1') . '/dump.lzo');
    is run_program([@makedumpfile, map {"$place/split/vmcore.$_"} 1 .. 3])->{status}, 0, 'three parts are made';
    copy(dump_folder('null-6.1') . '/dump.kdump', "$place/split/vmcore.4") or die;
    is alicia('-q', '-e', "report(output=>'$place/parts', details=>0)", "$place/split")->{status}, 0, 'succeeds';
    my $index = Cpanel::JSON::XS->new->utf8->decode(slurp("$place/parts/index.json"));
    is_deeply [sort map { $_->{report} } map { @{$_->{dumps}} } @{$index->{crashes}}],
        ['vmcore.1/report.html', 'vmcore.4/report.html'], 'and they are one dump';
    is_deeply $index->{broken}, [], 'with nothing missing';
};

subtest 'files by name' => sub {
    my $list = join ',', map {"'$place/in/$_'"} 'host-a/2026/vmcore', 'host-b/dump.kdump';
    is alicia('-q', '-e', "report(output=>'$place/named', details=>0, dumps=>[$list])", "$place/in/host-b/dump.kdump")
        ->{status}, 0, 'at the prompt of another';
    is_deeply [map {s{.*/(.*)/.*}{$1}r} glob "$place/named/*/report.html"], ['host-a-2026-vmcore', 'host-b-dump.kdump'],
        'their reports have names that tell them apart';
};

subtest 'on a terminal, one at a time, again' => sub {
    my $terminal =
        Alicia::Pty->new(alicia_path(), '-q', '-e', "report(output=>'$place/\xc3\xb6ut', processes=>1)", "$place/in");
    $terminal->sees(qr/reports: [0-6] of 6 dumps done, 1 under way/, 'how far it is');
    $terminal->sees("Writing to index.html\r\n",                     'to the end');
    is $terminal->leaves,                                       0, 'succeeds';
    is scalar(my @logs = glob "$place/\xc3\xb6ut/*/*/log.txt"), 3, 'this time with the files';
};

subtest 'a folder of many files' => sub {
    mkdir "$place/many" or die;
    spew("$place/many/file-$_", '') for 1 .. 600;
    symlink dump_folder('sysrq-6.1') . '/dump.kdump', "$place/many/the-dump" or die;
    my $terminal =
        Alicia::Pty->new(alicia_path(), '-q', '-e', "report(output=>'$place/of-many', details=>0)", "$place/many");
    $terminal->sees(qr/reports: looked at (?:256|512) files, found [01] dumps/, 'how far the search is');
    $terminal->sees("Writing to index.html\r\n",                                'to the end');
    is $terminal->leaves, 0, 'succeeds';
};

subtest 'a prompt without a dump' => sub {
    my @calls = (
        q(get_addr 'init_task'),
        qw(ps ftrace lkst timeline bt health what),
        'dis 1', 'symbol_at 1', 'unwind 1',
        q(type_of 'jiffies'),
        '$t = new Ftrace',
        '$t = new Lkst'
    );
    my $run  = alicia('-q', (map { ('-e', $_) } @calls), '-e', q(print "on\n"), "$place/in");
    my @said = split /\n/, $run->{err};
    is $run->{status}, 1,      'what needs a dump fails';
    is $run->{out},    "on\n", 'and nothing else does';
    is scalar @said,   @calls, 'each saying in one line';
    like $said[$_] // '', qr/\Aalicia: .*no dump is open/, "that there is none: $calls[$_]" for 0 .. $#calls;
};

subtest 'what goes wrong' => sub {
    mkdir "$place/empty" or die;
    my %wrong = (
        "report(output=>'$place/in/host-c/notes')"               => qr/notes is no folder/,
        "report(output=>'$place/x/', colour=>1)"                 => qr/knows no 'colour'/,
        "report(output=>'$place/x/', processes=>0)"              => qr/whole number of processes/,
        "report(output=>'$place/x/', dumps=>['$place/empty'])"   => qr{no dump in \Q$place\E/empty},
        "report(output=>'$place/x/', dumps=>['$place/nowhere'])" => qr/cannot open \S+nowhere: No such file/,
        "report(output=>'/proc/no/', dumps=>['$place/in'])"      => qr{cannot make folder /proc/no/},
    );
    for my $code (sort keys %wrong) {
        my $run = alicia('-q', '-e', $code, "$place/in");
        is $run->{status}, 1, $code;
        like $run->{err}, qr/\Aalicia: (?:[^\n]*?)$wrong{$code}(?:[^\n]*)\n\z/, 'one line says why';
    }
};

done_testing;
