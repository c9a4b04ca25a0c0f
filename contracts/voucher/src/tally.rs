//! What a day at a place came to, and the edit check of it: claimed is at most what was eligible and present, and nothing on
//! a closed day.
//!
//! A finding is kept under the provider and the month in whose act the day stands, as long as it holds. So the settlement
//! contract sees by one look that there is none, however many places and days the act covers.

use crate::state;
use alloc::vec::Vec;
use senim_abi::civil::Month;
use senim_abi::treasury::msg::{ClaimAnswer, TermsAnswer};
use senim_abi::voucher::msg::Finding;
use senim_abi::voucher::record::Served;
use senim_abi::voucher::{Calendar, DueEntry, ProgrammeId, Settings, Tally};
use senim_abi::{TREASURY, treasury};
use senim_sdk::{Env, Refusal, codec, ensure};
use senim_types::{Code, OrgId, TimeMs, Tiyn, TiynTotal};

/// Which day, where.
pub type Key = (ProgrammeId, OrgId, u32);

/// A use, as a day counts it.
pub struct Counted {
    /// Who is paid.
    pub provider: OrgId,
    /// What the programme pays, in tiyn.
    pub pays: Tiyn,
    /// Whether the person was not counted on this day before.
    pub is_another_person: bool,
    /// What the calendar says of the day.
    pub open: Option<bool>,
}

/// Counts a use where all uses of a place and day are counted.
pub fn count<E: Env>(
    env: &mut E,
    settings: &Settings,
    key: Key,
    counted: &Counted,
) -> Result<(), Refusal> {
    let (programme, place, day) = key;
    let known = state::tally(env, programme, place, day)?;
    let mut tally = known.clone().unwrap_or_default();
    let overflow = Code::AMOUNT_OVERFLOW;
    tally.uses = tally.uses.checked_add(1).ok_or(overflow)?;
    tally.persons += u32::from(counted.is_another_person);
    let paid = tally.paid.0.checked_add(u128::from(counted.pays.0));
    tally.paid = TiynTotal(paid.ok_or(overflow)?);
    tally.stands_in(Served {
        provider: counted.provider,
        period: settings.clock(env.now()).month(),
    });
    save(env, settings, key, known, tally, counted.open);
    Ok(())
}

/// Takes a use off where it was counted. A day that was forgotten since is nobody's to judge.
pub fn uncount<E: Env>(
    env: &mut E,
    settings: &Settings,
    key: Key,
    paid: Tiyn,
    with_its_person: bool,
) -> Result<(), Refusal> {
    let (programme, place, day) = key;
    let Some(known) = state::tally(env, programme, place, day)? else {
        return Ok(());
    };
    let mut tally = known.clone();
    tally.uses = tally.uses.saturating_sub(1);
    let persons = tally.persons.saturating_sub(u32::from(with_its_person));
    tally.persons = persons;
    tally.paid = TiynTotal(tally.paid.0.saturating_sub(u128::from(paid.0)));
    let open = is_open(env, programme, place, day)?;
    save(env, settings, key, Some(known), tally, open);
    Ok(())
}

/// Writes what a day came to, and what is wrong with it; the first time its end is scheduled, too.
pub fn save<E: Env>(
    env: &mut E,
    settings: &Settings,
    (programme, place, day): Key,
    known: Option<Tally>,
    mut tally: Tally,
    open: Option<bool>,
) {
    if known.is_none() {
        let forget = DueEntry::ForgetTally {
            programme,
            place,
            day,
        };
        let at = TimeMs(env.now().0.saturating_add(settings.dispute_ms));
        env.schedule(at, &codec::encode(&forget));
    }
    // What was found stands or falls by the day itself, also where the programme checks no more.
    let was_found = known.as_ref().is_some_and(|known| known.finding.is_some());
    let is_checked = settings.attendance || was_found;
    tally.finding = tally.check(open).filter(|_| is_checked);
    let was = known.unwrap_or_default();
    if was.finding.is_some() {
        // What was found stays in the act that the day forgets, and goes with it.
        let left = was.served.iter().filter(|it| !tally.served.contains(it));
        left.for_each(|it| forget_finding_later(env, *it, (programme, place, day)));
    }
    for served in &tally.served {
        let before = was.finding.filter(|_| was.served.contains(served));
        if before != tally.finding {
            state::set_finding(env, programme, served, (place, day), tally.finding);
        }
    }
    state::set_tally(env, programme, place, day, Some(tally));
}

/// An entry of the due-queue: the time for disputes about a day is over. What is wrong with it stays with its acts.
pub fn forget<E: Env>(env: &mut E, key: Key) -> Result<(), Refusal> {
    let (programme, place, day) = key;
    let known = state::tally(env, programme, place, day)?.unwrap_or_default();
    if known.finding.is_some() {
        for served in known.served {
            forget_finding_later(env, served, key);
        }
    }
    state::set_tally(env, programme, place, day, None);
    Ok(())
}

fn forget_finding_later<E: Env>(env: &mut E, served: Served, (programme, place, day): Key) {
    let due = DueEntry::ForgetFinding {
        programme,
        served,
        place,
        day,
    };
    let at = TimeMs(env.now().0.saturating_add(Tally::FINDING_AGAIN_MS));
    env.schedule(at, &codec::encode(&due));
}

/// An entry of the due-queue: what was found wrong with a day goes once nothing is owed for the month, and no act can be
/// made of it.
pub fn forget_finding<E: Env>(env: &mut E, served: Served, key: Key) -> Result<(), Refusal> {
    let (programme, place, day) = key;
    if is_needed(env, programme, &served)? {
        forget_finding_later(env, served, key);
    } else {
        state::set_finding(env, programme, &served, (place, day), None);
    }
    Ok(())
}

/// Whether an act of the month may still be accepted: where the provider has a contract, the treasury's claim is there as
/// long as the month's acts.
fn is_needed<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    served: &Served,
) -> Result<bool, Refusal> {
    let question = treasury::Query::Claim {
        provider: served.provider,
        programme,
        period: served.period,
    };
    let claim: ClaimAnswer = codec::decode(&env.query(TREASURY, &codec::encode(&question))?)?;
    let Some(claim) = claim else {
        return Ok(false);
    };
    let question = treasury::Query::Terms {
        programme,
        provider: served.provider,
    };
    let terms: TermsAnswer = codec::decode(&env.query(TREASURY, &codec::encode(&question))?)?;
    Ok(terms.is_some() || !claim.is_even())
}

/// Whether the calendar says that a day is open.
pub fn is_open<E: Env>(
    env: &E,
    programme: ProgrammeId,
    place: OrgId,
    day: u32,
) -> Result<Option<bool>, Refusal> {
    let calendar = state::calendar(env, programme, place, Month::of_day(u64::from(day)))?;
    let (_, _, day_of_month) = senim_abi::civil::ymd(u64::from(day));
    Ok(calendar.map(|calendar| calendar.is_open(day_of_month as u8)))
}

/// Checks those days of a month anew that another calendar opens or closes. A day on which something was used is opened
/// afterwards by the place alone: whoever accepts the act does not say so.
pub fn calendar_changes<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    (place, month): (OrgId, Month),
    calendar: &Calendar,
    is_the_place: bool,
) -> Result<(), Refusal> {
    let before = state::calendar(env, programme, place, month)?;
    let settings = state::programme(env, programme)?.settings;
    for day in month.first_day()..month.next().first_day() {
        let day_of_month = (day - month.first_day() + 1) as u8;
        let is_open = calendar.is_open(day_of_month);
        let was_open = before.is_none_or(|before| before.is_open(day_of_month));
        if was_open == is_open {
            continue;
        }
        // Beyond a u32 of days there is no tally.
        let Ok(day) = u32::try_from(day) else {
            continue;
        };
        if let Some(tally) = state::tally(env, programme, place, day)? {
            let may = is_the_place || !is_open || tally.uses == 0;
            ensure(may, Code::NOT_AUTHORISED)?;
            let key = (programme, place, day);
            save(
                env,
                &settings,
                key,
                Some(tally.clone()),
                tally,
                Some(is_open),
            );
        }
    }
    Ok(())
}

/// A page of what is wrong with what was posted to a provider in a month.
pub fn findings<E: Env>(
    env: &E,
    programme: ProgrammeId,
    served: &Served,
    after: Option<(OrgId, u32)>,
) -> Result<Vec<Finding>, Refusal> {
    let mut findings = Vec::new();
    for (place, day, kind) in state::findings(env, programme, served, after)? {
        findings.push(Finding {
            place,
            day,
            kind,
            tally: state::tally(env, programme, place, day)?,
        });
    }
    Ok(findings)
}
