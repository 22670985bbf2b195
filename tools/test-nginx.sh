#!/usr/bin/env bash
# Unpacks Test::Nginx into build/test-nginx.
#
# Debian has it in sid only.  It is pure Perl, so sid's package works on every
# release: a private set of apt lists, made from the machine's own sources with
# their suite changed to sid, fetches it; the system's apt stays as it was.

set -eu
cd "$(dirname "$0")/.."

dir=build/test-nginx
apt=$(mktemp -d)
trap 'rm -rf "$apt"' EXIT
mkdir -p "$apt/sources.d" "$apt/lists/partial" "$apt/cache/archives/partial"

# The first source of the machine that is a plain Debian archive: not its
# security suite, and not another vendor's.
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
uri=$(cat /etc/apt/sources.list.d/*.sources 2> /dev/null |
    awk '$1 == "URIs:" { for (i = 2; i <= NF; i++) print $i }' |
    grep -E '/debian(/|\.list)?$' | head -n 1 || true)
[ -n "$uri" ] || uri=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
        2> /dev/null |
    awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) print $i }' |
    grep -E '/debian(/|\.list)?$' | head -n 1 || true)
[ -n "$uri" ] || {
    echo "test-nginx: no Debian archive among this machine's apt sources" >&2
    exit 1
}

cat > "$apt/sources.d/sid.sources" <<END
Types: deb
URIs: $uri
Suites: sid
Components: main
Signed-By: $keyring
END

options="-o Dir::Etc::sourcelist=/dev/null
    -o Dir::Etc::sourceparts=$apt/sources.d
    -o Dir::State::lists=$apt/lists
    -o Dir::Cache=$apt/cache
    -o Acquire::Languages=none
    -o APT::Sandbox::User=root"

apt-get -q $options update
tools/unpack-debs.sh $dir libtest-nginx-perl -- $options
