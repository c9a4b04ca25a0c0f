//! Entries of the write-ahead log: what has to be remembered so that nothing is signed twice.
//!
//! The log holds, in the order of their effect, the inputs from which the core's votes follow. Fed
//! to a fresh core they lead to the same votes; a vote that was logged is sent again with its old
//! signature. Framing, checksums and the cutting of a torn tail are the owner's.

use crate::context::{Address, BlockId, CoreHeight, Ctx};
use crate::convert;
use crate::message::{MESSAGE_BYTES_MAX, PolkaCertificate, SignedProposal, SignedVote};
use crate::timer::TimerKind;
use arc_malachitebft_core_consensus::{Input as CoreInput, ProposedValue};
use arc_malachitebft_core_types::{Timeout, TimeoutKind, Validity, ValueOrigin};
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::codec::{self, DecodeError};
use senim_types::{Hash, Height, PublicKey, Round};

/// Bytes of an entry: the largest holds a polka certificate.
pub const WAL_ENTRY_BYTES_MAX: usize = MESSAGE_BYTES_MAX + 16;

/// One entry. Kinds are numbered for good: a newer version reads the log of an older one.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum WalEntry {
    /// A vote, own or another's.
    Vote(SignedVote),
    /// A proposal, own or another's.
    Proposal(SignedProposal),
    /// A step's timeout.
    Timeout {
        height: Height,
        round: Round,
        step: WalStep,
    },
    /// A block that was built or checked here, with the verdict.
    Block {
        height: Height,
        round: Round,
        valid_round: Option<Round>,
        proposer: PublicKey,
        block: Hash,
        valid: bool,
    },
    /// A polka that came as a certificate.
    Polka(PolkaCertificate),
}

/// Steps whose timeouts change what is voted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum WalStep {
    Propose,
    Prevote,
    Precommit,
}

impl WalEntry {
    /// The entry for an input at `height`; `None` for inputs that leave nothing to remember.
    pub(crate) fn from_core(height: Height, input: &CoreInput<Ctx>) -> Option<WalEntry> {
        match input {
            CoreInput::Vote(vote) => Some(WalEntry::Vote(convert::vote(vote))),
            CoreInput::Proposal(proposal) => Some(WalEntry::Proposal(convert::proposal(proposal))),
            CoreInput::PolkaCertificate(polka) => Some(WalEntry::Polka(convert::polka(polka))),
            CoreInput::ProposedValue(value, _origin) => Some(WalEntry::Block {
                height,
                round: convert::started_round(value.round),
                valid_round: convert::round(value.valid_round),
                proposer: value.proposer.0,
                block: value.value.0,
                valid: value.validity.is_valid(),
            }),
            CoreInput::TimeoutElapsed(timeout) => {
                let step = match timeout.kind {
                    TimeoutKind::Propose => WalStep::Propose,
                    TimeoutKind::Prevote => WalStep::Prevote,
                    TimeoutKind::Precommit => WalStep::Precommit,
                    TimeoutKind::Rebroadcast | TimeoutKind::FinalizeHeight(_) => return None,
                };
                let round = convert::started_round(timeout.round);
                Some(WalEntry::Timeout {
                    height,
                    round,
                    step,
                })
            }
            CoreInput::StartHeight(..)
            | CoreInput::Propose(..)
            | CoreInput::RoundCertificate(..)
            | CoreInput::SyncValueResponse(..) => None,
        }
    }

    pub(crate) fn to_core(&self) -> CoreInput<Ctx> {
        match self {
            WalEntry::Vote(vote) => CoreInput::Vote(convert::core_vote(vote)),
            WalEntry::Proposal(proposal) => CoreInput::Proposal(convert::core_proposal(proposal)),
            WalEntry::Polka(polka) => CoreInput::PolkaCertificate(convert::core_polka(polka)),
            WalEntry::Timeout { round, step, .. } => {
                let kind = match step {
                    WalStep::Propose => TimeoutKind::Propose,
                    WalStep::Prevote => TimeoutKind::Prevote,
                    WalStep::Precommit => TimeoutKind::Precommit,
                };
                CoreInput::TimeoutElapsed(Timeout::new(convert::core_round(*round), kind))
            }
            WalEntry::Block {
                height,
                round,
                valid_round,
                proposer,
                block,
                valid,
            } => {
                let value = ProposedValue {
                    height: CoreHeight(height.0),
                    round: convert::core_round(*round),
                    valid_round: convert::core_round_or_nil(*valid_round),
                    proposer: Address(*proposer),
                    value: BlockId(*block),
                    validity: Validity::from_bool(*valid),
                };
                CoreInput::ProposedValue(value, ValueOrigin::Consensus)
            }
        }
    }

    pub(crate) fn height(&self) -> Height {
        match self {
            WalEntry::Vote(signed) => signed.vote.height,
            WalEntry::Proposal(signed) => signed.proposal.height,
            WalEntry::Polka(certificate) => certificate.height,
            WalEntry::Timeout { height, .. } | WalEntry::Block { height, .. } => *height,
        }
    }

    /// The timer that this entry says has fired.
    pub(crate) fn timer_kind(&self) -> Option<TimerKind> {
        match self {
            WalEntry::Timeout { step, .. } => Some(match step {
                WalStep::Propose => TimerKind::Propose,
                WalStep::Prevote => TimerKind::Prevote,
                WalStep::Precommit => TimerKind::Precommit,
            }),
            _ => None,
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<WalEntry, DecodeError> {
        codec::decode(bytes, WAL_ENTRY_BYTES_MAX)
    }
}
