# What nginx says about a configuration: each directive, taken and refused.

use Test::Nginx::Socket 'no_plan';
use DynWorker;

$ENV{DW_TEST_SECRET} = 'from the environment';

no_shuffle();
run_tests();

__DATA__

=== TEST 1: every directive of the http context is taken
--- http_config
    dynworker_threads 2 max=8;
    dynworker_isolates max=10 idle=1m memory=2g prewarm=0;
    dynworker_jit off;
    dynworker_jail on;

    dynworker_outbound api {
        allow api.example.com *.provider.io ~^api\d+\.example\.org$;
        allow https://hooks.example.com:8443 http://[2001:DB8::1]:* all;
        allow "https://~^a{2}$:8443" EXAMPLE.com. 192.0.2.1:8080;
        deny evil.example.com;
        methods GET POST;
        set_header Authorization "Bearer $remote_addr" api.example.com;
        set_header Authorization other *.provider.io;
        set_header X-Forwarded-Host $host;
        strip_header Cookie X-Internal;
        private_addresses on;
        pass /out;
    }
--- config
    location /t { return 204; }
--- request
GET /t
--- error_code: 204



=== TEST 2: every directive of a location is taken, on each level
--- http_config
    dynworker_loader LOADER;
    dynworker_loader SHARED apps;
    dynworker_var NAME http;
    dynworker_json FLAGS '{"a": true}';
    dynworker_secret KEY env=DW_TEST_SECRET;
    dynworker_limits cpu=50ms wall=10s memory=64m;
    dynworker_compatibility_date 2026-01-31;
    dynworker_compatibility_flags nodejs_compat;
    dynworker_log_level debug;
    dynworker_global_outbound api;

    dynworker_outbound api { allow all; pass /out; }
--- config
    dynworker_var NAME server;
    dynworker_limits subrequests=0 outbound_body=1m;
    dynworker_global_outbound off;

    location /t {
        dynworker_var NAME location;
        dynworker_secret FILE file=$TEST_NGINX_HTML_DIR/key;
        dynworker_limits queue=10;
        dynworker_log_level off;
        dynworker_global_outbound api;
        return 204;
    }
--- user_files
>>> key
secret
--- request
GET /t
--- error_code: 204



=== TEST 3: a script, an "if" block and "limit_except" in one location
--- config
    location /t {
        dynworker_script $TEST_NGINX_HTML_DIR/a.js;
        if ($arg_a) { set $b 1; }
        limit_except GET { deny 10.0.0.1; }
    }
    location /load { dynworker_load id=$arg_id code=/code; }
    location /ok { return 204; }
--- user_files
>>> a.js
export default { fetch() { return new Response(null, { status: 204 }); } };
--- request
GET /ok
--- error_code: 204



=== TEST 4: dynworker_jail off is said in the log
--- http_config
    dynworker_jail off;
--- config
    location /load { dynworker_load id=1 code=/code; }
    location /t { return 204; }
--- request
GET /t
--- error_code: 204
--- error_log
"dynworker_jail off", workers run in engines that are not locked down



=== TEST 5: threads are a number
--- http_config
    dynworker_threads x;
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid value "x", it must be a number from 1 on



=== TEST 6: an engine has at least one thread
--- http_config
    dynworker_threads 0;
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid value "0", it must be a number from 1 on



=== TEST 7: max= is not below the threads at start
--- http_config
    dynworker_threads 4 max=2;
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid value "max=2", it must be a number from 4 on



=== TEST 8: an unknown parameter of dynworker_threads
--- http_config
    dynworker_threads 4 min=2;
--- config
    location /t { return 204; }
--- must_die
--- error_log
unknown parameter "min=2", it must be "max="



=== TEST 9: too many threads
--- http_config
    dynworker_threads 4 max=1000;
--- config
    location /t { return 204; }
--- must_die
--- error_log
an engine can not have more than 256 threads



=== TEST 10: dynworker_threads is given once
--- http_config
    dynworker_threads 4;
    dynworker_threads 4;
--- config
    location /t { return 204; }
--- must_die
--- error_log
"dynworker_threads" directive is duplicate



=== TEST 11: an unknown parameter of dynworker_isolates
--- http_config
    dynworker_isolates max=10 foo=1;
--- config
    location /t { return 204; }
--- must_die
--- error_log
unknown parameter "foo=1", it must be "max=", "idle=", "memory=", or "prewarm="



=== TEST 12: a parameter of dynworker_isolates is given once
--- http_config
    dynworker_isolates max=10 max=11;
--- config
    location /t { return 204; }
--- must_die
--- error_log
duplicate parameter "max=11"



=== TEST 13: idle= is a time
--- http_config
    dynworker_isolates idle=soon;
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid value "idle=soon", it must be a time from 1ms to 24d



=== TEST 14: memory= of all isolates is a size
--- http_config
    dynworker_isolates memory=1k;
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid value "memory=1k", it must be a size from 16m to 1024g



=== TEST 15: dynworker_jit is a flag
--- http_config
    dynworker_jit yes;
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid value "yes" in "dynworker_jit" directive, it must be "on" or "off"



=== TEST 16: dynworker_jail is given once
--- http_config
    dynworker_jail on;
    dynworker_jail on;
--- config
    location /t { return 204; }
--- must_die
--- error_log
"dynworker_jail" directive is duplicate



=== TEST 17: a policy needs a place to pass requests to
--- http_config
    dynworker_outbound api {
        allow all;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
no "pass" in policy "api"



=== TEST 18: pass is the URI of a location
--- http_config
    dynworker_outbound api {
        pass http://127.0.0.1;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid value "http://127.0.0.1" in "pass" directive, it must be the URI of a location



=== TEST 19: pass has no variables
--- http_config
    dynworker_outbound api {
        pass /out/$host;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
without arguments or variables



=== TEST 20: a policy is defined once
--- http_config
    dynworker_outbound api {
        pass /out;
    }
    dynworker_outbound api {
        pass /out;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
duplicate policy "api", the other one is in



=== TEST 21: a policy can not be called off
--- http_config
    dynworker_outbound off { pass /out; }
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid policy name "off"



=== TEST 22: an unknown directive in a policy
--- http_config
    dynworker_outbound api {
        pass /out;
        allows all;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
unknown directive "allows" in policy



=== TEST 23: a directive of a policy without arguments
--- http_config
    dynworker_outbound api {
        pass /out;
        allow;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid number of arguments in "allow" directive



=== TEST 24: a pattern with another scheme
--- http_config
    dynworker_outbound api {
        pass /out;
        allow ftp://example.com;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
unknown scheme in pattern "ftp://example.com", it must be "http://" or "https://"



=== TEST 25: a pattern with a port that does not exist
--- http_config
    dynworker_outbound api {
        pass /out;
        allow example.com:65536;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid port in pattern "example.com:65536"



=== TEST 26: a pattern with a path
--- http_config
    dynworker_outbound api {
        pass /out;
        allow example.com/v1;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid pattern "example.com/v1", it must be a host name, "*.domain", "~regex", an IPv4 address, an IPv6 address in brackets, or "all"



=== TEST 27: a wildcard in the middle
--- http_config
    dynworker_outbound api {
        pass /out;
        deny api.*.com;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid pattern "api.*.com", it must be a host name



=== TEST 28: an address that the URL parser would write otherwise
--- http_config
    dynworker_outbound api {
        pass /out;
        deny 127.1;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid pattern "127.1", it must be a host name



=== TEST 29: an IPv6 address without brackets
--- http_config
    dynworker_outbound api {
        pass /out;
        allow ::1;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid pattern "::1", it must be a host name



=== TEST 30: a name that is not in its ASCII form
--- http_config
    dynworker_outbound api {
        pass /out;
        allow bücher.example;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
international names are written with "xn--"



=== TEST 31: a regex that PCRE does not take
--- http_config
    dynworker_outbound api {
        pass /out;
        allow "~(a";
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
missing closing parenthesis



=== TEST 32: methods are in upper case
--- http_config
    dynworker_outbound api {
        pass /out;
        methods get;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid method "get", it must be in upper case letters



=== TEST 33: methods is given once
--- http_config
    dynworker_outbound api {
        pass /out;
        methods GET;
        methods POST;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
"methods" directive is duplicate



=== TEST 34: a header name with a space
--- http_config
    dynworker_outbound api {
        pass /out;
        set_header "X Y" z;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid header name "X Y"



=== TEST 35: a pattern of header names
--- http_config
    dynworker_outbound api {
        pass /out;
        strip_header X-Internal-*;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid header name "X-Internal-*"



=== TEST 36: a header that nginx makes
--- http_config
    dynworker_outbound api {
        pass /out;
        set_header Content-Length 1;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
header "Content-Length" is made by nginx itself



=== TEST 37: a header is set once for all hosts
--- http_config
    dynworker_outbound api {
        pass /out;
        set_header X-Key a;
        set_header x-key b;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
duplicate header "x-key"



=== TEST 38: a header with an unknown variable
--- http_config
    dynworker_outbound api {
        pass /out;
        set_header X-Key $no_such_variable;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
unknown "no_such_variable" variable



=== TEST 39: a header value with a line break
--- http_config
    dynworker_outbound api {
        pass /out;
        set_header X-Key "a\r\nX-Other: b";
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
value of header "X-Key" in policy "api" has a control character



=== TEST 40: a header with a bad host pattern
--- http_config
    dynworker_outbound api {
        pass /out;
        set_header X-Key a "a b";
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid pattern "a b", it must be a host name



=== TEST 41: stripped headers have names
--- http_config
    dynworker_outbound api {
        pass /out;
        strip_header X:;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid header name "X:"



=== TEST 42: private_addresses is a flag
--- http_config
    dynworker_outbound api {
        pass /out;
        private_addresses maybe;
    }
--- config
    location /t { return 204; }
--- must_die
--- error_log
invalid value "maybe" in "private_addresses" directive



=== TEST 43: a policy that no block defines
--- config
    location / { dynworker_global_outbound nobody; }
--- must_die
--- error_log
unknown policy "nobody" in



=== TEST 44: dynworker_global_outbound is given once
--- http_config
    dynworker_outbound api {
        pass /out;
    }
--- config
    dynworker_global_outbound api;
    dynworker_global_outbound off;
--- must_die
--- error_log
"dynworker_global_outbound" directive is duplicate



=== TEST 45: names in env are JavaScript identifiers
--- config
    dynworker_var MY-VAR x;
--- must_die
--- error_log
invalid name "MY-VAR" in env, it must be a JavaScript identifier



=== TEST 46: names in env do not start with a digit
--- config
    dynworker_json 1ST 1;
--- must_die
--- error_log
invalid name "1ST" in env



=== TEST 47: a level has a name in env once
--- config
    dynworker_var NAME x;
    dynworker_loader NAME;
--- must_die
--- error_log
duplicate name "NAME" in env



=== TEST 48: JSON is not empty
--- config
    dynworker_json NAME "";
--- must_die
--- error_log
"dynworker_json" must have a JSON value



=== TEST 49: a namespace is a word
--- config
    dynworker_loader LOADER a/b;
--- must_die
--- error_log
invalid namespace "a/b", it must be of letters, digits, "_", "-", and "."



=== TEST 50: a secret whose file is missing
--- config
    dynworker_secret KEY file=no/such/file;
--- must_die
--- error_log
no/such/file" failed (2: No such file or directory)



=== TEST 51: a secret whose file is a directory
--- config
    dynworker_secret KEY file=$TEST_NGINX_HTML_DIR;
--- must_die
--- error_log
/html" is not a regular file



=== TEST 52: a secret that is too big
--- config
    dynworker_secret KEY file=$TEST_NGINX_HTML_DIR/big;
--- user_files eval
">>> big\n" . "x" x (1024 * 1024 + 1)
--- must_die
--- error_log
/big" is too big for a secret, it has more than 1048576 bytes



=== TEST 53: a secret whose variable is missing
--- config
    dynworker_secret KEY env=DW_NO_SUCH;
--- must_die
--- error_log
no environment variable "DW_NO_SUCH" for secret "KEY"



=== TEST 54: a secret in the configuration itself is not shown
--- config
    dynworker_secret KEY hunter2;
--- must_die
--- error_log
invalid source of secret "KEY", it must be "file=" with a path or "env=" with a name
--- no_error_log
hunter2
[alert]



=== TEST 55: an unknown limit
--- config
    dynworker_limits disk=1m;
--- must_die
--- error_log
unknown parameter "disk=1m", it must be "cpu=", "wall=", "memory=", "subrequests=", "outbound_body=", or "queue="



=== TEST 56: a limit is given once in a level
--- config
    dynworker_limits cpu=1s;
    dynworker_limits cpu=2s;
--- must_die
--- error_log
duplicate parameter "cpu=2s"



=== TEST 57: no time at all is no limit
--- config
    dynworker_limits cpu=0;
--- must_die
--- error_log
invalid value "cpu=0", it must be a time from 1ms to 24d



=== TEST 58: a wall time that is too long
--- config
    dynworker_limits wall=1y;
--- must_die
--- error_log
invalid value "wall=1y", it must be a time from 1ms to 24d



=== TEST 59: too little memory for an isolate
--- config
    dynworker_limits memory=8m;
--- must_die
--- error_log
invalid value "memory=8m", it must be a size from 16m to 1024g



=== TEST 60: subrequests are counted
--- config
    dynworker_limits subrequests=-1;
--- must_die
--- error_log
invalid value "subrequests=-1", it must be a number from 0 on



=== TEST 61: a queue has room for one
--- config
    dynworker_limits queue=0;
--- must_die
--- error_log
invalid value "queue=0", it must be a number from 1 on



=== TEST 62: a body of no size
--- config
    dynworker_limits outbound_body=big;
--- must_die
--- error_log
invalid value "outbound_body=big", it must be a size from 1k to 1024g



=== TEST 63: a compatibility date is a date
--- config
    dynworker_compatibility_date 2026-13-01;
--- must_die
--- error_log
invalid date "2026-13-01", it must be like "2026-01-31"



=== TEST 64: a compatibility date is given once
--- config
    dynworker_compatibility_date 2026-01-01;
    dynworker_compatibility_date 2026-01-01;
--- must_die
--- error_log
"dynworker_compatibility_date" directive is duplicate



=== TEST 65: a compatibility flag is a word
--- config
    dynworker_compatibility_flags nodejs_compat Node-Compat;
--- must_die
--- error_log
invalid flag "Node-Compat", it must be of lower case letters



=== TEST 66: an unknown log level
--- config
    dynworker_log_level loud;
--- must_die
--- error_log
invalid level "loud", it must be "debug", "info", "warn", "error", or "off"



=== TEST 67: dynworker_load needs an id
--- config
    location / { dynworker_load code=/code; }
--- must_die
--- error_log
"dynworker_load" must have "id" parameter



=== TEST 68: dynworker_load needs code
--- config
    location / { dynworker_load id=$arg_id; }
--- must_die
--- error_log
"dynworker_load" must have "code" parameter



=== TEST 69: an unknown parameter of dynworker_load
--- config
    location / { dynworker_load id=1 src=/code; }
--- must_die
--- error_log
unknown parameter "src=/code", it must be "id=" or "code="



=== TEST 70: the id of dynworker_load is not empty
--- config
    location / { dynworker_load id= code=/code; }
--- must_die
--- error_log
empty parameter "id="



=== TEST 71: code is the URI of a location
--- config
    location / { dynworker_load id=1 code=code.js; }
--- must_die
--- error_log
invalid value "code=code.js", it must be the URI of a location



=== TEST 72: a parameter of dynworker_load is given once
--- config
    location / { dynworker_load id=1 id=2 code=/code; }
--- must_die
--- error_log
duplicate parameter "id=2"



=== TEST 73: a location has one script
--- config
    location / { dynworker_script a.js; dynworker_script b.js; }
--- must_die
--- error_log
"dynworker_script" directive is duplicate



=== TEST 74: a location runs either a script or a loaded worker
--- config
    location / { dynworker_script a.js; dynworker_load id=1 code=/code; }
--- must_die
--- error_log
"dynworker_load" directive is incompatible with "dynworker_script"



=== TEST 75: a content handler before the script
--- config
    location / { proxy_pass http://127.0.0.1; dynworker_script a.js; }
--- must_die
--- error_log
"dynworker_script" directive is incompatible with the location's other content handler



=== TEST 76: a content handler after the script
--- config
    location / { dynworker_script a.js; proxy_pass http://127.0.0.1; }
--- must_die
--- error_log
location "/" has another content handler than "dynworker_script" in



=== TEST 77: a script in an if block
--- config
    location / { if ($arg_a) { dynworker_script a.js; } }
--- must_die
--- error_log
"dynworker_script" directive is not allowed here



=== TEST 78: a script that is missing
--- config
    location / { dynworker_script no/such.js; }
--- must_die
--- error_log
no/such.js" failed



=== TEST 79: an engine that is missing
--- http_config
    dynworker_engine /no/such/engine;
--- config
    location / { dynworker_script $TEST_NGINX_HTML_DIR/a.js; }
--- user_files
>>> a.js
export default { fetch() { return new Response("ok"); } };
--- must_die
--- error_log
engine "/no/such/engine" could not be run to check worker script
"dynworker_engine" sets its path



=== TEST 80: an engine that is something else
--- http_config
    dynworker_engine /bin/true;
--- config
    location / { dynworker_script $TEST_NGINX_HTML_DIR/a.js; }
--- user_files
>>> a.js
export default { fetch() { return new Response("ok"); } };
--- must_die
--- error_log
is not of this module's version



=== TEST 81: a script with a syntax error
--- config
    location / { dynworker_script $TEST_NGINX_HTML_DIR/a.js; }
--- user_files
>>> a.js
export default {};
let const a b;
--- must_die
--- error_log
/a.js:2:



=== TEST 82: a script that imports what is missing
--- config
    location / { dynworker_script $TEST_NGINX_HTML_DIR/a.js; }
--- user_files
>>> a.js
import "./missing.js";
--- must_die
--- error_log
missing.js



=== TEST 82: a compatibility date is a day of the calendar
--- config
    dynworker_compatibility_date 2026-02-29;
--- must_die
--- error_log
invalid date "2026-02-29", it must be like "2026-01-31"



=== TEST 83: ... with two digits for each
--- config
    dynworker_compatibility_date 2026-1-031;
--- must_die
--- error_log
invalid date "2026-1-031", it must be like "2026-01-31"



=== TEST 84: a leap day, and tomorrow, which may have begun elsewhere
--- config eval
use POSIX ();
my $tomorrow = POSIX::strftime('%Y-%m-%d', gmtime time + 86400);
"location /leap { dynworker_compatibility_date 2024-02-29; return 200; }
 location /t { dynworker_compatibility_date $tomorrow; return 200 taken; }"
--- request
GET /t
--- response_body chomp
taken



=== TEST 85: no later day: whoever asks for the future does not know what it brings
--- config eval
# (two days would become one at midnight)
my $late = POSIX::strftime('%Y-%m-%d', gmtime time + 3 * 86400);
"dynworker_compatibility_date $late;"
--- must_die
--- error_log eval
qr/\[emerg\] .*date "\d{4}-\d\d-\d\d" is in the future, it must be "\d{4}-\d\d-\d\d" \(tomorrow\) or before in \S+nginx\.conf:\d+/
