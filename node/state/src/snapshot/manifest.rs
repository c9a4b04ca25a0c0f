//! What a snapshot consists of.

use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::proof::{LightBlock, LogFrontier};
use senim_types::{ChainId, Code, CommitCertificate, Hash, Header, Height, ValidatorSet};
use senim_types::{codec, limits};

/// Version of [`Manifest`] and of the chunks that it names.
pub const MANIFEST_VERSION: u8 = 1;
/// Bytes of an encoded manifest: it travels as one message. Room for 200,000 chunks, or 100 GB of state.
pub const MANIFEST_BYTES_MAX: usize = limits::BLOCK_BYTES_MAX;
/// A chunk ends with the entry that makes it as long as this, in bytes.
pub(super) const CHUNK_BYTES_TARGET: usize = 512 * 1024;
/// Bytes of a chunk: the target, and one entry more at its limit.
pub const CHUNK_BYTES_MAX: usize =
    CHUNK_BYTES_TARGET + limits::CODE_BYTES_MAX + limits::STATE_KEY_BYTES_MAX + 1024;

/// One chunk: consecutive entries of the state, by ascending key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ChunkRef {
    /// Its length in bytes.
    pub bytes: u32,
    /// blake3 of its bytes.
    pub hash: Hash,
}

/// The part of a manifest that all nodes have alike.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Contents {
    /// [`MANIFEST_VERSION`].
    pub version: u8,
    /// The header whose `state_root` the chunks have together.
    pub header: Header,
    /// The header log before that header: its root is the header's `log_root`.
    pub log: LogFrontier,
    /// Entries of all chunks together.
    pub entries: u64,
    /// The chunks, in order.
    pub chunks: Vec<ChunkRef>,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Manifest {
    /// What all nodes have alike.
    pub contents: Contents,
    /// Why the block is final; nodes may hold different ones.
    pub certificate: CommitCertificate,
    /// Who certifies the block.
    pub validators: ValidatorSet,
    /// Who certifies the next one.
    pub next_validators: ValidatorSet,
}

impl Manifest {
    /// Canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// A manifest that is sound in itself and of this chain: everything but the certificate's
    /// signatures and the chunks' contents.
    ///
    /// # Errors
    /// `SNAPSHOT_MANIFEST`, or why the bytes do not decode.
    pub fn decode(bytes: &[u8], chain: &ChainId) -> Result<Manifest, Code> {
        let manifest: Manifest =
            codec::decode(bytes, MANIFEST_BYTES_MAX).map_err(codec::DecodeError::code)?;
        let Contents {
            version,
            header,
            log,
            entries,
            chunks,
        } = &manifest.contents;
        let (height, certificate) = (header.height, &manifest.certificate);
        let lengths = chunks
            .iter()
            .all(|chunk| (1..=CHUNK_BYTES_MAX).contains(&(chunk.bytes as usize)));
        let holds = *version == MANIFEST_VERSION
            && header.chain == *chain
            && height > Height::GENESIS
            && log.is_valid()
            && log.size() == height.0
            && log.root() == header.log_root
            && (certificate.height, certificate.block) == (height, header.hash())
            && manifest.validators.hash() == header.validators_hash
            && manifest.next_validators.hash() == header.next_validators_hash
            && (*entries == 0) == chunks.is_empty()
            && lengths;
        if holds {
            Ok(manifest)
        } else {
            Err(Code::SNAPSHOT_MANIFEST)
        }
    }

    /// The height.
    pub fn height(&self) -> Height {
        self.contents.header.height
    }

    /// Names the snapshot: nodes that made it from the same state give it the same name.
    pub fn id(&self) -> Hash {
        Hash::of_parts(&[b"senim/snapshot", &codec::encode(&self.contents)])
    }

    /// Bytes of all chunks together.
    pub fn chunk_bytes(&self) -> u64 {
        let chunks = self.contents.chunks.iter();
        chunks.map(|chunk| u64::from(chunk.bytes)).sum()
    }

    /// The block with those who certify it: what a light client judges.
    pub fn light_block(&self) -> LightBlock {
        LightBlock {
            header: self.contents.header.clone(),
            certificate: self.certificate.clone(),
            validators: self.validators.clone(),
            next_validators: self.next_validators.clone(),
        }
    }
}
