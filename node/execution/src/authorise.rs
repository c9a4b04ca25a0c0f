//! What is checked natively before a contract is entered: may this transaction be in a block, and may
//! its organisation call these methods?

use crate::session::{Origin, Session, Witnesses};
use crate::stop::{HostFault, Stop};
use borsh::BorshDeserialize;
use senim_abi::ledger::{SequenceState, SequenceWindow, WindowV1, keys};
use senim_abi::registry::Standing;
use senim_abi::registry::record::{
    DeviceRecord, OrganisationRecord, RightRecord, device_key, organisation_key, right_key,
};
use senim_abi::{REGISTRY, Roles};
use senim_types::crypto::VerifiedTransaction;
use senim_types::{
    ChainId, Code, ContractId, OrgId, PublicKey, StateView, TimeMs, Transaction, codec, limits,
};
use std::collections::BTreeMap;

/// What admission and rights are judged by: a block under execution, or a committed state.
pub trait Reads {
    /// Reads the value at `key` where it lies.
    fn read<R>(
        &self,
        key: &[u8],
        use_value: impl FnOnce(Option<&[u8]>) -> R,
    ) -> Result<R, HostFault>;

    /// The time to judge by.
    fn time(&self) -> TimeMs;
}

impl Reads for Session {
    fn read<R>(
        &self,
        key: &[u8],
        use_value: impl FnOnce(Option<&[u8]>) -> R,
    ) -> Result<R, HostFault> {
        Session::read(self, key, use_value)
    }

    fn time(&self) -> TimeMs {
        self.time
    }
}

/// A committed state and a time.
struct At<'a>(&'a dyn StateView, TimeMs);

impl Reads for At<'_> {
    fn read<R>(
        &self,
        key: &[u8],
        use_value: impl FnOnce(Option<&[u8]>) -> R,
    ) -> Result<R, HostFault> {
        Ok(use_value(self.0.get(key)?.as_deref()))
    }

    fn time(&self) -> TimeMs {
        self.1
    }
}

/// Whether a block over `state` at `time` could hold this transaction, others aside: what a mempool asks.
pub fn admit(
    state: &dyn StateView,
    chain: &ChainId,
    time: TimeMs,
    transaction: &Transaction,
) -> Result<Result<(), Inadmissible>, HostFault> {
    let admitted = Authority::default().admit(&At(state, time), chain, transaction)?;
    Ok(admitted.map(|_| ()))
}

/// The lowest sequence number above all that the device has used: what a client takes next.
pub fn next_sequence(state: &dyn StateView, device: &PublicKey) -> Result<u64, HostFault> {
    let window = Authority::default().window(&At(state, TimeMs(0)), device)?;
    Ok(window.next())
}

/// Why a transaction may not be in a block: nothing of it is recorded.
pub type Inadmissible = Code;

/// Registry records and sequence windows, decoded once per block.
#[derive(Default)]
pub struct Authority {
    members: BTreeMap<PublicKey, Result<Member, Code>>,
    rights: BTreeMap<(ContractId, u8), Roles>,
    windows: BTreeMap<PublicKey, Window>,
}

/// A device's sequence window, and whether this block used a number of it.
struct Window {
    window: WindowV1,
    is_used: bool,
}

/// A device's organisation.
#[derive(Clone, Copy)]
pub struct Member {
    org: OrgId,
    roles: Roles,
}

impl Member {
    /// The origin of this member's transaction.
    pub fn origin(self, transaction: VerifiedTransaction) -> Origin {
        Origin::Device {
            transaction: transaction.hash(),
            device: transaction.transaction().body.device,
            org: self.org,
            roles: self.roles,
            witnesses: Witnesses::Verified(transaction),
        }
    }
}

impl Authority {
    /// Forgets the registry's records: a transaction may have changed them.
    pub fn forget_registry(&mut self) {
        self.members.clear();
        self.rights.clear();
    }

    /// The rules in their order; the first that fails names the code.
    pub fn admit(
        &mut self,
        state: &impl Reads,
        chain: &ChainId,
        transaction: &Transaction,
    ) -> Result<Result<Member, Inadmissible>, HostFault> {
        if let Err(code) = check_frame(state, chain, transaction) {
            return Ok(Err(code));
        }
        let member = match self.member(state, &transaction.device)? {
            Ok(member) => member,
            Err(code) => return Ok(Err(code)),
        };
        let sequence = transaction.sequence;
        #[cfg(feature = "mutants")]
        let sequence = sequence
            + u64::from(senim_mutants::is(
                senim_mutants::Mutant::SequenceWindowOffByOne,
            ));
        let code = match self.window(state, &transaction.device)?.state(sequence) {
            SequenceState::Free => return Ok(Ok(member)),
            SequenceState::Used => Code::SEQUENCE_USED,
            SequenceState::TooOld => Code::SEQUENCE_TOO_OLD,
            SequenceState::TooFar => Code::SEQUENCE_TOO_FAR,
        };
        Ok(Err(code))
    }

    /// Uses an admitted transaction's sequence number, whatever becomes of its calls.
    pub fn use_sequence(&mut self, transaction: &Transaction) {
        let window = self.windows.get_mut(&transaction.device);
        let window = window.expect("`admit` has read the device's window");
        #[cfg(feature = "mutants")]
        if senim_mutants::is(senim_mutants::Mutant::SequenceNotUsed) {
            return;
        }
        window.window.set(transaction.sequence);
        window.is_used = true;
    }

    /// Writes the windows that this block changed, each once.
    pub fn flush(self, session: &mut Session) {
        // A window that was only looked at, for a transaction that a proposer left out, stays as it is:
        // who executes the block never sees that transaction.
        let used = self
            .windows
            .into_iter()
            .filter(|(_, window)| window.is_used);
        for (device, Window { window, .. }) in used {
            session.block.put(
                keys::sequence(&device),
                codec::encode(&SequenceWindow::V1(window)),
            );
        }
    }

    /// Whether `roles` give the right to call all that the transaction calls.
    pub fn check_rights(
        &mut self,
        state: &impl Reads,
        member: Member,
        transaction: &Transaction,
    ) -> Result<(), Stop> {
        for call in &transaction.calls {
            let method = call.method().ok_or(Stop::refused(Code::MALFORMED))?;
            if !self
                .right(state, call.contract, method)?
                .intersects(member.roles)
            {
                return Err(Stop::refused(Code::ROLE_NOT_ALLOWED));
            }
        }
        Ok(())
    }

    fn member(
        &mut self,
        state: &impl Reads,
        device: &PublicKey,
    ) -> Result<Result<Member, Code>, HostFault> {
        if let Some(member) = self.members.get(device) {
            return Ok(*member);
        }
        let member = read_member(state, device)?;
        self.members.insert(*device, member);
        Ok(member)
    }

    fn right(
        &mut self,
        state: &impl Reads,
        contract: ContractId,
        method: u8,
    ) -> Result<Roles, HostFault> {
        if let Some(roles) = self.rights.get(&(contract, method)) {
            return Ok(*roles);
        }
        let record: Option<RightRecord> =
            read(state, &right_key(contract, method).in_state_of(REGISTRY))?;
        let roles = record.map_or(Roles::NONE, |record| record.into_current().roles_any);
        self.rights.insert((contract, method), roles);
        Ok(roles)
    }

    fn window(&mut self, state: &impl Reads, device: &PublicKey) -> Result<WindowV1, HostFault> {
        if let Some(window) = self.windows.get(device) {
            return Ok(window.window);
        }
        let window = match read(state, &keys::sequence(device))? {
            Some(SequenceWindow::V1(window)) => window,
            None => WindowV1::default(),
        };
        let is_used = false;
        self.windows.insert(*device, Window { window, is_used });
        Ok(window)
    }
}

/// Chain, version and time, which need no state.
fn check_frame(state: &impl Reads, chain: &ChainId, transaction: &Transaction) -> Result<(), Code> {
    if transaction.chain != *chain {
        return Err(Code::WRONG_CHAIN);
    }
    if transaction.version != senim_types::transaction::TRANSACTION_VERSION {
        return Err(Code::WRONG_VERSION);
    }
    if transaction.valid_until < state.time() {
        return Err(Code::TRANSACTION_EXPIRED);
    }
    if transaction.valid_until.since_ms(state.time()) > limits::VALID_UNTIL_AHEAD_MS_MAX {
        return Err(Code::VALID_UNTIL_TOO_FAR);
    }
    Ok(())
}

fn read_member(state: &impl Reads, device: &PublicKey) -> Result<Result<Member, Code>, HostFault> {
    let device: Option<DeviceRecord> = read(state, &device_key(device).in_state_of(REGISTRY))?;
    let Some(device) = device.map(DeviceRecord::into_current) else {
        return Ok(Err(Code::DEVICE_UNKNOWN));
    };
    if device.standing != Standing::Active {
        return Ok(Err(Code::DEVICE_SUSPENDED));
    }
    let organisation: Option<OrganisationRecord> =
        read(state, &organisation_key(device.org).in_state_of(REGISTRY))?;
    Ok(match organisation.map(OrganisationRecord::into_current) {
        Some(organisation) if organisation.standing == Standing::Active => Ok(Member {
            org: device.org,
            roles: organisation.roles,
        }),
        _ => Err(Code::ORGANISATION_SUSPENDED),
    })
}

/// A record of the registry or the ledger. One that does not decode was written by a version of the
/// contract that this node does not know: it must not go on.
pub fn read<T: BorshDeserialize>(state: &impl Reads, key: &[u8]) -> Result<Option<T>, HostFault> {
    state.read(key, |value| match value {
        None => Ok(None),
        Some(value) => T::try_from_slice(value)
            .map(Some)
            .map_err(|_| HostFault(format!("the record at {} does not decode", hex(key)))),
    })?
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
