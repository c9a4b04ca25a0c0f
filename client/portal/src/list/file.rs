//! The sealed form of a list.

use super::persons::Iin;
use crate::sealing::{BoxKey, BoxPublic};
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::voucher::{Entry, ProgrammeId, VoucherId};
use senim_cli::failure::{Failure, Result};
use senim_types::crypto::{SecretKey, verify};
use senim_types::domain::signed_bytes;
use senim_types::{ChainId, Code, Domain, PublicKey, Signature, codec};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// Bytes of a list: 100,000 records of less than 640.
pub const LIST_BYTES_MAX: usize = 64 << 20;
/// Bytes of every record before it is sealed: what is shorter is filled up, so that a length says nothing.
const RECORD_BYTES: usize = 192;

/// Who opens a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The portal: whom to ask.
    Portal,
    /// The identity service: who it is.
    Identity,
}

impl Party {
    const fn purpose(self) -> &'static [u8] {
        match self {
            Party::Portal => b"senim list record for the portal 1",
            Party::Identity => b"senim list record for the identity service 1",
        }
    }
}

/// What the portal opens.
#[derive(BorshSerialize, BorshDeserialize)]
pub struct ForPortal {
    /// The parent.
    pub parent: Iin,
    /// The child's given name.
    pub child: Option<String>,
}

/// What the identity service opens.
#[derive(BorshSerialize, BorshDeserialize)]
pub struct ForIdentity {
    /// The child.
    pub iin: Iin,
}

/// A person, by pseudonym.
#[derive(BorshSerialize, BorshDeserialize)]
pub struct Record {
    /// The pseudonym.
    pub voucher: VoucherId,
    /// What the ledger says of it.
    pub entry: Entry,
    for_portal: Vec<u8>,
    for_identity: Vec<u8>,
}

/// A list.
#[derive(BorshSerialize, BorshDeserialize)]
pub struct List {
    /// Under which programme.
    pub programme: ProgrammeId,
    /// The persons.
    pub records: Vec<Record>,
}

/// The file.
#[derive(BorshSerialize, BorshDeserialize)]
enum Signed {
    V1 {
        /// The list's encoding.
        list: Vec<u8>,
        /// The office's device.
        device: PublicKey,
        /// Its signature over the list.
        signature: Signature,
    },
}

/// What a record is bound to: it opens at its own place and nowhere else.
fn bound(chain: &ChainId, programme: ProgrammeId, voucher: &VoucherId) -> Vec<u8> {
    codec::encode(&(chain.0, programme, *voucher))
}

fn seal<T: BorshSerialize>(
    to: &BoxPublic,
    party: Party,
    bound: &[u8],
    value: &T,
) -> Result<Vec<u8>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(RECORD_BYTES));
    value
        .serialize(&mut *plain)
        .map_err(|_| Failure::new(Code::LIST_FORM))?;
    if plain.len() > RECORD_BYTES {
        return Err(Failure::new(Code::TOO_LARGE));
    }
    plain.resize(RECORD_BYTES, 0);
    to.seal(party.purpose(), bound, &plain)
}

impl Record {
    /// Seals a person's record for both.
    pub fn seal(
        chain: &ChainId,
        programme: ProgrammeId,
        voucher: VoucherId,
        line: &super::persons::Line,
        portal: &BoxPublic,
        identity: &BoxPublic,
    ) -> Result<Record> {
        let bound = bound(chain, programme, &voucher);
        let (for_portal, for_identity) = (
            ForPortal {
                parent: line.parent.clone(),
                child: line.child.clone(),
            },
            ForIdentity {
                iin: line.iin.clone(),
            },
        );
        Ok(Record {
            voucher,
            entry: line.entry,
            for_portal: seal(portal, Party::Portal, &bound, &for_portal)?,
            for_identity: seal(identity, Party::Identity, &bound, &for_identity)?,
        })
    }
}

impl List {
    /// The file of a list, signed by the office's device.
    pub fn sign(&self, chain: &ChainId, device: &SecretKey) -> Vec<u8> {
        let list = codec::encode(self);
        let signature = device.sign(Domain::List, chain, &list);
        codec::encode(&Signed::V1 {
            list,
            device: device.public(),
            signature,
        })
    }

    /// Reads a file: the list, and whose device signed it. `LIST_FORM`; `BAD_SIGNATURE`.
    pub fn read(chain: &ChainId, file: &[u8]) -> Result<(List, PublicKey)> {
        let malformed = |_| Failure::new(Code::LIST_FORM);
        let signed: Signed = codec::decode(file, LIST_BYTES_MAX).map_err(malformed)?;
        let Signed::V1 {
            list,
            device,
            signature,
        } = signed;
        if !verify(
            &device,
            &signed_bytes(Domain::List, chain, &list),
            &signature,
        ) {
            return Err(Failure::new(Code::BAD_SIGNATURE));
        }
        let list: List = codec::decode(&list, LIST_BYTES_MAX).map_err(malformed)?;
        let vouchers: BTreeSet<_> = list.records.iter().map(|record| record.voucher).collect();
        if vouchers.len() != list.records.len() {
            return Err(Failure::new(Code::LIST_FORM));
        }
        Ok((list, device))
    }

    /// Opens what of a record is the portal's.
    pub fn open_for_portal(
        &self,
        chain: &ChainId,
        record: &Record,
        key: &BoxKey,
    ) -> Result<ForPortal> {
        self.open(chain, record, Party::Portal, key)
    }

    /// Opens what of a record is the identity service's.
    pub fn open_for_identity(
        &self,
        chain: &ChainId,
        record: &Record,
        key: &BoxKey,
    ) -> Result<ForIdentity> {
        self.open(chain, record, Party::Identity, key)
    }

    fn open<T: BorshDeserialize>(
        &self,
        chain: &ChainId,
        record: &Record,
        party: Party,
        key: &BoxKey,
    ) -> Result<T> {
        let bound = bound(chain, self.programme, &record.voucher);
        let sealed = match party {
            Party::Portal => &record.for_portal,
            Party::Identity => &record.for_identity,
        };
        let plain = key.open(party.purpose(), &bound, sealed)?;
        // What fills it up follows the value.
        T::deserialize(&mut plain.as_slice()).map_err(|_| Failure::new(Code::LIST_FORM))
    }
}
