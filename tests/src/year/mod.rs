//! A year of a small country, and what the state is at the end of each month: finished tokens go, so it does not grow, and
//! each of them can still be proven from the log.
//!
//! Nodes and contracts are real, time is a number. Every day prescriptions are issued, most are redeemed and the rest expire,
//! and some are opened by benefit cards; on school days pupils eat, once a week without connection, and by the month's list
//! some for free; the school says who was present, and mends it; when a batch has expired the marking operator drops its
//! packs. Months are civil ones, so acts are cut meanwhile, too; the caterer's are paid, and forgotten half a year later.

mod acts;
mod cards;
mod free_meals;
mod offline;
mod prove;
mod report;

pub use report::{Grown, KEPT, MonthEnd, Part, Report, Scale};

use cards::Cards;
use free_meals::FreeMeals;

use crate::world::people::{self, DAY_MS, METFORMIN, METFORMIN_CAP, Token};
use crate::world::{Options, Request, World, secret};
use prove::{Given, Issued};
use senim_abi::civil::{Month, UtcOffsets};
use senim_abi::marking::msg::{self as marking, PackCode, Stage};
use senim_abi::marking::{Day, Lot};
use senim_abi::policy::{Line, Product};
use senim_abi::prescription::msg::{NewItem, Query};
use senim_abi::prescription::programme::PrescriberId;
use senim_abi::prescription::{Execute as Prescribe, GroupId, ItemMask};
use senim_abi::treasury::ProgrammeId;
use senim_abi::voucher::{self, Entry, Proof, VoucherId};
use senim_abi::{PRESCRIPTION, VOUCHER};
use senim_replica::SubmitAnswer;
use senim_types::limits::CALLS_MAX;
use senim_types::{Call, Code, Hash, OrgId, Receipt, SignedTransaction, TimeMs, Tiyn, codec};
use std::collections::VecDeque;

/// The devnet's school and its caterer's terminals.
const SCHOOL: OrgId = OrgId(40);
const CATERER: OrgId = OrgId(50);
/// Who pays for meals.
const CITY: OrgId = OrgId(6);
const MEALS: ProgrammeId = ProgrammeId(2);
const MEAL: Tiyn = Tiyn(90_000);
const TERMINALS: [&str; 2] = ["canteen", "canteen-2"];
/// Transactions that are under way at once: fewer than a device may have.
const AT_ONCE: usize = 128;
/// Of ten prescriptions so many are redeemed, the others expire.
const REDEEMED_OF_TEN: usize = 9;
/// Of twenty pupils so many eat on a school day.
const EATING_OF_TWENTY: usize = 19;
/// How many months after its introduction a batch expires. On a real shelf it is years, and that long a register keeps what
/// was supplied; a simulated year would not see its end.
const SHELF_MONTHS: u32 = 4;
/// Meals of a voucher: more than there are school days while it is good.
const MEALS_MAX: u64 = 190;
/// How long a meal voucher is good, in days: within what its programme allows.
const VOUCHER_DAYS: u64 = 250;

struct Year {
    world: World,
    scale: Scale,
    issued: Vec<Issued>,
    given: Vec<Given>,
    /// Those of `issued` that the state still has, from this one on.
    kept_from: usize,
    vouchers: Vec<VoucherId>,
    /// The place of the first of `vouchers` in `given`.
    first_of_year: usize,
    packs: VecDeque<PackCode>,
    serials: usize,
    transactions: usize,
    free: FreeMeals,
    cards: Cards,
    this: MonthEnd,
}

/// Lets the time pass. `tell` gets each month's end.
///
/// # Panics
/// Where something is refused, or does not go as it has to: the figures would be of something else.
pub fn play(scale: Scale, tell: &mut dyn FnMut(&MonthEnd)) -> Report {
    let options = Options::new(scale.validators, 11);
    let mut year = Year {
        world: World::new(options),
        scale,
        issued: Vec::new(),
        given: Vec::new(),
        kept_from: 0,
        vouchers: Vec::new(),
        first_of_year: 0,
        packs: VecDeque::new(),
        serials: 0,
        transactions: 0,
        free: FreeMeals::default(),
        cards: Cards::default(),
        this: MonthEnd::default(),
    };
    year.confirm_details();
    year.this.month = year.month();
    let begin = year.world.now();
    let mut months = Vec::new();
    for day in 0..scale.days {
        let morning = TimeMs(begin.0 + u64::from(day) * DAY_MS);
        year.world
            .advance(morning.0.saturating_sub(year.world.now().0));
        if year.month() != year.this.month {
            year.this.is_whole = true;
            let ended = year.end_month();
            year.pay_act(ended.month);
            months.push(ended);
            months.last().into_iter().for_each(&mut *tell);
        }
        year.day(day);
    }
    months.push(year.end_month());
    months.last().into_iter().for_each(&mut *tell);
    let (prescriptions, vouchers) = year.prove();
    Report {
        months,
        prescriptions,
        vouchers,
        transactions: year.transactions,
    }
}

impl Year {
    fn offsets() -> UtcOffsets {
        UtcOffsets::fixed(300)
    }

    fn month(&self) -> Month {
        Year::offsets().month_of(self.world.now())
    }

    fn day(&mut self, day: u32) {
        if u64::from(day) % VOUCHER_DAYS == 0 {
            self.issue_vouchers();
        }
        self.list();
        self.register_cards();
        let tokens = self.prescribe();
        let packs = self.introduce(tokens.len());
        self.redeem(tokens, packs);
        let packs = self.introduce(self.card_turns(day));
        self.serve_cards(packs);
        // The first of January 1970 was a Thursday.
        let weekday = (Year::offsets().day_of(self.world.now()) + 3) % 7;
        if weekday < 5 {
            self.eat(weekday);
            self.eat_free();
        }
        self.drop_packs();
    }

    /// Signed transactions of many devices, until all are final.
    fn all(&mut self, signed: Vec<SignedTransaction>) -> Vec<Receipt> {
        let hashes: Vec<Hash> = signed.iter().map(SignedTransaction::hash).collect();
        for part in signed.chunks(AT_ONCE) {
            for (number, transaction) in part.iter().enumerate() {
                let node = number % self.world.nodes.len();
                let answer = self.world.offer(node, &codec::encode(transaction));
                assert!(matches!(answer, SubmitAnswer::Accepted(_)), "{answer:?}");
            }
            self.world.settle();
        }
        self.transactions += signed.len();
        let receipts = hashes.iter().map(|hash| self.world.proof(hash).receipt);
        let receipts: Vec<Receipt> = receipts.collect();
        for receipt in &receipts {
            assert!(receipt.status.is_applied(), "{:?}", receipt.status);
        }
        receipts
    }

    fn sign_calls(&mut self, device: &str, calls: Vec<Call>) -> SignedTransaction {
        let request = Request {
            calls,
            witnesses: Vec::new(),
        };
        self.world.sign(device, request)
    }

    fn issue_vouchers(&mut self) {
        let now = self.world.now();
        let entry = Entry {
            place: Some(SCHOOL),
            amount: Tiyn(MEALS_MAX * MEAL.0),
            mature_at: TimeMs(now.0 + VOUCHER_DAYS * DAY_MS),
            until: TimeMs(now.0 + VOUCHER_DAYS * DAY_MS),
        };
        self.vouchers.clear();
        self.first_of_year = self.given.len();
        for first in (0..self.scale.pupils).step_by(CALLS_MAX) {
            let pupils = first..self.scale.pupils.min(first + CALLS_MAX);
            let count = pupils.len() as u16;
            let calls = pupils.zip(0u16..).map(|(pupil, index)| {
                let issue = voucher::Execute::Issue {
                    index,
                    programme: MEALS,
                    holder: Some(secret(&format!("pupil {pupil} {}", now.0)).public()),
                    entry,
                };
                call(VOUCHER, &issue)
            });
            let calls = calls.collect();
            let signed = self.sign_calls("education", calls);
            let hash = signed.hash();
            let ids = (0..count).map(|index| VoucherId::derive(&hash, index));
            let ids: Vec<VoucherId> = ids.collect();
            self.given.extend(ids.iter().map(|voucher| Given {
                voucher: *voucher,
                made_by: hash,
                used_by: None,
            }));
            self.vouchers.extend(ids);
            self.all(vec![signed]);
        }
    }

    /// The day's prescriptions.
    fn prescribe(&mut self) -> Vec<(Token, Hash)> {
        let now = self.world.now();
        let mut tokens = Vec::new();
        let mut signed = Vec::new();
        let from = self.issued.len();
        for first in (0..self.scale.prescriptions).step_by(CALLS_MAX) {
            let numbers = first..self.scale.prescriptions.min(first + CALLS_MAX);
            let keys: Vec<_> = numbers
                .map(|number| secret(&format!("token {}", from + number)))
                .collect();
            let calls = keys.iter().zip(0u16..).map(|(key, index)| {
                let issue = Prescribe::Issue {
                    index,
                    programme: people::PROGRAMME,
                    prescriber: PrescriberId(7),
                    holder: key.public(),
                    card: None,
                    paper: None,
                    sealed: Some(Hash::of(b"sealed elsewhere")),
                    draft: false,
                    items: vec![item(now)],
                };
                call(PRESCRIPTION, &issue)
            });
            let calls = calls.collect();
            let transaction = self.sign_calls("clinic", calls);
            let hash = transaction.hash();
            let made = keys.into_iter().zip(0u16..).map(|(key, index)| {
                let group = GroupId::derive(&hash, index);
                (Token { group, key }, hash)
            });
            tokens.extend(made);
            signed.push(transaction);
        }
        self.all(signed);
        tokens
    }

    /// Packs for so many prescriptions, of the month's batch.
    fn introduce(&mut self, prescriptions: usize) -> Vec<PackCode> {
        let month = self.month();
        let lot = format!("Y{}{:02}", month.year(), month.month());
        let expires = Month(month.0 + SHELF_MONTHS);
        let expiry = Day::new(expires.first_day() as u32).expect("a day of this century");
        let code = |serial: usize| PackCode {
            gtin: people::value(METFORMIN),
            serial: people::value(&format!("Y{serial:09}")),
            lot: people::value::<Lot>(&lot),
            expiry,
        };
        let serials = self.serials..self.serials + prescriptions;
        self.serials = serials.end;
        let packs: Vec<PackCode> = serials.map(code).collect();
        let mut signed = Vec::new();
        for part in packs.chunks(marking::PACKS_MAX) {
            let introduce = marking::Execute::Introduce {
                gtin: part[0].gtin,
                lot: part[0].lot,
                expiry,
                serials: part.iter().map(|pack| pack.serial).collect(),
                at: people::org_of("pharmacy"),
                stage: Stage::OpeningStock,
            };
            signed.push(self.world.sign("regulator", Request::marking(&introduce)));
        }
        self.all(signed);
        packs
    }

    fn redeem(&mut self, tokens: Vec<(Token, Hash)>, packs: Vec<PackCode>) {
        let devices = ["pharmacy", "pharmacy-2"];
        let is_redeemed = |number: usize| number % 10 < REDEEMED_OF_TEN;
        self.world.advance(5);
        let now = self.world.now();
        let mut holds = Vec::new();
        for (number, (token, _)) in tokens.iter().enumerate() {
            if is_redeemed(number) {
                let items = ItemMask::one(0);
                let qr = token.qr(&self.world.network, items, now, 60_000);
                let device = devices[number % 2];
                let hold = people::hold(&self.world.network, device, items, &qr);
                holds.push(self.world.sign(device, hold));
            }
        }
        self.all(holds);
        let mut dispenses = Vec::new();
        for (number, ((token, made_by), pack)) in tokens.into_iter().zip(packs).enumerate() {
            let ended_by = is_redeemed(number).then(|| {
                let device = devices[number % 2];
                let dispense = self
                    .world
                    .dispensing(device, &token, pack, 60, METFORMIN_CAP);
                let signed = self.world.sign(device, dispense);
                let hash = signed.hash();
                dispenses.push(signed);
                hash
            });
            self.packs.push_back(pack);
            self.issued.push(Issued {
                token,
                made_by,
                ended_by,
            });
        }
        self.this.redeemed += dispenses.len();
        self.all(dispenses);
    }

    fn eat(&mut self, weekday: u64) {
        let vouchers = self.vouchers.clone();
        let eating = vouchers
            .iter()
            .enumerate()
            .filter(|(pupil, _)| pupil % 20 < EATING_OF_TWENTY);
        let is_offline =
            |pupil: usize| weekday == offline::WEEKDAY && pupil % 20 == offline::OFFLINE_OF_TWENTY;
        let (mut meals, mut unconnected) = (Vec::new(), Vec::new());
        for (pupil, voucher) in eating {
            if is_offline(pupil) {
                unconnected.push(pupil);
                continue;
            }
            let meal = self.world.sign(TERMINALS[pupil % 2], meal(*voucher));
            self.given[self.first_of_year + pupil].used_by = Some(meal.hash());
            meals.push(meal);
        }
        let present = (meals.len() + unconnected.len()) as u32;
        self.this.redeemed += meals.len();
        self.all(meals);
        if !unconnected.is_empty() {
            self.serve_offline(&unconnected);
        }
        let today = Year::offsets().day_of(self.world.now()) as u32;
        self.attend(MEALS, today, present);
    }

    /// The school says how many were there.
    fn attend(&mut self, programme: ProgrammeId, day: u32, present: u32) {
        let attend = voucher::Execute::Attend {
            programme,
            place: SCHOOL,
            day,
            present,
            marks: Vec::new(),
        };
        let request = Request::call(VOUCHER, &attend);
        let signed = self.world.sign("school", request);
        self.all(vec![signed]);
    }

    /// The marking operator drops what was supplied of expired batches, and destroys what was not.
    fn drop_packs(&mut self) {
        let today = Year::offsets().day_of(self.world.now()) as u32;
        let mut gone = Vec::new();
        while let Some(pack) = self.packs.front().copied() {
            if pack.expiry.number() >= today {
                break;
            }
            self.packs.pop_front();
            gone.push(pack.id());
        }
        let mut signed = Vec::new();
        for part in gone.chunks(marking::PACKS_MAX) {
            let unsold: Vec<_> = part
                .iter()
                .copied()
                .filter(|pack| self.is_on_the_shelf(pack))
                .collect();
            if !unsold.is_empty() {
                let remove = marking::Execute::Remove {
                    packs: unsold,
                    exit: marking::Exit::Destroyed,
                };
                let request = Request::marking(&remove);
                signed.push(self.world.sign("pharmacy", request));
            }
        }
        self.all(signed);
        let mut signed = Vec::new();
        for part in gone.chunks(marking::PACKS_MAX) {
            let prune = marking::Execute::Prune {
                packs: part.to_vec(),
            };
            signed.push(self.world.sign("regulator", Request::marking(&prune)));
        }
        self.this.packs_forgotten += gone.len();
        self.all(signed);
    }

    fn is_on_the_shelf(&self, pack: &senim_abi::marking::PackId) -> bool {
        let view: Result<marking::PackView, Code> = self
            .world
            .query(senim_abi::MARKING, &marking::Query::Pack { pack: *pack });
        let view = view.expect("the register knows what it has not forgotten");
        matches!(
            view.pack.state,
            senim_abi::marking::PackState::Active { .. }
        )
    }

    fn end_month(&mut self) -> MonthEnd {
        let before = self.kept_from;
        while self
            .issued
            .get(self.kept_from)
            .is_some_and(|issued| !self.is_known(&issued.token.group))
        {
            self.kept_from += 1;
        }
        self.this.forgotten = self.kept_from - before;
        self.this.acts = self.acts();
        self.this.measure(&self.world.nodes[0].state());
        let next = MonthEnd {
            month: self.month(),
            ..MonthEnd::default()
        };
        std::mem::replace(&mut self.this, next)
    }

    fn is_known(&self, group: &GroupId) -> bool {
        let question = Query::Group { group: *group };
        match self
            .world
            .query::<senim_abi::prescription::msg::GroupView>(PRESCRIPTION, &question)
        {
            Ok(_) => true,
            Err(code) => {
                assert_eq!(code, Code::PRESCRIPTION_UNKNOWN);
                false
            }
        }
    }
}

fn call(contract: senim_types::ContractId, message: &impl borsh::BorshSerialize) -> Call {
    Call {
        contract,
        input: codec::encode(message),
    }
}

fn meal_line() -> Line {
    Line {
        product: Product::Service(1),
        units: 1,
        price: MEAL,
        listing: None,
    }
}

/// A pupil whom the terminal knows has a meal.
fn meal(voucher: VoucherId) -> Request {
    let redeem = voucher::Execute::Redeem {
        voucher,
        place: SCHOOL,
        lines: vec![meal_line()],
        proof: Proof::Attested,
    };
    Request::call(VOUCHER, &redeem)
}

fn item(now: TimeMs) -> NewItem {
    people::metformin(60, now)
}
