package DynWorker;

# Helpers for the tests of the module.
#
# With Test::Nginx, for what a client sees: every block gets the module, the
# engine and a "no_error_log" of alerts and of what sanitizers say.
#
#     use Test::Nginx::Socket 'no_plan';
#     use DynWorker;
#     run_tests();
#
# Straight-line, for what no block can say:
#
#     use Test::More;
#     use DynWorker;
#
#     my $t = DynWorker->start(workers => 2, config => <<'END', files => { ... });
#     location / { dynworker_script hello.js; }
#     END
#     is $t->get('/')->{content}, "hello\n";
#     kill KILL => ($t->engines)[0];
#     ok wait_until { $t->engines == 2 };
#     $t->stop;
#     $t->no_alerts;
#     done_testing;

use warnings;
use strict;

use Cwd qw(getcwd);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use Test::More ();
use POSIX ();
use Time::HiRes qw(sleep time);

our @EXPORT = qw(wait_until read_file write_file);

my $nginx  = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
my $module = $ENV{TEST_NGINX_MODULE}
    || getcwd() . '/build/ngx_http_dynworker_module.so';
my $engine = $ENV{TEST_NGINX_ENGINE} || getcwd() . '/build/dynworker-engine';

# nginx would take it for a list of inherited sockets.
delete $ENV{NGINX};

# Folders that a distribution's nginx would look for in /var, and that only
# root may write to.  (Test::Nginx has the same in its configurations.)
my $temp_paths = join '', map { "    ${_}_temp_path temp_$_;\n" }
    qw(client_body proxy fastcgi uwsgi scgi);

# How many seconds a test waits for what must come, before it fails: only that,
# so a machine may be slow.
our $PATIENCE = 120;

if ($INC{'Test/Nginx/Socket.pm'}) {
    $ENV{TEST_NGINX_HTML_DIR} = Test::Nginx::Util::html_dir();
    Test::Nginx::Util::timeout($PATIENCE) unless $ENV{TEST_NGINX_TIMEOUT};

    Test::Nginx::Socket::add_block_preprocessor(sub {
        my $block = shift;

        my $main = $block->main_config // '';
        $block->set_value(main_config => qq{load_module "$module";\n$main});

        my $http = $block->http_config // '';
        $http = qq{    dynworker_engine "$engine";\n$http}
            unless $http =~ /dynworker_engine/;
        $block->set_value(http_config => $http);

        my $none = $block->no_error_log // [];
        $none = [split /\n+/, $none] unless ref $none;
        $none = [$none] if ref $none eq 'Regexp';
        my @always = ('[alert]', 'Sanitizer', 'runtime error:');
        my %has = map { $_ => 1 } @$none;
        $block->set_value(no_error_log => [@$none, grep { !$has{$_} } @always]);
    });

    # What "error_log" expects may be written after the response: it is there
    # before it is looked for.
    Test::Nginx::Socket::add_response_body_check(sub {
        my ($block, $body, $request, $repeated, $dry) = @_;
        my $patterns = $block->error_log;
        return if !defined $patterns || $dry;
        $patterns = ref $patterns ? [$patterns] : [split /\n+/, $patterns]
            unless ref $patterns eq 'ARRAY';
        my @left = map { ref ? $_ : qr/\Q$_\E/ } grep { defined } @$patterns;
        my $file = Test::Nginx::Socket::server_root() . '/logs/error.log';
        wait_until(sub {
            my $log = read_file($file);
            @left = grep { $log !~ $_ } @left;
            return !@left;
        });
    });

    # Two sections of our own: "error_logs" and "access_logs" hold one pattern a
    # request (or undef), which the log matches once that has been answered.
    Test::Nginx::Socket::add_response_body_check(sub {
        my ($block, $body, $request, $repeated, $dry_run) = @_;
        for my $kind ('error', 'access') {
            my $section = "${kind}_logs";
            my $patterns = $block->$section or next;
            my $pattern = $patterns->[$request] // next;
            my $file = Test::Nginx::Socket::server_root() . "/logs/$kind.log";
            my $found = wait_until(sub { read_file($file) =~ $pattern });
            Test::More::ok($found, $block->name
                . " - $pattern matches $kind.log after request $request")
                or Test::More::diag(read_file($file) =~ s/^.*\[debug\].*\n//gmr);
        }
    });
}

# Polls until the block is true, and returns what it said; undef when it was
# not within $PATIENCE.
sub wait_until (&) {
    my ($condition) = @_;

    my $deadline = time + $PATIENCE;
    for (;;) {
        my $answer = $condition->();
        return $answer if $answer;
        return undef if time > $deadline;
        sleep 0.01;
    }
}

sub read_file {
    my ($path) = @_;
    open my $in, '<', $path or return '';
    local $/;
    return scalar(<$in>) // '';
}

sub write_file {
    my ($path, $content) = @_;
    make_path(dirname($path));
    open my $out, '>', $path or die "$path: $!\n";
    print $out $content;
    close $out or die "$path: $!\n";
}

sub free_port {
    my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1',
                                       ReuseAddr => 1)
        or die "no free port: $@\n";
    return $socket->sockport;
}

# Starts nginx in a folder of its own.  All arguments are optional:
#
#   config    inside server {}         workers     worker processes, 1
#   http      inside http {}           log_level   of error.log, info
#   main      outside of everything    files       { name => content }
#   conf      the whole nginx.conf instead of these
#   example   a folder of conf-examples/ instead of all these
#   expect    'fail': nginx is expected to refuse; see output()
#
# %%PORT%% and %%ENGINE%% are filled in.
sub start {
    my ($class, %arg) = @_;

    my $dir = tempdir('dynworker-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $dir;

    my $self = bless {
        dir      => $dir,
        port     => free_port(),
        owner    => $$,
        http     => HTTP::Tiny->new(timeout => $PATIENCE, keep_alive => 0,
                                    max_redirect => 0),
    }, $class;

    if (defined $arg{example}) {
        local $ENV{ENGINE} = $engine;
        system('tools/example.sh', $arg{example}, $dir, $self->{port}) == 0
            or die "tools/example.sh failed\n";

    } else {
        make_path("$dir/logs");
        write_file("$dir/nginx.conf", $self->_conf(%arg));
    }

    write_file("$dir/$_", $arg{files}{$_}) for sort keys %{$arg{files} || {}};

    my $log_level = $arg{log_level} || 'info';
    my @command = ($nginx, '-p', "$dir/", '-c', "$dir/nginx.conf",
                   '-e', "$dir/logs/error.log");
    my $globals = qq{load_module "$module"; pid "$dir/nginx.pid";}
        # a second one would write each line twice
        . (read_file("$dir/nginx.conf") =~ /^error_log /m
            ? '' : qq{ error_log "$dir/logs/error.log" $log_level;})
        . ($> == 0 ? ' user root;' : '');

    my $expect_fail = ($arg{expect} || '') eq 'fail';
    $self->{command} = [@command, '-g', $globals];
    my $status = $self->_run(@{$self->{command}});

    if ($expect_fail) {
        $self->stop if $status == 0;
        $self->{failed} = $status != 0;
        return $self;
    }

    $status == 0 or die "nginx did not start:\n", $self->output;

    defined wait_until { -s "$dir/nginx.pid" && $self->_connects }
        or die "nginx did not start:\n", $self->output;
    ($self->{master}) = read_file("$dir/nginx.pid") =~ /(\d+)/;

    return $self;
}

sub _conf {
    my ($self, %arg) = @_;

    my $conf = $arg{conf} // $self->_whole_conf(%arg);
    $conf =~ s/%%PORT%%/$self->{port}/g;
    $conf =~ s/%%ENGINE%%/$engine/g;
    return $conf;
}

sub _whole_conf {
    my ($self, %arg) = @_;

    my $workers = $arg{workers} || 1;
    $arg{$_} //= '' for qw(main http config);
    my $use_engine = $arg{http} =~ /dynworker_engine/
        ? '' : qq{dynworker_engine "$engine";};
    my $shutdown_timeout = $arg{main} =~ /worker_shutdown_timeout/
        ? '' : 'worker_shutdown_timeout 10s;';

    return <<"END";
worker_processes $workers;
$shutdown_timeout
$arg{main}
events { worker_connections 1024; }
http {
    access_log off;
    default_type text/plain;
$temp_paths
    $use_engine
$arg{http}
    server {
        listen 127.0.0.1:$self->{port};
$arg{config}
    }
}
END
}

# Runs a command, keeps what it printed, returns its exit status.
sub _run {
    my ($self, @command) = @_;

    my $file = "$self->{dir}/output";
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        open STDOUT, '>', $file;
        open STDERR, '>&', \*STDOUT;
        $ENV{LD_PRELOAD} = $ENV{TEST_NGINX_LD_PRELOAD}
            if $ENV{TEST_NGINX_LD_PRELOAD};
        exec @command or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    $self->{output} = read_file($file);
    return $? >> 8 || $? & 127;
}

sub _connects {
    my ($self) = @_;
    return !!IO::Socket::INET->new(PeerAddr => "127.0.0.1:$self->{port}");
}

sub dir    { $_[0]{dir} }
sub port   { $_[0]{port} }
sub master { $_[0]{master} }
sub failed { $_[0]{failed} }
sub output { $_[0]{output} . $_[0]->error_log }
sub url    { "http://127.0.0.1:$_[0]{port}" . ($_[1] // '/') }

sub error_log { read_file("$_[0]{dir}/logs/error.log") }

# An answer is HTTP::Tiny's: { status, reason, headers, content }.
sub get  { my ($self, $path, %options) = @_;
           return $self->request('GET', $path, %options) }
sub post { my ($self, $path, $content, %options) = @_;
           return $self->request('POST', $path, content => $content, %options) }

sub request {
    my ($self, $method, $path, %options) = @_;
    return $self->{http}->request($method, $self->url($path), \%options);
}

# A connection to nginx, to say on it what no HTTP client would.
sub client {
    my ($self) = @_;
    return IO::Socket::INET->new(PeerAddr => "127.0.0.1:$self->{port}")
        // die "cannot connect: $@\n";
}

# What curl prints, for HTTP/2 and the like: $t->curl('/', '--http2').
sub curl {
    my ($self, $path, @options) = @_;
    open my $out, '-|', 'curl', '-sS', '--max-time', $PATIENCE,
        @options, $self->url($path) or die "curl: $!\n";
    local $/;
    return scalar(<$out>) // '';
}

# -- processes --------------------------------------------------------------

# { pid => [parent, command] } of all that run; zombies do not.
sub _processes {
    my %all;
    for my $stat (glob '/proc/[0-9]*/stat') {
        read_file($stat) =~ /^(\d+) \((.*)\) (\S) (\d+)/s or next;
        $all{$1} = [$4, $2] if $3 ne 'Z';
    }
    return \%all;
}

sub workers {
    my ($self) = @_;
    my $all = _processes();
    my @found = sort { $a <=> $b } grep {
        $all->{$_}[0] == $self->{master} && $all->{$_}[1] eq 'nginx'
    } keys %$all;
    return @found;
}

# Whatever nginx's worker processes have started, and that has started; of a
# role, if one is given.
sub engines {
    my ($self, $role) = @_;
    my $all = _processes();
    my @found;
    my %known = map { $_ => 1 } $self->workers;
    my $more = 1;
    while ($more) {
        $more = 0;
        for my $pid (keys %$all) {
            next if $known{$pid} || !$known{$all->{$pid}[0]};
            $known{$pid} = $more = 1;
            push @found, $pid if $all->{$pid}[1] ne 'nginx';
        }
    }
    @found = grep { read_file("/proc/$_/cmdline") =~ /--role=$role\b/ } @found
        if defined $role;
    @found = sort { $a <=> $b } @found;
    return @found;
}

# The oldest one of a role, "host" or "sandbox".
sub engine {
    my ($self, $role) = @_;
    my ($found) = $self->engines($role);
    return $found;
}

sub alive {
    my ($pid) = @_;
    return read_file("/proc/$pid/stat") =~ /^\d+ \(.*\) [^ZX]/s;
}

# Open descriptors of one process, or of all worker processes together.
sub descriptors {
    my ($self, @pids) = @_;
    @pids = $self->workers unless @pids;
    my $count = 0;
    for my $pid (@pids) {
        opendir my $dir, "/proc/$pid/fd" or next;
        $count += grep { /^\d+$/ } readdir $dir;
    }
    return $count;
}

# Waits until nothing is left to do: the worker processes sleep, and none of them
# opens or closes a descriptor.  Returns how many they have.
sub settled {
    my ($self) = @_;
    my ($before, $same) = (-1, 0);
    wait_until {
        my $now = $self->descriptors;
        my $asleep = !grep { read_file("/proc/$_/stat") !~ /^\d+ \(.*\) S/s }
            $self->workers;
        $same = $asleep && $now == $before ? $same + 1 : 0;
        $before = $now;
        $same == 10;
    };
    return $before;
}

# -- nginx ------------------------------------------------------------------

# Takes a new configuration up, if one is given, and waits until the old worker
# processes have stopped accepting and new ones have taken over.
sub reload {
    my ($self, %arg) = @_;

    write_file("$self->{dir}/nginx.conf", $self->_conf(%arg)) if %arg;
    write_file("$self->{dir}/$_", $arg{files}{$_})
        for sort keys %{$arg{files} || {}};

    my %old = map { $_ => 1 } $self->workers;
    kill HUP => $self->{master};
    return wait_until { grep { !$old{$_} } $self->workers };
}

sub stop {
    my ($self, $signal) = @_;
    my $master = delete $self->{master} or return;

    $self->{master} = $master;
    my @pids = ($master, $self->workers, $self->engines);
    delete $self->{master};

    kill $signal || 'TERM', $master;
    my $gone = wait_until { !grep { alive($_) } @pids };
    kill KILL => grep { alive($_) } @pids unless $gone;
    return $gone;
}

# One test: nothing worse than an error was logged, no sanitizer complained.  The
# test may have caused alerts itself, which match "except".
our $KILLED = qr/engine \d+ exited on signal 9$/;
sub no_alerts {
    my ($self, $except) = @_;
    my @bad = grep { /\[(?:alert|crit|emerg)\]|Sanitizer|runtime error:/
                     && !($except && /$except/) }
        split /^/, $self->error_log;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    Test::More::ok(!@bad, 'no alerts') or Test::More::diag(@bad);
}

# One test: an engine that does not start, of which there were so many starts
# since "begin", is started again after 100 ms, 200 ms, 400 ms and so on.
sub backs_off {
    my ($starts, $begin, $title) = @_;
    my $least = 0.09 * (2 ** ($starts - 1) - 1);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    Test::More::cmp_ok(time - $begin, '>=', $least, "$title ($starts times)");
}

sub DESTROY {
    my ($self) = @_;
    # Not in a child that a test forked.
    return unless $self->{owner} == $$;
    local ($?, $@);
    $self->stop;
}

1;
