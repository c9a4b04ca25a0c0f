//! A small world for the tests: two service centres, a fund, and what the prescription contract asks.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use senim_abi::card::msg::KeyAnswer;
use senim_abi::card::record::CardKey;
use senim_abi::card::{Category, Execute, Genesis, ProgrammeId, Query};
use senim_abi::prescription::GroupId;
use senim_abi::{CARD, PRESCRIPTION};
use senim_sdk::testing::{Actor, TestEnv, TestOutcome, key_of};
use senim_sdk::{Entry, Roles, codec};
use senim_types::{Code, Hash, OrgId, PublicKey, TimeMs};

pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;
pub const CENTRE: OrgId = OrgId(30);
pub const OTHER_CENTRE: OrgId = OrgId(31);
/// The programme that the tests prescribe under.
pub const PROGRAMME: ProgrammeId = ProgrammeId(7);
/// A category that it serves, and one that it does not.
pub const SERVED: Category = Category(4);
pub const NOT_SERVED: Category = Category(5);
pub const GROUP: GroupId = GroupId(Hash([0xaa; 32]));
pub const OTHER_GROUP: GroupId = GroupId(Hash([0xbb; 32]));

pub fn centre() -> Actor {
    Actor::new(30, CENTRE, Roles::SERVICE_CENTRE)
}

pub fn other_centre() -> Actor {
    Actor::new(31, OTHER_CENTRE, Roles::SERVICE_CENTRE)
}

pub fn clinic() -> Actor {
    Actor::new(4, OrgId(4), Roles::CLINIC)
}

pub struct World {
    pub env: TestEnv,
}

impl World {
    /// One programme that serves one category.
    pub fn new() -> World {
        let mut env = TestEnv::new().with(CARD, senim_contract_card::run);
        let serve = Execute::SetProgramme {
            programme: PROGRAMME,
            categories: 1 << SERVED.0,
        };
        let input = codec::encode(&Genesis(vec![serve]));
        assert_eq!(env.by_ledger(CARD, Entry::Genesis, &input).code(), None);
        World { env }
    }

    /// With the first key registered.
    pub fn with_key() -> World {
        let mut world = World::new();
        let register = world.register(vec![key_of(1)]);
        assert_eq!(world.by(centre(), &register), Ok(()));
        world
    }

    /// In a year.
    pub fn until(&self) -> TimeMs {
        TimeMs(self.env.time().0 + 365 * DAY_MS)
    }

    pub fn register(&self, keys: Vec<PublicKey>) -> Execute {
        Execute::Register {
            keys,
            category: SERVED,
            entitled_until: self.until(),
        }
    }

    pub fn by(&mut self, actor: Actor, message: &Execute) -> Result<(), Code> {
        step(&self.env.execute(&actor, CARD, message))
    }

    /// What the prescription contract does when a clinic issues.
    pub fn bind(&mut self, key: PublicKey, group: GroupId) -> Result<(), Code> {
        let programme = PROGRAMME;
        let bind = Execute::Bind {
            key,
            group,
            programme,
        };
        step(&self.env.execute_as(PRESCRIPTION, &clinic(), CARD, &bind))
    }

    /// What the prescription contract asks when a card is at a terminal.
    pub fn check(&mut self, key: PublicKey) -> Result<(), Code> {
        let programme = PROGRAMME;
        let answer = self.env.ask(CARD, &Query::Check { key, programme });
        answer.map(|_| ()).map_err(|refusal| refusal.code)
    }

    pub fn key(&mut self, key: PublicKey) -> Option<CardKey> {
        let answer = self.env.ask(CARD, &Query::Key { key }).unwrap();
        codec::decode::<KeyAnswer>(&answer).unwrap()
    }
}

pub fn step(outcome: &TestOutcome) -> Result<(), Code> {
    outcome.code().map_or(Ok(()), Err)
}
