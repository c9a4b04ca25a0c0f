#!/bin/sh
# The contracts' WebAssembly artefacts: `contracts.sh build` rebuilds genesis/contracts
# and tests/broken, `contracts.sh check` rebuilds
# aside and compares byte for byte, `contracts.sh policy` builds a policy of one's own. docs/contracts.md explains.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
command=${1:-}
[ $# -gt 0 ] && shift
case "$command" in
build)
    # The simulator's broken build follows the right ones.
    if [ $# -eq 0 ]; then
        "$here/contracts/build.sh"
        exec "$here/contracts/build.sh" --out "$here/../tests/broken" --broken lease-forgotten prescription
    fi
    exec "$here/contracts/build.sh" "$@"
    ;;
check | fetch-std | policy) exec "$here/contracts/$command.sh" "$@" ;;
*)
    echo "usage: scripts/contracts.sh build [--out DIR] [NAME...] | check | fetch-std | policy FOLDER --out FILE" >&2
    exit 2
    ;;
esac
