#!/bin/sh
# Builds a policy of one's own, a crate outside of this workspace, for WebAssembly: `policy.sh FOLDER --out FILE`. Its
# Cargo.toml names a library that depends on `senim-sdk` and ends with `senim_sdk::policy!(…)`; docs/contracts/policies.md
# has an example. The profile is that of the contracts, whatever the crate says.
# Exits 3 if there is no toolchain, with the reason.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/toolchain.env"
. "$here/lib.sh"

usage() {
    echo "usage: scripts/contracts.sh policy FOLDER --out FILE" >&2
    exit 2
}
[ $# -eq 3 ] && [ "$2" = --out ] || usage
folder=$(cd "$1" && pwd)
out=$3

choose_std || exit 3
say "building the policy in $folder with rustc $(rustc_version), standard library from $std"
contract_flags
built="$root/.build/contracts-wasm"
(
    cd "$folder"
    # shellcheck disable=SC2086 # $build_std is one word or none.
    CARGO_ENCODED_RUSTFLAGS="$flags" CARGO_TARGET_DIR="$built" RUSTC_WRAPPER="$here/rustc.sh" \
        CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_PANIC=abort \
        CARGO_PROFILE_RELEASE_STRIP=true CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true \
        cargo rustc --quiet --release --lib --crate-type cdylib --target "$WASM_TARGET" $build_std
)
name=$(cd "$folder" && cargo metadata --quiet --no-deps --format-version 1 | sed 's/.*"targets":\[{[^}]*"name":"\([^"]*\)".*/\1/' | tr - _)
cp "$built/$WASM_TARGET/release/$name.wasm" "$out"
chmod 644 "$out"
say "wrote $out"
