//! One of each: messages and records for the tests of bytes.

use super::steps::line;
use super::*;
use senim_abi::prescription::msg::{DocumentKind, IdentityCheck};
use senim_abi::prescription::record::*;
use senim_abi::prescription::*;
use senim_abi::proof::QrStatement;
use senim_types::{Hash, TimeMs, Tiyn};

pub const GROUP: GroupId = GroupId(Hash([0xaa; 32]));

pub const AT: TimeMs = TimeMs(1_800_000_000_000);

pub fn qr() -> QrStatement {
    let expires_at = TimeMs(AT.0 + 60_000);
    QrStatement {
        group: GROUP,
        items: ItemMask(1),
        ephemeral: ephemeral(),
        issued_at: AT,
        expires_at,
    }
}

pub fn check() -> IdentityCheck {
    IdentityCheck {
        document: DocumentKind::Digital,
        record: Hash([0xbb; 32]),
    }
}

pub fn new_item() -> NewItem {
    let mut item = World::new().item();
    item.product = Some(paracetamol_gtin());
    item.price_cap = Some(Tiyn(50));
    item.part = Some(Part {
        line: 0,
        number: 1,
        of: 3,
    });
    item
}

pub const RULE: MedicineRule = MedicineRule {
    category: 1,
    units_max: 60,
    reference_price: Tiyn(40),
};

pub const RIGHT: PrescriberRight = PrescriberRight {
    categories: 3,
    until: AT,
};

pub const PROVIDER: Provider = Provider {
    settlement: Settlement::StockOnly,
    until: AT,
};

pub fn delegation() -> Delegation {
    Delegation {
        key: key_of(204),
        items: ItemMask(1),
        until: AT,
    }
}

pub fn messages() -> Vec<(&'static str, Execute)> {
    let (programme, org, group, items) = (PROGRAMME, APTEKA, GROUP, ItemMask(1));
    let prescriber = DOCTOR;
    let lines = vec![line(0, pack(APTEKA, 0), 20, 1_000)];
    let reason = RejectReason::OutOfStock;
    vec![
        (
            "set_programme",
            Execute::SetProgramme {
                programme,
                open: true,
                budget: BUDGET,
                rules: rules(),
            },
        ),
        (
            "set_medicine",
            Execute::SetMedicine {
                programme,
                inn: paracetamol(),
                rule: Some(RULE),
            },
        ),
        (
            "set_provider",
            Execute::SetProvider {
                programme,
                org,
                provider: Some(PROVIDER),
            },
        ),
        (
            "set_prescriber",
            Execute::SetPrescriber {
                programme,
                org,
                prescriber,
                right: Some(RIGHT),
            },
        ),
        ("issue", World::new().order(vec![new_item()])),
        ("release", Execute::Release { group }),
        (
            "hold",
            Execute::Hold {
                group,
                items,
                hold_key: hold_key(org),
                proof: Proof::LiveQr(qr()),
            },
        ),
        (
            "extend",
            Execute::Extend {
                group,
                items,
                until: AT,
            },
        ),
        ("dispense", Execute::Dispense { group, lines }),
        (
            "reject",
            Execute::Reject {
                group,
                items,
                reason,
            },
        ),
        (
            "cancel",
            Execute::Cancel {
                group,
                items,
                reason: CancelReason::Replaced,
            },
        ),
        (
            "reverse",
            Execute::Reverse {
                group,
                dispense: 1,
                left: items,
            },
        ),
        ("settle", Execute::Settle { group, dispense: 1 }),
        (
            "rebind",
            Execute::Rebind {
                group,
                holder: holder(),
                card: Some(card()),
                paper: None,
            },
        ),
        (
            "replace_card",
            Execute::ReplaceCard {
                group,
                card: card(),
            },
        ),
        (
            "look",
            Execute::Look {
                group,
                items,
                reason: LookReason::Dispute,
            },
        ),
        (
            "delegate",
            Execute::Delegate {
                group,
                at: AT,
                delegation: Some(delegation()),
            },
        ),
    ]
}

pub fn group(stage: ItemStage) -> Group {
    let new = new_item();
    let item = Item {
        inn: new.inn,
        strength: new.strength,
        form: new.form,
        product: new.product,
        unit: new.unit,
        quantity: new.quantity,
        remaining: 5,
        not_before: new.not_before,
        until: new.until,
        price_cap: new.price_cap,
        reference_price: Some(RULE.reference_price),
        part: new.part,
        stage,
        cancel_requested: true,
    };
    let (org, key) = (APTEKA, hold_key(APTEKA));
    let id = pack(APTEKA, 0).id();
    let packs = vec![DispensedPack {
        item: 0,
        pack: id,
        units: 15,
        cost: Tiyn(750),
    }];
    let (borne, money) = (Tiyn(750), Money::Posted);
    Group {
        programme: PROGRAMME,
        version: 2,
        issuer: CLINIC,
        prescriber: DOCTOR,
        created: AT,
        touched: AT,
        holder: holder(),
        card: Some(card()),
        paper: None,
        sealed: Some(Hash([0xdd; 32])),
        delegation: Some(delegation()),
        delegated_at: AT,
        last_proof_at: AT,
        items: vec![item],
        holds: vec![Hold {
            items: ItemMask(1),
            org,
            key,
            since: AT,
            until: AT,
        }],
        dispenses: vec![Dispense {
            org,
            key,
            at: AT,
            packs,
            borne,
            money,
            reversed: false,
        }],
        looks: Looks {
            count: 2,
            latest: vec![Look {
                org,
                items: ItemMask(1),
                at: AT,
            }],
        },
    }
}

/// As long as a strength can be.
pub const STRENGTH: &str = "1234567890mg/1234567890m";

pub fn issue_facts() -> IssueFacts {
    let new = new_item();
    IssueFacts {
        open: true,
        now: AT,
        has_card: true,
        categories: 3,
        items: vec![ItemFacts {
            item: 0,
            inn: new.inn,
            quantity: new.quantity,
            not_before: new.not_before,
            until: new.until,
            rule: Some(RULE),
        }],
    }
}

pub fn hold_facts() -> HoldFacts {
    HoldFacts {
        open: true,
        now: AT,
        proof: ProofKinds::LIVE_QR,
        proof_ms: 60_000,
        window_until: AT,
    }
}

/// A pack, with everything that it can have.
pub fn dispense_facts() -> DispenseFacts {
    let new = new_item();
    let strength = STRENGTH.parse().unwrap();
    DispenseFacts {
        settlement: Settlement::Pay,
        lines: vec![DispensedLine {
            item: 0,
            ordered: Ordered {
                inn: new.inn,
                strength: Some(strength),
                form: new.form,
                product: new.product,
                unit: new.unit,
                price_cap: new.price_cap,
                reference_price: Some(Tiyn(40)),
            },
            packs: vec![SuppliedPack {
                gtin: paracetamol_gtin(),
                units: 20,
                supplied: marking::SuppliedLine {
                    inn: new.inn,
                    strength,
                    form: Form::Tablet,
                    unit: new.unit,
                    cost: Tiyn(1_000),
                    movement_missing: false,
                },
            }],
        }],
    }
}

pub const REVERSE: ReverseFacts = ReverseFacts {
    now: AT,
    dispensed_at: AT,
};

pub fn facts() -> Vec<(&'static str, Facts)> {
    vec![
        ("issue", Facts::Issue(issue_facts())),
        ("hold", Facts::Hold(hold_facts())),
        ("dispense", Facts::Dispense(dispense_facts())),
        ("reverse", Facts::Reverse(REVERSE)),
    ]
}
