//! A prescription is bound to other keys of the same person: a lost telephone in the middle of a course, a lost card or
//! paper. Sent by the identity service, which has seen the person.

use super::{Bind, Kept, PaperCode};
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::wallet::WalletKey;
use crate::context::{applied, device, group, session, told};
use crate::failure::{Failure, Result};
use crate::files;
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::Execute;
use senim_types::{Call, PublicKey, codec};
use serde_json::json;

/// Binds. What is neither kept nor named anew opens nothing any more.
pub fn bind(args: &Bind, global: &Global) -> Result<Answer> {
    let keeps = |what| args.keep.contains(&what);
    if keeps(Kept::Card) && args.card.is_some() || keeps(Kept::Paper) && args.paper.is_some() {
        return Err(Failure::usage(
            "what is kept has no other key: name --keep or the new one, not both",
        ));
    }
    let named = args.holder.as_deref().map(WalletKey::from_text);
    let named = named.transpose()?.map(|key| key.token);
    let (session, key) = (session(global)?, device(global, &args.key)?);
    let (record, _) = group(&session, &args.group)?;
    let seed = args.paper.as_ref().map(|_| files::random::<32>());
    let seed = seed.transpose()?;
    let printed = seed.map(|seed| PaperCode::new(args.group, &seed));
    let kept = |what, current: Option<PublicKey>| current.filter(|_| keeps(what));
    let holder = named.unwrap_or(record.holder);
    let card = args.card.map(|card| card.token);
    let card = card.or_else(|| kept(Kept::Card, record.card));
    let paper = printed.as_ref().map(|code| code.key().public());
    let paper = paper.or_else(|| kept(Kept::Paper, record.paper));
    let execute = Execute::Rebind {
        group: args.group,
        holder,
        card,
        paper,
    };
    let call = Call {
        contract: PRESCRIPTION,
        input: codec::encode(&execute),
    };
    let done = applied(&session, session.submit(&key, vec![call], Vec::new())?)?;
    // Should it be lost before it is drawn, the next binding makes another.
    if let (Some(file), Some(code)) = (&args.paper, &printed) {
        code.draw(file)?;
    }
    let fields = json!({
        "group": args.group, "wallet": became(Some(record.holder), Some(holder)),
        "card": became(record.card, card), "paper": became(record.paper, paper),
    });
    let line = format!(
        "  wallet: {}; card: {}; paper: {}",
        fields["wallet"].as_str().unwrap_or_default(),
        fields["card"].as_str().unwrap_or_default(),
        fields["paper"].as_str().unwrap_or_default(),
    );
    let answer = told(&session, &done, fields).line(line);
    if record.sealed.is_none() || holder == record.holder {
        return Ok(answer);
    }
    Ok(answer.line(
        "  its medicine data stays sealed for the keys of before: a wallet that has none of them takes it in with the paper, the card's chip or a copy of the old wallet (`senim wallet add`)",
    ))
}

/// What became of a key, in a word.
fn became(before: Option<PublicKey>, after: Option<PublicKey>) -> &'static str {
    match (before, after) {
        (None, None) => "none",
        (Some(_), None) => "no more",
        (Some(before), Some(after)) if before == after => "as before",
        (_, Some(_)) => "another",
    }
}
