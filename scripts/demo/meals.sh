# School meals: a department issues vouchers, a parent shares one with a child, a canteen feeds it once a day by any of three
# proofs; what a copy, a second meal, a high price and a stranger's terminal do not get; why, and what other rules would have
# changed; and a canteen that loses its connection. Played by scripts/demo.sh, which has the words of this file: step, run,
# refused, says. tests/tests/scenario_meals.rs and scenario_offline.rs play the same.
# shellcheck shell=bash disable=SC2154,SC2034

# Which pupil has which voucher, the canteen's meal system knows, and no node.
messages=("$roles/canteen/pupils.csv")
personal=('Әлихан Мысалов' 'Айгерім Мысалова')
players=(education school canteen canteen-2 pharmacy identity)

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

play() {
    department="--key $roles/education/device.key"
    canteen="--key $roles/canteen/device.key"
    canteen2="--key $roles/canteen-2/device.key"
    wallet="--wallet $roles/parent/wallet --key $roles/identity/device.key"
    mkdir -p "$roles/parent" "$roles/child"
    run "senim wallet new --wallet $roles/parent/wallet"

    step "The city education department issues a voucher for the school year" "its money is locked in the budget line: nothing else can use it"
    voucher 170000
    meals=$voucher
    printf 'Әлихан Мысалов,%s\n' "$meals" >"$roles/canteen/pupils.csv"
    run "senim budget 2$at"
    says "reserved"

    step "A parent shows a live QR: a meal is one call, paid at once" "the caterer's terminal gets yes or no, and learns nothing of the person"
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
    run "senim voucher redeem --scan $roles/child/code.png --price 900 $canteen$at"
    refused 1 DAILY_LIMIT "senim voucher redeem --scan $roles/child/code.png --price 900 $canteen2$at"
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

    step "The department takes the second voucher back: what is left returns to the same line"
    run "senim voucher revoke $voucher $department$at"
    run "senim budget 2$at"
    says "169 100.00 ₸"
    refused 1 VOUCHER_REVOKED "senim voucher redeem $voucher --price 900 $canteen$at"
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
}

what_next() {
    cat <<WORDS
  senim voucher show $meals$at
  senim programme show 2$at
  senim voucher suspend $meals$at
WORDS
}
