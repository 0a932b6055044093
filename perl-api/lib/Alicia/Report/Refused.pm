# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Refused;

use v5.36;
use Alicia;
use parent 'Alicia::Report';
use Alicia::Linux::Log     ();
use Alicia::Linux::Summary ();
use Alicia::Report::Redact ();
use Alicia::Text           qw(visible);

=head1 NAME

Alicia::Report::Refused - the report of a dump that could not be opened

=head1 DESCRIPTION

It has the form of any report and other sections, the modules below C<Alicia::Report::Refused>: why the dump could not be
opened, what the file is, and what was found in its pages though nothing leads to it, VMCOREINFO and the kernel's log.
There are no detail files.

=head1 SUBROUTINES

=head2 new(...)

As L<Alicia::Report/new>; which sections and whether details were asked for is of no account.

=cut

sub new ($class, %how) {
    delete @how{qw(sections details)};
    my $self = $class->SUPER::new(%how, details => 0);
    @$self{qw(file reason)} = @{Alicia::dump_info()}{qw(refused reason)};
    return $self;
}

sub kind ($self) { return 'Refused' }

=head2 file(), reason(), found()

The dump's file; why it could not be opened; and what is to be had of it, a hash of C<kind bytes header vmcoreinfo found_by
pages unreadable complete log>: header a list of [name, value, what is odd], log a list of texts.

=cut

sub file   ($self) { return $self->{file} }
sub reason ($self) { return $self->{reason} }

sub found ($self) {
    my ($found) = $self->memo(found => sub { Alicia::_salvage($self->{file}) });
    return $found;
}

=head2 records()

The records of the log that were found, as far as L<Alicia::Linux::Log/records> has them: their texts.

=cut

sub records ($self) {
    return map { {text => $_, nanoseconds => 0} } @{$self->found->{log}};
}

sub what ($self) { die "the dump could not be opened\n" }

# A field of the header that nothing speaks against.
sub _field ($self, $name) {
    my ($field) = grep { $_->[0] eq $name && !length $_->[2] } @{$self->found->{header}};
    return $field ? $field->[1] : undef;
}

sub _info ($self, $key) {
    return $self->found->{vmcoreinfo} =~ /^\Q$key\E=(.*)$/m ? $1 : undef;
}

sub facts ($self) {
    my $unknown = '(unknown)';
    my ($found) = eval { $self->found };
    my $said    = $found ? Alicia::Linux::Log::panic_message($self->records)                : undef;
    my $time    = $found ? $self->_info('CRASHTIME') // $self->_field('seconds since 1970') : undef;
    my %text    = (
        DUMPFILE => $self->{file},
        DATE     => $time && $time =~ /\A\d{1,10}\z/ ? Alicia::Linux::Summary::date($time) : undef,
        UPTIME   => undef,
        NODENAME => $found ? $self->_field('host')                                 : undef,
        RELEASE  => $found ? $self->_info('OSRELEASE') // $self->_field('release') : undef,
        MACHINE  => $found ? $self->_field('machine')                              : undef,
        PANIC    => $said,
    );
    return map { [$_, length($text{$_} // '') ? $self->shown(visible($text{$_})) : $unknown] } sort keys %text;
}

sub level ($self) {
    my $level = eval { $self->_field('dump level') };
    return defined $level && $level =~ /\A\d+\z/ ? $level : undef;
}

sub headline  ($self)            { return 'This dump cannot be opened' }
sub sentence  ($self)            { return $self->shown(visible($self->{reason})) }
sub signature ($self)            {return}
sub abouts    ($self, @sections) { return {} }

# The host has its name from the file's header, where the kernel cannot be asked.
sub shown ($self, $text) {
    my $shown = $self->SUPER::shown($text);
    return $shown if !$self->redact || !defined $shown || $self->{finding};
    local $self->{finding} = 1;
    my $host = visible(eval { $self->_field('host') } // '');
    return length $host && $host !~ /\A(?:\(none\)|localhost)\z/ ? $shown =~ s/\Q$host\E/(left out)/gr : $shown;
}

1;
