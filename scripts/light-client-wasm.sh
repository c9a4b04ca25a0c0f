#!/bin/sh
# Builds the light client for WebAssembly, with the toolchain of the contracts (scripts/contracts/toolchain.env), and
# verifies proofs inside of it: tests/tests/light_client_wasm.rs. Where no toolchain can be had, it says SKIPPED and
# succeeds.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
here="$root/scripts/contracts"
. "$here/toolchain.env"
. "$here/lib.sh"
say() { echo "light client: $*" >&2; }

if ! choose_std; then
    say "**************************************************************************"
    say "SKIPPED: the light client was not built for $WASM_TARGET: there is no toolchain for it."
    say "**************************************************************************"
    exit 0
fi

built="$root/.build/light-client-wasm"
say "building for $WASM_TARGET with rustc $(rustc_version), standard library from $std"
(
    build_std=
    if [ "$std" = source ]; then
        export RUSTC_BOOTSTRAP=1 __CARGO_TESTS_ONLY_SRC_ROOT="$library"
        build_std=-Zbuild-std=core,alloc
    fi
    # shellcheck disable=SC2086 # $build_std is one word or none.
    CARGO_TARGET_DIR="$built" cargo rustc --quiet --release --locked --lib --crate-type cdylib --target "$WASM_TARGET" \
        $build_std --manifest-path "$root/client/light-client/wasm/Cargo.toml"
)
module="$built/$WASM_TARGET/release/senim_light_client_wasm.wasm"
say "built a module of $(wc -c <"$module") bytes"
cd "$root"
SENIM_LIGHT_CLIENT_WASM="$module" cargo test --locked -p senim-tests --test light_client_wasm -- --ignored
