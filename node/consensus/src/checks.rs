//! Which proposed blocks the owner has to judge, and what it said.
//!
//! A block may be refused for its time alone, and time is judged for the first vote only: what two
//! thirds prevoted is not refused for coming early or late. So a refused block is judged once more
//! when it has a polka, and again whenever it is proposed again.

use crate::effect::Effect;
use crate::message::SignedProposal;
use senim_types::{Hash, Height, PublicKey, Round};
use std::collections::{BTreeMap, BTreeSet};

/// A proposal whose block is to be judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub round: Round,
    pub valid_round: Option<Round>,
    pub proposer: PublicKey,
}

#[derive(Default)]
pub(crate) struct Checks {
    open: BTreeMap<Hash, Request>,
    /// Open ones that the owner was not told yet.
    unasked: BTreeSet<Hash>,
    valid: BTreeSet<Hash>,
    refused: BTreeMap<Hash, Request>,
    /// Re-proposals of refused blocks: the core would vote against them at once, by the old verdict.
    held: BTreeMap<(Hash, Round), SignedProposal>,
}

impl Checks {
    /// A block of this validator's own.
    pub(crate) fn own(&mut self, block: Hash) {
        self.valid.insert(block);
    }

    /// A proposal of another validator was accepted: its block is judged, unless it was found valid.
    pub(crate) fn proposed(&mut self, signed: &SignedProposal) {
        let block = signed.proposal.block;
        if !self.valid.contains(&block) {
            let request = Request {
                round: signed.proposal.round,
                valid_round: signed.proposal.valid_round,
                proposer: signed.validator,
            };
            self.open(block, request);
        }
    }

    fn open(&mut self, block: Hash, request: Request) {
        self.open.insert(block, request);
        self.unasked.insert(block);
    }

    pub(crate) fn is_refused(&self, block: &Hash) -> bool {
        self.refused.contains_key(block)
    }

    /// Keeps a proposal of a refused block until the block is judged again.
    pub(crate) fn hold(&mut self, signed: SignedProposal) {
        self.proposed(&signed);
        let place = (signed.proposal.block, signed.proposal.round);
        self.held.insert(place, signed);
    }

    /// The owner's verdict; gives what it answers and the proposals that waited for it.
    pub(crate) fn judged(
        &mut self,
        block: Hash,
        valid: bool,
    ) -> Option<(Request, Vec<SignedProposal>)> {
        let request = self.open.remove(&block)?;
        self.unasked.remove(&block);
        if valid {
            self.valid.insert(block);
            self.refused.remove(&block);
        } else {
            self.refused.insert(block, request);
        }
        let first = (block, Round(0));
        let last = (block, Round(u32::MAX));
        let places: Vec<_> = self.held.range(first..=last).map(|(it, _)| *it).collect();
        let held = places.iter().filter_map(|place| self.held.remove(place));
        Some((request, held.collect()))
    }

    /// A verdict of an earlier run.
    pub(crate) fn recorded(&mut self, block: Hash, valid: bool) {
        let answered = self.judged(block, valid).is_some();
        if !answered && valid {
            self.valid.insert(block);
            self.refused.remove(&block);
        }
    }

    /// Asks again about refused blocks that more than two thirds prevoted since.
    pub(crate) fn reconsider(&mut self, has_polka: impl Fn(Round, Hash) -> bool) {
        let supported: Vec<_> = self
            .refused
            .iter()
            .filter(|(_, request)| request.valid_round.is_none())
            .filter(|(block, request)| has_polka(request.round, **block))
            .filter(|(block, _)| !self.open.contains_key(block))
            .map(|(block, request)| (*block, *request))
            .collect();
        for (block, request) in supported {
            let valid_round = Some(request.round);
            let request = Request {
                valid_round,
                ..request
            };
            self.open(block, request);
        }
    }

    /// What the owner has to be asked now.
    pub(crate) fn take_effects(&mut self, height: Height) -> Vec<Effect> {
        let unasked = std::mem::take(&mut self.unasked);
        let asked = unasked.into_iter().filter_map(|block| {
            self.open.get(&block).map(|request| Effect::CheckProposal {
                height,
                round: request.round,
                valid_round: request.valid_round,
                proposer: request.proposer,
                block,
            })
        });
        asked.collect()
    }
}
