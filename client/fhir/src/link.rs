//! Keyed hashes of identifiers: equal identifiers can be matched, and nobody without the clinic's
//! key can find out what they are.

use serde::{Serialize, Serializer};

/// Keyed hash of an outside identifier (a prescription line, a group, a prescriber).
///
/// A plain hash of a short identifier is undone by trying them all, so the hash is keyed with a
/// secret of the issuing clinic's; two clinics' links of one identifier differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub [u8; 32]);

impl std::fmt::Debug for LinkId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LinkId({self})")
    }
}

impl std::fmt::Display for LinkId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for LinkId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What an identifier names. Equal texts of different kinds have different links.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LinkKind {
    Line,
    Group,
    Prescriber,
}

/// The link of `(system, value)`.
pub(crate) fn link(key: &[u8; 32], kind: LinkKind, system: &str, value: &str) -> LinkId {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(b"senim fhir link 1 ");
    hasher.update(&[match kind {
        LinkKind::Line => 1,
        LinkKind::Group => 2,
        LinkKind::Prescriber => 3,
    }]);
    // The length keeps ("ab", "c") and ("a", "bc") apart.
    hasher.update(&(system.len() as u64).to_le_bytes());
    hasher.update(system.as_bytes());
    hasher.update(value.as_bytes());
    LinkId(*hasher.finalize().as_bytes())
}
