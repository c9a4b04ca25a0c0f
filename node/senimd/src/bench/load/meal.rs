//! Meals: a voucher for each pupil, used at a terminal of the school's caterer, who has a contract; the school says when it is
//! open.

use super::{DAY_MS, Encoded, Redemption, Signer, Wanted, call, key};
use senim_abi::VOUCHER;
use senim_abi::civil::{Month, UtcOffsets};
use senim_abi::policy::{Line, Product};
use senim_abi::treasury::ProgrammeId;
use senim_abi::voucher::{Calendar, Entry, Execute, Proof, VoucherId};
use senim_types::limits::CALLS_MAX;
use senim_types::{OrgId, TimeMs, Tiyn};
use std::fmt::Write;
use std::ops::Range;

/// What a meal costs.
pub const PRICE: Tiyn = Tiyn(90_000);
/// The programme.
pub const PROGRAMME: ProgrammeId = ProgrammeId(2);
/// Civil time of a benchmark's network, in minutes from UTC.
pub const OFFSET_MINUTES: i16 = 300;
/// Uses of a voucher on one day, at most: ten minutes at a thousand a second are more than one for each of a hundred
/// thousand pupils, and a benchmark does not wait for tomorrow.
const USES_PER_DAY_MAX: u32 = 12;
/// The numbers of schools and caterers begin here.
const SCHOOLS_FROM: u32 = 10_000;
const CATERERS_FROM: u32 = 20_000;

/// Who feeds at a school, by the school's place among all.
pub const fn caterer(school: u32) -> OrgId {
    OrgId(CATERERS_FROM + school)
}

const fn place(school: u32) -> OrgId {
    OrgId(SCHOOLS_FROM + school)
}

/// The civil month of an instant, and the instant at which it ends.
pub fn month(at: TimeMs) -> (Month, TimeMs) {
    let offsets = UtcOffsets::fixed(OFFSET_MINUTES);
    let month = offsets.month_of(at);
    (month, offsets.start_of(month.next()))
}

/// The part of a network's template that is about meals.
pub(super) fn template(wanted: Wanted<'_>) -> String {
    let (mut organisations, mut services) = (String::new(), String::new());
    let mut contracts = String::new();
    for school in 0..wanted.schools {
        let (place, caterer) = (place(school).0, caterer(school).0);
        let terminals: Vec<String> = (school..wanted.canteens())
            .step_by(wanted.schools as usize)
            .map(|n| format!("\"canteen-{n}\""))
            .collect();
        let terminals = terminals.join(", ");
        // Writing to a string cannot fail.
        let _always_ok = write!(
            organisations,
            r#"[[organisation]]
id = {place}
name = "School {school}"
roles = ["school"]
devices = ["school-{school}"]
[[organisation]]
id = {caterer}
name = "Caterer {school}"
roles = ["provider"]
devices = [{terminals}]
"#
        );
        let _always_ok = write!(
            services,
            r#"[[voucher_programme.service]]
place = {place}
provider = {caterer}
terminals = {caterer}
region = 71
until = "2100-01-01"
"#
        );
        let _always_ok = write!(
            contracts,
            r#"[[contract]]
programme = 2
provider = {caterer}
document = "No {school} of 2026-01-05"
from = "2026-01-01"
until = "2100-01-01"
ceiling_tiyn = 1_000_000_000_000
vat_basis_points = 1_600
settlement = "tenge_at_acceptance"
"#
        );
    }
    format!(
        r#"{organisations}[[voucher_programme]]
id = 2
budget = 2
payer = 4
allotted_tiyn = 1_000_000_000_000_000
dispute_days = 60
proof_seconds_max = 120
[[voucher_programme.rules]]
providers = "any"
regions = "any"
price = {{ cap = {price} }}
share_basis_points = 10_000
whole_packs = false
partial = true
uses_per_day_max = {USES_PER_DAY_MAX}
weekdays = 0b111_1111
calendar = true
absent_may = false
validity_ms_max = 25_920_000_000
consent = false
proofs = 0b1000
clawback = "before_maturity"
{services}{contracts}"#,
        price = PRICE.0,
    )
}

/// A school's months, all of whose days are open.
pub(super) fn calendar(school: u32, months: [Month; 2], signer: &mut Signer<'_>) -> Encoded {
    let calls = months.map(|month| {
        let set = Execute::SetCalendar {
            programme: PROGRAMME,
            place: place(school),
            month,
            calendar: Calendar { open: u32::MAX },
        };
        call(VOUCHER, &set)
    });
    Encoded::new(&signer.sign(calls.into(), vec![]))
}

/// A voucher for a school year for each pupil; they go to the schools in turn.
pub(super) fn vouchers(
    pupils: Range<usize>,
    schools: usize,
    now: TimeMs,
    payer: &mut Signer<'_>,
) -> (Vec<Encoded>, Vec<VoucherId>) {
    let (mut setup, mut vouchers) = (Vec::new(), Vec::with_capacity(pupils.len()));
    for first in pupils.clone().step_by(CALLS_MAX) {
        let part = first..pupils.end.min(first + CALLS_MAX);
        let calls = part.clone().zip(0u16..).map(|(pupil, index)| {
            let until = TimeMs(now.0 + 250 * DAY_MS);
            let school = (pupil - pupils.start) % schools;
            let issue = Execute::Issue {
                index,
                programme: PROGRAMME,
                holder: Some(key("pupil", pupil).public()),
                entry: Entry {
                    place: Some(place(school as u32)),
                    amount: Tiyn(170 * PRICE.0),
                    mature_at: until,
                    until,
                },
            };
            call(VOUCHER, &issue)
        });
        let signed = payer.sign(calls.collect(), vec![]);
        let hash = signed.hash();
        let ids = part.zip(0u16..);
        vouchers.extend(ids.map(|(_, index)| VoucherId::derive(&hash, index)));
        setup.push(Encoded::new(&signed));
    }
    (setup, vouchers)
}

/// One meal.
pub(super) fn redemption(voucher: VoucherId, school: u32, terminal: &mut Signer<'_>) -> Redemption {
    let meal = Line {
        product: Product::Service(1),
        units: 1,
        price: PRICE,
        listing: None,
    };
    let redeem = Execute::Redeem {
        voucher,
        place: place(school),
        lines: vec![meal],
        proof: Proof::Attested,
    };
    let signed = terminal.sign(vec![call(VOUCHER, &redeem)], vec![]);
    Redemption {
        first: Encoded::new(&signed),
        then: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ends_at_midnight_of_civil_time() {
        // 20:00 UTC of 26 November is 01:00 of the 27th in UTC+5; December begins there at 19:00 UTC of the 30th.
        let at = "2026-11-26T20:00:00Z".parse::<jiff::Timestamp>();
        let end = "2026-11-30T19:00:00Z".parse::<jiff::Timestamp>();
        let ms = |time: Result<jiff::Timestamp, _>| {
            TimeMs(time.expect("a time").as_millisecond() as u64)
        };
        assert_eq!(month(ms(at)), (Month::new(2026, 11), ms(end)));
    }
}
