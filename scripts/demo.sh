#!/usr/bin/env bash
# A story, played on a ledger of four validators on this machine.
#
#   scripts/demo.sh [--story NAME] [--once] [--dir DIR] [--port PORT]
#
#   --story  which: a file of scripts/demo (default: redemption, from a doctor's message to a settled payment)
#   --once   stop everything after the story (exit code 0 if every step went as it should)
#   --dir    the network's folder, made anew each time (default: devnet)
#   --port   port of the first node; the others follow (default: 7101)
#
# Every step is a command of `senim` against a node's HTTP interface with the key of one role, printed before it is run
# so that it can be pasted into another terminal. Each role has its own folder under DIR/roles. What is expected of each
# step is checked: a step that goes otherwise ends the demo with its name and exit code 1.
# Needs `senimd` and `senim` on the PATH (`make demo` sees to it) and nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."

once=false
story=redemption
dir=devnet
port=7101
while [ $# -gt 0 ]; do
    case "$1" in
        --once) once=true ;;
        --story) story=${2:?"--story takes a name"}; shift ;;
        --dir) dir=${2:?"--dir takes a folder"}; shift ;;
        --port) port=${2:?"--port takes a number"}; shift ;;
        *) echo "demo: unknown argument $1 (there are --story NAME, --once, --dir DIR, --port PORT)" >&2; exit 2 ;;
    esac
    shift
done

# Only what the printed commands say decides what they do.
unset SENIM_NODE SENIM_DIR SENIM_CLINIC SENIM_WALLET SENIM_PHARMACY SENIM_LOG SENIM_CLOCK_AHEAD_MS
node="http://127.0.0.1:$port"
# Where the defaults do, the commands are printed without them.
at=""
if [ "$port" != 7101 ]; then at="$at --node $node"; fi
if [ "$dir" != devnet ]; then at="$at --dir $dir"; fi
roles=$dir/roles
# A log for each port: a second demo leaves the first one's alone.
log=.build/demo-nodes-$port.log
# A story says what its messages tell of people (none of it may be found in a node's data, log or metrics), which devices
# play, what happens, and what to try next.
# Further: files that must name nobody either, and programs that it needs.
messages=() personal=() players=() nameless=() programs=()
if [ ! -f "scripts/demo/$story.sh" ]; then
    echo "demo: there is no story $story; there are: $(cd scripts/demo && ls | sed -n 's/\.sh$//p' | tr '\n' ' ')" >&2
    exit 2
fi
# shellcheck source=/dev/null
. "scripts/demo/$story.sh"

bold='' dim='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; fi

daemon=''
others=()
scratch=$(mktemp -d)
running_log=$log
# Beside the one that it becomes: the file moves under the daemon, and moves only within a file system.
log=$running_log.$$
step_name='starting'

stop() {
    local code=$?
    trap - EXIT INT TERM
    for other in "${others[@]}"; do
        kill -TERM "$other" 2>/dev/null || true
        wait "$other" 2>/dev/null || true
    done
    if [ -n "$daemon" ] && kill -0 "$daemon" 2>/dev/null; then
        kill -TERM "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
    fi
    rm -rf "$scratch" "$running_log.$$"
    exit "$code"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    printf '\n%sdemo: the step "%s" went wrong: %s%s\n' "$bold" "$step_name" "$1" "$plain" >&2
    local where=''
    if [ "$log" = "$running_log" ]; then where=" in $log"; fi
    [ -s "$log" ] && printf 'The nodes say%s:\n%s\n' "$where" "$(grep -aE 'WARN|ERROR|^senimd' "$log" | tail -n 5)" >&2
    exit 1
}

# not_started: the daemon ended before its nodes ran; nothing of an earlier network was removed.
not_started() {
    if grep -qF '[CANNOT_LISTEN]' "$log"; then
        fail "a port from $port on is taken, perhaps by another demo: make demo ARGS=\"--port $((port + 100))\" (and --dir OTHER where that demo still runs)"
    elif grep -qF '[DATA_FOLDER_LOCKED]' "$log"; then
        fail "another network runs in $dir: stop it, or make demo ARGS=\"--dir $dir-2 --port $port\""
    fi
    fail "senimd did not start"
}

steps=0
step() {
    steps=$((steps + 1))
    step_name=$1
    printf '\n%s── %s. %s%s\n' "$bold" "$steps" "$1" "$plain"
    [ -z "${2:-}" ] || printf '%s   %s%s\n' "$dim" "$2" "$plain"
}

# tell: shows what the last command said, and keeps it for the search for secrets at the end.
tell() { cat "$scratch/out" "$scratch/err" | tee -a "$scratch/said"; }

# run COMMAND: prints it, runs it, and expects it to succeed. Its output is kept in $scratch/out.
run() {
    printf '\n$ %s\n' "$1"
    local code=0
    bash -c "$1" >"$scratch/out" 2>"$scratch/err" || code=$?
    tell
    [ "$code" = 0 ] || fail "exit code $code, expected 0"
}

# refused EXIT CODE COMMAND: prints it, runs it, and expects it to be refused with this exit code and this error code.
refused() {
    printf '\n$ %s\n' "$3"
    local code=0
    bash -c "$3" >"$scratch/out" 2>"$scratch/err" || code=$?
    tell
    [ "$code" = "$1" ] || fail "exit code $code, expected $1 ($2)"
    grep -Eq "^senim[a-z-]*: $2:" "$scratch/err" || fail "refused, but not as $2"
    printf '%s   as it should be: refused with %s%s\n' "$dim" "$2" "$plain"
}

# beside COMMAND: prints it, and runs it beside the story until it ends. Its process is in $besides.
beside() {
    printf '\n$ %s &\n' "$1"
    bash -c "exec $1" &
    besides=$!
    others+=("$besides")
}

# says TEXT: expects it in the output of the last command.
says() { grep -qF -- "$1" "$scratch/out" || fail "its output does not say \"$1\""; }

# comes FILE TEXT: waits until a file has it.
comes() {
    local tries=0
    until grep -qF -- "$2" "$1"; do
        tries=$((tries + 1))
        [ "$tries" -le 300 ] || fail "\"$2\" does not come in $1"
        sleep 0.2
    done
}

# start_nodes [--fresh]: starts the network's nodes, and waits until they answer.
start_nodes() {
    local before tries=0
    before=$(grep -cs '^Running' "$log" || true)
    senimd devnet "$@" --dir "$dir" --port "$port" --log debug,sled=info,cranelift=info,regalloc2=info,wasmtime=info >>"$log" 2>&1 &
    daemon=$!
    # The daemon says itself when its nodes can be reached: another program may answer at the same address.
    until [ "$(grep -c '^Running' "$log")" -gt "${before:-0}" ] && senim status --node "$node" >/dev/null 2>&1; do
        kill -0 "$daemon" 2>/dev/null || not_started
        tries=$((tries + 1))
        [ "$tries" -le 600 ] || fail "no node answers at $node after a minute"
        sleep 0.1
    done
}

# month_ends: nobody waits for it. Nodes and commands go on with their clocks set to the first second of the next month of
# the country's time; `month` is the one that ended, `today` the day that begins.
month_ends() {
    local now end
    now=$(date -u +%s)
    month=$(TZ=UTC-5 date -d "@$now" +%Y-%m)
    end=$(($(date -u -d "$month-01 +1 month" +%s) - 5 * 3600))
    today=$(TZ=UTC-5 date -d "@$end" +%Y-%m-%d)
    kill -TERM "$daemon"
    wait "$daemon" || fail "the nodes did not stop in order"
    export SENIM_CLOCK_AHEAD_MS=$(((end - now + 1) * 1000))
    printf '\n$ export SENIM_CLOCK_AHEAD_MS=%s\n$ senimd devnet --dir %s --port %s\n' "$SENIM_CLOCK_AHEAD_MS" "$dir" "$port"
    start_nodes
}

for program in senimd senim "${programs[@]}"; do
    command -v "$program" >/dev/null || fail "there is no $program on the PATH: run make demo"
done

step "Four validators start on this machine" "one process, four nodes, each with its own log and state; the network's folder is $dir"
printf '\n$ senimd devnet --fresh --dir %s --port %s\n' "$dir" "$port"
mkdir -p "$(dirname "$log")"
start_nodes --fresh
mv "$log" "$running_log"
log=$running_log
run "senim status$at"

# Wallets and holds of an earlier network are worth nothing on this one, which runs now in its place.
rm -rf "$roles"
# Each role keeps its own key in its own folder, as it would on its own machine.
for role in "${players[@]}"; do
    mkdir -p "$roles/$role"
    cp -p "$dir/keys/$role.key" "$roles/$role/device.key"
done
play

step "No secret and no personal data left their places" "looked for as text, as bytes and in hexadecimal: keys in all that was printed, both in all that the nodes keep, log and count"
# hex: what is read, as one line of small hexadecimal digits.
hex() { od -An -v -tx1 | tr -d ' \n'; }
# seed TEXT: the bytes of a key's bech32m text in hexadecimal: one for the scheme, then 32 that are secret.
seed() {
    local letters=qpzry9x8gf2tvdw0s3jn54khce6mua7l data=${1##*1} before bits=0 value=0 at
    # The last six letters are the check.
    for ((at = 0; at < ${#data} - 6; at++)); do
        before=${letters%%"${data:at:1}"*}
        value=$(((value << 5 | ${#before}) & 0xfff))
        bits=$((bits + 5))
        if [ "$bits" -ge 8 ]; then
            bits=$((bits - 8))
            printf '%02x' $((value >> bits & 0xff))
        fi
    done
}
# needle FILE NAME TEXT: what is to be looked for, in hexadecimal, and its name.
needle() { printf '%s\t%s\n' "$(printf '%s' "$3" | hex)" "$2" >>"$scratch/$1"; }
# search FILE HEX...: fails if something of FILE is found in one of the files of hexadecimal digits.
search() {
    local needles=$1 found
    shift
    cut -f1 "$scratch/$needles" >"$scratch/patterns"
    found=$(grep -ohFf "$scratch/patterns" "$@" | head -n 1) || true
    [ -z "$found" ] || fail "found where it must not be: $(grep -F -m1 "$found" "$scratch/$needles" | cut -f2)"
}
files=0
while IFS= read -r file; do
    files=$((files + 1))
    secret=$(cat "$file")
    bytes=$(seed "$secret")
    [ "${#bytes}" = 66 ] || fail "$file holds no key of 32 bytes"
    bytes=${bytes:2}
    needle secrets "the secret of $file, as text" "$secret"
    printf '%s\t%s\n' "$bytes" "the secret of $file, as bytes" >>"$scratch/secrets"
    needle secrets "the secret of $file, in hexadecimal" "$bytes"
    needle secrets "the secret of $file, in capitals" "${bytes^^}"
done < <(find "$dir/keys" "$roles" -name '*.key')
for words in "${personal[@]}"; do
    grep -qF -- "$words" "${messages[@]}" || fail "no message says $words any more"
    needle words "$words" "$words"
    needle words "$words, in hexadecimal" "$(printf '%s' "$words" | hex)"
done
# What the nodes keep: their logs and stores, and the sealed data beside the ledger.
kept=("$dir/nodes")
[ ! -d "$dir/sealed" ] || kept+=("$dir/sealed")
[ ! -d "$dir/terminals" ] || kept+=("$dir/terminals")
kept+=("${nameless[@]}")
find "${kept[@]}" -type f -exec cat {} + | hex >"$scratch/kept.hex"
hex <"$log" >"$scratch/log.hex"
hex <"$scratch/said" >"$scratch/said.hex"
metrics=0
for ((number = 0; number < 4; number++)); do
    exec {http}<>"/dev/tcp/127.0.0.1/$((port + number))"
    printf 'GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n' >&"$http"
    cat <&"$http" >"$scratch/metrics-$number"
    exec {http}>&-
    grep -q '^senim_height [1-9]' "$scratch/metrics-$number" || fail "node $((number + 1)) gives no metrics"
    metrics=$((metrics + 1))
done
grep -q '^senim_transactions_accepted_total [1-9]' "$scratch/metrics-0" || fail "the metrics count no transaction"
cat "$scratch"/metrics-? | hex >"$scratch/metrics.hex"
for hay in kept log said metrics; do [ -s "$scratch/$hay.hex" ] || fail "there is nothing to search: $hay"; done
search secrets "$scratch"/{kept,log,said,metrics}.hex
search words "$scratch"/{kept,log,metrics}.hex
# And the search finds what is there: each needle, planted in what was searched.
for needles in secrets words; do
    while IFS=$'\t' read -r bytes name; do
        printf '%s%s' "$(head -c 2000 "$scratch/metrics.hex")" "$bytes" >"$scratch/planted.hex"
        if (search "$needles" "$scratch/planted.hex") 2>/dev/null; then fail "the search would not find $name"; fi
    done <"$scratch/$needles"
done
echo "$files key files, $(find "${kept[@]}" -type f | wc -l) files of the nodes, their log of $(wc -l <"$log") lines, and $metrics nodes' metrics: nothing found."

printf '\n%sThe story went as it should, in %s steps.%s\n' "$bold" "$steps" "$plain"
if $once; then
    echo "Stopping the nodes."
    exit 0
fi

cat <<NEXT

The network keeps running (Ctrl-C stops it). Try next, in another terminal, from this folder, with
  export PATH="$(dirname "$(command -v senim)"):\$PATH"

$(what_next)

The nodes' log is $log.
NEXT
step_name='running'
wait "$daemon" || fail "the nodes stopped by themselves"
