//! The register, for the centre's own eyes.

use super::{CardFolder, Show, keys};
use crate::answer::Answer;
use crate::args::Global;
use crate::context::session;
use crate::failure::Result;
use crate::session::Session;
use crate::words;
use senim_card_system::{Card, Standing};
use serde_json::{Value, json};

/// Shows cards.
pub fn show(args: &Show, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let folder = CardFolder::open(&args.centre, &session)?;
    let cards: Vec<&Card> = match args.number {
        Some(number) => vec![folder.register.card(number)?],
        None => folder.register.cards().collect(),
    };
    let mut shown = Vec::new();
    let mut lines = Vec::new();
    for card in cards {
        let (json, text) = one(&session, card)?;
        shown.push(json);
        lines.extend(text);
    }
    if lines.is_empty() {
        lines.push("There are no cards yet.".to_owned());
    }
    Ok(Answer::new(json!({ "cards": shown })).lines(lines))
}

fn one(session: &Session, card: &Card) -> Result<(Value, Vec<String>)> {
    let now = words::now();
    let standing = match card.standing {
        Standing::Active if now >= card.entitled_until => "entitlement ended".to_owned(),
        Standing::Active => "active".to_owned(),
        Standing::Blocked { at } => format!("blocked {}", words::time(at)),
        Standing::Replaced { by, .. } => format!("replaced by {by}"),
    };
    let mut prescriptions = Vec::new();
    for (key, handed) in card.handed() {
        if let Some(group) = keys::bound(session, &key)? {
            prescriptions.push((group, handed.at));
        }
    }
    let json = json!({
        "number": card.number.to_string(), "name": card.person.name, "iin": card.person.iin,
        "category": card.category, "entitled_until": card.entitled_until, "standing": standing,
        "free_keys": card.free(now),
        "prescriptions": prescriptions.iter().map(|(group, _)| group).collect::<Vec<_>>(),
    });
    let mut lines = vec![
        format!("Card {}: {standing}", card.number),
        format!("  {} ({})", card.person.name, card.person.iin),
        format!(
            "  category {}, entitled until {}; {} free",
            card.category.0,
            words::time(card.entitled_until),
            words::counted(card.free(now), "key")
        ),
    ];
    lines.extend(prescriptions.iter().map(|(group, at)| {
        format!(
            "  prescription {group}, key handed out {}",
            words::time(*at)
        )
    }));
    Ok((json, lines))
}
