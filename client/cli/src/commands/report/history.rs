//! What happened to prescriptions, from the receipts of blocks. A node can leave something out and invent nothing: each
//! receipt is proven.

use super::{Options, range};
use crate::commands::ledger::latest;
use crate::describe;
use crate::failure::{Failure, Result};
use crate::session::Session;
use senim_abi::card::CardEvent;
use senim_abi::prescription::event::ProofUsed;
use senim_abi::prescription::record::DispensedPack;
use senim_abi::prescription::{
    Execute, GroupId, NewItem, PrescriberId, PrescriptionEvent, ProgrammeId,
};
use senim_abi::{CARD, PRESCRIPTION};
use senim_types::{Block, Hash, OrgId, PublicKey, SignedTransaction, TimeMs, Tiyn, limits};
use std::collections::BTreeMap;

/// A prescription as it was issued.
pub struct Issued {
    /// The clinic.
    pub clinic: OrgId,
    /// Its prescriber.
    pub prescriber: PrescriberId,
    /// The programme.
    pub programme: ProgrammeId,
    /// Its items.
    pub items: Vec<NewItem>,
}

/// A dispense.
pub struct Dispensed {
    /// When.
    pub at: TimeMs,
    /// The prescription.
    pub group: GroupId,
    /// Its number within the prescription.
    pub number: u8,
    /// The pharmacy.
    pub pharmacy: OrgId,
    /// The terminal.
    pub device: PublicKey,
    /// What was given.
    pub packs: Vec<DispensedPack>,
    /// What the programme bears, in tiyn.
    pub borne: Tiyn,
    /// What the citizen pays, in tiyn.
    pub citizen: Tiyn,
    /// The card's key that the prescription had then.
    pub card: Option<PublicKey>,
    /// The proof of the hold.
    pub proof: Option<ProofUsed>,
    /// Whether it was undone.
    pub reversed: bool,
}

/// Prescriptions and dispenses of a range of blocks.
#[derive(Default)]
pub struct History {
    /// Prescriptions.
    pub issued: BTreeMap<GroupId, Issued>,
    /// Dispenses, in order.
    pub dispensed: Vec<Dispensed>,
    /// The keys that cards have for prescriptions, the newest last.
    pub cards: BTreeMap<GroupId, Vec<PublicKey>>,
    holds: BTreeMap<(GroupId, usize), ProofUsed>,
}

impl History {
    /// Reads blocks and the receipts of what is about prescriptions or cards.
    pub fn read(session: &Session, options: &Options) -> Result<History> {
        let mut history = History::default();
        for height in range(options, latest(&session.node)?)? {
            let path = format!("/v1/blocks/{height}");
            let bytes = session.node.bytes(&path, limits::BLOCK_BYTES_MAX)?;
            let block = Block::decode(&bytes).map_err(Failure::proof)?;
            for signed in &block.transactions {
                let is_about = |contract| contract == PRESCRIPTION || contract == CARD;
                if signed.body.calls.iter().any(|call| is_about(call.contract)) {
                    let done = session.receipt(&signed.hash(), false)?;
                    if done.receipt.status.is_applied() {
                        history.take(signed, &done.receipt.events, done.header.time);
                    }
                }
            }
        }
        if let Some(programme) = options.programme {
            let issued = &mut history.issued;
            issued.retain(|_, issued| issued.programme == ProgrammeId(programme));
            let issued = &history.issued;
            let is_of_it = |dispensed: &Dispensed| issued.contains_key(&dispensed.group);
            history.dispensed.retain(is_of_it);
        }
        Ok(history)
    }

    fn take(&mut self, signed: &SignedTransaction, events: &[senim_types::Event], at: TimeMs) {
        let hash = signed.hash();
        for call in &signed.body.calls {
            if call.contract != PRESCRIPTION {
                continue;
            }
            if let Ok(Execute::Issue {
                index,
                programme,
                prescriber,
                items,
                ..
            }) = borsh::from_slice(&call.input)
            {
                let issued = Issued {
                    // The event has the clinic.
                    clinic: OrgId(0),
                    prescriber,
                    programme,
                    items,
                };
                self.issued.insert(GroupId::derive(&hash, index), issued);
            }
        }
        for event in events {
            if let Some(CardEvent::Bound { key, group }) = describe::card_event(event) {
                self.cards.entry(group).or_default().push(key);
            }
            if let Some(told) = describe::prescription_event(event) {
                self.told(told, signed.body.device, at);
            }
        }
    }

    fn told(&mut self, event: PrescriptionEvent, device: PublicKey, at: TimeMs) {
        match event {
            PrescriptionEvent::Issued { group, issuer, .. } => {
                if let Some(issued) = self.issued.get_mut(&group) {
                    issued.clinic = issuer;
                }
            }
            PrescriptionEvent::Held {
                group,
                items,
                proof,
                ..
            } => {
                for index in items.indices() {
                    self.holds.insert((group, index), proof);
                }
            }
            PrescriptionEvent::Dispensed {
                group,
                org,
                dispense,
                packs,
                borne,
                citizen,
                ..
            } => {
                let item = packs.first().map(|pack| usize::from(pack.item));
                let proof = item.and_then(|item| self.holds.get(&(group, item)).copied());
                let card = self.cards.get(&group).and_then(|keys| keys.last().copied());
                self.dispensed.push(Dispensed {
                    at,
                    group,
                    number: dispense,
                    pharmacy: org,
                    device,
                    packs,
                    borne,
                    citizen,
                    card,
                    proof,
                    reversed: false,
                });
            }
            PrescriptionEvent::Reversed {
                group, dispense, ..
            } => {
                let is_it = |one: &&mut Dispensed| one.group == group && one.number == dispense;
                if let Some(one) = self.dispensed.iter_mut().find(is_it) {
                    one.reversed = true;
                }
            }
            _ => {}
        }
    }
}

/// Who came for it, as far as the ledger knows: the holder, a proxy whom the holder named, or whoever brought the card or
/// the paper.
pub fn collector_name(proof: Option<ProofUsed>) -> String {
    match proof {
        Some(ProofUsed::Card) => "card".to_owned(),
        Some(ProofUsed::LiveQr) => "holder".to_owned(),
        Some(ProofUsed::Paper(_)) => "paper".to_owned(),
        Some(ProofUsed::DelegatedQr(key)) => {
            let hash = Hash::of(&key.encoded()).to_string();
            format!("proxy {}", &hash[..12])
        }
        None => "unknown".to_owned(),
    }
}

/// A proof's kind, for people.
pub fn proof_name(proof: Option<ProofUsed>) -> &'static str {
    match proof {
        Some(ProofUsed::Card) => "card",
        Some(ProofUsed::LiveQr) => "QR",
        Some(ProofUsed::Paper(_)) => "paper",
        Some(ProofUsed::DelegatedQr(_)) => "QR of a proxy",
        // The hold was before the first block that was read.
        None => "unknown",
    }
}
