//! Cards given to people: the first, and one in place of a lost one.

use super::folder::write_chip;
use super::{CardFolder, Issue, Replace, keys};
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, device, group, session};
use crate::failure::{Failure, Result};
use crate::session::Session;
use crate::{files, words};
use senim_abi::PRESCRIPTION;
use senim_abi::card::Category;
use senim_abi::prescription::{Execute, Group, GroupId, ItemStatus};
use senim_card_system::{CardNumber, KEY_STOCK, Person};
use senim_codes::national_id;
use senim_types::crypto::SecretKey;
use senim_types::{Call, Code, TimeMs, codec};
use serde_json::json;

/// Issues a card.
pub fn issue(args: &Issue, global: &Global) -> Result<Answer> {
    national_id::check(&args.iin)?;
    let until = words::end_of_day(&args.until).map_err(Failure::usage)?;
    let session = session(global)?;
    let mut folder = CardFolder::open(&args.centre, &session)?;
    let person = Person {
        name: args.name.clone(),
        iin: args.iin.clone(),
    };
    let random = files::random::<40>()?;
    let now = words::now();
    let category = Category(args.category);
    let number = folder
        .register
        .issue(person, category, until, &random, now)?;
    give_chip(&folder, number, &args.chip)?;
    Ok(Answer::new(json!({
        "number": number.to_string(), "category": args.category, "entitled_until": until,
        "chip": args.chip.display().to_string(),
    }))
    .line(format!("Card {number}"))
    .line(format!(
        "  category {}, entitled until {}",
        args.category,
        words::time(until)
    ))
    .line("  the ledger has no key of it yet: `senim card keys` registers those of all cards together"))
}

/// The chip first: a card in the register without a chip would be nobody's.
fn give_chip(folder: &CardFolder, number: CardNumber, chip: &std::path::Path) -> Result<()> {
    write_chip(chip, folder.register.card(number)?.secret())?;
    folder.save()
}

/// Issues a card in place of a lost one.
pub fn replace(args: &Replace, global: &Global) -> Result<Answer> {
    let (session, device) = (session(global)?, device(global, &args.centre.key)?);
    let mut folder = CardFolder::open(&args.centre, &session)?;
    let now = words::now();
    let open = open_prescriptions(&session, &folder, args.number)?;
    let random = files::random::<40>()?;
    let new = folder.register.replace(args.number, &random, now)?;
    give_chip(&folder, new, &args.chip)?;
    // As many keys as there are prescriptions, and some for the next ones; with those of all other cards.
    keys::register(&session, &device, &mut folder, KEY_STOCK.max(open.len()))?;
    let mut moved = Vec::new();
    for group in open {
        let card = folder.register.hand_out(new, words::now())?;
        folder.save()?;
        // One to a transaction: the ledger joins no two of them.
        let call = Call {
            contract: PRESCRIPTION,
            input: codec::encode(&Execute::ReplaceCard { group, card }),
        };
        applied(&session, session.submit(&device, vec![call], Vec::new())?)?;
        moved.push(group);
    }
    let lines = moved.iter().map(|group| format!("  prescription {group}"));
    Ok(Answer::new(json!({
        "number": new.to_string(), "replaces": args.number.to_string(), "prescriptions": moved,
        "chip": args.chip.display().to_string(),
    }))
    .line(format!("Card {new} in place of {}", args.number))
    .lines(lines))
}

/// The prescriptions of a card of which something can still be dispensed.
fn open_prescriptions(
    session: &Session,
    folder: &CardFolder,
    number: CardNumber,
) -> Result<Vec<GroupId>> {
    let mut open = Vec::new();
    for (key, _) in folder.register.card(number)?.handed() {
        let Some(id) = keys::bound(session, &key)? else {
            continue;
        };
        match group(session, &id) {
            Ok((found, header)) if found.card == Some(key) && is_open(&found, header.time) => {
                open.push(id);
            }
            Err(failure) if failure.code != Code::PRESCRIPTION_UNKNOWN => return Err(failure),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(open)
}

fn is_open(group: &Group, now: TimeMs) -> bool {
    use ItemStatus::{Draft, Held, Partial, Ready};
    (0..group.items.len()).any(|index| {
        matches!(
            group.status(index, now),
            Some(Draft | Ready | Held | Partial)
        )
    })
}

/// Sends one message of the card contract.
pub fn send(
    session: &Session,
    device: &SecretKey,
    message: &senim_abi::card::Execute,
) -> Result<crate::session::Final> {
    let call = Call {
        contract: senim_abi::CARD,
        input: codec::encode(message),
    };
    applied(session, session.submit(device, vec![call], Vec::new())?)
}
