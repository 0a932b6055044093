# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::ProcFile;

use v5.36;
use Alicia;
use Exporter 'import';
use Alicia::Linux::Process qw(percpu_sum);
use Alicia::Linux::System  qw(uptime hertz);

our @EXPORT_OK = qw(proc_files proc_file_names);

=head1 NAME

Alicia::Linux::ProcFile - what files below /proc said when the dump was made

=head1 SUBROUTINES

=head2 proc_files()

A list of hashes: C<folder> (C</proc/sys/kernel>), C<name>, C<values>, a list of [label, text], with the empty label where
the file has one value. C<hole> in place of C<values> is the reason for what can't be read.

=cut

sub _int     ($symbol) { return unpack 'l<', read_mem(get_addr($symbol), 4) }
sub _long    ($symbol) { return get_mem(get_addr($symbol), 1, sizeof('long')) + 0 }
sub _hex     ($value)  { return sprintf '0x%08x', $value }
sub _message ($member) { return kernel(get_addr('init_ipc_ns'), 'struct ipc_namespace', $member) }
sub _net     ($member) { return kernel(get_addr('init_net'),    'struct net',           $member) }

# A global that newer kernels keep in a namespace: the first place that exists.
sub _first (@places) {
    for my $place (@places) {
        my ($symbol, $code) = @$place;
        my $value = eval { $code->($symbol) };
        return $value if defined $value;
    }
    die "not where it is known to be\n";
}

sub _acct () {
    my $table = get_addr('acct_parm');
    my @value = unpack 'l<3', read_mem($table, 12);
    return map { ["ACCT PARM[$_]", _hex($value[$_])] } 0 .. 2;
}

sub _semaphores () {
    my @names = qw(SEMMSL SEMMNS SEMOPM SEMMNI);
    return map { [$names[$_], _hex(_message("sem_ctls[$_]"))] } 0 .. 3;
}

sub _three ($member) {
    return join ' ', map { _net("${member}[$_]") } 0 .. 2;
}

sub _pid_max () {
    return _first(['pid_max', \&_int],
        ['init_pid_ns', sub ($symbol) { kernel(get_addr($symbol), 'struct pid_namespace', 'pid_max') }]);
}

my @files = (
    ['/proc', 'cmdline', sub { read_string(read_ptr(get_addr('saved_command_line'))) }],
    ['/proc', 'uptime',  sub { sprintf '%.2f', uptime() }],
    map({ ['/proc/sys/kernel', @$_] } (
            ['acct',                   \&_acct],
            ['msgmax',                 sub { _hex(_message('msg_ctlmax')) }],
            ['msgmnb',                 sub { _hex(_message('msg_ctlmnb')) }],
            ['msgmni',                 sub { _hex(_message('msg_ctlmni')) }],
            ['pid_max',                \&_pid_max],
            ['sem',                    \&_semaphores],
            ['threads-max',            sub { _int('max_threads') }],
            ['panic',                  sub { _int('panic_timeout') }],
            ['panic_on_oops',          sub { _int('panic_on_oops') }],
            ['tainted',                sub { _long('tainted_mask') }],
            ['sysrq',                  sub { _int('sysrq_enabled') }],
            ['hung_task_timeout_secs', sub { _long('sysctl_hung_task_timeout_secs') }],
            ['shmmax', sub { kernel(get_addr('init_ipc_ns'), 'struct ipc_namespace', 'shm_ctlmax', 'unsigned long') }],
    )),
    map({ ['/proc/sys/vm', @$_] } (
            ['max_map_count',     sub { _hex(_int('sysctl_max_map_count')) }],
            ['page-cluster',      sub { _hex(_int('page_cluster')) }],
            ['overcommit_memory', sub { _int('sysctl_overcommit_memory') }],
            ['swappiness',        sub { _int('vm_swappiness') }],
            ['dirty_ratio',       sub { _int('vm_dirty_ratio') }],
            ['min_free_kbytes',   sub { _int('min_free_kbytes') }],
    )),
    map({ ['/proc/sys/fs', @$_] } (
            [
                'file-max',
                sub {
                    sprintf '0x%x',
                        kernel(get_addr('files_stat'), 'struct files_stat_struct', 'max_files', 'unsigned long');
                }
            ],
            ['file-nr', sub { percpu_sum(get_addr('nr_files')) }],
            ['nr_open', sub { _int('sysctl_nr_open') }],
    )),
    map({ ['/proc/sys/net', @$_] } (
            ['ip_forward',         sub { _net('ipv4.devconf_all->data[0]') }],
            ['rmem_default',       sub { _int('sysctl_rmem_default') }],
            ['rmem_max',           sub { _int('sysctl_rmem_max') }],
            ['tcp_ecn',            sub { _net('ipv4.sysctl_tcp_ecn') }],
            ['tcp_keepalive_time', sub { int(_net('ipv4.sysctl_tcp_keepalive_time') / hertz()) }],
            ['tcp_rmem',           sub { _three('ipv4.sysctl_tcp_rmem') }],
            ['wmem_default',       sub { _int('sysctl_wmem_default') }],
            ['wmem_max',           sub { _int('sysctl_wmem_max') }],
            ['somaxconn',          sub { _net('core.sysctl_somaxconn') }],
    )),
);

sub proc_files () {
    return map {
        my ($folder, $name, $code) = @$_;
        my @values = eval { $code->() };
        {
            folder => $folder,
            name   => $name,
            @values ? (values => [map { ref $_ ? $_ : ['', $_] } @values]) : (hole => Alicia::Error::reason($@)),
        }
    } @files;
}

=head2 proc_file_names()

The names of the files that are known.

=cut

sub proc_file_names () {
    my @names = sort map { $_->[1] } @files;
    return @names;
}

1;
