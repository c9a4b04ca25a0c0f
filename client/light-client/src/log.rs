//! What can be proven about the log of headers: its head, an entry, and that it only grew.

use crate::{LightClient, rules};
use alloc::vec::Vec;
use senim_types::checkpoint::{CertificateLine, Checkpoint, CosignatureLine, SignedCheckpoint};
use senim_types::codec::{self, DecodeError};
use senim_types::proof::{ConsistencyProof, HeaderProof};
use senim_types::{Code, Header, PublicKey, limits};

/// A proven head of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenCheckpoint {
    /// Size and root.
    pub checkpoint: Checkpoint,
    /// The certified header that commits to them.
    pub header: Header,
    /// Validators that vouch for it besides, in the order of the set.
    pub cosigned: Vec<Cosigned>,
}

/// A validator's word that at a time it knew no larger log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// Who.
    pub validator: PublicKey,
    /// When, in seconds of Unix time, by the validator's own clock.
    pub time_s: u64,
}

impl LightClient {
    /// Judges a checkpoint's text. Lines of unknown keys are passed over, as C2SP asks; a line of a
    /// validator that does not hold spoils the whole.
    pub fn checkpoint(&self, text: &str) -> Result<ProvenCheckpoint, Code> {
        let note = SignedCheckpoint::parse(text)?;
        let checkpoint = note.checkpoint;
        rules::checkpoint_of_chain(&self.chain, &checkpoint)?;
        let mut lines = CertificateLine::lines_of(&note);
        let (Some(line), None) = (lines.next(), lines.next()) else {
            return Err(Code::CHECKPOINT_CERTIFICATE);
        };
        let line = CertificateLine::decode(line)?;
        rules::certifies(&line, &checkpoint)?;
        self.header(&line.header, &line.certificate)?;
        let mut cosigned = Vec::new();
        for validator in self.validators_of(&line.header).validators() {
            for other in &note.lines {
                let read = CosignatureLine::read(other, &checkpoint, &validator.key)?;
                let Some(cosignature) = read else { continue };
                rules::cosigned(&cosignature, &checkpoint)?;
                cosigned.push(Cosigned {
                    validator: validator.key,
                    time_s: cosignature.time_s,
                });
            }
        }
        Ok(ProvenCheckpoint {
            checkpoint,
            header: line.header,
            cosigned,
        })
    }

    /// Judges the bytes of a [`HeaderProof`]: its `earlier` header is one of this chain, whatever
    /// validators it had.
    pub fn header_in_log(&self, bytes: &[u8]) -> Result<HeaderProof, Code> {
        let proof: HeaderProof =
            codec::decode(bytes, limits::PROOF_BYTES_MAX).map_err(DecodeError::code)?;
        self.header(&proof.header, &proof.certificate)?;
        rules::header_in_log(&proof)?;
        Ok(proof)
    }

    /// Judges the bytes of a [`ConsistencyProof`]: its earlier log is the beginning of this chain's.
    pub fn consistency(&self, bytes: &[u8]) -> Result<ConsistencyProof, Code> {
        let proof: ConsistencyProof =
            codec::decode(bytes, limits::PROOF_BYTES_MAX).map_err(DecodeError::code)?;
        self.header(&proof.header, &proof.certificate)?;
        rules::log_grew(&proof)?;
        Ok(proof)
    }
}
