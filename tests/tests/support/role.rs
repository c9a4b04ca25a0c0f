//! What no command of the client's says, said by a role all the same: a message signed with its own key, submitted over HTTP
//! and answered with a proof, as every command does it.

use borsh::BorshSerialize;
use senim_cli::context::applied;
use senim_cli::failure::Failure;
use senim_cli::keys;
use senim_cli::session::Session;
use senim_types::text::KeyKind;
use senim_types::{Call, Code, ContractId, Receipt, codec};
use std::path::Path;

/// The proven receipt of one call by this device, or the code that it is refused with.
pub fn called(
    url: &str,
    network: &Path,
    device: &str,
    contract: ContractId,
    message: &impl BorshSerialize,
) -> Result<Receipt, Code> {
    let call = Call {
        contract,
        input: codec::encode(message),
    };
    let submit = || -> Result<Receipt, Failure> {
        let session = Session::open(url, network, &network.join("trusted.light"))?;
        let path = network.join(format!("keys/{device}.key"));
        let key = keys::read(&path, KeyKind::Device)?;
        let done = session.submit(&key, vec![call], Vec::new())?;
        Ok(applied(&session, done)?.receipt)
    };
    submit().map_err(|failure| failure.code)
}
