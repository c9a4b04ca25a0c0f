#!/usr/bin/env bash
# Runs every fuzz target for a while: scripts/fuzz.sh SECONDS. A target is found by its folder: any `fuzz/` that
# holds a manifest. Fails on the first crash, and cargo-fuzz then prints the command that repeats it.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:?usage: scripts/fuzz.sh SECONDS}

if ! cargo +nightly --version >/dev/null 2>&1; then
    printf 'missing: a nightly toolchain\n  cure: rustup toolchain install nightly\n' >&2
    exit 1
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
    printf 'missing: cargo-fuzz\n  cure: cargo install --locked cargo-fuzz\n' >&2
    exit 1
fi

mapfile -t folders < <(git ls-files -- 'fuzz/Cargo.toml' '*/fuzz/Cargo.toml' | xargs -r -n 1 dirname)
if [ "${#folders[@]}" -eq 0 ]; then
    echo "there is no folder fuzz/ with a manifest" >&2
    exit 1
fi

for folder in "${folders[@]}"; do
    mapfile -t targets < <(cargo +nightly fuzz list --fuzz-dir "$folder")
    for target in "${targets[@]}"; do
        printf '\n== Fuzzing %s of %s for %s s\n' "$target" "$folder" "$seconds"
        cargo +nightly fuzz run --fuzz-dir "$folder" "$target" -- -max_total_time="$seconds"
    done
done
