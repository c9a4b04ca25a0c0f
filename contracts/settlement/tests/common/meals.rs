//! Schools whose pupils a caterer feeds, under a programme that checks each day against their attendance.

use super::*;
use senim_abi::policy::measure::{Allow, Clawback, Parameters, Price, Rules, WHOLE};
use senim_abi::policy::{Line, Product};
use senim_abi::settlement::{Despite, FlawedDay};
use senim_abi::voucher::msg::FindingsAnswer;
use senim_abi::voucher::record::{FindingKind, Served};
use senim_abi::voucher::{
    self, Calendar, Entry, Policy, Proof, Service, Settings, VoucherId, Window,
};

/// The act of the month in which the world begins.
pub const THEIR_ACT: ActId = act_of(CATERER, JANUARY, 0);
pub const SCHOOL: OrgId = OrgId(1_000);
/// 2027-01-15, where the world begins.
pub const TODAY: u32 = 20_833;
pub const PRICE: u64 = 1_000;

pub fn school(place: OrgId) -> Actor {
    Actor::new(100, place, Roles::SCHOOL)
}

pub fn settings() -> Settings {
    Settings {
        open: true,
        budget: LINE,
        office: None,
        portal: None,
        consent: Window {
            remind_ms: 1,
            lapse_ms: 2,
        },
        activation: None,
        exclusion: None,
        arms: None,
        dispute_ms: 60 * DAY_MS,
        proof_ms_max: 1,
        offsets: UtcOffsets::fixed(300),
        attendance: true,
        offline: None,
    }
}

/// Two meals a day, whatever the calendar says at noon.
pub fn rules() -> Rules {
    Rules {
        providers: Allow::Any,
        regions: Allow::Any,
        products: Allow::Any,
        price: Price::Cap(Tiyn(PRICE)),
        share_basis_points: WHOLE,
        citizen_bears_max: None,
        whole_packs: false,
        partial: true,
        amount_max: None,
        uses_max: None,
        uses_per_day_max: Some(2),
        uses_per_month_max: None,
        spent_per_month_max: None,
        weekdays: Rules::EVERY_DAY,
        hours: None,
        calendar: false,
        absent_may: false,
        validity_ms_max: 300 * DAY_MS,
        consent: false,
        proofs: 0b1111,
        delegation: None,
        clawback: Clawback::BeforeMaturity,
    }
}

/// The caterer's contract, and this many schools that it serves.
pub struct Meals {
    pub world: World,
}

impl Meals {
    pub fn at(schools: u32, settings: Settings) -> Meals {
        let mut world = World::empty();
        let contract = agreement(CATERER, SettlementKind::TengeAtAcceptance, 500_000_000);
        world.done(city(), &contract);
        world.confirm_details(caterer(), hash(8_000));
        let mut meals = Meals { world };
        let programme = MEALS;
        let parameters = codec::encode(&Parameters(vec![rules()]));
        meals.city(&voucher::Execute::SetProgramme {
            programme,
            settings,
        });
        let policy = Policy {
            contract: MEASURE,
            parameters,
        };
        meals.city(&voucher::Execute::SetPolicy { programme, policy });
        for number in 0..schools {
            meals.serve(OrgId(SCHOOL.0 + number), CATERER);
        }
        meals
    }

    pub fn serve(&mut self, place: OrgId, provider: OrgId) {
        let service = Some(Service {
            provider,
            terminals: CATERER,
            region: 71,
            until: TimeMs(1_830_000_000_000),
        });
        self.city(&voucher::Execute::SetService {
            programme: MEALS,
            place,
            service,
        });
    }

    pub fn by(&mut self, actor: Actor, message: &voucher::Execute) -> TestOutcome {
        let outcome = self.world.env.execute(&actor, VOUCHER, message);
        assert_eq!(outcome.code(), None, "{message:?}: {outcome:?}");
        outcome
    }

    pub fn city(&mut self, message: &voucher::Execute) -> TestOutcome {
        self.by(city(), message)
    }

    /// A pupil of a school.
    pub fn pupil(&mut self, place: OrgId) -> VoucherId {
        let until = TimeMs(self.world.env.time().0 + 100 * DAY_MS);
        let outcome = self.city(&voucher::Execute::Issue {
            index: 0,
            programme: MEALS,
            holder: None,
            entry: Entry {
                place: Some(place),
                amount: Tiyn(100 * PRICE),
                mature_at: until,
                until,
            },
        });
        codec::decode(outcome.output()).unwrap()
    }

    pub fn eats(&mut self, voucher: VoucherId, place: OrgId) {
        let line = Line {
            product: Product::Service(1),
            units: 1,
            price: Tiyn(PRICE),
            listing: None,
        };
        let redeem = voucher::Execute::Redeem {
            voucher,
            place,
            lines: vec![line],
            proof: Proof::Attested,
        };
        self.by(caterer(), &redeem);
    }

    pub fn present(&mut self, place: OrgId, day: u32, present: u32) {
        let attend = voucher::Execute::Attend {
            programme: MEALS,
            place,
            day,
            present,
            marks: Vec::new(),
        };
        self.by(school(place), &attend);
    }

    pub fn calendar(&mut self, place: OrgId, open: u32) {
        let calendar = voucher::Execute::SetCalendar {
            programme: MEALS,
            place,
            month: JANUARY,
            calendar: Calendar { open },
        };
        self.by(school(place), &calendar);
    }

    pub fn findings(&mut self, served: Served, after: Option<(OrgId, u32)>) -> FindingsAnswer {
        let query = voucher::Query::Findings {
            programme: MEALS,
            provider: served.provider,
            period: served.period,
            after,
        };
        codec::decode(&self.world.env.ask(VOUCHER, &query).unwrap()).unwrap()
    }

    pub fn kinds(&mut self) -> Vec<(OrgId, u32, FindingKind)> {
        let served = Served {
            provider: CATERER,
            period: JANUARY,
        };
        let findings = self.findings(served, None);
        findings
            .iter()
            .map(|finding| (finding.place, finding.day, finding.kind))
            .collect()
    }

    /// The month's act, signed by the caterer.
    pub fn signed(&mut self) -> Execute {
        self.world.in_february();
        self.world.sign(THEIR_ACT);
        self.world.accept(THEIR_ACT)
    }
}

/// The acceptance, in spite of these days.
pub fn despite(accept: &Execute, days: &[(OrgId, u32)]) -> Execute {
    let Execute::Accept { act, hash: of, .. } = accept else {
        panic!("{accept:?} accepts")
    };
    Execute::Accept {
        act: *act,
        hash: *of,
        check: None,
        despite: Some(Despite {
            statement: hash(9_500),
            days: days
                .iter()
                .map(|(place, day)| FlawedDay {
                    place: *place,
                    day: *day,
                })
                .collect(),
        }),
    }
}
