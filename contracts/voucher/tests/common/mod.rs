//! A school that a caterer serves, a department that pays, and pupils with vouchers for meals: under one programme the
//! department issues them itself, under the other an office lists the pupils and their parents are asked.
#![allow(dead_code)] // Each test file uses its own part of it.

mod check;
pub mod pad;
pub mod samples;

#[allow(unused_imports, reason = "each test file uses its own part of it")]
pub use check::*;

use senim_abi::civil::UtcOffsets;
use senim_abi::policy::measure::{
    Allow, Clawback, DelegationRule, Parameters, Price, Rules, WHOLE,
};
use senim_abi::policy::{Line, Product};
use senim_abi::treasury::msg::{BudgetAnswer, ClaimAnswer, LockedAnswer};
use senim_abi::treasury::{self, BudgetId};
use senim_abi::voucher::Arms;
use senim_abi::voucher::msg::{Attestation, Channel, Redeemed, VoucherView};
use senim_abi::voucher::proof::{HolderAct, HolderStatement};
use senim_abi::voucher::{
    Calendar, Entry, Execute, Genesis, OfflineBounds, Policy, ProgrammeId, Proof, Query, Service,
    Settings, VoucherEvent, VoucherId, Window,
};
use senim_abi::{REGISTRY, TREASURY, VOUCHER};
use senim_sdk::testing::{Actor, TestEnv, TestOutcome, key_of};
use senim_sdk::{Entry as Entered, Roles, codec};
use senim_types::{Code, ContractId, Hash, OrgId, Statement, TimeMs, Tiyn};

pub const EDUCATION: OrgId = OrgId(10);
pub const OTHER_PAYER: OrgId = OrgId(11);
pub const OFFICE: OrgId = OrgId(12);
pub const PORTAL: OrgId = OrgId(13);
pub const IDENTITY: OrgId = OrgId(14);
pub const WALLETS: OrgId = OrgId(15);
pub const CENTRE: OrgId = OrgId(16);
pub const SCHOOL: OrgId = OrgId(40);
pub const OTHER_SCHOOL: OrgId = OrgId(41);
pub const CATERER: OrgId = OrgId(50);
pub const MEAL_SYSTEM: OrgId = OrgId(60);
pub const LINE: BudgetId = BudgetId(3);
pub const OTHER_LINE: BudgetId = BudgetId(4);
pub const FREE_LINE: BudgetId = BudgetId(5);
/// Another line of the meals' programme.
pub const SECOND_LINE: BudgetId = BudgetId(6);
/// The department issues.
pub const MEALS: ProgrammeId = ProgrammeId(5);
/// Another payer's.
pub const OTHER: ProgrammeId = ProgrammeId(6);
/// An office lists, parents are asked.
pub const FREE_MEALS: ProgrammeId = ProgrammeId(7);
pub const GROUP: u32 = 77;
pub const MEASURE: ContractId = ContractId(1_000);
pub const HOUR_MS: u64 = 60 * 60 * 1000;
pub const DAY_MS: u64 = 24 * HOUR_MS;
pub const PRICE: Tiyn = Tiyn(90_000);
pub const OFFLINE: OfflineBounds = OfflineBounds {
    uses_max: 8,
    ms_max: 3 * DAY_MS,
};
/// 2027-01-15, a Friday: the civil day on which the world begins, at 13:00.
pub const FRIDAY: u32 = 20_833;
/// The parent's key, and the child's.
pub const PARENT: u8 = 9;
pub const CHILD: u8 = 19;

pub fn education() -> Actor {
    Actor::new(1, EDUCATION, Roles::FUND)
}

pub fn other_payer() -> Actor {
    Actor::new(2, OTHER_PAYER, Roles::FUND)
}

pub fn terminal() -> Actor {
    Actor::new(3, MEAL_SYSTEM, Roles::PROVIDER)
}

/// Another terminal of the meal system.
pub fn terminal_2() -> Actor {
    Actor::new(23, MEAL_SYSTEM, Roles::PROVIDER)
}

pub fn caterer() -> Actor {
    Actor::new(4, CATERER, Roles::PROVIDER)
}

pub fn school() -> Actor {
    Actor::new(5, SCHOOL, Roles::SCHOOL)
}

pub fn office() -> Actor {
    Actor::new(6, OFFICE, Roles::DATA_OFFICE)
}

pub fn portal() -> Actor {
    Actor::new(7, PORTAL, Roles::PORTAL)
}

pub fn identity() -> Actor {
    Actor::new(8, IDENTITY, Roles::IDENTITY_SERVICE)
}

pub fn wallets() -> Actor {
    Actor::new(10, WALLETS, Roles::WALLET_SERVICE)
}

pub fn centre() -> Actor {
    Actor::new(11, CENTRE, Roles::SERVICE_CENTRE)
}

pub fn settings() -> Settings {
    Settings {
        open: true,
        budget: LINE,
        office: None,
        portal: None,
        consent: Window {
            remind_ms: 7 * DAY_MS,
            lapse_ms: 30 * DAY_MS,
        },
        activation: None,
        exclusion: None,
        arms: None,
        dispute_ms: 60 * DAY_MS,
        proof_ms_max: 2 * 60 * 1000,
        offsets: UtcOffsets::fixed(300),
        offline: Some(OFFLINE),
        attendance: false,
    }
}

pub fn free_settings() -> Settings {
    Settings {
        budget: FREE_LINE,
        office: Some(OFFICE),
        portal: Some(PORTAL),
        activation: Some(Window {
            remind_ms: 10 * DAY_MS,
            lapse_ms: 40 * DAY_MS,
        }),
        exclusion: Some(GROUP),
        ..settings()
    }
}

pub fn rules() -> Rules {
    Rules {
        providers: Allow::Any,
        regions: Allow::Any,
        products: Allow::Any,
        price: Price::Cap(Tiyn(100_000)),
        share_basis_points: WHOLE,
        citizen_bears_max: None,
        whole_packs: false,
        partial: true,
        amount_max: None,
        uses_max: None,
        uses_per_day_max: Some(1),
        uses_per_month_max: None,
        spent_per_month_max: None,
        weekdays: Rules::EVERY_DAY,
        hours: None,
        calendar: false,
        absent_may: false,
        validity_ms_max: 300 * DAY_MS,
        consent: false,
        proofs: 0b1111,
        delegation: Some(DelegationRule {
            days_max: 200,
            uses_max: 180,
            uses_per_day_max: 1,
        }),
        clawback: Clawback::BeforeMaturity,
    }
}

pub fn free_rules() -> Rules {
    Rules {
        consent: true,
        calendar: true,
        ..rules()
    }
}

pub fn policy(rules: Rules) -> Policy {
    Policy {
        contract: MEASURE,
        parameters: codec::encode(&Parameters(vec![rules])),
    }
}

/// One meal at this price, in tiyn.
pub fn meal(price: Tiyn) -> Vec<Line> {
    vec![Line {
        product: Product::Service(1),
        units: 1,
        price,
        listing: None,
    }]
}

pub fn redeem_with(voucher: VoucherId, price: Tiyn, proof: Proof) -> Execute {
    Execute::Redeem {
        voucher,
        place: SCHOOL,
        lines: meal(price),
        proof,
    }
}

pub fn redeem_message(voucher: VoucherId, price: Tiyn) -> Execute {
    redeem_with(voucher, price, Proof::Attested)
}

/// The contracts, with both programmes set up.
pub struct World {
    pub env: TestEnv,
}

impl World {
    /// With this much on each line, in tiyn.
    pub fn with_budget(amount: u64) -> World {
        let env = TestEnv::new()
            .with(REGISTRY, senim_contract_registry::run)
            .with(TREASURY, senim_contract_treasury::run)
            .with(VOUCHER, senim_contract_voucher::run)
            .with(MEASURE, senim_contract_measure::run);
        let mut world = World { env };
        world.genesis(REGISTRY, &pad::enrolled());
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
        lines.extend(line(OTHER_LINE, OTHER_PAYER, OTHER, 2));
        lines.extend(line(FREE_LINE, EDUCATION, FREE_MEALS, 3));
        lines.extend(line(SECOND_LINE, EDUCATION, MEALS, 4));
        world.genesis(TREASURY, &treasury::Genesis(lines));
        let mut setup = Vec::new();
        for (programme, settings, rules) in [
            (MEALS, settings(), rules()),
            (FREE_MEALS, free_settings(), free_rules()),
        ] {
            setup.push(Execute::SetProgramme {
                programme,
                settings,
            });
            setup.push(Execute::SetPolicy {
                programme,
                policy: policy(rules),
            });
            setup.push(set_service(programme, SCHOOL, Some(world.service())));
        }
        let month = UtcOffsets::fixed(300).month_of(world.env.time());
        setup.push(Execute::SetCalendar {
            programme: FREE_MEALS,
            place: SCHOOL,
            month,
            calendar: Calendar { open: u32::MAX },
        });
        world.genesis(VOUCHER, &Genesis(setup));
        world
    }

    pub fn new() -> World {
        World::with_budget(1_000_000_000)
    }

    pub fn genesis<M: borsh::BorshSerialize>(&mut self, contract: ContractId, message: &M) {
        let outcome = self
            .env
            .by_ledger(contract, Entered::Genesis, &codec::encode(message));
        assert_eq!(outcome.code(), None, "{outcome:?}");
    }

    pub fn service(&self) -> Service {
        Service {
            provider: CATERER,
            terminals: MEAL_SYSTEM,
            region: 71,
            until: self.in_days(250),
        }
    }

    pub fn in_days(&self, days: u64) -> TimeMs {
        TimeMs(self.env.time().0 + days * DAY_MS)
    }

    pub fn by(&mut self, actor: Actor, message: &Execute) -> TestOutcome {
        self.env.execute(&actor, VOUCHER, message)
    }

    /// A message with what people's keys signed.
    pub fn signed(
        &mut self,
        actor: Actor,
        message: &Execute,
        witnesses: &[Statement],
    ) -> TestOutcome {
        let calls = [(VOUCHER, codec::encode(message))];
        self.env.submit(&actor, &calls, witnesses)
    }

    pub fn done(&mut self, actor: Actor, message: &Execute) -> TestOutcome {
        let outcome = self.by(actor, message);
        assert_eq!(outcome.code(), None, "{message:?}: {outcome:?}");
        outcome
    }

    pub fn entry(&self, amount: Tiyn) -> Entry {
        Entry {
            place: Some(SCHOOL),
            amount,
            mature_at: self.in_days(100),
            until: self.in_days(200),
        }
    }

    pub fn issue_message(&self, amount: Tiyn) -> Execute {
        Execute::Issue {
            index: 0,
            programme: MEALS,
            holder: Some(key_of(PARENT)),
            entry: self.entry(amount),
        }
    }

    /// A voucher for this many meals at the highest price.
    pub fn issued(&mut self, meals: u64) -> VoucherId {
        let message = self.issue_message(Tiyn(meals * 100_000));
        let outcome = self.done(education(), &message);
        codec::decode(outcome.output()).unwrap()
    }

    /// So many pupils, listed for ten meals each.
    pub fn listed(&mut self, pupils: u16) -> Vec<VoucherId> {
        let message = self.list_message(pupils);
        let transaction = self.env.next_transaction();
        self.done(office(), &message);
        (0..pupils)
            .map(|index| VoucherId::derive(&transaction, index))
            .collect()
    }

    pub fn list_message(&self, pupils: u16) -> Execute {
        Execute::List {
            programme: FREE_MEALS,
            index: 0,
            entries: vec![self.entry(Tiyn(1_000_000)); pupils.into()],
        }
    }

    /// A listed pupil whose nullifier is known.
    pub fn attested(&mut self) -> VoucherId {
        let voucher = self.listed(1)[0];
        self.done(identity(), &attest(voucher, 1));
        voucher
    }

    /// A pupil whose parent was asked.
    pub fn offered(&mut self) -> VoucherId {
        let voucher = self.attested();
        let vouchers = vec![voucher];
        self.done(portal(), &Execute::Offer { vouchers });
        voucher
    }

    /// Another person whose parent was asked.
    pub fn offered_to(&mut self, person: u8) -> VoucherId {
        let voucher = self.listed(1)[0];
        self.done(identity(), &attest(voucher, person));
        let vouchers = vec![voucher];
        self.done(portal(), &Execute::Offer { vouchers });
        voucher
    }

    /// One whose parent said yes, and whose voucher waits for its activation.
    pub fn consented(&mut self) -> VoucherId {
        let voucher = self.offered();
        self.done(portal(), &answer(voucher, true));
        voucher
    }

    /// One whose voucher is bound to the parent's key and active.
    pub fn activated(&mut self) -> VoucherId {
        let voucher = self.consented();
        self.done(identity(), &bind(voucher, PARENT));
        let outcome = self.holder_acts(voucher, HolderAct::Activate);
        assert_eq!(outcome.code(), None, "{outcome:?}");
        voucher
    }

    /// An act that the parent's key signs now.
    pub fn holder_acts(&mut self, voucher: VoucherId, act: HolderAct) -> TestOutcome {
        let statement = HolderStatement {
            voucher,
            at: self.env.time(),
            act,
        };
        let witness = statement.by(key_of(PARENT));
        self.signed(wallets(), &Execute::ByHolder { statement }, &[witness])
    }

    pub fn redeem(&mut self, voucher: VoucherId) -> TestOutcome {
        self.by(terminal(), &redeem_message(voucher, PRICE))
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

    /// The answer to a question of another kind.
    pub fn asked<T: borsh::BorshDeserialize + borsh::BorshSerialize>(
        &mut self,
        query: &Query,
    ) -> T {
        codec::decode(&self.env.ask(VOUCHER, query).unwrap()).unwrap()
    }

    /// Of a line: available, locked by the voucher contract.
    pub fn money_of(&mut self, budget: BudgetId) -> (u128, u128) {
        let line: BudgetAnswer = self.treasury(&treasury::Query::Budget { budget });
        let locked: LockedAnswer = self.treasury(&treasury::Query::Locked {
            budget,
            contract: VOUCHER,
        });
        let line = line.unwrap();
        assert_eq!(line.pending, locked, "nobody else has anything reserved");
        (line.available().0, locked.0)
    }

    /// Of the line of the programme whose vouchers the department issues.
    pub fn money(&mut self) -> (u128, u128) {
        self.money_of(LINE)
    }

    /// What the caterer is owed over all months and programmes, in tiyn.
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
