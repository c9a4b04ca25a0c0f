# Subsidised medicines by benefit card: a service centre issues cards, doctors write them into prescriptions, pharmacies put
# them to the reader; and what neither a typed number, another's card, a lost card nor an ended entitlement opens. Played by
# scripts/demo.sh, which has the words of this file: step, run, refused, says. tests/tests/scenario_card.rs plays the same.
# shellcheck shell=bash disable=SC2154,SC2034

first=tests/data/demo/card-metformin.json
second=tests/data/demo/card-amlodipine.json
third=tests/data/demo/card-metformin-2.json
messages=("$first" "$second" "$third")
# What the messages and the register of cards say of people, in their words. The national numbers have sound check digits
# and are nobody's: their mark is of births before 1900. The cards' numbers are added as they are made.
personal=(Сынақова Үлгігүл SYNAQ-000017 610309200172 1961-03-09 'Мысал көшесі' E11.9 Үлгібаев Мысалбек SYNAQ-000018 550412100209)
players=(clinic pharmacy rival service-centre)
metformin='(01)04870001000011(21)MF0001(17)310531(10)M2601'
amlodipine='(01)04870001000028(21)AM0001(17)310228(10)A2604'
# The last day of the entitlements: in two years, so that all keys end alike.
until=$(($(date -u +%Y) + 2))-12-31

# number: the number of the card that the last command issued; from now on nobody's node may know it.
number() {
    local found
    found=$(sed -n 's/^Card \([0-9]\{16\}\).*$/\1/p' "$scratch/out")
    [ -n "$found" ] || fail "it issued no card"
    echo "$found" >>"$scratch/numbers"
    personal+=("$found")
    card=$found
}

# issue MESSAGE NUMBER: the clinic's system asks for a key of the card, and issues the message with it.
issue() {
    run "senim card key --number $2 $centre$at"
    key=$(cat "$scratch/out")
    run "senim prescription issue --fhir $1 --holder $holder --programme 7 --card $key $clinic$at"
    group=$(sed -n 's/^Prescription \([0-9a-f]\{64\}\)$/\1/p' "$scratch/out")
    [ -n "$group" ] || fail "it named no prescription"
}

play() {
    mkdir -p "$roles/people"
    touch "$scratch/numbers"
    messages+=("$scratch/numbers")
    centre="--cards $roles/service-centre --key $roles/service-centre/device.key"
    clinic="--clinic $roles/clinic --key $roles/clinic/device.key"
    pharmacy="--hold-dir $roles/pharmacy --key $roles/pharmacy/device.key"
    rival="--hold-dir $roles/rival --key $roles/rival/device.key"
    run "senim wallet new --wallet $roles/people/wallet"
    run "senim wallet key --wallet $roles/people/wallet"
    holder=$(cat "$scratch/out")

    step "The service centre issues cards to two people who are entitled" "names and numbers stay in its encrypted register; the cards' chips are files here"
    run "senim card issue --name 'Үлгігүл Сынақова' --iin 610309200172 --category 1 --until $until --chip $roles/people/first.key $centre$at"
    number && one=$card
    run "senim card issue --name 'Мысалбек Үлгібаев' --iin 550412100209 --category 1 --until $until --chip $roles/people/second.key $centre$at"
    number && two=$card

    step "One card a person, and only to whom a sound number belongs"
    refused 1 CARD_EXISTS "senim card issue --name 'Үлгігүл Сынақова' --iin 610309200172 --category 1 --until $until --chip $roles/people/again.key $centre$at"
    refused 1 ID_CHECK_DIGIT "senim card issue --name 'Үлгі' --iin 610309200173 --category 1 --until $until --chip $roles/people/again.key $centre$at"

    step "It registers keys of all cards together" "one key for each prescription: the ledger joins no two of one person, and has no card's number"
    refused 1 CARD_KEYS_SPENT "senim card key --number $one $centre$at"
    run "senim card keys $centre$at"
    says "Registered 8 keys in 1 transaction"

    step "A doctor issues a subsidised medicine: not without a card" "the number on the card becomes a key for this prescription"
    refused 1 CARD_REQUIRED "senim prescription issue --fhir $first --holder $holder --programme 7 $clinic$at"
    issue "$first" "$one"
    medicine=$group
    refused 1 CARD_KEY_USED "senim prescription issue --fhir $second --holder $holder --programme 7 --card $key $clinic$at"
    issue "$second" "$one"
    later=$group

    step "The money before"
    run "senim budget 7$at"
    before=$(sed -n 's/^ *available *//p' "$scratch/out")
    [ "$before" = '100 000 000.00 ₸' ] || fail "the budget line has $before"

    step "At the pharmacy: a number typed by hand proves nothing, another person's card neither" "doctor and pharmacist both know the number; only the card has the key"
    refused 1 CARD_NOT_PRESENT "senim pharmacy hold --group $medicine --card-number $one $pharmacy$at"
    refused 1 CARD_MISMATCH "senim pharmacy hold --group $medicine --chip $roles/people/second.key $pharmacy$at"

    step "The card is put to the reader: the terminal asks, the chip answers" "what it answers to one terminal is worth nothing at another"
    run "senim pharmacy challenge --group $medicine --out $roles/pharmacy/challenge.bin $pharmacy$at"
    run "senim card tap --chip $roles/people/first.key --challenge $roles/pharmacy/challenge.bin --out $roles/pharmacy/answer.bin"
    refused 1 CARD_NOT_PRESENT "senim pharmacy hold --card $roles/pharmacy/answer.bin $rival$at"
    run "senim pharmacy hold --card $roles/pharmacy/answer.bin $pharmacy$at"
    says "holds item 1"
    says "dosage     Күніне 2 рет, тамақпен бірге"
    refused 1 CARD_NOT_PRESENT "senim pharmacy hold --card $roles/pharmacy/answer.bin $pharmacy$at"

    step "Only on a match the medicine is given: pack, prescription and payment in one transaction"
    run "senim pharmacy dispense --group $medicine --item 1 --pack '$metformin' --units 60 --price 1450 $pharmacy$at"
    says "paid 1 450.00 ₸"

    step "The operator sees when each terminal was last there, and suspends one" "a last contact is kept by the node that it was made with, not on the ledger"
    run "senim terminal list --key operator$at"
    says "senim "
    terminal=$(sed -n 's/^\(senimdev1[a-z0-9]*\)$/\1/p' "$scratch/out" | head -n 1)
    [ -n "$terminal" ] || fail "it listed no terminal"
    run "senim device suspend $terminal --key operator$at"
    refused 1 DEVICE_SUSPENDED "senim pharmacy hold --group $later --chip $roles/people/first.key $pharmacy$at"
    run "senim terminal contact --key $roles/pharmacy/device.key --software kassa --software-version 4.1$at"
    says "Suspended: proof holds"
    run "senim terminal list --key operator --org 20$at"
    says "kassa 4.1, last contact"
    refused 1 NOT_AUTHORISED "senim terminal list --key $roles/rival/device.key --org 20$at"
    run "senim device resume $terminal --key operator$at"

    step "The card is lost: blocked, it opens nothing" "each key that is in a prescription goes in a transaction of its own"
    run "senim card block --number $one $centre$at"
    says "told to the ledger in 3 transactions"
    refused 1 CARD_BLOCKED "senim pharmacy hold --group $later --chip $roles/people/first.key $pharmacy$at"
    refused 1 CARD_BLOCKED "senim card key --number $one $centre$at"

    step "The service centre gives a new card: what was open is for the new one"
    run "senim card replace --number $one --chip $roles/people/new.key $centre$at"
    says "prescription $later"
    number && new=$card
    refused 1 CARD_MISMATCH "senim pharmacy hold --group $later --chip $roles/people/first.key $pharmacy$at"
    run "senim pharmacy hold --group $later --chip $roles/people/new.key $pharmacy$at"
    run "senim pharmacy dispense --group $later --item 1 --pack '$amlodipine' --units 30 --price 980 $pharmacy$at"
    says "paid 980.00 ₸"

    step "An entitlement ends: nothing is issued and nothing is held any more" "a prescription and a key from before do not help"
    issue "$third" "$two"
    ended=$group
    run "senim card key --number $two $centre$at"
    key=$(cat "$scratch/out")
    run "senim card end --number $two $centre$at"
    refused 1 ENTITLEMENT_ENDED "senim card key --number $two $centre$at"
    refused 1 ENTITLEMENT_ENDED "senim prescription issue --fhir tests/data/demo/repeats.json --holder $holder --programme 7 --card $key $clinic$at"
    refused 1 ENTITLEMENT_ENDED "senim pharmacy hold --group $ended --chip $roles/people/second.key $pharmacy$at"

    step "After all that: two medicines, two payments, and what the centre knows" "only here a name stands beside a prescription"
    run "senim budget 7$at"
    after=$(sed -n 's/^ *available *//p' "$scratch/out")
    [ "$after" = '99 997 570.00 ₸' ] || fail "the budget line has $after"
    run "senim pharmacy sales --programme 7 --key $roles/pharmacy/device.key$at"
    says "2 430.00 ₸"
    run "senim prescription show $medicine$at"
    says "redeemed"
    run "senim prescription show $later$at"
    says "redeemed"
    run "senim card show $centre$at"
    says "replaced by $new"

    step "Reports: the personalised register and control" "names in the centre's own file; without its register a pseudonym for each prescription"
    run "senim report register --programme 7 --cards $roles/service-centre --out $roles/service-centre/register.xlsx$at"
    says "2 dispenses, 2 430.00 ₸ borne"
    run "senim report register --programme 7$at"
    says "pseudonym"
    run "senim report control --programme 7 --cards $roles/service-centre --out $roles/service-centre/control.csv$at"
    says "by card"

    step "The month ends: the act of what was dispensed by card makes itself, and the pharmacy signs it" "nobody waits for it: nodes and commands set their clocks"
    month_ends
    local till="--key $roles/pharmacy/device.key"
    printf '{"name":"Pharmacy Zhusan","bin":"991240999971","address":"Astana, Invented St 3","iban":"KZ19999INV5004100300","bic":"INVTKZKA","kbe":"17","knp":"859","vat_payer":false}' >"$roles/pharmacy/details.json"
    run "senim details propose $roles/pharmacy/details.json --payer 2 $till$at"
    run "senim act list --programme 7$at"
    says "2 430.00 ₸ to be paid"
    run "senim act sign 7-20-$month $till$at"
    run "senim act show 7-20-$month$at"
    says "2 lines, 2 430.00 ₸"
}

what_next() {
    cat <<NEXT
  export SENIM_CLOCK_AHEAD_MS=$SENIM_CLOCK_AHEAD_MS
  senim card show --number $new $centre$at
  senim card key --number $new $centre$at
  senim query card '{"programme":{"programme":7}}'$at
  senim prescription show $later$at
  senim code CARD_NOT_PRESENT
NEXT
}
