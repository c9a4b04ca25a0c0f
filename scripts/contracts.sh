#!/bin/sh
# The contracts' WebAssembly artefacts: `contracts.sh build` rebuilds genesis/contracts, `contracts.sh check` rebuilds
# aside and compares byte for byte. docs/contracts.md explains.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
command=${1:-}
[ $# -gt 0 ] && shift
case "$command" in
build | check | fetch-std) exec "$here/contracts/$command.sh" "$@" ;;
*)
    echo "usage: scripts/contracts.sh build [--out DIR] [NAME...] | check | fetch-std" >&2
    exit 2
    ;;
esac
