//! Which nodes may connect: what the registry says at the tip.

use senim_abi::Key;
use senim_abi::REGISTRY;
use senim_abi::registry::Standing;
use senim_abi::registry::record::{
    COLLECTION_ORGANISATION, COLLECTION_PEER, OrganisationRecord, PeerRecord, organisation_key,
};
use senim_execution::HostFault;
use senim_types::{ChangeSet, OrgId, PublicKey, StateView};

/// Entries read at once.
const PAGE_ENTRIES: usize = 64;

/// A node that may connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedPeer {
    /// Its network key.
    pub key: PublicKey,
    /// Whose it is.
    pub org: OrgId,
    /// Where it is reached, as a multiaddr; empty if it only goes out.
    pub address: String,
}

/// Whether a block's changes may change the answer of [`allowed`].
pub(crate) fn are_touched(changes: &ChangeSet) -> bool {
    [COLLECTION_PEER, COLLECTION_ORGANISATION]
        .into_iter()
        .any(|collection| {
            let prefix = Key::new(collection).in_state_of(REGISTRY);
            let mut from = changes.0.range(prefix.clone()..);
            from.next().is_some_and(|(key, _)| key.starts_with(&prefix))
        })
}

/// All nodes of active organisations.
pub(crate) fn allowed(state: &dyn StateView) -> Result<Vec<AllowedPeer>, HostFault> {
    let prefix = Key::new(COLLECTION_PEER).in_state_of(REGISTRY);
    let (mut peers, mut after) = (Vec::new(), Vec::new());
    loop {
        let page = state.scan(&prefix, &after, PAGE_ENTRIES)?;
        let is_last = page.len() < PAGE_ENTRIES;
        for (key, value) in page {
            let public = borsh::from_slice(key.get(prefix.len()..).unwrap_or_default());
            let record = borsh::from_slice::<PeerRecord>(&value);
            let (Ok(public), Ok(record)) = (public, record) else {
                return Err(unreadable("a network peer"));
            };
            let peer = record.into_current();
            if is_active(state, peer.org)? {
                peers.push(AllowedPeer {
                    key: public,
                    org: peer.org,
                    address: peer.address,
                });
            }
            after = key;
        }
        if is_last {
            return Ok(peers);
        }
    }
}

fn is_active(state: &dyn StateView, org: OrgId) -> Result<bool, HostFault> {
    let record = state.get(&organisation_key(org).in_state_of(REGISTRY))?;
    match record.map(|bytes| borsh::from_slice::<OrganisationRecord>(&bytes)) {
        Some(Ok(record)) => Ok(record.into_current().standing == Standing::Active),
        Some(Err(_)) | None => Err(unreadable("a peer's organisation")),
    }
}

fn unreadable(what: &str) -> HostFault {
    HostFault(format!("the record of {what} does not decode"))
}
