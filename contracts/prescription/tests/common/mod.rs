//! A small world for the tests: a fund, a clinic, four pharmacies, packs on their shelves, and short
//! ways to say what each of them does.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

pub mod samples;
pub mod sharing;
pub mod steps;

use senim_abi::civil::UtcOffsets;
use senim_abi::marking::msg::{self as marking, PackView};
use senim_abi::marking::{
    Day, Form, Gtin, InnCode, Lot, PackCode, PackId, PackState, Product, Serial, Stage, Unit,
};
use senim_abi::prescription::msg::{Execute, GroupView, Query};
use senim_abi::prescription::{
    Genesis, Group, GroupId, ItemStatus, MedicineRule, NewItem, PrescriberId, PrescriberRight,
    ProgrammeId, ProofKinds, Provider, Rules, Settlement, Share,
};
use senim_abi::treasury::{self, Budget, BudgetId};
use senim_abi::{CARD, MARKING, PRESCRIPTION, TREASURY, card as cards};
use senim_sdk::testing::{Actor, TestEnv, TestOutcome, key_of};
use senim_sdk::{Entry, Roles, codec};
use senim_types::{Code, Hash, OrgId, PublicKey, Statement, TimeMs, Tiyn};

pub const MINUTE_MS: u64 = 60 * 1000;
pub const HOUR_MS: u64 = 60 * MINUTE_MS;
pub const DAY_MS: u64 = 24 * HOUR_MS;

pub const FUND: OrgId = OrgId(1);
pub const CLINIC: OrgId = OrgId(4);
pub const MAKER: OrgId = OrgId(10);
/// A private pharmacy: paid.
pub const APTEKA: OrgId = OrgId(20);
/// Another one.
pub const OTHER_APTEKA: OrgId = OrgId(21);
/// The clinic's own pharmacy: state-bought stock, nobody is paid.
pub const CLINIC_APTEKA: OrgId = OrgId(22);
/// A pharmacy without a contract.
pub const STRANGER: OrgId = OrgId(23);

pub const PROGRAMME: ProgrammeId = ProgrammeId(7);
pub const BUDGET: BudgetId = BudgetId(70);
/// Money of the budget line at the start, in tiyn.
pub const ALLOTTED: u64 = 1_000_000;
/// The category of the person's card.
pub const CATEGORY: cards::Category = cards::Category(4);
pub const DOCTOR: PrescriberId = PrescriberId(5);

/// The person's one-time key.
pub fn holder() -> PublicKey {
    key_of(200)
}

/// The key that the person's card has for the prescription.
pub fn card() -> PublicKey {
    key_of(201)
}

/// The key printed on the paper.
pub fn paper() -> PublicKey {
    key_of(202)
}

/// The ephemeral key in the QR.
pub fn ephemeral() -> PublicKey {
    key_of(203)
}

/// The hold key of a pharmacy.
pub fn hold_key(org: OrgId) -> PublicKey {
    key_of(100 + org.0 as u8)
}

pub fn apteka(org: OrgId) -> Actor {
    Actor::new(org.0 as u8, org, Roles::PHARMACY)
}

pub fn clinic() -> Actor {
    Actor::new(4, CLINIC, Roles::CLINIC)
}

pub fn fund() -> Actor {
    Actor::new(1, FUND, Roles::FUND)
}

pub fn wallet_service() -> Actor {
    Actor::new(5, OrgId(5), Roles::WALLET_SERVICE)
}

pub fn identity_service() -> Actor {
    Actor::new(6, OrgId(6), Roles::IDENTITY_SERVICE)
}

/// Where people get their cards.
pub fn service_centre() -> Actor {
    Actor::new(8, OrgId(8), Roles::SERVICE_CENTRE)
}

pub fn operator() -> Actor {
    Actor::new(7, OrgId(7), Roles::OPERATOR)
}

pub fn marker() -> Actor {
    Actor::new(3, OrgId(3), Roles::MARKING_OPERATOR)
}

pub fn regulator() -> Actor {
    Actor::new(2, OrgId(2), Roles::REGULATOR)
}

pub fn maker() -> Actor {
    Actor::new(10, MAKER, Roles::DISTRIBUTOR)
}

fn gtin_of(body: u64) -> Gtin {
    Gtin::new(body * 10 + u64::from(Gtin::check_digit(body))).unwrap()
}

pub fn paracetamol() -> InnCode {
    "N02BE01".parse().unwrap()
}

pub fn amoxicillin() -> InnCode {
    "J01CA04".parse().unwrap()
}

/// 20 tablets of 500 mg, at most 1,000 tiyn.
pub fn paracetamol_gtin() -> Gtin {
    gtin_of(487_000_000_001)
}

/// The same medicine by another maker, in packs of 10.
pub fn other_paracetamol_gtin() -> Gtin {
    gtin_of(487_000_000_003)
}

/// 16 capsules of 250 mg, at most 3,200 tiyn.
pub fn amoxicillin_gtin() -> Gtin {
    gtin_of(487_000_000_002)
}

pub fn serial(org: OrgId, number: usize) -> Serial {
    format!("{}-{number}", org.0).parse().unwrap()
}

pub fn lot() -> Lot {
    "L1".parse().unwrap()
}

pub fn expiry() -> Day {
    "2027-12-31".parse().unwrap()
}

/// The pharmacy's pack of paracetamol with this number.
pub fn pack(org: OrgId, number: usize) -> PackCode {
    let (gtin, serial) = (paracetamol_gtin(), serial(org, number));
    PackCode {
        gtin,
        serial,
        lot: lot(),
        expiry: expiry(),
    }
}

/// The pharmacy's pack of amoxicillin with this number.
pub fn amoxicillin_pack(org: OrgId, number: usize) -> PackCode {
    PackCode {
        gtin: amoxicillin_gtin(),
        ..pack(org, number)
    }
}

fn product(name: &str, inn: InnCode, strength: &str) -> Product {
    let is_tablet = inn == paracetamol();
    Product {
        name: name.into(),
        inn,
        strength: strength.parse().unwrap(),
        form: if is_tablet {
            Form::Tablet
        } else {
            Form::Capsule
        },
        unit: if is_tablet {
            Unit::Tablet
        } else {
            Unit::Capsule
        },
        units_per_pack: if is_tablet { 20 } else { 16 },
        price_cap: Tiyn(if is_tablet { 1_000 } else { 3_200 }),
        marketed: true,
    }
}

pub fn rules() -> Rules {
    Rules {
        share: Share::BasisPoints(Share::WHOLE),
        proofs: ProofKinds::ALL,
        listed_only: true,
        movement_may_lag: true,
        validity_ms_max: 60 * DAY_MS,
        lease_ms: 30 * MINUTE_MS,
        hold_ms_max: 2 * HOUR_MS,
        proof_ms_max: 2 * MINUTE_MS,
        reversal_ms: 10 * DAY_MS,
        dispute_ms: 90 * DAY_MS,
    }
}

pub struct World {
    pub env: TestEnv,
}

impl World {
    /// One programme that bears everything, paracetamol and amoxicillin on its list, five packs of
    /// each on every pharmacy's shelf.
    pub fn new() -> World {
        World::with_rules(rules())
    }

    pub fn with_rules(rules: Rules) -> World {
        let env = TestEnv::new()
            .with(MARKING, senim_contract_marking::run)
            .with(TREASURY, senim_contract_treasury::run)
            .with(PRESCRIPTION, senim_contract_prescription::run)
            .with(CARD, senim_contract_card::run);
        let mut world = World { env };
        world.set_up_treasury();
        world.set_up_programme(rules);
        world.set_up_packs();
        world.set_up_card();
        world
    }

    fn genesis<M: borsh::BorshSerialize>(&mut self, contract: senim_types::ContractId, input: &M) {
        let outcome = self
            .env
            .by_ledger(contract, Entry::Genesis, &codec::encode(input));
        assert_eq!(outcome.code(), None);
    }

    fn set_up_treasury(&mut self) {
        self.open_budget(BUDGET.0);
    }

    fn set_up_programme(&mut self, rules: Rules) {
        let programme = PROGRAMME;
        let rule = Some(MedicineRule {
            category: 0,
            units_max: 60,
            reference_price: Tiyn(40),
        });
        let until = TimeMs(u64::MAX);
        let provider = |org, settlement| Execute::SetProvider {
            programme,
            org,
            provider: Some(Provider { settlement, until }),
        };
        let right = Some(PrescriberRight {
            categories: 1,
            until,
        });
        let messages = vec![
            Execute::SetProgramme {
                programme,
                open: true,
                budget: BUDGET,
                rules,
            },
            Execute::SetMedicine {
                programme,
                inn: paracetamol(),
                rule,
            },
            Execute::SetMedicine {
                programme,
                inn: amoxicillin(),
                rule,
            },
            provider(APTEKA, Settlement::Pay),
            provider(OTHER_APTEKA, Settlement::Pay),
            provider(CLINIC_APTEKA, Settlement::StockOnly),
            Execute::SetPrescriber {
                programme,
                org: CLINIC,
                prescriber: DOCTOR,
                right,
            },
        ];
        self.genesis(PRESCRIPTION, &Genesis(messages));
    }

    /// The programme serves one category, and the person's card has one key.
    fn set_up_card(&mut self) {
        let serve = cards::Execute::SetProgramme {
            programme: PROGRAMME,
            categories: 1 << CATEGORY.0,
        };
        self.genesis(CARD, &cards::Genesis(vec![serve]));
        self.register(card(), CATEGORY);
    }

    /// The service centre registers a key of a card whose entitlement lasts a year.
    pub fn register(&mut self, key: PublicKey, category: cards::Category) {
        let message = cards::Execute::Register {
            keys: vec![key],
            category,
            entitled_until: TimeMs(self.env.time().0 + 365 * DAY_MS),
        };
        self.by_centre(&message);
    }

    /// What the service centre says about cards.
    pub fn by_centre(&mut self, message: &cards::Execute) {
        let outcome = self.env.execute(&service_centre(), CARD, message);
        assert_eq!(outcome.code(), None);
    }

    /// The person's card, as long as no prescription has its key: each key serves one.
    fn free_card(&self) -> Option<PublicKey> {
        let key = cards::record::card_key(&card()).in_state_of(CARD);
        let record: cards::record::CardKeyRecord = codec::decode(&self.env.state()[&key]).unwrap();
        let is_free = record.into_current().bound.is_none();
        is_free.then(card)
    }

    fn set_up_packs(&mut self) {
        let mut messages = vec![
            marking::Execute::SetProduct {
                gtin: paracetamol_gtin(),
                product: product("Parasetamol", paracetamol(), "500mg"),
            },
            marking::Execute::SetProduct {
                gtin: amoxicillin_gtin(),
                product: product("Amoksicillin", amoxicillin(), "250mg"),
            },
        ];
        for org in [APTEKA, OTHER_APTEKA, CLINIC_APTEKA, STRANGER] {
            for gtin in [paracetamol_gtin(), amoxicillin_gtin()] {
                messages.push(marking::Execute::Introduce {
                    gtin,
                    lot: lot(),
                    expiry: expiry(),
                    serials: (0..5).map(|number| serial(org, number)).collect(),
                    at: org,
                    stage: Stage::OpeningStock,
                });
            }
        }
        self.genesis(MARKING, &marking::Genesis(messages));
    }

    /// Three packs of paracetamol that are still with the maker as far as the register knows.
    pub fn introduce_unshipped(&mut self) {
        let message = marking::Execute::Introduce {
            gtin: paracetamol_gtin(),
            lot: lot(),
            expiry: expiry(),
            serials: (0..3).map(|number| serial(MAKER, number)).collect(),
            at: MAKER,
            stage: Stage::Circulation,
        };
        let outcome = self.env.execute(&marker(), MARKING, &message);
        assert_eq!(outcome.code(), None);
    }

    pub fn call(
        &mut self,
        actor: &Actor,
        message: &Execute,
        witnesses: &[Statement],
    ) -> TestOutcome {
        self.env
            .submit(actor, &[(PRESCRIPTION, codec::encode(message))], witnesses)
    }

    #[track_caller]
    pub fn ok(&mut self, actor: &Actor, message: &Execute, witnesses: &[Statement]) -> TestOutcome {
        let outcome = self.call(actor, message, witnesses);
        assert_eq!(outcome.code(), None, "{message:?}");
        outcome
    }

    /// A prescription of the clinic's. One item of paracetamol, 20 tablets, unless others are given.
    pub fn issue(&mut self, items: Vec<NewItem>) -> GroupId {
        let message = self.order(items);
        let outcome = self.ok(&clinic(), &message, &[]);
        codec::decode(outcome.output()).unwrap()
    }

    pub fn order(&self, items: Vec<NewItem>) -> Execute {
        Execute::Issue {
            index: 0,
            programme: PROGRAMME,
            prescriber: DOCTOR,
            holder: holder(),
            card: self.free_card(),
            paper: Some(paper()),
            sealed: Some(Hash::of(b"ciphertext")),
            draft: false,
            items,
        }
    }

    /// Twenty tablets of paracetamol for thirty days.
    pub fn item(&self) -> NewItem {
        let now = self.env.time();
        NewItem {
            inn: paracetamol(),
            strength: Some("500mg".parse().unwrap()),
            form: Some(Form::Tablet),
            product: None,
            unit: Unit::Tablet,
            quantity: 20,
            not_before: now,
            until: TimeMs(now.0 + 30 * DAY_MS),
            price_cap: None,
            part: None,
        }
    }

    /// Sixteen capsules of amoxicillin for thirty days.
    pub fn amoxicillin_item(&self) -> NewItem {
        NewItem {
            inn: amoxicillin(),
            strength: None,
            form: None,
            unit: Unit::Capsule,
            quantity: 16,
            ..self.item()
        }
    }

    pub fn view(&mut self, group: GroupId) -> GroupView {
        codec::decode(&self.env.ask(PRESCRIPTION, &Query::Group { group }).unwrap()).unwrap()
    }

    pub fn group(&mut self, group: GroupId) -> Group {
        self.view(group).group
    }

    pub fn status(&mut self, group: GroupId, index: usize) -> ItemStatus {
        self.view(group).statuses[index]
    }

    pub fn remaining(&mut self, group: GroupId, index: usize) -> u32 {
        self.group(group).items[index].remaining
    }

    pub fn pack_state(&mut self, code: PackCode) -> PackState {
        let pack: PackId = code.id();
        let answer = self
            .env
            .ask(MARKING, &marking::Query::Pack { pack })
            .unwrap();
        codec::decode::<PackView>(&answer).unwrap().pack.state
    }

    pub fn budget(&mut self) -> Budget {
        let question = treasury::Query::Budget { budget: BUDGET };
        let answer = self.env.ask(TREASURY, &question).unwrap();
        codec::decode::<Option<Budget>>(&answer).unwrap().unwrap()
    }

    /// What is in the budget line, not spent and not reserved, in tiyn.
    pub fn available(&mut self) -> u64 {
        self.budget().available().0 as u64
    }

    /// What the programme owes the pharmacy over all months, in tiyn.
    pub fn owed(&mut self, provider: OrgId) -> u64 {
        let question = treasury::Query::Claims {
            provider,
            after: None,
        };
        let answer = self.env.ask(TREASURY, &question).unwrap();
        let claims: treasury::msg::ClaimPage = codec::decode(&answer).unwrap();
        claims
            .iter()
            .map(|(_, _, claim)| claim.owed().0 as u64)
            .sum()
    }
}

/// What a step of a test came to.
pub type Step = Result<(), Code>;

pub fn step(outcome: &TestOutcome) -> Step {
    outcome.code().map_or(Ok(()), Err)
}
