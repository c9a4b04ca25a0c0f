//! How large a country is played, and what its year came to.

use senim_abi::civil::Month;
use senim_abi::ids::name_of;
use senim_abi::{CARD, MARKING, PRESCRIPTION, SETTLEMENT, TREASURY, VOUCHER};
use senim_types::ContractId;
use std::collections::BTreeMap;
use std::fmt;

/// How small the country is.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Validators.
    pub validators: usize,
    /// Days.
    pub days: u32,
    /// Prescriptions issued each day, one item each.
    pub prescriptions: usize,
    /// Pupils with a meal voucher.
    pub pupils: usize,
    /// Persons on each month's list for free meals.
    pub listed: usize,
    /// People with a benefit card, each with one prescription a month.
    pub cards: usize,
}

/// A part of the state: contract and collection.
pub type Part = (ContractId, u8);

/// What a month came to.
#[derive(Clone, Debug, Default)]
pub struct MonthEnd {
    /// Year and month.
    pub month: Month,
    /// Whether it was lived to its end.
    pub is_whole: bool,
    /// Keys of the state at its end.
    pub keys: usize,
    /// Bytes of keys and values.
    pub bytes: usize,
    /// Keys and bytes of each part.
    pub parts: BTreeMap<Part, (usize, usize)>,
    /// Redemptions in it: medicines and meals.
    pub redeemed: usize,
    /// Acts of the caterer's that the state has at its end.
    pub acts: usize,
    /// Medicines of them that a card opened.
    pub by_card: usize,
    /// Records of a terminal without connection.
    pub offline: usize,
    /// Those of them that the payer answered.
    pub excess: usize,
    /// Persons listed.
    pub listed: usize,
    /// Keys of cards registered.
    pub card_keys: usize,
    /// Cards that were lost and replaced.
    pub cards_replaced: usize,
    /// Findings of the edit check that were mended.
    pub mended: usize,
    /// Prescriptions forgotten in it.
    pub forgotten: usize,
    /// Packs forgotten in it.
    pub packs_forgotten: usize,
}

/// Where a state key has its contract, and after it its collection.
const CONTRACT_BYTES: usize = 4;

impl MonthEnd {
    /// Measures the state at the month's end.
    pub fn measure(&mut self, state: &BTreeMap<Vec<u8>, Vec<u8>>) {
        self.keys = state.len();
        self.parts.clear();
        for (key, value) in state {
            let (contract, rest) = key.split_at(CONTRACT_BYTES);
            let contract = contract.try_into().map(u32::from_be_bytes);
            let contract = ContractId(contract.expect("it was cut to that"));
            let part = (contract, rest.first().copied().unwrap_or_default());
            let (keys, bytes) = self.parts.entry(part).or_default();
            (*keys, *bytes) = (*keys + 1, *bytes + key.len() + value.len());
        }
        self.bytes = self.parts.values().map(|(_, bytes)| bytes).sum();
    }

    fn bytes_of(&self, part: &Part) -> usize {
        self.parts.get(part).map_or(0, |(_, bytes)| *bytes)
    }
}

/// What the parts are that a year writes to; others are written once, by the genesis.
const PARTS: &[(ContractId, u8, &str)] = &[
    (ContractId::LEDGER, 1, "sequence numbers of devices"),
    (ContractId::LEDGER, 2, "due entries"),
    (TREASURY, 2, "claims"),
    (TREASURY, 3, "transfers"),
    (TREASURY, 5, "operations"),
    (TREASURY, 7, "locks"),
    (MARKING, 1, "packs"),
    (MARKING, 2, "batches"),
    (PRESCRIPTION, 1, "prescriptions"),
    (VOUCHER, 1, "vouchers"),
    (VOUCHER, 6, "calendars"),
    (VOUCHER, 7, "tallies of days"),
    (VOUCHER, 8, "nullifiers"),
    (VOUCHER, 9, "terminals' chains"),
    (VOUCHER, 10, "records taken"),
    (VOUCHER, 11, "excess"),
    (VOUCHER, 12, "findings"),
    (SETTLEMENT, 2, "acts"),
    (SETTLEMENT, 4, "ordered payments"),
    (CARD, 1, "card keys"),
    (CARD, 2, "batches of card keys"),
];

/// A part's name, for people.
fn name(part: &Part) -> String {
    let contract = name_of(part.0).unwrap_or("ledger");
    let known = PARTS
        .iter()
        .find(|(contract, collection, _)| (*contract, *collection) == *part);
    match known {
        Some((_, _, name)) => format!("{contract}: {name}"),
        None => format!("{contract}: collection {}", part.1),
    }
}

impl fmt::Display for MonthEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MonthEnd {
            keys,
            bytes,
            redeemed,
            by_card,
            offline,
            excess,
            listed,
            card_keys,
            cards_replaced,
            mended,
            acts,
            forgotten,
            packs_forgotten,
            ..
        } = self;
        let (year, month, kib) = (self.month.year(), self.month.month(), bytes / 1024);
        writeln!(
            f,
            "{year}-{month:02}: {keys:>7} keys, {kib:>6} KiB; {redeemed:>6} redeemed; {acts:>2} acts; forgotten {forgotten:>5} prescriptions, \
             {packs_forgotten:>5} packs"
        )?;
        writeln!(
            f,
            "    {by_card} by card, {card_keys} keys of cards, {cards_replaced} replaced; {offline} offline, {excess} of them \
             answered; {listed} listed; {mended} findings mended"
        )?;
        let mut parts: Vec<(&Part, &(usize, usize))> = self.parts.iter().collect();
        parts.retain(|(part, _)| PARTS.iter().any(|(of, number, _)| (*of, *number) == **part));
        parts.sort_by_key(|(part, (_, bytes))| (std::cmp::Reverse(*bytes), **part));
        for (part, (keys, bytes)) in parts {
            let name = name(part);
            writeln!(f, "    {name:<40} {keys:>7} keys {bytes:>9} bytes")?;
        }
        Ok(())
    }
}

/// Parts of the state that the contracts keep for good, or for longer than a year; a few bytes a month each.
pub const KEPT: &[(&str, &str)] = &[
    (
        "marking: batches",
        "one of each lot, so that a lot has one expiry for ever",
    ),
    (
        "settlement: acts",
        "one of each contract and month, for half a year after it is paid",
    ),
    (
        "treasury: claims",
        "one of each provider, programme and month",
    ),
    ("voucher: calendars", "one of each place and month"),
];

/// A part that became larger in each of the steady months.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grown {
    /// Its name.
    pub name: String,
    /// Its bytes in the first of them.
    pub from: usize,
    /// Its bytes in the last.
    pub to: usize,
}

impl Grown {
    /// Why it may; none where nobody has said so.
    pub fn why(&self) -> Option<&'static str> {
        let known = KEPT.iter().find(|(name, _)| *name == self.name);
        known.map(|(_, why)| *why)
    }
}

impl fmt::Display for Grown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Grown { name, from, to } = self;
        let why = self.why().unwrap_or("NOBODY HAS SAID WHY");
        write!(f, "{name}, from {from} to {to} bytes: {why}")
    }
}

/// A part that grew in each of at least so many months is one that grows; what comes and goes falls in one of them.
const GROWN_MONTHS_MIN: usize = 3;

/// What the year came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its months.
    pub months: Vec<MonthEnd>,
    /// Prescriptions that the state has forgotten, and whose issue and end were proven from the log.
    pub prescriptions: usize,
    /// Vouchers that it has forgotten, and whose issue and last use were proven.
    pub vouchers: usize,
    /// Transactions of all.
    pub transactions: usize,
}

impl Report {
    /// The months from which on everything that is kept for a time is forgotten as fast as it comes.
    pub fn steady(&self) -> &[MonthEnd] {
        let first = self
            .months
            .iter()
            .position(|month| month.forgotten > 0 && month.packs_forgotten > 0);
        // In the month in which forgetting begins it works for a part of the month only.
        first.map_or(&[], |first| &self.months[first + 1..])
    }

    /// By how much the state's bytes differ among the steady months, in percent of the first of them, either way.
    pub fn swing_percent(&self) -> Option<f64> {
        let steady = self.steady();
        let base = steady.first()?.bytes as f64;
        let away = steady
            .iter()
            .map(|month| (month.bytes as f64 - base).abs() * 100.0 / base);
        away.max_by(f64::total_cmp)
    }

    /// Parts of the state that became larger in each whole steady month, the most grown first.
    pub fn grown(&self) -> Vec<Grown> {
        let whole = self.steady().iter().filter(|month| month.is_whole);
        let whole: Vec<&MonthEnd> = whole.collect();
        let (Some(from), Some(to)) = (whole.first(), whole.last()) else {
            return Vec::new();
        };
        if whole.len() <= GROWN_MONTHS_MIN {
            return Vec::new();
        }
        let grew = |part: &&Part| {
            let mut steps = whole.windows(2);
            steps.all(|two| two[0].bytes_of(part) < two[1].bytes_of(part))
        };
        let grown = to.parts.keys().filter(grew).map(|part| Grown {
            name: name(part),
            from: from.bytes_of(part),
            to: to.bytes_of(part),
        });
        let mut grown: Vec<Grown> = grown.collect();
        grown.sort_by_key(|grown| std::cmp::Reverse(grown.to - grown.from));
        grown
    }
}
