# SPDX-License-Identifier: GPL-3.0-or-later
# The report: its page, its files, its other forms, what it does when it can't.
use v5.36;
use Test::More;
use Alicia::Test     qw(alicia alicia_path dump_folder in_this_run slurp spew);
use Alicia::Truth    qw(scenarios truth);
use Cpanel::JSON::XS ();
use File::Basename   qw(dirname);
use JSON::Validator  ();
use File::Temp       qw(tempdir);
use POSIX            ();

my @titles = (
    'What Happened',
    'System & Dump Information',
    'Stop Log',
    'Stack Trace & Register',
    'Last Function',
    'Last Seconds', 'Process', 'Run Queue', 'Memory Allocation',
    'Swap', 'Lock', 'Mount', 'Load Module', 'Network', 'Proc file'
);
my @files = qw(log.txt irq.txt io_dev.txt task.txt file_info.txt all_task.txt slab_info.txt);

# The published schema, and whatever breaks it breaks the test: an unknown block, a missing member.
sub schema () {
    state $schema =
        JSON::Validator->new->schema(dirname(__FILE__) . '/../../perl-api/lib/Alicia/Report/report.schema.json');
    return $schema;
}

sub table_of ($section) {
    return (grep { $_->{kind} eq 'table' } @{$section->{blocks}})[0];
}

sub report_on ($scenario, $code) { return alicia('-q', '-e', $code, dump_folder($scenario) . '/dump.kdump') }

for my $scenario (scenarios()) {
    subtest "$scenario: the page and its files" => sub {
        my $folder = tempdir(CLEANUP => 1);
        my $run    = report_on($scenario, "report(output=>'$folder/report.html')");
        is $run->{status}, 0,                                        'succeeds';
        is $run->{err},    '',                                       'without a complaint';
        is $run->{out},    join('', map {"Writing to $_\n"} @files), 'says what it writes, in order';
        my ($details) = grep {-d} glob "$folder/*";
        like $details, qr{/(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d\z},
            'the folder is MMDDhhmmss';
        is_deeply [sort map {s{.*/}{}r} glob "$details/*"], [sort @files], 'all files are there';
        is slurp("$details/log.txt"), slurp(dump_folder($scenario) . '/dmesg.txt'), 'log.txt is the log';
        my $bytes = 0;
        $bytes += -s for "$folder/report.html", glob "$details/*";
        cmp_ok $bytes, '<', 1 << 20, 'less than a megabyte in all';

        my $page  = slurp("$folder/report.html");
        my @shown = $page =~ m{<h2>([^<]*)</h2>}g;
        is_deeply [map {s/&amp;/&/r} @shown], \@titles, 'every section, in order';
        unlike $page, qr/could not be made/,             'none failed';
        unlike $page, qr/Incomplete: /,                  'none is incomplete';
        unlike $page, qr{\b(?:src|href)="(?!#|\d{10}/)}, 'nothing outside is referred to';
        unlike $page, qr{https?:|\@import|url\(},        'in no other way either';
        is _unbalanced($page), '', 'every element is closed';
        like $page, qr{<td class="middle" title="task 1 &quot;init&quot;">[0-9a-f]{16}</td>},
            'an address says what it is';
        like $page,
            qr{\[<abbr title="stack of 1 &quot;init&quot;">[0-9a-f]{16}</abbr>\] panic at <abbr title="panic\+0x},
            'in a trace as well';
        my ($mounts) = $page =~ m{id="mount">(.*?)</table>}s;
        is_deeply [grep { $_ ne 'slab mnt_cache' } $mounts =~ /<tr><td class="middle" title="([^"]*)">/g], [],
            'and a mount is an object of its slab cache';
        my @lanes = $page =~ m{>CPU \d</text>\n(.*?)</g>}sg;
        is scalar(grep {m{class="running".*>\d+ busyloop<}s} @lanes), 1,
            'the CPUs\' queues are drawn, and who runs there';
        my @tasks = slurp("$details/all_task.txt") =~ /^PID: (\d+) +TASK: [0-9a-f]{16} /mg;
        my @truth = map { /^(\d+)\t/ ? $1 : () } split /\n/, slurp(dump_folder($scenario) . '/truth/tasks');
        @truth = sort { $a <=> $b } @truth;
        is_deeply [grep { $_ <= $truth[-1] } @tasks], \@truth, 'all_task.txt has every task';
        is scalar(() = slurp("$details/task.txt") =~ /^struct task_struct \{$/mg), 2, 'task.txt has that of each CPU';
    };

    subtest "$scenario: text and JSON" => sub {
        my $folder = tempdir(CLEANUP => 1);
        is report_on($scenario, "report(output=>'$folder/r.txt', details=>0)")->{status}, 0, 'text';
        my $text = slurp("$folder/r.txt");
        like $text, qr/^\Q$_\E\n=+\n/m, $_ for @titles;
        is report_on($scenario, "report $folder/r.json nodetails sections=system,process,memory")->{status}, 0, 'JSON';
        my $report = Cpanel::JSON::XS->new->utf8->decode(slurp("$folder/r.json"));
        is $report->{format}, 'alicia-report', 'names itself';
        is_deeply [schema()->validate($report)], [], 'is as the schema has it';
        my ($init) = grep { $_->[1] eq '1' } @{(table_of($report->{sections}[1]))->{rows}};
        is $report->{addresses}{$init->[4]}, 'task 1 "init"', 'has what addresses are';
        my ($memory) = grep { $_->{kind} eq 'bars' } @{$report->{sections}[2]{blocks}};
        my $bytes = 0;
        $bytes += $_->{bytes} for @{$memory->{bars}[0]{parts}};
        my ($total) = truth($scenario, 'proc/meminfo') =~ /^MemTotal: +(\d+) kB/m;
        is $bytes, $total * 1024, 'the parts of the bar are all of the memory';
        is_deeply [map { $_->{name} } @{$report->{sections}}], [qw(system process memory)], 'the sections asked for';
        is_deeply [grep { !length $_->{about} || index($text, $_->{about}) < 0 } @{$report->{sections}}], [],
            'each says what it shows, in the text as well';
        my $table = table_of($report->{sections}[1]);
        is $table->{columns}[-1],                                     'COMM', 'a table has its columns';
        is scalar(grep { $_->[-1] eq 'busyloop' } @{$table->{rows}}), 1,      'and its rows';
    };
}

subtest 'the whole report is as the schema has it, and a damaged one is not' => sub {
    my $folder = tempdir(CLEANUP => 1);
    my @all    = in_this_run(qw(sysrq-6.12 holes-6.12 null-6.1));
    for my $scenario (@all) {
        is report_on($scenario, "report(output=>'$folder/$scenario.json', details=>0)")->{status}, 0, $scenario;
        my $report = Cpanel::JSON::XS->new->utf8->decode(slurp("$folder/$scenario.json"));
        is_deeply [schema()->validate($report)], [], 'is as the schema has it';
        if ($scenario =~ /holes/) {
            my @holes = map { @{$_->{holes}} } @{$report->{sections}};
            cmp_ok scalar @holes, '>', 0, 'says what could not be read';
            is_deeply [grep { $_->{reason} ne 'left out of the dump' } @holes], [], 'and why';
        }
        is $report->{level}, $scenario =~ /^sysrq/ ? 23 : 31, 'has the level';
        my ($process) = grep { $_->{name} eq 'process' } @{$report->{sections}};
        is scalar @{$process->{left_out}}, $scenario =~ /^sysrq/ ? 0 : 1, 'says what that took from the processes';
        $report->{sections}[0]{blocks}[0]{kind} = 'poem';
        cmp_ok scalar(my @errors = schema()->validate($report)), '>', 0, 'an unknown block is noticed';
    }
};

subtest 'redaction, and a page of some sections' => sub {
    my $folder     = tempdir(CLEANUP => 1);
    my ($scenario) = scenarios();
    my $run        = report_on($scenario,
        "report(output=>'$folder/r.html', details=>0, redact=>1, sections=>['network','proc_file'])");
    is $run->{status}, 0, 'succeeds';
    my $page = slurp("$folder/r.html");
    like $page,   qr{<h1>Sysrq in sysrq_handle_crash</h1>}, 'the heading says what happened all the same';
    unlike $page, qr/\b10\.0\.2\.15\b|fe80:/,               'no address on the network';
    unlike $page, qr/crashkernel=256M/,                     'no command line';
    like $page,   qr/\(left out\)/,                         'and says so';

    # The whole report and its files.
    my $whole = report_on($scenario, "report(output=>'$folder/all/r.html', redact=>1)");
    isnt $whole->{status}, 0, 'needs a folder that is there';
    mkdir "$folder/all" or die;
    is report_on($scenario, "report(output=>'$folder/all/r.html', redact=>1)")->{status}, 0, 'succeeds';
    my @secrets = ('10.0.2.15', '127.0.0.1', 'crashkernel=256M', (truth($scenario, 'ip-addr') =~ m{link/ether (\S+)}g));
    push @secrets, truth($scenario, 'ip-addr') =~ m{inet6 (\S+)/}g;
    for my $file ("$folder/all/r.html", glob "$folder/all/*/*") {
        my $text = slurp($file);
        is_deeply [grep { $text =~ /(?<![\w:.])\Q$_\E(?![\w:.])/ } @secrets], [],
            'nothing confidential in ' . $file =~ s{.*/}{}r;
    }
    unlike slurp((glob "$folder/all/*/log.txt")[0]), qr/^.*\bHOME=/m, 'nor the environment that init began with';
    like slurp((glob "$folder/all/*/log.txt")[0]),   qr/ command line: \(left out\)$/mi, 'which says so';
};

subtest 'what goes wrong' => sub {
    my $folder     = tempdir(CLEANUP => 1);
    my ($scenario) = scenarios();
    my %wrong      = (
        "report(output=>'$folder/no/where.html')"                => qr/cannot write \S+where\.html: No such file/,
        "report(output=>'$folder')"                              => qr/\Q$folder\E is a folder/,
        "report(output=>'/dev/full')"                            => qr{cannot write /dev/full: No space left},
        "report(output=>'')"                                     => qr/report wants output/,
        'report()'                                               => qr/report wants output/,
        'report'                                                 => qr/no file given; usage: /,
        "report(output=>'$folder/r.html', sections=>['nosuch'])" => qr/no section 'nosuch'/,
        "report(output=>'$folder/r.html', colour=>1)"            => qr/knows no 'colour'/,
    );
    for my $code (sort keys %wrong) {
        my $run = report_on($scenario, $code);
        is $run->{status},                    1, $code;
        is scalar(() = $run->{err} =~ /\n/g), 1, 'one line';
        like $run->{err}, $wrong{$code}, 'that says why';
        is $run->{out}, '', 'and no file was begun';
    }
    is_deeply [glob "$folder/*"], [], 'and nothing is left behind';
};

subtest 'an interrupted report leaves nothing behind' => sub {
    my $folder = tempdir(CLEANUP => 1);
    my $dump   = dump_folder((scenarios())[0]) . '/dump.kdump';
    my $pid = open my $out, '-|', alicia_path(), '-q', '-e', "report(output=>'$folder/r.html')", '-e', q(print "on\n"),
        $dump
        or die "cannot run alicia: $!";
    is scalar <$out>,                        "Writing to log.txt\n", 'it has begun';
    is scalar(my @begun = glob "$folder/*"), 2,                      'with a file and a folder';
    kill INT => $pid;
    my @more = <$out>;
    close $out;
    is $? >> 8, 1, 'the status';
    unlike "@more", qr/^on$/m, 'the next line is not run';
    is_deeply [glob "$folder/*"], [], 'nothing is left';
};

subtest 'a link and a pipe stay what they are' => sub {
    my $folder = tempdir(CLEANUP => 1);
    my ($scenario) = scenarios();
    symlink 'there.txt', "$folder/link.txt" or die;
    is report_on($scenario, "report(output=>'$folder/link.txt', sections=>['system'])")->{status}, 0, 'a link';
    ok -l "$folder/link.txt", 'is still one';
    like slurp("$folder/there.txt"), qr/^System & Dump Information$/m, 'the report is where it leads';
    is scalar(grep {-d} glob "$folder/*"), 1, 'with its files';

    POSIX::mkfifo("$folder/pipe.txt", 0600) or die;
    open my $reader, '-|', 'cat', "$folder/pipe.txt" or die;
    my $run = report_on($scenario, "report(output=>'$folder/pipe.txt', sections=>['system'])");
    is $run->{status}, 0, 'a pipe';
    ok -p "$folder/pipe.txt", 'is still one';
    like do { local $/ = undef; <$reader> }, qr/^System & Dump Information$/m, 'the report came through it';
    is scalar(grep {-d} glob "$folder/*"), 1, 'without files beside it';
};

subtest 'a section more, and one that fails' => sub {
    my $folder = tempdir(CLEANUP => 1);
    my $place  = "$folder/lib/Alicia/Report/Section";
    system('mkdir', '-p', $place) == 0 or die;
    spew("$place/Extra.pm", <<'SECTION');
package Alicia::Report::Section::Extra;
use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(text);
sub title  ($class) { 'Extra <b>' }
sub blocks ($class, $report) { text("<script>alert(1)</script> & \"quotes\"\n") }
1;
SECTION
    spew("$place/Fails.pm",
        "package Alicia::Report::Section::Fails;\nuse parent 'Alicia::Report::Section';\nsub blocks { die qq(<i>no</i>\\n) }\n1;\n"
    );
    spew("$place/Garbage.pm", "this is no Perl {\n");
    my ($scenario) = scenarios();
    my $run = report_on($scenario, "use lib '$folder/lib'; report(output=>'$folder/r.html', details=>0)");
    is $run->{status}, 0, 'the report is written';
    my $page = slurp("$folder/r.html");
    like $page, qr{<h2>Extra &lt;b&gt;</h2>},                                         'a title is text';
    like $page, qr{&lt;script&gt;alert\(1\)&lt;/script&gt; &amp; &quot;quotes&quot;}, 'so is its content';
    like $page, qr{could not be made: &lt;i&gt;no&lt;/i&gt;},                         'a failure is said';
    is scalar(() = $page =~ /could not be made/g), 2, 'and what does not compile';
    like $page, qr{<h2>\Q$_\E</h2>}, $_ for map {s/&/&amp;/r} @titles;
};

# The first element that is not closed where it should be; empty where all are.
sub _unbalanced ($page) {
    my $bare = $page =~ s{<(script|style)>.*?</\1>}{}gsr;
    my @open;
    while ($bare =~ m{<(/?)([a-z0-9]+)([^>]*)>}g) {
        my ($end, $name, $rest) = ($1, $2, $3);
        next if $name =~ /\A(?:meta|input|br|link)\z/ || $rest =~ m{/\z};
        if (!$end) { push @open, $name; next }
        my $last = pop @open // '';
        return "</$name> closes <$last>" if $last ne $name;
    }
    return @open ? "<$open[-1]>" : '';
}

done_testing;
