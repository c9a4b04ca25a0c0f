# School meals: an office lists who is entitled and parents say yes by SMS; a department issues vouchers, a parent shares one
# with a child, a canteen feeds it once a day by any of three proofs; what a copy, a second meal, a high price and a
# stranger's terminal do not get; why, and what other rules would have changed; a canteen that loses its connection; and the
# month's act, signed and paid. Played by scripts/demo.sh, which has the words of this file: step, run,
# refused, says. tests/tests/scenario_meals.rs and scenario_offline.rs play the same.
# shellcheck shell=bash disable=SC2154,SC2034

# Which pupil has which voucher, the canteen's meal system knows, and no node. Who is on a list, the office knows; of that
# the portal knows names and telephones, the identity service numbers. The numbers have sound check digits and are nobody's.
messages=("$roles/canteen/pupils.csv" "$roles/office/persons.csv" "$roles/people/numbers.csv")
personal=('Әлихан Мысалов' 'Айгерім Мысалова' Зарина Ілияс Бекзат 160904100112 180221100123 170515100133 880312100213 900701100224 77010004501 77010004502)
# What must name nobody either: the portal's log, and the list as it travels.
nameless=("$roles/portal/portal.log" "$roles/office/september.list")
players=(education education-2 school canteen canteen-2 pharmacy identity office portal)
programs=(senim-portal)

# voucher AMOUNT: the department issues a voucher to a key of the parent's wallet.
voucher() {
    run "senim wallet key --wallet $roles/parent/wallet"
    holder=$(cat "$scratch/out")
    run "senim voucher issue --holder $holder --place 40 --amount $1 $department$at"
    voucher=$(sed -n 's/^Voucher \([0-9a-f]\{64\}\)$/\1/p' "$scratch/out")
    [ -n "$voucher" ] || fail "it named no voucher"
}

# transaction: of the last command that was final, applied or refused.
transaction() {
    transaction=$(sed -n 's/^ *transaction \([0-9a-f]\{64\}\)$/\1/p' "$scratch/out" "$scratch/err" | head -n 1)
    [ -n "$transaction" ] || fail "it named no transaction"
}

# reports KIND COUNT: waits until the portal's report counts so many.
reports() {
    local tries=0
    until senim-portal report --config "$roles/portal/portal.toml" 2>"$scratch/err" | tee "$scratch/report" | grep -qF "\"$1\":$2"; do
        tries=$((tries + 1))
        [ "$tries" -le 300 ] || fail "the portal does not report $2 of $1: $(cat "$scratch/report")"
        sleep 0.2
    done
}

# reply NUMBER TEXT: a parent sends an SMS to 1414.
reply() {
    printf '\n  SMS from %s to 1414: %s\n' "$1" "$2"
    printf '%s %s\n' "$1" "$2" >&"$telephones"
}

# listed: the office's list, the parents' consent by SMS.
listed() {
    local until=$((($(date +%s) + 8640000) * 1000)) smsc=$((port + 50)) code
    mkdir -p "$roles/people"
    printf '%s\n' 'iin,parent_iin,child,category,place,amount_tiyn,until_ms' "160904100112,880312100213,Зарина,1,40,17000000,$until" \
        "180221100123,880312100213,Ілияс,1,40,17000000,$until" "170515100133,900701100224,Бекзат,2,40,17000000,$until" >"$roles/office/persons.csv"
    printf '%s\n' 'iin,phone' 880312100213,77010004501 900701100224,77010004502 >"$roles/people/numbers.csv"
    printf rehearse >"$roles/portal/smsc.password"
    chmod 600 "$roles/portal/smsc.password"
    cat >"$roles/portal/portal.toml" <<SETTINGS
node = "$node"
network = "$(realpath "$dir")"
device = "device.key"
folder = "."
[smsc]
address = "127.0.0.1:$smsc"
system_id = "portal"
password = "smsc.password"
SETTINGS

    step "The state data office lists who is entitled: pseudonyms on the ledger, persons in a sealed list" "two children of one parent, and a third"
    run "senim-portal key --file $roles/portal/lists.key"
    local portal_key identity_key
    portal_key=$(cat "$scratch/out")
    run "senim-portal key --file $roles/identity/lists.key"
    identity_key=$(cat "$scratch/out")
    local make="senim-portal list make --persons $roles/office/persons.csv --portal-key $portal_key --identity-key $identity_key --key $roles/office/device.key"
    refused 1 LIST_NOT_ENTITLED "$make --categories 1 --out $roles/office/september.list$at"
    run "$make --categories 1,2 --out $roles/office/september.list$at"
    says "3 persons are listed"

    step "The identity service says that nobody gets it twice; the portal finds the telephones" "neither sees what the other sees"
    run "senim-portal list attest --list $roles/office/september.list --file $roles/identity/lists.key --secret $roles/identity/nullifiers.key --period 2026-2027 --key $roles/identity/device.key$at"
    says "3 persons are attested"
    run "senim-portal numbers --config $roles/portal/portal.toml --table $roles/people/numbers.csv"
    run "senim-portal list open --config $roles/portal/portal.toml --list $roles/office/september.list"
    says "3 persons, 3 with a telephone number"

    step "Parents are asked by SMS from 1414, in Kazakh and Russian" "an operator's SMSC to rehearse with shows what telephones show"
    mkfifo "$scratch/telephones"
    exec {telephones}<>"$scratch/telephones"
    printf '\n$ senim-portal smsc --listen 127.0.0.1:%s &\n' "$smsc"
    senim-portal smsc --listen "127.0.0.1:$smsc" <"$scratch/telephones" >"$roles/people/telephones" 2>&1 &
    others+=($!)
    printf '$ senim-portal run --config %s &\n' "$roles/portal/portal.toml"
    senim-portal run --config "$roles/portal/portal.toml" >"$roles/portal/portal.log" 2>&1 &
    others+=($!)
    reports delivered 3
    comes "$roles/people/telephones" "Бекзат: назначено бесплатное школьное питание"
    cat "$roles/people/telephones"
    code=$(sed -n 's/^Ілияс: .*ответьте \(2#[12]\).*/\1/p' "$roles/people/telephones")
    [ -n "$code" ] || fail "no SMS asks about Ілияс"

    step "A reply from another number, and one that fits two children, are nobody's yes"
    reply 77010004509 2#1
    reports wrong_number 1
    reply 77010004501 иә
    reports ambiguous 1
    ! grep -qF '"yes":' "$scratch/report" || fail "nobody said yes"

    step "The code from the telephone that was asked: the voucher opens, and an SMS confirms it"
    reply 77010004501 "$code"
    reports yes 1
    local pseudonym
    pseudonym=$(sed -n 's/.*{"at":[0-9]*,"code":null,"voucher":"\([0-9a-f]*\)","what":"yes"}.*/\1/p' "$scratch/report")
    run "senim voucher show $pseudonym$at"
    says "issued"
    comes "$roles/people/telephones" "Ілияс: согласие принято"
    run "senim wallet key --wallet $roles/parent/wallet"
    run "senim voucher bind $pseudonym --holder $(cat "$scratch/out") --key $roles/identity/device.key$at"
    run "senim wallet voucher activate $pseudonym $wallet$at"
    reply 77010004502 2#0
    reports no 1
    local other
    for other in "${others[@]}"; do
        kill -TERM "$other"
        wait "$other" || fail "it did not stop in order"
    done
    others=()
    exec {telephones}>&-
    tail -n 8 "$roles/people/telephones"
}

play() {
    department="--key $roles/education/device.key"
    canteen="--key $roles/canteen/device.key"
    canteen2="--key $roles/canteen-2/device.key"
    wallet="--wallet $roles/parent/wallet --key $roles/identity/device.key"
    mkdir -p "$roles/parent" "$roles/child"
    run "senim wallet new --wallet $roles/parent/wallet"

    listed

    step "The city education department issues a voucher for the school year" "its money is locked in the budget line: nothing else can use it"
    voucher 170000
    meals=$voucher
    printf 'Әлихан Мысалов,%s\n' "$meals" >"$roles/canteen/pupils.csv"
    run "senim budget 2$at"
    says "reserved"

    step "A parent agrees to the use of data and shows a live QR: a meal is one call, paid at once" "the caterer's terminal gets yes or no, and learns nothing of the person"
    run "senim wallet agree --yes $wallet$at"
    run "senim wallet voucher qr $meals --wallet $roles/parent/wallet --out $roles/child/live.png$at"
    refused 1 WRONG_PLACE "senim voucher redeem --scan $roles/child/live.png --price 900 --key $roles/pharmacy/device.key$at"
    run "senim voucher redeem --scan $roles/child/live.png --price 900 $canteen$at"
    transaction && paid=$transaction

    step "A photograph of the QR, a second meal of the day, and a price above the cap" "each is refused with its code, and costs nobody a tiyn"
    refused 1 STATEMENT_REPLAYED "senim voucher redeem --scan $roles/child/live.png --price 900 $canteen2$at"
    refused 1 DAILY_LIMIT "senim voucher redeem $meals --price 900 $canteen$at"
    transaction && second=$transaction
    voucher 10000
    printf 'Айгерім Мысалова,%s\n' "$voucher" >>"$roles/canteen/pupils.csv"
    refused 1 PRICE_ABOVE_CAP "senim voucher redeem $voucher --price 1000.01 $canteen$at"

    step "For a child without a telephone: a code to print, bounded and taken back at will"
    run "senim wallet voucher share $voucher --days 200d --uses 170 --out $roles/child/code.png $wallet$at"
    run "senim wallet new --wallet $roles/child/wallet"
    run "senim wallet voucher add --shared $roles/child/code.png --wallet $roles/child/wallet$at"
    run "senim voucher redeem --scan $roles/child/code.png --price 900 $canteen$at"
    refused 1 DAILY_LIMIT "senim voucher redeem --scan $roles/child/code.png --price 900 $canteen2$at"
    run "senim wallet list --wallet $roles/child/wallet$at"
    says "a code buys 169 times more"
    run "senim wallet voucher unshare $voucher $wallet$at"
    refused 1 NOT_SIGNED "senim voucher redeem --scan $roles/child/code.png --price 900 $canteen$at"

    step "Why? The rules are run again here, their code proven by the ledger" "no node has to be believed"
    run "senim explain $paid$at"
    says "yes: the programme pays 900.00"
    run "senim explain $second$at"
    says "no, by rule 10: DAILY_LIMIT"

    step "The school closes a day, and says who was present" "whoever is paid for meals does not say who ate them"
    refused 1 ROLE_NOT_ALLOWED "senim school attend --programme 3 --day $(date -u +%Y-%m-%d) --present 412 $canteen$at"
    run "senim school attend --programme 3 --day $(date -u +%Y-%m-%d) --present 412 --key $roles/school/device.key$at"
    run "senim school calendar --programme 3 --month $(date -u +%Y-%m) --closed 1 --key $roles/school/device.key$at"

    step "What if the programme bore 80 % from now on? Tried on what happened" "before anybody is judged by it"
    cat >"$roles/education/rules.toml" <<'RULES'
[[rules]]
providers = "any"
regions = "any"
price = { cap = 100_000 }
share_basis_points = 8_000
whole_packs = false
partial = true
uses_per_day_max = 1
weekdays = 127
calendar = false
absent_may = false
validity_ms_max = 25_920_000_000
consent = false
proofs = 15
clawback = "before_maturity"
RULES
    run "senim programme simulate 2 --file $roles/education/rules.toml$at"
    says "2 uses, 1 800.00 ₸ paid, 0.00 ₸ borne by citizens → 2 uses, 1 440.00 ₸ paid, 360.00 ₸ borne by citizens"

    step "The money after: what was eaten is the caterer's, what is left is still the children's"
    run "senim budget 2$at"
    says "178 200.00 ₸"
    run "senim query treasury '{\"claims\":{\"provider\":50,\"after\":null}}'$at"
    says '"sum": 180000'

    step "The first meal was booked for the wrong pupil: the canteen undoes it, and the child may eat today" "the money is on the voucher again; the act will have both lines, and pay neither"
    refused 1 NOT_REDEEMED_HERE "senim voucher refund $meals --key $roles/pharmacy/device.key$at"
    run "senim voucher refund $meals $canteen$at"
    says "was undone"
    run "senim voucher redeem $meals --price 900 $canteen$at"

    step "The department takes the second voucher back: what is left returns to the same line"
    run "senim voucher revoke $voucher $department$at"
    run "senim budget 2$at"
    says "169 100.00 ₸"
    refused 1 VOUCHER_REVOKED "senim voucher redeem $voucher --price 900 $canteen$at"

    step "The parent sees every measure, and all that happened to it" "active ones yellow, finished ones grey; from proven receipts, so that no node can leave a meal out"
    run "senim wallet list --wallet $roles/parent/wallet$at"
    says "[active]   active: 169 100.00 ₸ left, used 1 time"
    says "[finished] taken back"
    run "senim wallet log $meals --wallet $roles/parent/wallet$at"
    says "use 1 of voucher"
    says "all of it"
    run "senim wallet log --wallet $roles/parent/wallet$at"
    says "yes by SMS"
    step "The canteen loses its connection and goes on: it decides by itself, within bounds, and writes each yes down" "what it did is paid once, when the connection is back; what is beyond the rules waits for the department"
    voucher 9000
    offline=$voucher
    voucher 9000
    printf 'Әлихан Мысалов,%s\nАйгерім Мысалова,%s\n' "$offline" "$voucher" >"$roles/canteen/offline.csv"
    run "senim voucher offline sync --place 40 --pupils $roles/canteen/offline.csv --terminal $roles/canteen/terminal $canteen$at"
    run "senim voucher offline sync --place 40 --pupils $roles/canteen/offline.csv --terminal $roles/canteen-2/terminal $canteen2$at"
    run "senim voucher revoke $voucher $department$at"
    nowhere=" --dir $dir --node http://127.0.0.1:9"
    run "senim voucher offline redeem $offline --price 900 --terminal $roles/canteen/terminal $canteen$nowhere"
    refused 1 DAILY_LIMIT "senim voucher offline redeem $offline --price 900 --terminal $roles/canteen/terminal $canteen$nowhere"
    run "senim voucher offline redeem $voucher --price 900 --terminal $roles/canteen/terminal $canteen$nowhere"
    run "senim voucher offline redeem $offline --price 900 --terminal $roles/canteen-2/terminal $canteen2$nowhere"
    refused 1 TERMINAL_CLOCK "senim voucher offline redeem $offline --price 900 --clock 1 --terminal $roles/canteen-2/terminal $canteen2$nowhere"
    run "senim voucher offline send --terminal $roles/canteen/terminal $canteen2$at"
    says "2 records: 1 paid, 1 for the payer to answer, 0 known before"
    run "senim voucher offline send --terminal $roles/canteen/terminal $canteen$at"
    says "2 records: 0 paid, 0 for the payer to answer, 2 known before"
    run "senim voucher offline send --terminal $roles/canteen-2/terminal $canteen2$at"
    run "senim voucher excess list$at"
    says "VOUCHER_REVOKED"
    says "DAILY_LIMIT"
    revoked=$(grep -B 1 'VOUCHER_REVOKED' "$scratch/out" | sed -n 's/^ *\([a-z0-9]*:[0-9]*\)$/\1/p')
    run "senim voucher excess accept $revoked $department$at"
    run "senim voucher excess list$at"
    run "senim voucher excess refuse $(sed -n 's/^ *\([a-z0-9]*:[0-9]*\)$/\1/p' "$scratch/out" | head -n 1) $department$at"

    step "The month ends: the ledger makes the act of completed work by itself, of exactly what was paid" "nobody waits for it: nodes and commands set their clocks"
    month_ends
    printf '{"name":"Caterer Dastarkhan","bin":"991240999991","address":"Astana, Invented St 1","iban":"KZ84999INV5004100100","bic":"INVTKZKA","kbe":"17","knp":"859","vat_payer":false}' >"$roles/canteen/details.json"
    run "senim details propose $roles/canteen/details.json --payer 6 $canteen$at"
    run "senim details approve $roles/canteen/details.json --provider 50 $department$at"
    refused 1 SAME_APPROVER "senim details approve $roles/canteen/details.json --provider 50 $department$at"
    run "senim details approve $roles/canteen/details.json --provider 50 --key $roles/education-2/device.key$at"
    local act=2-50-$month
    run "senim act list --programme 2$at"
    says "$act"

    step "Provider and payer sign; the money moves by digital tenge, and no line of the month can be added or changed"
    refused 1 WRONG_STATE "senim act accept $act $department$at"
    run "senim act sign $act $canteen$at"
    run "senim act accept $act $department$at"
    run "senim act show $act$at"
    says "3 600.00 ₸"
    run "senim purse show 50$at"
    says "3 600.00 ₸"
    printf '{"name":"City education department","bin":"991240999981","address":"Astana, Invented St 2","iban":"KZ03999INV5004100200","bic":"INVTKZKA","kbe":"12","knp":"859","vat_payer":false}' >"$roles/education/details.json"
    run "senim act document $act --contract 'No 50/2026 of 2026-01-05' --provider-details $roles/canteen/details.json --payer-details $roles/education/details.json --out $roles/education/act.html$at"
    run "senim budget 2$at"
    says "4 500.00 ₸"
    says "200 000 900.00 ₸"
    says "177 200.00 ₸"
}

what_next() {
    cat <<WORDS
  export SENIM_CLOCK_AHEAD_MS=$SENIM_CLOCK_AHEAD_MS
  senim voucher show $meals$at
  senim programme show 2$at
  senim voucher suspend $meals$at
WORDS
}
