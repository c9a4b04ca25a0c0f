//! Keys of cards: registered ahead of time, handed to clinics one by one.

use super::give::send;
use super::{CardFolder, Key, Keys};
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{device, session};
use crate::failure::Result;
use crate::session::Session;
use crate::words;
use senim_abi::CARD;
use senim_abi::card::Execute;
use senim_abi::card::record::{CardKeyRecord, card_key};
use senim_abi::prescription::GroupId;
use senim_card_system::period_end;
use senim_types::PublicKey;
use senim_types::crypto::SecretKey;
use senim_types::text::KeyKind;
use serde_json::json;

/// Civil time of the country's cards, in minutes from UTC.
pub const UTC_OFFSET_MINUTES: i16 = 300;

/// Registers what is missing.
pub fn keys(args: &Keys, global: &Global) -> Result<Answer> {
    let (session, device) = (session(global)?, device(global, &args.centre.key)?);
    let mut folder = CardFolder::open(&args.centre, &session)?;
    let (keys, batches) = register(&session, &device, &mut folder, args.stock.into())?;
    Ok(
        Answer::new(json!({ "keys": keys, "batches": batches })).line(format!(
            "Registered {} in {}, of all cards together",
            words::counted(keys, "key"),
            words::counted(batches, "transaction")
        )),
    )
}

/// Brings each card's stock up to `stock`; says how many keys in how many transactions.
pub fn register(
    session: &Session,
    device: &SecretKey,
    folder: &mut CardFolder,
    stock: usize,
) -> Result<(usize, usize)> {
    let now = words::now();
    let end = period_end(now, UTC_OFFSET_MINUTES);
    let batches = folder.register.batches(stock, end, now);
    // Before anything is sent: a key that the ledger has is never one that the register does not know.
    folder.save()?;
    let (mut keys, count) = (0, batches.len());
    for batch in batches {
        let message = Execute::Register {
            keys: batch.keys.clone(),
            category: batch.category,
            entitled_until: batch.until,
        };
        send(session, device, &message)?;
        folder.register.registered(&batch.keys);
        folder.save()?;
        keys += batch.keys.len();
    }
    Ok((keys, count))
}

/// Hands a key out.
pub fn key(args: &Key, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let mut folder = CardFolder::open(&args.centre, &session)?;
    let key = folder.register.hand_out(args.number, words::now())?;
    folder.save()?;
    let text = key.to_text(KeyKind::Token);
    Ok(Answer::new(json!({ "card": text })).line(text))
}

/// The prescription that a key was written into, proven.
pub fn bound(session: &Session, key: &PublicKey) -> Result<Option<GroupId>> {
    let proven = session.record::<CardKeyRecord>(&card_key(key), CARD)?;
    Ok(proven.value.and_then(|record| record.into_current().bound))
}
