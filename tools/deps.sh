#!/usr/bin/env bash
# Installs what building and testing need, and nothing that is already there.
#
#   tools/deps.sh [scope ...]          print what is missing, then install it
#   tools/deps.sh --check [scope ...]  print what is missing; fail if any is
#
# Scopes: build (always), test, lint, fuzz, bench.
#
# Debian's V8 (libnode-dev) and Debian's nodejs belong together.  Where another
# vendor's nodejs is installed, libnode-dev cannot be: there the two packages
# are unpacked into build/v8 instead, and only the libraries they need are
# installed.  `V8=DIR` (another V8) and `NGINX_SRC=DIR` (another nginx) make
# their own packages unnecessary.

set -eu
cd "$(dirname "$0")/.."

check=no
[ "${1-}" = --check ] && { check=yes; shift; }
scopes=" $* "

build_packages="gcc g++ make pkg-config libssl-dev zlib1g-dev
    libseccomp-dev libicu-dev libpcre2-dev ca-certificates"
test_packages="nginx perl openssl curl libcmocka-dev nghttp2-client
    libtest-base-perl libtest-longstring-perl liblist-moreutils-perl
    libtext-diff-perl libwww-perl libipc-run-perl libio-socket-ssl-perl
    libjson-pp-perl procps psmisc iproute2 util-linux"
lint_packages="clang-tidy clang-format cppcheck"
fuzz_packages="clang"
bench_packages="wrk"

: "${V8=}" "${NGINX_SRC=}"

# A package counts as present when it, or another that provides it (perl
# provides several of the modules), is installed.
installed()
{
    dpkg-query -W -f '${db:Status-Status} ${Package}\n${db:Status-Status} ${Provides}\n' \
        2>/dev/null > "$tmp/installed.all"
    awk '$1 == "installed" {
             sub(/^installed /, "");
             gsub(/\([^)]*\)|,/, " ");
             for (i = 1; i <= NF; i++) print $i
         }' "$tmp/installed.all" | sort -u > "$tmp/installed"
}

is_installed()
{
    grep -qxF "$1" "$tmp/installed"
}

# apt-get update, once, and only when a name is unknown to the local lists.
updated=no
update_lists()
{
    [ $updated = no ] || return 0
    updated=yes
    as_root apt-get update
}

as_root()
{
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo > /dev/null; then
        sudo "$@"
    else
        echo "deps: needs root, and there is no sudo" >&2
        return 1
    fi
}

v8_unpacked()
{
    [ -e build/v8/usr/include/node/v8.h ] &&
        [ -n "$(find build/v8/usr/lib -name 'libnode.so.*' 2>/dev/null)" ]
}

# The library package behind libnode-dev: libnode108, libnode115, ...
v8_library_package()
{
    apt-cache depends libnode-dev 2>/dev/null |
        sed -n 's/^ *Depends: \(libnode[0-9][0-9]*\)$/\1/p' | head -n 1
}

# The shared libraries that an unpacked libnode needs, from its own package.
# Its node-* packages are for Node.js, which we do not run from it.
v8_library_depends()
{
    apt-cache depends "$1" |
        sed -n 's/^ *Depends: \([^<>]*\)$/\1/p' | grep -v '^node-'
}

# Debian's own nodejs leaves libnode-dev installable; another vendor's does not.
v8_installable()
{
    apt-get --simulate --no-remove install libnode-dev > /dev/null 2>&1
}

# The nginx service is not ours to start: a package's scripts ask policy-rc.d
# first, so one that refuses stands there while apt-get runs, unless the
# machine has its own.  At the end nothing of it remains.
policy=/usr/sbin/policy-rc.d
install_packages()
{
    local ours=no systemd=no status=0

    if ! is_installed nginx; then
        [ -d /run/systemd/system ] && systemd=yes

        if [ ! -e $policy ]; then
            printf '#!/bin/sh\nexit 101\n' > "$tmp/policy-rc.d"
            as_root install -m 755 "$tmp/policy-rc.d" $policy
            ours=yes
            trap 'as_root rm -f $policy; rm -rf "$tmp"' EXIT
        fi
    fi

    as_root env DEBIAN_FRONTEND=noninteractive apt-get install \
        --yes --no-remove --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@" || status=$?

    if [ $ours = yes ]; then
        as_root rm -f $policy
        trap 'rm -rf "$tmp"' EXIT
    fi

    if [ $status = 0 ] && [ $systemd = yes ] && [ -e /usr/sbin/nginx ]; then
        echo "deps: the nginx service stays stopped and disabled;" \
             "\"systemctl enable --now nginx\" starts it"
        as_root systemctl --quiet disable nginx || true
    fi

    return $status
}

in_scope()
{
    [[ $scopes = *" $1 "* ]]
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

installed

missing=
want()
{
    local p
    for p in "$@"; do
        is_installed "$p" || missing="$missing $p"
    done
}

want $build_packages
[ -n "$NGINX_SRC" ] || want nginx-dev
for scope in test lint fuzz bench; do
    in_scope $scope || continue
    packages=${scope}_packages
    want ${!packages}
done

# Any vendor's node and npm will do: they only bundle JavaScript.
command -v node > /dev/null || missing="$missing nodejs"
command -v npm > /dev/null || missing="$missing npm"

unpack=
need_v8=no
if [ -z "$V8" ] && ! is_installed libnode-dev && ! v8_unpacked; then
    need_v8=yes
fi
need_testnginx=no
if in_scope test && [ ! -e build/test-nginx/usr/share/perl5/Test/Nginx/Socket.pm ]
then
    need_testnginx=yes
fi

if [ $check = yes ]; then
    [ $need_v8 = no ] || missing="$missing libnode-dev(V8)"
    [ $need_testnginx = no ] || missing="$missing Test::Nginx"
    if [ -n "$missing" ]; then
        echo "missing:$missing" >&2
        echo "\"make deps\" installs it" >&2
        exit 1
    fi
    exit 0
fi

# An unknown name may only mean that the machine has no package lists yet.
for p in $missing $([ $need_v8 = no ] || echo libnode-dev); do
    [ -n "$(apt-cache show "$p" 2>/dev/null)" ] || { update_lists; break; }
done

if [ $need_v8 = yes ] && v8_installable; then
    missing="$missing libnode-dev"

elif [ $need_v8 = yes ]; then
    unpack=$(v8_library_package)
    [ -n "$unpack" ] || {
        echo "deps: this distribution has no libnode-dev;" \
             "\"make V8=DIR\" builds against another V8" >&2
        exit 1
    }
fi

# apt does not know that an unpacked V8 needs these.
if [ -n "$unpack" ] || { [ -z "$V8" ] && v8_unpacked; }; then
    library=${unpack:-$(v8_library_package)}
    [ -z "$library" ] || want $(v8_library_depends "$library")
fi

if [ -z "$missing" ] && [ -z "$unpack" ] && [ $need_testnginx = no ]; then
    echo "deps: all there"
    exit 0
fi

[ -z "$missing" ] || echo "deps: to install:$missing"
[ -z "$unpack" ] || echo "deps: to unpack into build/v8: $unpack libnode-dev"
[ $need_testnginx = no ] ||
    echo "deps: to unpack into build/test-nginx: libtest-nginx-perl"

if [ -n "$missing" ]; then
    if ! install_packages $missing; then
        # Most often: the lists name versions that the mirror replaced.
        [ $updated = no ] || exit 1
        update_lists
        install_packages $missing
    fi
fi

if [ -n "$unpack" ]; then
    tools/unpack-debs.sh build/v8 "$unpack" libnode-dev || {
        [ $updated = no ] || exit 1
        update_lists
        tools/unpack-debs.sh build/v8 "$unpack" libnode-dev
    }
fi

if [ $need_testnginx = yes ]; then
    tools/test-nginx.sh
fi

echo "deps: all there"
