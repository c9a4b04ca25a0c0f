//! A card at the pharmacy's reader. The terminal asks (a challenge), the chip answers, and the hold goes to the ledger
//! with the answer. A number that is typed has no answer, and the ledger says so.

use super::contents::Opens;
use super::hold::{Proven, Request, submit};
use super::{Challenge as ChallengeArgs, Hold, folder};
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::card::{chip, read_answer, write_challenge};
use crate::context::{device, enrolled, group, session};
use crate::failure::{Failure, Result};
use crate::sealing::OpeningKey;
use crate::session::Session;
use crate::words::{self, time};
use senim_abi::prescription::{GroupId, ItemMask, Proof};
use senim_abi::proof::{CardStatement, HoldStatement};
use senim_card_system::{Answer as ChipAnswer, Challenge};
use senim_types::crypto::SecretKey;
use senim_types::{Code, TimeMs};
use serde_json::json;
use std::path::Path;

/// How long a card's answer is good for, in ms: long enough to reach a block, and no longer.
const ANSWER_MS: u64 = 60_000;

/// Writes a challenge, for a reader that is another program.
pub fn challenge(args: &ChallengeArgs, global: &Global) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, &args.pharmacy.key)?);
    let challenge = ask(
        &session,
        &key,
        &args.pharmacy.hold_dir,
        &args.group,
        args.items,
    )?;
    write_challenge(&args.out, &challenge)?;
    let (file, until) = (
        args.out.display().to_string(),
        challenge.statement.expires_at,
    );
    Ok(
        Answer::new(json!({ "challenge": file, "expires_at": until })).line(format!(
            "Put the card to the reader until {}: {file}",
            time(until)
        )),
    )
}

/// What the terminal asks the card of a prescription to sign.
fn ask(
    session: &Session,
    key: &SecretKey,
    hold_dir: &Path,
    id: &GroupId,
    items: Option<ItemMask>,
) -> Result<Challenge> {
    let (found, _) = group(session, id)?;
    let card = found
        .card
        .ok_or_else(|| Failure::new(Code::CARD_MISMATCH))?;
    let count = found.items.len();
    let items = words::within(items.unwrap_or(ItemMask::first(count)), count)?;
    let hold = HoldStatement {
        group: *id,
        items,
        org: enrolled(session, key)?.org,
        device: key.public(),
        hold_key: folder::key_for_hold(hold_dir, id)?.public(),
    };
    let now = words::now();
    let statement = CardStatement {
        hold,
        challenged_at: now,
        expires_at: TimeMs(now.0.saturating_add(ANSWER_MS)),
    };
    Ok(Challenge {
        chain: session.chain,
        card,
        statement,
    })
}

/// Holds by a card: its answer from a file, its chip in this terminal's own reader, or only its number.
pub fn hold(args: &Hold, global: &Global) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, &args.pharmacy.key)?);
    let hold_dir = &args.pharmacy.hold_dir;
    let asked = || {
        let group = args.group.ok_or_else(|| {
            Failure::usage("a card is matched with a prescription: name it with --group")
        })?;
        ask(&session, &key, hold_dir, &group, args.items)
    };
    let (challenge, answer) = match (&args.card, &args.chip) {
        (Some(file), _) => {
            let answer = read_answer(file)?;
            // Which terminal it was for, the ledger judges.
            (answer.challenge, Some(answer))
        }
        (None, Some(file)) => {
            let challenge = asked()?;
            let answer = chip(file)?.answer(&challenge)?;
            (challenge, Some(answer))
        }
        // The number itself goes nowhere: it is no proof, and the ledger has no numbers.
        (None, None) => (asked()?, None),
    };
    let request = request(challenge, answer);
    submit(&session, &key, request, &args.pharmacy)
}

fn request(challenge: Challenge, answer: Option<ChipAnswer>) -> Request {
    let CardStatement {
        hold,
        challenged_at,
        expires_at,
    } = challenge.statement;
    let proof = Proof::Card {
        card: challenge.card,
        challenged_at,
        expires_at,
    };
    let opens = answer.as_ref().map_or(Opens::Nothing, |answer| {
        Opens::OneTime(OpeningKey::from_seed(&answer.opening.0))
    });
    let witness = answer.map(|answer| (challenge.statement.by(challenge.card), answer.signature));
    Request {
        group: hold.group,
        items: hold.items,
        hold_key: hold.hold_key,
        proof,
        proven: Proven {
            witnesses: witness.into_iter().collect(),
            opens,
        },
    }
}
