#!/usr/bin/env bash
# tools/test.sh [file ...]
#
# Runs every test, or those named: t/unit/*.c (the programs built from them),
# t/runtime/*.js and t/*.t.  Ends with "N passed, N failed".

set -eu
cd "$(dirname "$0")/.."

: "${BUILD:=build}" "${NGINX_BINARY:=/usr/sbin/nginx}" "${SANITIZE:=}"

export BUILD
export CMOCKA_MESSAGE_OUTPUT=TAP
export PERL5LIB=$PWD/t/lib:$PWD/build/test-nginx/usr/share/perl5${PERL5LIB:+:$PERL5LIB}

export TEST_NGINX_BINARY=$NGINX_BINARY
export TEST_NGINX_MODULE=$PWD/$BUILD/ngx_http_dynworker_module.so
export TEST_NGINX_ENGINE=$PWD/$BUILD/dynworker-engine
export TEST_NGINX_SERVROOT=$PWD/$BUILD/servroot

# As in production: a master, which starts worker processes.
export TEST_NGINX_MASTER_PROCESS=${TEST_NGINX_MASTER_PROCESS:-on}

if [ -n "$SANITIZE" ]; then
    # nginx itself is not built with the sanitizer that its module needs.
    export TEST_NGINX_LD_PRELOAD=$(gcc -print-file-name=libasan.so)
    # Neither nginx nor V8 frees all at exit; unit tests must.
    export TEST_NGINX_ASAN_OPTIONS=detect_leaks=0:abort_on_error=0
    export UBSAN_OPTIONS=print_stacktrace=1
fi

exec perl tools/test.pl "$@"
