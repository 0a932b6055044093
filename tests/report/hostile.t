# SPDX-License-Identifier: GPL-3.0-or-later
# What a process had the kernel remember (markup, quotes, sequences for terminals, broken UTF-8) is text wherever it is
# shown.
use v5.36;
use Test::More;
use Alicia::Test  qw(alicia dump_folder in_this_run slurp);
use Alicia::Truth qw(output_of);
use File::Temp    qw(tempdir);

my @scenarios = in_this_run(qw(hostile-6.1 hostile-6.12));

# As planted, and as it has to be shown.
my %shown = (
    'a task'      => q(\x1b[2J<i>&"\xff),
    'another'     => q('><u>\x0a\xe2\x80\xaex),
    'a third'     => '{{7*7}}<: 1 :>',
    'a device'    => '</td><script>hostile(1)</script>',
    'a mount'     => '/mnt/hostile<b>"\x1b[31m\x0d\xff\xe2\x80\xae',
    'a parameter' => q(hostile</td><script>\x1b[31m\xff'</script>),
    'the host'    => '<h1>"\x1b[5m',
);
my $line    = '</pre><script>alert("1")</script> \x1b]0;owned\x07 \x9b \xff\xfe \xc2\x85 \x08\x08\x0d& end';
my $control = qr/[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]/;

# The first control character, or byte that is in no UTF-8, with what is around it.
sub offence ($text) {
    return $text =~ /(.{0,20}$control.{0,20})/s ? $1 : '' if utf8::decode(my $copy = $text);
    return 'no UTF-8';
}

sub as_markup ($text) {
    my %entity = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;', '"' => '&quot;', "'" => '&#39;');
    return $text =~ s/([&<>"'])/$entity{$1}/gr;
}

for my $scenario (@scenarios) {
    my $folder = tempdir(CLEANUP => 1);
    my $run    = alicia('-q', '-e', "report(output=>'$folder/r.html')", dump_folder($scenario) . '/dump.kdump');
    is $run->{status}, 0, "$scenario: the report is written";
    my $page = slurp("$folder/r.html");
    for my $what (sort keys %shown) {
        like $page,   qr/\Q${\ as_markup($shown{$what})}\E/, "$what is text";
        unlike $page, qr/\Q$shown{$what}\E/,                 'and no markup' if $shown{$what} =~ /[<>&]/;
    }
    unlike $page, qr/<(?:script|i|u|h1)>[^<]*(?:hostile|alert|\\x)/, 'nothing of it is an element';
    is offence($page), '', 'the page has no control character';
    for my $file (glob "$folder/*/*") {
        is offence(slurp($file)), '', 'nor has ' . $file =~ s{.*/}{}r;
    }
    like slurp((glob "$folder/*/log.txt")[0]), qr/hostile log: \Q$line\E$/m, 'the log has its line';

    my @commands = (
        'ps',    'mount',      'mod',  'log',  'sys',    'net', 'files', 'task',
        'bt -a', 'foreach bt', 'runq', 'what', 'dev -d', 'kmem -i'
    );
    my %output;
    @output{@commands} = output_of($scenario, @commands);
    is offence($output{$_}), '', "$_ prints none" for @commands;
    like $output{ps},    qr/\Q$shown{$_}\E$/m, "ps shows $_" for 'a task', 'another', 'a third';
    like $output{mount}, qr/\Q$shown{'a device'}\E +\Q$shown{'a mount'}\E/, 'mount shows both';
    like $output{log},   qr/hostile log: \Q$line\E$/m,                      'log shows its line';
    like $output{sys},   qr/NODENAME: \Q$shown{'the host'}\E$/m,            'sys shows the host';

    my $error = alicia('-q', '-e', 'task 99999', '-e', "sym x\e[31m", dump_folder($scenario) . '/dump.kdump');
    is offence($error->{err} . $error->{out}), '', 'and no error message prints any';
}

done_testing;
