//! Network keys as libp2p's peer ids, and addresses.

use libp2p::identity::{self, PeerId, ed25519};
use senim_types::PublicKey;

pub use libp2p::Multiaddr;

/// The peer id of a network key. `None` for a key that libp2p does not take; a parsed key always is one.
pub fn peer_id(key: &PublicKey) -> Option<PeerId> {
    let key = ed25519::PublicKey::try_from_bytes(key.point()).ok()?;
    Some(identity::PublicKey::from(key).to_peer_id())
}

/// The network key within a peer id. `None` where it is not an Ed25519 key of ours.
pub fn network_key(peer: &PeerId) -> Option<PublicKey> {
    // Ed25519 keys lie in their peer id whole, behind an identity hash.
    let digest = peer.as_ref().digest();
    let key = identity::PublicKey::try_decode_protobuf(digest).ok()?;
    let key = key.try_into_ed25519().ok()?;
    PublicKey::from_ed25519(key.to_bytes()).ok()
}

/// The libp2p keypair of a network key's seed.
pub(crate) fn keypair(seed: &mut [u8; 32]) -> Option<identity::Keypair> {
    identity::Keypair::ed25519_from_bytes(seed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_types::crypto::SecretKey;

    #[test]
    fn a_key_and_its_peer_id_name_each_other() {
        let key = SecretKey::from_seed(&[7; 32]).public();
        let peer = peer_id(&key).expect("a parsed key is one of libp2p's");
        assert_eq!(network_key(&peer), Some(key));
        let keypair = keypair(&mut [7; 32]).expect("32 bytes are a seed");
        assert_eq!(keypair.public().to_peer_id(), peer);
        assert_eq!(network_key(&PeerId::random()), None);
    }
}
