#!/bin/sh
# Runs rustc for cargo (RUSTC_WRAPPER), with one change for crates that are built for WebAssembly and do not come from a
# registry (this project's and the standard library's): their `-C metadata`.
#
# Cargo hashes the absolute paths of such crates into it where they lie outside the contracts' workspace, and rustc orders
# code by what it is given there: the same sources would give other bytes in another folder. A constant does as well,
# since no two of these crates share a name.
rustc=$1
shift
for_wasm=no
from_registry=no
for argument in "$@"; do
    case "$argument" in
    wasm32v1-none) for_wasm=yes ;;
    */registry/src/*.rs) from_registry=yes ;;
    esac
done
for argument in "$@"; do
    shift
    case "$for_wasm $from_registry $argument" in
    "yes no metadata="*) argument="metadata=senim" ;;
    esac
    set -- "$@" "$argument"
done
exec "$rustc" "$@"
