//! Keys of cards: registered ahead of time, handed to clinics one by one, each with the key that the medicine data is
//! sealed for.

use super::give::send;
use super::{CardFolder, Key, Keys};
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{device, session};
use crate::failure::Result;
use crate::one_time::{pair_from_text, pair_to_text};
use crate::sealing::OpeningKey;
use crate::session::Session;
use crate::words;
use senim_abi::CARD;
use senim_abi::card::Execute;
use senim_abi::card::record::{CardKeyRecord, card_key};
use senim_abi::prescription::GroupId;
use senim_card_system::period_end;
use senim_types::PublicKey;
use senim_types::crypto::SecretKey;
use serde_json::json;

/// Civil time of the country's cards, in minutes from UTC.
pub const UTC_OFFSET_MINUTES: i16 = 300;

/// Prefix of the text of a card's key pair.
const PAIR_PREFIX: &str = "senimcard";

/// What a clinic's system gets for a card's number: the card's keys for one prescription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardKey {
    /// Signs that the card was there.
    pub token: PublicKey,
    /// X25519: opens the medicine data.
    pub opening: [u8; 32],
}

impl CardKey {
    /// `senimcard1…`: bech32m of version, Ed25519 point, X25519 point.
    pub fn to_text(self) -> String {
        pair_to_text(PAIR_PREFIX, &self.token, &self.opening)
    }

    /// Reads the text, as a command's argument.
    pub fn from_text(text: &str) -> std::result::Result<CardKey, String> {
        let (token, opening) = pair_from_text(PAIR_PREFIX, text).ok_or_else(|| {
            "it is no card's key: `senim card key` prints one (senimcard1…)".to_owned()
        })?;
        Ok(CardKey { token, opening })
    }
}

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
    let token = folder.register.hand_out(args.number, words::now())?;
    folder.save()?;
    let seed = folder.register.card(args.number)?.chip().opening(&token)?;
    let opening = OpeningKey::from_seed(&seed.0).public();
    let text = CardKey { token, opening }.to_text();
    Ok(Answer::new(json!({ "card": text })).line(text))
}

/// The prescription that a key was written into, proven.
pub fn bound(session: &Session, key: &PublicKey) -> Result<Option<GroupId>> {
    let proven = session.record::<CardKeyRecord>(&card_key(key), CARD)?;
    Ok(proven.value.and_then(|record| record.into_current().bound))
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_types::text::KeyKind;

    #[test]
    fn a_cards_key_is_read_back_and_a_wallets_is_no_cards() {
        let token = SecretKey::from_seed(&[1; 32]).public();
        let opening = OpeningKey::from_seed(&[2; 32]).public();
        let key = CardKey { token, opening };
        assert_eq!(CardKey::from_text(&key.to_text()), Ok(key));
        let wallets = pair_to_text("senimwallet", &token, &opening);
        for other in [wallets, token.to_text(KeyKind::Token), String::new()] {
            assert!(CardKey::from_text(&other).is_err(), "{other}");
        }
    }
}
