#!/bin/sh
# Succeeds where contracts and policies can be compiled for WebAssembly; says what is missing where not.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/toolchain.env"
. "$here/lib.sh"

choose_std
