//! The cards with their owners, entitlements and keys. This is the one place that knows which keys are one person's.

use crate::chip::{Chip, KEYS_PER_CARD_MAX};
use crate::number::CardNumber;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::card::Category;
use senim_abi::card::msg::KEYS_MAX;
use senim_abi::civil::{DAY_MS, Month, UtcOffsets};
use senim_types::{Code, PublicKey, TimeMs};
use std::collections::BTreeMap;
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Free keys that each card should have: prescriptions until somebody registers again.
pub const KEY_STOCK: usize = 4;

/// Whose card it is. Never on the ledger, never in a log.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Zeroize, ZeroizeOnDrop)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The national number.
    pub iin: String,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

/// How a card stands. That an entitlement ran out by itself is judged by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Standing {
    /// It may be used.
    Active,
    /// Lost or withdrawn.
    Blocked {
        /// When.
        at: TimeMs,
    },
    /// Lost or withdrawn, and another card took its place.
    Replaced {
        /// When.
        at: TimeMs,
        /// The other card.
        by: CardNumber,
    },
}

/// A key that was handed to a clinic's system, to be written into a prescription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct HandedKey {
    /// When it was asked for.
    pub at: TimeMs,
}

/// A key of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct KeyEntry {
    public: PublicKey,
    /// The end that was, or is to be, registered with it.
    until: TimeMs,
    /// Whether the ledger has it.
    is_registered: bool,
    handed: Option<HandedKey>,
}

/// A card.
#[derive(Clone, BorshSerialize, BorshDeserialize)]
pub struct Card {
    /// Its number.
    pub number: CardNumber,
    /// Its owner.
    pub person: Person,
    /// Why the owner is entitled.
    pub category: Category,
    /// Until when.
    pub entitled_until: TimeMs,
    /// When it was issued.
    pub issued_at: TimeMs,
    /// How it stands.
    pub standing: Standing,
    secret: [u8; 32],
    keys: Vec<KeyEntry>,
}

impl Drop for Card {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl Card {
    /// The card's chip: what is written into the card, and nowhere else.
    pub fn chip(&self) -> Chip {
        Chip::new(&self.secret)
    }

    /// The secret that a chip is made of.
    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// The keys that were handed out, each with when.
    pub fn handed(&self) -> impl Iterator<Item = (PublicKey, HandedKey)> {
        self.keys
            .iter()
            .filter_map(|key| key.handed.map(|handed| (key.public, handed)))
    }

    /// Keys that can be handed out at `now`.
    pub fn free(&self, now: TimeMs) -> usize {
        self.keys.iter().filter(|key| key.is_free(now)).count()
    }

    fn is_usable(&self, now: TimeMs) -> Result<(), Code> {
        match self.standing {
            Standing::Active if now < self.entitled_until => Ok(()),
            Standing::Active => Err(Code::ENTITLEMENT_ENDED),
            Standing::Blocked { .. } | Standing::Replaced { .. } => Err(Code::CARD_BLOCKED),
        }
    }
}

impl KeyEntry {
    fn is_free(&self, now: TimeMs) -> bool {
        self.is_registered && self.handed.is_none() && now < self.until
    }
}

/// Keys to be registered in one transaction: of many cards, in an order that says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The category of all of them.
    pub category: Category,
    /// The end of all of them.
    pub until: TimeMs,
    /// The keys.
    pub keys: Vec<PublicKey>,
}

/// What the ledger has to be told when a card is blocked or its entitlement ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Withdrawn {
    /// Keys that are, or may be, in prescriptions: each in a transaction of its own.
    pub one_by_one: Vec<PublicKey>,
    /// Keys that were never handed out: they may go together.
    pub together: Vec<PublicKey>,
}

/// What happened to a card, for the centre's own record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Change {
    /// It was issued.
    Issued,
    /// It was blocked.
    Blocked,
    /// Its entitlement was ended early.
    Ended,
    /// Another took its place.
    Replaced,
    /// A key was handed out.
    KeyHanded,
}

/// The register.
#[derive(Clone, Default, BorshSerialize, BorshDeserialize)]
pub struct Register {
    cards: BTreeMap<CardNumber, Card>,
    changes: Vec<(TimeMs, CardNumber, Change)>,
}

/// The end that keys are registered with at most: that of the next calendar year of civil time, `offset_minutes` east of
/// Greenwich. So cards whose entitlement lasts longer have keys that look alike.
pub fn period_end(now: TimeMs, offset_minutes: i16) -> TimeMs {
    let today = UtcOffsets::fixed(offset_minutes).day_of(now);
    let after_next = Month::of_day(today).year() + 2;
    // The year after next begins at least a year from today.
    let day = (today + 365..).find(|day| Month::of_day(*day).year() >= after_next);
    let day = day.expect("years follow each other");
    let local_ms = i128::from(day) * i128::from(DAY_MS);
    TimeMs((local_ms - i128::from(offset_minutes) * 60_000).max(0) as u64)
}

impl Register {
    /// All cards, by number.
    pub fn cards(&self) -> impl Iterator<Item = &Card> {
        self.cards.values()
    }

    /// What happened, in order.
    pub fn changes(&self) -> &[(TimeMs, CardNumber, Change)] {
        &self.changes
    }

    /// A card, or `CARD_UNKNOWN`.
    pub fn card(&self, number: CardNumber) -> Result<&Card, Code> {
        self.cards.get(&number).ok_or(Code::CARD_UNKNOWN)
    }

    fn card_mut(&mut self, number: CardNumber) -> Result<&mut Card, Code> {
        self.cards.get_mut(&number).ok_or(Code::CARD_UNKNOWN)
    }

    /// Issues a card. `CARD_EXISTS` if the person has one that may be used; `ENTITLEMENT_ENDED` if there is nothing to
    /// be entitled to. `random` makes its number and its secret.
    pub fn issue(
        &mut self,
        person: Person,
        category: Category,
        entitled_until: TimeMs,
        random: &[u8; 40],
        now: TimeMs,
    ) -> Result<CardNumber, Code> {
        if now >= entitled_until {
            return Err(Code::ENTITLEMENT_ENDED);
        }
        if category.0 > Category::MAX {
            return Err(Code::OUT_OF_RANGE);
        }
        let is_owner = |card: &&Card| card.person.iin == person.iin;
        let mut theirs = self.cards.values().filter(is_owner);
        if theirs.any(|card| card.is_usable(now).is_ok()) {
            return Err(Code::CARD_EXISTS);
        }
        let (serial, secret) = random.split_at(8);
        let mut serial = u64::from_be_bytes(serial.try_into().expect("eight of forty bytes"));
        while self.cards.contains_key(&CardNumber::of_serial(serial)) {
            serial = serial.wrapping_add(1);
        }
        let number = CardNumber::of_serial(serial);
        let card = Card {
            number,
            person,
            category,
            entitled_until,
            issued_at: now,
            standing: Standing::Active,
            secret: secret.try_into().expect("the other 32 bytes"),
            keys: Vec::new(),
        };
        self.cards.insert(number, card);
        self.changes.push((now, number, Change::Issued));
        Ok(number)
    }

    /// Makes keys until each card that may be used has `stock` free ones, and gives all that the ledger does not have
    /// yet, in batches that mix cards. Save the register before they are sent: a batch that was sent and not noted is
    /// given again, and registering it again is no error.
    pub fn batches(&mut self, stock: usize, period_end: TimeMs, now: TimeMs) -> Vec<Batch> {
        let mut wanted: BTreeMap<(Category, TimeMs), Vec<PublicKey>> = BTreeMap::new();
        for card in self.cards.values_mut() {
            if card.is_usable(now).is_err() {
                continue;
            }
            let until = card.entitled_until.min(period_end);
            let ready = |key: &&KeyEntry| key.handed.is_none() && now < key.until;
            let missing = stock.saturating_sub(card.keys.iter().filter(ready).count());
            let first = card.keys.len() as u32;
            let numbers = first..(first + missing as u32).min(KEYS_PER_CARD_MAX);
            let chip = card.chip();
            card.keys.extend(numbers.map(|number| KeyEntry {
                public: chip.key(number).public(),
                until,
                is_registered: false,
                handed: None,
            }));
            for key in card
                .keys
                .iter()
                .filter(|key| !key.is_registered && now < key.until)
            {
                let batch = wanted.entry((card.category, key.until)).or_default();
                batch.push(key.public);
            }
        }
        let mut batches = Vec::new();
        for ((category, until), mut keys) in wanted {
            // Keys are as good as random: sorted by their bytes they stand in no order of cards.
            keys.sort_unstable();
            for keys in keys.chunks(KEYS_MAX) {
                let keys = keys.to_vec();
                batches.push(Batch {
                    category,
                    until,
                    keys,
                });
            }
        }
        batches
    }

    /// The ledger has these keys.
    pub fn registered(&mut self, keys: &[PublicKey]) {
        for entry in self.cards.values_mut().flat_map(|card| &mut card.keys) {
            entry.is_registered |= keys.contains(&entry.public);
        }
    }

    /// A fresh key of a card, for a prescription. `CARD_UNKNOWN`, `CARD_BLOCKED`, `ENTITLEMENT_ENDED`,
    /// `CARD_KEYS_SPENT`.
    pub fn hand_out(&mut self, number: CardNumber, now: TimeMs) -> Result<PublicKey, Code> {
        let card = self.card_mut(number)?;
        card.is_usable(now)?;
        let mut free = card.keys.iter_mut().filter(|key| key.is_free(now));
        let key = free.next().ok_or(Code::CARD_KEYS_SPENT)?;
        key.handed = Some(HandedKey { at: now });
        let public = key.public;
        self.changes.push((now, number, Change::KeyHanded));
        Ok(public)
    }

    /// Blocks a card; again is no error. Says which keys the ledger has to be told of.
    pub fn block(&mut self, number: CardNumber, now: TimeMs) -> Result<Withdrawn, Code> {
        let card = self.card_mut(number)?;
        if card.standing == Standing::Active {
            card.standing = Standing::Blocked { at: now };
            self.changes.push((now, number, Change::Blocked));
        }
        Ok(self.card(number)?.withdrawn(now))
    }

    /// Ends an entitlement at `at`, which is no later than what is known. `OUT_OF_RANGE`, `CARD_UNKNOWN`. Says which
    /// keys the ledger has to be told of.
    pub fn end(&mut self, number: CardNumber, at: TimeMs, now: TimeMs) -> Result<Withdrawn, Code> {
        let card = self.card_mut(number)?;
        if at > card.entitled_until {
            return Err(Code::OUT_OF_RANGE);
        }
        if at < card.entitled_until {
            card.entitled_until = at;
            self.changes.push((now, number, Change::Ended));
        }
        let mut withdrawn = self.card(number)?.withdrawn(now);
        // Keys that end by then in any case have nothing to be told.
        let card = self.card(number)?;
        let is_longer = |key: &PublicKey| {
            card.keys
                .iter()
                .any(|entry| entry.public == *key && at < entry.until)
        };
        withdrawn.one_by_one.retain(is_longer);
        withdrawn.together.retain(is_longer);
        Ok(withdrawn)
    }

    /// Issues another card to the owner of a blocked one. `CARD_UNKNOWN`; `ENTITLEMENT_ENDED`; `CARD_EXISTS` if it was
    /// not blocked before, or is replaced already.
    pub fn replace(
        &mut self,
        number: CardNumber,
        random: &[u8; 40],
        now: TimeMs,
    ) -> Result<CardNumber, Code> {
        let old = self.card(number)?;
        if !matches!(old.standing, Standing::Blocked { .. }) {
            return Err(Code::CARD_EXISTS);
        }
        let (person, category, until) = (old.person.clone(), old.category, old.entitled_until);
        let by = self.issue(person, category, until, random, now)?;
        self.card_mut(number)?.standing = Standing::Replaced { at: now, by };
        self.changes.push((now, number, Change::Replaced));
        Ok(by)
    }

    /// Whose key it is.
    pub fn owner_of(&self, key: &PublicKey) -> Option<&Card> {
        let has_it = |card: &&Card| card.keys.iter().any(|entry| entry.public == *key);
        self.cards.values().find(has_it)
    }
}

impl Card {
    /// The keys that the ledger has of this card and that are not over.
    fn withdrawn(&self, now: TimeMs) -> Withdrawn {
        let live = |key: &&KeyEntry| key.is_registered && now < key.until;
        let (mut handed, mut free): (Vec<&KeyEntry>, Vec<&KeyEntry>) = self
            .keys
            .iter()
            .filter(live)
            .partition(|key| key.handed.is_some());
        handed.sort_unstable_by_key(|key| key.public);
        free.sort_unstable_by_key(|key| key.public);
        Withdrawn {
            one_by_one: handed.iter().map(|key| key.public).collect(),
            together: free.iter().map(|key| key.public).collect(),
        }
    }
}
