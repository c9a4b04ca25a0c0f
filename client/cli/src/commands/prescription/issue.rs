//! A FHIR message becomes a prescription: read, sealed, recorded, submitted, proven.

use super::clinic::{ClinicFolder, Issued, Line, read_message};
use super::medicine::{name, new_items};
use super::paper::paper_opening;
use super::{Issue, PaperCode, accounting, entitled, product};
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::card::CardKey;
use crate::commands::wallet::WalletKey;
use crate::context::{applied, device, save_proof, session, told};
use crate::failure::{Exit, Failure, Result};
use crate::files;
use crate::sealing;
use crate::session::{Final, Session};
use crate::words::{self, quantity, time};
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::{Execute, GroupId, NewItem, PrescriberId, ProgrammeId};
use senim_fhir::{Accounted, LedgerOrder};
use senim_types::crypto::SecretKey;
use senim_types::{Call, Code, Hash, codec};
use serde_json::json;

/// What a message is issued with.
pub struct Wanted<'a> {
    /// The message.
    pub message: &'a [u8],
    /// Offset of its civil dates from UTC, in minutes.
    pub offset: i16,
    /// A one-time key of the person's wallet, as text.
    pub holder: &'a str,
    /// The person's card: its keys for this prescription.
    pub card: Option<CardKey>,
    /// The secret of the code that is printed on paper.
    pub paper: Option<&'a [u8; 32]>,
    /// The support measure that bears it.
    pub programme: ProgrammeId,
    /// The prescriber, by the clinic's own number.
    pub prescriber: PrescriberId,
}

/// A message that became a prescription.
pub struct Issuance {
    /// The prescription.
    pub group: GroupId,
    /// The transaction, final.
    pub done: Final,
    /// blake3 of what is sealed.
    pub sealed: Hash,
    /// Its items.
    pub items: Vec<NewItem>,
    /// Where each element of the message went.
    pub accounting: Vec<Accounted>,
}

/// Issues a message: read, sealed, recorded, submitted, proven.
pub fn issue_message(
    session: &Session,
    key: &SecretKey,
    folder: &mut ClinicFolder,
    wanted: &Wanted,
) -> Result<Issuance> {
    let holder = WalletKey::from_text(wanted.holder)?;
    let arrived = words::now();
    let order = folder.parse_bytes(wanted.message, wanted.offset, arrived)?;
    let LedgerOrder::Issue { items } = &order.ledger else {
        return Err(Failure::usage(
            "the message withdraws an order: `senim prescription cancel --fhir` takes it",
        ));
    };
    let lines = folder.lines(&order)?;
    refuse_second_issue(session, folder, &lines)?;

    let (requests, new): (Vec<usize>, Vec<NewItem>) = new_items(items)?.into_iter().unzip();
    product::check(session, &new)?;
    let on_paper = wanted.paper.map(|seed| paper_opening(seed).public());
    let on_card = wanted.card.map(|card| card.opening);
    let recipients: Vec<[u8; 32]> = [Some(holder.opening), on_card, on_paper]
        .into_iter()
        .flatten()
        .collect();
    let object = sealing::seal(&order.sealed, &requests, &session.chain, &recipients)?;
    let execute = Execute::Issue {
        index: 0,
        programme: wanted.programme,
        prescriber: wanted.prescriber,
        holder: holder.token,
        card: wanted.card.map(|card| card.token),
        paper: wanted.paper.map(|seed| SecretKey::from_seed(seed).public()),
        sealed: Some(Hash::of(&object)),
        draft: false,
        items: new.clone(),
    };
    let call = Call {
        contract: PRESCRIPTION,
        input: codec::encode(&execute),
    };
    let transaction = session.sign(key, vec![call], Vec::new())?;
    let group = GroupId::derive(&transaction.hash(), 0);
    // The sealed part first: a prescription on the ledger is never without it. Then the record: whatever happens to
    // this process, the same message is not issued twice.
    session.put_sealed(key, &object)?;
    let (hash, valid_until) = (transaction.hash(), transaction.body.valid_until);
    folder.issued.push(Issued {
        group,
        transaction: hash,
        valid_until,
        arrived,
        holder: wanted.holder.trim().to_owned(),
        lines,
        withdrawn: Vec::new(),
        message: Some(folder.message_id(&order.sealed.message)),
    });
    folder.save()?;
    let done = session
        .submit_signed(&transaction)
        .and_then(|done| applied(session, done));
    let done = match done {
        Err(failure) if failure.exit == Exit::Refused => {
            // Final: nothing was issued, and the message may come again.
            folder.issued.pop();
            folder.save()?;
            session.delete_sealed(key, &Hash::of(&object))?;
            let order = (wanted.programme, wanted.prescriber);
            return Err(entitled::name_items(failure, session, key, order, &new));
        }
        done => done?,
    };
    Ok(Issuance {
        group,
        done,
        sealed: Hash::of(&object),
        items: new,
        accounting: order.accounting,
    })
}

/// Issues the message of a file.
pub fn issue(args: &Issue, global: &Global) -> Result<Answer> {
    WalletKey::from_text(&args.holder)?;
    let (session, key) = (session(global)?, device(global, &args.clinic.key)?);
    let mut folder = ClinicFolder::open(&args.clinic.clinic)?;
    let paper = args.paper.as_ref().map(|_| files::random::<32>());
    let paper = paper.transpose()?;
    let wanted = Wanted {
        message: &read_message(&args.fhir)?,
        offset: args.clinic.offset,
        holder: &args.holder,
        card: args.card,
        paper: paper.as_deref(),
        programme: ProgrammeId(args.programme),
        prescriber: PrescriberId(args.prescriber),
    };
    let issued = issue_message(&session, &key, &mut folder, &wanted)?;
    let group = issued.group;
    save_proof(&issued.done, args.clinic.save_proof.as_deref())?;
    if let (Some(file), Some(seed)) = (&args.paper, &paper) {
        PaperCode::new(group, seed).draw(file)?;
    }

    let fields = json!({
        "group": group, "sealed": issued.sealed, "items": issued.items, "accounting": issued.accounting,
    });
    let answer = told(&session, &issued.done, fields)
        .line(format!("Prescription {group}"))
        .lines(
            issued
                .items
                .iter()
                .enumerate()
                .map(|(index, item)| new_item_line(index, item)),
        )
        .lines(accounting::lines(
            &issued.accounting,
            args.clinic.accounting,
        ));
    Ok(answer)
}

/// A message that was issued, or may still be, is not issued again: the person would get everything twice.
fn refuse_second_issue(session: &Session, folder: &ClinicFolder, lines: &[Line]) -> Result<()> {
    let Some(earlier) = folder.with_line_of(lines) else {
        return Ok(());
    };
    let is_issued = match session.receipt(&earlier.transaction, false) {
        Ok(done) => done.receipt.status.is_applied(),
        Err(failure) if failure.code == Code::NOT_FOUND => {
            !words::is_over(earlier.valid_until, words::now())
        }
        Err(failure) => return Err(failure),
    };
    if !is_issued {
        return Ok(());
    }
    Err(Failure::new(Code::ORDER_ISSUED)
        .field("group", earlier.group.0.to_string())
        .field("transaction", earlier.transaction.to_string())
        .line(format!("  as prescription {}", earlier.group))
        .line(format!("  by transaction {}", earlier.transaction)))
}

fn new_item_line(index: usize, item: &NewItem) -> String {
    let strength = item
        .strength
        .map(|strength| strength.to_string())
        .unwrap_or_default();
    let part = item
        .part
        .map(|part| format!(", part {} of {}", part.number, part.of))
        .unwrap_or_default();
    let only = item
        .product
        .map(|product| format!(", product {product} and no other"))
        .unwrap_or_default();
    format!(
        "  {}. {} {strength} ({}), {}{only}{part}, {} to {}",
        index + 1,
        name(&item.inn),
        item.inn,
        quantity(item.quantity, item.unit),
        time(item.not_before),
        time(item.until)
    )
}
