#!/usr/bin/env bash
# tools/v8.sh FILE
#
# Finds V8 and writes to FILE, for the shell, how to compile and link with it:
#
#   V8_CPPFLAGS   its headers
#   V8_LIBS       its library, with the run path that finds it
#   V8_PRIVATE    the library file to carry along, when it is not the system's
#   V8_VERSION
#
# In this order: $V8, what `make deps` unpacked into build/v8, libnode-dev.
# Whichever it is, headers and library must be of one version.

set -eu
cd "$(dirname "$0")/.."

out=$1
build=$(dirname "$out")
: "${V8=}"

fail()
{
    echo "v8: $*" >&2
    exit 1
}

system_v8()
{
    [ "$(dpkg-query -W -f '${db:Status-Status}' libnode-dev 2> /dev/null)" \
        = installed ]
}

if [ -n "$V8" ]; then
    root=$V8
elif [ -e build/v8/usr/include/node/v8.h ]; then
    root=build/v8/usr
elif system_v8; then
    root=/usr
else
    fail "no V8 here; \"make deps\" installs it, \"make V8=DIR\" names another"
fi

# Never another vendor's /usr/include/node: it matches no libnode.
include=
for dir in "$root/include/node" "$root/usr/include/node" "$root/include"; do
    [ -e "$dir/v8.h" ] && { include=$dir; break; }
done
[ -n "$include" ] || fail "no v8.h below \"$root\""

if [ $root = /usr ]; then
    lib=$(dpkg-query -L libnode-dev | grep '/libnode\.so$')
else
    lib=$(find "$root" -maxdepth 6 \( -name 'libnode.so.*' -o -name libnode.so \
        -o -name libv8_monolith.a \) | sort -r | head -n 1)
fi
[ -n "$lib" ] || fail "no libnode.so and no libv8_monolith.a below \"$root\""

cppflags="-isystem $include"
private=

case $lib in
/usr/*)
    libs=$lib
    ;;
*.a)
    libs="$lib -ldl"
    ;;
*)
    # Relative to the engine, so that the build folder can be moved; and
    # beside it, where `make install` puts a copy.
    private=$lib
    path=$(realpath --relative-to="$build" "$(dirname "$lib")")
    # (Unit tests are one folder deeper.)
    libs="$lib -Wl,-rpath,\$ORIGIN/$path:\$ORIGIN/../$path:\$ORIGIN"
    ;;
esac

# Compiled and run again only when something about it has changed.
text="V8_CPPFLAGS='$cppflags'
V8_LIBS='$libs'
V8_PRIVATE='$private'
# $(stat -L -c '%n %s %Y' "$lib" "$include/v8-version.h" | tr '\n' ' ')"

if [ -e "$out" ] && [ "$(grep -v ^V8_VERSION= "$out")" = "$text" ]; then
    exit 0
fi

probe=$build/v8-version
${CXX:-c++} -std=c++17 -fno-rtti -O0 $cppflags tools/v8-version.cc -o "$probe" \
    $lib -Wl,-rpath,"$(realpath "$(dirname "$lib")")" -pthread -ldl ||
    fail "cannot link with \"$lib\""
version=$("$probe") || fail "headers in \"$include\" do not belong to \"$lib\""
rm -f "$probe"

echo "v8: $version, $lib"
printf '%s\nV8_VERSION=%s\n' "$text" "$version" > "$out"
