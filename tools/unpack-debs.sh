#!/usr/bin/env bash
# tools/unpack-debs.sh DIR package ... [-- apt-get options]
#
# Downloads Debian packages and unpacks them below DIR, without installing
# them.  DIR appears complete or not at all.

set -eu

dir=$1; shift
packages=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    packages="$packages $1"; shift
done
[ $# -eq 0 ] || shift

mkdir -p "$(dirname "$dir")"
work=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir "$work/debs" "$work/root"

# apt-get drops its privileges for downloads where it can; this directory is
# ours alone, so let it say nothing about that.
(cd "$work/debs" &&
    apt-get "$@" -q -o APT::Sandbox::User=root download $packages)

for deb in "$work"/debs/*.deb; do
    dpkg -x "$deb" "$work/root"
done

rm -rf "$dir"
mv "$work/root" "$dir"
