//! What is checked natively before a contract is entered: may this transaction be in a block, and may
//! its organisation call these methods?

use crate::session::{Origin, Session};
use crate::stop::{HostFault, Stop};
use borsh::BorshDeserialize;
use senim_abi::ledger::{SequenceState, SequenceWindow, WindowV1, keys};
use senim_abi::registry::Standing;
use senim_abi::registry::record::{
    DeviceRecord, OrganisationRecord, RightRecord, device_key, organisation_key, right_key,
};
use senim_abi::{REGISTRY, Roles};
use senim_types::crypto::VerifiedTransaction;
use senim_types::{ChainId, Code, ContractId, OrgId, PublicKey, Transaction, codec, limits};
use std::collections::BTreeMap;

/// Why a transaction may not be in a block: nothing of it is recorded.
pub type Inadmissible = Code;

/// Registry records and sequence windows, decoded once per block.
#[derive(Default)]
pub struct Authority {
    members: BTreeMap<PublicKey, Result<Member, Code>>,
    rights: BTreeMap<(ContractId, u8), Roles>,
    windows: BTreeMap<PublicKey, WindowV1>,
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
            transaction,
            org: self.org,
            roles: self.roles,
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
        session: &Session,
        chain: &ChainId,
        transaction: &Transaction,
    ) -> Result<Result<Member, Inadmissible>, HostFault> {
        if let Err(code) = check_frame(session, chain, transaction) {
            return Ok(Err(code));
        }
        let member = match self.member(session, &transaction.device)? {
            Ok(member) => member,
            Err(code) => return Ok(Err(code)),
        };
        let code = match self
            .window(session, &transaction.device)?
            .state(transaction.sequence)
        {
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
        window
            .expect("`admit` has read the device's window")
            .set(transaction.sequence);
    }

    /// Writes the windows that this block changed, each once.
    pub fn flush(self, session: &mut Session) {
        for (device, window) in self.windows {
            session.block.put(
                keys::sequence(&device),
                codec::encode(&SequenceWindow::V1(window)),
            );
        }
    }

    /// Whether `roles` give the right to call all that the transaction calls.
    pub fn check_rights(
        &mut self,
        session: &Session,
        member: Member,
        transaction: &Transaction,
    ) -> Result<(), Stop> {
        for call in &transaction.calls {
            let method = call.method().ok_or(Stop::refused(Code::MALFORMED))?;
            if !self
                .right(session, call.contract, method)?
                .intersects(member.roles)
            {
                return Err(Stop::refused(Code::ROLE_NOT_ALLOWED));
            }
        }
        Ok(())
    }

    fn member(
        &mut self,
        session: &Session,
        device: &PublicKey,
    ) -> Result<Result<Member, Code>, HostFault> {
        if let Some(member) = self.members.get(device) {
            return Ok(*member);
        }
        let member = read_member(session, device)?;
        self.members.insert(*device, member);
        Ok(member)
    }

    fn right(
        &mut self,
        session: &Session,
        contract: ContractId,
        method: u8,
    ) -> Result<Roles, HostFault> {
        if let Some(roles) = self.rights.get(&(contract, method)) {
            return Ok(*roles);
        }
        let record: Option<RightRecord> =
            read(session, &right_key(contract, method).in_state_of(REGISTRY))?;
        let roles = record.map_or(Roles::NONE, |record| record.into_current().roles_any);
        self.rights.insert((contract, method), roles);
        Ok(roles)
    }

    fn window(&mut self, session: &Session, device: &PublicKey) -> Result<WindowV1, HostFault> {
        if let Some(window) = self.windows.get(device) {
            return Ok(*window);
        }
        let window = match read(session, &keys::sequence(device))? {
            Some(SequenceWindow::V1(window)) => window,
            None => WindowV1::default(),
        };
        self.windows.insert(*device, window);
        Ok(window)
    }
}

/// Chain, version and time, which need no state.
fn check_frame(session: &Session, chain: &ChainId, transaction: &Transaction) -> Result<(), Code> {
    if transaction.chain != *chain {
        return Err(Code::WRONG_CHAIN);
    }
    if transaction.version != senim_types::transaction::TRANSACTION_VERSION {
        return Err(Code::WRONG_VERSION);
    }
    if transaction.valid_until < session.time {
        return Err(Code::TRANSACTION_EXPIRED);
    }
    if transaction.valid_until.since_ms(session.time) > limits::VALID_UNTIL_AHEAD_MS_MAX {
        return Err(Code::VALID_UNTIL_TOO_FAR);
    }
    Ok(())
}

fn read_member(session: &Session, device: &PublicKey) -> Result<Result<Member, Code>, HostFault> {
    let device: Option<DeviceRecord> = read(session, &device_key(device).in_state_of(REGISTRY))?;
    let Some(device) = device.map(DeviceRecord::into_current) else {
        return Ok(Err(Code::DEVICE_UNKNOWN));
    };
    if device.standing != Standing::Active {
        return Ok(Err(Code::DEVICE_SUSPENDED));
    }
    let organisation: Option<OrganisationRecord> =
        read(session, &organisation_key(device.org).in_state_of(REGISTRY))?;
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
pub fn read<T: BorshDeserialize>(session: &Session, key: &[u8]) -> Result<Option<T>, HostFault> {
    session.read(key, |value| match value {
        None => Ok(None),
        Some(value) => T::try_from_slice(value)
            .map(Some)
            .map_err(|_| HostFault(format!("the record at {} does not decode", hex(key)))),
    })?
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
