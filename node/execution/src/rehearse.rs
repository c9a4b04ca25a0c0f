//! What a transaction would do, before it is signed: nothing is admitted, charged or kept.

use crate::engine::Engine;
use crate::frame::{self, Invocation};
use crate::lend::lend;
use crate::session::{Origin, Session, Witnesses};
use crate::stop::Stop;
use senim_abi::{Caller, Entry, Roles};
use senim_types::{
    Call, ChangeSet, Code, Event, Hash, Height, OrgId, PublicKey, StateView, Statement, TimeMs,
};

/// Who would call, and what would be witnessed.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// The transaction's hash, as contracts see it.
    pub transaction: Hash,
    /// The device.
    pub device: PublicKey,
    /// Its organisation.
    pub org: OrgId,
    /// The organisation's roles.
    pub roles: Roles,
    /// The immediate caller of the calls: the device, or a contract in its place.
    pub caller: Caller,
    /// Statements taken as if they were signed.
    pub witnesses: Vec<Statement>,
}

/// What the calls would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsed {
    /// Changed keys and their new values.
    pub changes: ChangeSet,
    /// What would be told.
    pub events: Vec<Event>,
    /// Each call's output.
    pub outputs: Vec<Vec<u8>>,
    /// Fuel of the calls.
    pub fuel: u64,
}

/// Makes `calls` in order over `view`, by whom `rehearsal` says or (without it) by the ledger, through
/// `entry`. Rights are not checked, and contract 0 cannot be called. Counts as a question: see
/// [`query`](crate::query()).
pub fn rehearse(
    engine: &Engine,
    view: &dyn StateView,
    (height, time): (Height, TimeMs),
    rehearsal: Option<Rehearsal>,
    (entry, calls): (Entry, &[Call]),
    fuel_max: u64,
) -> Result<Rehearsed, Stop> {
    let _permit = engine
        .query_permit()
        .ok_or(Stop::refused(Code::NOT_READY))?;
    lend(view, |view| {
        let mut session = Box::new(Session::new(engine.clone(), view, height, time));
        let (caller, origin) = match rehearsal {
            None => (Caller::Ledger, Origin::Ledger),
            Some(rehearsal) => (rehearsal.caller, rehearsal.into_origin()),
        };
        session.begin(origin);
        let (mut outputs, mut fuel) = (Vec::with_capacity(calls.len()), 0);
        for call in calls {
            let invocation = Invocation {
                contract: call.contract,
                entry,
                caller,
                input: &call.input,
                read_only: entry == Entry::Query,
            };
            let finished = frame::call(session, invocation, fuel_max - fuel);
            session = finished.session;
            fuel += finished.fuel;
            outputs.push(finished.outcome?);
        }
        let events = session.keep();
        let changes = session.block;
        Ok(Rehearsed {
            changes,
            events,
            outputs,
            fuel,
        })
    })
}

impl Rehearsal {
    fn into_origin(self) -> Origin {
        Origin::Device {
            transaction: self.transaction,
            device: self.device,
            org: self.org,
            roles: self.roles,
            witnesses: Witnesses::Assumed(self.witnesses.into()),
        }
    }
}
