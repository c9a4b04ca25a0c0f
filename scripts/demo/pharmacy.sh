# A private pharmacy: one scan holds several medicines and shows how each is to be taken, and the person sees who looked;
# packs that go and packs that do not, a part of a pack, another maker's product, a second pharmacy, undoing, a reference
# price, a lost telephone, the money to the tiyn, and the bank's answers. Played by scripts/demo.sh, which has the words of this file: step, run, refused, says.
# tests/tests/scenario_pharmacy.rs plays the same.
# shellcheck shell=bash disable=SC2154,SC2034

order=tests/data/demo/pharmacy.json
unlisted=tests/data/demo/pharmacy-unlisted.json
second=tests/data/demo/card-metformin.json
third=tests/data/demo/card-amlodipine.json
messages=("$order" "$unlisted" "$second" "$third")
# What the messages say of the person, in their words. The national number has sound check digits and is nobody's.
personal=(Сынақова Үлгігүл SYNAQ-000017 610309200172 KZ-0000-4321-8765 1961-03-09 '+7 000 000 00 17' 'Мысал көшесі' E11.9)
players=(clinic pharmacy rival identity regulator fund fund-2)
metformin='(01)04870001000011(21)MF0001(17)310531(10)M2601'
amlodipine='(01)04870001000028(21)AM0001(17)310228(10)A2604'
amlodipine_2='(01)04870001000028(21)AM0002(17)310228(10)A2604'
strong='(01)04870001000066(21)SM0001(17)310531(10)S2601'
rivals='(01)04870001000059(21)OM0100(17)310531(10)O2602'
other='(01)04870001000073(21)OA0001(17)310531(10)N2601'
recalled='(01)04870001000011(21)RC0001(17)310531(10)R2601'
never='(01)04870001000011(21)NEVER(17)310531(10)M2601'

# issue MESSAGE WORDS...: the clinic issues a message to a fresh key of the wallet.
issue() {
    run "senim wallet key $wallet"
    holder=$(cat "$scratch/out")
    run "senim prescription issue --fhir $1 --holder $holder${2:+ $2} $clinic$at"
    issued=$(sed -n 's/^Prescription \([0-9a-f]\{64\}\)$/\1/p' "$scratch/out")
    [ -n "$issued" ] || fail "it named no prescription"
}

# qr GROUP ITEMS: the wallet shows a fresh QR.
qr() {
    run "senim wallet qr $1 --items $2 --ttl 300s --out $roles/wallet/qr.png $wallet --key $roles/identity/device.key$at"
}

# give GROUP ITEM PACK UNITS PRICE WORDS: the command that dispenses.
give() { echo "senim pharmacy dispense --group $1 --item $2 --pack '$3' --units $4 --price $5 $6$at"; }

# owed SUM: what the last command said that the programme owes.
owed() {
    local sum
    sum=$(sed -n 's/^ *owed *//p' "$scratch/out")
    [ "$sum" = "$1" ] || fail "owed is $sum"
}

# product GTIN NAME INN STRENGTH UNITS CAP
product() {
    run "senim pack product --gtin $1 --name '$2' --inn $3 --strength $4 --form tablet --unit tablet --units-per-pack $5 --price-cap $6 $regulator$at"
}

# stock GTIN LOT SERIALS PHARMACY
stock() {
    run "senim pack introduce --gtin $1 --lot $2 --expiry 2031-05-31 --serials $3 --at $4 --stage opening-stock $regulator$at"
}

play() {
    clinic="--clinic $roles/clinic --key $roles/clinic/device.key"
    wallet="--wallet $roles/wallet"
    pharmacy="--hold-dir $roles/pharmacy --key $roles/pharmacy/device.key"
    rival="--hold-dir $roles/rival --key $roles/rival/device.key"
    regulator="--key $roles/regulator/device.key"

    step "The regulator's catalogue and the register of packs" "other makers' products of the same medicines, another strength, and a lot that is recalled"
    product 04870001000059 'Metformin Other No 30' A10BA02 500mg 30 900
    product 04870001000066 'Metformin Strong No 60' A10BA02 850mg 60 1900
    product 04870001000073 'Amlodipine Other No 30' C08CA01 5mg 30 1800
    stock 04870001000059 O2602 OM0100 21
    stock 04870001000066 S2601 SM0001 20
    stock 04870001000073 N2601 OA0001 20
    stock 04870001000011 R2601 RC0001 20
    run "senim pack recall --gtin 04870001000011 --lot R2601 $regulator$at"

    step "A clinic prescribes: only what the programme lists" "of three medicines in one message one is a product that the doctor insists on"
    run "senim wallet new $wallet"
    run "senim wallet agree --yes $wallet --key $roles/identity/device.key$at"
    run "senim wallet key $wallet"
    refused 1 CATEGORY_NOT_ENTITLED "senim prescription issue --fhir $unlisted --holder $(cat "$scratch/out") $clinic$at"
    issue "$order" "--paper $roles/clinic/order.png"
    group=$issued
    run "senim prescription show $group$at"
    says "product 04870001000028 and no other"

    step "One scan holds two of them, and shows how each is to be taken" "the hold is the first look, and on the ledger"
    qr "$group" 1,2
    run "cp $roles/wallet/qr.png $roles/pharmacy/scanned.png"
    run "senim pharmacy hold --qr $roles/pharmacy/scanned.png $pharmacy$at"
    says "dosage     Күніне 2 рет, тамақпен бірге"
    says "substitute NOT allowed"

    step "Another pharmacy gets neither the medicine nor a look" "not with a QR of its own, and not with the first one's folder"
    qr "$group" 1
    refused 1 WITH_ANOTHER_DISPENSER "senim pharmacy hold --qr $roles/wallet/qr.png $rival$at"
    refused 1 NOT_HELD_HERE "senim pharmacy look $group $rival$at"
    run "cp -p $roles/pharmacy/$group.opens $roles/rival/"
    refused 1 LOOK_REFUSED "senim pharmacy look $group --items 1 $rival$at"
    run "rm $roles/rival/$group.opens"

    step "Packs that do not go, each with its reason"
    refused 1 PACK_UNKNOWN "$(give "$group" 1 "$never" 50 1450 "$pharmacy")"
    refused 1 PACK_RECALLED "$(give "$group" 1 "$recalled" 50 1450 "$pharmacy")"
    refused 1 PACK_NOT_HERE "$(give "$group" 1 "$rivals" 30 800 "$pharmacy")"
    refused 1 INN_MISMATCH "$(give "$group" 1 "$amlodipine" 30 980 "$pharmacy")"
    refused 1 STRENGTH_MISMATCH "$(give "$group" 1 "$strong" 50 1900 "$pharmacy")"
    refused 1 PRICE_ABOVE_CAP "$(give "$group" 1 "$metformin" 50 1450.01 "$pharmacy")"
    refused 1 QTY_EXCEEDS_REMAINING "$(give "$group" 1 "$metformin" 51 1450 "$pharmacy")"
    refused 1 SUBSTITUTION_NOT_ALLOWED "$(give "$group" 2 "$other" 30 1300 "$pharmacy")"

    step "Part of a pack for part of an item, and the very product for the other" "a third of a pack costs a third of its price, rounded down"
    run "$(give "$group" 1 "$metformin" 20 1450 "$pharmacy")"
    says "paid 483.33 ₸"
    run "$(give "$group" 2 "$amlodipine" 30 980 "$pharmacy")"
    says "paid 980.00 ₸"

    step "The telephone is lost: the identity service binds the rest to a new one's key" "what the old one shows opens nothing any more; the paper still opens the medicine data, and the new wallet takes it in"
    qr "$group" 1
    run "cp $roles/wallet/qr.png $roles/rival/found.png"
    wallet="--wallet $roles/telephone"
    run "senim wallet new $wallet"
    run "senim wallet agree --yes $wallet --key $roles/identity/device.key$at"
    run "senim wallet key $wallet"
    holder=$(cat "$scratch/out")
    refused 1 ROLE_NOT_ALLOWED "senim prescription bind $group --holder $holder --key $roles/clinic/device.key$at"
    run "senim prescription bind $group --holder $holder --keep paper --key $roles/identity/device.key$at"
    refused 1 QR_NOT_SIGNED "senim pharmacy hold --qr $roles/rival/found.png $rival$at"
    refused 1 NOT_IN_WALLET "senim wallet qr $group --items 1 --out $roles/rival/found.png --wallet $roles/wallet --key $roles/identity/device.key$at"
    run "senim wallet list $wallet$at"
    says "$group"
    run "senim wallet add $group --paper $roles/clinic/order.png $wallet --key $roles/identity/device.key$at"

    step "The rest from another pharmacy's shelf: another maker's product of the same medicine" "the doctor allowed it, and the medicine data is shown there, too"
    qr "$group" 1
    run "senim pharmacy hold --qr $roles/wallet/qr.png $rival$at"
    says "substitute allowed"
    run "$(give "$group" 1 "$rivals" 30 800 "$rival")"
    says "paid 800.00 ₸"

    step "What is left of the opened pack is for somebody else, by a paper prescription" "paper opens the medicine data, too; the whole pack costs its price and no tiyn more"
    issue "$second" "--paper $roles/clinic/paper.png"
    paper=$issued
    run "echo 'identity card seen' >$roles/pharmacy/check.txt"
    run "senim pharmacy hold --paper $roles/clinic/paper.png --document identity-card --record $roles/pharmacy/check.txt $pharmacy$at"
    says "dosage     Күніне 2 рет, тамақпен бірге"
    run "$(give "$paper" 1 "$metformin" 40 1450 "$pharmacy")"
    says "paid 966.67 ₸"

    step "A dispense that did not take place is undone: the pack is on the shelf again"
    refused 1 NOT_DISPENSED_HERE "senim pharmacy reverse --group $group --dispense 1 $rival$at"
    run "senim pharmacy reverse --group $group --dispense 1 $pharmacy$at"
    run "senim pack verify '$amlodipine' --org 20$at"
    qr "$group" 2
    run "senim pharmacy hold --qr $roles/wallet/qr.png $pharmacy$at"
    run "$(give "$group" 2 "$amlodipine" 30 980 "$pharmacy")"

    step "A pack that had left goes to quarantine, and to nobody again"
    run "senim pharmacy reverse --group $group --dispense 3 --left 1 $pharmacy$at"
    run "senim query marking '{\"pack\":{\"pack\":{\"gtin\":\"04870001000028\",\"serial\":\"AM0001\"}}}'$at"
    says quarantine
    qr "$group" 2
    run "senim pharmacy hold --qr $roles/wallet/qr.png $pharmacy$at"
    refused 1 PACK_LEFT "$(give "$group" 2 "$amlodipine" 30 980 "$pharmacy")"
    run "$(give "$group" 2 "$amlodipine_2" 30 980 "$pharmacy")"
    refused 1 DISPENSE_UNKNOWN "senim pharmacy reverse --group $group --dispense 3 $pharmacy$at"

    step "The pharmacy looks again, after all, and says why"
    run "senim pharmacy look $group --items 1 --reason dispute $pharmacy$at"
    says "dosage     Күніне 2 рет, тамақпен бірге"
    refused 1 NOT_HELD_HERE "senim pharmacy look $group --items 3 $pharmacy$at"

    step "The wallet sees who looked, when and why: all of them, as the proven record counts"
    run "senim wallet log $group $wallet$at"
    says "looked at 5 times so far"
    says "Pharmacy Zhusan (20) looks at item 1"
    says "all of them"

    step "The fund bears a reference price from now on, and lets nothing be undone any more" "rules are versions: what was issued before keeps its own"
    run "senim query prescription '{\"programme\":{\"programme\":1}}'$at >$roles/fund/rules.json"
    run "sed -i -e 's/\"reversal_ms\": [0-9]*/\"reversal_ms\": 0/' $roles/fund/rules.json"
    run "sed -i -z -e 's/\"share\": {[^}]*}/\"share\": \"up_to_reference\"/' $roles/fund/rules.json"
    run "senim prescription rules 1 --file $roles/fund/rules.json --key $roles/fund/device.key$at"
    issue "$third"
    qr "$issued" 1
    run "senim pharmacy hold --qr $roles/wallet/qr.png $pharmacy$at"
    run "$(give "$issued" 1 "$other" 30 1700 "$pharmacy")"
    says "paid 1 350.00 ₸"
    says "350.00 ₸"
    local given
    given=$(sed -n 's/^  transaction \([0-9a-f]*\)$/\1/p' "$scratch/out")
    refused 1 REVERSAL_TOO_LATE "senim pharmacy reverse --group $issued --dispense 0 $pharmacy$at"

    step "Why so much? The rules of its version are applied again, from the proven receipt"
    run "senim explain $given$at"
    says "rules of version 2, dispense: yes: the programme pays 1 350.00 ₸, the citizen bears 350.00 ₸"

    step "After all that, to the tiyn" "483.33 + 966.67 + 980.00 + 1 350.00 at the first pharmacy, 800.00 at the other; the citizen's part is nobody's claim"
    run "senim budget 1$at"
    after=$(sed -n 's/^ *available *//p' "$scratch/out")
    [ "$after" = '499 995 420.00 ₸' ] || fail "the budget line has $after"
    run "senim pharmacy sales --key $roles/pharmacy/device.key$at"
    owed '3 780.00 ₸'
    run "senim pharmacy sales --key $roles/rival/device.key$at"
    owed '800.00 ₸'
    run "senim wallet list $wallet$at"

    step "The month ends: an act for each pharmacy by itself, of exactly what it is owed" "nobody waits for it: nodes and commands set their clocks"
    month_ends
    local fund="--key $roles/fund/device.key" act=1-20-$month till="--key $roles/pharmacy/device.key"
    printf '{"name":"Pharmacy Zhusan","bin":"991240999971","address":"Astana, Invented St 3","iban":"KZ19999INV5004100300","bic":"INVTKZKA","kbe":"17","knp":"859","vat_payer":false}' >"$roles/pharmacy/details.json"
    printf '{"name":"Social Health Insurance Fund","bin":"991240999981","address":"Astana, Invented St 4","iban":"KZ03999INV5004100200","bic":"INVTKZKA","kbe":"12","knp":"859","vat_payer":false}' >"$roles/fund/details.json"
    run "senim details propose $roles/pharmacy/details.json --payer 2 $till$at"
    run "senim act list --programme 1$at"
    says "3 780.00 ₸ to be paid"
    says "2 acts"
    run "senim act sign $act $till$at"
    refused 1 DETAILS_UNCONFIRMED "senim act accept $act $fund$at"
    run "senim details approve $roles/pharmacy/details.json --provider 20 $fund$at"
    run "senim details approve $roles/pharmacy/details.json --provider 20 --key $roles/fund-2/device.key$at"
    run "senim act accept $act $fund$at"

    step "The fund's bank gets a payment file, ISO 20022 pain.001"
    local file="senim payment file --programme 1 --act $act --payer-details $roles/fund/details.json --provider-details $roles/pharmacy/details.json --out $roles/fund/payments.xml $fund$at"
    run "$file --execute-on $today"
    refused 1 PAYMENT_EXISTS "$file --execute-on $(date -u -d "$today +1 day" +%Y-%m-%d)"
    run "senim payment status --programme 1$at"
    says "the bank is silent"

    step "The bank refuses first (pain.002), and pays the second file (camt.054): the act is paid" "an invented bank; only a booked debit of the account proves a payment, and each answer says something new once"
    local answer="senim payment answer $roles/fund/answer.xml --programme 1 $fund$at"
    run "senim payment rehearse $roles/fund/payments.xml --refuse AC04 --out $roles/fund/answer.xml"
    run "$answer"
    says "act $act: refused, AC04"
    run "$file --execute-on $today"
    run "senim payment rehearse $roles/fund/payments.xml --out $roles/fund/answer.xml"
    run "$answer"
    says "act $act: paid"
    run "$answer"
    says "nothing new"
    run "senim payment status --programme 1$at"
    says "3 780.00 ₸  paid"
    run "senim act show $act$at"
    says "Act $act: paid"
}

what_next() {
    cat <<NEXT
  export SENIM_CLOCK_AHEAD_MS=$SENIM_CLOCK_AHEAD_MS
  senim wallet log $group $wallet$at
  senim prescription show $group$at
  senim pharmacy look $group --items 2 --reason person-asks $pharmacy$at
  senim query prescription '{"programme":{"programme":1}}'$at
  senim code SUBSTITUTION_NOT_ALLOWED
NEXT
}
