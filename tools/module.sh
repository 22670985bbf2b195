#!/usr/bin/env bash
# tools/module.sh FILE.so
#
# Builds the nginx module in a copy of nginx's source tree: that of the
# distribution's nginx-dev, with the distribution's configure flags, or the one
# in $NGINX_SRC, with $NGINX_CONFIGURE as flags.
#
# Settings come from the Makefile: NGINX_SRC, ENGINE_PATH, SANITIZE, JOBS.

set -eu
cd "$(dirname "$0")/.."
root=$PWD
out=$1
tree=$(dirname "$out")/nginx
mkdir -p "$(dirname "$tree")"

source=${NGINX_SRC:-/usr/share/nginx/src}
[ -x "$source/configure" ] || {
    echo "module: no nginx source in \"$source\"" >&2
    exit 1
}

if [ -e "$source/conf_flags" ]; then
    . "$source/conf_flags"
else
    NGX_CONF_FLAGS=(${NGINX_CONFIGURE:---with-compat --with-threads
        --with-http_ssl_module --with-http_v2_module})
fi

# The distribution's flags are those of its binary, less the compiler's.
# Messages and debug information name our files relative to this folder.
cc_opt="-O2 -g -Wall -Wextra -Werror -fstack-protector-strong -fPIC"
cc_opt="$cc_opt -ffile-prefix-map=$root=."
ld_opt="-Wl,-z,relro -Wl,-z,now"

if [ -n "${SANITIZE-}" ]; then
    cc_opt="$cc_opt -fsanitize=$SANITIZE -fno-omit-frame-pointer"
    ld_opt="$ld_opt -fsanitize=$SANITIZE"
else
    cc_opt="$cc_opt -D_FORTIFY_SOURCE=2"
fi

# Two makes at once would configure and build in the same tree.
exec 9> "$tree.lock"
flock 9

# All that configure depends on.  An edit inside a file is make's business.
key=$(
    echo "$source" "$root" "${NGX_CONF_FLAGS[@]}" "$cc_opt" "${ENGINE_PATH-}"
    cksum < config
    cksum < "$source/src/core/nginx.h"
    ls -d ngx_module/*.[ch] wire/*.[ch]
)

if [ "$(cat "$tree/configured" 2> /dev/null)" != "$key" ]; then
    rm -rf "$tree"
    cp -R "$source" "$tree"
    rm -rf "$tree/objs" "$tree/Makefile"

    echo "module: configuring nginx" \
        "$(sed -n 's/^#define NGINX_VERSION *//p' "$tree/src/core/nginx.h")"
    (
        cd "$tree"
        DYNWORKER_ENGINE_PATH=${ENGINE_PATH-} ./configure \
            "${NGX_CONF_FLAGS[@]}" --with-cc-opt="$cc_opt" \
            --with-ld-opt="$ld_opt" --add-dynamic-module="$root" \
            > configure.log 2>&1
    ) || {
        tail -n 30 "$tree/configure.log" >&2
        exit 1
    }
    printf '%s\n' "$key" > "$tree/configured"
fi

# nginx's Makefile knows nothing of the outer make's job server.
MAKEFLAGS= make -C "$tree" -f objs/Makefile -j"${JOBS:-1}" --no-print-directory \
    $([ -n "${V-}" ] || echo --silent) modules
# Not over the old file: a running nginx may have it mapped.
cp "$tree/objs/ngx_http_dynworker_module.so" "$out.new"
mv "$out.new" "$out"
