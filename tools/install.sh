#!/usr/bin/env bash
# Installs the module where nginx looks for modules, and the engine into
# $ENGINE_DIR, together with a libnode that is not the system's; both below
# $DESTDIR.

set -eu
cd "$(dirname "$0")/.."
. "$BUILD/v8.env"

modules=$("$NGINX_BINARY" -V 2>&1 | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p')
if [ -z "$modules" ]; then
    prefix=$("$NGINX_BINARY" -V 2>&1 | sed -n 's/.*--prefix=\([^ ]*\).*/\1/p')
    modules=${prefix:-/usr/local/nginx}/modules
fi

put()
{
    echo "install: $3/$(basename "$2")"
    install -d "$DESTDIR$3"
    install -m "$1" "$2" "$DESTDIR$3/$(basename "$2")"
}

put 644 "$BUILD/ngx_http_dynworker_module.so" "$modules"
put 755 "$BUILD/dynworker-engine" "$ENGINE_DIR"
[ -z "$V8_PRIVATE" ] || case $V8_PRIVATE in
*.a) ;;
*) put 644 "$V8_PRIVATE" "$ENGINE_DIR" ;;
esac

echo "install: \"load_module $modules/ngx_http_dynworker_module.so;\" loads it"
