# A clinic whose own pharmacy dispenses what the state bought: its system's message comes in over HTTP, the pharmacy pays
# nobody and is paid by nobody, and every step is reported back to the clinic's system, which is down for a while and
# refuses one report. Played by scripts/demo.sh, which has the words of this file: step, run, refused, says, beside.
# tests/tests/scenario_clinic_reports plays the same.
# shellcheck shell=bash disable=SC2154,SC2034

order=tests/data/demo/order.json
cancel=tests/data/demo/cancel.json
messages=("$order")
personal=(Сынақова Үлгігүл SYNAQ-000017 610309200172 KZ-0000-4321-8765 1961-03-09 '+7 000 000 00 17' 'Мысал көшесі' E11.9)
programs=(senim-connector)
players=(clinic clinic-pharmacy regulator identity)
pack='(01)04870001000011(21)CP0001(17)310531(10)M2699'

# system: the clinic's system starts. What it is told to do comes through a pipe, what it shows goes to a file.
system() {
    beside "senim-connector clinic system --listen 127.0.0.1:$((port + 50)) <&$said_to_system >>$roles/clinic/system.txt"
    system=$besides
    answers $((port + 50))
}

# connector: the clinic's connector starts.
connector() {
    beside "senim-connector clinic run $running >>$roles/clinic/connector.log 2>&1"
    connector=$besides
    answers $((port + 60))
}

# answers PORT: waits until something listens there.
answers() {
    local tries=0
    until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -le 300 ] || fail "nothing listens at port $1"
        sleep 0.1
    done
}

# until_listed TEXT: shows the register once it says so.
until_listed() {
    local tries=0
    until senim-connector clinic list $register 2>/dev/null | grep -qF -- "$1"; do
        tries=$((tries + 1))
        [ "$tries" -le 600 ] || fail "the register does not say \"$1\""
        sleep 0.1
    done
    run "senim-connector clinic list $register"
    says "$1"
}

# told TEXT: the clinic's system was told this, once.
told() {
    comes "$roles/clinic/system.txt" "$1"
    local count
    count=$(grep -cF -- "$1" "$roles/clinic/system.txt")
    [ "$count" = 1 ] || fail "the clinic's system was told \"$1\" $count times, expected once"
    echo "   the clinic's system has it once: $1"
}

# becomes MOOD: what is typed at the clinic's system, until it says that it does so.
becomes() {
    echo "$1" >&"$said_to_system"
    comes "$roles/clinic/system.txt" "now: $1"
}

# hold ITEMS: the clinic's pharmacy holds them by a fresh QR of the wallet's.
hold() {
    run "senim wallet qr $group --items $1 --ttl 300s --out $roles/wallet/qr.png $wallet --key $roles/identity/device.key$at"
    run "senim pharmacy hold --qr $roles/wallet/qr.png --items $1 $pharmacy$at"
}

play() {
    clinic="--clinic $roles/clinic/folder --key $roles/clinic/device.key"
    wallet="--wallet $roles/wallet"
    pharmacy="--hold-dir $roles/clinic-pharmacy --key $roles/clinic-pharmacy/device.key"
    register="--state $roles/clinic/connector"
    door="--to http://127.0.0.1:$((port + 60))"
    running="$clinic --listen 127.0.0.1:$((port + 60)) --endpoint http://127.0.0.1:$((port + 50))/fhir $register --node $node --dir $dir --pause-ms 200 --pause-max-ms 1000"
    mkfifo "$scratch/to-system"
    exec {said_to_system}<>"$scratch/to-system"
    export said_to_system
    : >"$roles/clinic/system.txt"

    step "The clinic's pharmacy has two packs that the state bought" "the regulator registers them on its shelf"
    run "senim pack introduce --gtin 04870001000011 --lot M2699 --expiry 2031-05-31 --serials CP0001,CP0002 --at 22 --stage opening-stock --key $roles/regulator/device.key$at"

    step "The clinic's system and its connector start" "the connector stands beside the system: messages in, reports back"
    system
    connector

    step "The clinic's system sends a FHIR R4 message over HTTP" "the answer names the prescription; the same message again has the same answer"
    run "senim wallet new $wallet"
    run "senim wallet agree --yes $wallet --key $roles/identity/device.key$at"
    run "senim wallet key $wallet"
    holder=$(cat "$scratch/out")
    run "senim-connector clinic send --fhir $order --holder $holder $door"
    group=$(sed -n 's/^ *prescription \([0-9a-f]\{64\}\),.*/\1/p' "$scratch/out")
    [ -n "$group" ] || fail "it named no prescription"
    cp "$scratch/out" "$scratch/first"
    run "senim-connector clinic send --fhir $order --holder $holder $door"
    cmp -s "$scratch/first" "$scratch/out" || fail "the same message again had another answer"

    step "What is refused, with its code" "an order without a wallet's key, a medicine that nobody knows, the same lines for another key"
    sed 's/LINE-DEMO/LINE-OTHER/; s/RX-DEMO/RX-OTHER/' "$order" >"$roles/clinic/other.json"
    sed 's/METF-500-TAB/NO-SUCH-TAB/' "$roles/clinic/other.json" >"$roles/clinic/unknown.json"
    refused 1 DOOR_HOLDER "senim-connector clinic send --fhir $roles/clinic/other.json $door"
    refused 1 FHIR_MEDICINE_UNKNOWN "senim-connector clinic send --fhir $roles/clinic/unknown.json --holder $holder $door"
    run "senim wallet key $wallet"
    refused 1 ORDER_ISSUED "senim-connector clinic send --fhir $order --holder $(cat "$scratch/out") $door"

    step "The money before" "what the fund has, and what it owes the clinic's pharmacy"
    run "senim budget 1$at"
    before=$(sed -n 's/^ *available *//p' "$scratch/out")

    step "The clinic's system goes down; the person is served all the same" "the pharmacy holds and dispenses from stock"
    kill "$system" && wait "$system" 2>/dev/null || true
    run "senim wallet list $wallet$at"
    hold 1
    run "senim pharmacy dispense --group $group --item 1 --pack '$pack' --units 60 --price 1450 $pharmacy$at"
    says "redeemed: item 1"
    until_listed "OUTSIDE_UNREACHABLE"
    until_listed "2 messages waiting, 0 of them for a person."

    step "The connector is killed, too, and starts again" "what waits is in its journal"
    kill -9 "$connector" && wait "$connector" 2>/dev/null || true
    connector
    until_listed "2 messages waiting, 0 of them for a person."

    step "The clinic's system is back: it gets each report, once"
    system
    until_listed "0 messages waiting"
    told "MedicationDispense in-progress of LINE-DEMO-1"
    told "MedicationDispense completed of LINE-DEMO-1, MedicationRequest completed of LINE-DEMO-1"

    step "It refuses a report for good: that one waits for a person, the others go on" "tried again when the system knows the line"
    becomes "refuse LINE-DEMO-2"
    hold 2
    until_listed "for a person: held $group item 2"
    report=$(sed -n 's/^\([0-9a-f]\{64\}\) for a person.*/\1/p' "$scratch/out")
    refused 1 REPORT_UNKNOWN "senim-connector clinic retry $group $register"
    becomes well
    run "senim-connector clinic retry $report $register"
    until_listed "0 messages waiting"
    told "MedicationDispense in-progress of LINE-DEMO-2"

    step "The pharmacy gives the second item back, and a message withdraws the third"
    run "senim pharmacy reject --group $group --items 2 --reason out-of-stock $pharmacy$at"
    run "senim-connector clinic send --fhir $cancel $door"
    until_listed "0 messages waiting"
    told "MedicationDispense declined of LINE-DEMO-2"
    told "MedicationRequest cancelled of LINE-DEMO-3"

    step "The ledger after: nobody was paid, and the stock is gone"
    run "senim budget 1$at"
    after=$(sed -n 's/^ *available *//p' "$scratch/out")
    [ "$before" = "$after" ] || fail "the budget line had $before, and has $after"
    run "senim query treasury '{\"claims\":{\"provider\":22,\"after\":null}}'$at"
    says "[]"
    refused 1 PACK_ALREADY_SUPPLIED "senim pack verify '$pack' --org 22$at"
    run "senim pack verify '(01)04870001000011(21)CP0002(17)310531(10)M2699' --org 22$at"
    run "senim prescription show $group$at"
    says "redeemed"
    says "nothing to pay"
    says "cancelled"
    if grep -qF -e Сынақова -e 610309200172 "$roles/clinic/system.txt" "$roles/clinic/connector.log"; then
        fail "a report or the connector's log names the person"
    fi
    reports=$(grep -cv '^now: ' "$roles/clinic/system.txt")
    [ "$reports" = 5 ] || fail "the clinic's system has $reports reports, expected 5"
}

what_next() {
    cat <<WORDS
  senim-connector clinic list --dismissed $register
  senim prescription show $group$at
  cat $roles/clinic/system.txt
WORDS
}
