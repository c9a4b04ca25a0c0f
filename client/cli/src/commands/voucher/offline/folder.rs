//! The terminal's folder: what it took along at its sync, and the chain of what it did since.
//!
//! `synced.json` is replaced whole at each sync. `records` only grows until the next one: a line for each use, flushed to the
//! disk before the terminal says yes. After a crash the last line may be cut: nobody was told yes for it, and it goes.

use super::serve::Served;
use crate::failure::{Failure, Result};
use crate::files;
use senim_abi::civil::Month;
use senim_abi::policy::{Listing, Product};
use senim_abi::treasury::ProgrammeId;
use senim_abi::voucher::offline::OfflineStatement;
use senim_abi::voucher::record::LastUse;
use senim_abi::voucher::{
    Calendar, OfflineChain, OfflineRecord, Policy, Settings, Voucher, VoucherId,
};
use senim_types::crypto::SecretKey;
use senim_types::{
    ChainId, Code, ContractId, Domain, Hash, Height, OrgId, PublicKey, Signature, Statement, Tiyn,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes of the file of records: the largest session has 10 000 of them.
const RECORDS_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// What a terminal took along, all of it proven when it was fetched.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Synced {
    /// Of which chain.
    pub chain: ChainId,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// Which terminal.
    pub terminal: PublicKey,
    /// Whose it is.
    pub org: OrgId,
    /// What the ledger had of it after the sync.
    pub state: OfflineChain,
    /// The block of the sync.
    pub height: Height,
    /// The programme's frame.
    pub settings: Settings,
    /// The versions of its rules to which the vouchers are pinned.
    pub policies: BTreeMap<u32, Policy>,
    /// The code of the policies.
    pub codes: BTreeMap<ContractId, Wasm>,
    /// What the programme's list says of what is sold.
    pub listings: Vec<(Product, Listing)>,
    /// The place's days of this month and the next.
    pub calendars: BTreeMap<Month, Calendar>,
    /// Everybody who is known.
    pub vouchers: BTreeMap<VoucherId, Voucher>,
}

/// A policy's code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wasm(#[serde(with = "senim_types::text::hex_bytes")] pub Vec<u8>);

/// A use, as it is written down.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// What the ledger gets.
    pub record: OfflineRecord,
    /// What the programme is to pay, by the rules that the terminal knows.
    pub pays: Tiyn,
    /// What proved the person.
    pub witnesses: Vec<Witness>,
    /// The terminal's, over this record as the head of its chain.
    pub signature: Signature,
}

/// A statement that somebody signed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Witness {
    key: PublicKey,
    domain: Domain,
    #[serde(with = "senim_types::text::hex_bytes")]
    message: Vec<u8>,
    signature: Signature,
}

impl From<(Statement, Signature)> for Witness {
    fn from((statement, signature): (Statement, Signature)) -> Witness {
        Witness {
            key: statement.key,
            domain: statement.domain,
            message: statement.message,
            signature,
        }
    }
}

impl Witness {
    /// As a transaction carries it.
    pub fn signed(&self) -> (Statement, Signature) {
        let statement = Statement {
            key: self.key,
            domain: self.domain,
            message: self.message.clone(),
        };
        (statement, self.signature)
    }
}

/// A terminal's folder. While it is open no other process writes to it.
pub struct TerminalFolder {
    /// What it took along. Vouchers are as the uses since have left them.
    pub synced: Synced,
    /// What it did since.
    pub lines: Vec<Line>,
    path: PathBuf,
    file: fs::File,
}

impl TerminalFolder {
    /// Opens a terminal's folder and goes through the chain. `TERMINAL_NOT_SYNCED`, `TERMINAL_FILE`.
    pub fn open(folder: &Path) -> Result<TerminalFolder> {
        let known: Option<Synced> = files::read_records(&synced_path(folder))?;
        let mut synced = known.ok_or_else(|| Failure::new(Code::TERMINAL_NOT_SYNCED))?;
        let path = records_path(folder);
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .and_then(|file| file.lock().map(|()| file))
            .map_err(|error| files::unwritable(&path, &error))?;
        let bytes = files::read(&path, RECORDS_BYTES_MAX)?;
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        file.set_len(whole as u64)
            .map_err(|error| files::unwritable(&path, &error))?;
        let mut lines = Vec::new();
        for text in bytes[..whole].split_inclusive(|byte| *byte == b'\n') {
            let damaged = |reason: String| {
                let number = lines.len() + 1;
                let words = format!("{}, line {number}: {reason}", path.display());
                Failure::with(Code::TERMINAL_FILE, words)
            };
            let line: Line =
                serde_json::from_slice(text).map_err(|error| damaged(error.to_string()))?;
            // Sent before the last sync: a crash kept it from being cleared away.
            if line.record.session < synced.state.session.number {
                continue;
            }
            let next = next(&synced, &lines);
            if (line.record.sequence, line.record.previous) != next {
                return Err(damaged("it does not follow the one before".to_owned()));
            }
            apply(&mut synced, &line)
                .ok_or_else(|| damaged("the ledger's uses and these do not add up".to_owned()))?;
            lines.push(line);
        }
        Ok(TerminalFolder {
            synced,
            lines,
            path,
            file,
        })
    }

    /// A terminal that synced: what it did before is on the ledger, and the file begins anew.
    pub fn begin(folder: &Path, synced: &Synced) -> Result<()> {
        // First what was taken along: with it, records of the session before are told by their number.
        files::write_records(&synced_path(folder), synced)?;
        files::replace(&records_path(folder), b"")
    }

    /// Number and predecessor of the record that comes next.
    pub fn next(&self) -> (u64, Hash) {
        next(&self.synced, &self.lines)
    }

    /// Uses of the session.
    pub fn used(&self) -> u64 {
        self.next()
            .0
            .saturating_sub(self.synced.state.session.first)
    }

    /// What the ledger has not taken, as far as its chain and this one can be compared; where they cannot, everything: the
    /// ledger will tell.
    pub fn unsent(&self, ledger: &OfflineChain) -> &[Line] {
        let is_last = |line: &Line| {
            line.record.sequence.checked_add(1) == Some(ledger.next)
                && line.record.hash() == ledger.head
        };
        let taken = self.lines.iter().position(is_last);
        taken.map_or(&self.lines[..], |last| &self.lines[last + 1..])
    }

    /// Writes a use down. When this returns it is on the disk.
    pub fn append(&mut self, key: &SecretKey, served: Served) -> Result<()> {
        let record = served.record;
        let statement = OfflineStatement {
            programme: self.synced.programme,
            sequence: record.sequence,
            head: record.hash(),
        };
        let (_, signature) = key.witness(
            Domain::VoucherOffline,
            &self.synced.chain,
            statement.message(),
        );
        let line = Line {
            record,
            pays: served.terms.pays,
            witnesses: served.witnesses.into_iter().map(Witness::from).collect(),
            signature,
        };
        let mut text =
            serde_json::to_vec(&line).map_err(|error| files::content(&self.path, error))?;
        text.push(b'\n');
        let written = self
            .file
            .seek(SeekFrom::End(0))
            .and_then(|_| self.file.write_all(&text))
            .and_then(|()| self.file.sync_all());
        written.map_err(|error| files::unwritable(&self.path, &error))?;
        self.lines.push(line);
        Ok(())
    }
}

fn synced_path(folder: &Path) -> PathBuf {
    folder.join("synced.json")
}

fn records_path(folder: &Path) -> PathBuf {
    folder.join("records")
}

fn next(synced: &Synced, lines: &[Line]) -> (u64, Hash) {
    lines
        .last()
        .map_or((synced.state.next, synced.state.head), |line| {
            (line.record.sequence + 1, line.record.hash())
        })
}

/// The voucher as a use leaves it. None if it was not one of the known.
fn apply(synced: &mut Synced, line: &Line) -> Option<()> {
    let record = &line.record;
    let day = synced.settings.clock(record.at).day;
    let voucher = synced.vouchers.get_mut(&record.voucher)?;
    voucher.left = voucher.left.checked_sub(line.pays)?;
    voucher.uses = voucher.uses.checked_add(1)?;
    voucher.last_use = Some(LastUse::with(voucher.last_use, day, line.pays)?);
    let (stated_at, by) = match &record.proof {
        senim_abi::voucher::Proof::Attested => return Some(()),
        senim_abi::voucher::Proof::LiveQr(qr) => (qr.issued_at, line.witnesses.first()?.key),
        senim_abi::voucher::Proof::Code { at } => (*at, line.witnesses.first()?.key),
    };
    voucher.stated_at = stated_at;
    if let Some(delegation) = voucher.delegation.as_mut()
        && delegation.key == by
    {
        delegation.bounds.uses = delegation.bounds.uses.saturating_sub(1);
    }
    Some(())
}
