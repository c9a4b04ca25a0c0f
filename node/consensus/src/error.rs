//! What can go wrong, and whose fault it is.

use senim_types::codec::DecodeError;
use senim_types::{Code, Fault, Height};

/// An error of consensus. [`Error::fault`] says who has to act: a peer's is a reason to score the
/// peer and nothing else; a node's stops this validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A peer's bytes are not a message.
    Undecodable(DecodeError),
    /// A peer's message holds too many signatures, none, or an impossible round.
    LimitExceeded,
    /// A message by a key that is not a validator of its height.
    Stranger,
    /// The signature of a vote or proposal does not verify.
    BadSignature,
    /// A polka or round certificate does not hold.
    BadCertificate,
    /// A proposal by somebody else than the round's proposer.
    NotTheProposer,
    /// A re-proposal that names a round which is not before its own.
    BadValidRound,
    /// Entry `index` of the write-ahead log cannot be read, or is of another height.
    WalDamaged {
        /// Counted from 0.
        index: usize,
    },
    /// Replaying the write-ahead log leads to another message than the one that was sent.
    WalContradicted,
    /// A vote under this validator's key that this node did not cast.
    KeyUsedTwice,
    /// The signer gave no signature.
    SignerUnavailable,
    /// The owner asked for a height that is not above the last one.
    HeightOutOfOrder {
        /// The height that was asked for.
        asked: Height,
        /// The last height.
        last: Height,
    },
    /// The powers of a validator set sum up to more than can be counted with.
    PowerTooLarge,
    /// Malachite reported something that cannot be.
    Core {
        /// Its words, for the operator's log; never hashed or compared.
        what: String,
    },
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Error::Undecodable(error) => error.code(),
            Error::LimitExceeded => Code::TOO_LARGE,
            Error::Stranger => Code::VOTE_STRANGER,
            Error::BadSignature => Code::VOTE_SIGNATURE,
            Error::BadCertificate => Code::VOTE_CERTIFICATE,
            Error::NotTheProposer => Code::PROPOSAL_TURN,
            Error::BadValidRound => Code::PROPOSAL_ROUND,
            Error::WalDamaged { .. } | Error::WalContradicted => Code::VOTES_DAMAGED,
            Error::KeyUsedTwice => Code::KEY_USED_TWICE,
            Error::SignerUnavailable => Code::SIGNER_UNAVAILABLE,
            Error::HeightOutOfOrder { .. } | Error::PowerTooLarge | Error::Core { .. } => {
                Code::CONSENSUS_FAILED
            }
        }
    }

    /// Whose fault it is: a peer's, or this node's.
    pub fn fault(&self) -> Fault {
        match self {
            Error::Undecodable(_)
            | Error::LimitExceeded
            | Error::Stranger
            | Error::BadSignature
            | Error::BadCertificate
            | Error::NotTheProposer
            | Error::BadValidRound => Fault::Peer,
            Error::WalDamaged { .. }
            | Error::WalContradicted
            | Error::KeyUsedTwice
            | Error::SignerUnavailable
            | Error::HeightOutOfOrder { .. }
            | Error::PowerTooLarge
            | Error::Core { .. } => Fault::Node,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {self:?}", self.code())
    }
}

impl std::error::Error for Error {}
