//! What was signed by whom: the proofs of the person's presence, and the steps of a pharmacy.

use senim_abi::prescription::event::ProofUsed;
use senim_abi::prescription::{Group, GroupId, ItemMask, Proof, ProofKinds, Rules};
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

/// A proof whose signatures hold.
pub struct Proven {
    /// Which it was.
    pub used: ProofUsed,
    /// Its kind, as programmes accept it.
    pub kind: ProofKinds,
    /// From when until when it is worth something; the beginning is kept, and from now on only later ones are taken. None
    /// for paper.
    pub window: Option<(TimeMs, TimeMs)>,
}

impl Proven {
    /// From its beginning to its end, in ms.
    pub fn life_ms(&self) -> u64 {
        self.window.map_or(0, |(from, until)| until.since_ms(from))
    }
}

/// Checks who signed what: the first thing that is looked at, and no programme's to set, so that a copied hold is told apart
/// from a QR that is used twice.
pub fn signed<E: Env>(
    env: &E,
    context: &CallContext,
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
        Proof::LiveQr(qr) => Ok(Proven {
            used: check_qr(env, group, &statement, &qr)?,
            kind: ProofKinds::LIVE_QR,
            window: Some((qr.issued_at, qr.expires_at)),
        }),
        Proof::Card {
            card,
            challenged_at,
            expires_at,
        } => {
            ensure(group.card == Some(card), Code::CARD_MISMATCH)?;
            let answer = CardStatement {
                hold: statement,
                challenged_at,
                expires_at,
            };
            let is_signed = env.witnessed(&card, Domain::Card, &codec::encode(&answer));
            ensure(is_signed, Code::CARD_NOT_PRESENT)?;
            Ok(Proven {
                used: ProofUsed::Card,
                kind: ProofKinds::CARD,
                window: Some((challenged_at, expires_at)),
            })
        }
        Proof::Paper { check } => {
            let paper = group.paper.ok_or(Code::PROOF_NOT_ACCEPTED)?;
            let is_signed = env.witnessed(&paper, Domain::Hold, &codec::encode(&statement));
            ensure(is_signed, Code::HOLD_NOT_SIGNED)?;
            ensure(check.record != Hash::ZERO, Code::IDENTITY_NOT_CHECKED)?;
            Ok(Proven {
                used: ProofUsed::Paper(check),
                kind: ProofKinds::PAPER,
                window: None,
            })
        }
    }
}

fn check_qr<E: Env>(
    env: &E,
    group: &Group,
    statement: &HoldStatement,
    qr: &QrStatement,
) -> Result<ProofUsed, Refusal> {
    let opens = qr.group == statement.group && qr.items.contains(statement.items);
    ensure(opens, Code::QR_OTHER_TOKEN)?;
    let message = codec::encode(qr);
    let signed_by = |key: &PublicKey| env.witnessed(key, Domain::Qr, &message);
    let by_holder = signed_by(&group.holder);
    let delegation = group
        .delegation
        .filter(|delegation| !by_holder && signed_by(&delegation.key));
    ensure(by_holder || delegation.is_some(), Code::QR_NOT_SIGNED)?;
    // The ephemeral private key is in the image only: who copied the transaction has not got it,
    // and the statement in the transaction names another organisation and device.
    let is_held = env.witnessed(&qr.ephemeral, Domain::Hold, &codec::encode(statement));
    ensure(is_held, Code::HOLD_NOT_SIGNED)?;
    let Some(delegation) = delegation else {
        return Ok(ProofUsed::LiveQr);
    };
    let is_shared = delegation.items.contains(statement.items);
    ensure(is_shared, Code::QR_OTHER_TOKEN)?;
    ensure(env.now() < delegation.until, Code::DELEGATION_ENDED)?;
    Ok(ProofUsed::DelegatedQr(delegation.key))
}

/// Checks that a proof is of this moment and was not seen before. How long one may live was judged by the programme.
pub fn is_fresh<E: Env>(env: &E, group: &Group, proven: &Proven) -> Result<(), Refusal> {
    let Some((from, until)) = proven.window else {
        return Ok(());
    };
    // Every way in which a card's answer is not of this moment has one code: the card is not there.
    let code = |code| match proven.kind {
        ProofKinds::CARD => Code::CARD_NOT_PRESENT,
        _ => code,
    };
    let now = env.now();
    // A clock that runs ahead would otherwise shut out all later proofs.
    let is_possible = from < until && from.since_ms(now) <= Rules::CLOCK_AHEAD_MS_MAX;
    ensure(is_possible, code(Code::QR_WINDOW))?;
    ensure(now < until, code(Code::QR_EXPIRED))?;
    ensure(from > group.last_proof_at, code(Code::QR_REPLAYED))
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
