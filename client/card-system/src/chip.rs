//! A card's chip: one secret, a key for each prescription derived from it, and one thing that it does – it answers a
//! terminal's challenge. The software card of tests and demos does what a chip would; the secret never leaves it.

use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::proof::CardStatement;
use senim_types::crypto::SecretKey;
use senim_types::{ChainId, Code, Domain, PublicKey, Signature};
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

/// A card's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Answer {
    /// What was asked.
    pub challenge: Challenge,
    /// By the challenge's key, in the domain of cards.
    pub signature: Signature,
}

impl Chip {
    /// The chip of a secret.
    pub fn new(secret: &[u8; 32]) -> Chip {
        Chip(*secret)
    }

    /// The card's key of this number.
    pub fn key(&self, number: u32) -> SecretKey {
        let mut material = Zeroizing::new([0; 36]);
        material[..32].copy_from_slice(&self.0);
        material[32..].copy_from_slice(&number.to_be_bytes());
        let seed = Zeroizing::new(blake3::derive_key(
            "senim 2026-11 key of a benefit card for one prescription",
            material.as_ref(),
        ));
        SecretKey::from_seed(&seed)
    }

    /// Answers a terminal's challenge. `CARD_MISMATCH` if the prescription is another card's.
    pub fn answer(&self, challenge: &Challenge) -> Result<Answer, Code> {
        let key = (0..KEYS_PER_CARD_MAX)
            .map(|number| self.key(number))
            .find(|key| key.public() == challenge.card)
            .ok_or(Code::CARD_MISMATCH)?;
        let message = challenge.statement.message();
        let signature = key.sign(Domain::Card, &challenge.chain, &message);
        Ok(Answer {
            challenge: *challenge,
            signature,
        })
    }
}
