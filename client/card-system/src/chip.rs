//! A card's chip: one secret, keys for each prescription derived from it, and one thing that it does – it answers a
//! terminal's challenge, and hands over what opens the medicine data of that one prescription. The software card of tests and demos does what a chip would; the secret never leaves it.

use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::proof::CardStatement;
use senim_types::crypto::SecretKey;
use senim_types::{ChainId, Code, Domain, PublicKey, Signature};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Keys of one card, at most: a prescription each, for years.
pub const KEYS_PER_CARD_MAX: u32 = 4096;

/// A chip.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Chip([u8; 32]);

/// What a terminal asks a card to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Challenge {
    /// The chain that the answer is for.
    pub chain: ChainId,
    /// The key that the prescription's card has for it, as the ledger has it.
    pub card: PublicKey,
    /// What is signed: who holds what, from when to when.
    pub statement: CardStatement,
}

/// The secret of an X25519 key pair that is one prescription's: its medicine data was sealed for it, and nothing else.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Zeroize, ZeroizeOnDrop)]
pub struct OpeningSeed(pub [u8; 32]);

impl fmt::Debug for OpeningSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpeningSeed(…)")
    }
}

/// A card's answer. It is as secret as the medicine data.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Answer {
    /// What was asked.
    pub challenge: Challenge,
    /// By the challenge's key, in the domain of cards.
    pub signature: Signature,
    /// What opens the medicine data: worth something to whom the node gives them, that is who holds.
    pub opening: OpeningSeed,
}

impl Chip {
    /// The chip of a secret.
    pub fn new(secret: &[u8; 32]) -> Chip {
        Chip(*secret)
    }

    /// The card's key of this number.
    pub fn key(&self, number: u32) -> SecretKey {
        let purpose = "senim 2026-11 key of a benefit card for one prescription";
        SecretKey::from_seed(&self.derive(purpose, number))
    }

    /// What opens the medicine data of the prescription that has this key of the card. `CARD_MISMATCH` if it has none of
    /// this card.
    pub fn opening(&self, key: &PublicKey) -> Result<OpeningSeed, Code> {
        self.find(key).map(|(number, _)| self.opening_of(number))
    }

    fn opening_of(&self, number: u32) -> OpeningSeed {
        let purpose = "senim 2026-11 opening key of a benefit card for one prescription";
        OpeningSeed(*self.derive(purpose, number))
    }

    fn derive(&self, purpose: &str, number: u32) -> Zeroizing<[u8; 32]> {
        let mut material = Zeroizing::new([0; 36]);
        material[..32].copy_from_slice(&self.0);
        material[32..].copy_from_slice(&number.to_be_bytes());
        Zeroizing::new(blake3::derive_key(purpose, material.as_ref()))
    }

    /// The card's own key, with its number.
    fn find(&self, public: &PublicKey) -> Result<(u32, SecretKey), Code> {
        (0..KEYS_PER_CARD_MAX)
            .map(|number| (number, self.key(number)))
            .find(|(_, key)| key.public() == *public)
            .ok_or(Code::CARD_MISMATCH)
    }

    /// Answers a terminal's challenge. `CARD_MISMATCH` if the prescription is another card's.
    pub fn answer(&self, challenge: &Challenge) -> Result<Answer, Code> {
        let (number, key) = self.find(&challenge.card)?;
        let message = challenge.statement.message();
        let signature = key.sign(Domain::Card, &challenge.chain, &message);
        Ok(Answer {
            challenge: *challenge,
            signature,
            opening: self.opening_of(number),
        })
    }
}
