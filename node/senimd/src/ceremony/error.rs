//! What goes wrong in a ceremony, and whose doing it is.

use crate::folder::FolderError;
use crate::template::TemplateError;
use senim_execution::{GenesisError, HostFault};
use senim_types::Code;
use std::path::PathBuf;

/// An organisation, as a message names it: number and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who(pub u32, pub String);

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "organisation {} ({})", self.0, self.1)
    }
}

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// A folder of ours.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file that cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A file that is not what it should be.
    #[error("{}: {reason}", path.display())]
    Form {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The template makes no network.
    #[error("the template: {0}")]
    Template(#[from] TemplateError),
    /// The template has no such organisation.
    #[error("the template has no organisation {0}: look at the `id` of each [[organisation]]")]
    Stranger(u32),
    /// A validator without an address.
    #[error(
        "{0} runs a validator: say where the others reach it, with --address /ip4/ADDRESS/tcp/PORT"
    )]
    Address(Who),
    /// Keys were made here before.
    #[error(
        "{} is there already: the keys were made before. Hand that file on, or begin in another folder", .0.display()
    )]
    Made(PathBuf),
    /// An organisation is missing.
    #[error(
        "{0} has not contributed its keys: ask it for the file that `senimd genesis keys` makes"
    )]
    NotContributed(Who),
    /// An organisation is there twice.
    #[error("{0} contributed twice: the keys of one of the files would get lost")]
    Twice(Who),
    /// A contribution for another template.
    #[error(
        "the contribution of {0} is for another template: every organisation needs the same bytes of it"
    )]
    OtherTemplate(Who),
    /// A contribution that does not fit the template.
    #[error("the contribution of {0} does not fit the template: {1}")]
    Unfit(Who, String),
    /// A key whose owner did not sign.
    #[error("the contribution of {0} does not prove that it has the secret of its key `{1}`")]
    Proof(Who, String),
    /// The genesis is not what template and contributions give.
    #[error("the genesis in the file is not what its template and contributions give: {0} differs")]
    Differs(&'static str),
    /// The contracts' code is not what the genesis pins.
    #[error("{}: the genesis pins the code {pinned} of `{name}`, and this is {found}", path.display())]
    OtherCode {
        /// The file.
        path: PathBuf,
        /// The contract.
        name: String,
        /// By the genesis.
        pinned: senim_types::Hash,
        /// The file's.
        found: senim_types::Hash,
    },
    /// The genesis makes no state.
    #[error("the genesis makes no state: {0}")]
    State(#[from] GenesisError),
    /// The engine does not start.
    #[error(transparent)]
    Engine(#[from] HostFault),
    /// An organisation has not signed.
    #[error("{0} has not signed: ask it for the file that `senimd genesis sign` makes")]
    NotSigned(Who),
    /// A signature that does not hold.
    #[error(
        "the signature of {0} by its {1} key is not for this chain: it signed another file, or was changed"
    )]
    Signature(Who, &'static str),
    /// The folder's keys are not those that were contributed.
    #[error(
        "the file has another key `{1}` of {0} than this folder: the contribution was replaced on its way"
    )]
    NotOurs(Who, String),
    /// The chain was not accepted.
    #[error("not signed: the file is of chain {found}, and you accepted {accepted}")]
    NotAccepted {
        /// What was said.
        accepted: String,
        /// The file's.
        found: senim_types::ChainId,
    },
}

impl CeremonyError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            CeremonyError::Folder(error) => error.code(),
            CeremonyError::Template(_)
            | CeremonyError::Stranger(_)
            | CeremonyError::Address(_)
            | CeremonyError::Made(_)
            | CeremonyError::NotAccepted { .. } => Code::CONFIGURATION,
            CeremonyError::Engine(_) => Code::STORE_FAILED,
            CeremonyError::NotOurs(..) => Code::KEY_FILE,
            _ => Code::GENESIS,
        }
    }
}
