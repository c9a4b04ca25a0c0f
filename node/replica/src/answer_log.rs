//! Answers for those who follow the chain from afar: light blocks, the log of headers, its checkpoint.

use crate::answer::ReadError;
use crate::read::ReadAnswer;
use crate::replica::{Fault, Replica};
use senim_types::checkpoint::{CertificateLine, Checkpoint, SignedCheckpoint};
use senim_types::proof::{ConsistencyProof, HeaderProof, LightBlock};
use senim_types::{CommitCertificate, Hash, Header, Height, TimeMs, ValidatorSet, codec, limits};

impl Replica {
    /// The checkpoint of the tip's log as a signed note: with the tip's certificate, and cosigned at
    /// `now` where this node's key is one of the tip's validators. None before the first block.
    ///
    /// It is signed once for each block, however often it is asked for; what is signed is durable. A
    /// signer that gives no signature costs the line and nothing else: the certificate is the proof.
    ///
    /// # Errors
    /// This node's, where the tip cannot be read.
    pub fn checkpoint(&self, now: TimeMs) -> Result<Option<String>, ReadError> {
        let tip = self.ledger.tip().height;
        if let Some((height, text)) = &*self.checkpoint.borrow()
            && *height == tip
        {
            return Ok(Some(text.clone()));
        }
        let Some((header, certificate)) = self.certified(tip)? else {
            return Ok(None);
        };
        let Some(checkpoint) = Checkpoint::of(&header) else {
            return Ok(None);
        };
        let validators = self.validator_set(&header.validators_hash)?;
        let line = CertificateLine {
            header,
            certificate,
        };
        let mut lines = vec![line.line(&checkpoint)];
        let cosigner = self.consensus.as_ref().filter(|consensus| {
            self.halted.is_none() && validators.index_of(&consensus.public_key()).is_some()
        });
        if let Some(consensus) = cosigner {
            match consensus.cosign(&checkpoint, now.0 / 1000) {
                Ok(cosignature) => lines.push(cosignature.line(&checkpoint)),
                Err(_) => tracing::warn!(height = tip.0, "the checkpoint is not cosigned"),
            }
        }
        let text = SignedCheckpoint { checkpoint, lines }.to_text();
        *self.checkpoint.borrow_mut() = Some((tip, text.clone()));
        Ok(Some(text))
    }

    pub(crate) fn light_block(&self, height: Option<Height>) -> Result<ReadAnswer, Fault> {
        let height = height.unwrap_or(self.ledger.tip().height);
        let Some((header, certificate)) = self.certified(height)? else {
            return Ok(ReadAnswer::LightBlock(None));
        };
        let block = LightBlock {
            validators: self.validator_set(&header.validators_hash)?,
            next_validators: self.validator_set(&header.next_validators_hash)?,
            header,
            certificate,
        };
        Ok(ReadAnswer::LightBlock(Some(Box::new(block))))
    }

    pub(crate) fn header_proof(
        &self,
        height: Height,
        later: Option<Height>,
    ) -> Result<ReadAnswer, Fault> {
        let later = later.unwrap_or(self.ledger.tip().height);
        let Some((header, certificate)) = self.certified(later)? else {
            return Ok(ReadAnswer::Header(None));
        };
        let earlier = self.ledger.header(height).map_err(Fault::state)?;
        let proof = self.ledger.prove_header(height, later);
        let proof = earlier
            .zip(proof.map_err(Fault::state)?)
            .map(|(earlier, proof)| HeaderProof {
                earlier,
                path: proof.siblings,
                header,
                certificate,
            });
        Ok(ReadAnswer::Header(proof.map(Box::new)))
    }

    pub(crate) fn consistency_proof(
        &self,
        size: Height,
        later: Option<Height>,
    ) -> Result<ReadAnswer, Fault> {
        let later = later.unwrap_or(self.ledger.tip().height);
        let Some((header, certificate)) = self.certified(later)? else {
            return Ok(ReadAnswer::Consistency(None));
        };
        let earlier = self.ledger.header(size).map_err(Fault::state)?;
        let path = self.ledger.prove_log_grew(size, later);
        let proof = earlier
            .zip(path.map_err(Fault::state)?)
            .map(|(earlier, path)| ConsistencyProof {
                size: size.0,
                root: earlier.log_root,
                path,
                header,
                certificate,
            });
        Ok(ReadAnswer::Consistency(proof.map(Box::new)))
    }

    /// A block's header and certificate; none above the tip and at the genesis.
    pub(crate) fn certified(
        &self,
        height: Height,
    ) -> Result<Option<(Header, CommitCertificate)>, Fault> {
        self.ledger.certified(height).map_err(Fault::state)
    }

    /// The set that a header of this chain names.
    fn validator_set(&self, hash: &Hash) -> Result<ValidatorSet, Fault> {
        if *hash == self.genesis.validators.hash() {
            return Ok(self.genesis.validators.clone());
        }
        let lost = || Fault {
            code: senim_types::Code::STORE_DAMAGED,
            reason: format!("the validator set {hash} is lost"),
        };
        let bytes = self.ledger.kept(hash).map_err(Fault::state)?;
        codec::decode(&bytes.ok_or_else(lost)?, limits::LIGHT_BLOCK_BYTES_MAX).map_err(|_| lost())
    }
}
