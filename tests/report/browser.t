# SPDX-License-Identifier: GPL-3.0-or-later
# The page in a browser: it folds, sorts and searches; prints whole; fits a phone; asks for nothing; runs nothing that
# came from the dump. And what a validator says of it.
use v5.36;
use utf8;
use Test::More;
use Alicia::Browser;
use Alicia::Test qw(alicia dump_folder run_program slurp spew);
use File::Temp   qw(tempdir);
use List::Util   qw(max);

my $place    = tempdir(CLEANUP => 1);
my %scenario = (page => 'sysrq-6.1', holes => 'holes-6.12', hostile => 'hostile-6.1');
for my $name (sort keys %scenario) {
    my $run = alicia('-q', '-e', "report(output=>'$place/$name.html')", dump_folder($scenario{$name}) . '/dump.kdump');
    is $run->{status}, 0, "the report on $scenario{$name}";
}
my $many = alicia('-q', '-e', "report(output=>'$place/many/', details=>0)", dump_folder('null-6.1'));
is $many->{status}, 0, 'the reports of a folder';
spew("$place/broken", 'broken! ' . substr slurp(dump_folder('sysrq-6.1') . '/dump.kdump'), 8);
my $refused = alicia('-q', '-e', "report(output=>'$place/refused.html')", "$place/broken");
is $refused->{status}, 3, 'the report of a dump that cannot be opened';
my @pages = ("$place/refused.html", (map {"$place/$_.html"} sort keys %scenario), "$place/many/index.html");

# What tidy has to say. The one in Debian is of 2017 and doesn't know that a summary may have a heading in it, and a dl
# its pairs in a div each (https://html.spec.whatwg.org/#the-summary-element, #the-dl-element): it is shown none.
sub tidy ($html) {
    $html =~ s{<summary><h2>(.*?)</h2></summary>}{<summary>$1</summary>}g;
    $html =~ s{<div>(<dt>.*?</dd>)</div>}{$1}gs;
    spew("$place/tidy.html", $html);
    return run_program([qw(tidy -quiet -errors --drop-empty-elements no), "$place/tidy.html"])->{err};
}

subtest 'a validator' => sub {
    is tidy(slurp($_)), '', s{.*/}{}r . ' is valid HTML' for @pages;
    my $page = slurp("$place/page.html");
    isnt tidy($page =~ s{$_}{}r), '', "which it is not without $_" for '</table>', '</main>', '</title>', '</g>';
};

my $browser = Alicia::Browser->new;
$browser->size(1300, 900);
$browser->open_page("$place/page.html");

sub count ($script) { return $browser->run("return $script") }

# The texts of a column of the table in a section.
sub column ($section, $number) {
    return @{
        $browser->run(
            'return Array.from(document.querySelectorAll("#" + arguments[0] + " tbody tr"))'
                . '.map(function (row) { return row.cells[arguments[1]].textContent; }.bind(null))' =~
                s/arguments\[1\]/$number/r,
            $section
        )
    };
}

subtest 'folding' => sub {
    my $all = count('document.querySelectorAll("details.section").length');
    cmp_ok $all, '>=', 13, 'there are sections';
    is count('document.querySelectorAll("details.section[open]").length'), $all, 'all are open';
    my $height = count('document.getElementById("process").offsetHeight');
    $browser->click('#process summary');
    cmp_ok count('document.getElementById("process").offsetHeight'), '<', $height / 4, 'one folds';
    $browser->click('#process summary');
    is count('document.getElementById("process").offsetHeight'), $height, 'and unfolds';
    $browser->click('#fold');
    is count('document.querySelectorAll("details.section[open]").length'), 0, 'all fold';
    $browser->run('location.hash = "#memory"');
    ok count('document.getElementById("memory").open'), 'but what the contents lead to';
    $browser->click('#fold');
    is count('document.querySelectorAll("details.section[open]").length'), $all, 'all unfold';
    ok !count('document.querySelector("#last_function details.more").open'), 'what is long stays folded';
};

subtest 'sorting' => sub {
    my @pid = column('process', 1);
    $browser->click('#process th:nth-child(2)');
    is_deeply [column('process', 1)], [sort { $a <=> $b } @pid], 'numbers as numbers';
    $browser->click('#process th:nth-child(2)');
    is_deeply [column('process', 1)], [sort { $b <=> $a } @pid], 'and the other way';
    my @name = column('process', 9);
    $browser->type('#process th:nth-child(10)', "\x{e007}");
    is_deeply [column('process', 9)], [sort @name], 'text as text, by the keyboard as well';
    is count('document.querySelectorAll("#process th[aria-sort]").length'), 1, 'one column is marked';
    my %size = (k => 1, MB => 1024, KB => 1, '' => 1 / 1024);
    $browser->click('#memory th:nth-child(3)');
    my @bytes = map { /\A([\d.]+) ?(\w*)\z/ ? $1 * $size{$2} : () } column('memory', 2);
    cmp_ok max(@bytes), '>', 1024, 'sizes are there';
    is_deeply \@bytes, [sort { $a <=> $b } @bytes], 'and sort by what they are';
};

sub shown ($selector) {
    return $browser->run(
        'return Array.from(document.querySelectorAll(arguments[0]))'
            . '.filter(function (one) { return one.getClientRects().length > 0; }).length',
        $selector
    );
}

subtest 'searching' => sub {
    my $rows     = shown('#process tbody tr');
    my $sections = shown('details.section');
    $browser->type('body',    '/');
    $browser->type('#search', 'BusyLoop');
    is shown('#process tbody tr'), 1, 'a row that has the word stays';
    cmp_ok shown('details.section'), '<', $sections, 'sections without it are away';
    cmp_ok shown('pre span.hit'),    '>', 0,         'lines with it are marked';
    like count('document.getElementById("found").textContent'), qr/\A\d+ places\z/, 'they are counted';
    $browser->type('#search', ' nowhere-at-all');
    is shown('details.section'), 0, 'two words are both wanted';
    $browser->type('#search', "\x{e00c}");
    is shown('#process tbody tr'), $rows,     'Escape brings all back';
    is shown('details.section'),   $sections, 'every section';
    is shown('pre span.hit'),      0,         'and no mark stays';
    $browser->type('#search', 'stack of 1');
    cmp_ok shown('#stack pre span.hit'), '>', 0, 'what an address is can be searched for';
    $browser->type('#search', "\x{e00c}");
};

subtest 'what a section says of itself' => sub {
    for my $name (@{$browser->run('return Array.from(document.querySelectorAll("details.section")).map(s => s.id)')}) {
        like $browser->run('return document.querySelector("#" + arguments[0] + " > .sources").textContent', $name),
            qr/\bin \d+ ms[.]/, "$name: its time";
    }
    is count('document.querySelector("#process .sources code").textContent'), 'ps', 'the command';
    like count('document.querySelector("#process .sources").textContent'),
        qr/Dump level 31 left out what processes had/,
        'what the level took';
    like count('document.querySelector("#process td[title]").title'), qr/\Atask \d+ "/, 'what an address is';
    $browser->open_page("$place/holes.html");
    like count('document.querySelector("#process .holes").textContent'),
        qr/Not readable: \d+ pages? left out of the dump \(the first at [0-9a-f]{16}\)/, 'the holes';
    $browser->open_page("$place/page.html");
};

subtest 'paper, phone, dark' => sub {
    $browser->size(500, 900);
    my $width = count('document.documentElement.clientWidth');
    cmp_ok $width, '<=', 500, 'the window is narrow';
    is count('document.documentElement.scrollWidth'), $width, 'nothing is wider than it';
    $browser->devtools('Emulation.setDeviceMetricsOverride',
        {width => 360, height => 740, deviceScaleFactor => 1, mobile => \1});
    is count('document.documentElement.scrollWidth'), 360, 'nor than a phone';
    $browser->devtools('Emulation.clearDeviceMetricsOverride');
    $browser->size(1300, 900);
    my $light = count('getComputedStyle(document.body).backgroundColor');
    $browser->devtools('Emulation.setEmulatedMedia', {features => [{name => 'prefers-color-scheme', value => 'dark'}]});
    my $dark = count('getComputedStyle(document.body).backgroundColor');
    isnt $dark, $light, 'there are dark colours';
    cmp_ok contrast(count('getComputedStyle(document.body).color'), $dark), '>', 7, 'which can be read';
    $browser->devtools('Emulation.setEmulatedMedia', {media => 'print', features => []});
    is count('getComputedStyle(document.querySelector(".tools")).display'), 'none', 'no button is printed';
    $browser->click('#process summary');
    $browser->run('window.dispatchEvent(new Event("beforeprint"))');
    is count('document.querySelectorAll("details:not([open])").length'), 0, 'what is folded is printed';
    $browser->run('window.dispatchEvent(new Event("afterprint"))');
    ok !count('document.getElementById("process").open'), 'and folded again';
    $browser->devtools('Emulation.setEmulatedMedia', {media => '', features => []});
};

# The ratio of WCAG 2 between two colours, each rgb(r, g, b).
sub contrast ($one, $other) {
    my ($least, $most) = sort { $a <=> $b } map {
        my @part = map { $_ / 255 } /(\d+)/g;
        my @line = map { $_ <= 0.03928 ? $_ / 12.92 : (($_ + 0.055) / 1.055)**2.4 } @part;
        0.2126 * $line[0] + 0.7152 * $line[1] + 0.0722 * $line[2]
    } $one, $other;
    return ($most + 0.05) / ($least + 0.05);
}

subtest 'nothing is asked for, nothing of the dump runs' => sub {
    for my $page (@pages) {
        $browser->open_page($page);
        my $name = $page =~ s{.*/}{}r;
        is_deeply $browser->run('return performance.getEntriesByType("resource").map(one => one.name)'), [],
            "$name asks for nothing";
        is count('document.scripts.length'), 1, 'has one script';
        is count('document.querySelectorAll("*[onclick], *[onerror], iframe, object, embed, img, link").length'), 0,
            'and nothing that loads';
    }
    is_deeply [$browser->complaints], [], 'no script complained';
    $browser->open_page("$place/hostile.html");
    like count('document.querySelector("#mount").textContent'), qr{</td><script>hostile\(1\)</script>},
        'what looks like a script is text';
    $browser->type('#search', '<script>');
    cmp_ok shown('tbody tr'), '>=', 2, 'and is found as such';
    is count('document.scripts.length'), 1, 'and stays it';
};

subtest 'the page of many' => sub {
    $browser->open_page("$place/many/index.html");
    my $sections = shown('details.section');
    cmp_ok $sections, '>=', 1, 'has groups';
    $browser->click('th:nth-child(4)');
    $browser->type('#search', 'fault_null');
    is shown('details.section'), 1, 'searches';
    cmp_ok shown('tbody tr'), '>=', 1, 'and shows all of what is found';
    $browser->click('tbody a');
    like count('document.querySelector("h1").textContent'), qr/\ANull dereference in fault_null/,
        'and leads to a report';
};

undef $browser;
done_testing;
