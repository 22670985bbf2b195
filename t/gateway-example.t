# conf-examples/gateway: what its comments promise.

use warnings;
use strict;

use Test::More;
use DynWorker;

my $t = DynWorker->start(example => 'gateway');

sub expected {
    my ($tenant) = @_;
    return <<"END";
200 api.example.com, tenant: $tenant, authorization: Bearer example-token, cookie: 
200 data.provider.io, tenant: $tenant, authorization: Bearer my-own, cookie: 
403 Domain not allowed
403 Domain not allowed
END
}

is $t->get('/tenant/ada')->{content}, expected('ada'),
    'gateway and policy: both add, and both refuse';
is $t->get('/tenant/bob')->{content}, expected('bob'), 'another tenant';

my $audit = join "\n", $t->error_log =~ /(\[AUDIT\] tenant ada.*?(?:forwarded|refused))/g;
is $audit, <<'END' =~ s/\n\z//r, 'the audit log of the gateway';
[AUDIT] tenant ada: GET api.example.com/data forwarded
[AUDIT] tenant ada: GET data.provider.io/data forwarded
[AUDIT] tenant ada: GET old.example.com/ forwarded
[AUDIT] tenant ada: GET elsewhere.example/ refused
END

my $log = '';
ok wait_until { ($log = read_file($t->dir . '/logs/egress.log')) =~ /(.*\n){6}/ },
    'the log of the policy';
like $log, qr{GET "http://api\.example\.com/data" allowed 200 }, '... of what went out';
like $log, qr{GET "http://old\.example\.com/" refused:host 403 },
    '... and what only the gateway let through';
unlike $log, qr/elsewhere/, '... and not of what never came here';
unlike $log . $t->error_log, qr/example-token/, 'no log has the token';

is $t->get($_)->{status}, 404, "$_ is internal" for qw(/_egress /code/agent.js);

ok $t->stop, 'nginx stops';
$t->no_alerts;
done_testing;
