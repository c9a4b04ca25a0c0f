//! Free meals by a list of each month: the office lists, the identity service attests, the portal asks, and of those who were
//! asked most say yes, some no, and some nothing. The school counts who is there, and once a month miscounts and mends it.

use super::prove::Given;
use super::{MEAL, SCHOOL, TERMINALS, Year, call, meal};
use crate::world::{Request, secret};
use senim_abi::VOUCHER;
use senim_abi::civil::Month;
use senim_abi::voucher::msg::{Attestation, BATCH_MAX, Channel, FindingsAnswer};
use senim_abi::voucher::proof::{HolderAct, HolderStatement};
use senim_abi::voucher::record::Calendar;
use senim_abi::voucher::{Entry, Execute, ProgrammeId, Query, VoucherId};
use senim_types::limits::CALLS_MAX;
use senim_types::{Domain, Hash, OrgId, SignedTransaction, TimeMs, Tiyn};

use crate::world::people::DAY_MS;

/// The devnet's programme of free meals, and who is paid for them.
const FREE: ProgrammeId = ProgrammeId(3);
const CATERER: OrgId = OrgId(50);
/// How long a voucher of a list is good, in days: until the next month's is there, with room.
const GOOD_DAYS: u64 = 40;

/// What a person of a list does, by its number among ten.
enum Says {
    /// Yes, and activates the voucher.
    Yes,
    /// Yes, and never begins to use it.
    YesAndForgets,
    No,
    /// Nothing: the offer lapses.
    Nothing,
}

fn says(number: usize) -> Says {
    match number % 10 {
        0..=5 => Says::Yes,
        6 => Says::YesAndForgets,
        7 => Says::No,
        _ => Says::Nothing,
    }
}

/// How free meals stand.
#[derive(Default)]
pub struct FreeMeals {
    /// Those who eat by this month's list: their places among the given, and their vouchers.
    eating: Vec<(usize, VoucherId)>,
    /// Which month was listed last.
    listed: Month,
    /// The month of the last miscount.
    miscounted: Month,
    /// A day that was miscounted, and how many were present.
    to_mend: Option<(u32, u32)>,
}

impl Year {
    /// The month's list, once in a month.
    pub(super) fn list(&mut self) {
        let (month, now) = (self.month(), self.world.now());
        if self.free.listed == month {
            return;
        }
        self.free.listed = month;
        self.open_school(month);
        let until = TimeMs(now.0 + GOOD_DAYS * DAY_MS);
        let entry = Entry {
            place: Some(SCHOOL),
            amount: Tiyn(GOOD_DAYS * MEAL.0),
            mature_at: until,
            until,
        };
        let mut ids: Vec<VoucherId> = Vec::new();
        let from = self.given.len();
        for first in (0..self.scale.listed).step_by(BATCH_MAX) {
            let count = BATCH_MAX.min(self.scale.listed - first);
            let list = Execute::List {
                programme: FREE,
                index: 0,
                entries: vec![entry; count],
            };
            let signed = self.world.sign("office", Request::call(VOUCHER, &list));
            let made_by = signed.hash();
            self.all(vec![signed]);
            let vouchers = (0..count as u16).map(|index| VoucherId::derive(&made_by, index));
            let vouchers: Vec<VoucherId> = vouchers.collect();
            self.given.extend(vouchers.iter().map(|voucher| Given {
                voucher: *voucher,
                made_by,
                used_by: None,
            }));
            ids.extend(vouchers);
        }
        self.ask(&ids);
        self.hear(&ids);
        let eating = ids.iter().enumerate();
        let eating = eating.filter(|(number, _)| matches!(says(*number), Says::Yes));
        self.free.eating = eating.map(|(number, id)| (from + number, *id)).collect();
        self.this.listed = ids.len();
    }

    /// The school's month: Mondays to Fridays.
    fn open_school(&mut self, month: Month) {
        let days = (1..=31).zip(month.first_day()..month.next().first_day());
        // The first of January 1970 was a Thursday.
        let open = days.filter(|(_, day)| (day + 3) % 7 < 5);
        let open = open.fold(0, |open, (of_month, _)| open | 1 << (of_month - 1));
        let set = Execute::SetCalendar {
            programme: FREE,
            place: SCHOOL,
            month,
            calendar: Calendar { open },
        };
        let signed = self.world.sign("school", Request::call(VOUCHER, &set));
        self.all(vec![signed]);
    }

    /// The identity service says that nobody is on the list twice, and the portal asks.
    fn ask(&mut self, ids: &[VoucherId]) {
        let month = self.month();
        for (batch, vouchers) in ids.chunks(BATCH_MAX).enumerate() {
            let person = |number: usize| {
                let number = batch * BATCH_MAX + number;
                Hash::of(format!("person {number} in {}", month.0).as_bytes())
            };
            let attestations = vouchers.iter().enumerate();
            let attestations = attestations.map(|(number, voucher)| Attestation {
                voucher: *voucher,
                nullifier: person(number),
            });
            let attest = Execute::Attest {
                attestations: attestations.collect(),
            };
            let offer = Execute::Offer {
                vouchers: vouchers.to_vec(),
            };
            for (device, message) in [("identity", attest), ("portal", offer)] {
                let signed = self.world.sign(device, Request::call(VOUCHER, &message));
                self.all(vec![signed]);
            }
        }
    }

    /// What they say; a yes opens a voucher, which is bound to a key and activated by it.
    fn hear(&mut self, ids: &[VoucherId]) {
        let holder = |id: &VoucherId| secret(&format!("holder of {id}"));
        let (mut answers, mut bound, mut active) = (Vec::new(), Vec::new(), Vec::new());
        for (number, voucher) in ids.iter().enumerate() {
            let says = says(number);
            let consents = match says {
                Says::Yes | Says::YesAndForgets => true,
                Says::No => false,
                Says::Nothing => continue,
            };
            answers.push(call(
                VOUCHER,
                &Execute::Answer {
                    voucher: *voucher,
                    channel: Channel::Sms,
                    consents,
                },
            ));
            if consents {
                let bind = Execute::Bind {
                    voucher: *voucher,
                    holder: holder(voucher).public(),
                };
                bound.push(call(VOUCHER, &bind));
            }
            if matches!(says, Says::Yes) {
                active.push(*voucher);
            }
        }
        for (device, calls) in [("portal", answers), ("identity", bound)] {
            let signed: Vec<SignedTransaction> = calls
                .chunks(CALLS_MAX)
                .map(|calls| self.sign_calls(device, calls.to_vec()))
                .collect();
            self.all(signed);
        }
        let chain = self.world.network.chain;
        let at = self.world.now();
        let mut signed = Vec::new();
        for vouchers in active.chunks(CALLS_MAX) {
            let mut request = Request::default();
            for voucher in vouchers {
                let statement = HolderStatement {
                    voucher: *voucher,
                    at,
                    act: HolderAct::Activate,
                };
                let message = statement.message();
                let witness = holder(voucher).witness(Domain::VoucherHolder, &chain, message);
                request.witnesses.push(witness);
                let by_holder = Execute::ByHolder { statement };
                request.calls.push(call(VOUCHER, &by_holder));
            }
            signed.push(self.world.sign("identity", request));
        }
        self.all(signed);
    }

    /// A school day of those whose meals are free, and what the school says of who was there.
    pub(super) fn eat_free(&mut self) {
        if self.free.eating.is_empty() {
            return;
        }
        let mut meals = Vec::new();
        for (number, (given, voucher)) in self.free.eating.clone().into_iter().enumerate() {
            let signed = self.world.sign(TERMINALS[number % 2], meal(voucher));
            self.given[given].used_by = Some(signed.hash());
            meals.push(signed);
        }
        let present = meals.len() as u32;
        self.this.redeemed += meals.len();
        self.all(meals);
        if let Some((day, present)) = self.free.to_mend.take() {
            assert_eq!(self.findings(day), 1, "it was miscounted");
            self.attend(FREE, day, present);
            assert_eq!(self.findings(day), 0, "it is mended");
            self.this.mended += 1;
        }
        let (month, today) = (
            self.month(),
            Year::offsets().day_of(self.world.now()) as u32,
        );
        let is_miscounted = self.free.miscounted != month;
        self.attend(FREE, today, present - u32::from(is_miscounted));
        if is_miscounted {
            self.free.miscounted = month;
            self.free.to_mend = Some((today, present));
        }
    }

    /// What the edit check finds wrong with a day.
    fn findings(&self, day: u32) -> usize {
        let question = Query::Findings {
            programme: FREE,
            provider: CATERER,
            period: Month::of_day(u64::from(day)),
            after: None,
        };
        let found: FindingsAnswer = self.world.query(VOUCHER, &question).expect("it answers");
        found.iter().filter(|finding| finding.day == day).count()
    }
}
