#!/usr/bin/env bash
# Runs every fuzz target for a while: scripts/fuzz.sh SECONDS [TARGET...]. A target is found by its folder: any `fuzz/`
# that holds a manifest. Fails on the first crash, and cargo-fuzz then prints the command that repeats it.
#
# Sanitizers and coverage are flags of an unstable compiler. Where there is no nightly, the compiler that is there is
# told to take them (RUSTC_BOOTSTRAP): for a tool of developers that is good enough, nothing of it is shipped.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:?usage: scripts/fuzz.sh SECONDS [TARGET...]}
shift
only=("$@")

missing=0
lacks() {
    printf 'missing: %s\n  cure: %s\n' "$1" "$2" >&2
    missing=1
}
cargo fuzz --version >/dev/null 2>&1 || lacks "cargo-fuzz" "cargo install --locked cargo-fuzz"
command -v c++ >/dev/null 2>&1 || command -v "${CXX:-c++}" >/dev/null 2>&1 ||
    lacks "a C++ compiler, for libFuzzer" "apt-get install g++"
case "$(rustc -vV | sed -n 's/^host: //p')" in
x86_64-unknown-linux-gnu | aarch64-unknown-linux-gnu | x86_64-apple-darwin | aarch64-apple-darwin) ;;
*) lacks "a machine for which rustc has AddressSanitizer" "x86-64 or arm64 with Linux and glibc, or macOS" ;;
esac
[ "$missing" = 0 ] || exit 1

cargo=(cargo)
if cargo +nightly --version >/dev/null 2>&1; then
    cargo=(cargo +nightly)
else
    export RUSTC_BOOTSTRAP=1
    echo "There is no nightly toolchain: using $(rustc --version) with RUSTC_BOOTSTRAP=1"
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

ran=0
for folder in "${folders[@]}"; do
    mapfile -t targets < <("${cargo[@]}" fuzz list --fuzz-dir "$folder")
    printf '\n== Building %s targets of %s (the first time as long as building the node with full optimisation, and more)\n' "${#targets[@]}" "$folder"
    "${cargo[@]}" fuzz build --fuzz-dir "$folder"
    for target in "${targets[@]}"; do
        if [ "${#only[@]}" -gt 0 ] && ! printf '%s\n' "${only[@]}" | grep -qxF -- "$target"; then
            continue
        fi
        printf '\n== Fuzzing %s of %s for %s s\n' "$target" "$folder" "$seconds"
        "${cargo[@]}" fuzz run --fuzz-dir "$folder" "$target" -- -max_total_time="$seconds" -print_final_stats=1
        ran=$((ran + 1))
    done
done
if [ "$ran" = 0 ]; then
    echo "no target was run: there are ${targets[*]}" >&2
    exit 1
fi
printf '\n== %s targets ran for %s s each and found nothing\n' "$ran" "$seconds"
