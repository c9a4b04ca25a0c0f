#!/usr/bin/env bash
# Leaves out one guard of the contracts at a time – an `ensure`, a `refuse`, a policy's rule – and runs its contract's
# tests: some test has to fail.
#
#   scripts/guards.sh [CONTRACT | FILE:LINE]...      e.g. voucher, or voucher/src/redeem.rs:70; default: all contracts
#   scripts/guards.sh --list [CONTRACT]...           only prints where they are
#
# Everything is compiled once: the native test double of the contracts' SDK leaves out the guard that a variable names.
# Prints each guard that no test missed, and fails if there is one.
set -euo pipefail
cd "$(dirname "$0")/../contracts"

list=
if [ "${1:-}" = --list ]; then
    list=yes
    shift
fi
# What a guard begins with, which stories that are played without one go by as well.
heads=$(grep -v '^#' ../tests/data/guard-heads.txt | sed 's/[.()]/\\&/g' | paste -sd'|')
guards=()
for wanted in "${@:-*}"; do
    case "$wanted" in
    *:*) guards+=("$wanted") ;;
    *)
        for folder in $wanted; do
            grep -qs "^name = \"senim-contract-$folder\"" "$folder/Cargo.toml" || continue
            # A programme's rules that the contract and the client both apply are with what they agree on.
            sources=("$folder/src")
            [ ! -d "abi/src/$folder" ] || sources+=("abi/src/$folder")
            while IFS= read -r place; do
                guards+=("$place")
            done < <(grep -rnE "(^|[^A-Za-z0-9_.])($heads)" "${sources[@]}" --include='*.rs' | grep -vE '^[^:]+:[0-9]+: *//' | cut -d: -f1,2 | sort -t: -k1,1 -k2,2n)
        done
        ;;
    esac
done
[ "${#guards[@]}" -gt 0 ] || { echo "guards: there are none in: $*" >&2; exit 2; }
if [ -n "$list" ]; then
    printf '%s\n' "${guards[@]}"
    exit 0
fi

# What a broken contract fails with says nothing of the sound one.
export PROPTEST_DISABLE_FAILURE_PERSISTENCE=true
cargo nextest --version >/dev/null 2>&1 && runner=(nextest run --no-tests=pass --cargo-quiet) || runner=(test --quiet)
# With every guard in place all tests pass: otherwise a failure would say nothing.
package_of() {
    local path=${1#abi/src/}
    echo "senim-contract-${path%%/*}"
}
packages=()
for package in $(for guard in "${guards[@]}"; do package_of "$guard"; done | sort -u); do packages+=(-p "$package"); done
cargo "${runner[@]}" --locked "${packages[@]}" || { echo "guards: the tests fail without leaving anything out" >&2; exit 1; }
echo "guards: ${#guards[@]}, each left out in turn"
missed=()
number=0
for guard in "${guards[@]}"; do
    number=$((number + 1))
    package=$(package_of "$guard")
    printf '\r[%d/%d] %-60s' "$number" "${#guards[@]}" "$guard"
    # Its own contract's tests first, then those of the contracts that call it.
    if SENIM_GUARD_LEFT_OUT=$guard cargo "${runner[@]}" --locked -p "$package" >/dev/null 2>&1 &&
        SENIM_GUARD_LEFT_OUT=$guard cargo "${runner[@]}" --locked --workspace >/dev/null 2>&1; then
        missed+=("$guard")
        printf '\r%s: no test fails without it: %s\n' "$guard" "$(sed -n "${guard##*:}p" "${guard%%:*}" | sed 's/^ *//')"
    fi
done
printf '\r%-80s\n' "guards: ${#guards[@]} left out in turn; no test fails without ${#missed[@]} of them"
[ "${#missed[@]}" = 0 ]
