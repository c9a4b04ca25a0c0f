#!/usr/bin/env bash
# A meal's rows on one PostgreSQL server with durable commits, and meals on four validators as processes, one after the
# other on the same machine: how many times faster is the one that everybody has to trust?
#
# bench-peers.sh [SECONDS a measurement] [meals a run]. PostgreSQL is the system's package; its server is made in a folder
# of its own, started and stopped here. Nothing of it is left.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
seconds=${1:-8}
meals=${2:-30000}
senimd=${CARGO_TARGET_DIR:-$root/target}/release/senimd
vouchers=3000000
at_once=200

bin=$(pg_config --bindir 2>/dev/null || true)
[ -x "$bin/initdb" ] || bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
if [ ! -x "$bin/initdb" ] || [ ! -x "$bin/pgbench" ]; then
    echo "missing: PostgreSQL's server and pgbench" >&2
    echo "  cure: apt-get install -y postgresql" >&2
    exit 1
fi
if [ ! -x "$senimd" ]; then
    echo "missing: $senimd" >&2
    echo "  cure: make bench-peers" >&2
    exit 1
fi

folder=$(mktemp -d)
as=()
# The server refuses to run as root.
if [ "$(id -u)" -eq 0 ]; then
    as=(setpriv --reuid=postgres --regid=postgres --init-groups)
    chown postgres: "$folder"
    chmod 711 "$folder"
fi
stop() {
    "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT

# What it is run with: durable, and otherwise as its manual advises for writing much.
settings=(
    fsync=on synchronous_commit=on full_page_writes=on
    shared_buffers=1GB max_wal_size=8GB checkpoint_timeout=30min wal_buffers=64MB wal_compression=on
    max_connections=100 autovacuum=on
)
options="-c listen_addresses= -c unix_socket_directories=$folder"
for setting in "${settings[@]}"; do options+=" -c $setting"; done

cd "$folder"
echo "bench-peers: $("$bin/postgres" --version), data on $(df --output=fstype "$folder" | tail -n 1), $(nproc) cores"
echo "bench-peers: ${settings[*]}"
"${as[@]}" "$bin/initdb" -D "$folder/data" -A trust -U bench >"$folder/initdb.log"
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -o "$options" -l "$folder/data/log" start >/dev/null
client=(-h "$folder" -U bench)
echo "bench-peers: making $vouchers vouchers (not measured)"
"$bin/psql" -q "${client[@]}" -v ON_ERROR_STOP=1 -v vouchers=$vouchers -d postgres -f "$here/bench-peers/schema.sql" >/dev/null

# measure FILE MEALS_A_TRANSACTION CLIENTS: meals per second.
measure() {
    local clients=$3 threads=$(($3 < $(nproc) ? $3 : $(nproc)))
    "$bin/pgbench" "${client[@]}" -n -M prepared -D at_once=$at_once -f "$here/bench-peers/$1.sql" \
        -c "$clients" -j "$threads" -T "$seconds" postgres 2>/dev/null |
        awk -v each="$2" '/^tps/ { printf "%d\n", $3 * each }'
}

declare -A best=([row_by_row]=0 [set_based]=0)
declare -A best_at
for clients in 1 2 4 8 16 32 64; do
    for how in row_by_row set_based; do
        each=1
        [ $how = row_by_row ] || each=$at_once
        "$bin/psql" -q "${client[@]}" -d postgres -c "select setval('next_voucher', 1, false)" \
            -c "update voucher set last_day = null where last_day is not null" -c "truncate journal" \
            -c "vacuum voucher" -c checkpoint >/dev/null
        rate=$(measure $how $each "$clients")
        # A meal that was refused is no meal: as many pairs in the journal as vouchers were drawn.
        refused=$("$bin/psql" -qAt "${client[@]}" -d postgres \
            -c "select last_value - (select count(*) / 2 from journal) from next_voucher")
        if [ "$refused" -ne 0 ]; then
            echo "bench-peers: PostgreSQL refused $refused meals: the figures would be of something else" >&2
            exit 1
        fi
        printf 'bench-peers: PostgreSQL %-11s %2s clients %8s meals/s\n' "$how" "$clients" "$rate"
        if [ "$rate" -gt "${best[$how]}" ]; then
            best[$how]=$rate
            best_at[$how]=$clients
        fi
    done
done
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m fast stop >/dev/null

echo "bench-peers: the same meals on four validators, each a process"
cd "$root"
report=$("$senimd" bench --processes 4 --of meal --transactions "$meals" --runs 3 --concurrency 2000 --live 100000 -o json)
ours=$(printf '%s' "$report" | sed -E 's/"redemptions_per_s":/\n&/g' | sed -nE 's/^"redemptions_per_s":([0-9]+).*/\1/p' | sort -n | tail -n 1)
printf '%s\n' "$report"
for how in row_by_row set_based; do
    awk -v how="${how//_/ }" -v theirs="${best[$how]}" -v at="${best_at[$how]}" -v ours="$ours" 'BEGIN {
        printf "PostgreSQL %s, best of 1 to 64 clients: %d meals/s with %d. Senim, best of three: %d meals/s. Ratio %.2f\n", how, theirs, at, ours, ours / theirs
    }'
done
