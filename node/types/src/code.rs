//! Every error that a user or another program can meet, with its stable number and name.
//!
//! Numbers and names are the contract between nodes and clients: they are never changed or reused.
//! `docs/errors.md` is generated from this table. Numbers that are given up are listed by the house rule about
//! codes, which keeps them from being given again.
//!
//! | range | of |
//! | --- | --- |
//! | 1000–1099 | bytes, keys, shape of a transaction |
//! | 1100–1199 | admission: identity, time, sequence, mempool |
//! | 1200–1299 | blocks, certificates, proofs |
//! | 2000–2099 | execution: rights and traps |
//! | 3000–3099 | registry |
//! | 3100–3199 | treasury |
//! | 3200–3299 | marking |
//! | 3300–3399 | prescription |
//! | 3400–3499 | voucher |
//! | 3500–3599 | settlement |
//! | 3600–3699 | card |
//! | 6000–6099 | this node: storage, configuration |
//! | 7000–7099 | FHIR |
//! | 7100–7199 | GS1 element strings |
//! | 7200–7249 | national identifiers |
//! | 7250–7299 | images, QR, sealed data |
//! | 7300–7399 | commands of clients |
//! | 7400–7449 | bank |
//! | 7450–7499 | portal, lists, SMS |
//! | 7500–7549 | connectors |

use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;

/// Whose fault an error is, and so who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Whoever asked: the request has to change.
    Caller,
    /// Another node: it is scored and may be cut off.
    Peer,
    /// This node: its operator has to act.
    Node,
    /// A contract: its author has to act.
    Contract,
}

impl Fault {
    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Fault::Caller => "caller",
            Fault::Peer => "peer",
            Fault::Node => "node",
            Fault::Contract => "contract",
        }
    }
}

/// A stable error code. A policy contract may use numbers that this table does not know.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Code(pub u16);

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct CodeEntry {
    /// The number.
    pub code: Code,
    /// The name, in capitals.
    pub name: &'static str,
    /// Whose fault.
    pub fault: Fault,
    /// What it means and what to do.
    pub advice: &'static str,
}

macro_rules! codes {
    ($($number:literal $name:ident $fault:ident $advice:literal)*) => {
        impl Code {
            $(#[doc = $advice] pub const $name: Code = Code($number);)*
        }

        /// All codes, by ascending number.
        pub const CODES: &[CodeEntry] = &[
            $(CodeEntry { code: Code($number), name: stringify!($name), fault: Fault::$fault, advice: $advice },)*
        ];
    };
}

codes! {
    1000 MALFORMED Caller "The bytes are not the borsh encoding of what is expected here. Build them with the client library."
    1001 NOT_CANONICAL Caller "The bytes decode, but a value has exactly one encoding and this is another. Encode with a canonical borsh library."
    1002 TOO_LARGE Caller "Larger than the limit for its kind. Split it."
    1003 WRONG_VERSION Caller "A version that this chain does not know. Update the client."
    1004 WRONG_CHAIN Caller "Signed for another chain. Check the genesis file that the client uses."
    1005 BAD_SIGNATURE Caller "The device's signature does not verify. Check the device key."
    1006 BAD_WITNESS Caller "A witness signature does not verify for its key, domain and message."
    1007 KEY_NOT_CANONICAL Caller "A public key in an encoding that is not canonical."
    1008 KEY_SMALL_ORDER Caller "A public key of small order, for which anybody could sign."
    1009 CALL_COUNT Caller "A transaction holds one to eight calls."
    1010 WITNESS_COUNT Caller "Too many witness statements, or not one signature for each."
    1011 WITNESS_DOMAIN Caller "A witness statement is too long or of a domain that only the protocol may sign."

    1100 TRANSACTION_EXPIRED Caller "The block's time is past the transaction's valid_until. Sign it again with a later one."
    1101 VALID_UNTIL_TOO_FAR Caller "valid_until lies more than 24 hours ahead."
    1102 DEVICE_UNKNOWN Caller "The device is not in the registry. Its organisation has to enrol it."
    1103 DEVICE_SUSPENDED Caller "The device is suspended or revoked. Ask its organisation or the operator."
    1104 ORGANISATION_SUSPENDED Caller "The device's organisation is suspended."
    1105 SEQUENCE_USED Caller "Another transaction of this device used this sequence number. Take a fresh number."
    1106 SEQUENCE_TOO_OLD Caller "The sequence number lies below the device's window. Take the next number that the node reports."
    1107 SEQUENCE_TOO_FAR Caller "The sequence number lies above the device's window of 256. Wait for earlier transactions."
    1108 MEMPOOL_FULL Node "The node has no room for more transactions. Try again after the time in Retry-After."
    1109 DEVICE_RATE Caller "This device has too many transactions waiting. Wait for their receipts."
    1110 NOT_READY Node "The node is catching up or starting. Try again, or another node."
    1111 NOT_FOUND Caller "There is no such transaction, block, key or page here (yet)."
    1112 BAD_REQUEST Caller "The request is not one that this interface understands. The message says what is wrong."
    1113 TIMED_OUT Node "The answer did not come in time. The transaction may still be included: ask for its receipt."
    1114 UNAUTHORISED Caller "This request needs the signature of the device that may see the answer."
    1115 PRUNED Caller "This node's log begins later: it joined from a snapshot. Ask a node that keeps the whole log; the status says from which height this one has blocks."

    1200 HEADER_CHAIN Peer "A header of another chain."
    1201 HEADER_HEIGHT Peer "A header or certificate of another height."
    1202 HEADER_PARENT Peer "A block that does not follow the tip."
    1203 HEADER_TIME Peer "A block time that is not above the parent's, or too far from this node's clock."
    1204 HEADER_PROPOSER Peer "The proposer is not one of the height's validators."
    1205 TRANSACTIONS_ROOT Peer "The header does not commit to the block's transactions."
    1206 RECEIPTS_ROOT Peer "Executing the block gives other receipts than the header says."
    1207 STATE_ROOT Peer "Executing the block gives another state than the header says."
    1208 VALIDATORS_HASH Peer "The header names another validator set than this height's."
    1209 LOG_ROOT Peer "The header's log_root is not that of the earlier headers."
    1210 BLOCK_LIMITS Peer "The block exceeds the chain's limits of bytes or fuel."
    1211 BLOCK_TRANSACTION Peer "The block holds a transaction that may not be in it."
    1212 CERTIFICATE_BLOCK Peer "The certificate is for another block."
    1213 CERTIFICATE_INDEX Peer "The certificate's signatures are not in order or not of the set."
    1214 CERTIFICATE_SIGNATURE Peer "A signature of the certificate does not verify."
    1215 CERTIFICATE_QUORUM Peer "The certificate holds two thirds of the power or less."
    1216 RECEIPT_PROOF Peer "The receipt is not in the header's receipts root."
    1217 STATE_PROOF Peer "The value, or its absence, is not in the header's state root."
    1218 UNBALANCED Contract "The postings of a block do not balance: the block is invalid."
    1219 WRONG_RECEIPT Peer "The proof is sound, but not of the transaction that was asked for."
    1220 LOG_PROOF Peer "The header is not in the log that the later header commits to."
    1221 LOG_CONSISTENCY Peer "The earlier log is not the beginning of the later one: one of the two is forged. Keep both as evidence."
    1222 CHECKPOINT_FORM Peer "Not a checkpoint of this kind of log: a signed note of origin, size and root, and at least one signature line."
    1223 CHECKPOINT_CERTIFICATE Peer "The checkpoint has no commit certificate, more than one, or that of another size or root."
    1224 CHECKPOINT_COSIGNATURE Peer "A validator's cosignature of the checkpoint does not verify."
    1225 TRUST_EXPIRED Caller "The trusted header is older than the trusting period; keys of its validators may have leaked since. Start from a newer one that somebody you trust gives you."
    1226 TRUST_HASH Peer "The header at the trusted height is not the trusted one: another hash."
    1227 SNAPSHOT_MANIFEST Peer "The snapshot's manifest contradicts itself or the certified header that it names."
    1228 SNAPSHOT_CHUNK Peer "A part of a snapshot is not the one that its manifest names."
    1229 SNAPSHOT_STATE Peer "The snapshot's parts together are not the state that the certified header commits to: its manifest was forged."
    1250 VOTE_STRANGER Peer "A vote or proposal by a key that is not a validator of its height."
    1251 VOTE_SIGNATURE Peer "The signature of a vote or proposal does not verify."
    1252 VOTE_CERTIFICATE Peer "A certificate about votes of a round holds a bad signature, a stranger, or too little power."
    1253 PROPOSAL_TURN Peer "A proposal by a validator whose turn it is not in that round."
    1254 PROPOSAL_ROUND Peer "A proposal that names, as the round of its earlier votes, one that is not before its own."

    2000 ROLE_NOT_ALLOWED Caller "The organisation's roles do not give the right to call this method."
    2001 CONTRACT_UNKNOWN Caller "There is no contract of this number."
    2002 OUT_OF_FUEL Caller "The transaction used all the fuel that a transaction may use."
    2003 MEMORY_LIMIT Contract "A contract asked for more memory than it may have."
    2004 STACK_LIMIT Contract "A contract recursed too deep."
    2005 TRAP Contract "A contract trapped: unreachable code, division by zero, access out of bounds."
    2006 REENTRANCY Contract "A contract that is already on the call stack was called again."
    2007 CALL_DEPTH Contract "Calls between contracts nest too deep."
    2008 READ_ONLY Contract "A read-only call tried to write, emit or schedule."
    2009 OUTPUT_LIMIT Contract "An output, event, refusal detail, key or value is larger than its limit, or there are too many."
    2010 BAD_OUTPUT Contract "A contract returned bytes that are not an outcome."
    2011 BAD_MODULE Caller "The code is not a module that this engine accepts: malformed, or of a feature that is switched off."
    2012 BAD_IMPORT Caller "The module imports something that the host does not offer."
    2013 BAD_EXPORT Caller "The module lacks an export that every contract has, or it has another type."
    2014 CODE_UNKNOWN Caller "No code of this hash has been deployed."
    2016 ACTIVATION_HEIGHT Caller "The activation height is not in the future, or another upgrade is waiting."
    2017 HOST_ARGUMENT Contract "A contract gave the host a pointer, length or number outside its range."
    2018 BAD_ENTRY Contract "The contract does not take this kind of entry."
    2019 FLOATS_NOT_ALLOWED Caller "The module uses floating point, whose bits differ between machines. Use integers."
    2020 MODULE_LIMIT Caller "The module has a start function, or exceeds a limit of functions, globals, table, memory, segments or frames."
    2021 CALL_LIMIT Contract "A call made more calls between contracts than it may."
    2022 BLOCK_FULL Node "The block has no room left for this transaction; it waits for the next."
    2023 CONTRACT_EXISTS Caller "The number belongs to another contract."

    3000 BAD_INPUT Caller "The message is not one of the contract's. Build it with the client library of this version."
    3001 NOT_AUTHORISED Caller "The caller may not do this, whatever its roles: it is not the owner, issuer or named contract. Let that one do it."
    3002 ORGANISATION_UNKNOWN Caller "No organisation of this number is registered. Check the number, or have the operator register it."
    3003 ORGANISATION_EXISTS Caller "The number belongs to another organisation, or the same with other details. Take another number."
    3004 DEVICE_EXISTS Caller "The device is enrolled already, with other details or another organisation. Enrol a fresh key."
    3005 WRONG_STATE Caller "The record is not in a state from which this is possible. Read it again and see what happened to it."
    3006 VALIDATOR_EXISTS Caller "The key is a validator already. Nothing has to be done, or another key was meant."
    3007 VALIDATOR_UNKNOWN Caller "The key is not a validator. Ask the node for the validators and name one of them."
    3008 VALIDATOR_LIMIT Caller "The set would become empty or too large, or a power is out of range. Correct the change."
    3009 OUT_OF_RANGE Caller "A number or text of the message is outside its range. Correct it."
    3010 CORRUPT_RECORD Contract "A stored record does not decode: a contract wrote what it cannot read. Report it to the contract's author."
    3011 PEER_UNKNOWN Caller "The key is not a network peer. Look at the list of peers and name one of them."
    3012 PEER_EXISTS Caller "The key is a network peer already, of another organisation: one key has one purpose. Make a fresh key."
    3013 PEER_LIMIT Caller "The organisation has as many network peers as one may have. Remove one that is no longer used."

    3100 NO_BUDGET Caller "There is no such budget line. Check its number; the payer opens one for a programme."
    3101 BUDGET_EXHAUSTED Caller "The budget line has not that much left. Ask the payer to allot more, or wait for the next allotment."
    3102 BUDGET_EXISTS Caller "The budget line exists with other details. Take another number."
    3103 ACCOUNT_UNKNOWN Caller "There is no such account. Check provider, programme and month."
    3104 TRANSFER_EXISTS Caller "A transfer of this id exists with another body. Take a fresh id."
    3105 TRANSFER_UNKNOWN Caller "There is no transfer of this id. Check the id and the contract that issued it."
    3106 TRANSFER_RESOLVED Caller "The pending transfer was posted or voided before. Read it to see which; nothing is left to do with it."
    3107 TRANSFER_EXPIRED Caller "The pending transfer expired; its money is back in the budget line. Settle with the payer outside the ledger."
    3108 AMOUNT_EXCEEDS_PENDING Caller "More than the pending transfer holds. Name at most that amount."
    3109 AMOUNT_ZERO Caller "An amount of nothing moves nothing. Name at least one tiyn."
    3110 AMOUNT_OVERFLOW Caller "The sum does not fit. Name a smaller amount."
    3111 REVERSAL_EXCEEDS_POSTED Caller "More would be reversed than was posted. Name at most what was posted."
    3112 RETURN_EXCEEDS_SETTLED Caller "More would come back than was paid out. Name at most what was paid."
    3130 TRANSFER_PENDING Contract "A transfer that may still be posted cannot be forgotten. Post, void or let it lapse first."
    3131 CLAIM_OPEN Contract "A claim of which something is owed, or that waits to be set off, cannot be forgotten. Look again later."

    3200 PRODUCT_UNKNOWN Caller "The GTIN is not in the product catalogue. Check the code, or ask the regulator to enter the product."
    3201 PRODUCT_EXISTS Caller "The GTIN is in the catalogue with other details. Only name, cap and whether it is marketed can change; a new product needs a new GTIN."
    3202 PACK_UNKNOWN Caller "No pack of this GTIN and serial number was ever introduced: it may be a forgery. Set it aside."
    3203 PACK_EXISTS Caller "A pack of this GTIN and serial number exists with other details. Check the serial numbers, and take fresh ones."
    3204 PACK_ALREADY_SUPPLIED Caller "This pack was supplied before: it may be a copy of a code. Set it aside."
    3205 PACK_RECALLED Caller "The pack's batch is recalled. Do not dispense; set it aside for return."
    3206 PACK_WITHDRAWN Caller "The pack's batch is withdrawn from the market. Do not dispense."
    3207 PACK_EXPIRED Caller "The pack's expiry date has passed. Do not dispense; set it aside for destruction."
    3208 PACK_LOT_MISMATCH Caller "The lot on the pack is not the one in the register: it may be a forgery. Set it aside."
    3209 PACK_EXPIRY_MISMATCH Caller "The expiry date on the pack is not the one in the register: it may be a forgery. Set it aside."
    3210 PACK_NOT_HERE Caller "The pack is registered at another place. Have its movement to this place shipped and received, then try again."
    3211 PACK_STOLEN Caller "The pack is reported stolen. Keep it and call the regulator."
    3212 PACK_WRONG_STATE Caller "The pack is in a state (locked, destroyed, sample, exported, quarantine) from which it cannot be dispensed. Set it aside and take another."
    3213 PACK_UNITS_EXCEEDED Caller "More units than the opened pack has left. Take the rest from another pack."
    3214 PACK_LEFT Caller "The pack left the pharmacy: it goes to quarantine, never back to active stock. Set it aside for destruction."
    3215 REVERSAL_TOO_LATE Caller "A supply can be undone within ten days. Set the pack aside and settle with the payer outside the ledger."
    3216 GTIN_INVALID Caller "Not a GTIN: its check digit is wrong. Scan again or correct the number."
    3217 BATCH_UNKNOWN Caller "No pack of this GTIN and lot was introduced. Check the lot."
    3218 PACK_PRICE_CHANGED Caller "An opened pack is dispensed at the price of its first part. Name that price."

    3300 PRESCRIPTION_UNKNOWN Caller "There is no such prescription or item. Check its id and number."
    3301 PRESCRIPTION_EXISTS Caller "The prescription was issued before with another body. Issue it in a fresh transaction."
    3302 EXPIRED Caller "The prescription's window is over. The doctor has to issue a new one."
    3303 NOT_YET Caller "The prescription's window has not begun. Come back when it has; `senim prescription show` says when."
    3304 CANCELLED Caller "The prescription was cancelled. Do not dispense; the doctor can issue a new one."
    3305 WITH_ANOTHER_DISPENSER Caller "Another pharmacy holds the item. Ask it to give the item back, or wait until its hold ends."
    3306 ALREADY_DISPENSED Caller "Everything prescribed was dispensed. The doctor has to issue a new one for more."
    3307 NOT_HELD Caller "The item is not held. Hold it first, by a fresh proof of the patient's."
    3308 WRONG_HOLD_KEY Caller "The step is not signed by the key that holds the item. Use the folder and terminal of the hold."
    3309 LEASE_EXPIRED Caller "The hold ran out. Hold the item again."
    3310 QR_REPLAYED Caller "This QR, or a later one, was used already. Ask the patient for a fresh one."
    3311 QR_EXPIRED Caller "The QR is older than it may be. Ask the patient for a fresh one."
    3312 QR_OTHER_TOKEN Caller "The QR is of another prescription, or does not open this item, which may not be shared with whoever shows it. Ask the patient for one that does."
    3313 QR_NOT_SIGNED Caller "The QR is not signed by the prescription's holder, nor by whom it is shared with now. Ask the patient for a QR from the wallet that holds it."
    3314 HOLD_NOT_SIGNED Caller "The hold of this organisation and device is not signed by the QR's key: a copied hold is worth nothing. Scan the patient's QR yourself."
    3315 PROOF_NOT_ACCEPTED Caller "The programme does not accept this kind of proof. Ask the patient for one that it does, such as a live QR."
    3316 CARD_NOT_PRESENT Caller "The card did not sign the terminal's challenge: a number typed by hand proves nothing. Put the card to the terminal again."
    3317 CARD_MISMATCH Caller "The card is not the one that the prescription names. Ask for the right card, or for a live QR."
    3318 IDENTITY_NOT_CHECKED Caller "Paper needs an identity check on record. Check the person's document and say so in the hold."
    3319 PHARMACY_NOT_CONTRACTED Caller "The pharmacy has no contract for this programme, or it has ended. Send the patient to one that has; the fund makes contracts."
    3320 QTY_EXCEEDS_REMAINING Caller "More than what remains of the item. Dispense at most what remains; `senim prescription show` says how much."
    3321 INN_MISMATCH Caller "The pack is another medicine than the one prescribed. Take the right pack, or ask the prescriber."
    3322 STRENGTH_MISMATCH Caller "The pack is of another strength, form or unit than the one prescribed. Take the right pack, or ask the prescriber."
    3323 PRICE_ABOVE_CAP Caller "The price is above the cap of the product or of the programme. Dispense at the cap or below."
    3324 PRESCRIBER_NOT_AUTHORISED Caller "The prescriber's organisation may not prescribe under this programme. Prescribe under another, or ask the fund for the right."
    3325 CATEGORY_NOT_ENTITLED Caller "The medicine is not one that the programme lists, or of a category that the prescriber has no right to. Prescribe another, or under another programme."
    3326 MAX_QUANTITY Caller "More than the programme allows to prescribe in one item. Prescribe less."
    3327 PROGRAMME_UNKNOWN Caller "There is no such programme, or it is closed. Name one that is open."
    3329 NOT_DISPENSED_HERE Caller "Only the pharmacy that dispensed can undo it. Ask that pharmacy."
    3330 DISPENSE_UNKNOWN Caller "There is no such dispense to undo. Check its number, from 0; `senim prescription show` lists them."
    3331 TOO_MANY_ITEMS Caller "More items, parts or packs than one message may have. Send them in several."
    3332 CANCEL_REQUESTED Caller "The item is marked for cancellation: it cannot be held again. The doctor can issue a new one."
    3333 HOLDER_NOT_SIGNED Caller "The step needs the signature of the prescription's holder or its issuer. Use the wallet that holds it, or the clinic's device."
    3334 QR_WINDOW Caller "The QR's or card's own times cannot be accepted: it would live longer than the programme allows, ends before it begins, or begins in the future. Make one of a shorter life, and check the clock."
    3335 LOOK_REFUSED Caller "Only the pharmacy that holds the item, or dispensed it and may still have to answer for it, may look at its medicine data. Hold it by a fresh proof of the patient's."
    3336 SUBSTITUTION_NOT_ALLOWED Caller "The prescriber forbade another product than the one prescribed. Take that product, or ask the prescriber."
    3337 TOO_MANY_VERSIONS Caller "The programme has had as many versions of its rules as one may have. Close it, and go on with a new programme."

    3400 VOUCHER_UNKNOWN Caller "There is no such voucher, or it ended long ago. Check its id."
    3401 VOUCHER_EXISTS Caller "This transaction issues another voucher of this index. Number them apart."
    3402 VOUCHER_EXPIRED Caller "The voucher's time is over; what was left is back in its budget line. The payer can issue a new one."
    3403 VOUCHER_REVOKED Caller "The payer took the voucher back. Ask the payer."
    3404 WRONG_PLACE Caller "The voucher is used at a place that other terminals serve. Send the person there; the payer sets who serves a place."
    3405 NOT_WHITELISTED Caller "Nobody has a contract to serve the voucher's place, or it has ended. The payer makes contracts."
    3406 DAILY_LIMIT Caller "The voucher was used today as often as the programme allows. It can be used again tomorrow."
    3407 INSUFFICIENT Caller "Less is left on the voucher than the price. Name what is left at most, or ask the payer for a new voucher."
    3408 VOUCHER_STATE Caller "The voucher does not stand as this needs it: not consented to, not issued, not active, or suspended. `senim voucher show` says how it stands."
    3409 NOT_A_POLICY Caller "Rules come from a policy contract, whose code can never change: its number is 1000 or above. Deploy the policy under such a number."
    3410 ARMS_COMMITTED Caller "The arms of a programme are committed to before anybody is in one: commitment and weights cannot be changed. Start another programme for another comparison."
    3411 WRONG_SEED Caller "The seed is not the one that the programme committed to, or the programme has no arms."
    3412 NOT_ATTESTED Caller "The programme excludes double benefit and the person's nullifier is not known yet. The identity service attests it first."
    3413 DUPLICATE_PROGRAMME Caller "The person has a live voucher of the same exclusion group. End that one first, or leave the person off the list."
    3414 CONSENT_CLOSED Caller "The offer has lapsed or was answered otherwise. The office can list the person anew."
    3415 CONSENT_REQUIRED Caller "The programme asks persons for their consent: the office lists them, and a voucher opens when they say yes."
    3416 NO_HOLDER Caller "The voucher is bound to no key yet. The identity service binds it to the person's key."
    3417 NOT_SIGNED Caller "The transaction lacks the signature of the voucher's holder, of its delegate, or of the QR's own key."
    3418 STATEMENT_REPLAYED Caller "The signed statement is not later than the last one taken: it was used before. Sign a new one."
    3419 STATEMENT_WINDOW Caller "The statement's own times cannot be accepted: it would live longer than the programme allows, has ended, or lies in the future. Make a new one, and check the clock."
    3420 DELEGATION_ENDED Caller "The delegation has ended or its uses are spent. The holder can delegate anew."
    3421 DELEGATION_BOUNDS Caller "The delegation goes beyond what the programme allows, in days, uses, or uses a day. Ask for less."
    3422 WRONG_PURPOSE Caller "The programme does not pay for this: the product is not on its list, or not in such a quantity. Its rules say what it pays for."
    3423 WRONG_DAY Caller "Not today: the day is closed, or of a weekday or hour that the programme leaves out. Come on an open day."
    3424 ABSENT Caller "The place reported the person absent today. The school can mend its report."
    3425 REGION_NOT_ALLOWED Caller "The programme does not hold in this region. Use the voucher where it does."
    3426 PROVIDER_NOT_ALLOWED Caller "The programme does not pay this provider. Use the voucher at another."
    3427 PERIOD_LIMIT Caller "The voucher was used as often, or for as much, as the programme allows in a month or in all. It can be used again when a new period begins, if there is one."
    3428 PRICE_NOT_FIXED Caller "The programme pays one price and no other. Name that price."
    3429 WHOLE_AMOUNT Caller "The programme wants all that is left used at once. Buy for exactly what is left."
    3430 MATURED Caller "The voucher is the person's since it is mature, or was never to be taken back."
    3431 PROOF_KIND Caller "The programme does not accept this kind of proof. Use one that it accepts."
    3432 NOT_ACTIVATED Caller "The voucher waits to be activated by its holder. Activate it in the wallet."
    3433 OFFLINE_NOT_ALLOWED Caller "The programme does not let a terminal without connection serve. The payer sets whether it may, and within which bounds."
    3434 OFFLINE_NO_SESSION Caller "The terminal has not synced under this programme: without a session the ledger takes no records of it. Sync it while there is a connection."
    3435 OFFLINE_NOT_SIGNED Caller "The records lack the signature of the terminal that made them over the last of them. Send the terminal's own file, as it is."
    3436 OFFLINE_CHAIN Caller "The records are no chain: each has the next number and the hash of the one before. Send the terminal's own file, as it is."
    3437 OFFLINE_GAP Caller "Records are missing between what the ledger has of this terminal and the first of these. Send those first."
    3438 OFFLINE_FORK Caller "The ledger has another record of this terminal under the same number: its file was put back to an older state, or it signed two. Keep both files, and ask the terminal's organisation."
    3439 OFFLINE_CLOCK Caller "The terminal's clock was wrong: the record's time lies before its sync or the record before, or after the block that took it. Set the clock; the payer answers for the record."
    3440 OFFLINE_SESSION Caller "The terminal synced again before it sent this record, so its bounds are no longer known. The payer answers for it. Send records first, then sync."
    3441 OFFLINE_DEVICE Caller "The terminal was suspended or revoked when its records arrived, and whoever has it can date them as they like. The payer answers for them."
    3442 OFFLINE_COUNT Caller "The terminal has served as many without connection as the programme allows between two syncs. Sync it."
    3443 OFFLINE_HOURS Caller "The terminal's last sync is longer ago than the programme allows. Sync it."
    3444 OFFLINE_UNKNOWN Caller "The terminal could not know this voucher: it was issued after its last sync, or is not in its list. Sync the terminal."
    3445 OFFLINE_LATE Caller "The record came so late that the uses of its day are no longer known. The payer answers for it."
    3446 EXCESS_UNKNOWN Caller "No such record of a terminal waits for the payer, or it was answered long ago. `senim voucher excess list` has those that wait."
    3447 EXCESS_ANSWERED Caller "The payer answered otherwise for this record, and an answer is final."
    3448 EXCESS_WAITS Caller "A thousand records of this terminal wait for the payer, and no more are taken until some are answered. Ask the payer to answer, then send again: nothing is lost."
    3449 USE_UNKNOWN Caller "The voucher has no such use that can still be undone: it knows its last four. `senim voucher show` has them."
    3450 NOT_REDEEMED_HERE Caller "Another organisation took this use. Whose terminal it was, or who is paid for it, can undo it."
    3451 REFUND_TOO_LATE Caller "A use can be undone for three days. Ask the payer to dispute its line in the month's act."
    3459 OFFLINE_FORGOTTEN Caller "The terminal was silent so long that the ledger has forgotten its earlier records: whether these were among them is no longer known, and they are not taken. Settle with the payer outside the ledger."
    3460 EXCLUSION_SET Caller "The programme counts each person once in its exclusion group: the group is neither changed nor left out once there are rules. Start another programme for another group."

    3500 CONTRACT_EXCEEDED Caller "The provider's contract has not that much left under its ceiling. The payer can raise the ceiling by an addendum."
    3501 CONTRACT_NOT_IN_FORCE Caller "The provider's contract is not in force at this time. The payer makes contracts; `senim contract show` says from when to when."
    3502 STOCK_ONLY Caller "The provider's contract is for stock that is handed out: nothing is paid under it."
    3503 AGREEMENT_UNKNOWN Caller "The provider has no contract under this programme. Check both numbers; the payer makes contracts."
    3504 AGREEMENT_IN_USE Caller "Lines of this month, or of one that is not cut yet, stand under the contract before. Another contract begins with a month; the same one may have its ceiling, end and VAT changed at any time."
    3505 ACT_UNKNOWN Caller "There is no such act, or it was paid long ago and is in the log alone. Check programme, provider, month and number; `senim act list` has those that are kept."
    3506 PERIOD_OPEN Caller "The month has not ended in the programme's civil time. Its act is cut by itself when it has."
    3507 ACT_HASH Caller "What is signed is not the act's hash. Read the act again, and sign what it says."
    3508 ACT_MISMATCH Caller "The act is not what the treasury's claim says: it must not be accepted. Have a person compare both."
    3509 EDIT_CHECK_FAILED Caller "More is claimed than the edit check found eligible and present. Dispute the act, and have it corrected."
    3510 DETAILS_UNCONFIRMED Caller "The provider's details are not confirmed by two devices of the payer's. Have them proposed and approved first."
    3511 DETAILS_UNKNOWN Caller "The provider has proposed no such details. Read what it proposed; a proposal that came later takes the place of the one before."
    3512 SAME_APPROVER Caller "The two approvals have to be by two different devices, of two people. Have another one approve."
    3513 DISPUTED_LINE Caller "A correction names no line, too many, nothing of one, a line twice, or one that an earlier correction has. Name each line that is wrong once."
    3514 PAYMENT_EXISTS Caller "The act's payment is under way in another file. Wait for the bank's answer to that one."
    3515 PAYMENT_UNKNOWN Caller "No such payment of the act was ordered. Check the end-to-end id of the bank's answer."
    3516 PAYMENT_SUPERSEDED Caller "The answer is about an earlier attempt, while a later one is under way or was paid. Stop the later one at the bank, and have a person decide: the money may have moved twice."
    3517 PAYMENT_AMOUNT Caller "The bank moved another amount than the act's. Have a person ask the bank; the act stays as it is."
    3518 SETTLED_BY_ACT Caller "The provider has a contract: its claims are paid by their acts, and in no other way."
    3519 DAY_EXCEEDS_PRESENT Caller "On a day more persons were served at a place than were present; the refusal names both, and `senim act check` all such days. Dispute the act, or accept it in spite of the days that you name, with a reason."
    3520 DAY_NOT_OPEN Caller "On a day something was claimed at a place that was closed; the refusal names both, and `senim act check` all such days. Dispute the act, or accept it in spite of the days that you name, with a reason."
    3521 DAY_UNREPORTED Caller "Something was claimed on a day for which a place has reported no attendance; the refusal names both, and `senim act check` all such days. The place can report for a week; then dispute the act, or accept it in spite of the days that you name, with a reason."
    3522 DAY_NOT_FLAWED Caller "A day is named to be accepted in spite of the edit check, which found nothing wrong with it; the refusal names it. Name the days that `senim act check` prints, and no others."
    3523 PAYMENT_RETURNED Caller "The money of this attempt came back after the bank had paid: the act is not paid by it. Order the next attempt when the cause is mended."
    3524 LINE_REVERSED Caller "The line was undone where it was redeemed: it is off the claim already. Leave it out of the correction."
    3525 LINE_OF_ANOTHER_ACT Caller "The line does not stand in this act: it is of another provider, programme, month or budget line, or no contract that its budget line names has posted it. `senim act document` lists the act's lines."
    3526 LINE_RATE Caller "The line has another rate of VAT than the correction says, or all that was taken off would have more VAT than the act's lines. Name the line's own rate; `senim act document` lists it."
    3600 CARD_UNKNOWN Caller "No such card, or no such key of one: it was never registered, or its entitlement ended long ago. Take a key from the card system that issued the card."
    3601 CARD_BLOCKED Caller "The card is blocked: lost or withdrawn. The person gets a new one at a service centre, for the open prescriptions too."
    3602 ENTITLEMENT_ENDED Caller "The entitlement has ended. It has to be proven anew at a service centre before anything is issued or held by this card."
    3603 CARD_CATEGORY Caller "The programme does not serve the category of this card. Prescribe under one that does; the fund sets which."
    3604 CARD_KEY_EXISTS Caller "The key of a card is registered with other details. Make a fresh key."
    3605 CARD_KEY_USED Caller "The key of a card is written into another prescription, and each has its own. Ask the card system for the next."
    3606 CARD_REQUIRED Caller "The programme gives nothing without a card, and the prescription names none. Write the person's card into it: `senim card key` gives a key for it."

    6000 STORE_FAILED Node "The node's store failed. It stops rather than continue. Look at the disk and start the node again: what was acknowledged is in its log, from which the rest is made anew."
    6001 LOG_DAMAGED Node "The block log is damaged at the height and offset given. Restore it from a backup or another node."
    6002 STORE_DAMAGED Node "The store does not agree with the log; it is rebuilt from the log."
    6003 DISK_FULL Node "The disk is full. Make room and start again: nothing acknowledged is lost."
    6004 CONFIGURATION Node "The configuration is not usable; the message names the key."
    6005 KEY_FILE Node "A key file cannot be read or is of another kind."
    6006 GENESIS Node "The genesis file cannot be used: it does not decode, or the contract code does not match its hash."
    6007 CANNOT_LISTEN Node "The address cannot be listened on: another program uses it, or it is not this machine's."
    6008 OUTCOME_DIFFERS Node "This node computed another outcome than a certified block. It stops; keep its data as evidence."
    6009 OTHER_CHAIN_DATA Node "The data folder belongs to another chain than the genesis. Check the paths of both."
    6010 DATA_FOLDER_LOCKED Node "Another process works in this data folder. Stop it first."
    6011 SNAPSHOT_DAMAGED Node "The snapshot that this node's log begins from is damaged, and the store has to be made from it. Empty the data folder and join again."
    6013 PROTOCOL_UNKNOWN Node "The ledger has come to a version of the protocol that this software does not know. Install newer software and start the node again: it goes on where it stopped."
    6020 VOTES_DAMAGED Node "The record of this validator's votes cannot be read or contradicts itself. The node signs nothing rather than sign twice."
    6021 KEY_USED_TWICE Node "A vote of this validator's key that this node did not cast: another node runs with the same key. Stop one of them."
    6022 SIGNER_UNAVAILABLE Node "The key store gave no signature. Check it and start the node again."
    6023 CONSENSUS_FAILED Node "Consensus met a state that cannot be, or was driven out of order. The node signs nothing more; keep its log as evidence."
    6030 CLOCK_DIFFERS Caller "The terminal's clock is more than two minutes from this node's. Set it; the detail is the node's time, Unix ms in 8 bytes, big-endian."
    6031 CONTACT_REPLAYED Caller "A contact that this terminal signed later was taken before. Sign a new one at the present time."

    7000 FHIR_NOT_JSON Caller "The bytes are not one JSON value in UTF-8. Send FHIR R4 as JSON, not as XML."
    7001 FHIR_TOO_LARGE Caller "The message has more bytes than are read (1 MiB). Send the prescription without attachments."
    7002 FHIR_TOO_DEEP Caller "The message is nested deeper than 32 levels. Send the prescription without what nests it."
    7003 FHIR_TOO_MANY_ELEMENTS Caller "The message has more than 20,000 leaves, or an element name longer than 64 bytes. Send less at once."
    7004 FHIR_DUPLICATE_ELEMENT Caller "One object names the same element twice, and readers would differ in which one counts. Send it once."
    7005 FHIR_RESOURCE_TYPE Caller "Neither a MedicationRequest nor a Bundle. Send one of them."
    7006 FHIR_BUNDLE_TYPE Caller "The bundle is an answer or a history, not an order. Send a message, collection, document, batch, transaction or searchset."
    7007 FHIR_HEADER_MISSING Caller "A message bundle whose first entry is not a MessageHeader. Put the header first."
    7008 FHIR_EVENT_NOT_AN_ORDER Caller "The event is neither prescription-order nor prescription-order-update. Send notifications to whom they are for."
    7009 FHIR_ELEMENT_MISSING Caller "A required element is absent. Add it."
    7010 FHIR_ELEMENT_TYPE Caller "An element has another JSON type than FHIR gives it. Correct it."
    7011 FHIR_DUPLICATE_ID Caller "Two entries have one fullUrl, or one type and id, so a reference to them is ambiguous. Rename one."
    7012 FHIR_DUPLICATE_ITEM Caller "Two items have one identifier, and a cancellation could not tell them apart. Number them apart."
    7013 FHIR_DANGLING_REFERENCE Caller "A reference to what decides the order finds nothing in the message. Send the resource along."
    7014 FHIR_UNKNOWN_MODIFIER Caller "A modifier that this reader does not know: by the rule of FHIR it may change the meaning. Send the order without it."
    7015 FHIR_NO_ORDER Caller "The bundle holds no MedicationRequest. Add the prescription."
    7016 FHIR_INTENT_NOT_ORDER Caller "The request is a proposal, a plan or an option and authorises nobody to dispense. Order it."
    7017 FHIR_STATUS_NOT_ACTIVE Caller "The request is neither active nor withdrawn. Send it when it is."
    7018 FHIR_STATUS_CONTRADICTS_EVENT Caller "Withdrawn in an order, or active in a cancellation. Send it with the event it belongs to."
    7019 FHIR_STATUS_MIXED Caller "Some requests of the bundle are active and some withdrawn. Send them apart."
    7020 FHIR_DO_NOT_PERFORM Caller "doNotPerform is true: the request forbids the medicine. There is nothing to dispense."
    7021 FHIR_REPORTED Caller "The request reports an order that somebody else made. Send the order itself."
    7022 FHIR_TOO_MANY_ITEMS Caller "One message makes at most 16 items, each part of a repeat counted. Send them apart."
    7023 FHIR_ENTRY_METHOD Caller "A transaction bundle would delete the request. Cancel it by its status."
    7024 FHIR_CANCEL_TARGET_MISSING Caller "A cancellation with no identifier of what it cancels. Add that of the line or of the prescription."

    7030 FHIR_MEDICINE_MISSING Caller "No medicine, or a concept and a reference at once. Name one medicine."
    7031 FHIR_MEDICINE_UNKNOWN Caller "None of the codes is in the medicine map. Ask for the code to be imported."
    7032 FHIR_MEDICINE_CONFLICT Caller "The codes name different medicines. Keep those of the right one."
    7033 FHIR_MEDICINE_NOT_ACTIVE Caller "The medicine is marked inactive or entered in error. Prescribe another."
    7034 FHIR_SUBSTITUTION_UNKNOWN Caller "A substitution rule that this reader does not know. Send allowedBoolean."

    7040 FHIR_QUANTITY_MISSING Caller "No quantity to dispense. Add dispenseRequest.quantity."
    7041 FHIR_QUANTITY_COMPARATOR Caller "The quantity has a comparator and so says no amount. Send the amount."
    7042 FHIR_QUANTITY_NOT_WHOLE Caller "Not a whole number of the smallest unit. Count whole tablets, doses, millilitres."
    7043 FHIR_QUANTITY_NEGATIVE Caller "The quantity is below zero. Correct it."
    7044 FHIR_QUANTITY_ZERO Caller "The quantity is zero. Leave the item out or correct it."
    7045 FHIR_QUANTITY_TOO_LARGE Caller "Above what the ledger can hold, 4294967295 smallest units over all parts. Correct it."
    7046 FHIR_UNIT_MISSING Caller "The quantity has no unit. Add its code."
    7047 FHIR_UNIT_UNKNOWN Caller "The unit is not in the unit map. Use a listed one, or ask for it to be imported."
    7048 FHIR_UNIT_MISMATCH Caller "The unit does not count this medicine, or code and text of the unit disagree. Correct it."

    7050 FHIR_SUBJECT_MISSING Caller "No person is named. Add the subject."
    7051 FHIR_SUBJECT_NOT_A_PERSON Caller "The subject is a group or a thing. Prescribe to a person."
    7052 FHIR_SUBJECTS_DIFFER Caller "The items are for different persons, and one proof would open all. Send a message per person."
    7053 FHIR_SUBJECT_NOT_ACTIVE Caller "The record of the person is inactive or replaced, or says that the person has died. Check the record."

    7060 FHIR_DATE_INVALID Caller "Not a FHIR date or dateTime; a time needs seconds and an offset. Correct it."
    7061 FHIR_DATE_OUT_OF_RANGE Caller "A date before 1970. Correct it."
    7062 FHIR_WINDOW_EMPTY Caller "The window ends before it starts. Correct its dates."
    7063 FHIR_TOO_MANY_PARTS Caller "One item has at most 16 parts. Prescribe the rest later."
    7064 FHIR_REPEATS_CONFLICT Caller "Two elements state different numbers of repeats. Keep the right one."
    7065 FHIR_REPEATS_EXHAUSTED Caller "All repeats have been issued already. A new authorisation is needed."
    7066 FHIR_REPEATS_INVALID Caller "Not a number of repeats. Send a whole number."
    7067 FHIR_INTERVAL_INVALID Caller "The interval between parts is not a whole, known span of time. Send days, weeks, months in UCUM."
    7068 FHIR_PARTS_OUTSIDE_WINDOW Caller "A part would open after the order or its authorisation has ended. Shorten the interval or the number of repeats."
    7069 FHIR_WINDOW_OVER Caller "The order had ended before it arrived. Prescribe again."

    7100 GS1_EMPTY Caller "There is nothing to read. Give the content of a GS1 symbol."
    7101 GS1_TOO_LONG Caller "More bytes than any symbol holds. Give one element string."
    7102 GS1_SYMBOLOGY Caller "The symbology identifier does not announce GS1 element strings: the symbol lacks FNC1 in first position."
    7103 GS1_UNKNOWN_AI Caller "No application identifier starts with these digits. Look for a missing separator or a wrong length before it."
    7104 GS1_BRACKETS Caller "The brackets do not enclose an application identifier. Write (01)…(21)…, and \\( for a bracket inside a value."
    7105 GS1_LENGTH Caller "A value is shorter or longer than its application identifier allows."
    7106 GS1_MISSING_SEPARATOR Caller "A value without fixed length runs on into the next element. Put a separator (GS, 0x1D) after it."
    7107 GS1_EMPTY_ELEMENT Caller "Two separators stand side by side. Leave out one."
    7108 GS1_CHARSET Caller "A character that the application identifier does not take."
    7109 GS1_CHECK_DIGIT Caller "The check digit does not fit the other digits. Scan again or correct the number."
    7110 GS1_DATE Caller "The calendar has no such date or time. Correct it; day 00 means the last of the month only where the identifier allows it."
    7111 GS1_CONTENT Caller "A value breaks a rule of its application identifier, which the message names."
    7112 GS1_REPEATED_AI Caller "An application identifier stands twice with different values. Keep the right one."
    7113 GS1_EXCLUSIVE_AIS Caller "Two application identifiers exclude each other. Keep one of them."
    7114 GS1_REQUIRED_AI Caller "An application identifier means nothing without another one, which the message names. Add it."
    7115 GS1_NOT_A_PACK Caller "A serialised pack needs GTIN (01) and serial number (21). Scan the pack's own code."

    7200 ID_FORM Caller "An ИИН or БИН has 12 digits and nothing else."
    7201 ID_UNKNOWN_KIND Caller "The fifth digit is neither that of a day (ИИН) nor a type of organisation (БИН). Check the number."
    7202 ID_DATE Caller "The number does not start with a date of the calendar. Check its first digits."
    7203 ID_CENTURY Caller "The seventh digit of an ИИН is the century and sex, 1 to 6. Check it."
    7204 ID_ATTRIBUTE Caller "The sixth digit of a БИН is the attribute, 0 to 3. Check it."
    7205 ID_CHECK_DIGIT Caller "The check digit does not fit. Check the number for a mistyped or swapped digit."
    7206 ID_NEVER_ISSUED Caller "No check digit exists for these digits; such a number is never issued. Check the number."

    7250 IMAGE_TOO_LARGE Caller "The image has more bytes or pixels than are read. Crop it or scale it down."
    7251 IMAGE_MALFORMED Caller "The bytes are not a PNG image that can be decoded."
    7252 NO_CODE_FOUND Caller "No QR, DataMatrix, Code 128 or EAN-13 was found. Take the picture closer, sharper, evenly lit, with a light margin around the code."
    7253 CODE_CONTENT_TOO_LARGE Caller "More than a symbol of this kind holds."
    7254 SCAN_FAILED Node "The reader of barcodes failed on this image. Take another picture, and report this one."
    7260 LIVE_QR_PREFIX Caller "The QR is not one that a wallet of this system shows."
    7261 LIVE_QR_TOO_LONG Caller "Longer than a live QR may be."
    7262 LIVE_QR_MALFORMED Caller "The content of the QR is damaged or not complete. Scan it again."
    7263 LIVE_QR_VERSION Caller "The QR is of a version that this program does not know. Update it."
    7264 LIVE_QR_NO_ITEMS Caller "The QR opens no item of its prescription. Ask for one that does."
    7270 SEALED_QUOTA Caller "The organisation keeps as much sealed data here as one organisation may. Delete what is no longer needed, or ask the node's operator for more."
    7271 SEALED_STORE_FULL Node "The node keeps as much sealed data as its operator allows. Try another node, or ask the operator."

    7300 BAD_USAGE Caller "The command line is not understood. Read --help of the command."
    7301 NODE_UNREACHABLE Node "No answer from the node. Check --node and that a node runs there."
    7302 ANSWER_UNUSABLE Peer "The node's answer is not what its interface promises. Check --node, or ask another node."
    7303 FILE_UNREADABLE Caller "A file cannot be read, or is larger than such a file may be. The message names it."
    7304 FILE_UNWRITABLE Caller "A file cannot be written. The message names it."
    7305 FILE_CONTENT Caller "A file does not hold what the command needs. The message names it and what is wrong."
    7306 NOT_IN_WALLET Caller "The wallet of this folder has no key for that prescription."
    7307 NOT_HELD_HERE Caller "This folder has no key of a hold of that prescription. Hold it first, or name the folder of the hold."
    7308 ORDER_UNKNOWN Caller "No line of the cancellation was issued from this clinic's folder."
    7309 ORDER_ISSUED Caller "A line of the message was issued before from this clinic's folder, and a person would get it twice."
    7310 SEALED_NOT_OPENED Caller "The sealed data cannot be opened with this key: it belongs to another prescription, or is damaged."
    7311 NO_RANDOMNESS Node "The operating system gives no randomness, and no key is made without."
    7312 CARD_EXISTS Caller "The person has a card that may be used, or the card is not one to be replaced. Block a lost card first, then replace it once."
    7313 CARD_KEYS_SPENT Caller "The card has no free key that the ledger knows. Have the service centre register keys: `senim card keys`."
    7320 SEALED_NOT_HELD Caller "The node gives the medicine data to the pharmacy that holds the prescription or has recorded its look just now. Hold it, or record the look: `senim pharmacy look`."
    7321 LOOKS_MISSING Peer "The node's blocks show fewer looks at the prescription than its proven record counts: it leaves some out. Ask another node."
    7322 ORDERED_PRODUCT Caller "The order forbids another product than one that is no product of that medicine in the catalogue. Correct its code, a GTIN, or allow substitution."
    7330 OFFER_NOT_SIGNED Caller "The wallet makes QRs and codes after its person has agreed to the use of data: this version of the offer was not signed, or was taken back. Read it and sign: `senim wallet agree --yes`."
    7340 ARMS_NOT_AS_DRAWN Caller "A person is in another arm than the seed and the nullifier give, or in none. The message names the vouchers; ask the payer."
    7350 TERMINAL_NOT_SYNCED Caller "This folder has no session of a terminal: it never synced here. Run `senim voucher offline sync` while there is a connection."
    7351 TERMINAL_CLOCK Caller "This terminal's clock is wrong: it differs from the ledger's by more than a minute, or went back. Set it, then sync."
    7352 TERMINAL_UNSENT Caller "This folder has records that the ledger has not taken. Run `senim voucher offline send` first."
    7353 TERMINAL_FILE Caller "The terminal's file of records is damaged, or was put back to an older state. The message says where; keep the file."

    7400 BANK_DETAILS Caller "A provider's details have a field that no bank takes; the message names it. Correct the file, and have it proposed and approved again."
    7401 BANK_BATCH Caller "A payment file has 1 to 1000 payments, each of an amount and of another act. Name other acts, or accept one first."
    7402 BANK_MESSAGE Caller "The file is no message of a bank's that is read: camt.053, camt.054 or pain.002 in XML. Nothing was changed; ask the bank for the message again."

    7450 WRONG_NUMBER Caller "The reply came from a number that was not asked. Reply from the SIM card that the question came to."
    7451 BAD_CODE Caller "The reply is not the code of a question, such as 2#1, and nothing else. Send the code again."
    7452 AMBIGUOUS_CONSENT Caller "The reply fits several questions, or holds several codes. Send the code of one question."
    7453 SUBSCRIBER_UNREGISTERED Caller "The register of mobile citizens has no number of the parent. Register one, or answer in the wallet, at a service centre or at the school."
    7454 SUBSCRIBER_BLOCKED Caller "The subscriber takes no messages of this service. The subscriber asks the operator to lift the block, or answers in the wallet, at a service centre or at the school."
    7455 SMS_UNDELIVERED Caller "The message could not be delivered to the number. Check it in the register, or let another channel ask."
    7456 QUESTIONS_TOO_MANY Caller "The number has nine open questions. Another channel asks the others."
    7460 SMSC_UNREACHABLE Node "No connection to the SMSC, or no answer. Questions wait; check the address and the way to it."
    7461 SMSC_REFUSED Caller "The SMSC refused the login. Check system_id and password with the operator."
    7462 SMSC_NONSENSE Peer "The SMSC sent what is no SMPP, or no answer to what was asked. The connection is made anew; tell the operator."
    7470 LIST_PERSON_TWICE Caller "A child is on the list twice. The message names the lines."
    7471 LIST_NOT_ENTITLED Caller "A person is on the list who is not entitled by the rule that it was made by. The message names the line."
    7472 LIST_WRONG_OFFICE Caller "The list is not signed by a device of the office that the programme names."
    7473 LIST_FORM Caller "The file is not a sealed list of this version, or is damaged."
    7474 LIST_NOT_OPENED Caller "A record of the list cannot be opened with this key: it was sealed for another party, or moved."
    7475 LIST_NOT_LISTED Caller "A record's voucher is not on the ledger as the list says. Ask the office."
    7476 PORTAL_JOURNAL Node "The portal's journal cannot be read: another key, or damage before its end. Restore it before anything is sent."

    7500 OUTSIDE_UNREACHABLE Node "No connection to the outside system. What it has to be told waits and is sent again; check the address and the way to it."
    7501 OUTSIDE_SLOW Peer "The outside system did not answer in time, and may have taken it or not. It is sent again as the same."
    7502 OUTSIDE_BUSY Peer "The outside system says that it cannot take it now. It is sent again."
    7503 OUTSIDE_NONSENSE Peer "The outside system's answer is not what the protocol says. It is sent again; tell its operator."
    7504 OUTSIDE_REFUSED Peer "The outside system will not take it. It waits in the register for a person, who has it tried again or dismisses it."
    7505 CONNECTOR_JOURNAL Node "The connector's journal cannot be read: another key, or damage before its end. Restore it before anything is sent."
    7506 REPORT_UNKNOWN Caller "No message of this id waits. `list` shows those that do."
    7507 DOOR_BUSY Node "Too many messages at once. Send it again after the time in Retry-After."
    7508 DOOR_TOKEN Caller "The bearer token is missing or another. Send the one that the connector was given."
    7509 DOOR_HOLDER Caller "The message orders, and holder is missing or not a one-time key of a wallet, as senimwallet1…. Ask the wallet for one."
    7510 MESSAGE_UNDER_WAY Node "The same message was sent before, and what became of it is not final yet. Send it again."
    7511 MOVEMENT_FORM Peer "A movement is not of the form that the protocol has. It waits in the register; tell the operator of the marking system."
    7512 CONNECTOR_THREAD Node "A part of the connector ended by a mistake of its own; its log says which. What it sent is sent again; where it read, the connector ends, and goes on where it was when it is started again. Report it."
}

impl Code {
    /// The table's row, if the table knows the number.
    pub fn entry(self) -> Option<&'static CodeEntry> {
        CODES
            .binary_search_by(|entry| entry.code.cmp(&self))
            .ok()
            .map(|index| &CODES[index])
    }

    /// The name, or `CONTRACT_ERROR` for a number that a policy defined for itself.
    pub fn name(self) -> &'static str {
        self.entry().map_or("CONTRACT_ERROR", |entry| entry.name)
    }

    /// The code of this name.
    pub fn from_name(name: &str) -> Option<Code> {
        CODES
            .iter()
            .find(|entry| entry.name == name)
            .map(|entry| entry.code)
    }

    /// Whose fault; a contract's where the table does not know the number.
    pub fn fault(self) -> Fault {
        self.entry().map_or(Fault::Contract, |entry| entry.fault)
    }

    /// What it means and what to do.
    pub fn advice(self) -> &'static str {
        self.entry().map_or(
            "A code of the contract's own: see its documentation.",
            |entry| entry.advice,
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry() {
            Some(entry) => f.write_str(entry.name),
            None => write!(f, "CONTRACT_ERROR_{}", self.0),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(feature = "json")]
impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "json")]
impl<'de> serde::Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <alloc::string::String as serde::Deserialize>::deserialize(deserializer)?;
        let number = text
            .strip_prefix("CONTRACT_ERROR_")
            .and_then(|number| number.parse().ok())
            .map(Code);
        Code::from_name(&text)
            .or(number)
            .ok_or_else(|| serde::de::Error::custom("not a code of this ledger"))
    }
}
