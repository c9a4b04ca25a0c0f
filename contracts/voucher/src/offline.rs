//! What a terminal did without connection. The ledger takes each record once: paid, or kept for the payer.
//!
//! Whatever is wrong with the chain as such refuses the transaction: it can be mended and sent again. Whatever is wrong with
//! a record keeps it for the payer: somebody was served.

use crate::contract::emit;
use crate::proof::{CLOCK_AHEAD_MS_MAX, Terminal};
use crate::redeem::{self, Judged, Order};
use crate::{excess, rules, state};
use alloc::vec::Vec;
use senim_abi::civil::DAY_MS;
use senim_abi::registry::{self, Standing};
use senim_abi::treasury::msg::{BudgetAnswer, OutstandingAnswer, TermsAnswer};
use senim_abi::treasury::record::Terms;
use senim_abi::treasury::{self, SettlementKind};
use senim_abi::voucher::msg::Taken;
use senim_abi::voucher::offline::OfflineStatement;
use senim_abi::voucher::record::DAYS_KNOWN;
use senim_abi::voucher::{
    DueEntry, Excess, OfflineChain, OfflineRecord, OfflineSession, ProgrammeId, Settings,
    VoucherEvent,
};
use senim_abi::{REGISTRY, TREASURY, VOUCHER};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, Domain, Hash, OrgId, PublicKey, TimeMs, Tiyn, TiynTotal};

/// How long after its own time a record is paid under the contract that was in force then, without the payer: as long as the
/// uses of its day are known. Its time is bounded by the session, which began at a block's.
const SERVED_MS_MAX: u64 = DAYS_KNOWN as u64 * DAY_MS;

/// A terminal syncs: what it does without connection from now on is judged by the bounds of now. The block's time is the
/// anchor, so nobody has to believe the terminal when it was.
pub fn sync<E: Env>(
    env: &mut E,
    context: &CallContext,
    programme: ProgrammeId,
    place: OrgId,
) -> Result<OfflineChain, Refusal> {
    let now = env.now();
    let terminal = Terminal::of(env, context)?;
    let settings = state::programme(env, programme)?.settings;
    ensure(settings.open, Code::PROGRAMME_UNKNOWN)?;
    let bounds = settings
        .offline
        .ok_or(Refusal::new(Code::OFFLINE_NOT_ALLOWED))?;
    let service = state::service(env, programme, place)?;
    let service = rules::serves(service, terminal.org, now)?;
    let known = state::chain(env, programme, &terminal.device)?;
    if known.is_none() {
        forget_later(env, programme, terminal.device, OfflineChain::SILENT_MS);
    }
    let forgotten = state::forgotten_chains(env, programme)?;
    let start = known.map_or(forgotten.next, |chain| chain.start);
    let (next, head, waiting) = known.map_or((start, Hash::ZERO, 0), |chain| {
        (chain.next, chain.head, chain.waiting)
    });
    let number = known.map_or(forgotten.session, |chain| chain.session.number);
    let session = OfflineSession {
        number: number.checked_add(1).ok_or(Code::OUT_OF_RANGE)?,
        place,
        service,
        bounds,
        first: next,
        synced_at: now,
    };
    let chain = OfflineChain {
        start,
        next,
        head,
        // The terminal's clock may be behind the proposer's.
        at: TimeMs(now.0.saturating_sub(CLOCK_AHEAD_MS_MAX)),
        waiting,
        session,
    };
    state::save_chain(env, programme, &terminal.device, chain);
    let event = VoucherEvent::OfflineSynced {
        programme,
        terminal: terminal.device,
        session,
    };
    emit(env, &event);
    Ok(chain)
}

fn forget_later<E: Env>(env: &mut E, programme: ProgrammeId, terminal: PublicKey, after_ms: u64) {
    let due = DueEntry::ForgetChain {
        programme,
        terminal,
    };
    let at = TimeMs(env.now().0.saturating_add(after_ms));
    env.schedule(at, &codec::encode(&due));
}

/// An entry of the due-queue, of which each chain has one: a terminal that has been silent for long, as a revoked one is for
/// ever, is forgotten. Its numbers are not given again, so no record of it is taken twice.
pub fn forget<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    terminal: &PublicKey,
) -> Result<(), Refusal> {
    let Some(chain) = state::chain(env, programme, terminal)? else {
        return Ok(());
    };
    let silent_ms = env.now().since_ms(chain.session.synced_at);
    let left_ms = OfflineChain::SILENT_MS.saturating_sub(silent_ms);
    if left_ms > 0 || chain.waiting > 0 {
        let after_ms = left_ms.max(OfflineChain::AGAIN_MS);
        forget_later(env, programme, *terminal, after_ms);
        return Ok(());
    }
    let mut forgotten = state::forgotten_chains(env, programme)?;
    forgotten.next = forgotten.next.max(chain.next);
    forgotten.session = forgotten.session.max(chain.session.number);
    state::save_forgotten_chains(env, programme, forgotten);
    state::delete_chain(env, programme, terminal);
    Ok(())
}

/// Takes what a terminal did without connection.
pub fn redeem<E: Env>(
    env: &mut E,
    context: &CallContext,
    (programme, terminal): (ProgrammeId, PublicKey),
    records: Vec<OfflineRecord>,
) -> Result<Taken, Refusal> {
    let known = state::chain(env, programme, &terminal)?;
    let mut chain = known.ok_or(Refusal::new(Code::OFFLINE_NO_SESSION))?;
    let is_theirs = chain.session.service.terminals == context.org;
    ensure(is_theirs, Code::NOT_AUTHORISED)?;
    let counted = (1..=OfflineRecord::BATCH_MAX).contains(&records.len());
    ensure(counted, Code::OUT_OF_RANGE)?;
    let hashes = hashes(env, &records)?;
    is_signed(env, programme, &terminal, &records, &hashes)?;
    let new = new(env, (programme, &terminal), &chain, &records, &hashes)?;

    let mut taken = Taken {
        known: new as u32,
        ..Taken::default()
    };
    let first = chain.next;
    if new < records.len() {
        let settings = state::programme(env, programme)?.settings;
        let mut batch = Batch::of(env, (programme, terminal), &settings, &chain)?;
        for (record, hash) in records.into_iter().zip(hashes).skip(new) {
            state::set_taken(env, programme, &terminal, chain.next, Some(hash));
            if batch.take(env, &mut chain, record)? {
                taken.paid += 1;
            } else {
                taken.excess += 1;
                chain.waiting += 1;
                let has_room = chain.waiting <= OfflineChain::WAITING_MAX;
                ensure(has_room, Code::EXCESS_WAITS)?;
            }
            chain.head = hash;
            chain.next = chain.next.checked_add(1).ok_or(Code::OUT_OF_RANGE)?;
        }
        let count = taken.paid + taken.excess;
        remember(env, (programme, terminal), &settings, (first, count));
        state::save_chain(env, programme, &terminal, chain);
    }
    taken.next = chain.next;
    Ok(taken)
}

/// The hashes of records that are one chain.
fn hashes<E: Env>(env: &E, records: &[OfflineRecord]) -> Result<Vec<Hash>, Refusal> {
    let mut hashes: Vec<Hash> = Vec::with_capacity(records.len());
    for (index, record) in (0_u64..).zip(records) {
        let follows = hashes
            .last()
            .is_none_or(|before| *before == record.previous);
        let sequence = records[0].sequence.checked_add(index);
        let is_next = follows && sequence == Some(record.sequence);
        ensure(is_next, Code::OFFLINE_CHAIN)?;
        hashes.push(env.hash(&codec::encode(record)));
    }
    Ok(hashes)
}

/// The terminal signed the last record, and with it all before it.
fn is_signed<E: Env>(
    env: &E,
    programme: ProgrammeId,
    terminal: &PublicKey,
    records: &[OfflineRecord],
    hashes: &[Hash],
) -> Result<(), Refusal> {
    let (Some(last), Some(head)) = (records.last(), hashes.last()) else {
        return Err(Refusal::new(Code::OUT_OF_RANGE));
    };
    let statement = OfflineStatement {
        programme,
        sequence: last.sequence,
        head: *head,
    };
    let message = codec::encode(&statement);
    let is_signed = env.witnessed(terminal, Domain::VoucherOffline, &message);
    ensure(is_signed, Code::OFFLINE_NOT_SIGNED)
}

/// How many of the records were taken before: the same ones. The first that was not follows the last that was.
fn new<E: Env>(
    env: &E,
    (programme, terminal): (ProgrammeId, &PublicKey),
    chain: &OfflineChain,
    records: &[OfflineRecord],
    hashes: &[Hash],
) -> Result<usize, Refusal> {
    ensure(records[0].sequence <= chain.next, Code::OFFLINE_GAP)?;
    let is_known = records[0].sequence >= chain.start;
    ensure(is_known, Code::OFFLINE_FORGOTTEN)?;
    for (index, (record, hash)) in records.iter().zip(hashes).enumerate() {
        if record.sequence >= chain.next {
            ensure(record.previous == chain.head, Code::OFFLINE_FORK)?;
            return Ok(index);
        }
        // What was forgotten since cannot be compared, and is taken no second time either.
        let before = state::taken(env, programme, terminal, record.sequence)?;
        let is_same = before.is_none_or(|before| before == *hash);
        ensure(is_same, Code::OFFLINE_FORK)?;
    }
    Ok(records.len())
}

/// Tells that records were taken, and schedules that the ledger forgets it.
fn remember<E: Env>(
    env: &mut E,
    (programme, terminal): (ProgrammeId, PublicKey),
    settings: &Settings,
    (first, count): (u64, u32),
) {
    let forget = DueEntry::ForgetTaken {
        programme,
        terminal,
        first,
        count,
    };
    let at = TimeMs(env.now().0.saturating_add(settings.dispute_ms));
    env.schedule(at, &codec::encode(&forget));
    let event = VoucherEvent::OfflineTaken {
        programme,
        terminal,
        first,
        count,
    };
    emit(env, &event);
}

/// What is the same for all records of a transaction.
struct Batch<'a> {
    programme: ProgrammeId,
    settings: &'a Settings,
    session: OfflineSession,
    terminal: PublicKey,
    /// Whether whoever has the terminal may act.
    is_active: bool,
    /// The line of the programme lets this contract pay.
    may_pay: bool,
    /// What may be posted to the provider, if it has a contract.
    terms: Option<Terms>,
    /// Room that is kept under that contract's ceiling.
    reserved: TiynTotal,
}

impl<'a> Batch<'a> {
    /// Everything that the treasury would refuse is looked at first: its refusal would end the transaction, and no record
    /// of it would be taken.
    fn of<E: Env>(
        env: &mut E,
        (programme, terminal): (ProgrammeId, PublicKey),
        settings: &'a Settings,
        chain: &OfflineChain,
    ) -> Result<Batch<'a>, Refusal> {
        let session = chain.session;
        let question = registry::Query::Device { device: terminal };
        let device: registry::msg::DeviceAnswer =
            codec::decode(&env.query(REGISTRY, &codec::encode(&question))?)?;
        let question = treasury::Query::Budget {
            budget: settings.budget,
        };
        let line: BudgetAnswer = codec::decode(&env.query(TREASURY, &codec::encode(&question))?)?;
        let question = treasury::Query::Terms {
            programme,
            provider: session.service.provider,
        };
        let terms: TermsAnswer = codec::decode(&env.query(TREASURY, &codec::encode(&question))?)?;
        let question = treasury::Query::Outstanding {
            programme,
            provider: session.service.provider,
        };
        let outstanding: OutstandingAnswer =
            codec::decode(&env.query(TREASURY, &codec::encode(&question))?)?;
        Ok(Batch {
            programme,
            settings,
            session,
            terminal,
            is_active: device.is_some_and(|device| device.standing == Standing::Active),
            may_pay: line.is_some_and(|line| line.callers.contains(&VOUCHER)),
            terms,
            reserved: outstanding.reserved,
        })
    }

    /// Takes a record: true if it was paid.
    fn take<E: Env>(
        &mut self,
        env: &mut E,
        chain: &mut OfflineChain,
        record: OfflineRecord,
    ) -> Result<bool, Refusal> {
        let (voucher, sequence, at, cost) =
            (record.voucher, record.sequence, record.at, record.cost());
        match self.judge(env, chain, record) {
            Ok(judged) => {
                redeem::pay(env, voucher, self.settings, judged)?;
                Ok(true)
            }
            Err(why) => {
                let excess = Excess {
                    terminal: self.terminal,
                    sequence,
                    voucher,
                    place: self.session.place,
                    provider: self.session.service.provider,
                    at,
                    taken_at: env.now(),
                    cost,
                    code: why.code,
                    answered: None,
                };
                excess::keep(env, self.programme, excess, &why);
                Ok(false)
            }
        }
    }

    /// Whether a record is within the bounds of its session, and its use may be.
    fn judge<E: Env>(
        &mut self,
        env: &mut E,
        chain: &mut OfflineChain,
        record: OfflineRecord,
    ) -> Result<Judged, Refusal> {
        let session = &self.session;
        ensure(record.session == session.number, Code::OFFLINE_SESSION)?;
        let latest = env.now().0.saturating_add(CLOCK_AHEAD_MS_MAX);
        let is_possible = record.at >= chain.at && record.at.0 <= latest;
        ensure(is_possible, Code::OFFLINE_CLOCK)?;
        chain.at = record.at;
        ensure(self.is_active, Code::OFFLINE_DEVICE)?;
        let before = record.sequence.saturating_sub(session.first);
        let in_count = before < u64::from(session.bounds.uses_max);
        ensure(in_count, Code::OFFLINE_COUNT)?;
        let in_time = record.at.since_ms(session.synced_at) <= session.bounds.ms_max;
        ensure(in_time, Code::OFFLINE_HOURS)?;

        let voucher = state::voucher(env, &record.voucher)?;
        ensure(voucher.programme == self.programme, Code::PROGRAMME_UNKNOWN)?;
        let was_known = voucher.issued_at <= session.synced_at;
        ensure(was_known, Code::OFFLINE_UNKNOWN)?;
        let day = self.settings.clock(record.at).day;
        let is_judgeable = voucher.last_use.is_none_or(|last| last.knows(day));
        ensure(is_judgeable, Code::OFFLINE_LATE)?;
        // Whoever serves the place now has to be who served it then: somebody else's contract pays nobody for it.
        let service = state::service(env, self.programme, session.place)?
            .filter(|service| service.provider == session.service.provider);
        let terminal = Terminal {
            org: session.service.terminals,
            device: self.terminal,
            at: record.at,
        };
        let order = Order {
            voucher: record.voucher,
            place: session.place,
            lines: record.lines,
            proof: record.proof,
        };
        let mut judged = redeem::judge(env, terminal, order, (voucher, self.settings), service)?;
        let now = env.now();
        if now.since_ms(record.at) > SERVED_MS_MAX {
            judged.served_at = now;
        }
        self.may_post((now, judged.served_at), judged.terms.pays)?;
        Ok(judged)
    }

    /// Whether the treasury will post this much; counts it.
    fn may_post(&mut self, (now, served_at): (TimeMs, TimeMs), pays: Tiyn) -> Result<(), Refusal> {
        ensure(pays != Tiyn::ZERO, Code::AMOUNT_ZERO)?;
        ensure(self.may_pay, Code::NOT_AUTHORISED)?;
        let Some(terms) = &mut self.terms else {
            return Ok(());
        };
        ensure(terms.kind != SettlementKind::StockOnly, Code::STOCK_ONLY)?;
        let in_force = terms.in_force(now, served_at);
        ensure(in_force, Code::CONTRACT_NOT_IN_FORCE)?;
        let posted = terms.posted.0.saturating_add(u128::from(pays.0));
        let with_reserved = posted.saturating_add(self.reserved.0);
        let in_ceiling = with_reserved <= u128::from(terms.ceiling.0);
        ensure(in_ceiling, Code::CONTRACT_EXCEEDED)?;
        terms.posted.0 = posted;
        Ok(())
    }
}
