#!/usr/bin/env bash
# Licences, sources, bans and known weaknesses of everything that we depend on; the rules are in deny.toml.
# The list of known weaknesses lives outside this repository. Where it cannot be fetched, the other checks
# still decide, and the gap is printed: a check that did not run must not look like one that passed.
set -euo pipefail
cd "$(dirname "$0")/.."

# The version that deny.toml is written for. Built without optimisation: one minute on two cores
# instead of four, and a run still takes seconds.
version=0.20.2

if ! cargo deny --version >/dev/null 2>&1; then
    printf '\n== cargo-deny is missing: building version %s (about a minute and a half on two cores)\n' "$version"
    CARGO_PROFILE_DEV_DEBUG=0 cargo install --locked --debug "cargo-deny@$version"
fi

deny() {
    local manifest=$1
    shift
    cargo deny --manifest-path "$manifest" --config deny.toml --log-level error check "$@"
}

manifests=(Cargo.toml client/light-client/wasm/Cargo.toml contracts/Cargo.toml)
step=0
for manifest in "${manifests[@]}"; do
    step=$((step + 1))
    printf '\n== [%s/4] Licences, bans and sources of %s\n' "$step" "$manifest"
    deny "$manifest" bans licenses sources
done

printf '\n== [4/4] Known weaknesses\n'
if cargo deny --config deny.toml --log-level error fetch db; then
    for manifest in "${manifests[@]}"; do
        deny "$manifest" --disable-fetch advisories
    done
else
    printf 'SKIPPED: the advisory database cannot be fetched from this machine. Known weaknesses were NOT checked.\n'
fi
