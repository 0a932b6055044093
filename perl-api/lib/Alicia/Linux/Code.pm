# SPDX-License-Identifier: GPL-3.0-or-later
#
# What an instruction did, and where the registers that it used came from. The second is a walk backwards through straight
# code: the last instruction that wrote the register is its origin; a plain move hands the question on to the register it
# moved from; arriving at the function's first instruction, a register that carries arguments is one. The walk gives up at
# whatever could make it guess: a place that a jump elsewhere in the function leads to, the end of a jump that is always
# taken, an instruction whose effect is not plain. What it says is therefore so; often it says nothing.
#
# Arguments have the types that the dump's BTF gives the function, so that an offset becomes the name of a member.
package Alicia::Linux::Code;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::Stack qw(disassemble function_start);

our @EXPORT_OK = qw(faulting_access origin_of describe_origin add_signed jumps_to loop_around);

=head1 NAME

Alicia::Linux::Code - what an instruction touched, and where its registers came from (x86_64)

=head1 SUBROUTINES

=cut

# Every name of a register, and the 64-bit register that it is a part of.
my %whole;
for my $letter (qw(a b c d)) {
    $whole{$_} = "r${letter}x" for "${letter}l", "${letter}h", map {"$_${letter}x"} '', 'e', 'r';
}
for my $name (qw(si di bp sp)) {
    $whole{$_} = "r$name" for "${name}l", map {"$_$name"} '', 'e', 'r';
}
for my $number (8 .. 15) { $whole{"r$number$_"} = "r$number" for '', qw(b w d) }

my @arguments = qw(rdi rsi rdx rcx r8 r9);
my %clobbered = map { $_ => 1 } qw(rax rcx rdx rsi rdi r8 r9 r10 r11);    # by every call

=head2 add_signed(@numbers)

Their sum as an address: modulo 2^64.

=cut

sub add_signed (@numbers) {
    use integer;
    my $sum = 0;
    $sum += $_ for @numbers;
    return unpack 'Q', pack 'q', $sum;
}

# A displacement as a number, which may be negative.
sub _number ($text) {
    return 0 if !length $text;
    no warnings 'portable';
    my ($sign, $digits) = $text =~ /\A(-?)(.*)\z/;
    my $value = $digits =~ /\A0x/ ? hex $digits : $digits + 0;
    return $sign ? -$value : $value;
}

# The memory operand in AT&T's syntax: a hash of text, segment, displacement, base, index, scale, and whether it is the last.
sub _memory ($operands) {
    my ($text, $segment, $displacement, $base, $index, $scale) =
        $operands =~ /((?:%([c-gs]s):)?(-?(?:0x[0-9a-f]+|\d+))?\((?:%(\w+))?(?:, ?%(\w+)(?:, ?(\d))?)?\))/
        or return;
    return {
        text         => $text,
        segment      => $segment,
        displacement => _number($displacement // ''),
        base         => defined $base  ? $whole{$base}  // $base  : undef,
        index        => defined $index ? $whole{$index} // $index : undef,
        scale        => $scale // 1,
        last         => substr($operands, -length $text) eq $text,
    };
}

=head2 faulting_access($frame)

Of a frame with registers, what its instruction does to memory: a hash of C<text> (the instruction), C<way> (C<read>,
C<wrote>, C<called>, C<ran>), C<base> and C<index> (registers that make up the address, absent where it has none),
C<displacement>, and C<address> (undef where a register is not known). Undef where it touches no memory.

=cut

sub faulting_access ($frame) {
    my ($line) = disassemble($frame->{pc}, 1);
    return if !$line;
    my ($mnemonic, $operands) = @$line{qw(mnemonic operands)};
    my %access = (text => $mnemonic . (length $operands ? " $operands" : ''), instruction => $line);
    my $memory = $mnemonic =~ /\A(?:nop|lea|prefetch)/ ? undef : _memory($operands);
    if (!$memory) {
        return \%access if $mnemonic !~ /\A(?:push|call)/;
        $memory = {base => 'rsp', displacement => -8, scale => 1, last => 1};
    }
    $access{way} =
          $mnemonic =~ /\A(?:call|jmp)/ && $operands =~ /\A\*/ ? 'called through'
        : $memory->{last}
        && $mnemonic !~ /\A(?:cmp|test|bt[bwlq]?\z|mul|div|idiv|push|pop)/ && $operands =~ /,/ ? 'wrote'
        : $mnemonic  =~ /\A(?:inc|dec|neg|not|pop|set|push|call)/ ? 'wrote'
        :                                                           'read';
    @access{qw(base index displacement)} = @$memory{qw(base index displacement)};
    my ($base, $index) = map { defined $memory->{$_} ? $frame->{regs}{$memory->{$_}} : 0 } qw(base index);
    $access{address} = add_signed($base, $index * $memory->{scale}, $memory->{displacement})
        if defined $base && defined $index && !defined $memory->{segment};
    return \%access;
}

=head2 origin_of($frame, $register)

How the register came by the value it had at the frame: a hash of C<kind> and more, or undef where that is not plain.

    returned   function: what that function returned
    argument   number (from 1), function, type (undef where unknown)
    loaded     text (the operand), displacement, base (a register), from (the base's origin, or undef), at (the address
               read from, or undef), member and type (where the base's type is known)
    constant   value

=cut

sub origin_of ($frame, $register) {
    my $lines = _function($frame) // return;
    my ($here) = grep { $lines->[$_]{address} == $frame->{pc} } 0 .. $#$lines;
    return if !defined $here;
    return _origin($lines, $here, $register, $frame, {}, 0);
}

my $most = 1 << 14;    # bytes of a function that are looked at

sub _function ($frame) {
    my $start = function_start($frame->{pc}) // return;
    return if $frame->{pc} - $start > $most;
    my @lines = grep { ($_->{symbol} // '') eq ($frame->{symbol} // '') && $_->{address} >= $start }
        disassemble($start, $most / 4);
    return \@lines;
}

# $written has the registers that were overwritten between the instruction looked at and the fault.
sub _origin ($lines, $here, $register, $frame, $written, $depth) {
    return if $depth > 4;
    my %joins = map { $_->{target}{address} + 0 => 1 }
        grep { $_->{target} && $_->{target}{branch} && $_->{mnemonic} =~ /\Aj/ } @$lines;
    for my $index (reverse 0 .. $here - 1) {
        return if $joins{$lines->[$index + 1]{address} + 0};
        my $line = $lines->[$index];
        my ($mnemonic, $operands) = @$line{qw(mnemonic operands)};
        return if $mnemonic =~ /\A(?:jmp|ret|ud2|int3|iret|sysret)/;
        next if $mnemonic =~ /\A(?:j|nop|cmp|test|endbr|push|bt[bwlq]?\z|cli|sti|lfence|mfence|sfence|pause|clac|stac)/;
        if ($mnemonic =~ /\Acall/) {
            if ($register eq 'rax') {
                my $name = $line->{target} && $line->{target}{symbol};
                return $name && $name !~ /\A__(?:fentry|SCT)__/ ? {kind => 'returned', function => $name} : undef;
            }
            return if $clobbered{$register};
            $written->{$_} = 1 for keys %clobbered;
            next;
        }
        return
            if $mnemonic =~
            /\A(?:xchg|cmpxchg|xadd|rep|lock|mul|div|idiv|imul|cq|cl|cd|cpuid|rd|wr|in|out|sys|movs[bwlq]?\z|stos|lods|scas)/
            && $mnemonic !~ /\A(?:movs[bw]|inc)/;
        my $target = _target($operands) // next;
        if ($target ne $register) {
            $written->{$target} = 1;
            next;
        }
        return _written_by($lines, $index, $register, $frame, $written, $depth);
    }
    return if $lines->[0]{offset};
    return _argument($register, $frame);
}

# The register that an instruction's last operand is.
sub _target ($operands) {
    return $operands =~ /%(\w+)\z/ && $operands !~ /\([^)]*\z/ ? $whole{$1} : undef;
}

sub _written_by ($lines, $index, $register, $frame, $written, $depth) {
    my ($mnemonic, $operands) = @{$lines->[$index]}{qw(mnemonic operands)};
    return {kind => 'constant', value => 0} if $mnemonic =~ /\Axor/ && $operands =~ /\A%(\w+), ?%\1\z/;
    return                                                        if $mnemonic !~ /\Amov/;
    return {kind => 'constant', value => add_signed(_number($1))} if $operands =~ /\A\$(-?(?:0x)?[0-9a-f]+),/;
    if ($operands =~ /\A%(\w+), ?%\w+\z/) {
        my $source = $whole{$1} // return;
        return if $mnemonic =~ /\Amov(?:z|s[bwl])/;
        return _origin($lines, $index, $source, $frame, $written, $depth + 1);
    }
    my $memory = _memory($operands) // return;
    return
           if defined $memory->{index}
        || defined $memory->{segment}
        || !defined $memory->{base}
        || $memory->{base} eq 'rip';
    my %loaded = (kind => 'loaded', %$memory{qw(text displacement base)});
    my $value  = $frame->{regs}{$memory->{base}};
    if (defined $value && $memory->{base} ne $register && !$written->{$memory->{base}}) {
        $loaded{at} = add_signed($value, $memory->{displacement});
    }
    return \%loaded if $memory->{base} eq 'rsp';
    $loaded{from} = _origin($lines, $index, $memory->{base}, $frame, {%$written}, $depth + 1);
    my $type = $loaded{from} && $loaded{from}{type};
    @loaded{qw(member type)} = member_at($type, $memory->{displacement}) if defined $type;
    return \%loaded;
}

sub _argument ($register, $frame) {
    my ($number) = grep { $arguments[$_] eq $register } 0 .. $#arguments;
    return if !defined $number;
    my $function = ($frame->{symbol} // return) =~ s/[.].*//sr;
    return if $function ne $frame->{symbol} && $frame->{symbol} !~ /[.]cold\z/;    # a clone may have lost arguments
    my @types = parameters($function);
    return {kind => 'argument', number => $number + 1, function => $function, type => $types[$number]};
}

=head2 parameters($function)

The types of its arguments, as C writes them; empty where they are not known.

=cut

sub parameters ($function) {
    my $type = eval { type_of($function) } // return;
    my ($inside) = $type =~ /\((?!\*)(.*)\)\z/s or return;
    my ($depth, @types) = (0, '');
    for my $part (split /([(),])/, $inside) {
        $depth++ if $part eq '(';
        $depth-- if $part eq ')';
        if ($part eq ',' && !$depth) { push @types, '' }
        else                         { $types[-1] .= $part }
    }
    return map {s/\A\s+|\s+\z//gr} grep { length && $_ ne 'void' } @types;
}

=head2 member_at($type, $offset)

Name and type of the member at that offset behind a pointer of $type (C<struct file *>); empty where there is none.

=cut

sub member_at ($type, $offset) {
    my ($struct) = $type =~ /\A(?:const )?(struct \w+) \*\z/ or return;
    my $text = eval { Alicia::c_definition($struct, 1) } // return;
    return if $offset < 0 || $offset >= sizeof($struct);
    my ($at, $declaration) = (-1);
    while ($text =~ /^\s*\[(\d+)\]\s+([^;{}\n]+);$/mg) {
        ($at, $declaration) = ($1, $2) if $1 <= $offset && $1 > $at;
    }
    return if !defined $declaration || $declaration =~ /:/;
    return $declaration =~ /\(\*(\w+)\)\(/ ? $1 : () if $declaration =~ /\(/;
    my ($member, $name, $array) = $declaration =~ /\A(.*?[ *])(\w+)((?:\[\d+\])*)\z/ or return;
    $member =~ s/ \z//;
    my $inner = $offset - $at;
    return ($name, length $array ? undef : $member) if !$inner && $member !~ /\Astruct \w+\z/;
    my ($path, $deeper) = length $array ? () : member_at("$member *", $inner);
    return defined $path ? ("$name.$path", $deeper) : ($name, undef);
}

my @ordinal = qw(zeroth first second third fourth fifth sixth);

=head2 describe_origin($origin)

In words, to follow C<rdi is 0, >: C<the first argument, struct file *>.

=cut

sub describe_origin ($origin) {
    return '' if !$origin;
    my $kind = $origin->{kind};
    return "which $origin->{function} returned" if $kind eq 'returned';
    return sprintf 'which the code sets to 0x%x', $origin->{value} if $kind eq 'constant';
    if ($kind eq 'argument') {
        my $type = defined $origin->{type} ? ", $origin->{type}" : '';
        return "the $ordinal[$origin->{number}] argument$type";
    }
    my $from = describe_origin($origin->{from});
    my $what = defined $origin->{member} ? "member $origin->{member}" : "what lay at $origin->{text}";
    my $at   = defined $origin->{at}     ? sprintf ' (address 0x%x)', $origin->{at} : '';
    return "$what$at" . (length $from ? " of $origin->{base}, $from" : '');
}

=head2 jumps_to($frame)

The last instruction before the frame's in its function that jumps to the frame's code, and the comparison before it: for
a trap (C<ud2>), what was tested. A list of the two, empty where there is none.

=cut

sub jumps_to ($frame) {
    my $lines = _function($frame) // return;
    my ($here) = grep { $lines->[$_]{address} == $frame->{pc} } 0 .. $#$lines;
    return if !defined $here;
    for my $index (reverse 1 .. $#$lines) {
        my $line = $lines->[$index];
        next if $line->{mnemonic} !~ /\Aj(?!mp)/ || !$line->{target} || $line->{target}{address} != $frame->{pc};
        return ($lines->[$index - 1], $line);
    }
    return;
}

=head2 loop_around($frame)

The smallest loop of the frame's function that its instruction is in, if that neither calls anything nor allows interrupts:
a hash of C<from> and C<to> (addresses of its first and last instruction). Undef where there is none.

=cut

sub loop_around ($frame) {
    my $lines = _function($frame) // return;
    my $loop;
    for my $line (grep { $_->{address} >= $frame->{pc} && $_->{mnemonic} =~ /\Aj/ && $_->{target} } @$lines) {
        my ($from, $to) = ($line->{target}{address}, $line->{address});
        next if $from > $frame->{pc} || $from < $lines->[0]{address} || $to - $from > 256;
        next if $loop && $to - $from >= $loop->{to} - $loop->{from};
        next
            if
            grep { $_->{address} >= $from && $_->{address} <= $to && $_->{mnemonic} =~ /\A(?:call|sti|popf|iret|ret)/ }
            @$lines;
        $loop = {from => $from, to => $to};
    }
    return $loop;
}

1;
