//! What no command of the client's says, said by a role all the same: a message signed with its own key, submitted over HTTP
//! and answered with a proof, as every command does it.
#![allow(dead_code)] // Each scenario uses its own part of it.

use senim_cli::context::applied;
use senim_cli::failure::Failure;
use senim_cli::keys;
use senim_cli::session::{Session, read_genesis};
use senim_tests::world::Request;
use senim_types::crypto::SecretKey;
use senim_types::text::KeyKind;
use senim_types::{ChainId, Code, Receipt, SignedTransaction};
use std::path::Path;

/// A role's device, and the node that it asks.
pub struct Role<'a> {
    /// Where the node's interface is.
    pub url: &'a str,
    /// The network's folder.
    pub network: &'a Path,
    /// The device's name.
    pub device: &'a str,
}

impl Role<'_> {
    /// Its key.
    pub fn key(&self) -> SecretKey {
        let path = self.network.join(format!("keys/{}.key", self.device));
        keys::read(&path, KeyKind::Device).expect("a device of the network")
    }

    /// The chain that it signs for.
    pub fn chain(&self) -> ChainId {
        let genesis = read_genesis(&self.network.join("genesis.json"));
        genesis.expect("a genesis of the network").chain_id()
    }

    /// The proven receipt of what this device asks, or the code that it is refused with.
    pub fn submit(&self, request: Request) -> Result<Receipt, Code> {
        self.asking(|session| {
            let done = session.submit(&self.key(), request.calls, request.witnesses)?;
            Ok(applied(session, done)?.receipt)
        })
    }

    /// The same for what is signed already.
    pub fn submit_signed(&self, transaction: &SignedTransaction) -> Result<Receipt, Code> {
        self.asking(|session| {
            let done = session.submit_signed(transaction)?;
            Ok(applied(session, done)?.receipt)
        })
    }

    fn asking<T>(&self, ask: impl FnOnce(&Session) -> Result<T, Failure>) -> Result<T, Code> {
        let trusted = self.network.join("trusted.light");
        let session = Session::open(self.url, self.network, &trusted);
        let answer = session.and_then(|session| ask(&session));
        answer.map_err(|failure| failure.code)
    }
}
