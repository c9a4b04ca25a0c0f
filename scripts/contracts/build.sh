#!/bin/sh
# Builds every contract (a crate of contracts/ whose Cargo.toml has [package.metadata.senim]) for WebAssembly and writes
# <name>.wasm, <name>.events.json (the schema of its events) and manifest.toml to genesis/contracts, or to the folder
# given with --out. Names after that limit what is built; schemas and manifest are of all artefacts that are there then.
#
# `--leave-out` builds contracts of which a guard can be left out (contracts/sdk/src/guards.rs), for the stories that are
# played without one; it needs --out, and writes no schemas and no manifest.
#
# `--broken FEATURE NAME` builds one contract with a feature that makes it wrong, for the simulator, as
# <feature>.wasm, without schemas and manifest.
#
# The standard library for the target comes from one of two places, and the bytes depend on which:
#   source   built from its source, Debian's package of toolchain.env; the canonical one
#   rustup   `rustup target add wasm32v1-none`
# Order: $SENIM_WASM_STD; what the committed manifest names; the other one.
# Exits 3 if there is no toolchain, with the reason.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/toolchain.env"
. "$here/lib.sh"

out="$root/genesis/contracts"
if [ "${1:-}" = --out ]; then
    out=$2
    shift 2
fi
broken=
leave_out=
features=
if [ "${1:-}" = --broken ]; then
    broken=$2
    features=$2
    shift 2
elif [ "${1:-}" = --leave-out ]; then
    [ "$out" != "$root/genesis/contracts" ] || { say "--leave-out needs --out"; exit 2; }
    leave_out=yes
    features=senim-sdk/leave-out
    shift
fi
names=${*:-$(contract_names)}
mkdir -p "$out"
out=$(cd "$out" && pwd)

choose_std || exit 3
say "building with rustc $(rustc_version), standard library from $std"

contract_flags

built="$root/.build/contracts-wasm${leave_out:+-leave-out}"
for name in $names; do
    say "building $name"
    (
        cd "$root/contracts"
        # shellcheck disable=SC2086 # $build_std is one word or none, and so is $features.
        CARGO_ENCODED_RUSTFLAGS="$flags" CARGO_TARGET_DIR="$built" RUSTC_WRAPPER="$here/rustc.sh" cargo rustc --quiet --release --locked \
            --package "senim-contract-$name" --lib --crate-type cdylib --target "$WASM_TARGET" $build_std \
            ${features:+--features $features}
    )
    file="$(echo "senim_contract_$name" | tr - _).wasm"
    artefact="$out/$name.wasm"
    [ -z "$broken" ] || artefact="$out/$(echo "$broken" | tr - _).wasm"
    cp "$built/$WASM_TARGET/release/$file" "$artefact"
    chmod 644 "$artefact"
done

if [ -n "$broken$leave_out" ]; then
    say "wrote $out"
    exit 0
fi

present=
for name in $(contract_names); do
    [ ! -f "$out/$name.wasm" ] || present="$present $name"
done

unset RUSTC_BOOTSTRAP __CARGO_TESTS_ONLY_SRC_ROOT 2>/dev/null || true
# shellcheck disable=SC2086 # names are words
(cd "$root/contracts" && cargo run --quiet --locked --package senim-abi --features schema --example manifest -- "$out" \
    "rustc=$(rustc_version)" "target=$WASM_TARGET" "std=$std" \
    "std_package=$STD_PACKAGE $STD_PACKAGE_VERSION ($STD_SUITE)" \
    "flags=-C link-arg=-zstack-size=$STACK_BYTES; profile release of contracts/Cargo.toml" \
    -- $present) >"$out/manifest.toml.new"
mv "$out/manifest.toml.new" "$out/manifest.toml"
say "wrote $out/manifest.toml"
