#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;
use senim_abi::marking::msg::SuppliedLine;
use senim_abi::marking::{Form, Gtin, Unit};
use senim_abi::prescription::event::ProofUsed;
use senim_abi::prescription::record::DispensedPack;
use senim_abi::prescription::{
    DispenseFacts, DispensedLine, HoldFacts, IssueFacts, ItemFacts, Money, Ordered, ProofKinds,
    ReverseFacts, Settlement, Share, SuppliedPack,
};
use senim_types::crypto::SecretKey;
use senim_types::{Hash, OrgId, Tiyn};

const GROUP: GroupId = GroupId(Hash([7; 32]));
const PROGRAMME: ProgrammeId = ProgrammeId(1);
const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;
const COST: u64 = 1_000;

/// The programme bears everything; the list's reference price is 40 tiyn for each of 20 tablets.
fn rules() -> Rules {
    Rules {
        share: Share::BasisPoints(Share::WHOLE),
        proofs: ProofKinds::ALL,
        listed_only: true,
        movement_may_lag: true,
        validity_ms_max: 60 * DAY_MS,
        lease_ms: 30 * MINUTE_MS,
        hold_ms_max: 120 * MINUTE_MS,
        proof_ms_max: 2 * MINUTE_MS,
        reversal_ms: 10 * DAY_MS,
        dispute_ms: 90 * DAY_MS,
    }
}

fn inn() -> InnCode {
    "N02BE01".parse().unwrap()
}

fn gtin() -> Gtin {
    "04870001000011".parse().unwrap()
}

const fn rule(units_max: u32, reference: u64) -> MedicineRule {
    MedicineRule {
        category: 0,
        units_max,
        reference_price: Tiyn(reference),
    }
}

fn issued() -> PrescriptionEvent {
    PrescriptionEvent::Issued {
        group: GROUP,
        issuer: OrgId(10),
        programme: PROGRAMME,
        holder: SecretKey::from_seed(&[1; 32]).public(),
        items: ItemMask(1),
        draft: false,
        version: 1,
        facts: IssueFacts {
            open: true,
            now: TimeMs(0),
            has_card: false,
            categories: 1,
            items: vec![ItemFacts {
                item: 0,
                inn: inn(),
                quantity: 20,
                not_before: TimeMs(0),
                until: TimeMs(30 * DAY_MS),
                rule: Some(rule(60, 40)),
            }],
        },
    }
}

fn held(at: u64) -> PrescriptionEvent {
    PrescriptionEvent::Held {
        group: GROUP,
        issuer: OrgId(10),
        items: ItemMask(1),
        org: OrgId(20),
        until: TimeMs(at + 30 * MINUTE_MS),
        proof: ProofUsed::LiveQr,
        programme: PROGRAMME,
        version: 1,
        facts: HoldFacts {
            open: true,
            now: TimeMs(at),
            proof: ProofKinds::LIVE_QR,
            proof_ms: MINUTE_MS,
            window_until: TimeMs(30 * DAY_MS),
        },
    }
}

fn facts(is_missing: bool) -> DispenseFacts {
    DispenseFacts {
        settlement: Settlement::Pay,
        lines: vec![DispensedLine {
            item: 0,
            ordered: Ordered {
                inn: inn(),
                strength: None,
                form: None,
                product: None,
                unit: Unit::Tablet,
                price_cap: None,
                reference_price: Some(Tiyn(40)),
            },
            packs: vec![SuppliedPack {
                gtin: gtin(),
                units: 20,
                supplied: SuppliedLine {
                    inn: inn(),
                    strength: "500mg".parse().unwrap(),
                    form: Form::Tablet,
                    unit: Unit::Tablet,
                    cost: Tiyn(COST),
                    movement_missing: is_missing,
                },
            }],
        }],
    }
}

fn dispensed(number: u8) -> PrescriptionEvent {
    let pack = senim_abi::marking::PackId {
        gtin: gtin(),
        serial: "A1".parse().unwrap(),
    };
    PrescriptionEvent::Dispensed {
        group: GROUP,
        issuer: OrgId(10),
        programme: PROGRAMME,
        org: OrgId(20),
        dispense: number,
        packs: vec![DispensedPack {
            item: 0,
            pack,
            units: 20,
            cost: Tiyn(COST),
        }],
        completed: ItemMask(1),
        borne: Tiyn(COST),
        citizen: Tiyn(0),
        money: Money::Posted,
        version: 1,
        facts: facts(false),
    }
}

fn reversed(number: u8, at: u64) -> PrescriptionEvent {
    PrescriptionEvent::Reversed {
        group: GROUP,
        issuer: OrgId(10),
        org: OrgId(20),
        dispense: number,
        left: ItemMask::NONE,
        returned: Tiyn(COST),
        programme: PROGRAMME,
        version: 1,
        facts: ReverseFacts {
            now: TimeMs(at),
            dispensed_at: TimeMs(0),
        },
    }
}

/// Ten minutes after the hold it is dispensed.
fn history() -> Vec<(PrescriptionEvent, u64)> {
    vec![
        (issued(), 0),
        (held(MINUTE_MS), MINUTE_MS),
        (dispensed(0), 11 * MINUTE_MS),
    ]
}

fn simulated(rules: Rules, medicines: Medicines, history: &[(PrescriptionEvent, u64)]) -> Report {
    let mut simulation = Simulation::new(PROGRAMME, rules, medicines);
    for (event, at) in history {
        simulation.happened(event, TimeMs(*at));
    }
    simulation.finish()
}

/// Uses, paid, borne before and after.
fn sums(report: &Report) -> [(u64, u128, u128); 2] {
    let Compared { before, after } = report.total;
    [before, after].map(|sum| (sum.uses, sum.pays, sum.bears))
}

#[test]
fn the_same_rules_change_nothing() {
    let report = simulated(rules(), Medicines::new(), &history());
    assert_eq!(sums(&report), [(1, 1_000, 0); 2]);
    assert_eq!(report.acts, 3);
    assert!(report.tokens.is_empty() && report.refused.is_empty());
    assert!(report.not_issued.is_empty() && report.allowed == 0);
}

#[test]
fn each_rule_changes_sums_or_refuses_with_its_number() {
    type Change = fn(&mut Rules);
    /// What changes; what is used, paid and borne then; the rule that refuses the issue, and one that refuses later.
    type Case = (
        &'static str,
        Change,
        Medicines,
        (u64, u128, u128),
        Option<u16>,
        Option<u16>,
    );
    let listed = |rule| Medicines::from([(inn(), rule)]);
    let cases: [Case; 9] = [
        (
            "half",
            |r| r.share = Share::BasisPoints(5_000),
            Medicines::new(),
            (1, 500, 500),
            None,
            None,
        ),
        (
            "the reference price of the time",
            |r| r.share = Share::UpToReference,
            Medicines::new(),
            (1, 800, 200),
            None,
            None,
        ),
        (
            "another reference price",
            |r| r.share = Share::UpToReference,
            listed(Some(rule(60, 10))),
            (1, 200, 800),
            None,
            None,
        ),
        (
            "not listed",
            |_| (),
            listed(None),
            (0, 0, 0),
            Some(12),
            Some(RULE_OF_THE_LEDGER),
        ),
        (
            "fewer units",
            |_| (),
            listed(Some(rule(19, 40))),
            (0, 0, 0),
            Some(14),
            Some(RULE_OF_THE_LEDGER),
        ),
        (
            "a shorter validity",
            |r| r.validity_ms_max = DAY_MS,
            Medicines::new(),
            (0, 0, 0),
            Some(11),
            Some(RULE_OF_THE_LEDGER),
        ),
        (
            "cards and nothing else",
            |r| r.proofs = ProofKinds::CARD | ProofKinds::PAPER,
            Medicines::new(),
            (0, 0, 0),
            None,
            Some(20),
        ),
        (
            "QRs of a shorter life",
            |r| r.proof_ms_max = 1,
            Medicines::new(),
            (0, 0, 0),
            None,
            Some(21),
        ),
        (
            "a lease that is over by then",
            |r| r.lease_ms = MINUTE_MS,
            Medicines::new(),
            (0, 0, 0),
            None,
            Some(RULE_OF_LEASES),
        ),
    ];
    for (what, change, medicines, after, not_issued, refused) in cases {
        let mut changed = rules();
        change(&mut changed);
        let report = simulated(changed, medicines, &history());
        assert_eq!(sums(&report), [(1, 1_000, 0), after], "{what}");
        let first = |by_rule: &BTreeMap<u16, u64>| by_rule.keys().next().copied();
        assert_eq!(first(&report.not_issued), not_issued, "{what}");
        let all: Vec<u16> = report.refused.keys().copied().collect();
        let is_told = refused.is_none_or(|rule| all.contains(&rule));
        assert!(
            is_told && refused.is_none() == all.is_empty(),
            "{what}: {all:?}"
        );
        assert_eq!(report.tokens.len(), 1, "{what}");
    }
}

#[test]
fn what_was_undone_is_in_no_sum_unless_it_could_not_be_undone() {
    let day = DAY_MS;
    let history: Vec<_> = history()
        .into_iter()
        .chain([(reversed(0, day), day)])
        .collect();
    let report = simulated(rules(), Medicines::new(), &history);
    assert_eq!(sums(&report), [(0, 0, 0); 2]);
    let strict = Rules {
        reversal_ms: 0,
        ..rules()
    };
    let report = simulated(strict, Medicines::new(), &history);
    assert_eq!(sums(&report), [(0, 0, 0), (1, 1_000, 0)]);
    assert_eq!(report.refused, BTreeMap::from([(50, 1)]));
}

#[test]
fn a_history_that_begins_in_the_middle_takes_things_as_they_are() {
    let late: Vec<_> = history().split_off(2);
    let report = simulated(rules(), Medicines::new(), &late);
    assert_eq!(sums(&report), [(1, 1_000, 0); 2]);
    let undone = [(reversed(3, 1), 1)];
    let report = simulated(rules(), Medicines::new(), &undone);
    assert_eq!(sums(&report), [(0, 0, 0); 2]);
}

#[test]
fn an_extension_reaches_as_far_as_the_other_rules_let_it() {
    let extended = |until| PrescriptionEvent::Extended {
        group: GROUP,
        items: ItemMask(1),
        until: TimeMs(until),
    };
    let history = [
        (issued(), 0),
        (held(0), 0),
        (extended(50 * MINUTE_MS), 20 * MINUTE_MS),
        (dispensed(0), 45 * MINUTE_MS),
    ];
    let report = simulated(rules(), Medicines::new(), &history);
    assert_eq!(sums(&report), [(1, 1_000, 0); 2]);
    let shorter = Rules {
        hold_ms_max: 40 * MINUTE_MS,
        ..rules()
    };
    let report = simulated(shorter, Medicines::new(), &history);
    assert_eq!(sums(&report), [(1, 1_000, 0), (0, 0, 0)]);
    assert_eq!(report.refused, BTreeMap::from([(RULE_OF_LEASES, 1)]));
}

#[test]
fn what_was_refused_and_would_be_allowed_is_counted() {
    let refused = Judged {
        group: Some(GROUP),
        programme: PROGRAMME,
        version: 1,
        facts: Facts::Dispense(facts(true)),
        decision: Err(Denial {
            code: Code::PACK_NOT_HERE,
            rule: 43,
        }),
    };
    for (may_lag, allowed) in [(false, 0), (true, 1)] {
        let rules = Rules {
            movement_may_lag: may_lag,
            ..rules()
        };
        let mut simulation = Simulation::new(PROGRAMME, rules.clone(), Medicines::new());
        simulation.refused(&refused);
        let report = simulation.finish();
        assert_eq!((report.acts, report.allowed), (1, allowed));
        let mut elsewhere = Simulation::new(ProgrammeId(2), rules, Medicines::new());
        elsewhere.refused(&refused);
        assert_eq!(elsewhere.finish().acts, 0);
    }
}
