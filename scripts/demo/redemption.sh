# One redemption: from a doctor's message to a settled payment, and everything that is refused on the way. Played by
# scripts/demo.sh, which has the words of this file: step, run, refused, says.
# shellcheck shell=bash disable=SC2154,SC2034

order=tests/data/demo/order.json
messages=("$order")
cancel=tests/data/demo/cancel.json
# What the message says of the person, in its words. The national number has sound check digits and is nobody's: its mark is of a birth before 1900.
personal=(Сынақова Үлгігүл SYNAQ-000017 610309200172 KZ-0000-4321-8765 1961-03-09 '+7 000 000 00 17' 'Мысал көшесі' E11.9)
pack_code='(01)04870001000011(21)MF0001(17)310531(10)M2601'
players=(clinic pharmacy rival identity)

play() {
    mkdir -p "$roles/verifier"
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

    step "The wallet finds them; its citizen agrees to the use of data, and it makes a QR that lives for five minutes"
    run "senim wallet list $wallet$at"
    says "$group"
    run "senim wallet agree --yes $wallet --key $roles/identity/device.key$at"
    run "senim wallet qr $group --items 1,2 --ttl 300s --out $roles/wallet/qr.png $wallet --key $roles/identity/device.key$at"

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
    run "senim wallet qr $group --items 2 --ttl 300s --out $roles/wallet/qr-2.png $wallet --key $roles/identity/device.key$at"
    run "senim pharmacy hold --qr $roles/wallet/qr-2.png $pharmacy$at"
    refused 1 PACK_ALREADY_SUPPLIED "senim pharmacy dispense --group $group --item 2 --pack $roles/pharmacy/pack.png --units 30 --price 980 $pharmacy$at"

    step "A fresh QR at another pharmacy, for what the first one holds"
    run "senim wallet qr $group --items 2 --ttl 300s --out $roles/wallet/qr-3.png $wallet --key $roles/identity/device.key$at"
    refused 1 WITH_ANOTHER_DISPENSER "senim pharmacy hold --qr $roles/wallet/qr-3.png $rival$at"

    step "After all that, nothing moved but what was dispensed once"
    run "senim budget 1$at"
    says "$after"
    run "senim status$at"
}

what_next() {
    cat <<NEXT
  senim pharmacy dispense --group $group --item 2 --pack '(01)04870001000028(21)AM0001(17)310228(10)A2604' --units 30 --price 980 $pharmacy$at
  senim prescription cancel --fhir $cancel $clinic$at
  senim wallet list $wallet$at
  senim pharmacy reverse --group $group --dispense 0 $pharmacy$at
  senim block latest$at
  senim code PACK_ALREADY_SUPPLIED
  senim --help
NEXT
}
