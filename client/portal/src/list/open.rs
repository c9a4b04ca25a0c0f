//! Those for whom a list is sealed: the portal and the identity service.

use super::file::{ForPortal, List, Record};
use crate::sealing::BoxKey;
use senim_abi::REGISTRY;
use senim_abi::VOUCHER;
use senim_abi::registry::record::{DeviceRecord, device_key};
use senim_abi::voucher::msg::{Attestation, BATCH_MAX};
use senim_abi::voucher::record::{
    Programme, ProgrammeRecord, VoucherRecord, programme_key, voucher_key,
};
use senim_abi::voucher::{Execute, ProgrammeId, Standing, Voucher, VoucherId};
use senim_cli::failure::{Failure, Result};
use senim_cli::session::{Session, TOGETHER_MAX};
use senim_types::crypto::SecretKey;
use senim_types::{Call, Code, Hash, PublicKey, codec};

/// Questions to a node that are on their way together.
const QUESTIONS_TOGETHER: usize = 4;
/// Ahead of what a nullifier is made of.
const NULLIFIER_CONTEXT: &[u8] = b"senim nullifier 1";

/// A programme, proven. `PROGRAMME_UNKNOWN`.
pub fn programme(session: &Session, id: ProgrammeId) -> Result<Programme> {
    let record = session.record::<ProgrammeRecord>(&programme_key(id), VOUCHER)?;
    let record = record
        .value
        .ok_or_else(|| Failure::new(Code::PROGRAMME_UNKNOWN))?;
    Ok(record.into_current())
}

/// A voucher, proven; none where the ledger has none.
pub fn voucher(session: &Session, id: &VoucherId) -> Result<Option<Voucher>> {
    let record = session.record::<VoucherRecord>(&voucher_key(id), VOUCHER)?;
    Ok(record.value.map(VoucherRecord::into_current))
}

/// A list that the programme's own office signed. `LIST_FORM`, `BAD_SIGNATURE`, `LIST_WRONG_OFFICE`.
pub fn read(session: &Session, file: &[u8]) -> Result<(List, Programme)> {
    let (list, device) = List::read(&session.chain, file)?;
    let programme = programme(session, list.programme)?;
    let office = organisation(session, &device)?;
    if programme.settings.office.is_none() || programme.settings.office != office {
        return Err(Failure::new(Code::LIST_WRONG_OFFICE));
    }
    Ok((list, programme))
}

/// Whose device it is now, proven.
pub fn organisation(session: &Session, device: &PublicKey) -> Result<Option<senim_types::OrgId>> {
    let record = session.record::<DeviceRecord>(&device_key(device), REGISTRY)?;
    Ok(record.value.map(|record| record.into_current().org))
}

/// A record that the portal opened.
pub struct Opened {
    /// The pseudonym.
    pub voucher: VoucherId,
    /// Who it is.
    pub person: ForPortal,
    /// How the ledger has it.
    pub standing: Standing,
    /// Whether the ledger has the person's nullifier.
    pub is_attested: bool,
}

/// Opens a list for the portal; every record stands on the ledger as the list says. Those whose time on the ledger is
/// over are left out. `LIST_NOT_OPENED`, `LIST_NOT_LISTED`.
pub fn open(session: &Session, list: &List, key: &BoxKey) -> Result<Vec<Opened>> {
    let opened = each_listed(session, list, |record, found| {
        let person = list.open_for_portal(&session.chain, record, key)?;
        Ok((!found.standing.has_ended()).then_some(Opened {
            voucher: record.voucher,
            person,
            standing: found.standing,
            is_attested: found.nullifier.is_some(),
        }))
    });
    Ok(opened?.into_iter().flatten().collect())
}

/// Takes each record with its voucher on the ledger. A list with one record that the ledger does not have as it says is
/// nobody's. `LIST_NOT_LISTED`, and what `take` says.
fn each_listed<T: Send>(
    session: &Session,
    list: &List,
    take: impl Fn(&Record, &Voucher) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let take = &take;
    let take_some = move |records: &[Record]| -> Result<Vec<T>> {
        let mut taken = Vec::with_capacity(records.len());
        for record in records {
            taken.push(take(record, &listed(session, list, record)?)?);
        }
        Ok(taken)
    };
    // Each record is a question to the node and waits for its answer: some at once.
    let share = list.records.len().div_ceil(QUESTIONS_TOGETHER).max(1);
    std::thread::scope(|scope| {
        let shares = list.records.chunks(share);
        let threads: Vec<_> = shares
            .map(|records| scope.spawn(move || take_some(records)))
            .collect();
        let mut taken = Vec::with_capacity(list.records.len());
        for thread in threads {
            taken.extend(thread.join().expect("opening a record does not panic")?);
        }
        Ok(taken)
    })
}

/// The record's voucher on the ledger. A record that was added to a list has none there, since the ledger took it from
/// the office alone.
fn listed(session: &Session, list: &List, record: &Record) -> Result<Voucher> {
    let found = voucher(session, &record.voucher)?;
    let agrees = |voucher: &Voucher| {
        voucher.programme == list.programme && voucher.place == record.entry.place
    };
    found.filter(agrees).ok_or_else(|| {
        Failure::new(Code::LIST_NOT_LISTED).line(format!("Voucher {}", record.voucher))
    })
}

/// The nullifier of a person: a keyed hash, so that whoever has all numbers and not the secret finds nothing.
pub fn nullifier(secret: &[u8; 32], group: u32, period: &str, iin: &[u8; 12]) -> Hash {
    let mut hasher = blake3::Hasher::new_keyed(secret);
    hasher.update(NULLIFIER_CONTEXT);
    hasher.update(&group.to_be_bytes());
    hasher.update(&(period.len() as u64).to_be_bytes());
    hasher.update(period.as_bytes());
    hasher.update(iin);
    Hash(*hasher.finalize().as_bytes())
}

/// What came of attesting.
pub struct Attested {
    /// Persons whose nullifier the ledger has.
    pub attested: usize,
    /// Persons who have a live voucher of the group already, or were attested otherwise.
    pub refused: Vec<(VoucherId, Code)>,
}

/// The identity service: opens who the persons are and attests their nullifiers, each batch in one transaction, some on
/// their way together. A batch that is refused is tried one by one, so that one person twice costs nobody else the meal.
/// Every record stands on the ledger as the list says: a voucher of another programme would get a nullifier of this one's
/// group. `LIST_NOT_OPENED`, `LIST_NOT_LISTED`.
pub fn attest(
    session: &Session,
    list: &List,
    group: u32,
    period: &str,
    (key, secret, device): (&BoxKey, &[u8; 32], &SecretKey),
) -> Result<Attested> {
    let attestations = each_listed(session, list, |record, _| {
        let person = list.open_for_identity(&session.chain, record, key)?;
        Ok(Attestation {
            voucher: record.voucher,
            nullifier: nullifier(secret, group, period, person.iin.digits()),
        })
    })?;
    let bring = |batches: &[&[Attestation]], told: &mut dyn FnMut(usize, Option<Code>)| {
        let calls = batches.iter().map(|batch| {
            let execute = Execute::Attest {
                attestations: batch.to_vec(),
            };
            vec![Call {
                contract: VOUCHER,
                input: codec::encode(&execute),
            }]
        });
        session.submit_each(device, calls.collect(), |index, done| {
            told(index, done.receipt.status.code());
            Ok(())
        })
    };
    let (mut attested, mut refused) = (0, Vec::new());
    let batches: Vec<&[Attestation]> = attestations.chunks(BATCH_MAX).collect();
    // What is signed is valid for minutes: not all of a long list at once.
    for some in batches.chunks(TOGETHER_MAX) {
        let mut one_by_one = Vec::new();
        bring(some, &mut |index, code| match code {
            None => attested += some[index].len(),
            Some(_) => one_by_one.extend(some[index].chunks(1)),
        })?;
        bring(&one_by_one, &mut |index, code| match code {
            None => attested += 1,
            Some(code) => refused.push((one_by_one[index][0].voucher, code)),
        })?;
    }
    Ok(Attested { attested, refused })
}
