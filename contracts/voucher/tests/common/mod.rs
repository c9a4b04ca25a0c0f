//! A school that a caterer serves, a fund that pays, and a pupil with a voucher for meals.
#![allow(dead_code)] // Each test file uses its own part of it.

use senim_abi::civil::UtcOffsets;
use senim_abi::treasury::msg::{BudgetAnswer, ClaimAnswer, LockedAnswer};
use senim_abi::treasury::{self, BudgetId};
use senim_abi::voucher::msg::{Redeemed, VoucherView};
use senim_abi::voucher::{Execute, Genesis, ProgrammeId, Query, Rules, Service, VoucherId};
use senim_abi::{TREASURY, VOUCHER};
use senim_sdk::testing::{Actor, TestEnv, TestOutcome, key_of};
use senim_sdk::{Entry, Roles, codec};
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn};

pub const EDUCATION: OrgId = OrgId(10);
pub const OTHER_PAYER: OrgId = OrgId(11);
pub const SCHOOL: OrgId = OrgId(40);
pub const OTHER_SCHOOL: OrgId = OrgId(41);
pub const CATERER: OrgId = OrgId(50);
pub const MEAL_SYSTEM: OrgId = OrgId(60);
pub const LINE: BudgetId = BudgetId(3);
pub const OTHER_LINE: BudgetId = BudgetId(4);
pub const MEALS: ProgrammeId = ProgrammeId(5);
pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;
pub const PRICE: Tiyn = Tiyn(90_000);

pub fn education() -> Actor {
    Actor::new(1, EDUCATION, Roles::FUND)
}

pub fn other_payer() -> Actor {
    Actor::new(2, OTHER_PAYER, Roles::FUND)
}

pub fn terminal() -> Actor {
    Actor::new(3, MEAL_SYSTEM, Roles::PROVIDER)
}

pub fn caterer() -> Actor {
    Actor::new(4, CATERER, Roles::PROVIDER)
}

pub fn rules() -> Rules {
    Rules {
        open: true,
        budget: LINE,
        price_max: Tiyn(100_000),
        uses_per_day_max: 1,
        validity_ms_max: 300 * DAY_MS,
        dispute_ms: 60 * DAY_MS,
        offsets: UtcOffsets::fixed(300),
    }
}

/// The voucher contract and the treasury, with the programme set up.
pub struct World {
    pub env: TestEnv,
}

impl World {
    /// With this much on the line, in tiyn.
    pub fn with_budget(amount: u64) -> World {
        let env = TestEnv::new()
            .with(TREASURY, senim_contract_treasury::run)
            .with(VOUCHER, senim_contract_voucher::run);
        let mut world = World { env };
        let line = |budget, payer, programme, number: u64| {
            [
                treasury::Execute::OpenBudget {
                    budget,
                    payer,
                    programme,
                    callers: vec![VOUCHER],
                    offsets: UtcOffsets::fixed(300),
                },
                treasury::Execute::Allot {
                    id: Hash::of(&number.to_be_bytes()),
                    budget,
                    amount: Tiyn(amount),
                },
            ]
        };
        let mut lines = line(LINE, EDUCATION, MEALS, 1).to_vec();
        lines.extend(line(OTHER_LINE, OTHER_PAYER, ProgrammeId(6), 2));
        world.genesis(TREASURY, &treasury::Genesis(lines));
        let setup = vec![
            Execute::SetProgramme {
                programme: MEALS,
                rules: rules(),
            },
            set_service(SCHOOL, Some(world.service())),
        ];
        world.genesis(VOUCHER, &Genesis(setup));
        world
    }

    pub fn new() -> World {
        World::with_budget(1_000_000_000)
    }

    fn genesis<M: borsh::BorshSerialize>(
        &mut self,
        contract: senim_types::ContractId,
        message: &M,
    ) {
        let outcome = self
            .env
            .by_ledger(contract, Entry::Genesis, &codec::encode(message));
        assert_eq!(outcome.code(), None, "{outcome:?}");
    }

    pub fn service(&self) -> Service {
        Service {
            provider: CATERER,
            terminals: MEAL_SYSTEM,
            until: self.in_days(250),
        }
    }

    pub fn in_days(&self, days: u64) -> TimeMs {
        TimeMs(self.env.time().0 + days * DAY_MS)
    }

    pub fn by(&mut self, actor: Actor, message: &Execute) -> TestOutcome {
        self.env.execute(&actor, VOUCHER, message)
    }

    pub fn issue_message(&self, amount: Tiyn) -> Execute {
        Execute::Issue {
            index: 0,
            programme: MEALS,
            holder: key_of(9),
            place: SCHOOL,
            amount,
            until: self.in_days(200),
        }
    }

    /// A voucher for this many meals at the highest price.
    pub fn issued(&mut self, meals: u64) -> VoucherId {
        let message = self.issue_message(Tiyn(meals * 100_000));
        let outcome = self.by(education(), &message);
        assert_eq!(outcome.code(), None, "{outcome:?}");
        codec::decode(outcome.output()).unwrap()
    }

    pub fn redeem(&mut self, voucher: VoucherId) -> TestOutcome {
        self.by(
            terminal(),
            &Execute::Redeem {
                voucher,
                price: PRICE,
            },
        )
    }

    pub fn redeemed(&mut self, voucher: VoucherId) -> Redeemed {
        let outcome = self.redeem(voucher);
        assert_eq!(outcome.code(), None, "{outcome:?}");
        codec::decode(outcome.output()).unwrap()
    }

    pub fn view(&mut self, voucher: VoucherId) -> Result<VoucherView, Code> {
        let answer = self.env.ask(VOUCHER, &Query::Voucher { voucher });
        answer
            .map(|bytes| codec::decode(&bytes).unwrap())
            .map_err(|refusal| refusal.code)
    }

    /// Of the line: available, locked by the voucher contract.
    pub fn money(&mut self) -> (u128, u128) {
        let line: BudgetAnswer = self.treasury(&treasury::Query::Budget { budget: LINE });
        let locked: LockedAnswer = self.treasury(&treasury::Query::Locked {
            budget: LINE,
            contract: VOUCHER,
        });
        let line = line.unwrap();
        assert_eq!(line.pending, locked, "nobody else has anything reserved");
        (line.available().0, locked.0)
    }

    /// What the caterer is owed over all months, in tiyn.
    pub fn owed(&mut self) -> u128 {
        let pages: treasury::msg::ClaimPage = self.treasury(&treasury::Query::Claims {
            provider: CATERER,
            after: None,
        });
        pages.iter().map(|(.., claim)| claim.owed().0).sum()
    }

    /// The caterer's claim of the month of now.
    pub fn claim(&mut self) -> ClaimAnswer {
        let period = UtcOffsets::fixed(300).month_of(self.env.time());
        self.treasury(&treasury::Query::Claim {
            provider: CATERER,
            programme: MEALS,
            period,
        })
    }

    fn treasury<T: borsh::BorshDeserialize + borsh::BorshSerialize>(
        &mut self,
        question: &treasury::Query,
    ) -> T {
        codec::decode(&self.env.ask(TREASURY, question).unwrap()).unwrap()
    }
}

pub fn set_service(place: OrgId, service: Option<Service>) -> Execute {
    Execute::SetService {
        programme: MEALS,
        place,
        service,
    }
}
