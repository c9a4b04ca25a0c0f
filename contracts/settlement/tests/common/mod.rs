//! A city that pays, a caterer and a pharmacy with contracts, and a contract that posts what they did.
#![allow(dead_code)] // Each test file uses its own part of it.

pub mod meals;

use borsh::BorshDeserialize;
use senim_abi::civil::{Month, UtcOffsets};
use senim_abi::settlement::msg::{ActAnswer, AgreementAnswer, DetailsAnswer};
use senim_abi::settlement::{
    Act, ActId, Agreement, CorrectionLine, Details, DisputeReason, Execute, MessageId, ProgrammeId,
    Query, SettlementEvent, SettlementKind,
};
use senim_abi::treasury::msg::{ClaimAnswer, OutstandingAnswer, PurseAnswer, TermsAnswer};
use senim_abi::treasury::{self, BudgetId, Claim, Terms};
use senim_abi::{MEASURE, PRESCRIPTION, SETTLEMENT, TREASURY, VOUCHER};
use senim_sdk::testing::{Actor, TestEnv, TestOutcome};
use senim_sdk::{Entry, Roles, codec};
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn};

pub const CITY: OrgId = OrgId(10);
pub const OTHER_PAYER: OrgId = OrgId(11);
pub const CATERER: OrgId = OrgId(50);
pub const PHARMACY: OrgId = OrgId(51);
pub const LINE: BudgetId = BudgetId(3);
pub const OTHER_LINE: BudgetId = BudgetId(4);
pub const MEALS: ProgrammeId = ProgrammeId(5);
/// The contract that posts: the line names it.
pub const POSTER: senim_types::ContractId = PRESCRIPTION;
pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;
pub const ALLOTTED: u64 = 1_000_000_000;
pub const VAT: u16 = 1_600;
/// 2027-01-15 08:00 UTC, where the test double begins.
pub const JANUARY: Month = Month::new(2027, 1);
pub const FEBRUARY: Month = Month::new(2027, 2);

pub fn city() -> Actor {
    Actor::new(1, CITY, Roles::FUND)
}

pub fn city_second() -> Actor {
    Actor::new(2, CITY, Roles::FUND)
}

pub fn other_payer() -> Actor {
    Actor::new(3, OTHER_PAYER, Roles::FUND)
}

pub fn caterer() -> Actor {
    Actor::new(4, CATERER, Roles::PROVIDER)
}

pub fn pharmacy() -> Actor {
    Actor::new(5, PHARMACY, Roles::PHARMACY)
}

pub fn hash(number: u64) -> Hash {
    Hash::of(&number.to_be_bytes())
}

pub const fn act_of(provider: OrgId, period: Month, number: u8) -> ActId {
    ActId {
        programme: MEALS,
        provider,
        period,
        number,
    }
}

/// A contract in force for a year around the start.
pub fn agreement(provider: OrgId, kind: SettlementKind, ceiling: u64) -> Execute {
    agreement_with(|it| {
        (it.provider, it.kind, it.ceiling) = (provider, kind, Tiyn(ceiling));
    })
}

/// What a contract says.
pub struct Parts {
    pub programme: ProgrammeId,
    pub provider: OrgId,
    pub document: Hash,
    pub from: TimeMs,
    pub until: TimeMs,
    pub ceiling: Tiyn,
    pub vat_basis_points: u16,
    pub kind: SettlementKind,
}

/// The caterer's contract, paid at acceptance, with something changed.
pub fn agreement_with(change: impl FnOnce(&mut Parts)) -> Execute {
    let mut parts = Parts {
        programme: MEALS,
        provider: CATERER,
        document: hash(7_000),
        from: TimeMs(1_790_000_000_000),
        until: TimeMs(1_830_000_000_000),
        ceiling: Tiyn(500_000),
        vat_basis_points: VAT,
        kind: SettlementKind::TengeAtAcceptance,
    };
    change(&mut parts);
    Execute::SetAgreement {
        programme: parts.programme,
        provider: parts.provider,
        document: parts.document,
        from: parts.from,
        until: parts.until,
        ceiling: parts.ceiling,
        vat_basis_points: parts.vat_basis_points,
        kind: parts.kind,
    }
}

/// Treasury and settlement, the city's line with money.
pub struct World {
    pub env: TestEnv,
}

impl World {
    pub fn empty() -> World {
        let env = TestEnv::new()
            .with(TREASURY, senim_contract_treasury::run)
            .with(SETTLEMENT, senim_contract_settlement::run)
            .with(VOUCHER, senim_contract_voucher::run)
            .with(MEASURE, senim_contract_measure::run);
        let mut world = World { env };
        let line = |budget, payer, programme, number: u64| {
            [
                treasury::Execute::OpenBudget {
                    budget,
                    payer,
                    programme,
                    callers: vec![POSTER, VOUCHER],
                    offsets: UtcOffsets::fixed(300),
                },
                treasury::Execute::Allot {
                    id: hash(number),
                    budget,
                    amount: Tiyn(ALLOTTED),
                },
            ]
        };
        let mut lines = line(LINE, CITY, MEALS, 1).to_vec();
        lines.extend(line(OTHER_LINE, OTHER_PAYER, ProgrammeId(6), 2));
        let genesis = codec::encode(&treasury::Genesis(lines));
        let made = world.env.by_ledger(TREASURY, Entry::Genesis, &genesis);
        assert_eq!(made.code(), None);
        world
    }

    /// With the caterer's contract of this kind, and its details confirmed.
    pub fn of(kind: SettlementKind) -> World {
        let mut world = World::empty();
        world.done(city(), &agreement(CATERER, kind, 500_000));
        world.confirm_details(caterer(), hash(8_000));
        world
    }

    pub fn confirm_details(&mut self, provider: Actor, details: Hash) {
        let payer = CITY;
        self.done(provider, &Execute::ProposeDetails { payer, details });
        let provider = provider.org;
        self.done(city(), &Execute::ApproveDetails { provider, details });
        self.done(
            city_second(),
            &Execute::ApproveDetails { provider, details },
        );
    }

    pub fn by(&mut self, actor: Actor, message: &Execute) -> TestOutcome {
        self.env.execute(&actor, SETTLEMENT, message)
    }

    #[track_caller]
    pub fn done(&mut self, actor: Actor, message: &Execute) -> Vec<SettlementEvent> {
        let outcome = self.by(actor, message);
        assert_eq!(outcome.code(), None, "{message:?}");
        events(&outcome)
    }

    #[track_caller]
    pub fn refused(&mut self, actor: Actor, message: &Execute, code: Code) {
        assert_eq!(self.by(actor, message).code(), Some(code), "{message:?}");
    }

    /// A redemption of the caterer's, as the programme's contract posts it.
    pub fn post(&mut self, number: u64, amount: u64) -> TestOutcome {
        self.post_to(CATERER, number, amount)
    }

    pub fn post_to(&mut self, provider: OrgId, number: u64, amount: u64) -> TestOutcome {
        let pay = treasury::Execute::Pay {
            id: hash(number),
            budget: LINE,
            provider,
            amount: Tiyn(amount),
            reference: hash(number + 1_000_000),
        };
        self.env.execute_as(POSTER, &caterer(), TREASURY, &pay)
    }

    #[track_caller]
    pub fn posted(&mut self, number: u64, amount: u64) {
        assert_eq!(self.post(number, amount).code(), None);
    }

    pub fn reverse(&mut self, number: u64) -> TestOutcome {
        let reverse = treasury::Execute::Reverse { id: hash(number) };
        self.env.execute_as(POSTER, &caterer(), TREASURY, &reverse)
    }

    /// On to this many days after the start, serving what is due.
    pub fn on_day(&mut self, day: u64) {
        let from = self.env.time().0;
        self.env
            .advance((1_800_000_000_000 + day * DAY_MS).saturating_sub(from));
        for (due, outcome) in self.env.serve_due() {
            assert_eq!(outcome.code(), None, "{due:?}");
        }
    }

    /// The start of February, with January's act made.
    pub fn in_february(&mut self) {
        self.on_day(17);
    }

    fn ask<T: BorshDeserialize>(&mut self, question: &Query) -> T {
        let answer = self.env.ask(SETTLEMENT, question).unwrap();
        T::try_from_slice(&answer).unwrap()
    }

    fn ask_treasury<T: BorshDeserialize>(&mut self, question: &treasury::Query) -> T {
        let answer = self.env.ask(TREASURY, question).unwrap();
        T::try_from_slice(&answer).unwrap()
    }

    pub fn find(&mut self, act: ActId) -> Option<Act> {
        let answer: ActAnswer = self.ask(&Query::Act { act });
        answer
    }

    #[track_caller]
    pub fn act(&mut self, act: ActId) -> Act {
        self.find(act).expect("there is an act")
    }

    pub fn acts(&mut self) -> Vec<Act> {
        self.ask(&Query::Acts {
            programme: MEALS,
            after: None,
        })
    }

    pub fn agreement(&mut self, provider: OrgId) -> Option<Agreement> {
        let answer: AgreementAnswer = self.ask(&Query::Agreement {
            programme: MEALS,
            provider,
        });
        answer
    }

    pub fn details(&mut self) -> Details {
        let answer: DetailsAnswer = self.ask(&Query::Details {
            payer: CITY,
            provider: CATERER,
        });
        answer
    }

    pub fn claim(&mut self, period: Month) -> Claim {
        let answer: ClaimAnswer = self.ask_treasury(&treasury::Query::Claim {
            provider: CATERER,
            programme: MEALS,
            period,
        });
        answer.unwrap_or_default()
    }

    pub fn terms(&mut self) -> Terms {
        let answer: TermsAnswer = self.ask_treasury(&treasury::Query::Terms {
            programme: MEALS,
            provider: CATERER,
        });
        answer.expect("the caterer has a contract")
    }

    /// What counts under the caterer's contract, in tiyn, if it has one.
    pub fn counted(&mut self) -> u128 {
        let answer: TermsAnswer = self.ask_treasury(&treasury::Query::Terms {
            programme: MEALS,
            provider: CATERER,
        });
        answer.map_or(0, |terms| terms.posted.0)
    }

    /// Of which month the claim is negative.
    pub fn debt(&mut self) -> Option<Month> {
        let answer: OutstandingAnswer = self.ask_treasury(&treasury::Query::Outstanding {
            programme: MEALS,
            provider: CATERER,
        });
        answer.debt
    }

    pub fn purse(&mut self) -> u128 {
        let answer: PurseAnswer = self.ask_treasury(&treasury::Query::Purse { provider: CATERER });
        answer.balance().0
    }

    /// Has the caterer sign an act.
    pub fn sign(&mut self, act: ActId) {
        let hash = self.act(act).body.hash();
        self.done(caterer(), &Execute::Sign { act, hash });
    }

    pub fn accept(&mut self, act: ActId) -> Execute {
        let hash = self.act(act).body.hash();
        Execute::Accept {
            act,
            hash,
            check: None,
            despite: None,
        }
    }

    pub fn dispute(&mut self, act: ActId, lines: &[u64]) -> Execute {
        Execute::Dispute {
            act,
            hash: self.act(act).body.hash(),
            reason: DisputeReason::NotDelivered,
            statement: hash(9_000),
            lines: lines.iter().map(|line| hash(*line)).collect(),
        }
    }
}

pub fn correct(act: ActId, lines: &[(u64, u64)]) -> Execute {
    let lines: Vec<_> = lines
        .iter()
        .map(|(number, amount)| (*number, *amount, VAT))
        .collect();
    correct_at(act, &lines)
}

/// The same, with the rate of each line's VAT.
pub fn correct_at(act: ActId, lines: &[(u64, u64, u16)]) -> Execute {
    let lines = lines
        .iter()
        .map(|(number, amount, vat_basis_points)| CorrectionLine {
            issuer: POSTER,
            transfer: hash(*number),
            budget: LINE,
            amount: Tiyn(*amount),
            vat_basis_points: *vat_basis_points,
        })
        .collect();
    Execute::Correct { act, lines }
}

pub fn order(act: ActId, attempt: u8, file: u64) -> Execute {
    Execute::OrderPayment {
        act,
        attempt,
        file: hash(file),
        message_id: message_id(file),
        details: hash(8_000),
    }
}

/// The message id of a file.
pub fn message_id(file: u64) -> MessageId {
    MessageId(u128::from(file).to_be_bytes())
}

pub fn give_back(act: ActId, attempt: u8, amount: u64) -> Execute {
    Execute::ReturnPayment {
        act,
        attempt,
        amount: Tiyn(amount),
        message: hash(6_002),
        reason: *b"AC04",
    }
}

pub fn confirm(act: ActId, attempt: u8, amount: u64) -> Execute {
    Execute::ConfirmPayment {
        act,
        attempt,
        amount: Tiyn(amount),
        message: hash(6_000),
    }
}

pub fn fail(act: ActId, attempt: u8) -> Execute {
    Execute::FailPayment {
        act,
        attempt,
        message: hash(6_001),
        reason: *b"AC04",
    }
}

pub fn leave(number: u64, amount: u64) -> treasury::Execute {
    treasury::Execute::Leave {
        id: hash(number),
        amount: Tiyn(amount),
    }
}

/// The settlement contract's events among those of a transaction.
pub fn events(outcome: &TestOutcome) -> Vec<SettlementEvent> {
    let own = outcome
        .events
        .iter()
        .filter(|event| event.contract == SETTLEMENT);
    own.map(|event| {
        let read = SettlementEvent::try_from_slice(&event.body).unwrap();
        assert_eq!(event.kind, read.kind());
        read
    })
    .collect()
}
