//! A terminal's own yes or no, by what it took along: the same rules in the same order as the ledger's.

use super::CLOCK_MS_MAX;
use super::folder::{Synced, TerminalFolder};
use crate::failure::{Failure, Result};
use crate::policies::Runner;
use senim_abi::policy::{Act, Facts, Line, Place, Product, ProofKind, Question, Terms};
use senim_abi::voucher::proof::{UseStatement, lines_hash};
use senim_abi::voucher::record::Delegation;
use senim_abi::voucher::{OfflineRecord, Proof, Status, Voucher, VoucherId};
use senim_codes::voucher_code::VoucherCode;
use senim_types::crypto::SecretKey;
use senim_types::{Code, Signature, Statement, TimeMs, Tiyn};

/// A use that may be.
pub struct Served {
    /// What is written down.
    pub record: OfflineRecord,
    /// What proved the person.
    pub witnesses: Vec<(Statement, Signature)>,
    /// On which terms, by the rules that the terminal knows.
    pub terms: Terms,
    /// What is left of the voucher then, as far as the terminal knows.
    pub left: Tiyn,
}

/// Who stands there, and how that is proven.
struct Shown {
    proof: Proof,
    kind: ProofKind,
    witnesses: Vec<(Statement, Signature)>,
    delegation: Option<Delegation>,
}

/// May this be? `TERMINAL_CLOCK`, `OFFLINE_COUNT`, `OFFLINE_HOURS`, `OFFLINE_UNKNOWN`, and the codes that the ledger would
/// refuse it with.
pub fn decide(
    folder: &TerminalFolder,
    key: &SecretKey,
    (id, code): (VoucherId, Option<&VoucherCode>),
    lines: Vec<Line>,
    now: TimeMs,
) -> Result<Served> {
    let synced = &folder.synced;
    let session = &synced.state.session;
    in_bounds(folder, now)?;
    let voucher = synced.vouchers.get(&id);
    let voucher = voucher.filter(|voucher| voucher.issued_at <= session.synced_at);
    let voucher = voucher.ok_or_else(|| Failure::new(Code::OFFLINE_UNKNOWN))?;
    usable(voucher, now)?;
    ensure(now < session.service.until, Code::NOT_WHITELISTED)?;
    let is_here = voucher.place.is_none_or(|place| place == session.place);
    ensure(is_here, Code::WRONG_PLACE)?;
    let counted = (1..=Line::LINES_MAX).contains(&lines.len());
    ensure(
        counted && lines.iter().all(|line| line.units > 0),
        Code::OUT_OF_RANGE,
    )?;
    ensure(
        lines.iter().all(|line| line.price != Tiyn::ZERO),
        Code::AMOUNT_ZERO,
    )?;
    let shown = shown(synced, key, voucher, (id, code), &lines, now)?;
    let facts = facts(synced, voucher, &shown, lines.clone(), now);
    let terms = asked(synced, voucher, facts)?;
    let left = voucher.left.checked_sub(terms.pays);
    let left = left.ok_or_else(|| Failure::new(Code::INSUFFICIENT))?;
    ensure(terms.pays != Tiyn::ZERO, Code::AMOUNT_ZERO)?;
    let (sequence, previous) = folder.next();
    let record = OfflineRecord {
        session: session.number,
        sequence,
        previous,
        voucher: id,
        at: now,
        lines,
        proof: shown.proof,
    };
    Ok(Served {
        record,
        witnesses: shown.witnesses,
        terms,
        left,
    })
}

fn ensure(holds: bool, code: Code) -> Result<()> {
    if holds {
        Ok(())
    } else {
        Err(Failure::new(code))
    }
}

/// The clock has not gone back, and the session's bounds still hold.
fn in_bounds(folder: &TerminalFolder, now: TimeMs) -> Result<()> {
    let session = &folder.synced.state.session;
    let earliest = TimeMs(session.synced_at.0.saturating_sub(CLOCK_MS_MAX));
    let last = folder.lines.last().map_or(earliest, |line| line.record.at);
    ensure(now >= last, Code::TERMINAL_CLOCK)?;
    let in_count = folder.used() < u64::from(session.bounds.uses_max);
    ensure(in_count, Code::OFFLINE_COUNT)?;
    let in_time = now.since_ms(session.synced_at) <= session.bounds.ms_max;
    ensure(in_time, Code::OFFLINE_HOURS)
}

fn usable(voucher: &Voucher, now: TimeMs) -> Result<()> {
    match voucher.status(now) {
        Status::Active | Status::Spent => Ok(()),
        Status::Expired => Err(Failure::new(Code::VOUCHER_EXPIRED)),
        Status::Revoked => Err(Failure::new(Code::VOUCHER_REVOKED)),
        Status::Issued => Err(Failure::new(Code::NOT_ACTIVATED)),
        _ => Err(Failure::new(Code::VOUCHER_STATE)),
    }
}

/// Checks a scanned code as the ledger will, and signs with it.
fn shown(
    synced: &Synced,
    key: &SecretKey,
    voucher: &Voucher,
    (id, code): (VoucherId, Option<&VoucherCode>),
    lines: &[Line],
    now: TimeMs,
) -> Result<Shown> {
    let Some(code) = code else {
        return Ok(Shown {
            proof: Proof::Attested,
            kind: ProofKind::Attested,
            witnesses: Vec::new(),
            delegation: None,
        });
    };
    code.check(&synced.chain, now)?;
    let at = code.at(now);
    let statement = UseStatement {
        voucher: id,
        org: synced.org,
        device: key.public(),
        at,
        lines: lines_hash(lines),
    };
    let (proof, witnesses) = code.prove(&statement);
    let by = witnesses.first().map(|(statement, _)| statement.key);
    let by_holder = voucher.holder.is_some() && voucher.holder == by;
    let delegation = voucher
        .delegation
        .filter(|delegation| Some(delegation.key) == by);
    let kind = match (&proof, by_holder) {
        (Proof::LiveQr(qr), _) => {
            let lives_ms = qr.expires_at.since_ms(qr.issued_at);
            let in_window = lives_ms <= synced.settings.proof_ms_max
                && qr.issued_at.0 <= now.0.saturating_add(CLOCK_MS_MAX);
            ensure(in_window, Code::STATEMENT_WINDOW)?;
            if by_holder {
                ProofKind::LiveQr
            } else {
                ProofKind::DelegatedQr
            }
        }
        (_, true) => return Err(Failure::new(Code::NOT_SIGNED)),
        (_, false) => ProofKind::Code,
    };
    ensure(by_holder || delegation.is_some(), Code::NOT_SIGNED)?;
    ensure(at > voucher.stated_at, Code::STATEMENT_REPLAYED)?;
    let in_force = delegation.is_none_or(|it| now < it.bounds.until && it.bounds.uses > 0);
    ensure(in_force, Code::DELEGATION_ENDED)?;
    Ok(Shown {
        proof,
        kind,
        witnesses,
        delegation,
    })
}

/// What the ledger will tell the policy, as far as the terminal knows.
fn facts(
    synced: &Synced,
    voucher: &Voucher,
    shown: &Shown,
    mut lines: Vec<Line>,
    now: TimeMs,
) -> Facts {
    let clock = synced.settings.clock(now);
    for line in &mut lines {
        let on_list = |product: Product| {
            let mut listings = synced.listings.iter();
            listings.find(|(listed, _)| *listed == product)
        };
        // As the ledger does: the narrowest first.
        let known = line.product.listed_as().find_map(on_list);
        line.listing = known.map(|(_, listing)| *listing);
    }
    let session = &synced.state.session;
    let (_, _, day) = senim_abi::civil::ymd(u64::from(clock.day));
    let calendar = synced.calendars.get(&clock.month());
    Facts {
        act: Act::Redeem {
            lines,
            proof: shown.kind,
        },
        clock,
        token: voucher.token(&clock, shown.delegation.map(|it| it.bounds)),
        place: Place {
            place: session.place,
            provider: session.service.provider,
            region: session.service.region,
            open: calendar.map(|calendar| calendar.is_open(day as u8)),
        },
    }
}

/// The pinned policy, run here.
fn asked(synced: &Synced, voucher: &Voucher, facts: Facts) -> Result<Terms> {
    let damaged = || {
        Failure::with(
            Code::TERMINAL_FILE,
            "The rules of this voucher are missing.",
        )
    };
    let policy = synced.policies.get(&voucher.version).ok_or_else(damaged)?;
    let code = synced.codes.get(&policy.contract).ok_or_else(damaged)?;
    let decision = Runner::new(code.0.clone())?.decide(Question {
        parameters: policy.parameters.clone(),
        facts,
    })?;
    decision.map_err(|denial| {
        let words = format!("By rule {}: {}", denial.rule, denial.code.advice());
        Failure::with(denial.code, words)
    })
}
