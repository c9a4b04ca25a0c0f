//! The registry's events.

use crate::names::Names;
use senim_abi::registry::RegistryEvent;

/// What an event says, in a line.
pub fn line(event: &RegistryEvent, names: &Names) -> String {
    use RegistryEvent as E;
    use senim_types::text::KeyKind::{Device, Peer, Validator};
    match event {
        E::OrganisationRegistered {
            org, name, roles, ..
        } => {
            format!(
                "{name} joined as organisation {org}: {}",
                roles.names().collect::<Vec<_>>().join(", ")
            )
        }
        E::OrganisationRolesSet { org, roles } => {
            format!(
                "{} is now: {}",
                names.of_org(*org),
                roles.names().collect::<Vec<_>>().join(", ")
            )
        }
        E::OrganisationStandingSet { org, standing } => {
            format!("{} is now {standing:?}", names.of_org(*org))
        }
        E::DeviceEnrolled {
            org,
            device,
            administrator,
        } => format!(
            "{} is enrolled for {}{}",
            device.to_text(Device),
            names.of_org(*org),
            if *administrator {
                " and administers its devices"
            } else {
                ""
            }
        ),
        E::DeviceStandingSet {
            org,
            device,
            standing,
        } => {
            format!(
                "{} of {} is now {standing:?}",
                device.to_text(Device),
                names.of_org(*org)
            )
        }
        E::RightSet {
            contract,
            method,
            roles_any,
        } => format!(
            "method {method} of contract {contract} may be called by: {}",
            roles_any.names().collect::<Vec<_>>().join(", ")
        ),
        E::ValidatorAdded {
            validator,
            power,
            org,
        } => format!(
            "validator {} of {} joins with power {power}",
            validator.to_text(Validator),
            names.of_org(*org)
        ),
        E::ValidatorPowerSet { validator, power } => {
            format!(
                "validator {} has power {power}",
                validator.to_text(Validator)
            )
        }
        E::ValidatorRemoved { validator } => {
            format!("validator {} leaves", validator.to_text(Validator))
        }
        E::PeerSet { org, peer, address } => {
            let place = if address.is_empty() {
                "only goes out"
            } else {
                address
            };
            let (peer, org) = (peer.to_text(Peer), names.of_org(*org));
            format!("node {peer} of {org} may connect: {place}")
        }
        E::PeerRemoved { peer } => format!("node {} may connect no more", peer.to_text(Peer)),
    }
}
