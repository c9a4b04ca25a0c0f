//! The offer: what a person agrees to before the wallet makes a QR, and what is kept of it.
//!
//! The wallet's own key for it signs which text, which version, yes or no, and when; the identity service, which knows who
//! holds the telephone, confirms that. Nothing of it goes on the ledger: a key that stands beside all of a person's QRs would
//! join them. So no contract asks for it. It is the wallet's rule, and the wallet service's evidence.

use crate::failure::Failure;
use borsh::{BorshDeserialize, BorshSerialize};
use clap::ValueEnum;
use senim_types::crypto::{SecretKey, verify};
use senim_types::domain::signed_bytes;
use senim_types::{ChainId, Code, Domain, Hash, PublicKey, Signature, TimeMs, codec};
use serde::{Deserialize, Serialize};

/// Ahead of what is signed: no act of a token's holder, and no other attestation, begins with it.
const TAG: &[u8; 12] = b"senim offer\0";

/// A language of the offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Kazakh.
    Kk,
    /// Russian.
    Ru,
    /// English.
    En,
}

impl Language {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Language; 3] = [Language::Kk, Language::Ru, Language::En];

    /// The offer in it.
    pub const fn text(self) -> &'static str {
        match self {
            Language::Kk => include_str!("../data/offer/kk.txt"),
            Language::Ru => include_str!("../data/offer/ru.txt"),
            Language::En => include_str!("../data/offer/en.txt"),
        }
    }
}

/// Which offer it is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Offer {
    /// Raised with each change of a text.
    pub version: u32,
    /// Of the texts in all languages.
    pub hash: Hash,
}

impl Offer {
    /// The one that holds now.
    pub fn current() -> Offer {
        Offer {
            version: 1,
            hash: Hash::of(&codec::encode(&Language::ALL.map(Language::text))),
        }
    }
}

/// What a person said of an offer.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Said {
    /// Of which.
    pub offer: Offer,
    /// False takes it back.
    pub agrees: bool,
    /// The wallet's key for this, and for nothing else.
    pub wallet: PublicKey,
    /// When, by the wallet's clock.
    pub at: TimeMs,
}

/// What a person said, signed, and confirmed by the identity service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// What was said.
    pub said: Said,
    /// By the wallet's key, in domain `Holder`.
    pub signature: Signature,
    /// The identity service's device.
    pub confirmed_by: PublicKey,
    /// By that device over what was said and its signature, in domain `Identity`.
    pub confirmation: Signature,
}

impl Said {
    fn message(&self) -> Vec<u8> {
        [&TAG[..], &codec::encode(self)].concat()
    }

    fn confirmed(&self, signature: &Signature) -> Vec<u8> {
        [self.message(), codec::encode(signature)].concat()
    }

    /// Signs it by the wallet, and has it confirmed. `identity` is the adapter's side: here a device of the identity
    /// service's on this machine; a provider of biometric log-in signs the same bytes with a device of its own.
    pub fn signed(self, chain: &ChainId, wallet: &SecretKey, identity: &SecretKey) -> Signed {
        let signature = wallet.sign(Domain::Holder, chain, &self.message());
        let confirmed = self.confirmed(&signature);
        Signed {
            said: self,
            signature,
            confirmed_by: identity.public(),
            confirmation: identity.sign(Domain::Identity, chain, &confirmed),
        }
    }
}

impl Signed {
    /// Whether both signatures are what they say, on this chain.
    pub fn is_sound(&self, chain: &ChainId) -> bool {
        let holds = |key, domain, message: &[u8], signature| {
            verify(key, &signed_bytes(domain, chain, message), signature)
        };
        let by_wallet = (&self.said.wallet, self.said.message(), &self.signature);
        let confirmed = self.said.confirmed(&self.signature);
        holds(by_wallet.0, Domain::Holder, &by_wallet.1, by_wallet.2)
            && holds(
                &self.confirmed_by,
                Domain::Identity,
                &confirmed,
                &self.confirmation,
            )
    }
}

/// When the person of this wallet agreed to this offer. `OFFER_NOT_SIGNED`, with words on what is missing.
pub fn agreed(
    said: &[Signed],
    chain: &ChainId,
    wallet: &PublicKey,
    offer: &Offer,
) -> Result<TimeMs, Failure> {
    let missing = |what: &str| {
        let message = format!("{what} Read the offer and sign it: `senim wallet agree --yes`.");
        Err(Failure::with(Code::OFFER_NOT_SIGNED, message))
    };
    let Some(last) = said.last() else {
        return missing(
            "The wallet makes QRs and codes after its person has agreed to the use of data.",
        );
    };
    if last.said.wallet != *wallet || !last.is_sound(chain) {
        return missing(
            "What the wallet keeps of the offer was not signed by it, or is not confirmed.",
        );
    }
    if !last.said.agrees {
        return missing("The consent to the use of data was taken back.");
    }
    if last.said.offer != *offer {
        return missing(&format!(
            "The offer has changed: version {} was signed, this is version {}.",
            last.said.offer.version, offer.version
        ));
    }
    Ok(last.said.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: ChainId = ChainId(Hash([1; 32]));

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_seed(&[seed; 32])
    }

    fn said(offer: Offer, agrees: bool, at: u64) -> Signed {
        let said = Said {
            offer,
            agrees,
            wallet: key(1).public(),
            at: TimeMs(at),
        };
        said.signed(&CHAIN, &key(1), &key(2))
    }

    fn judged(said: &[Signed], offer: &Offer) -> Result<u64, (Code, String)> {
        let agreed = agreed(said, &CHAIN, &key(1).public(), offer);
        let agreed = agreed.map(|at| at.0);
        agreed.map_err(|failure| (failure.code, failure.message))
    }

    fn refused(said: &[Signed], offer: &Offer, words: &str) {
        let (code, message) = judged(said, offer).expect_err(words);
        assert_eq!(code, Code::OFFER_NOT_SIGNED);
        assert!(message.contains(words), "{message}");
    }

    #[test]
    fn the_text_of_a_version_never_changes() {
        let Offer { version, hash } = Offer::current();
        // Whoever changes a text raises the version, so that everybody is asked again.
        let known = "5dbd4d553d831f26a6f2d60d9a91b6d4059c4fa9ede257a18b179b558b01f154";
        assert_eq!((version, hash.to_string().as_str()), (1, known));
        for language in Language::ALL {
            let points = language.text().lines().filter(|line| line.contains(". "));
            assert_eq!(points.count(), 7, "{language:?}");
        }
    }

    #[test]
    fn it_holds_until_it_is_taken_back_or_the_offer_changes() {
        let now = Offer::current();
        refused(&[], &now, "agreed to the use of data");
        let yes = said(now, true, 5);
        assert_eq!(judged(&[yes], &now), Ok(5));
        let no = said(now, false, 6);
        refused(&[yes, no], &now, "taken back");
        assert_eq!(judged(&[yes, no, said(now, true, 7)], &now), Ok(7));
        for next in [
            Offer { version: 2, ..now },
            Offer {
                hash: Hash([9; 32]),
                ..now
            },
        ] {
            refused(&[yes], &next, "has changed");
            assert_eq!(judged(&[yes, said(next, true, 8)], &next), Ok(8));
        }
    }

    #[test]
    fn what_was_changed_by_hand_or_is_another_wallets_is_no_consent() {
        let now = Offer::current();
        let yes = said(now, true, 5);
        let mut changed = vec![yes; 4];
        changed[0].said.at = TimeMs(6);
        changed[1].confirmed_by = key(3).public();
        changed[2].confirmation = yes.signature;
        // A no that is said to be a yes.
        changed[3] = said(now, false, 5);
        changed[3].said.agrees = true;
        for one in changed {
            refused(&[one], &now, "not confirmed");
        }
        let stranger = agreed(&[yes], &CHAIN, &key(4).public(), &now);
        assert!(stranger.is_err(), "another wallet's");
        let elsewhere = agreed(&[yes], &ChainId(Hash([2; 32])), &key(1).public(), &now);
        assert!(elsewhere.is_err(), "another ledger's");
    }
}
