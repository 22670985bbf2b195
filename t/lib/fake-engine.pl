#!/usr/bin/perl

# An engine that has been taken over: it speaks the wire (wire/dw_wire.h) as
# it should until it is told to misbehave.  t/hostile.t copies it into a folder,
# with these files beside it:
#
#     real     path of the real engine: it does "--check", and --role=host
#              unless "host" is there
#     host     exists: this file plays the host engine, too
#     start    what to do at start instead of HELLO: a name below, or nothing
#     starts   is appended to at each start: its role, one a line
#     ends     how often it ends when it is given an isolate
#
# Nothing is inherited from nginx but descriptor 0, so what to do with a
# request is said by its URL: /NAME, or /quick/NAME and the like, do $act{NAME}.

use warnings;
use strict;
use feature 'state';

use File::Basename qw(dirname);

my $home = dirname(__FILE__);

my ($role) = map { /^--role=(\w+)/ ? $1 : () } @ARGV;

if (!$role || ($role eq 'host' && !-e "$home/host")) {
    exec read_file("$home/real"), @ARGV or die "exec: $!\n";
}

# -- the wire ---------------------------------------------------------------

use constant {
    HELLO => 1, RETIRE => 2, LOG => 3, OPEN => 4, HEAD => 5, DATA => 6,
    FINISH => 7, RESET => 8, WINDOW => 9, DONE => 10,
    FOOTPRINT => 11,

    ISOLATE => 1, FETCH => 2, LOAD => 3,

    BODY => 1, JOIN => 2, LOADED => 4, ID => 8, RPC => 32, SELF => 64,
    TAIL => 128,
    FINAL => 1, UNSEEN => 1,
    UNKNOWN => ~0,
};

open my $socket, '+<&=', 0 or die "descriptor 0: $!\n";
binmode $socket;
$SIG{PIPE} = 'IGNORE';

sub read_file {
    my ($path) = @_;
    open my $in, '<', $path or return '';
    local $/;
    my $text = <$in> // '';
    chomp $text;
    return $text;
}

sub write_file {
    my ($path, $text) = @_;
    open my $out, '>', $path or die "$path: $!\n";
    print $out $text;
    close $out;
}

# Whoever listens no more has ended us.
sub put {
    my ($bytes) = @_;
    while (length $bytes) {
        my $n = syswrite $socket, $bytes or exit 0;
        substr $bytes, 0, $n, '';
    }
}

sub header {
    my ($type, $channel, $length, $flags, $reserved) = @_;
    return pack 'L C C S Q', $length, $type, $flags // 0, $reserved // 0,
        $channel;
}

sub frame {
    my ($type, $channel, $payload, $flags) = @_;
    return header($type, $channel, length $payload, $flags) . $payload;
}

sub hello {
    my (%arg) = @_;
    return frame(HELLO, 0, pack('L C C S Q', $arg{version} // 1,
                                $arg{jailed} // 1, $arg{jit} // 1, 0, 0)
                           . ($arg{v8} // 'fake') . "\0");
}

sub head_payload {
    my (%arg) = @_;
    return pack('S C C L Q Q', $arg{status} // 200, $arg{flags} // BODY, 0, 0,
                $arg{join} // 0, $arg{length} // UNKNOWN)
        . ($arg{strings} // "\0Content-Type\0text/plain\0");
}

sub head { my ($c, %arg) = @_; return frame(HEAD, $c, head_payload(%arg)) }
sub data { my ($c, $bytes) = @_; return frame(DATA, $c, $bytes) }
sub usage { my ($type, $c, $flags) = @_;
            return frame($type, $c, pack('Q', 1000), $flags) }
sub end { return usage(FINISH, $_[0], $_[1] // FINAL) }
sub done { return usage(DONE, $_[0], 0) }
sub window { my ($c, $n) = @_; return frame(WINDOW, $c, pack 'L', $n) }
sub fail { my ($c, $code, $text) = @_;
             return frame(RESET, $c, pack('S S L', $code, 0, 0)
                                     . ($text // "message\0\0")) }
sub footprint { my ($c, $bytes) = @_; return frame(FOOTPRINT, $c, pack 'Q', $bytes) }
sub unseen { my ($c) = @_;
             return frame(RESET, $c, pack('S S L', 4, 0, 0) . "gone\0\0", UNSEEN) }
sub console { my ($c, $level, $text, $kind) = @_;
           return frame(LOG, $c, pack('C C S L', $level, $kind // 0, 0, 0) . $text) }
sub worker { my ($c, %arg) = @_;
             return frame(HEAD, $c, pack('C C S L L L Q', $arg{outbound} // 0,
                          $arg{tails} // 0, 0, 0, 0, 0, $arg{capability} // 0)
                          . ($arg{grants} // '')) }
sub grant { my (%arg) = @_; my ($name, $props) = ($arg{name} // '', $arg{props} // '');
            return pack('C C S L L L Q', $arg{kind} // 1, $arg{reserved} // 0, 0,
                        $arg{length} // length $name, length $props, 0,
                        $arg{capability} // 0) . $name . $props }

sub ask {
    my ($id, %arg) = @_;
    return frame(OPEN, $id,
        pack('C C C C L Q Q Q Q L L', $arg{kind} // FETCH, $arg{flags} // 0,
             $arg{format} // 0, $arg{reserved} // 0, $arg{props} // 0,
             $arg{parent} // 0, $arg{target} // 0, $arg{join} // 0,
             $arg{length} // 0, 0, 0)
        . ($arg{strings} // "\0GET\0http://example.com/\0\0"));
}

# A whole and proper answer.
sub answer {
    my ($c, $text) = @_;
    return head($c) . data($c, $text) . end($c);
}

# -- what it knows ----------------------------------------------------------

# channel => { name } of isolates, { isolate, path, query, strings } of fetches
my %isolate;
my %fetch;
my $next = 2;

sub new_id { my $id = $next; $next += 2; return $id }

# The last other invocation, of another isolate or of the same.
sub other {
    my ($c) = @_;
    return (grep { $_ != $c && !$fetch{$_}{answered} } sort keys %fetch)[0]
        // die "no other invocation\n";
}

# What comes for a channel that we have opened: [type, payload].
sub next_for {
    my ($id) = @_;
    for (;;) {
        my ($type, $flags, $channel, $payload) = next_frame();
        return ($type, $payload) if $channel == $id;
        handle($type, $flags, $channel, $payload);
    }
}

# How a FETCH of ours went: "reset CODE", "head STATUS".
sub outcome {
    my ($id) = @_;
    my ($type, $payload) = next_for($id);
    return 'reset ' . unpack('S', $payload) if $type == RESET;
    return 'head ' . unpack('S', $payload) if $type == HEAD;
    return "type $type";
}

# -- what it does -----------------------------------------------------------

my $garbage = join '', map { chr(($_ * 167 + 13) & 255) } 0 .. 4095;

# Each is called with the invocation's channel; what it returns is sent.
my %act = (
    ok => sub { answer($_[0], "ok\n") },

    # - frames -

    random          => sub { $garbage },
    ones            => sub { "\xff" x 4096 },
    zeros           => sub { "\0" x 4096 },
    http            => sub { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
    huge_length     => sub { header(DATA, $_[0], 0xffffffff) },
    long_data       => sub { header(DATA, $_[0], 65537) . 'x' x 65537 },
    empty_data      => sub { head($_[0]) . data($_[0], '') },
    type_0          => sub { frame(0, $_[0], '') },
    type_99         => sub { frame(99, $_[0], 'x' x 16) },
    reserved        => sub { header(RESET, $_[0], 10, 0, 1) . "\1" . "\0" x 9 },
    header_flags    => sub { frame(HEAD, $_[0], head_payload(), 0x80) },
    channel_0       => sub { head(0) },
    no_channel      => sub { data(999_999, 'x') },
    no_odd_channel  => sub { data(999_999_999, 'x') },
    last_channel    => sub { data(UNKNOWN, 'x') },
    hello_again     => sub { hello() },
    hello_channel   => sub { frame(HELLO, $_[0], "\0" x 17) },
    half_header     => sub { put("\x08\0\0\0\x05"); exit 0 },
    half_payload    => sub { put(substr head($_[0]), 0, 20); exit 0 },
    half_forever    => sub { substr head($_[0]), 0, 20 },

    # - responses -

    data_first      => sub { data($_[0], 'x') },
    end_first       => sub { end($_[0]) },
    done_first      => sub { done($_[0]) },
    head_twice      => sub { head($_[0]) x 2 },
    head_short      => sub { frame(HEAD, $_[0], "\0" x 23) },
    head_flags      => sub { head($_[0], flags => 0x40) },
    status_0        => sub { head($_[0], status => 0) },
    status_99       => sub { head($_[0], status => 99) },
    status_100      => sub { head($_[0], status => 100) },
    status_101      => sub { head($_[0], status => 101) },
    status_600      => sub { head($_[0], status => 600) },
    status_65535    => sub { head($_[0], status => 65535) },
    value_crlf      => sub { head($_[0], strings => "\0A\0b\r\nX-Bad: 1\0") },
    value_lf        => sub { head($_[0], strings => "\0A\0b\nX-Bad: 1\0") },
    name_crlf       => sub { head($_[0], strings => "\0A\r\nX-Bad\0b\0") },
    name_space      => sub { head($_[0], strings => "\0A b\0c\0") },
    name_colon      => sub { head($_[0], strings => "\0X-Bad: 1\0c\0") },
    name_empty      => sub { head($_[0], strings => "\0\0c\0") },
    text_crlf       => sub { head($_[0], strings => "OK\r\nX-Bad: 1\0") },
    no_value        => sub { head($_[0], strings => "\0A\0") },
    no_nul          => sub { head($_[0], strings => "\0A\0b") },
    no_strings      => sub { head($_[0], strings => '') },
    value_nul       => sub { head($_[0], strings => "\0A\0b\0X-Bad\0") },
    end_short       => sub { head($_[0]) . frame(FINISH, $_[0], '', FINAL) },
    end_twice       => sub { head($_[0]) . end($_[0], 0) x 2 },
    data_after_end  => sub { head($_[0]) . end($_[0], 0) . data($_[0], 'x') },
    window_0        => sub { window($_[0], 0) },
    window_huge     => sub { window($_[0], 0xffffffff) },
    window_sum      => sub { window($_[0], 0x30000000) x 2 },
    reset_0         => sub { fail($_[0], 0) },
    reset_99        => sub { fail($_[0], 99) },
    reset_no_nul    => sub { fail($_[0], 2, "message without end") },
    reset_more      => sub { fail($_[0], 2, "a\0b\0c\0") },
    log_level       => sub { console($_[0], 9, 'x') },
    log_kind        => sub { console($_[0], 4, 'x', 4) },
    log_long        => sub { console($_[0], 4, 'x' x 16377) },
    trace_unasked   => sub { console($_[0], 4, '{}', 1) },
    trace_isolate   => sub { console($fetch{$_[0]}{isolate}, 4, '{}', 1) },
    trace_own       => sub { my $id = new_id();
                             ask($id, parent => $_[0], flags => BODY)
                             . console($id, 4, '{}', 1) },
    trace_too_long  => sub { console($_[0], 4, 'x' x 262145, 1) },

    # - what the tails of its workers are told -

    tail_garbage    => sub { console($_[0], 1, $garbage, 1)
                             . console($_[0], 2, "\0\xff", 2)
                             . console($_[0], 1, '{"level":"log","message":["a"]}', 1)
                             . answer($_[0], "told\n") },
    tail_many       => sub { my $c = $_[0];
                             put(console($c, 1, '1', 1) x 10000) for 1 .. 10;
                             answer($c, "told\n") },
    tail_much       => sub { my $c = $_[0];
                             put(console($c, 1, 'x' x 262144, 1)) for 1 .. 100;
                             answer($c, "told\n") },
    tail_after      => sub { answer($_[0], "told\n") . console($_[0], 1, '1', 1) },
    tail_usage      => sub { head($_[0]) . data($_[0], "told\n")
                             . frame(FINISH, $_[0], pack('Q', UNKNOWN), FINAL) },

    no_credit       => sub { put(head($_[0]));
                             put(data($_[0], 'x' x 65536)) for 1 .. 4000; '' },

    # - lengths: what does not fit must not reach a client -

    too_much        => sub { head($_[0], length => 5)
                             . data($_[0], 'helloHTTP/1.1 200 Forged')
                             . end($_[0]) },
    too_much_later  => sub { head($_[0], length => 5) . data($_[0], 'hello')
                             . data($_[0], "HTTP/1.1 200 Forged\r\n\r\n")
                             . end($_[0]) },
    too_little      => sub { head($_[0], length => 50) . data($_[0], 'hello')
                             . end($_[0]) },
    no_content      => sub { head($_[0], status => 204)
                             . data($_[0], "HTTP/1.1 200 Forged\r\n\r\n")
                             . end($_[0]) },
    not_modified    => sub { head($_[0], status => 304)
                             . data($_[0], "HTTP/1.1 200 Forged\r\n\r\n")
                             . end($_[0]) },
    no_body         => sub { head($_[0], flags => 0)
                             . data($_[0], "HTTP/1.1 200 Forged\r\n\r\n")
                             . end($_[0]) },
    huge_body       => sub { head($_[0], length => UNKNOWN - 1)
                             . data($_[0], 'hello') . end($_[0]) },
    framing         => sub { head($_[0], length => 2, strings => join '', map {
                                 "$_\0" } '', 'Content-Length' => 999,
                                 'Transfer-Encoding' => 'chunked',
                                 'Connection' => 'close',
                                 'X-Fine' => 'yes')
                             . data($_[0], 'ok') . end($_[0]) },

    # - channels that are not its own to use so -

    data_isolate    => sub { data($fetch{$_[0]}{isolate}, 'x') },
    end_isolate     => sub { frame(FINISH, $fetch{$_[0]}{isolate}, '') },
    window_isolate  => sub { window($fetch{$_[0]}{isolate}, 1) },
    done_isolate    => sub { done($fetch{$_[0]}{isolate}) },
    head_isolate    => sub { head($fetch{$_[0]}{isolate}) },
    worker_twice    => sub { worker($fetch{$_[0]}{isolate}) x 2 },
    outbound_9      => sub { worker($fetch{$_[0]}{isolate}, outbound => 9) },
    open_odd        => sub { ask(7777777, parent => $_[0]) },
    open_again      => sub { my $id = new_id();
                             ask($id, parent => $_[0]) x 2 },
    open_isolate    => sub { ask(new_id(), kind => ISOLATE, format => 1) },
    open_kind       => sub { ask(new_id(), kind => 77, parent => $_[0]) },
    open_flags      => sub { ask(new_id(), flags => 0x80, parent => $_[0]) },
    open_reserved   => sub { ask(new_id(), reserved => 1, parent => $_[0]) },
    open_short      => sub { frame(OPEN, new_id(), "\2" . "\0" x 46) },
    open_props      => sub { ask(new_id(), props => 1000,
                                   parent => $_[0]) },
    open_props_huge => sub { ask(new_id(), props => 0xffffffff,
                                   parent => $_[0]) },
    parent_isolate  => sub { ask(new_id(),
                                   parent => $fetch{$_[0]}{isolate}) },
    load_isolate    => sub { ask(new_id(), kind => LOAD,
                                   parent => $fetch{$_[0]}{isolate}) },
    parent_own      => sub { my $id = new_id();
                             ask($id, parent => $_[0], target => 0,
                                   flags => BODY)
                             . ask(new_id(), parent => $id) },
    head_own        => sub { my $id = new_id();
                             ask($id, parent => $_[0], flags => BODY)
                             . head($id) },
    done_own        => sub { my $id = new_id();
                             ask($id, parent => $_[0], flags => BODY)
                             . done($id) },
    end_own_usage   => sub { my $id = new_id();
                             ask($id, parent => $_[0], flags => BODY)
                             . end($id) },
    data_own_ended  => sub { my $id = new_id();
                             ask($id, parent => $_[0], flags => BODY)
                             . frame(FINISH, $id, '') . data($id, 'x') },
    data_own_none   => sub { my $id = new_id();
                             ask($id, parent => $_[0], strings =>
                                   "\0GET\0http://slow.test/silence\0\0")
                             . data($id, 'x') },
    fetch_no_nul    => sub { ask(new_id(), parent => $_[0],
                                   strings => "\0GET\0http://up.test/") },
    fetch_method    => sub { ask(new_id(), parent => $_[0], strings =>
                                   "\0GET / HTTP/1.1\0http://up.test/\0\0") },
    fetch_header    => sub { ask(new_id(), parent => $_[0], strings =>
                             "\0GET\0http://up.test/\0\0A\0b\r\nX: y\0") },
    fetch_odd       => sub { ask(new_id(), parent => $_[0], strings =>
                                   "\0GET\0http://up.test/\0\0A\0") },
    rpc_no_body     => sub { ask(new_id(), parent => $_[0], flags => RPC) },
    rpc_join        => sub { ask(new_id(), parent => $_[0],
                                   flags => RPC|BODY|JOIN, join => $_[0]) },
    grant_nobody    => sub { frame(HEAD, $fetch{$_[0]}{isolate},
                                   pack('C C S L L L Q', (0) x 7)
                                   . grant(capability => 0)) },
    fetch_empty     => sub { ask(new_id(), parent => $_[0],
                                   strings => '') },
    loaded_fetch    => sub { ask(new_id(), parent => $_[0], flags => LOADED,
                                   target => $_[0]) },
    loaded_isolate  => sub { ask(new_id(), parent => $_[0], flags => LOADED,
                                   target => $fetch{$_[0]}{isolate}) },

    # - what is refused without ending it: it tells how -

    cap_none        => sub { refused($_[0], target => 7) },
    cap_huge        => sub { refused($_[0], target => UNKNOWN) },
    url_file        => sub { refused($_[0], strings =>
                                     "\0GET\0file:///etc/passwd\0\0") },
    url_crlf        => sub { refused($_[0], strings =>
                                     "\0GET\0http://up.test/\r\nX: y\0\0") },
    url_user        => sub { refused($_[0], strings =>
                                     "\0GET\0http://a:b\@up.test/\0\0") },
    method_trace    => sub { refused($_[0], strings =>
                                     "\0TRACE\0http://up.test/\0\0") },
    method_connect  => sub { refused($_[0], strings =>
                                     "\0connect\0http://up.test/\0\0") },
    load_outbound   => sub { refused($_[0], kind => LOAD, target => 0) },
    load_none       => sub { refused($_[0], kind => LOAD, target => 7) },
    rpc_outbound    => sub { refused($_[0], flags => RPC|BODY, length => UNKNOWN) },
    rpc_none        => sub { refused($_[0], flags => RPC|BODY, length => UNKNOWN,
                                     target => 7) },
    rpc_loaded_none => sub { refused($_[0], flags => RPC|BODY|LOADED,
                                     length => UNKNOWN, target => 999_999) },
    self            => sub { refused($_[0], flags => SELF, strings =>
                                     "\0GET\0http://example.com/ok\0\0") },
    grant_export    => sub { granted($_[0], target => 1,
                                     grants => grant(kind => 2, name => 'A')) },
    grant_own       => sub { granted($_[0], target => 1,
                                     grants => grant(capability => 1)) },
    grant_foreign   => sub { granted($_[0], target => 1,
                                     grants => grant(capability => 2)) },
    loaded_none     => sub { refused($_[0], flags => LOADED,
                                     target => 999_999) },
    parent_none     => sub { refused($_[0], parent => 999_999) },
    parent_0        => sub { refused($_[0], parent => 0) },
    join_none       => sub { refused($_[0], flags => JOIN|BODY,
                                     join => 999_999) },
    join_isolate    => sub { refused($_[0], flags => JOIN|BODY,
                                     join => $fetch{$_[0]}{isolate}) },
    join_itself     => sub { my $id = $next;
                             refused($_[0], flags => JOIN|BODY,
                                     join => $id) },

    # - request bodies that are sent as they come, and not as announced -

    upload_long     => sub { uploaded($_[0], sub { data($_[0], 'x' x 10_000) }) },
    upload_short    => sub { uploaded($_[0], sub { frame(FINISH, $_[0], '') }) },

    # - responses whose body is not there -

    respond_none    => sub { head($_[0], flags => JOIN, join => 999_999) },
    respond_isolate => sub { head($_[0], flags => JOIN,
                                  join => $fetch{$_[0]}{isolate}) },
    respond_empty   => sub { head($_[0], flags => JOIN, join => $_[0]) },
    respond_other   => sub { head($_[0], flags => JOIN, join => other($_[0])) },
    fetch_other     => sub { refused($_[0], flags => JOIN|BODY,
                                     join => other($_[0])) },
    parent_other    => sub { refused($_[0], parent => other($_[0])) },

    # - time -

    silence         => sub { '' },
    head_only       => sub { head($_[0]) },
    isolate_reset   => sub { fail($fetch{$_[0]}{isolate}, 4) },
    footprint_huge  => sub { my $i = $fetch{$_[0]}{isolate};
                             footprint($i, UNKNOWN) . footprint($i, 0)
                             . footprint($i, UNKNOWN) . answer($_[0], "ok\n") },
    footprint_short => sub { frame(FOOTPRINT, $fetch{$_[0]}{isolate}, "\0" x 7) },
    footprint_fetch => sub { frame(FOOTPRINT, $_[0], "\0" x 8) },
    unseen          => sub { unseen($_[0]) },
    unseen_once     => sub { state $n = 0;
                             $n++ ? answer($_[0], "again\n") : unseen($_[0]) },
    unseen_granted  => sub { state $n = 0;
                             $n++ ? answer($_[0], "again\n")
                                  : window($_[0], 1) . unseen($_[0]) },
    unseen_opened   => sub { state $n = 0;
                             $n++ ? answer($_[0], "again\n")
                                  : ask(new_id(), parent => $_[0],
                                        strings => "\0GET\0http://sink.test/\0\0")
                                    . unseen($_[0]) },
    unseen_joined   => sub { state $n = 0;
                             $n++ ? answer($_[0], "again\n")
                                  : ask(new_id(), parent => $_[0],
                                        flags => JOIN|BODY, join => $_[0],
                                        length => UNKNOWN,
                                        strings => "\0PUT\0http://sink.test/\0\0")
                                    . unseen($_[0]) },
    unseen_headed   => sub { head($_[0]) . unseen($_[0]) },
    unseen_isolate  => sub { frame(RESET, $fetch{$_[0]}{isolate},
                                   pack('S S L', 4, 0, 0) . "gone\0\0", UNSEEN)
                             . fail($_[0], 4) },
    retire          => sub { frame(RETIRE, 0, '') },
    retire_answer   => sub { frame(RETIRE, 0, '') . answer($_[0], "last\n") },
    forged_log      => sub { console($_[0], 4, "a\n2026/01/01 00:00:00 [alert] "
                                            . "1#1: forged\e[31m\0\xff")
                             . fail($_[0], 2, "m\n2026 [alert] forged\0"
                                                . "at\nforged\0") },
    deaf            => sub { sleep 3600; '' },
    die             => sub { kill KILL => $$; '' },

    # - as the host engine -

    echo            => sub { head($_[0], flags => JOIN, join => $_[0])
                             . end($_[0]) },
    echo_short      => sub { head($_[0], flags => JOIN, join => $_[0],
                                  length => 3) },
    load_unasked    => sub { my $id = new_id();
                             ask($id, kind => LOAD, flags => ID,
                                   parent => $_[0], target => 1,
                                   strings => "warm\0")
                             . worker($id) . worker($id) },
    load_after_load => sub { my $id = new_id();
                             ask($id, kind => LOAD, parent => $_[0],
                                   target => 1)
                             . worker($id) . frame(FINISH, $id, '')
                             . data($id, 'x') },
    load_no_id      => sub { ask(new_id(), kind => LOAD, flags => ID,
                                   parent => $_[0], target => 1,
                                   strings => 'no NUL') },
    load_long_id    => sub { ask(new_id(), kind => LOAD, flags => ID,
                                   parent => $_[0], target => 1,
                                   strings => 'x' x 4096 . "\0") },
    load_queued     => sub { my ($c) = @_; my ($a, $b) = (new_id(), new_id());
                             ask($a, kind => LOAD, flags => ID,
                                   parent => $c, target => 1,
                                   strings => "same\0")
                             . ask($b, kind => LOAD, flags => ID,
                                     parent => $c, target => 1,
                                     strings => "same\0")
                             . worker($b) },
    load_capability => sub { my $id = new_id();
                             put(ask($id, kind => LOAD, parent => $_[0],
                                       target => 1)
                                 . worker($id, outbound => 2,
                                          capability => 1));
                             my $f = new_id();
                             put(ask($f, parent => $_[0], flags => LOADED,
                                       target => $id));
                             answer($_[0], outcome($f) . "\n") },
    grant_none      => sub { granted($_[0], target => 1,
                                     grants => grant(capability => 7)) },
    grant_huge      => sub { granted($_[0], target => 1,
                                     grants => grant(capability => UNKNOWN)) },
    grant_fine      => sub { granted($_[0], target => 1,
                                     grants => grant(capability => 1)
                                     . grant(kind => 2, name => 'A', props => 'p')) },
    outbound_none   => sub { granted($_[0], target => 1, outbound => 2,
                                     capability => 1,
                                     grants => grant(kind => 2, name => 'A')) },
    outbound_loader => sub { granted($_[0], target => 1, outbound => 2,
                                     capability => 0,
                                     grants => grant(capability => 1)) },
    grant_kind      => sub { grants($_[0], grant(kind => 3)) },
    grant_reserved  => sub { grants($_[0], grant(reserved => 1)) },
    grant_short     => sub { grants($_[0], substr grant(), 0, 23) },
    grant_long_name => sub { grants($_[0], grant(length => 5, name => 'A')) },
    tail_fine       => sub { granted($_[0], target => 1, tails => 1,
                                     grants => grant(kind => 2, name => 'A')) },
    tail_loader     => sub { granted($_[0], target => 1, tails => 1,
                                     grants => grant(capability => 1)) },
    tail_none       => sub { granted($_[0], target => 1, tails => 1,
                                     grants => grant(capability => 7)) },
    tail_outbound   => sub { granted($_[0], target => 1, tails => 1,
                                     outbound => 2, capability => 0,
                                     grants => grant(kind => 2, name => 'A')) },
    tails_missing   => sub { grants($_[0], '', 1) },
    tails_many      => sub { grants($_[0], grant(kind => 2, name => 'A') x 17, 17) },
    grant_many      => sub { grants($_[0], grant(capability => 1) x 1001) },
    # what a sandbox engine may grant: its last part says which of the above
    (map { my $act = $_; ("sandbox_$act" => sub {
        my ($c) = @_; my ($id, $f) = (new_id(), new_id());
        put(ask($id, kind => LOAD, parent => $c, target => 1)
            . worker($id, grants => grant(capability => 1))
            . frame(FINISH, $id, '')
            . ask($f, parent => $c, flags => LOADED, target => $id, strings =>
                    "\0GET\0http://example.com/$act\0\0"));
        my $got = outcome($f);
        return $got eq 'head 200'
            ? head($c, flags => JOIN, join => $f) . end($c)
            : answer($c, "$got\n");
    }) } qw(grant_export grant_own grant_foreign)),
    # what a call grants to its target, while it lasts
    lend_fine       => sub { lends($_[0], 1, grant(capability => 1),
                                   grant(kind => 2, name => 'A', props => 'p')) },
    lend_none       => sub { lends($_[0], 1, grant(capability => 1),
                                   grant(capability => 7)) },
    lend_unlent     => sub { lends($_[0], 1, grant(capability => 1 << 32)) },
    lend_huge       => sub { lends($_[0], 1, grant(capability => UNKNOWN)) },
    lend_many       => sub { lends($_[0], 1, (grant(kind => 2, name => 'A')) x 255) },
    lend_missing    => sub { lent(2, grant()) },
    lend_kind       => sub { lent(1, grant(kind => 3)) },
    lend_self       => sub { lent(1, grant(), flags => SELF, parent => $_[0]) },
    lend_outbound   => sub { lent(1, grant(), flags => 0, parent => $_[0]) },
    lend_load       => sub { lent(1, grant(), kind => LOAD, parent => $_[0]) },
    unlent          => sub { refused($_[0], target => 1 << 32) },
    unlent_huge     => sub { refused($_[0], target => UNKNOWN) },
    unlent_load     => sub { granted($_[0], target => 1 << 32) },
    # there, its last part says which of these: with the number that it was told
    (map { my $act = $_; ("lend_$act" => sub {
        my ($c) = @_; my ($id, $f) = (new_id(), new_id());
        put(ask($id, kind => LOAD, parent => $c, target => 1)
            . worker($id) . frame(FINISH, $id, '')
            . ask($f, parent => $c, flags => LOADED, target => $id, reserved => 2,
                  strings => grant(kind => 2, name => 'A') . grant(capability => 1)
                             . "\0GET\0http://example.com/$act\0\0"));
        my $got = outcome($f);
        return $got eq 'head 200'
            ? head($c, flags => JOIN, join => $f) . end($c)
            : answer($c, "$got\n");
    }) } qw(lent_export lent_loader lent_beyond lent_before lent_on lent_env
               lent_again)),
    lent_export     => sub { lends($_[0], $fetch{$_[0]}{lent} + 1,
                                   grant(kind => 2, name => 'A')) },
    lent_loader     => sub { granted($_[0], target => $fetch{$_[0]}{lent} + 1) },
    lent_beyond     => sub { granted($_[0], target => $fetch{$_[0]}{lent} + 2) },
    lent_before     => sub { granted($_[0], target => $fetch{$_[0]}{lent} - 1) },
    lent_on         => sub { lends($_[0], $fetch{$_[0]}{lent} + 1,
                                   grant(capability => $fetch{$_[0]}{lent})) },
    # the call is made anew, with what it brought
    lent_again      => sub { state $first = 0;
                             return unseen($_[0])
                                 if $first++ == 0;
                             lends($_[0], $fetch{$_[0]}{lent} + 1,
                                   grant(capability => $fetch{$_[0]}{lent})) },
    lent_env        => sub { granted($_[0], target => $fetch{$_[0]}{lent} + 1,
                                     grants => grant(capability =>
                                                       $fetch{$_[0]}{lent})) },
    # of a service, whose entrypoint and props are not the caller's to choose
    forged_target   => sub {
        my ($c) = @_; my $id = new_id(); my $props = '{"who":"forged"}';
        put(ask($id, parent => $c, target => 2, props => length $props,
                strings => "${props}Other\0GET\0http://example.com/shows\0\0"));
        my $got = outcome($id);
        return $got eq 'head 200'
            ? head($c, flags => JOIN, join => $id) . end($c)
            : answer($c, "$got\n");
    },
    shows           => sub { answer($_[0], "$fetch{$_[0]}{target}\n") },
    loaded_other    => sub { my ($c) = @_; my $id = new_id();
                             put(ask($id, kind => LOAD,
                                       parent => other($c), target => 1));
                             ask(new_id(), parent => $c, flags => LOADED,
                                   target => $id) },
);

# How a FETCH with a body of 70,000 bytes went that goes on like this after the
# first 65,536.
sub uploaded {
    my ($c, $rest) = @_;
    my $id = new_id();
    put(ask($id, parent => $c, flags => BODY, length => 70_000,
              strings => "\0POST\0http://sink.test/\0\0") . data($id, 'x' x 65_536));
    my $got = outcome($id);
    put($rest->($id)) if $got eq 'type ' . WINDOW;
    $got = outcome($id) while $got eq 'type ' . WINDOW;
    return answer($c, "$got\n");
}

# How a load with these grants went, by a FETCH to what is loaded.
sub granted {
    my ($c, %arg) = @_;
    my ($id, $f) = (new_id(), new_id());
    put(ask($id, kind => LOAD, parent => $c, target => delete $arg{target})
        . worker($id, %arg) . frame(FINISH, $id, '')
        . ask($f, parent => $c, flags => LOADED, target => $id, strings =>
                "\0GET\0http://example.com/ok\0\0"));
    return answer($c, outcome($f) . "\n");
}

# How a FETCH went that lends these grants to what it has loaded.
sub lends {
    my ($c, $loader, @grants) = @_;
    my ($id, $f) = (new_id(), new_id());
    put(ask($id, kind => LOAD, parent => $c, target => $loader)
        . worker($id) . frame(FINISH, $id, '')
        . ask($f, parent => $c, flags => LOADED, target => $id,
              reserved => scalar @grants,
              strings => join('', @grants)
                         . "\0GET\0http://example.com/ok\0\0"));
    return answer($c, outcome($f) . "\n");
}

sub lent {
    my ($n, $bytes, %arg) = @_;
    return ask(new_id(), flags => LOADED, target => 1, reserved => $n,
               strings => "$bytes\0GET\0http://example.com/\0\0", %arg);
}

sub grants {
    my ($c, $bytes, $tails) = @_;
    my $id = new_id();
    return ask($id, kind => LOAD, parent => $c, target => 1)
        . worker($id, grants => $bytes, tails => $tails);
}

sub refused {
    my ($c, %arg) = @_;
    my $id = new_id();
    put(ask($id, parent => $c, %arg));
    return answer($c, outcome($id) . "\n");
}

# -- at start ---------------------------------------------------------------

my %start = (
    ''              => sub { put(hello()) },
    exit            => sub { exit 3 },
    silent          => sub { },
    hello_exit      => sub { put(hello()); exit 3 },
    version         => sub { put(hello(version => 2)) },
    not_jailed      => sub { put(hello(jailed => 0)) },
    no_jit          => sub { put(hello(jit => 0)) },
    jailed_7        => sub { put(hello(jailed => 7)) },
    short           => sub { put(frame(HELLO, 0, "\1\0\0\0\1\1" . "\0" x 9)) },
    long            => sub { put(frame(HELLO, 0, "\0" x 257)) },
    no_nul          => sub { put(frame(HELLO, 0, pack 'L C C S Q A*', 1, 1, 1,
                                       0, 0, 'fake')) },
    open_before     => sub { put(ask(2)) },
    log_before      => sub { put(console(3, 4, 'early')) },
    garbage         => sub { put($garbage) },
    forged          => sub { put(hello(v8 => "1\n2026/01/01 00:00:00 [alert] "
                                             . '1#1: forged')) },
);

# -- reading ----------------------------------------------------------------

my $in = '';

sub take {
    my ($n) = @_;
    while (length $in < $n) {
        # nginx has closed the connection, or ended
        sysread $socket, $in, 65536, length $in or $!{EINTR} or exit 0;
    }
    return substr $in, 0, $n, '';
}

sub next_frame {
    my ($length, $type, $flags, $reserved, $channel) =
        unpack 'L C C S Q', take(16);
    return ($type, $flags, $channel, take($length));
}

sub handle {
    my ($type, $flags, $channel, $payload) = @_;

    return if $type != OPEN;

    my ($kind, $open_flags, undef, undef, $props, $parent, $lent) =
        unpack 'C C C C L Q Q', $payload;
    my @strings = split /\0/, substr($payload, 48 + $props), -1;

    if ($kind == ISOLATE) {
        $isolate{$channel} = { name => $strings[0] };
        if (my $ends = read_file("$home/ends")) {
            write_file("$home/ends", $ends - 1);
            exit 0;
        }
        return;
    }

    if ($open_flags & TAIL) {
        put(head($channel, status => 204, flags => 0) . end($channel));
        return;
    }

    my ($path) = $strings[2] =~ m{^https?://[^/]*/(?:b/|quick/|short/|service/)?([^?/]*)};
    $fetch{$channel} = { isolate => $parent, lent => $lent,
                         target => "$strings[0] " . substr $payload, 48, $props };

    return if $path eq 'hold';      # answered by nobody, till it is cancelled

    if ($path eq 'later') {         # answered when SIGUSR1 comes
        $SIG{USR1} = sub { put(answer($channel, "late\n")) };
        put(console($channel, 4, "waits in $$"));
        return;
    }

    my $act = $act{$path} or die "no act \"$path\"\n";
    my $bytes = $act->($channel);
    $fetch{$channel}{answered} = 1;
    put($bytes);
}

if (open my $starts, '>>', "$home/starts") {
    syswrite $starts, "$role\n";
    close $starts;
}

my $start = read_file("$home/start");
($start{$start} or die "no start \"$start\"\n")->();

handle(next_frame()) while 1;
