//! Signature checks for the core: our signed bytes, ZIP-215 validity.
//!
//! Which signatures a certificate needs, and how their powers are counted, is Malachite's
//! `VerifierExt` over this.

use crate::context::{CoreProposal, CoreVote, Ctx};
use crate::convert;
use arc_malachitebft_core_types::{ValidatorProof, VoteExtensionScope};
use arc_malachitebft_signing::{Error, VerificationResult, Verifier};
use senim_types::crypto::verify;
use senim_types::{ChainId, PublicKey, Signature};

pub(crate) struct ChainVerifier(pub ChainId);

#[async_trait::async_trait]
impl Verifier<Ctx> for ChainVerifier {
    async fn verify_signed_vote(
        &self,
        vote: &CoreVote,
        signature: &Signature,
        key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        let bytes = convert::vote_bytes(vote, &self.0);
        Ok(VerificationResult::from_bool(verify(
            key, &bytes, signature,
        )))
    }

    async fn verify_signed_proposal(
        &self,
        proposal: &CoreProposal,
        signature: &Signature,
        key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        let bytes = convert::proposal_bytes(proposal, &self.0);
        Ok(VerificationResult::from_bool(verify(
            key, &bytes, signature,
        )))
    }

    /// There are no vote extensions, so none is valid.
    async fn verify_signed_vote_extension(
        &self,
        _scope: &VoteExtensionScope<Ctx>,
        _extension: &(),
        _signature: &Signature,
        _key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        Ok(VerificationResult::Invalid)
    }

    /// Peers prove who they are to the network layer, not by Malachite's proofs.
    async fn verify_validator_proof(
        &self,
        _proof: &ValidatorProof<Ctx>,
    ) -> Result<VerificationResult, Error> {
        Ok(VerificationResult::Invalid)
    }
}
