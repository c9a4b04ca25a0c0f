#!/usr/bin/env bash
# One redemption, from a doctor's message to a settled payment, on a ledger of four validators on this machine.
#
#   scripts/demo.sh [--once] [--dir DIR] [--port PORT]
#
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
dir=devnet
port=7101
while [ $# -gt 0 ]; do
    case "$1" in
        --once) once=true ;;
        --dir) dir=${2:?"--dir takes a folder"}; shift ;;
        --port) port=${2:?"--port takes a number"}; shift ;;
        *) echo "demo: unknown argument $1 (there are --once, --dir DIR, --port PORT)" >&2; exit 2 ;;
    esac
    shift
done

# Only what the printed commands say decides what they do.
unset SENIM_NODE SENIM_DIR SENIM_CLINIC SENIM_WALLET SENIM_PHARMACY SENIM_LOG
node="http://127.0.0.1:$port"
# Where the defaults do, the commands are printed without them.
at=""
if [ "$port" != 7101 ]; then at="$at --node $node"; fi
if [ "$dir" != devnet ]; then at="$at --dir $dir"; fi
roles=$dir/roles
# A log for each port: a second demo leaves the first one's alone.
log=.build/demo-nodes-$port.log
order=tests/data/demo/order.json
cancel=tests/data/demo/cancel.json
# What the message says of the person, in its words: none of it may be found in a node's data, log or metrics. The
# national number has sound check digits and is nobody's: its mark is of a birth before 1900.
personal=(Сынақова Үлгігүл SYNAQ-000017 610309200172 KZ-0000-4321-8765 1961-03-09 '+7 000 000 00 17' 'Мысал көшесі' E11.9)
pack_code='(01)04870001000011(21)MF0001(17)310531(10)M2601'

bold='' dim='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; fi

daemon=''
scratch=$(mktemp -d)
running_log=$log
# Beside the one that it becomes: the file moves under the daemon, and moves only within a file system.
log=$running_log.$$
step_name='starting'

stop() {
    local code=$?
    trap - EXIT INT TERM
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
    grep -q "^senim: $2:" "$scratch/err" || fail "refused, but not as $2"
    printf '%s   as it should be: refused with %s%s\n' "$dim" "$2" "$plain"
}

# says TEXT: expects it in the output of the last command.
says() { grep -qF -- "$1" "$scratch/out" || fail "its output does not say \"$1\""; }

for program in senimd senim; do
    command -v "$program" >/dev/null || fail "there is no $program on the PATH: run make demo"
done

step "Four validators start on this machine" "one process, four nodes, each with its own log and state; the network's folder is $dir"
printf '\n$ senimd devnet --fresh --dir %s --port %s\n' "$dir" "$port"
mkdir -p "$(dirname "$log")"
senimd devnet --fresh --dir "$dir" --port "$port" --log debug,sled=info,cranelift=info,regalloc2=info,wasmtime=info >"$log" 2>&1 &
daemon=$!
tries=0
# The daemon says itself when its nodes can be reached: another program may answer at the same address.
until grep -q '^Running' "$log" && senim status --node "$node" >/dev/null 2>&1; do
    kill -0 "$daemon" 2>/dev/null || not_started
    tries=$((tries + 1))
    [ "$tries" -le 600 ] || fail "no node answers at $node after a minute"
    sleep 0.1
done
mv "$log" "$running_log"
log=$running_log
run "senim status$at"

# Wallets and holds of an earlier network are worth nothing on this one, which runs now in its place.
rm -rf "$roles"
# Each role keeps its own key in its own folder, as it would on its own machine.
for role in clinic pharmacy rival; do
    mkdir -p "$roles/$role"
    cp -p "$dir/keys/$role.key" "$roles/$role/device.key"
done
mkdir -p "$roles/service" "$roles/verifier"
cp -p "$dir/keys/identity.key" "$roles/service/device.key"
clinic="--clinic $roles/clinic --key $roles/clinic/device.key"
wallet="--wallet $roles/wallet"
pharmacy="--hold-dir $roles/pharmacy --key $roles/pharmacy/device.key"
rival="--hold-dir $roles/rival --key $roles/rival/device.key"

step "A citizen makes a wallet and leaves a one-time key with the clinic"
run "senim wallet new $wallet"
run "senim wallet key $wallet"
holder=$(cat "$scratch/out")

step "The clinic issues the prescriptions of a FHIR R4 message" "what the ledger needs goes on it; who, why and how is sealed for the wallet and kept beside it"
run "senim prescription issue --fhir $order --holder $holder $clinic$at"
group=$(sed -n 's/^Prescription \([0-9a-f]\{64\}\)$/\1/p' "$scratch/out")
[ -n "$group" ] || fail "it named no prescription"
says "items 1, 2, 3"

step "The wallet finds them, and makes a QR that lives for five minutes"
run "senim wallet list $wallet$at"
says "$group"
run "senim wallet qr $group --items 1,2 --ttl 300s --out $roles/wallet/qr.png $wallet --key $roles/service/device.key$at"

step "The money before" "the fund's budget line, and what it owes the pharmacy"
run "senim budget 1$at"
before=$(sed -n 's/^ *available *//p' "$scratch/out")
run "senim pharmacy sales --key $roles/pharmacy/device.key$at"
says "redemptions                        0"

step "A private pharmacy scans the QR and holds the first item" "read from the pixels of the picture; only now it can read how the medicine is to be used"
run "cp $roles/wallet/qr.png $roles/pharmacy/scanned.png"
run "senim pharmacy hold --qr $roles/pharmacy/scanned.png --items 1 $pharmacy$at"
says "holds item 1"

step "It takes a pack from the shelf: its GS1 DataMatrix is drawn, and read back from pixels"
run "senim pack draw '$pack_code' --out $roles/pharmacy/pack.png"
run "senim pack verify $roles/pharmacy/pack.png --org 20$at"

step "It dispenses: pack, prescription and payment in one transaction, or nothing of it"
run "senim pharmacy dispense --group $group --item 1 --pack $roles/pharmacy/pack.png --units 60 --price 1450 --save-proof $roles/pharmacy/receipt.proof $pharmacy$at"
says "redeemed: item 1"
says "paid 1 450.00 ₸"

step "The money after, the item in the wallet, and the same seen by another node"
run "senim budget 1$at"
after=$(sed -n 's/^ *available *//p' "$scratch/out")
[ "$before" != "$after" ] || fail "the budget line has as much as before: $after"
run "senim pharmacy sales --key $roles/pharmacy/device.key$at"
says "1 450.00 ₸"
run "senim wallet list $wallet$at"
says "redeemed"
another="http://127.0.0.1:$((port + 2))"
# Another node may be a moment behind the one that answered first.
tries=0
until senim prescription show "$group" --node "$another" --dir "$dir" 2>/dev/null | grep -q redeemed; do
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || fail "the node at $another does not follow"
    sleep 0.1
done
run "senim prescription show $group --node $another --dir $dir"
says "redeemed"

step "A verifier with nothing but the genesis and the proof checks the receipt" "an empty folder, no node, no network"
run "cp $dir/genesis.json $roles/pharmacy/receipt.proof $roles/verifier/"
run "(cd $roles/verifier && senim verify --genesis genesis.json --receipt-proof receipt.proof)"
says "The proof holds."

step "One flipped bit, and the proof is worth nothing"
offset=$(($(wc -c <"$roles/verifier/receipt.proof") / 2))
byte=$(od -An -tu1 -j "$offset" -N 1 "$roles/verifier/receipt.proof" | tr -d ' ')
flipped=$(printf '%03o' $((byte ^ 1)))
run "cp $roles/verifier/receipt.proof $roles/verifier/forged.proof && printf '\\$flipped' | dd of=$roles/verifier/forged.proof bs=1 seek=$offset conv=notrunc status=none"
run "! cmp $roles/verifier/receipt.proof $roles/verifier/forged.proof"
printf '\n$ %s\n' "(cd $roles/verifier && senim verify --genesis genesis.json --receipt-proof forged.proof)"
code=0
(cd "$roles/verifier" && senim verify --genesis genesis.json --receipt-proof forged.proof) 2>&1 || code=$?
# Which rule breaks first depends on which byte it was; that one breaks does not.
[ "$code" = 4 ] || fail "exit code $code, expected 4"
printf '%s   as it should be: refused with exit code 4%s\n' "$dim" "$plain"

step "The same QR again" "it still has minutes to live, and it was used"
refused 1 QR_REPLAYED "senim pharmacy hold --qr $roles/pharmacy/scanned.png --items 2 $pharmacy$at"

step "A copy of the QR at another pharmacy"
run "cp $roles/pharmacy/scanned.png $roles/rival/copied.png"
refused 1 QR_REPLAYED "senim pharmacy hold --qr $roles/rival/copied.png --items 2 $rival$at"

step "The same pack again, for the next item of the prescription"
run "senim wallet qr $group --items 2 --ttl 300s --out $roles/wallet/qr-2.png $wallet --key $roles/service/device.key$at"
run "senim pharmacy hold --qr $roles/wallet/qr-2.png $pharmacy$at"
refused 1 PACK_ALREADY_SUPPLIED "senim pharmacy dispense --group $group --item 2 --pack $roles/pharmacy/pack.png --units 30 --price 980 $pharmacy$at"

step "A fresh QR at another pharmacy, for what the first one holds"
run "senim wallet qr $group --items 2 --ttl 300s --out $roles/wallet/qr-3.png $wallet --key $roles/service/device.key$at"
refused 1 WITH_ANOTHER_DISPENSER "senim pharmacy hold --qr $roles/wallet/qr-3.png $rival$at"

step "After all that, nothing moved but what was dispensed once"
run "senim budget 1$at"
says "$after"
run "senim status$at"

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
    grep -qF -- "$words" "$order" || fail "the order no longer says $words"
    needle words "$words" "$words"
    needle words "$words, in hexadecimal" "$(printf '%s' "$words" | hex)"
done
# What the nodes keep: their logs and stores, and the sealed data beside the ledger.
kept=("$dir/nodes")
[ ! -d "$dir/sealed" ] || kept+=("$dir/sealed")
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

  senim pharmacy dispense --group $group --item 2 --pack '(01)04870001000028(21)AM0001(17)310228(10)A2604' --units 30 --price 980 $pharmacy$at
  senim prescription cancel --fhir $cancel $clinic$at
  senim wallet list $wallet$at
  senim pharmacy reverse --group $group --dispense 0 $pharmacy$at
  senim block latest$at
  senim code PACK_ALREADY_SUPPLIED
  senim --help

The nodes' log is $log.
NEXT
step_name='running'
wait "$daemon" || fail "the nodes stopped by themselves"
