//! Names of organisations, from the genesis: for people, and without asking anybody.

use senim_abi::{REGISTRY, registry};
use senim_types::{Genesis, OrgId};
use std::collections::BTreeMap;

/// The organisations that a network began with.
#[derive(Clone, Debug, Default)]
pub struct Names(BTreeMap<OrgId, String>);

impl Names {
    /// Reads them from the registry's genesis calls.
    pub fn of(genesis: &Genesis) -> Names {
        let calls = genesis
            .calls
            .iter()
            .filter(|call| call.contract == REGISTRY);
        let messages =
            calls.filter_map(|call| borsh::from_slice::<registry::Genesis>(&call.input).ok());
        let names = messages
            .flat_map(|message| message.0)
            .filter_map(|execute| match execute {
                registry::Execute::RegisterOrganisation { org, name, .. } => Some((org, name)),
                _ => None,
            });
        Names(names.collect())
    }

    /// `Pharmacy Zhusan (20)`, or `organisation 20` for one that joined later.
    pub fn of_org(&self, org: OrgId) -> String {
        match self.0.get(&org) {
            Some(name) => format!("{name} ({org})"),
            None => format!("organisation {org}"),
        }
    }
}
