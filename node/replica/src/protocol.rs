//! Versions of the protocol: which one acts at a height, and what a node does whose software does not know it.
//!
//! The version of a block is fixed by the state before it. A node that comes to a height whose version it does not know
//! stops before it: it neither proposes, votes nor executes there. Newer software goes on where it stopped.

use crate::outcome;
use crate::replica::{Fault, Replica};
use senim_abi::ledger::keys;
use senim_types::block::PROTOCOL_VERSION_NEWEST;
use senim_types::{ChangeSet, Code, Header, Height};

/// What this software says of a height whose version it does not know.
pub fn unknown(height: Height, version: u16) -> String {
    format!(
        "block {height} is of version {version} of the protocol, and this software knows versions up to {PROTOCOL_VERSION_NEWEST}"
    )
}

/// A certified block of a version that this software does not know is not judged by the rules of another: the node stops
/// before it.
pub fn knows_version(header: &Header) -> Result<(), Fault> {
    if header.version <= PROTOCOL_VERSION_NEWEST {
        return Ok(());
    }
    Err(Fault {
        code: Code::PROTOCOL_UNKNOWN,
        reason: unknown(header.height, header.version),
    })
}

/// Whether a block changed what is scheduled.
pub fn is_touched(changes: &ChangeSet) -> bool {
    changes.0.contains_key(&keys::protocol())
}

impl Replica {
    /// Reads from the committed state which version acts, and says what is to come.
    pub(crate) fn read_protocol(&mut self) -> Result<(), Fault> {
        self.protocol = outcome::protocol(&self.ledger).map_err(Fault::host)?;
        self.tell_protocol();
        Ok(())
    }

    /// Says aloud that the software has to be replaced before a height.
    fn tell_protocol(&self) {
        let height = self.ledger.tip().height.next();
        match self.protocol.next.filter(|next| next.activation >= height) {
            Some(next) if next.version > PROTOCOL_VERSION_NEWEST => tracing::warn!(
                version = next.version,
                activation = next.activation.0,
                newest = PROTOCOL_VERSION_NEWEST,
                "a version of the protocol is scheduled that this software does not know: replace it before that height"
            ),
            Some(next) => tracing::info!(
                version = next.version,
                activation = next.activation.0,
                "a version of the protocol is scheduled"
            ),
            None => {}
        }
    }

    /// The height from which a version is scheduled that this software does not know.
    pub(crate) fn unknown_protocol(&self) -> Option<Height> {
        let next = self.protocol.next?;
        (next.version > PROTOCOL_VERSION_NEWEST).then_some(next.activation)
    }

    /// Whether this software knows the version of the height after the tip.
    pub(crate) fn check_protocol(&self) -> Result<(), Fault> {
        let height = self.ledger.tip().height.next();
        let version = self.protocol.at(height);
        if version <= PROTOCOL_VERSION_NEWEST {
            return Ok(());
        }
        Err(Fault {
            code: Code::PROTOCOL_UNKNOWN,
            reason: unknown(height, version),
        })
    }
}
