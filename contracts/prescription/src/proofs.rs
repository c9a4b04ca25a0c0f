//! What was signed by whom: the proofs of the person's presence, and the steps of a pharmacy.

use senim_abi::prescription::event::ProofUsed;
use senim_abi::prescription::{Group, GroupId, ItemMask, Programme, Proof, ProofKinds};
use senim_abi::proof::{CardStatement, HeldStep, HoldStatement, HolderAct, QrStatement};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, Domain, Hash, PublicKey, TimeMs};

/// What a pharmacy asks to hold, with its proof.
pub struct HoldRequest {
    /// Which prescription.
    pub group: GroupId,
    /// Which items.
    pub items: ItemMask,
    /// The pharmacy's key for the later steps.
    pub hold_key: PublicKey,
    /// What proves the person.
    pub proof: Proof,
}

/// A proof that holds.
pub struct Proven {
    /// Which kind it was.
    pub used: ProofUsed,
    /// The issued-at to be kept: from now on only later ones are taken. None for paper.
    pub at: Option<TimeMs>,
}

/// Checks the proof of the person's presence. What is signed comes first and what was seen before
/// last, so that a copied hold is told apart from a QR that is used twice.
pub fn check<E: Env>(
    env: &E,
    context: &CallContext,
    programme: &Programme,
    group: &Group,
    request: &HoldRequest,
) -> Result<Proven, Refusal> {
    let device = context.device.ok_or(Code::NOT_AUTHORISED)?;
    let statement = HoldStatement {
        group: request.group,
        items: request.items,
        org: context.org,
        device,
        hold_key: request.hold_key,
    };
    match request.proof {
        Proof::LiveQr(qr) => {
            accepts(programme, ProofKinds::LIVE_QR)?;
            check_qr(env, programme, group, &statement, &qr)?;
            Ok(Proven {
                used: ProofUsed::LiveQr,
                at: Some(qr.issued_at),
            })
        }
        Proof::Card {
            card,
            challenged_at,
            expires_at,
        } => {
            accepts(programme, ProofKinds::CARD)?;
            ensure(group.card == Some(card), Code::CARD_MISMATCH)?;
            let answer = CardStatement {
                hold: statement,
                challenged_at,
                expires_at,
            };
            check_card(env, programme, group, &card, &answer)?;
            Ok(Proven {
                used: ProofUsed::Card,
                at: Some(challenged_at),
            })
        }
        Proof::Paper { check } => {
            accepts(programme, ProofKinds::PAPER)?;
            let paper = group.paper.ok_or(Code::PROOF_NOT_ACCEPTED)?;
            let is_signed = env.witnessed(&paper, Domain::Hold, &codec::encode(&statement));
            ensure(is_signed, Code::HOLD_NOT_SIGNED)?;
            ensure(check.record != Hash::ZERO, Code::IDENTITY_NOT_CHECKED)?;
            Ok(Proven {
                used: ProofUsed::Paper(check),
                at: None,
            })
        }
    }
}

fn accepts(programme: &Programme, kind: ProofKinds) -> Result<(), Refusal> {
    ensure(programme.proofs.contains(kind), Code::PROOF_NOT_ACCEPTED)
}

fn check_qr<E: Env>(
    env: &E,
    programme: &Programme,
    group: &Group,
    statement: &HoldStatement,
    qr: &QrStatement,
) -> Result<(), Refusal> {
    let opens = qr.group == statement.group && qr.items.contains(statement.items);
    ensure(opens, Code::QR_OTHER_TOKEN)?;
    ensure(
        env.witnessed(&group.holder, Domain::Qr, &codec::encode(qr)),
        Code::QR_NOT_SIGNED,
    )?;
    // The ephemeral private key is in the image only: who copied the transaction has not got it,
    // and the statement in the transaction names another organisation and device.
    let is_held = env.witnessed(&qr.ephemeral, Domain::Hold, &codec::encode(statement));
    ensure(is_held, Code::HOLD_NOT_SIGNED)?;
    let now = env.now();
    ensure(
        is_window_possible(qr.issued_at, qr.expires_at, programme, now),
        Code::QR_WINDOW,
    )?;
    ensure(now < qr.expires_at, Code::QR_EXPIRED)?;
    ensure(qr.issued_at > group.last_proof_at, Code::QR_REPLAYED)
}

/// Every way in which a card's answer is not of this moment has one code: the card is not there.
fn check_card<E: Env>(
    env: &E,
    programme: &Programme,
    group: &Group,
    card: &PublicKey,
    answer: &CardStatement,
) -> Result<(), Refusal> {
    let now = env.now();
    let is_present = env.witnessed(card, Domain::Card, &codec::encode(answer))
        && is_window_possible(answer.challenged_at, answer.expires_at, programme, now)
        && now < answer.expires_at
        && answer.challenged_at > group.last_proof_at;
    ensure(is_present, Code::CARD_NOT_PRESENT)
}

/// A window that begins before it ends, is not too long, and does not begin in the future: a clock
/// that runs ahead would otherwise shut out all later proofs.
fn is_window_possible(from: TimeMs, until: TimeMs, programme: &Programme, now: TimeMs) -> bool {
    from < until
        && until.since_ms(from) <= programme.proof_ms_max
        && from.since_ms(now) <= Programme::CLOCK_AHEAD_MS_MAX
}

/// Checks that a step is signed by the key that holds.
pub fn check_step<E: Env>(env: &E, key: &PublicKey, step: &HeldStep) -> Result<(), Refusal> {
    ensure(
        env.witnessed(key, Domain::HeldStep, &codec::encode(step)),
        Code::WRONG_HOLD_KEY,
    )
}

/// Whether the person signed this act.
pub fn is_by_holder<E: Env>(env: &E, holder: &PublicKey, act: &HolderAct) -> bool {
    env.witnessed(holder, Domain::Holder, &codec::encode(act))
}
