//! What a pharmacy and a person do, with everything signed that has to be.

use super::*;
use senim_abi::prescription::{CancelReason, DispenseLine, ItemMask, PackUse, Proof, RejectReason};
use senim_abi::proof::{
    CardStatement, HeldStep, HoldStatement, HolderAct, QrStatement, lines_hash,
};

/// A hold about to be asked for. Tests change one thing and see it refused.
#[derive(Clone)]
pub struct HoldTry {
    pub actor: Actor,
    pub message: Execute,
    pub witnesses: Vec<Statement>,
}

impl World {
    /// A live QR of this moment for these items.
    pub fn qr(&self, group: GroupId, items: ItemMask) -> QrStatement {
        let now = self.env.time();
        QrStatement {
            group,
            items,
            ephemeral: ephemeral(),
            issued_at: TimeMs(now.0 - 1_000),
            expires_at: TimeMs(now.0 + MINUTE_MS),
        }
    }

    /// The hold by the pharmacy of the QR's items, rightly signed.
    pub fn hold_by_qr(&self, org: OrgId, qr: QrStatement) -> HoldTry {
        let actor = apteka(org);
        let statement = HoldStatement {
            group: qr.group,
            items: qr.items,
            org,
            device: actor.device,
            hold_key: hold_key(org),
        };
        HoldTry {
            actor,
            message: Execute::Hold {
                group: qr.group,
                items: qr.items,
                hold_key: hold_key(org),
                proof: Proof::LiveQr(qr),
            },
            witnesses: vec![qr.by(holder()), statement.by(qr.ephemeral)],
        }
    }

    /// A hold by card, with the statement that the card signs.
    pub fn hold_by_card(&self, group: GroupId, change: fn(&mut CardStatement)) -> HoldTry {
        let actor = apteka(APTEKA);
        let hold = HoldStatement {
            group,
            items: FIRST,
            org: APTEKA,
            device: actor.device,
            hold_key: hold_key(APTEKA),
        };
        let now = self.env.time();
        let mut answer = CardStatement {
            hold,
            challenged_at: now,
            expires_at: TimeMs(now.0 + MINUTE_MS),
        };
        change(&mut answer);
        let CardStatement {
            challenged_at,
            expires_at,
            ..
        } = answer;
        let proof = Proof::Card {
            card: card(),
            challenged_at,
            expires_at,
        };
        let message = Execute::Hold {
            group,
            items: FIRST,
            hold_key: hold_key(APTEKA),
            proof,
        };
        HoldTry {
            actor,
            message,
            witnesses: vec![answer.by(card())],
        }
    }

    pub fn try_hold(&mut self, hold: &HoldTry) -> Step {
        step(&self.call(&hold.actor, &hold.message, &hold.witnesses))
    }

    /// A millisecond later (so that the QR is a later one) the pharmacy holds the items by a live QR.
    pub fn hold(&mut self, org: OrgId, group: GroupId, items: ItemMask) -> Step {
        self.env.advance(1);
        let hold = self.hold_by_qr(org, self.qr(group, items));
        self.try_hold(&hold)
    }

    /// The pharmacy holds the first item.
    #[track_caller]
    pub fn held(&mut self, org: OrgId, group: GroupId) {
        assert_eq!(self.hold(org, group, ItemMask::one(0)), Ok(()));
    }

    pub fn dispense(&mut self, org: OrgId, group: GroupId, lines: Vec<DispenseLine>) -> Step {
        step(&self.dispense_outcome(org, group, lines))
    }

    pub fn dispense_outcome(
        &mut self,
        org: OrgId,
        group: GroupId,
        lines: Vec<DispenseLine>,
    ) -> TestOutcome {
        let signed = HeldStep::Dispense {
            group,
            lines: lines_hash(&lines),
        };
        let message = Execute::Dispense { group, lines };
        self.call(&apteka(org), &message, &[signed.by(hold_key(org))])
    }

    /// The pharmacy dispenses units of its pack of paracetamol for the first item.
    pub fn dispense_units(
        &mut self,
        org: OrgId,
        group: GroupId,
        number: usize,
        units: u32,
    ) -> Step {
        self.dispense(org, group, vec![line(0, pack(org, number), units, 1_000)])
    }

    /// The pharmacy holds the first item and dispenses one whole pack for it.
    #[track_caller]
    pub fn dispensed(&mut self, org: OrgId, group: GroupId, number: usize) {
        self.held(org, group);
        assert_eq!(self.dispense_units(org, group, number, 20), Ok(()));
    }

    pub fn reject(&mut self, org: OrgId, group: GroupId, items: ItemMask) -> Step {
        let reason = RejectReason::OutOfStock;
        let signed = HeldStep::Reject {
            group,
            items,
            reason,
        }
        .by(hold_key(org));
        step(&self.call(
            &apteka(org),
            &Execute::Reject {
                group,
                items,
                reason,
            },
            &[signed],
        ))
    }

    pub fn extend(&mut self, org: OrgId, group: GroupId, items: ItemMask, until: TimeMs) -> Step {
        let signed = HeldStep::Extend {
            group,
            items,
            until,
        }
        .by(hold_key(org));
        step(&self.call(
            &apteka(org),
            &Execute::Extend {
                group,
                items,
                until,
            },
            &[signed],
        ))
    }

    pub fn cancel_by_clinic(&mut self, group: GroupId, items: ItemMask) -> Step {
        let reason = CancelReason::PrescribingError;
        step(&self.call(
            &clinic(),
            &Execute::Cancel {
                group,
                items,
                reason,
            },
            &[],
        ))
    }

    pub fn cancel_by_holder(&mut self, group: GroupId, items: ItemMask) -> Step {
        let reason = CancelReason::HolderRequest;
        let signed = HolderAct::Cancel { group, items }.by(holder());
        step(&self.call(
            &wallet_service(),
            &Execute::Cancel {
                group,
                items,
                reason,
            },
            &[signed],
        ))
    }

    pub fn reverse(&mut self, org: OrgId, group: GroupId, dispense: u8, left: ItemMask) -> Step {
        step(&self.reverse_outcome(org, group, dispense, left))
    }

    pub fn reverse_outcome(
        &mut self,
        org: OrgId,
        group: GroupId,
        dispense: u8,
        left: ItemMask,
    ) -> TestOutcome {
        let signed = HeldStep::Reverse {
            group,
            dispense,
            left,
        }
        .by(hold_key(org));
        let message = Execute::Reverse {
            group,
            dispense,
            left,
        };
        self.call(&apteka(org), &message, &[signed])
    }

    pub fn settle(&mut self, group: GroupId, dispense: u8) -> Step {
        step(&self.call(&fund(), &Execute::Settle { group, dispense }, &[]))
    }
}

pub fn line(item: u8, pack: PackCode, units: u32, price: u64) -> DispenseLine {
    DispenseLine {
        item,
        packs: vec![PackUse {
            pack,
            units,
            price: Tiyn(price),
        }],
    }
}

/// The first item.
pub const FIRST: ItemMask = ItemMask(1);
/// The first two items.
pub const BOTH: ItemMask = ItemMask(3);

/// What the fund, the regulator and the marking operator do.
impl World {
    /// Other rules for what is issued from now on; the programme is open. Returns their version.
    pub fn set_rules(&mut self, rules: Rules) -> u32 {
        self.set_programme(true, rules)
    }

    pub fn set_open(&mut self, open: bool) {
        self.set_programme(open, rules());
    }

    pub fn set_programme(&mut self, open: bool, rules: Rules) -> u32 {
        self.set_line(open, BUDGET, rules)
    }

    /// The same, paid from another budget line from now on.
    pub fn set_line(&mut self, open: bool, budget: BudgetId, rules: Rules) -> u32 {
        let message = Execute::SetProgramme {
            programme: PROGRAMME,
            open,
            budget,
            rules,
        };
        let outcome = self.ok(&fund(), &message, &[]);
        codec::decode(outcome.output()).unwrap()
    }

    pub fn set_provider_until(&mut self, org: OrgId, until: TimeMs) {
        let provider = Some(Provider {
            settlement: Settlement::Pay,
            until,
        });
        let message = Execute::SetProvider {
            programme: PROGRAMME,
            org,
            provider,
        };
        self.ok(&fund(), &message, &[]);
    }

    pub fn set_right(&mut self, right: Option<PrescriberRight>) {
        self.set_right_of(DOCTOR, right);
    }

    pub fn set_right_of(&mut self, prescriber: PrescriberId, right: Option<PrescriberRight>) {
        let programme = PROGRAMME;
        let message = Execute::SetPrescriber {
            programme,
            org: CLINIC,
            prescriber,
            right,
        };
        self.ok(&fund(), &message, &[]);
    }

    /// A budget line of the programme with its money.
    pub fn open_budget(&mut self, number: u32) -> BudgetId {
        use treasury::Execute::{Allot, OpenBudget};
        let budget = BudgetId(number);
        let open = OpenBudget {
            budget,
            payer: FUND,
            programme: PROGRAMME,
            callers: vec![PRESCRIPTION],
            offsets: UtcOffsets::fixed(300),
        };
        let allot = Allot {
            id: Hash::of(&number.to_be_bytes()),
            budget,
            amount: Tiyn(ALLOTTED),
        };
        self.genesis(TREASURY, &treasury::msg::Genesis(vec![open, allot]));
        budget
    }

    /// What a budget line can still pay, in tiyn.
    pub fn available_in(&mut self, budget: BudgetId) -> u64 {
        let question = treasury::Query::Budget { budget };
        let answer = self.env.ask(TREASURY, &question).unwrap();
        let line: treasury::msg::BudgetAnswer = codec::decode(&answer).unwrap();
        line.unwrap().available().0 as u64
    }

    /// Nothing is paid from it any more.
    pub fn close_budget(&mut self, budget: BudgetId) {
        let standing = treasury::BudgetStanding::Closed;
        let close = treasury::Execute::SetBudgetStanding { budget, standing };
        let outcome = self.env.execute(&fund(), TREASURY, &close);
        assert_eq!(outcome.code(), None);
    }

    /// Paracetamol is of this category from now on.
    pub fn set_category(&mut self, category: u8) {
        self.set_paracetamol(category, Tiyn(40));
    }

    /// Paracetamol has this reference price per tablet from now on.
    pub fn set_reference(&mut self, price: Tiyn) {
        self.set_paracetamol(0, price);
    }

    fn set_paracetamol(&mut self, category: u8, reference_price: Tiyn) {
        let rule = Some(MedicineRule {
            category,
            units_max: 60,
            reference_price,
        });
        let message = Execute::SetMedicine {
            programme: PROGRAMME,
            inn: paracetamol(),
            rule,
        };
        self.ok(&fund(), &message, &[]);
    }

    pub fn mark(&mut self, mark: senim_abi::marking::BatchMark) {
        let (gtin, lot) = (paracetamol_gtin(), lot());
        let message = marking::Execute::MarkBatch { gtin, lot, mark };
        assert_eq!(
            self.env.execute(&regulator(), MARKING, &message).code(),
            None
        );
    }

    pub fn withdraw_all(&mut self) {
        let amount = Tiyn(self.available());
        let message = treasury::Execute::Withdraw {
            id: Hash::of(b"withdraw"),
            budget: BUDGET,
            amount,
        };
        assert_eq!(self.env.execute(&fund(), TREASURY, &message).code(), None);
    }

    /// The maker reports that it shipped its packs with these numbers to the pharmacy.
    pub fn report_movement(&mut self, numbers: std::ops::Range<usize>, to: OrgId) {
        let packs = numbers.map(|number| pack(MAKER, number).id()).collect();
        let message = marking::Execute::Ship { packs, to };
        assert_eq!(self.env.execute(&maker(), MARKING, &message).code(), None);
    }
}
