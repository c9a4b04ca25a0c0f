//! Benefit cards: a service centre registers keys each month, one for each prescription that a card will have, and one to
//! spare. A card opens a prescription once a month. Now and then one is lost: its keys are blocked, and what was open is
//! bound to a key of the new card.

use super::prove::Issued;
use super::{Year, item};
use crate::world::people::{self, DAY_MS, METFORMIN_CAP, Token};
use crate::world::{Request, secret};
use senim_abi::card::msg::KEYS_MAX;
use senim_abi::card::{self, Category};
use senim_abi::civil::Month;
use senim_abi::marking::msg::PackCode;
use senim_abi::prescription::msg::Proof;
use senim_abi::prescription::programme::PrescriberId;
use senim_abi::prescription::{Execute, GroupId, ItemMask};
use senim_abi::proof::{CardStatement, HoldStatement};
use senim_abi::treasury::ProgrammeId;
use senim_abi::{CARD, PRESCRIPTION};
use senim_types::crypto::SecretKey;
use senim_types::{Domain, Hash, SignedTransaction, TimeMs};
use std::collections::VecDeque;

/// The devnet's programme of medicines by card alone.
const BY_CARD: ProgrammeId = ProgrammeId(7);
/// An entitlement is proven anew each quarter.
const ENTITLED_DAYS: u64 = 90;
/// Keys of a card in a month: for one prescription, and one to spare.
const KEYS: usize = 2;
/// Days on which a card's prescription of the month may fall.
const TURNS: usize = 30;

/// How cards stand.
#[derive(Default)]
pub struct Cards {
    /// Registered and not used yet.
    keys: VecDeque<SecretKey>,
    registered: Month,
    /// The month of the last lost card.
    lost: Month,
}

impl Year {
    /// The service centre's month: keys for all cards, once.
    pub(super) fn register_cards(&mut self) {
        let (month, now) = (self.month(), self.world.now());
        if self.cards.registered == month || self.scale.cards == 0 {
            return;
        }
        self.cards.registered = month;
        // Those of the month before that nobody needed are the cards' own, and go with their entitlement.
        self.cards.keys.clear();
        let keys = (0..self.scale.cards * KEYS)
            .map(|number| secret(&format!("card key {number} of {}", month.0)));
        let keys: Vec<SecretKey> = keys.collect();
        let mut signed = Vec::new();
        for part in keys.chunks(KEYS_MAX) {
            let register = card::Execute::Register {
                keys: part.iter().map(SecretKey::public).collect(),
                category: Category(1),
                entitled_until: TimeMs(now.0 + ENTITLED_DAYS * DAY_MS),
            };
            signed.push(
                self.world
                    .sign("service-centre", Request::call(CARD, &register)),
            );
        }
        self.this.card_keys = keys.len();
        self.cards.keys.extend(keys);
        self.all(signed);
    }

    /// How many cards open a prescription on a day.
    pub(super) fn card_turns(&self, day: u32) -> usize {
        let until = |day: usize| self.scale.cards * day / TURNS;
        let day = day as usize % TURNS;
        until(day + 1) - until(day)
    }

    /// The day's prescriptions by card, each held and dispensed; the month's first card is lost before that, and replaced.
    pub(super) fn serve_cards(&mut self, packs: Vec<PackCode>) {
        let now = self.world.now();
        let mut held: Vec<(Token, SecretKey, Hash)> = Vec::new();
        let mut signed = Vec::new();
        for _ in &packs {
            let key = self.cards.keys.pop_front().expect("a key to each turn");
            let holder = secret(&format!("holder by card {:?}", key.public()));
            let issue = Execute::Issue {
                index: 0,
                programme: BY_CARD,
                prescriber: PrescriberId(7),
                holder: holder.public(),
                card: Some(key.public()),
                paper: None,
                sealed: Some(Hash::of(b"sealed elsewhere")),
                draft: false,
                items: vec![item(now)],
            };
            let transaction = self.world.sign("clinic", Request::prescription(&issue));
            let hash = transaction.hash();
            let group = GroupId::derive(&hash, 0);
            held.push((Token { group, key: holder }, key, hash));
            signed.push(transaction);
        }
        self.all(signed);
        self.lose(&mut held);
        self.world.advance(5);
        let devices = ["pharmacy", "pharmacy-2"];
        let holds = held.iter().zip(devices.iter().cycle());
        let holds = holds.map(|((token, key, _), device)| (*device, self.hold(device, token, key)));
        let holds: Vec<(&str, Request)> = holds.collect();
        let signed = self.signed(holds);
        self.all(signed);
        let mut dispenses = Vec::new();
        for (number, ((token, _, made_by), pack)) in held.into_iter().zip(packs).enumerate() {
            let device = devices[number % 2];
            let dispense = self
                .world
                .dispensing(device, &token, pack, 60, METFORMIN_CAP);
            let signed = self.world.sign(device, dispense);
            self.packs.push_back(pack);
            self.issued.push(Issued {
                token,
                made_by,
                ended_by: Some(signed.hash()),
            });
            dispenses.push(signed);
        }
        self.this.redeemed += dispenses.len();
        self.this.by_card += dispenses.len();
        self.all(dispenses);
    }

    fn signed(&mut self, requests: Vec<(&str, Request)>) -> Vec<SignedTransaction> {
        let requests = requests.into_iter();
        requests
            .map(|(device, request)| self.world.sign(device, request))
            .collect()
    }

    /// The first card of the month's first day with cards is lost: blocked, and its prescription is the new card's.
    fn lose(&mut self, held: &mut [(Token, SecretKey, Hash)]) {
        let month = self.month();
        let Some((token, key, _)) = held.first_mut().filter(|_| self.cards.lost != month) else {
            return;
        };
        self.cards.lost = month;
        let new = self.cards.keys.pop_back().expect("a key to spare");
        let block = card::Execute::Block {
            keys: vec![key.public()],
        };
        let replace = Execute::ReplaceCard {
            group: token.group,
            card: new.public(),
        };
        *key = new;
        let requests = vec![
            ("service-centre", Request::call(CARD, &block)),
            ("service-centre", Request::call(PRESCRIPTION, &replace)),
        ];
        for signed in self.signed(requests) {
            self.all(vec![signed]);
        }
        self.this.cards_replaced += 1;
    }

    /// A card that is put to a pharmacy's reader.
    fn hold(&self, device: &str, token: &Token, card: &SecretKey) -> Request {
        let (network, now) = (&self.world.network, self.world.now());
        let (group, items) = (token.group, ItemMask::one(0));
        let hold_key = people::hold_key(device, group).public();
        let statement = CardStatement {
            hold: HoldStatement {
                group,
                items,
                org: people::org_of(device),
                device: network.device(device).public(),
                hold_key,
            },
            challenged_at: now,
            expires_at: TimeMs(now.0 + 60_000),
        };
        let proof = Proof::Card {
            card: card.public(),
            challenged_at: statement.challenged_at,
            expires_at: statement.expires_at,
        };
        let hold = Execute::Hold {
            group,
            items,
            hold_key,
            proof,
        };
        let witness = card.witness(Domain::Card, &network.chain, statement.message());
        Request::prescription(&hold).witnessed(witness)
    }
}
