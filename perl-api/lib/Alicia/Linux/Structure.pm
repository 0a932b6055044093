# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::Structure;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Command        qw(options usage);
use Alicia::Linux::Context qw(where number);
use Alicia::Text           qw(visible hexadecimal);

our @EXPORT_OK = qw(show_structure declaration_of value_of);

=head1 NAME

Alicia::Linux::Structure - what C<struct>, C<union>, C<p> and C<whatis> share

=head1 SUBROUTINES

=head2 show_structure($keyword, @words)

C<struct> and C<union>: prints the definition of a type, or what lies at an address as one.

=cut

sub show_structure ($keyword, @words) {
    my $usage = "$keyword [-o] [-x] [-l BYTES] NAME[.MEMBER,...] [ADDRESS | SYMBOL [COUNT]]";
    my %opt   = %{options($usage, 'oxdl:', \@words)};
    my @plain = @words;
    usage($usage, 'no name given')       if !@plain;
    usage($usage, "what is '$plain[3]'") if @plain > 3;
    my ($name, $members) = $plain[0] =~ /\A([^.]+)(?:\.(.+))?\z/ or usage($usage, 'no name given');
    my $type    = has_type("$keyword $name") ? "$keyword $name" : $name;
    my @members = split /,/, $members // '';
    return _define($type, \@members, $opt{o}) if @plain == 1;

    my $address = where($plain[1]) - (defined $opt{l} ? number($opt{l}) : 0);
    my $count   = defined $plain[2] ? number($plain[2]) : 1;
    die "$count structures are too many\n" if $count > 1 << 16;
    my $size = sizeof($type);
    for my $index (0 .. $count - 1) {
        my $at = $address + $index * $size;
        print "\n" if $index;
        if (@members) {
            print '  ', visible($_), ' = ', Alicia::c_value($type, $at, $_, $opt{x} // 0) =~ s/\n/\n  /gr, ",\n"
                for @members;
        } elsif ($opt{o}) {
            print Alicia::c_definition($type, 1) =~ s/\[(\d+)\]/'[' . hexadecimal($at + $1) . ']'/gre, "\n";
        } else {
            print visible($type), ' ', Alicia::c_value($type, $at, '', $opt{x} // 0), "\n";
        }
    }
    return;
}

sub _define ($type, $members, $offsets) {
    if (!@$members) {
        print Alicia::c_definition($type, $offsets // 0), "\nSIZE: ", sizeof($type), "\n";
        return;
    }
    print visible($type), " {\n";
    for my $member (@$members) {
        my $at = offsetof($type, $member);
        print $offsets ? "   [$at] " : '    ', visible(type_of_member($type, $member)), ";\n";
    }
    print "}\nSIZE: ", sizeof($type), "\n";
    return;
}

=head2 type_of_member($type, $member)

The line of the type's definition that declares the member, without the semicolon; of a path, its last name's.

=cut

sub type_of_member ($type, $member) {
    my ($line) = Alicia::c_definition($type) =~ /^ +([^\n]*?\b\Q$member\E\b[^\n;]*);$/m;
    return $line // $member;
}

=head2 value_of($expression, $hexadecimal)

The text of C<p EXPRESSION>. Expressions: a symbol or C<(TYPE *)ADDRESS>, with members behind it (C<.> or C<< -> >>) and C<*>
or C<&> before it; C<SYMBOL:CPU> for a per-CPU variable; C<sizeof(TYPE)>; and arithmetic with numbers.

=cut

sub value_of ($expression, $hexadecimal) {
    my $text = $expression =~ s/\A\s+|\s+\z//gr;
    die "nothing to print\n"                if $text eq '';
    return sizeof($1)                       if $text =~ /\Asizeof\s*\(\s*(.+?)\s*\)\z/;
    return _arithmetic($text, $hexadecimal) if $text =~ /\A[-+*\/%&|^~()<> \dxa-fA-F]+\z/ && $text =~ /\A[-~(\s]*\d/;
    my ($address_of) = $text =~ s/\A&\s*//;
    my ($type, $address, $path) = _place($text);
    if ($address_of) {
        my $at = $address;
        $at += offsetof($type, $path)            if length $path;
        return "($type *) 0x" . hexadecimal($at) if !length $path;
        return '0x' . hexadecimal($at);
    }
    return Alicia::c_value($type, $address, $path, $hexadecimal);
}

# Type, address and member path of what an expression names.
sub _place ($text) {
    my $inner = $text;
    my $path  = '';
    ($inner, $path) = ($1, $2) if $inner =~ /\A(\(.*\))\s*((?:\.|->|\[).*)\z/s;
    $inner = $1 while $inner =~ /\A\(\s*((?:\*|\()\s*\(?.*)\)\z/s && _balanced($1);
    if ($inner =~ /\A\*?\s*\(\s*([\w ]+?)\s*\*\s*\)\s*(\S+)\z/) {
        return ($1, where($2), _path($path));
    }
    die "cannot read the expression: $text\n" if $text !~ /\A(\**)\s*([A-Za-z_]\w*)(?::(\d+))?\s*((?:\.|->|\[).*)?\z/s;
    my ($stars, $symbol, $cpu, $more) = ($1, $2, $3, $4 // '');
    my $address = defined $cpu ? per_cpu($symbol, $cpu) : get_addr($symbol);
    my $type    = eval { type_of($symbol) } // die "type of $symbol unknown; try p *(TYPE *)0x", hexadecimal($address),
        "\n";
    for (1 .. length $stars) {
        die "$symbol is no pointer\n" if $type !~ s/\s*\*\z//;
        $address = read_ptr($address);
    }
    return ($type, $address, _path($more));
}

sub _path ($text) {
    return $text =~ s/\A\s*(?:\.|->)\s*//r;
}

sub _balanced ($text) {
    my $depth = 0;
    for my $sign ($text =~ /[()]/g) {
        $depth += $sign eq '(' ? 1 : -1;
        return 0 if $depth < 0;
    }
    return $depth == 0;
}

# Numbers and operators only: nothing that Perl could take for code.
sub _arithmetic ($text, $hexadecimal) {
    die "cannot read the expression: $text\n"
        if $text =~ /\b(?!0[xX][[:xdigit:]]+\b|\d+\b)\w/ || $text =~ /[^\dxXa-fA-F\s]{4}/;
    my $value = eval "use integer; no warnings; $text";    ## no critic (ProhibitStringyEval)
    die "cannot read the expression: $text\n" if !defined $value;
    return $hexadecimal ? sprintf '%#x', $value : $value;
}

=head2 declaration_of($word)

What C<whatis> prints: the declaration of a symbol, or the definition of a type.

=cut

sub declaration_of ($word) {
    my $name = $word =~ s/\A\s+|\s+\z//gr;
    if ($name =~ /\A[A-Za-z_]\w*\z/ && defined find_addr($name)) {
        my $type = eval { type_of($name) };
        return _declare($type, $name) . ";\n" if defined $type;
        die "type of $name unknown\n"         if !has_type($name);
    }
    if ($name =~ /\A(.+)\.(\w+)\z/ && has_type($1)) {
        offsetof($1, $2);
        return type_of_member($1, $2) . ";\n";
    }
    return Alicia::c_definition($name) . "\nSIZE: " . sizeof($name) . "\n";
}

# The name goes before an array's brackets and a function's arguments, and into a function pointer's parentheses.
sub _declare ($type, $name) {
    return _declare($1, $name) . $2 if $type =~ /\A([^(]*?)\s*(\((?!\*).*\))\z/s;
    return "$1 $name$2"             if $type =~ /\A(.*?)\s*((?:\[\d*\])+)\z/;
    return "$1$name$2"              if $type =~ /\A(.*\(\*)(\).*)\z/;
    return $type =~ /\*\z/ ? "$type$name" : "$type $name";
}

1;
