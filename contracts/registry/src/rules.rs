//! Who may, and which change of standing is allowed.

use crate::state;
use senim_abi::registry::Execute;
use senim_abi::registry::record::{Organisation, Peer, Standing};
use senim_sdk::{CallContext, Caller, Env, Refusal, Roles, ensure, refuse};
use senim_types::{Code, ContractId, OrgId, PublicKey};

/// In whose name a message is carried out.
#[derive(Clone, Copy)]
pub enum Authority {
    /// Genesis.
    Ledger,
    /// A device of the operator's.
    Operator {
        /// The operator that acts.
        org: OrgId,
        /// With this device.
        device: PublicKey,
    },
    /// A device that manages its organisation's devices.
    Administrator {
        /// The organisation.
        org: OrgId,
        /// With this device.
        device: PublicKey,
    },
}

/// The authority of a caller; `NOT_AUTHORISED` where it has none.
pub fn authority_of<E: Env>(env: &E, context: &CallContext) -> Result<Authority, Refusal> {
    // What no device signed is on nobody's authority.
    let device = context.device.ok_or(Code::NOT_AUTHORISED)?;
    let is_called_by_device = context.caller == Caller::Device;
    ensure(is_called_by_device, Code::NOT_AUTHORISED)?;
    let org = context.org;
    if context.roles.contains(Roles::OPERATOR) {
        return Ok(Authority::Operator { org, device });
    }
    let known = state::device(env, &device)?;
    let is_administrator = known.is_some_and(|known| {
        known.administrator && known.standing == Standing::Active && known.org == org
    });
    ensure(is_administrator, Code::NOT_AUTHORISED)?;
    Ok(Authority::Administrator { org, device })
}

/// What everything but the care of one's own devices takes.
pub fn operator_only(authority: &Authority) -> Result<(), Refusal> {
    ensure(
        !matches!(authority, Authority::Administrator { .. }),
        Code::NOT_AUTHORISED,
    )
}

/// An administrator cares for its own organisation's devices and peers only.
pub fn may_manage_devices_of(authority: &Authority, org: OrgId) -> Result<(), Refusal> {
    match authority {
        Authority::Administrator { org: own, .. } => ensure(*own == org, Code::NOT_AUTHORISED),
        Authority::Ledger | Authority::Operator { .. } => Ok(()),
    }
}

/// Nobody changes the standing of its own organisation: another must.
pub fn not_own_organisation(authority: &Authority, org: OrgId) -> Result<(), Refusal> {
    match authority {
        Authority::Operator { org: own, .. } | Authority::Administrator { org: own, .. } => {
            ensure(*own != org, Code::NOT_AUTHORISED)
        }
        Authority::Ledger => Ok(()),
    }
}

/// Nobody changes the standing of its own device: another must.
pub fn not_own_device(authority: &Authority, device: &PublicKey) -> Result<(), Refusal> {
    match authority {
        Authority::Operator { device: own, .. } | Authority::Administrator { device: own, .. } => {
            ensure(own != device, Code::NOT_AUTHORISED)
        }
        Authority::Ledger => Ok(()),
    }
}

/// An operator does not give up its own role: another must take it.
pub fn keeps_own_operator_role(
    authority: &Authority,
    org: OrgId,
    roles: Roles,
) -> Result<(), Refusal> {
    match authority {
        Authority::Operator { org: own, .. } if *own == org => {
            ensure(roles.contains(Roles::OPERATOR), Code::NOT_AUTHORISED)
        }
        _ => Ok(()),
    }
}

/// The operator keeps every method of the registry, so that a wrong right can always be set right.
pub fn operator_keeps_registry(
    contract: ContractId,
    method: u8,
    roles_any: Roles,
) -> Result<(), Refusal> {
    let is_registry = contract == senim_abi::REGISTRY && method < Execute::METHODS;
    ensure(
        !is_registry || roles_any.contains(Roles::OPERATOR),
        Code::OUT_OF_RANGE,
    )
}

/// The automaton of standing: active ⇄ suspended → revoked, which is final. True if anything changes.
pub fn change_of_standing(from: Standing, to: Standing) -> Result<bool, Refusal> {
    match (from, to) {
        // What is so already stays so.
        (Standing::Active, Standing::Active)
        | (Standing::Suspended, Standing::Suspended)
        | (Standing::Revoked, Standing::Revoked) => Ok(false),
        // For the time being, and back.
        (Standing::Active, Standing::Suspended) | (Standing::Suspended, Standing::Active) => {
            Ok(true)
        }
        // For ever.
        (Standing::Active | Standing::Suspended, Standing::Revoked) => Ok(true),
        (Standing::Revoked, Standing::Active | Standing::Suspended) => {
            refuse(Code::WRONG_STATE).map(|()| true)
        }
    }
}

/// What is revoked takes no changes and no devices.
pub fn not_revoked(organisation: &Organisation) -> Result<(), Refusal> {
    ensure(
        organisation.standing != Standing::Revoked,
        Code::WRONG_STATE,
    )
}

/// Number 0 is nobody's; a name is short and not empty.
pub fn organisation_in_range(org: OrgId, name: &str) -> Result<(), Refusal> {
    let named = (1..=Organisation::NAME_BYTES_MAX).contains(&name.len());
    ensure(
        org.0 != 0 && named && !name.contains(char::is_control),
        Code::OUT_OF_RANGE,
    )
}

/// An address is text that a person can type and a log can show.
pub fn address_in_range(address: &str) -> Result<(), Refusal> {
    let is_printable = address.bytes().all(|byte| byte.is_ascii_graphic());
    ensure(
        is_printable && address.len() <= Peer::ADDRESS_BYTES_MAX,
        Code::OUT_OF_RANGE,
    )
}
