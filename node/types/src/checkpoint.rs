//! Checkpoints of the header log: signed notes as C2SP defines them, so that witnesses, monitors and
//! verifiers that know nothing of this ledger can follow its log.
//!
//! A checkpoint says: the log `senim/<chain id>` has had this root at this size. Two kinds of
//! signature lines are known here: the [commit certificate](CertificateLine) of the header that
//! commits to exactly this root, which is the proof; and [cosignatures](CosignatureLine) of single
//! validators in the common form `cosignature/v1`. `docs/wire-format.md` has the bytes.

use crate::block::Header;
use crate::certificate::CommitCertificate;
use crate::code::Code;
use crate::codec;
use crate::hash::{ChainId, Hash};
use crate::key::{PublicKey, Signature};
use crate::limits;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use base64ct::{Base64, Encoding};
use borsh::{BorshDeserialize, BorshSerialize};
use sha2::Digest;

/// Signature lines of a note that are read.
pub const SIGNATURES_MAX: usize = 128;

/// Ahead of the chain id in an origin.
const ORIGIN_PREFIX: &str = "senim/";
/// Ahead of each signature line: em dash and space.
const LINE_PREFIX: &str = "\u{2014} ";
/// Signature type of a timestamped Ed25519 cosignature.
const COSIGNATURE_TYPE: &[u8] = &[0x04];
/// Signature type of a commit certificate: 0xff is followed by an identifier of its own.
const CERTIFICATE_TYPE: &[u8] = b"\xffsenim/commit-certificate/v1";

/// The head of a header log: what is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The chain whose headers the log holds.
    pub chain: ChainId,
    /// Leaves: the headers below this height. At least 1.
    pub size: u64,
    /// The root over them: the `log_root` of the header at height `size`.
    pub root: Hash,
}

impl Checkpoint {
    /// The checkpoint that a header commits to; none for the genesis header, whose log is empty.
    pub fn of(header: &Header) -> Option<Checkpoint> {
        (header.height.0 > 0).then_some(Checkpoint {
            chain: header.chain,
            size: header.height.0,
            root: header.log_root,
        })
    }

    /// The log's name.
    pub fn origin(&self) -> String {
        format!("{ORIGIN_PREFIX}{}", self.chain)
    }

    /// The note's text: origin, size, root, a line each.
    pub fn text(&self) -> String {
        let root = Base64::encode_string(self.root.as_bytes());
        format!("{}\n{}\n{root}\n", self.origin(), self.size)
    }

    /// The exact bytes that a validator signs when it cosigns this at `time_s`, Unix time in seconds.
    ///
    /// The one kind of signed bytes that do not begin with `senim\0`: the first line keeps them apart
    /// from all others that the key signs, and the origin names the chain.
    pub fn cosigned_bytes(&self, time_s: u64) -> Vec<u8> {
        format!("cosignature/v1\ntime {time_s}\n{}", self.text()).into_bytes()
    }

    fn parse(lines: [&str; 3]) -> Option<Checkpoint> {
        let mut chain = [0; 32];
        let digits = lines[0].strip_prefix(ORIGIN_PREFIX)?.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        for (byte, pair) in chain.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        let mut root = [0; 32];
        let decoded = Base64::decode(lines[2], &mut root).ok()?.len();
        (decoded == root.len()).then_some(Checkpoint {
            chain: ChainId(Hash(chain)),
            size: lines[1].parse().ok().filter(|size| *size > 0)?,
            root: Hash(root),
        })
    }
}

/// A signature line of a note, whatever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteLine {
    /// The key's name: no space and no plus in it.
    pub name: String,
    /// Tells keys of one name apart.
    pub key_id: [u8; 4],
    /// The signature, in the form of its type.
    pub signature: Vec<u8>,
}

impl NoteLine {
    fn parse(line: &str) -> Option<NoteLine> {
        let (name, signature) = line.strip_prefix(LINE_PREFIX)?.split_once(' ')?;
        let is_name = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+');
        let bytes = Base64::decode_vec(signature).ok()?;
        let (key_id, signature) = bytes.split_first_chunk()?;
        (is_name && !signature.is_empty()).then_some(NoteLine {
            name: name.to_string(),
            key_id: *key_id,
            signature: signature.to_vec(),
        })
    }

    fn text(&self) -> String {
        let bytes = [&self.key_id[..], &self.signature].concat();
        format!(
            "{LINE_PREFIX}{} {}\n",
            self.name,
            Base64::encode_string(&bytes)
        )
    }
}

/// The first four bytes of SHA-256(name ‖ newline ‖ type ‖ key).
fn key_id(name: &str, kind: &[u8], key: &[u8]) -> [u8; 4] {
    let mut hasher = sha2::Sha256::new();
    for part in [name.as_bytes(), b"\n", kind, key] {
        hasher.update(part);
    }
    let hash: [u8; 32] = hasher.finalize().into();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The signature of the log itself: the header that commits to the checkpoint, and its certificate.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CertificateLine {
    /// Its height is the checkpoint's size, its `log_root` the checkpoint's root.
    pub header: Header,
    /// More than two thirds of the power signed `header`.
    pub certificate: CommitCertificate,
}

impl CertificateLine {
    /// As a line of a note about `checkpoint`.
    pub fn line(&self, checkpoint: &Checkpoint) -> NoteLine {
        let name = checkpoint.origin();
        NoteLine {
            key_id: key_id(&name, CERTIFICATE_TYPE, checkpoint.chain.0.as_bytes()),
            name,
            signature: codec::encode(self),
        }
    }

    /// The lines of `note` that are meant to be of this kind.
    pub fn lines_of(note: &SignedCheckpoint) -> impl Iterator<Item = &NoteLine> {
        let name = note.checkpoint.origin();
        let id = key_id(&name, CERTIFICATE_TYPE, note.checkpoint.chain.0.as_bytes());
        let is_own = move |line: &&NoteLine| line.name == name && line.key_id == id;
        note.lines.iter().filter(is_own)
    }

    /// What a line of this kind holds; `CHECKPOINT_CERTIFICATE` where it does not decode.
    pub fn decode(line: &NoteLine) -> Result<CertificateLine, Code> {
        let bytes_max = limits::HEADER_BYTES_MAX + limits::CERTIFICATE_BYTES_MAX;
        codec::decode(&line.signature, bytes_max).map_err(|_| Code::CHECKPOINT_CERTIFICATE)
    }
}

/// A validator's statement that at a time this was the largest log that it knew: `cosignature/v1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CosignatureLine {
    /// Who.
    pub validator: PublicKey,
    /// When, in seconds of Unix time.
    pub time_s: u64,
    /// Over [`Checkpoint::cosigned_bytes`].
    pub signature: Signature,
}

impl CosignatureLine {
    /// The name of a validator's key in notes: origin, slash, the point in hex.
    pub fn name(checkpoint: &Checkpoint, validator: &PublicKey) -> String {
        format!("{}/{}", checkpoint.origin(), Hash(*validator.point()))
    }

    /// The verifier key for other programs: `<name>+<key id>+<base64 of type and point>`.
    pub fn verifier_key(checkpoint: &Checkpoint, validator: &PublicKey) -> String {
        let name = CosignatureLine::name(checkpoint, validator);
        let id = u32::from_be_bytes(key_id(&name, COSIGNATURE_TYPE, validator.point()));
        let key = [COSIGNATURE_TYPE, validator.point()].concat();
        format!("{name}+{id:08x}+{}", Base64::encode_string(&key))
    }

    /// As a line of a note about `checkpoint`.
    pub fn line(&self, checkpoint: &Checkpoint) -> NoteLine {
        let name = CosignatureLine::name(checkpoint, &self.validator);
        NoteLine {
            key_id: key_id(&name, COSIGNATURE_TYPE, self.validator.point()),
            name,
            signature: [&self.time_s.to_be_bytes()[..], &self.signature.0].concat(),
        }
    }

    /// The cosignature of `validator` in `line`, if the line is meant to be one.
    /// `CHECKPOINT_COSIGNATURE` where it has another length.
    pub fn read(
        line: &NoteLine,
        checkpoint: &Checkpoint,
        validator: &PublicKey,
    ) -> Result<Option<CosignatureLine>, Code> {
        let name = CosignatureLine::name(checkpoint, validator);
        let id = key_id(&name, COSIGNATURE_TYPE, validator.point());
        if line.name != name || line.key_id != id {
            return Ok(None);
        }
        let parts = line.signature.split_first_chunk();
        let parts = parts.and_then(|(time, rest)| Some((*time, rest.try_into().ok()?)));
        let (time, signature) = parts.ok_or(Code::CHECKPOINT_COSIGNATURE)?;
        Ok(Some(CosignatureLine {
            validator: *validator,
            time_s: u64::from_be_bytes(time),
            signature: Signature(signature),
        }))
    }
}

/// A checkpoint with its signature lines, of which nothing is verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// By whom: 1 to [`SIGNATURES_MAX`] lines, of known and unknown kinds.
    pub lines: Vec<NoteLine>,
}

impl SignedCheckpoint {
    /// The note as text.
    pub fn to_text(&self) -> String {
        let mut text = self.checkpoint.text();
        text.push('\n');
        self.lines.iter().for_each(|line| text += &line.text());
        text
    }

    /// Reads a note: exactly the text that [`SignedCheckpoint::to_text`] writes, and no other spelling
    /// of it. Extension lines are not read. `TOO_LARGE`, `CHECKPOINT_FORM`.
    pub fn parse(text: &str) -> Result<SignedCheckpoint, Code> {
        if text.len() > limits::CHECKPOINT_BYTES_MAX {
            return Err(Code::TOO_LARGE);
        }
        let note = Self::read(text).ok_or(Code::CHECKPOINT_FORM)?;
        if note.to_text() == text {
            Ok(note)
        } else {
            Err(Code::CHECKPOINT_FORM)
        }
    }

    fn read(text: &str) -> Option<SignedCheckpoint> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let head = [lines.next()?, lines.next()?, lines.next()?];
        lines.next().filter(|line| line.is_empty())?;
        let lines: Vec<NoteLine> = lines
            .take(SIGNATURES_MAX + 1)
            .map(NoteLine::parse)
            .collect::<Option<_>>()?;
        (1..=SIGNATURES_MAX)
            .contains(&lines.len())
            .then_some(SignedCheckpoint {
                checkpoint: Checkpoint::parse(head)?,
                lines,
            })
    }
}
