//! Cards that end: lost, or no longer entitled.

use super::give::send;
use super::{CardFolder, End, Number};
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{device, session};
use crate::failure::{Failure, Result};
use crate::session::Session;
use crate::words;
use senim_abi::card::Execute;
use senim_abi::card::msg::KEYS_MAX;
use senim_card_system::Withdrawn;
use senim_types::PublicKey;
use senim_types::crypto::SecretKey;
use serde_json::json;

/// Blocks a card.
pub fn block(args: &Number, global: &Global) -> Result<Answer> {
    let (session, device) = (session(global)?, device(global, &args.centre.key)?);
    let mut folder = CardFolder::open(&args.centre, &session)?;
    let withdrawn = folder.register.block(args.number, words::now())?;
    // Here first: from now on no key of it is handed out, whatever becomes of the rest.
    folder.save()?;
    let told = tell(&session, &device, &withdrawn, |keys| Execute::Block {
        keys,
    })?;
    Ok(answer(args.number, &withdrawn, told).line("  it opens nothing any more"))
}

/// Ends an entitlement.
pub fn end(args: &End, global: &Global) -> Result<Answer> {
    let now = words::now();
    let at = match &args.on {
        Some(day) => words::end_of_day(day).map_err(Failure::usage)?,
        None => now,
    };
    let (session, device) = (session(global)?, device(global, &args.centre.key)?);
    let mut folder = CardFolder::open(&args.centre, &session)?;
    let withdrawn = folder.register.end(args.number, at, now)?;
    folder.save()?;
    let told = tell(&session, &device, &withdrawn, |keys| Execute::End {
        keys,
        at,
    })?;
    Ok(answer(args.number, &withdrawn, told).line(format!("  entitled until {}", words::time(at))))
}

/// Tells the ledger: keys that are in prescriptions one to a transaction, or it joins them; the others together.
fn tell(
    session: &Session,
    device: &SecretKey,
    withdrawn: &Withdrawn,
    message: impl Fn(Vec<PublicKey>) -> Execute,
) -> Result<usize> {
    let alone = withdrawn.one_by_one.chunks(1);
    let parts = alone.chain(withdrawn.together.chunks(KEYS_MAX));
    let mut told = 0;
    for keys in parts {
        send(session, device, &message(keys.to_vec()))?;
        told += 1;
    }
    Ok(told)
}

fn answer(number: senim_card_system::CardNumber, withdrawn: &Withdrawn, told: usize) -> Answer {
    let keys = withdrawn.one_by_one.len() + withdrawn.together.len();
    let json = json!({ "number": number.to_string(), "keys": keys, "transactions": told });
    Answer::new(json)
        .line(format!("Card {number}"))
        .line(format!(
            "  {} told to the ledger in {}",
            words::counted(keys, "key"),
            words::counted(told, "transaction")
        ))
}
