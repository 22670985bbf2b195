package Upstream;

# An HTTP/1.1 server on 127.0.0.1 that says what its test tells it to, byte for
# byte, and keeps a log of what it saw.
#
#     my $up = Upstream->start({
#         hello => sub { my ($c) = @_; $c->say("HTTP/1.1 200 OK\r\n..."); 1 },
#     });
#     $up->port; $up->log; $up->count(qr/^connect/);
#
# "GET /hello/..." calls "hello" in a process of the connection's own.  A handler
# that returns true keeps the connection.  In $c: {method}, {uri}, {head} (the
# request's head as it came), {body}, {socket}; and
#
#     $c->piece          the next bytes of a body, '' at its end, undef if it
#                        broke off: of a handler in "early => { name => 1 }",
#                        which is called before the body has come
#     $c->say(bytes)     sends all of them; false when the peer is gone
#     $c->note(text)     a line in the log
#     $c->wait_closed    until the peer has closed; true when it did in time
#     $c->reset          breaks the connection off (RST)

use warnings;
use strict;

use IO::Select;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER SO_RCVBUF SO_SNDBUF);
use DynWorker ();
use POSIX ();
use File::Temp qw(tempfile);

sub start {
    my ($class, $handlers, %options) = @_;

    my $listen = IO::Socket::INET->new(Listen => 1024, ReuseAddr => 1,
                                       LocalAddr => '127.0.0.1')
        or die "listen: $!\n";
    my ($log, $file) = tempfile('dynworker-up-XXXXXX', TMPDIR => 1, UNLINK => 1);
    close $log;

    my $self = bless { port => $listen->sockport, file => $file, owner => $$,
                       early => $options{early} || {} }, $class;
    $self->{pid} = fork // die "fork: $!\n";
    if ($self->{pid} == 0) {
        setpgrp;
        $SIG{CHLD} = 'IGNORE';
        $SIG{PIPE} = 'IGNORE';
        $listen->sockopt(SO_SNDBUF, $options{sndbuf}) if $options{sndbuf};
        $listen->sockopt(SO_RCVBUF, $options{rcvbuf}) if $options{rcvbuf};
        while (my $socket = $listen->accept) {
            my $pid = fork // die "fork: $!\n";
            if ($pid == 0) {
                close $listen;
                eval { _connection($self, $handlers, $socket); 1 }
                    or $self->_note("died: $@");
                POSIX::_exit(0);
            }
        }
        POSIX::_exit(0);
    }
    return $self;
}

sub port { $_[0]{port} }

sub log {
    my ($self) = @_;
    open my $in, '<', $self->{file} or return;
    chomp(my @lines = <$in>);
    return @lines;
}

sub count {
    my ($self, $pattern) = @_;
    return scalar grep { $_ =~ $pattern } $self->log;
}

# One write a line: many processes share the file.
sub _note {
    my ($self, $text) = @_;
    $text =~ s/\n+\z//;
    open my $out, '>>', $self->{file} or return;
    syswrite $out, "$text\n";
}

sub _connection {
    my ($self, $handlers, $socket) = @_;

    $self->_note('connect');
    my $rest = '';
    for (;;) {
        my $c = bless { socket => $socket, up => $self, body => '' }, 'Upstream::Request';

        while ($rest !~ /\r\n\r\n/) {
            sysread($socket, $rest, 65536, length $rest) or do {
                $self->_note('close');
                return;
            };
        }
        $rest =~ s/\A(.*?\r\n)\r\n//s;
        $c->{head} = $1;
        ($c->{method}, $c->{uri}) = $c->{head} =~ /\A(\S+) (\S+) HTTP/;
        my ($name) = $c->{uri} =~ m{^/([^/?]*)};
        $self->_note("request $c->{method} $c->{uri}");

        $c->{rest} = \$rest;
        if ($c->{head} =~ /^Content-Length: (\d+)/mi) {
            my $length = $c->{left} = $1;
            while (!$self->{early}{$name} && length $rest < $length) {
                sysread($socket, $rest, 65536, length $rest) or last;
            }
            $c->{body} = substr $rest, 0, $length, '' if !$self->{early}{$name};
        }

        my $handler = $handlers->{$name} or die "no handler for $c->{uri}\n";
        $handler->($c) or last;
    }
    close $socket;
}

sub DESTROY {
    my ($self) = @_;
    return unless $self->{owner} == $$;
    local ($?, $!);
    kill KILL => -$self->{pid}, $self->{pid};
    waitpid $self->{pid}, 0;
}

package Upstream::Request;

sub note { my ($self, $text) = @_; $self->{up}->_note($text); 1 }

sub say {
    my ($self, $bytes) = @_;
    my $done = 0;
    while ($done < length $bytes) {
        my $n = syswrite $self->{socket}, $bytes, length($bytes) - $done, $done;
        return 0 unless defined $n;
        $done += $n;
    }
    return 1;
}

sub _read {
    my ($self) = @_;
    return sysread $self->{socket}, ${$self->{rest}}, 65536, length ${$self->{rest}};
}

sub piece {
    my ($self) = @_;
    my $rest = $self->{rest};
    if (defined $self->{left}) {
        return '' if !$self->{left};
        length $$rest or $self->_read or return;
        my $piece = substr $$rest, 0, $self->{left}, '';
        $self->{left} -= length $piece;
        return $piece;
    }
    my $size;
    until (defined $size) {
        if ($$rest =~ s/\A([0-9a-f]+)\r\n//) { $size = hex $1 } else { $self->_read or return }
    }
    while (length $$rest < $size + 2) {
        $self->_read or return;
    }
    my $piece = substr $$rest, 0, $size, '';
    $$rest =~ s/\A\r\n// or die "bad chunk\n";
    return $piece;
}

sub wait_closed {
    my ($self, $seconds) = @_;
    my $select = IO::Select->new($self->{socket});
    return 0 unless $select->can_read($seconds // $DynWorker::PATIENCE);
    my $n = sysread $self->{socket}, my $byte, 1;
    return !$n;
}

sub reset {
    my ($self) = @_;
    setsockopt $self->{socket}, Socket::SOL_SOCKET, Socket::SO_LINGER, pack('ii', 1, 0);
    close $self->{socket};
    return 0;
}

1;
