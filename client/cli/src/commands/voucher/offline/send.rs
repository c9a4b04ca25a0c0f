//! With a connection again: the ledger takes what was written down, a batch in each transaction.

use super::Send;
use super::folder::{Line, Synced, TerminalFolder};
use super::sync::chain_of;
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, device, session};
use crate::describe;
use crate::failure::{Failure, Result};
use crate::words::counted;
use senim_abi::VOUCHER;
use senim_abi::voucher::offline::{OfflineStatement, Taken};
use senim_abi::voucher::{Execute, OfflineRecord, VoucherEvent};
use senim_types::{Call, Code, Receipt, Signature, Statement, codec, limits};
use serde_json::json;

/// Sends a terminal's records.
pub fn send(args: &Send, global: &Global) -> Result<Answer> {
    let folder = TerminalFolder::open(&args.folder.terminal)?;
    let session = session(global)?;
    let key = device(global, &args.key)?;
    let synced = &folder.synced;
    let known = chain_of(&session, synced.programme, &synced.terminal)?;
    let known = known.ok_or_else(|| Failure::new(Code::OFFLINE_NO_SESSION))?;
    let lines = if args.all {
        &folder.lines[..]
    } else {
        folder.unsent(&known)
    };
    let mut sum = Taken {
        next: known.next,
        known: (folder.lines.len() - lines.len()) as u32,
        ..Taken::default()
    };
    let (mut answer, mut transactions) = (Answer::new(json!(null)), Vec::new());
    for batch in batches(lines) {
        let call = Call {
            contract: VOUCHER,
            input: codec::encode(&message(synced, batch)),
        };
        let done = session.submit(&key, vec![call], witnesses(synced, batch))?;
        let done = applied(&session, done)?;
        let (paid, excess) = counts(&done.receipt);
        sum.paid += paid;
        sum.excess += excess;
        sum.known += batch.len() as u32 - paid - excess;
        sum.next = batch
            .last()
            .map_or(sum.next, |line| sum.next.max(line.record.sequence + 1));
        transactions.push(describe::final_json(&done));
        let validators = session.light.validators().validators().len();
        answer = answer.lines(describe::final_lines(&done, &session.names, validators));
    }
    answer.json = json!({
        "next": sum.next, "paid": sum.paid, "excess": sum.excess, "known": sum.known, "transactions": transactions,
    });
    let told = answer.line(format!(
        "{}: {} paid, {} for the payer to answer, {} known before",
        counted(folder.lines.len(), "record"),
        sum.paid,
        sum.excess,
        sum.known
    ));
    Ok(if sum.excess == 0 {
        told
    } else {
        told.line(format!(
            "  what waits for the payer: senim voucher excess list --programme {}",
            synced.programme
        ))
    })
}

/// As many records as a transaction takes: by their number, and by the witnesses that it carries.
fn batches(lines: &[Line]) -> Vec<&[Line]> {
    let (mut batches, mut start, mut witnesses) = (Vec::new(), 0, 1);
    for (index, line) in lines.iter().enumerate() {
        let more = witnesses + line.witnesses.len();
        if index - start == OfflineRecord::BATCH_MAX || more > limits::WITNESSES_MAX {
            batches.push(&lines[start..index]);
            (start, witnesses) = (index, 1);
        }
        witnesses += line.witnesses.len();
    }
    if start < lines.len() {
        batches.push(&lines[start..]);
    }
    batches
}

fn message(synced: &Synced, batch: &[Line]) -> Execute {
    Execute::RedeemOffline {
        programme: synced.programme,
        terminal: synced.terminal,
        records: batch.iter().map(|line| line.record.clone()).collect(),
    }
}

/// The terminal's over the last record, and those of people over each.
fn witnesses(synced: &Synced, batch: &[Line]) -> Vec<(Statement, Signature)> {
    let people = batch
        .iter()
        .flat_map(|line| line.witnesses.iter().map(|witness| witness.signed()));
    let head = batch.last().map(|line| {
        let statement = OfflineStatement {
            programme: synced.programme,
            sequence: line.record.sequence,
            head: line.record.hash(),
        };
        (statement.by(synced.terminal), line.signature)
    });
    head.into_iter().chain(people).collect()
}

/// How many records a transaction paid, and how many it kept for the payer.
fn counts(receipt: &Receipt) -> (u32, u32) {
    let own = receipt
        .events
        .iter()
        .filter(|event| event.contract == VOUCHER);
    own.filter_map(|event| borsh::from_slice(&event.body).ok())
        .fold((0, 0), |(paid, excess), event| match event {
            VoucherEvent::Redeemed { .. } => (paid + 1, excess),
            VoucherEvent::Exceeded { .. } => (paid, excess + 1),
            _ => (paid, excess),
        })
}

#[cfg(test)]
mod tests {
    use super::super::folder::Witness;
    use super::*;
    use senim_abi::voucher::{Proof, VoucherId};
    use senim_types::crypto::SecretKey;
    use senim_types::{ChainId, Domain, Hash, TimeMs, Tiyn};

    /// So many records, each with as many witnesses.
    fn lines(count: u64, witnesses: usize) -> Vec<Line> {
        let key = SecretKey::from_seed(&[1; 32]);
        let witness =
            || Witness::from(key.witness(Domain::VoucherUse, &ChainId(Hash::ZERO), vec![1]));
        let line = |sequence| Line {
            record: OfflineRecord {
                session: 1,
                sequence,
                previous: Hash::ZERO,
                voucher: VoucherId(Hash::ZERO),
                at: TimeMs(1),
                lines: Vec::new(),
                proof: Proof::Attested,
            },
            pays: Tiyn(1),
            witnesses: (0..witnesses).map(|_| witness()).collect(),
            signature: witness().signed().1,
        };
        (0..count).map(line).collect()
    }

    #[test]
    fn a_transaction_takes_as_many_records_as_it_has_room_for_their_witnesses() {
        for (count, witnesses, expected) in [
            (0, 0, vec![]),
            (20, 0, vec![20]),
            (41, 0, vec![20, 20, 1]),
            (21, 1, vec![20, 1]),
            (23, 2, vec![11, 11, 1]),
        ] {
            let lines = lines(count, witnesses);
            let batches = batches(&lines);
            let lengths: Vec<usize> = batches.iter().map(|batch| batch.len()).collect();
            assert_eq!(lengths, expected, "{count} of {witnesses} witnesses");
            for batch in batches {
                let carried = 1 + witnesses * batch.len();
                assert!(carried <= limits::WITNESSES_MAX);
            }
        }
    }
}
