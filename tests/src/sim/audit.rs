//! What the blocks say, read by somebody who trusts none of the contracts.

use super::{check, fail};
use crate::world::Network;
use crate::world::people::{METFORMIN_CAP, PHARMACIES};
use borsh::BorshDeserialize;
use senim_abi::marking::PackId;
use senim_abi::prescription::{Execute, GroupId, PrescriptionEvent};
use senim_abi::treasury::BudgetId;
use senim_abi::treasury::record::Budget;
use senim_abi::treasury::{Account, PostingKind, TreasuryEvent};
use senim_abi::{PRESCRIPTION, TREASURY};
use senim_light_client::LightClient;
use senim_state::BlockRecord;
use senim_types::{
    Code, Genesis, Hash, OrgId, PublicKey, Receipt, TimeMs, Transaction, ValidatorSet,
};
use std::collections::{BTreeMap, BTreeSet};

/// Units that a run prescribes at once, and that a pack has.
const UNITS: u32 = 60;

/// The sums of an audit.
#[derive(Debug, Default)]
pub struct Audit {
    identities: BTreeSet<(PublicKey, u64)>,
    packs: BTreeMap<PackId, u32>,
    items: BTreeMap<(GroupId, u8), u32>,
    /// Who holds an item, and until when.
    held: BTreeMap<(GroupId, u8), (OrgId, TimeMs)>,
    /// Whose the pharmacies' devices are.
    pharmacies: BTreeMap<PublicKey, OrgId>,
    /// Σ debits and Σ credits, by account.
    pub accounts: BTreeMap<Account, (u128, u128)>,
    /// What programmes bear by what was dispensed, and what was paid for it.
    borne: u128,
    paid: u128,
    /// Dispenses.
    pub redemptions: u64,
}

/// Every header is certified by the set that the one before names, as a light client sees it.
pub fn headers(genesis: &Genesis, blocks: &[&BlockRecord], sets: &BTreeMap<Hash, ValidatorSet>) {
    let mut client = LightClient::from_genesis(genesis);
    let mut parent: Option<Hash> = None;
    for record in blocks {
        let header = &record.block.header;
        let height = header.height;
        if let Some(parent) = parent {
            check("headers", header.parent == parent, || {
                format!("height {height} has another parent")
            });
        }
        parent = Some(header.hash());
        let Some(next) = sets.get(&header.next_validators_hash) else {
            fail(
                "headers",
                format!("height {height} names validators that no node had"),
            );
        };
        if let Err(code) = client.advance(header, &record.certificate, next.clone()) {
            fail(
                "headers",
                format!("a light client refuses {height}: {code}"),
            );
        }
    }
}

impl Audit {
    /// An audit that begins with the money that the genesis moved, whose receipts are in no block:
    /// one payer's budget lines were allotted.
    pub fn from_genesis(lines: &[(BudgetId, Budget)], network: &Network) -> Audit {
        let pharmacies = PHARMACIES.iter();
        let pharmacies = pharmacies.map(|(name, org)| (network.device(name).public(), *org));
        let mut audit = Audit {
            pharmacies: pharmacies.collect(),
            ..Audit::default()
        };
        for (budget, line) in lines {
            let (debits, credits) = (line.debits.0, line.credits.0);
            audit
                .accounts
                .insert(Account::Budget(*budget), (debits, credits));
            let outside = audit.accounts.entry(Account::Outside(line.payer));
            let outside = outside.or_default();
            *outside = (outside.0 + credits, outside.1 + debits);
        }
        audit
    }

    /// Takes in a block.
    pub fn block(&mut self, record: &BlockRecord) {
        for signed in &record.block.transactions {
            let identity = (signed.body.device, signed.body.sequence);
            check("once", self.identities.insert(identity), || {
                format!(
                    "the number {} of a device was used twice, at height {}",
                    identity.1, record.block.header.height
                )
            });
        }
        let now = record.block.header.time;
        let sent = record.block.transactions.iter();
        let sent: BTreeMap<Hash, _> = sent.map(|signed| (signed.hash(), &signed.body)).collect();
        for receipt in &record.receipts {
            if receipt.status.is_applied() {
                self.receipt(receipt, now);
            } else if receipt.status.code() == Some(Code::WITH_ANOTHER_DISPENSER)
                && let Some(body) = sent.get(&receipt.transaction)
            {
                self.refused_for_another(body, now);
            }
        }
    }

    /// A hold that was refused because another has it: somebody has, and its lease runs.
    fn refused_for_another(&self, body: &Transaction, now: TimeMs) {
        let Some(org) = self.pharmacies.get(&body.device) else {
            return;
        };
        for call in body
            .calls
            .iter()
            .filter(|call| call.contract == PRESCRIPTION)
        {
            let Ok(Execute::Hold { group, items, .. }) = Execute::try_from_slice(&call.input)
            else {
                continue;
            };
            let is_held = items.indices().any(|item| {
                let holder = self.held.get(&(group, item as u8));
                holder.is_some_and(|(by, until)| by != org && now < *until)
            });
            check("leases", is_held, || {
                format!("{group} was kept from {org}, and nobody's lease of it runs at {now:?}")
            });
        }
    }

    fn receipt(&mut self, receipt: &Receipt, now: TimeMs) {
        for event in &receipt.events {
            if event.contract == PRESCRIPTION {
                let event = PrescriptionEvent::try_from_slice(&event.body)
                    .expect("a contract emits what its schema says");
                self.prescription(event, now);
            } else if event.contract == TREASURY {
                let event = TreasuryEvent::try_from_slice(&event.body)
                    .expect("a contract emits what its schema says");
                self.treasury(&event);
            }
        }
    }

    fn prescription(&mut self, event: PrescriptionEvent, now: TimeMs) {
        match event {
            PrescriptionEvent::Held {
                group,
                items,
                org,
                until,
                ..
            } => {
                for item in items.indices() {
                    let item = item as u8;
                    let before = self.held.insert((group, item), (org, until));
                    let is_free = before.is_none_or(|(by, until)| by == org || until <= now);
                    check("no double hold", is_free, || {
                        format!("{group} item {item} is held by {before:?} and by {org}")
                    });
                }
            }
            PrescriptionEvent::Dispensed {
                group,
                org,
                packs,
                borne,
                ..
            } => {
                self.redemptions += 1;
                self.borne += u128::from(borne.0);
                for used in packs {
                    let pack = self.packs.entry(used.pack).or_default();
                    *pack += used.units;
                    check("no double redemption", *pack <= UNITS, || {
                        format!("a pack gave {pack} units")
                    });
                    let item = self.items.entry((group, used.item)).or_default();
                    *item += used.units;
                    check("no double redemption", *item <= UNITS, || {
                        format!("{group} was dispensed {item} units")
                    });
                    check("no double redemption", used.cost <= METFORMIN_CAP, || {
                        "a pack cost more than its cap".to_owned()
                    });
                    let holder = self.held.get(&(group, used.item));
                    let holds = holder.is_some_and(|(by, until)| *by == org && now < *until);
                    check("no double redemption", holds, || {
                        format!("{org} dispensed what it does not hold")
                    });
                }
            }
            PrescriptionEvent::Extended {
                group,
                items,
                until,
                ..
            } => {
                for item in items.indices() {
                    if let Some(held) = self.held.get_mut(&(group, item as u8)) {
                        held.1 = until;
                    }
                }
            }
            PrescriptionEvent::Rejected { group, items, .. } => {
                for item in items.indices() {
                    self.held.remove(&(group, item as u8));
                }
            }
            _ => {}
        }
    }

    fn treasury(&mut self, event: &TreasuryEvent) {
        let TreasuryEvent::Posting(posting) = event else {
            return;
        };
        let (debit, credit) = (&posting.debit, &posting.credit);
        check("money", debit.amount == credit.amount, || {
            format!("{posting:?}")
        });
        let account = self.accounts.entry(debit.account).or_default();
        account.0 += u128::from(debit.amount.0);
        check("money", account.0 == debit.total.0, || {
            format!("a debit's total is not the sum: {posting:?}")
        });
        let account = self.accounts.entry(credit.account).or_default();
        account.1 += u128::from(credit.amount.0);
        check("money", account.1 == credit.total.0, || {
            format!("a credit's total is not the sum: {posting:?}")
        });
        if posting.kind == PostingKind::Pay {
            self.paid += u128::from(debit.amount.0);
        }
    }

    /// What has to hold at the end: nothing was created or lost.
    pub fn end(&self) {
        let debits: u128 = self.accounts.values().map(|(debits, _)| debits).sum();
        let credits: u128 = self.accounts.values().map(|(_, credits)| credits).sum();
        check("money", debits == credits, || {
            format!("Σ debit {debits}, Σ credit {credits}")
        });
        check("money", self.borne == self.paid, || {
            format!("{} tiyn were borne and {} paid", self.borne, self.paid)
        });
        for (account, (debits, credits)) in &self.accounts {
            if matches!(account, Account::Budget(_)) {
                check("money", debits <= credits, || {
                    format!("{account:?} is overdrawn")
                });
            }
        }
    }
}
