#!/bin/sh
# Fetches the source of Rust's standard library (Debian's package rust-src) into .build/rust-src, so that contracts
# can be built for wasm where rustup cannot install the target. Prints the path of `library/` and nothing else on
# standard output; what it is doing goes to standard error. Exits 3 if the package cannot be had here.
#
# apt runs with a configuration of its own: the machine's sources, lists and cache stay untouched.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/toolchain.env"

build="$root/.build"
unpacked="$build/rust-src-$STD_PACKAGE_VERSION"
library="$unpacked/usr/src/rustc-$RUST_VERSION/library"
deb="$build/rust-src.deb"

say() { echo "contracts: $*" >&2; }

if [ -f "$unpacked/complete" ]; then
    echo "$library"
    exit 0
fi

is_genuine() { echo "$STD_PACKAGE_SHA256  $1" | sha256sum --check --status -; }

# Where this machine gets its Debian packages from: the first repository of its own apt configuration.
debian_uri() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
        sed -nE 's/^deb +(\[[^]]*\] +)?([^ ]+) .*/\2/p' | head -n 1 | grep . ||
        sed -nE 's/^URIs: *([^ ]+).*/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1 | grep .
}

with_apt() {
    command -v apt-get >/dev/null || return 1
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -f "$keyring" ] || return 1
    uri=$(debian_uri) || return 1
    apt="$build/apt"
    rm -rf "$apt"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/etc/sources.list.d" "$apt/download"
    cat >"$apt/etc/sources.list.d/std.sources" <<SOURCES
Types: deb
URIs: $uri
Suites: $STD_SUITE
Components: main
Signed-By: $keyring
SOURCES
    cat >"$apt/apt.conf" <<CONF
Dir::State::lists "$apt/lists";
Dir::State::status "/dev/null";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$apt/etc/sources.list.d";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none";
APT::Sandbox::User "";
APT::Architecture "amd64";
CONF
    say "fetching $STD_PACKAGE=$STD_PACKAGE_VERSION ($STD_SUITE, about 45 MB) with a private apt configuration"
    APT_CONFIG="$apt/apt.conf" apt-get update --quiet >&2 || return 1
    (cd "$apt/download" && APT_CONFIG="$apt/apt.conf" apt-get download --quiet "$STD_PACKAGE=$STD_PACKAGE_VERSION" >&2) || return 1
    mv "$apt"/download/*.deb "$deb"
    rm -rf "$apt"
}

unpack() {
    rm -rf "$unpacked"
    mkdir -p "$unpacked"
    if command -v dpkg-deb >/dev/null; then
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$unpacked" "./usr/src/rustc-$RUST_VERSION/library"
    else
        (cd "$unpacked" && ar x "$deb" && tar -xf data.tar.* "./usr/src/rustc-$RUST_VERSION/library" && rm -f data.tar.* control.tar.* debian-binary)
    fi
    touch "$unpacked/complete"
    rm -f "$deb"
}

mkdir -p "$build"
if [ -f "$deb" ] && is_genuine "$deb"; then
    say "using the package fetched before"
elif ! with_apt; then
    say "$STD_PACKAGE=$STD_PACKAGE_VERSION cannot be fetched here"
    exit 3
fi
is_genuine "$deb" || {
    say "the fetched $STD_PACKAGE does not have the sha256 of toolchain.env; refusing it"
    rm -f "$deb"
    exit 3
}
unpack
echo "$library"
