//! The office: lists persons on the ledger, and seals who they are.

use super::file::{List, Record};
use super::persons::Line;
use crate::sealing::BoxPublic;
use senim_abi::VOUCHER;
use senim_abi::voucher::msg::BATCH_MAX;
use senim_abi::voucher::{Execute, ProgrammeId, VoucherId};
use senim_cli::context::applied;
use senim_cli::failure::Result;
use senim_cli::node::DeviceStatus;
use senim_cli::session::Session;
use senim_cli::{files, words};
use senim_types::crypto::SecretKey;
use senim_types::text::KeyKind;
use senim_types::transaction::TRANSACTION_VERSION;
use senim_types::{Call, SignedTransaction, TimeMs, Transaction, codec};

/// How long the transactions may wait for their blocks, in ms.
const VALID_MS: u64 = 60 * 60 * 1000;

/// A list that is signed and not yet on the ledger.
pub struct Made {
    /// The file.
    pub file: Vec<u8>,
    /// What lists the persons.
    pub transactions: Vec<SignedTransaction>,
    /// How many there are.
    pub persons: usize,
}

/// Signs the transactions that list these persons, and seals their records to the ids that follow from them.
pub fn make(
    session: &Session,
    office: &SecretKey,
    programme: ProgrammeId,
    mut lines: Vec<Line>,
    portal: &BoxPublic,
    identity: &BoxPublic,
) -> Result<Made> {
    // In the office's order, brothers and sisters stand side by side.
    shuffle(&mut lines)?;
    let device = office.public();
    let status: DeviceStatus = session
        .node
        .json(&format!("/v1/devices/{}", device.to_text(KeyKind::Device)))?;
    let mut list = List {
        programme,
        records: Vec::with_capacity(lines.len()),
    };
    let mut transactions = Vec::new();
    for (batch, sequence) in lines.chunks(BATCH_MAX).zip(status.next_sequence..) {
        let execute = Execute::List {
            programme,
            index: 0,
            entries: batch.iter().map(|line| line.entry).collect(),
        };
        let body = Transaction {
            version: TRANSACTION_VERSION,
            chain: session.chain,
            device,
            sequence,
            valid_until: TimeMs(words::now().0 + VALID_MS),
            calls: vec![Call {
                contract: VOUCHER,
                input: codec::encode(&execute),
            }],
            witnesses: Vec::new(),
        };
        let transaction = office.sign_transaction(body, Vec::new());
        let hash = transaction.hash();
        for (line, index) in batch.iter().zip(0_u16..) {
            let voucher = VoucherId::derive(&hash, index);
            let record = Record::seal(&session.chain, programme, voucher, line, portal, identity)?;
            list.records.push(record);
        }
        transactions.push(transaction);
    }
    Ok(Made {
        file: list.sign(&session.chain, office),
        persons: lines.len(),
        transactions,
    })
}

/// Puts a made list on the ledger. Persons of a list whose file nobody gets are never asked, and expire.
pub fn submit(session: &Session, made: &Made) -> Result<()> {
    session.submit_all(&made.transactions, |_, done| {
        applied(session, done).map(|_| ())
    })
}

fn shuffle(lines: &mut [Line]) -> Result<()> {
    for last in (1..lines.len()).rev() {
        // 64 random bits over at most 100,000 places: no order is noticeably likelier.
        let drawn = u64::from_le_bytes(*files::random::<8>()?) % (last as u64 + 1);
        lines.swap(last, drawn as usize);
    }
    Ok(())
}
