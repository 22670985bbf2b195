# conf-examples/egress: what its comments promise; and its egress-pass.conf with
# TLS, a test's own authority in place of the system's.

use warnings;
use strict;

use File::Temp qw(tempdir);
use Test::More;
use DynWorker;

# -- the four patterns ------------------------------------------------------------

{
    my $t = DynWorker->start(example => 'egress');
    my $get = sub { $t->get(@_)->{content} };

    is $get->('/isolated'), "Network access is disabled for this worker (globalOutbound is null).\n",
        'isolation';

    is $get->('/credentials/ada'),
        "api.example.com: GET /data, authorization: Bearer example-token, tenant: ada\n", 'credentials';

    is $get->('/capability/ada'),
        "said in tenant-ada with Bearer chat-key\n403 Domain not allowed\n", 'a capability';

    is $get->('/allowlist'), <<'END', 'an allowlist';
http://api.example.com/ 200
http://data.provider.io/?page=2 200
http://provider.io/ 403
http://admin.provider.io/ 403
http://elsewhere.example/ 403
http://169.254.169.254/latest/meta-data/ 403
END

    is $get->('/host/bob'), <<'END', 'a host worker with services';
api.example.com: GET /data, authorization: Bearer example-token, tenant: bob
said in tenant-bob with Bearer chat-key
a file of this nginx
END

    my $log = '';
    ok wait_until { ($log = read_file($t->dir . '/logs/egress.log')) =~ /(.*\n){11}/ }, 'a log';
    like $log, qr{"credentials" [0-9a-f]{32} GET "http://api\.example\.com/data" allowed 200 },
        '... of what went out';
    like $log, qr{"allowlist" [0-9a-f]{32} GET "http://admin\.provider\.io/" refused:host 403 },
        '... and what did not';
    unlike $log, qr/token|page=2/, '... without secrets';

    is $t->get($_)->{status}, 404, "$_ is internal"
        for qw(/_egress /_chat /code/allowlist /files/greeting.txt);

    ok $t->stop, 'nginx stops';
    $t->no_alerts;
}

# -- TLS --------------------------------------------------------------------------

sub openssl {
    system("openssl @_ > /dev/null 2>&1") == 0 or die "openssl @_ failed\n";
}

{
    my $dir = tempdir('dynworker-tls-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $dir;

    # One authority that is trusted and one that is not; certificates by name.
    for my $ca (qw(ca other)) {
        openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=$ca"
            . " -keyout $dir/$ca.key -out $dir/$ca.crt");
    }
    for my $row ('good.test ca', 'wrong.test ca', 'untrusted.test other', 'expired.test ca') {
        my ($name, $ca) = split / /, $row;
        my $in = $name eq 'wrong.test' ? 'another.test' : $name;
        my $days = $name eq 'expired.test' ? 0 : 2;
        write_file("$dir/ext", "subjectAltName=DNS:$in\n");
        openssl("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$in -keyout $dir/$name.key -out $dir/csr");
        openssl("x509 -req -in $dir/csr -CA $dir/$ca.crt -CAkey $dir/$ca.key -CAcreateserial"
            . " -days $days -extfile $dir/ext -out $dir/$name.crt");
    }
    ok wait_until {
        system("openssl x509 -in $dir/expired.test.crt -noout -checkend 0 > /dev/null") != 0
    }, 'one certificate has expired';

    my $include = read_file('conf-examples/egress/egress-pass.conf');
    $include =~ s{/etc/ssl/certs/ca-certificates\.crt}{$dir/ca.crt} or die;
    my $port = DynWorker::free_port();
    my @names = qw(good.test wrong.test untrusted.test expired.test);

    my $t = DynWorker->start(
        http => join('', map { <<"END" } @names) . <<"END",
    upstream $_ { server 127.0.0.1:$port; keepalive 4; }
    server {
        listen 127.0.0.1:$port ssl;
        server_name $_;
        ssl_certificate $dir/$_.crt;
        ssl_certificate_key $dir/$_.key;
        location / { return 200 "\$ssl_server_name \$host \$connection_requests"; }
        location = /length { proxy_pass http://127.0.0.1:%%PORT%%; }
    }
END
    upstream plain.test { server 127.0.0.1:%%PORT%%; }
    upstream hostile.test { server 127.0.0.1:%%PORT%%; }
    dynworker_outbound all { allow all; pass /_egress; }
END
        config => <<'END', files => { 'egress-pass.conf' => $include, 't.js' => <<'END' });
    include egress-pass.conf;
    location = /length { return 200 $http_content_length; }
    location = /_secret { internal; return 200 "secret"; }
    location = /redirect {
        add_header X-Accel-Redirect /_secret;
        return 200 "no redirect";
    }
    location = /moved { return 302 http://plain.test/elsewhere; }
    location /t { dynworker_global_outbound all; dynworker_script t.js; }
END
export default {
  async fetch(request) {
    const url = new URL(request.url).searchParams.get("url");
    try {
      const response = await fetch(url, {
        redirect: "manual", method: request.method, body: request.body,
      });
      return new Response(`${response.status} ${response.headers.get("Location") ?? await response.text()}`);
    } catch (error) {
      return new Response(`${error}`);
    }
  },
};
END

    my $fetch = sub { $t->get("/t?url=$_[0]")->{content} };

    is $fetch->('https://good.test/'), '200 good.test good.test 1', 'a certificate that is good, asked for by name';
    is $fetch->('https://good.test/'), '200 good.test good.test 2', '... on one connection';
    for my $size (5, 300_000) {
        is $t->post('/t?url=https://good.test/length', 'x' x $size)->{content}, "200 $size",
            "a body of $size bytes";
        my @pieces = unpack '(a50000)*', 'x' x $size;
        is $t->request('POST', '/t?url=https://good.test/length', content => sub { shift(@pieces) // '' })->{content},
            "200 $size", '... and in chunks';
    }
    is $fetch->("https://$_.test/"), 'TypeError: Network connection lost.', "one that is $_"
        for qw(wrong untrusted expired);
    like $t->error_log, qr/upstream SSL certificate does not match "wrong\.test"/, 'the log says why';
    like $t->error_log, qr/upstream SSL certificate verify error/, '... of each';

    is $fetch->('http://hostile.test/redirect'), '200 no redirect',
        'an upstream does not lead nginx to its own locations';
    is $fetch->('http://plain.test/moved'), '302 http://plain.test/elsewhere', 'Location is left alone';

    ok $t->stop, 'nginx stops';
    $t->no_alerts;
}

done_testing;
