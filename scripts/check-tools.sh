#!/usr/bin/env bash
# Says what this machine lacks, all at once and with the command that cures it: `check-tools.sh` for building and
# testing, `check-tools.sh lint` for what looks at formatting and lints too.
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

exit "$missing"
