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

# Sound inputs to start from: golden vectors, shipped contracts, messages of the tests. A corpus is not committed.
corpus=fuzz/corpus
hex_lines() { # FILE of `name hex` lines, FOLDER: one file of bytes for each line.
    mkdir -p "$2"
    while read -r name hex; do
        printf '%b' "$(sed 's/../\\x&/g' <<<"$hex")" >"$2/$(basename "$1" .txt)-$name"
    done <"$1"
}
for target in decode_wire state_proof_verify; do
    hex_lines node/types/tests/golden/wire.txt "$corpus/$target"
done
mkdir -p "$corpus"/{contract_module_check,fhir_parse,gs1_parse,national_id}
cp genesis/contracts/*.wasm "$corpus/contract_module_check/"
cp tests/data/fhir/*.json "$corpus/fhir_parse/"
printf ']d2010541234500001321A1\x1d17290331\x1d10LOT1' >"$corpus/gs1_parse/scanned"
printf '(01)05412345000013(21)A1(17)290331(10)LOT1' >"$corpus/gs1_parse/bracketed"
printf '000000000000' >"$corpus/national_id/digits"

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
