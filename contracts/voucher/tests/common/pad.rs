//! A terminal that loses its connection, with its file of records.

use super::*;
use senim_abi::registry;
use senim_abi::voucher::msg::{ExcessPage, OfflineChainAnswer, Taken};
use senim_abi::voucher::offline::OfflineStatement;
use senim_abi::voucher::{Excess, OfflineChain, OfflineRecord};
use senim_types::PublicKey;
use std::ops::Range;

/// The meal system's two terminals, and the caterer's own.
pub fn enrolled() -> registry::Genesis {
    let register = |org, name: &str| registry::Execute::RegisterOrganisation {
        org,
        name: name.into(),
        roles: Roles::PROVIDER,
        details: Hash::ZERO,
    };
    let enrol = |actor: Actor| registry::Execute::EnrolDevice {
        org: actor.org,
        device: actor.device,
        administrator: false,
    };
    registry::Genesis(vec![
        register(MEAL_SYSTEM, "Meal system"),
        register(CATERER, "Caterer"),
        enrol(terminal()),
        enrol(terminal_2()),
        enrol(caterer()),
    ])
}

/// A terminal's file.
pub struct Pad {
    pub actor: Actor,
    pub session: u32,
    /// The number of its first record.
    pub first: u64,
    pub records: Vec<OfflineRecord>,
}

impl Pad {
    /// Of the first terminal, which syncs now.
    pub fn new(world: &mut World) -> Pad {
        Pad::of(world, terminal())
    }

    pub fn of(world: &mut World, actor: Actor) -> Pad {
        let records = Vec::new();
        let chain = sync(world, actor);
        Pad {
            actor,
            session: chain.session.number,
            first: chain.start,
            records,
        }
    }

    pub fn sync(&mut self, world: &mut World) {
        self.session = sync(world, self.actor).session.number;
    }

    /// A meal at the usual price, for whom the terminal itself knows.
    pub fn serve(&mut self, voucher: VoucherId, at: TimeMs) {
        self.serve_with(voucher, at, PRICE, Proof::Attested);
    }

    pub fn serve_with(&mut self, voucher: VoucherId, at: TimeMs, price: Tiyn, proof: Proof) {
        let previous = self.records.last().map_or(Hash::ZERO, OfflineRecord::hash);
        self.records.push(OfflineRecord {
            session: self.session,
            sequence: self.first + self.records.len() as u64,
            previous,
            voucher,
            at,
            lines: meal(price),
            proof,
        });
    }

    /// What sends these of its records.
    pub fn message(&self, range: Range<usize>) -> Execute {
        Execute::RedeemOffline {
            programme: MEALS,
            terminal: self.actor.device,
            records: self.records[range].to_vec(),
        }
    }

    /// What the terminal signs of records that end there.
    pub fn signature(&self, end: usize) -> Statement {
        let last = &self.records[end - 1];
        let statement = OfflineStatement {
            programme: MEALS,
            sequence: last.sequence,
            head: last.hash(),
        };
        statement.by(self.actor.device)
    }

    pub fn send_by(&self, world: &mut World, sender: Actor, range: Range<usize>) -> TestOutcome {
        let witnesses = [self.signature(range.end)];
        world.signed(sender, &self.message(range), &witnesses)
    }

    /// The terminal itself sends all of its records.
    pub fn send(&self, world: &mut World) -> TestOutcome {
        self.send_by(world, self.actor, 0..self.records.len())
    }

    /// The same, which has to be taken.
    pub fn sent(&self, world: &mut World) -> Taken {
        taken(&self.send(world))
    }
}

fn sync(world: &mut World, actor: Actor) -> OfflineChain {
    let message = Execute::SyncOffline {
        programme: MEALS,
        place: SCHOOL,
    };
    let outcome = world.done(actor, &message);
    codec::decode(outcome.output()).unwrap()
}

/// What became of records that were taken.
pub fn taken(outcome: &TestOutcome) -> Taken {
    assert_eq!(outcome.code(), None, "{outcome:?}");
    codec::decode(outcome.output()).unwrap()
}

/// Paid, kept for the payer, and known before.
pub fn counts(taken: Taken) -> (u32, u32, u32) {
    (taken.paid, taken.excess, taken.known)
}

impl World {
    /// What waits for the payer, or was answered.
    pub fn excess(&mut self) -> Vec<Excess> {
        let page: ExcessPage = self.asked(&Query::Excess {
            programme: MEALS,
            after: None,
        });
        page
    }

    pub fn codes(&mut self) -> Vec<Code> {
        self.excess().iter().map(|excess| excess.code).collect()
    }

    pub fn chain_of(&mut self, terminal: PublicKey) -> OfflineChainAnswer {
        self.asked(&Query::OfflineChain {
            programme: MEALS,
            terminal,
        })
    }

    pub fn set_device(&mut self, device: PublicKey, standing: registry::Standing) {
        let message = registry::Execute::SetDeviceStanding { device, standing };
        self.genesis(REGISTRY, &registry::Genesis(vec![message]));
    }

    /// What a programme's day at the school came to: uses, and what was paid for them in tiyn.
    pub fn tally(&mut self, day: u32) -> (u32, u128) {
        let tally: senim_abi::voucher::msg::TallyAnswer = self.asked(&Query::Tally {
            programme: MEALS,
            place: SCHOOL,
            day,
        });
        tally.map_or((0, 0), |tally| (tally.uses, tally.paid.0))
    }
}
