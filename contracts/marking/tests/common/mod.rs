//! A small world for the tests: who is who, and short ways to say things.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use senim_abi::marking::msg::{PackView, RestoreLine, SuppliedLine, SupplyLine};
use senim_abi::marking::{
    BatchMark, Day, Execute, Exit, Form, Gtin, Lot, Pack, PackCode, PackId, PackState, Product,
    Query, Serial, Stage, Unit,
};
use senim_abi::{MARKING, PRESCRIPTION};
use senim_sdk::testing::{Actor, TestEnv, TestOutcome};
use senim_sdk::{Outcome, Roles, codec};
use senim_types::{Code, OrgId, Tiyn};

pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;

pub const MAKER: OrgId = OrgId(10);
pub const WHOLESALER: OrgId = OrgId(11);
pub const APTEKA: OrgId = OrgId(20);
pub const OTHER_APTEKA: OrgId = OrgId(21);

/// Paracetamol 500 mg, 20 tablets, at most 1,000 tiyn a pack.
pub const PARACETAMOL: u64 = 4_870_000_000_015;

pub fn gtin() -> Gtin {
    Gtin::new(PARACETAMOL / 10 * 10 + u64::from(Gtin::check_digit(PARACETAMOL / 10))).unwrap()
}

/// Another GTIN, which is not in the catalogue.
pub fn other_gtin() -> Gtin {
    let body = PARACETAMOL / 10 + 1;
    Gtin::new(body * 10 + u64::from(Gtin::check_digit(body))).unwrap()
}

pub fn paracetamol() -> Product {
    Product {
        name: "Parasetamol".into(),
        inn: "N02BE01".parse().unwrap(),
        strength: "500mg".parse().unwrap(),
        form: Form::Tablet,
        unit: Unit::Tablet,
        units_per_pack: 20,
        price_cap: Tiyn(1_000),
        marketed: true,
    }
}

pub fn serial(number: usize) -> Serial {
    format!("SN{number}").parse().unwrap()
}

pub fn lot() -> Lot {
    "L1".parse().unwrap()
}

/// The tests start on 2027-01-15.
pub fn expiry() -> Day {
    "2027-12-31".parse().unwrap()
}

pub fn id(number: usize) -> PackId {
    PackId {
        gtin: gtin(),
        serial: serial(number),
    }
}

pub fn code(number: usize) -> PackCode {
    PackCode {
        gtin: gtin(),
        serial: serial(number),
        lot: lot(),
        expiry: expiry(),
    }
}

pub fn actor(org: OrgId, roles: Roles) -> Actor {
    Actor::new(org.0 as u8, org, roles)
}

pub fn marker() -> Actor {
    actor(OrgId(3), Roles::MARKING_OPERATOR)
}

pub fn regulator() -> Actor {
    actor(OrgId(2), Roles::REGULATOR)
}

pub fn apteka(org: OrgId) -> Actor {
    actor(org, Roles::PHARMACY)
}

pub fn distributor(org: OrgId) -> Actor {
    actor(org, Roles::DISTRIBUTOR)
}

pub struct World {
    pub env: TestEnv,
}

impl World {
    /// The catalogue holds paracetamol; there are no packs.
    pub fn new() -> World {
        let env = TestEnv::new().with(MARKING, senim_contract_marking::run);
        let mut world = World { env };
        world.ok(
            &regulator(),
            Execute::SetProduct {
                gtin: gtin(),
                product: paracetamol(),
            },
        );
        world
    }

    /// Five packs on the shelf of the pharmacy, serials 0 to 4.
    pub fn stocked() -> World {
        let mut world = World::new();
        world.introduce(0..5, APTEKA, Stage::OpeningStock);
        world
    }

    pub fn introduce(&mut self, numbers: std::ops::Range<usize>, at: OrgId, stage: Stage) {
        let serials = numbers.map(serial).collect();
        let message = Execute::Introduce {
            gtin: gtin(),
            lot: lot(),
            expiry: expiry(),
            serials,
            at,
            stage,
        };
        self.ok(&marker(), message);
    }

    pub fn call(&mut self, actor: &Actor, message: Execute) -> TestOutcome {
        self.env.execute(actor, MARKING, &message)
    }

    pub fn ok(&mut self, actor: &Actor, message: Execute) -> TestOutcome {
        let outcome = self.call(actor, message.clone());
        assert_eq!(outcome.code(), None, "{message:?}");
        outcome
    }

    #[track_caller]
    pub fn refused(&mut self, actor: &Actor, message: Execute, code: Code) {
        let before = self.env.state().clone();
        assert_eq!(
            self.call(actor, message.clone()).code(),
            Some(code),
            "{message:?}"
        );
        assert_eq!(&before, self.env.state(), "a refusal changes nothing");
    }

    /// As the prescription contract, on behalf of a device of the pharmacy.
    pub fn as_prescription(&mut self, message: &Execute) -> TestOutcome {
        self.env
            .execute_as(PRESCRIPTION, &apteka(APTEKA), MARKING, message)
    }

    pub fn supply_at(
        &mut self,
        place: OrgId,
        lines: Vec<SupplyLine>,
    ) -> Result<Vec<SuppliedLine>, Code> {
        let outcome = self.as_prescription(&Execute::Supply { place, lines });
        match outcome.code() {
            Some(code) => Err(code),
            None => Ok(codec::decode(outcome.output()).unwrap()),
        }
    }

    /// Supplies units of one pack at the usual price.
    pub fn supply(&mut self, number: usize, units: u32) -> Result<SuppliedLine, Code> {
        self.supply_at(APTEKA, vec![line(number, units)])
            .map(|lines| lines[0])
    }

    pub fn restore(
        &mut self,
        number: usize,
        units: u32,
        cost: Tiyn,
        left: bool,
    ) -> Result<(), Code> {
        let lines = vec![RestoreLine {
            pack: id(number),
            units,
            cost,
            left,
        }];
        let outcome = self.as_prescription(&Execute::Restore {
            place: APTEKA,
            lines,
        });
        outcome.code().map_or(Ok(()), Err)
    }

    pub fn mark(&mut self, mark: BatchMark) {
        self.ok(
            &regulator(),
            Execute::MarkBatch {
                gtin: gtin(),
                lot: lot(),
                mark,
            },
        );
    }

    pub fn remove(&mut self, number: usize, exit: Exit) {
        self.ok(
            &regulator(),
            Execute::Remove {
                packs: vec![id(number)],
                exit,
            },
        );
    }

    pub fn ask(&mut self, query: &Query) -> Outcome {
        self.env.ask(MARKING, query)
    }

    pub fn pack(&mut self, number: usize) -> Pack {
        let answer = self.ask(&Query::Pack { pack: id(number) }).unwrap();
        codec::decode::<PackView>(&answer).unwrap().pack
    }

    pub fn state_of(&mut self, number: usize) -> PackState {
        self.pack(number).state
    }
}

pub fn line(number: usize, units: u32) -> SupplyLine {
    SupplyLine {
        pack: code(number),
        units,
        price: Tiyn(1_000),
    }
}
