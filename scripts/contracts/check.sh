#!/bin/sh
# Rebuilds the contracts aside and compares them byte for byte with the committed artefacts. Where the toolchain that
# they were built with cannot be had, it says SKIPPED and succeeds: a mirror that dropped a version breaks nothing.
# What it always checks is that the artefacts are those of the manifest, and the schemas of events those of the types.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/toolchain.env"
. "$here/lib.sh"

committed="$root/genesis/contracts"
aside="$root/.build/contracts-check"

(cd "$root/contracts" && cargo run --quiet --locked --package senim-abi --features schema --example manifest -- --verify "$committed")
say "the artefacts are those of the manifest, and the schemas of events those of the types"

skip() {
    say "**************************************************************************"
    say "SKIPPED: the byte-for-byte comparison. $*"
    say "**************************************************************************"
    exit 0
}

[ "$(rustc_version)" = "$(manifest_value rustc)" ] ||
    skip "The artefacts were built with rustc $(manifest_value rustc); this one is $(rustc_version)."
std=$(manifest_value std)
has_std "$std" || skip "The artefacts were built with the standard library from '$std', which cannot be had here."

rm -rf "$aside"
SENIM_WASM_STD=$std "$here/build.sh" --out "$aside"
SENIM_WASM_STD=$std "$here/build.sh" --out "$aside-broken" --broken lease-forgotten prescription
different=0
for file in "$committed"/*.wasm "$committed"/*.json "$committed/manifest.toml"; do
    name=$(basename "$file")
    if cmp -s "$file" "$aside/$name"; then
        say "same: $name"
    else
        say "DIFFERENT: $name"
        different=1
    fi
done
for file in "$root"/tests/broken/*.wasm; do
    name=$(basename "$file")
    if cmp -s "$file" "$aside-broken/$name"; then
        say "same: $name, broken on purpose"
    else
        say "DIFFERENT: $name, broken on purpose"
        different=1
    fi
done
for file in "$aside"/*.wasm "$aside"/*.json; do
    [ -f "$committed/$(basename "$file")" ] || {
        say "NOT COMMITTED: $(basename "$file")"
        different=1
    }
done
if [ "$different" = 1 ]; then
    say "the committed artefacts are not what the sources give: run 'make contracts' and commit genesis/contracts and tests/broken"
    exit 1
fi
say "every artefact is what the sources give"
