#!/bin/sh
# Runs rustc for cargo (RUSTC_WRAPPER), with one change for crates that are built for WebAssembly: their `-C metadata`.
#
# Cargo hashes absolute paths into it, those of crates outside the contracts' workspace and those that the flags of
# --remap-path-prefix name, and rustc orders code by what it is given there: the same sources would give other bytes in
# another folder. For crates of this project and of the standard library a constant does as well, since no two of them
# share a name; for a crate of a registry its name and version.
rustc=$1
shift
for_wasm=no
metadata=senim
for argument in "$@"; do
    case "$argument" in
    wasm32v1-none) for_wasm=yes ;;
    */registry/src/*.rs)
        metadata=${argument#*/registry/src/*/}
        metadata=senim-${metadata%%/*}
        ;;
    esac
done
for argument in "$@"; do
    shift
    case "$for_wasm $argument" in
    "yes metadata="*) argument="metadata=$metadata" ;;
    esac
    set -- "$@" "$argument"
done
exec "$rustc" "$@"
