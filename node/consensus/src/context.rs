//! Malachite's type parameters: our types in its clothes. Nothing of this leaves the crate.

use arc_malachitebft_core_types as core;
use core::{LinearTimeouts, NilOrVal, SignedExtension, SigningScheme, VoteType, VotingPower};
use senim_types::{Hash, PublicKey, Round, Signature, ValidatorSet};
use std::fmt;
use std::sync::Arc;

/// A validator's key is its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address(pub PublicKey);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl core::Address for Address {}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CoreHeight(pub u64);

impl fmt::Display for CoreHeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl core::Height for CoreHeight {
    const ZERO: Self = CoreHeight(0);
    const INITIAL: Self = CoreHeight(1);

    fn increment_by(&self, n: u64) -> Self {
        CoreHeight(self.0.saturating_add(n))
    }

    fn decrement_by(&self, n: u64) -> Option<Self> {
        self.0.checked_sub(n).map(CoreHeight)
    }

    fn as_u64(&self) -> u64 {
        self.0
    }
}

/// The value that is agreed on, and at once its id: a header's hash. Bodies are the owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BlockId(pub Hash);

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl core::Value for BlockId {
    type Id = BlockId;

    fn id(&self) -> BlockId {
        *self
    }
}

/// Names the types only: signing and verifying are done by [`crate::Signer`] and
/// [`crate::verifier`], and keys and signatures arrive parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scheme;

impl SigningScheme for Scheme {
    type DecodingError = &'static str;
    type Signature = Signature;
    type PublicKey = PublicKey;
    type PrivateKey = ();

    fn decode_signature(bytes: &[u8]) -> Result<Signature, &'static str> {
        bytes
            .try_into()
            .map(Signature)
            .map_err(|_| "a signature has 64 bytes")
    }

    fn encode_signature(signature: &Signature) -> Vec<u8> {
        signature.0.to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<PublicKey, &'static str> {
        let point = bytes.try_into().map_err(|_| "a key has 32 bytes")?;
        PublicKey::from_ed25519(point).map_err(|_| "not a usable key")
    }

    fn encode_public_key(key: &PublicKey) -> Vec<u8> {
        key.point().to_vec()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CoreValidator {
    address: Address,
    power: VotingPower,
}

impl core::Validator<Ctx> for CoreValidator {
    fn address(&self) -> &Address {
        &self.address
    }

    fn public_key(&self) -> &PublicKey {
        &self.address.0
    }

    fn voting_power(&self) -> VotingPower {
        self.power
    }
}

/// A validator set in the order of [`ValidatorSet`], shared by the many clones the core makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CoreSet(Arc<Vec<CoreValidator>>);

impl From<&ValidatorSet> for CoreSet {
    fn from(set: &ValidatorSet) -> CoreSet {
        let validators = set.validators().iter().map(|validator| CoreValidator {
            address: Address(validator.key),
            power: validator.power,
        });
        CoreSet(Arc::new(validators.collect()))
    }
}

impl core::ValidatorSet<Ctx> for CoreSet {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn total_voting_power(&self) -> VotingPower {
        self.0.iter().map(|validator| validator.power).sum()
    }

    fn get_by_address(&self, address: &Address) -> Option<&CoreValidator> {
        let found = self
            .0
            .binary_search_by(|validator| validator.address.cmp(address));
        found.ok().and_then(|index| self.0.get(index))
    }

    fn get_by_index(&self, index: usize) -> Option<&CoreValidator> {
        self.0.get(index)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CoreProposal {
    pub height: CoreHeight,
    pub round: core::Round,
    pub value: BlockId,
    pub pol_round: core::Round,
    pub address: Address,
}

impl core::Proposal<Ctx> for CoreProposal {
    fn height(&self) -> CoreHeight {
        self.height
    }

    fn round(&self) -> core::Round {
        self.round
    }

    fn value(&self) -> &BlockId {
        &self.value
    }

    fn take_value(self) -> BlockId {
        self.value
    }

    fn pol_round(&self) -> core::Round {
        self.pol_round
    }

    fn validator_address(&self) -> &Address {
        &self.address
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CoreVote {
    pub kind: VoteType,
    pub height: CoreHeight,
    pub round: core::Round,
    pub value: NilOrVal<BlockId>,
    pub address: Address,
}

impl core::Vote<Ctx> for CoreVote {
    fn height(&self) -> CoreHeight {
        self.height
    }

    fn round(&self) -> core::Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<BlockId> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<BlockId> {
        self.value
    }

    fn vote_type(&self) -> VoteType {
        self.kind
    }

    fn validator_address(&self) -> &Address {
        &self.address
    }

    fn extension(&self) -> Option<&SignedExtension<Ctx>> {
        None
    }

    fn take_extension(&mut self) -> Option<SignedExtension<Ctx>> {
        None
    }

    /// Votes have no extensions here, and the core is told so at every height.
    fn extend(self, _extension: SignedExtension<Ctx>) -> Self {
        self
    }
}

/// Blocks travel as the owner cuts them; the core never sees a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoPart;

impl core::ProposalPart<Ctx> for NoPart {
    fn is_first(&self) -> bool {
        true
    }

    fn is_last(&self) -> bool {
        true
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ctx;

impl core::Context for Ctx {
    type Address = Address;
    type Height = CoreHeight;
    type ProposalPart = NoPart;
    type Proposal = CoreProposal;
    type Validator = CoreValidator;
    type ValidatorSet = CoreSet;
    type Timeouts = LinearTimeouts;
    type Value = BlockId;
    type Vote = CoreVote;
    type Extension = ();
    type SigningScheme = Scheme;

    fn select_proposer<'a>(
        &self,
        set: &'a CoreSet,
        height: CoreHeight,
        round: core::Round,
    ) -> &'a CoreValidator {
        let turn = crate::proposer::turn(
            set.0.len(),
            senim_types::Height(height.0),
            Round(round.as_u32().unwrap_or(0)),
        );
        &set.0[turn]
    }

    fn new_proposal(
        &self,
        height: CoreHeight,
        round: core::Round,
        value: BlockId,
        pol_round: core::Round,
        address: Address,
    ) -> CoreProposal {
        CoreProposal {
            height,
            round,
            value,
            pol_round,
            address,
        }
    }

    fn new_prevote(
        &self,
        height: CoreHeight,
        round: core::Round,
        value: NilOrVal<BlockId>,
        address: Address,
    ) -> CoreVote {
        CoreVote {
            kind: VoteType::Prevote,
            height,
            round,
            value,
            address,
        }
    }

    fn new_precommit(
        &self,
        height: CoreHeight,
        round: core::Round,
        value: NilOrVal<BlockId>,
        address: Address,
    ) -> CoreVote {
        CoreVote {
            kind: VoteType::Precommit,
            height,
            round,
            value,
            address,
        }
    }
}
