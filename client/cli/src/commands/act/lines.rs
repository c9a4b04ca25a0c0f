//! The lines of an act, rebuilt from the chain's postings. The hash chain that the act has proves the list: whoever left a
//! line out, added or changed one, would have to find another list with the same hash.

use crate::describe::treasury_event;
use crate::failure::{Failure, Result};
use crate::session::Session;
use crate::words::date_in;
use senim_abi::civil::UtcOffsets;
use senim_abi::settlement::{ActBody, ActId, CorrectionLine};
use senim_abi::treasury::{
    Account, BudgetId, ClaimLine, Issuer, Posting, PostingKind, TreasuryEvent,
};
use senim_types::proof::ReceiptProof;
use senim_types::{Block, Code, Hash, Receipt, TimeMs, Tiyn, codec, limits};

/// A line.
pub struct Line {
    /// As it stands in the chain.
    pub line: ClaimLine,
    /// The civil day of its posting.
    pub day: String,
    /// The budget line that paid it, or that it gave the money back to.
    pub budget: BudgetId,
}

impl Line {
    /// Whether it takes another line off.
    pub fn takes_off(&self) -> bool {
        self.line.kind == PostingKind::Reverse
    }
}

/// A line of a correcting act.
pub struct Correction {
    /// The correcting act.
    pub act: ActId,
    /// What it takes off.
    pub line: CorrectionLine,
}

/// What a node says of itself, as far as it matters here.
#[derive(serde::Deserialize)]
struct Tip {
    height: u64,
    #[serde(default)]
    first_height: u64,
}

/// A header's time.
#[derive(serde::Deserialize)]
struct HeaderAnswer {
    header: HeaderTime,
}

#[derive(serde::Deserialize)]
struct HeaderTime {
    time: TimeMs,
}

/// The lines of the act's month, in order. `ACT_MISMATCH` unless they reproduce its chain.
pub fn of_act(session: &Session, body: &ActBody, offsets: &UtcOffsets) -> Result<Vec<Line>> {
    let account = Account::Claim {
        provider: body.act.provider,
        programme: body.act.programme,
        period: body.act.period,
    };
    let (from, until) = (
        offsets.start_of(body.act.period),
        offsets.start_of(body.act.period.next()),
    );
    let tip: Tip = session.node.json("/v1/status")?;
    let first = first_at(session, from, tip.first_height.max(1), tip.height)?;
    let (mut chain, mut lines) = (Hash::ZERO, Vec::new());
    for height in first..=tip.height {
        if chain == body.chain && lines.len() == (body.lines + body.reversed_lines) as usize {
            break;
        }
        let bytes = session
            .node
            .bytes(&format!("/v1/blocks/{height}"), limits::BLOCK_BYTES_MAX)?;
        let block = Block::decode(&bytes)?;
        if block.header.time >= until {
            break;
        }
        for transaction in &block.transactions {
            let receipt = receipt(session, &transaction.hash())?;
            for event in receipt.events.iter().filter_map(treasury_event) {
                let TreasuryEvent::Posting(posting) = event else {
                    continue;
                };
                if let Some((line, budget)) = line_of(&posting, &account) {
                    chain = line.append_to(&chain);
                    let day = date_in(line.at, offsets);
                    lines.push(Line { line, day, budget });
                }
            }
        }
    }
    if chain != body.chain {
        return Err(Failure::with(
            Code::ACT_MISMATCH,
            "The postings that the node has do not reproduce the act's hash chain. Ask another node.",
        ));
    }
    Ok(lines)
}

/// The lowest height whose block's time is not before `from`.
fn first_at(session: &Session, from: TimeMs, first: u64, last: u64) -> Result<u64> {
    let (mut low, mut high) = (first, last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let answer: HeaderAnswer = session.node.json(&format!("/v1/headers/{middle}"))?;
        if answer.header.time < from {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// A receipt as the node has it: the chain proves what is taken from it.
fn receipt(session: &Session, transaction: &Hash) -> Result<Receipt> {
    let proof = session
        .node
        .receipt(transaction, false, limits::PROOF_BYTES_MAX)?;
    let proof: ReceiptProof = codec::decode(&proof, limits::PROOF_BYTES_MAX)?;
    Ok(proof.receipt)
}

/// The claim's line that a posting is, if it is one of this claim, and the budget line on its other side.
fn line_of(posting: &Posting, account: &Account) -> Option<(ClaimLine, BudgetId)> {
    let (debit, credit) = (posting.debit.account, posting.credit.account);
    let (of_claim, other) = match posting.kind {
        PostingKind::Pay | PostingKind::Post => (credit, debit),
        PostingKind::Reverse => (debit, credit),
        _ => return None,
    };
    let Account::Budget(budget) = other else {
        return None;
    };
    let line = ClaimLine {
        kind: posting.kind,
        transfer: posting.transfer,
        reference: posting.reference,
        amount: posting.debit.amount,
        vat_basis_points: posting.vat_basis_points,
        at: posting.at,
    };
    (of_claim == *account).then_some((line, budget))
}

/// What takes so much off a line of an act. `LINE_OF_ANOTHER_ACT` where none of its lines has this transfer;
/// `LINE_REVERSED` where another of them took it off.
pub fn corrected(lines: &[Line], transfer: &Hash, amount: Tiyn) -> Result<CorrectionLine> {
    let named = |line: &&Line| line.line.transfer.id == *transfer;
    let posted = lines.iter().filter(named).find(|line| !line.takes_off());
    let posted = posted.ok_or_else(|| Failure::new(Code::LINE_OF_ANOTHER_ACT))?;
    let key = posted.line.transfer;
    let is_off = lines
        .iter()
        .any(|line| line.takes_off() && line.line.transfer == key);
    let Issuer::Contract(issuer) = key.issuer else {
        return Err(Failure::new(Code::LINE_OF_ANOTHER_ACT));
    };
    if is_off {
        return Err(Failure::new(Code::LINE_REVERSED));
    }
    Ok(CorrectionLine {
        issuer,
        transfer: key.id,
        budget: posted.budget,
        amount,
        vat_basis_points: posted.line.vat_basis_points,
    })
}

/// What correcting acts took off, up to this act.
pub fn corrections(session: &Session, body: &ActBody) -> Result<Vec<Correction>> {
    let mut all = Vec::new();
    for number in 1..=body.act.number {
        let act = ActId { number, ..body.act };
        let (made, _) = super::proven(session, &act)?;
        let lines = made.body.corrections.into_iter();
        all.extend(lines.map(|line| Correction { act, line }));
    }
    Ok(all)
}
