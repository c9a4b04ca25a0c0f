//! Who stands at the terminal: what was signed, by whom, when.

use senim_abi::policy::{Line, ProofKind};
use senim_abi::voucher::proof::{UseStatement, VoucherQr};
use senim_abi::voucher::record::Delegation;
use senim_abi::voucher::{Proof, Settings, Voucher, VoucherId};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, Domain, OrgId, PublicKey, TimeMs};

/// How far ahead of a block's time a statement may have been made: clocks differ.
pub const CLOCK_AHEAD_MS_MAX: u64 = 60 * 1000;

/// Where a voucher is used, and when.
#[derive(Clone, Copy)]
pub struct Terminal {
    /// Whose it is.
    pub org: OrgId,
    /// Its device.
    pub device: PublicKey,
    /// The block's time; for a record that was made without connection, the terminal's.
    pub at: TimeMs,
}

impl Terminal {
    /// The device that signed the transaction, now.
    pub fn of<E: Env>(env: &E, context: &CallContext) -> Result<Terminal, Refusal> {
        Ok(Terminal {
            org: context.org,
            device: context.device.ok_or(Code::NOT_AUTHORISED)?,
            at: env.now(),
        })
    }
}

/// A proof that holds.
pub struct Proven {
    /// Which kind it is.
    pub kind: ProofKind,
    /// The delegation that it uses.
    pub delegation: Option<Delegation>,
    /// When it was made: from now on only later ones are taken.
    pub stated_at: Option<TimeMs>,
}

/// What is used, where the proof is shown.
pub struct Use<'a> {
    /// The voucher's id.
    pub id: VoucherId,
    /// It.
    pub voucher: &'a Voucher,
    /// Its programme's frame.
    pub settings: &'a Settings,
    /// What is bought.
    pub lines: &'a [Line],
    /// Where and when.
    pub terminal: Terminal,
}

/// Checks a proof. What is signed comes first and what was seen before last, so that a copied statement is told apart from
/// one that is used twice.
pub fn check<E: Env>(env: &E, of: &Use<'_>, proof: &Proof) -> Result<Proven, Refusal> {
    match proof {
        Proof::Attested => Ok(Proven {
            kind: ProofKind::Attested,
            delegation: None,
            stated_at: None,
        }),
        Proof::LiveQr(qr) => live_qr(env, of, qr),
        Proof::Code { at } => code(env, of, *at),
    }
}

fn live_qr<E: Env>(env: &E, of: &Use<'_>, qr: &VoucherQr) -> Result<Proven, Refusal> {
    ensure(qr.voucher == of.id, Code::NOT_SIGNED)?;
    let message = codec::encode(qr);
    let signed_by = |key: &PublicKey| env.witnessed(key, Domain::VoucherQr, &message);
    let by_holder = of.voucher.holder.is_some_and(|holder| signed_by(&holder));
    let delegation = of
        .voucher
        .delegation
        .filter(|delegation| !by_holder && signed_by(&delegation.key));
    ensure(by_holder || delegation.is_some(), Code::NOT_SIGNED)?;
    let statement = use_statement(of, qr.issued_at);
    let message = codec::encode(&statement);
    let is_used_here = env.witnessed(&qr.ephemeral, Domain::VoucherUse, &message);
    ensure(is_used_here, Code::NOT_SIGNED)?;
    let now = of.terminal.at;
    let lives_ms = qr.expires_at.since_ms(qr.issued_at);
    let in_window = (1..=of.settings.proof_ms_max).contains(&lives_ms)
        && qr.issued_at.0 <= now.0.saturating_add(CLOCK_AHEAD_MS_MAX)
        && now < qr.expires_at;
    ensure(in_window, Code::STATEMENT_WINDOW)?;
    is_later(of.voucher, qr.issued_at)?;
    is_in_force(delegation.as_ref(), now)?;
    let kind = if by_holder {
        ProofKind::LiveQr
    } else {
        ProofKind::DelegatedQr
    };
    Ok(Proven {
        kind,
        delegation,
        stated_at: Some(qr.issued_at),
    })
}

fn code<E: Env>(env: &E, of: &Use<'_>, at: TimeMs) -> Result<Proven, Refusal> {
    let delegation = of.voucher.delegation.ok_or(Code::NOT_SIGNED)?;
    let statement = use_statement(of, at);
    let message = codec::encode(&statement);
    let is_signed = env.witnessed(&delegation.key, Domain::VoucherUse, &message);
    ensure(is_signed, Code::NOT_SIGNED)?;
    is_recent(of.settings, of.terminal.at, at)?;
    is_later(of.voucher, at)?;
    is_in_force(Some(&delegation), of.terminal.at)?;
    Ok(Proven {
        kind: ProofKind::Code,
        delegation: Some(delegation),
        stated_at: Some(at),
    })
}

fn use_statement(of: &Use<'_>, at: TimeMs) -> UseStatement {
    UseStatement {
        voucher: of.id,
        org: of.terminal.org,
        device: of.terminal.device,
        at,
        lines: senim_abi::voucher::proof::lines_hash(of.lines),
    }
}

/// A delegation whose time and uses are not over; the holder needs none.
fn is_in_force(delegation: Option<&Delegation>, now: TimeMs) -> Result<(), Refusal> {
    let in_force = delegation.is_none_or(|it| now < it.bounds.until && it.bounds.uses > 0);
    ensure(in_force, Code::DELEGATION_ENDED)
}

/// A statement later than the last one that was taken.
pub fn is_later(voucher: &Voucher, at: TimeMs) -> Result<(), Refusal> {
    ensure(at > voucher.stated_at, Code::STATEMENT_REPLAYED)
}

/// A statement made now, as exactly as clocks and the programme's time for a proof allow.
pub fn is_recent(settings: &Settings, now: TimeMs, at: TimeMs) -> Result<(), Refusal> {
    let is_recent = at.0 <= now.0.saturating_add(CLOCK_AHEAD_MS_MAX)
        && now.since_ms(at) <= settings.proof_ms_max;
    ensure(is_recent, Code::STATEMENT_WINDOW)
}
