//! The clinic's own folder: a secret for keyed hashes, and which line of which message became which items. Lines are
//! known by keyed hash alone, so that the folder names nobody; the ledger has none of it.

use crate::failure::{Failure, Result};
use crate::{files, keys};
use senim_abi::prescription::{GroupId, ItemMask};
use senim_fhir::{
    CancelTarget, Item, LinkId, MedicineMap, Order, ParseOptions, WithdrawalReason, parse_order,
};
use senim_types::{Code, Hash, TimeMs};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Prefix of the text of the secret.
const SECRET_PREFIX: &str = "senimlinksecret";

/// A clinic's folder.
pub struct ClinicFolder {
    link_key: Zeroizing<[u8; 32]>,
    path: PathBuf,
    /// What was issued from here, in order.
    pub issued: Vec<Issued>,
}

/// A message that was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// The prescription that it became.
    pub group: GroupId,
    /// The transaction that issued it.
    pub transaction: Hash,
    /// Until when the transaction may still find its block.
    pub valid_until: TimeMs,
    /// When the message was read: what opens and ends its windows where it states no dates.
    pub arrived: TimeMs,
    /// The one-time key of the wallet that holds it: what belongs to it later is sealed for it too.
    pub holder: String,
    /// Its lines.
    pub lines: Vec<Line>,
    /// What was withdrawn of it.
    pub withdrawn: Vec<Withdrawn>,
    /// By what the message is known again.
    #[serde(default)]
    pub message: Option<String>,
}

/// A message that withdrew items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// Which.
    pub items: ItemMask,
    /// The transaction that cancels them.
    pub transaction: Hash,
    /// blake3 of the sealed message, which the node keeps.
    pub sealed: Hash,
    /// Until when the transaction may still find its block.
    #[serde(default)]
    pub valid_until: TimeMs,
    /// By what the message is known again.
    #[serde(default)]
    pub message: Option<String>,
}

/// What a message led to that was taken before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// The transaction.
    pub transaction: Hash,
    /// Until when it may still find its block.
    pub valid_until: TimeMs,
    /// The prescriptions that it is about, and which of their items.
    pub of: Vec<(GroupId, ItemMask)>,
}

/// Items of one prescription that a message withdraws for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meant {
    /// The prescription.
    pub group: GroupId,
    /// Which of its items.
    pub items: ItemMask,
    /// Why, as the message says.
    pub reason: Option<WithdrawalReason>,
}

/// A line of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Keyed hash of its identifier; none if it has none.
    link: Option<String>,
    /// Keyed hash of the identifier of the prescription that it belongs to.
    prescription: Option<String>,
    /// The items that it became.
    items: ItemMask,
    /// What the clinic's system calls it, sealed for this folder.
    #[serde(default)]
    pub(super) name: Option<String>,
}

impl ClinicFolder {
    /// Opens a folder, and makes its secret where there is none.
    pub fn open(path: &Path) -> Result<ClinicFolder> {
        let records = path.join("issued.json");
        Ok(ClinicFolder {
            link_key: keys::read_or_make_secret(&path.join("links.key"), SECRET_PREFIX)?,
            issued: files::read_records(&records)?.unwrap_or_default(),
            path: records,
        })
    }

    /// Reads a message with the folder's secret.
    pub fn parse(&self, message: &Path, utc_offset_minutes: i16, now: TimeMs) -> Result<Order> {
        self.parse_bytes(&read_message(message)?, utc_offset_minutes, now)
    }

    /// Reads a message's bytes with the folder's secret.
    pub fn parse_bytes(&self, bytes: &[u8], utc_offset_minutes: i16, now: TimeMs) -> Result<Order> {
        let mut options = ParseOptions::new(now.0, *self.link_key);
        options.utc_offset_minutes = utc_offset_minutes;
        let order = parse_order(bytes, &MedicineMap::shipped(), &options);
        zeroize::Zeroize::zeroize(&mut options.link_key);
        Ok(order?)
    }

    pub(super) fn secret(&self) -> &[u8; 32] {
        &self.link_key
    }

    /// What this message led to when it was taken before, for this holder if it ordered.
    pub fn earlier(&self, message: &str, holder: Option<&str>) -> Option<Earlier> {
        let is_it = |known: &Option<String>| known.as_deref() == Some(message);
        let issued = self.issued.iter().rev();
        let mut issued = issued.filter(|issued| is_it(&issued.message));
        if let Some(issued) = issued.find(|issued| holder == Some(issued.holder.as_str())) {
            let lines = issued.lines.iter();
            let items = lines.fold(ItemMask::NONE, |all, line| all.or(line.items));
            return Some(Earlier {
                transaction: issued.transaction,
                valid_until: issued.valid_until,
                of: vec![(issued.group, items)],
            });
        }
        let withdrawn = |issued: &Issued| {
            let of = issued.withdrawn.iter().rev();
            let withdrawn = of.clone().find(|withdrawn| is_it(&withdrawn.message))?;
            Some((issued.group, withdrawn.clone()))
        };
        let all: Vec<(GroupId, Withdrawn)> = self.issued.iter().filter_map(withdrawn).collect();
        let (_, newest) = all.last()?;
        let same = |(_, one): &&(GroupId, Withdrawn)| one.transaction == newest.transaction;
        Some(Earlier {
            transaction: newest.transaction,
            valid_until: newest.valid_until,
            of: all
                .iter()
                .filter(same)
                .map(|(group, one)| (*group, one.items))
                .collect(),
        })
    }

    /// Writes the records.
    pub fn save(&self) -> Result<()> {
        files::write_records(&self.path, &self.issued)
    }

    /// An earlier message with one of these lines. A line is the same if it belongs to the same prescription: some
    /// systems number the lines of each prescription anew.
    pub fn with_line_of(&self, lines: &[Line]) -> Option<&Issued> {
        let is_same = |line: &Line, other: &Line| {
            line.link.is_some()
                && line.link == other.link
                && line.prescription == other.prescription
        };
        let has_one = |issued: &&Issued| {
            issued
                .lines
                .iter()
                .any(|line| lines.iter().any(|other| is_same(line, other)))
        };
        self.issued.iter().rev().find(has_one)
    }

    /// The prescriptions and items that a cancellation means, in the order in which they were issued.
    pub fn meant(&self, targets: &[CancelTarget]) -> Result<Vec<Meant>> {
        let mut meant: Vec<Meant> = Vec::new();
        for target in targets {
            let named = self.items_of(|line| line.is_meant(target));
            // Systems renumber prescriptions and keep their lines, so the prescription only decides where a line's
            // number is in several.
            let in_its_own = self.items_of(|line| line.is_meant(target) && line.is_in(target));
            let found = if in_its_own.is_empty() {
                named
            } else {
                in_its_own
            };
            if found.is_empty() {
                return Err(Failure::new(Code::ORDER_UNKNOWN));
            }
            for (group, items) in found {
                // An item is withdrawn once, for the first reason.
                let earlier = meant.iter().filter(|earlier| earlier.group == group);
                let items = earlier.fold(items, |items, earlier| items.without(earlier.items));
                let reason = target.reason;
                let same = |one: &&mut Meant| one.group == group && one.reason == reason;
                match meant.iter_mut().find(same) {
                    Some(earlier) => earlier.items = earlier.items.or(items),
                    None if items.is_empty() => {}
                    None => meant.push(Meant {
                        group,
                        items,
                        reason,
                    }),
                }
            }
        }
        Ok(meant)
    }

    /// The items of the lines that `is_meant`, by prescription.
    fn items_of(&self, is_meant: impl Fn(&Line) -> bool) -> Vec<(GroupId, ItemMask)> {
        let items = |issued: &Issued| {
            let lines = issued.lines.iter().filter(|line| is_meant(line));
            lines.fold(ItemMask::NONE, |all, line| all.or(line.items))
        };
        let found = self
            .issued
            .iter()
            .map(|issued| (issued.group, items(issued)));
        found.filter(|(_, items)| !items.is_empty()).collect()
    }
}

impl Line {
    /// The lines of a message's items, whose parts became items one after the other.
    pub fn of(items: &[Item]) -> Vec<Line> {
        let mut next = 0;
        let line = |item: &Item| {
            let first = next;
            next += item.parts.len();
            let text = |link: LinkId| link.to_string();
            Line {
                link: item.link.map(text),
                prescription: item.group.map(text),
                items: ItemMask::first(next).without(ItemMask::first(first)),
                name: None,
            }
        };
        items.iter().map(line).collect()
    }

    /// The items that it became.
    pub fn items(&self) -> ItemMask {
        self.items
    }

    fn is_meant(&self, target: &CancelTarget) -> bool {
        if target.links.is_empty() {
            self.is_in(target)
        } else {
            target.links.iter().any(|link| is(&self.link, link))
        }
    }

    fn is_in(&self, target: &CancelTarget) -> bool {
        target
            .group
            .is_some_and(|group| is(&self.prescription, &group))
    }
}

/// Reads the file of a message.
pub fn read_message(path: &Path) -> Result<Vec<u8>> {
    files::read(path, senim_fhir::MESSAGE_BYTES_MAX as u64 + 1)
}

fn is(known: &Option<String>, link: &LinkId) -> bool {
    known.as_deref() == Some(&link.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_fhir::LedgerOrder;

    const ARRIVAL: TimeMs = TimeMs(1_770_102_000_000);

    fn message(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/data/fhir")
            .join(name)
    }

    fn issued(folder: &ClinicFolder, name: &str) -> Vec<Line> {
        let order = folder
            .parse(&message(name), 300, ARRIVAL)
            .expect("it is sound");
        let LedgerOrder::Issue { items } = order.ledger else {
            panic!("an order")
        };
        Line::of(&items)
    }

    /// Amlodipine, which the message withdraws as wrongly written.
    fn amlodipine(group: GroupId) -> Meant {
        Meant {
            group,
            items: ItemMask(0b0010),
            reason: Some(WithdrawalReason::PrescribingError),
        }
    }

    fn targets(folder: &ClinicFolder, name: &str) -> Vec<CancelTarget> {
        let order = folder
            .parse(&message(name), 300, ARRIVAL)
            .expect("it is sound");
        let LedgerOrder::Cancel { targets } = order.ledger else {
            panic!("a cancellation")
        };
        targets
    }

    #[test]
    fn a_cancellation_finds_the_item_and_a_second_order_is_noticed() {
        let temporary = tempfile::tempdir().expect("a folder");
        let mut folder = ClinicFolder::open(temporary.path()).expect("an empty folder");
        assert_eq!(
            folder
                .meant(&targets(&folder, "cancel.json"))
                .expect_err("nothing yet")
                .code,
            Code::ORDER_UNKNOWN
        );
        let lines = issued(&folder, "four-items.json");
        assert!(folder.with_line_of(&lines).is_none());
        let group = GroupId(Hash([1; 32]));
        let (transaction, valid_until) = (Hash([2; 32]), TimeMs(3));
        folder.issued.push(Issued {
            group,
            transaction,
            valid_until,
            arrived: ARRIVAL,
            holder: String::new(),
            lines: lines.clone(),
            withdrawn: Vec::new(),
            message: None,
        });
        folder.save().expect("the folder can be written");

        let folder = ClinicFolder::open(temporary.path()).expect("the same folder");
        assert_eq!(
            folder.with_line_of(&lines).map(|issued| issued.group),
            Some(group)
        );
        let meant = folder
            .meant(&targets(&folder, "cancel.json"))
            .expect("one line");
        assert_eq!(meant, [amlodipine(group)]);
    }

    #[test]
    fn a_line_number_in_two_prescriptions_means_the_one_that_is_named() {
        let temporary = tempfile::tempdir().expect("a folder");
        let mut folder = ClinicFolder::open(temporary.path()).expect("an empty folder");
        let lines = issued(&folder, "four-items.json");
        let target = &targets(&folder, "cancel.json")[0].clone();
        let (transaction, valid_until) = (Hash::ZERO, TimeMs(0));
        let [one, two] = [1, 2].map(|n| GroupId(Hash([n; 32])));
        let mut renumbered = lines.clone();
        for line in &mut renumbered {
            line.prescription = Some("another".to_owned());
        }
        assert!(folder.with_line_of(&renumbered).is_none());
        folder.issued.push(Issued {
            group: one,
            transaction,
            valid_until,
            arrived: ARRIVAL,
            holder: String::new(),
            lines,
            withdrawn: Vec::new(),
            message: None,
        });
        assert!(
            folder.with_line_of(&renumbered).is_none(),
            "the same number elsewhere is another line"
        );
        folder.issued.push(Issued {
            group: two,
            transaction,
            valid_until,
            arrived: ARRIVAL,
            holder: String::new(),
            lines: renumbered,
            withdrawn: Vec::new(),
            message: None,
        });
        // The cancellation names a third number: both are meant.
        let meant = folder
            .meant(std::slice::from_ref(target))
            .expect("two lines");
        assert_eq!(meant, [amlodipine(one), amlodipine(two)]);
        folder.issued[1].lines[1].prescription = target.group.map(|group| group.to_string());
        assert_eq!(
            folder
                .meant(std::slice::from_ref(target))
                .expect("one line"),
            [amlodipine(two)]
        );
    }

    #[test]
    fn an_item_that_is_withdrawn_twice_is_withdrawn_for_the_first_reason() {
        let temporary = tempfile::tempdir().expect("a folder");
        let mut folder = ClinicFolder::open(temporary.path()).expect("an empty folder");
        let lines = issued(&folder, "four-items.json");
        let group = GroupId(Hash([1; 32]));
        folder.issued.push(Issued {
            group,
            transaction: Hash::ZERO,
            valid_until: TimeMs(0),
            arrived: ARRIVAL,
            holder: String::new(),
            lines,
            withdrawn: Vec::new(),
            message: None,
        });
        let mut targets = targets(&folder, "cancel.json");
        let mut all = targets[0].clone();
        all.group = folder
            .parse(&message("four-items.json"), 300, ARRIVAL)
            .map(|order| {
                let LedgerOrder::Issue { items } = order.ledger else {
                    panic!("an order")
                };
                items[0].group
            })
            .expect("it is sound");
        all.links.clear();
        all.reason = None;
        targets.push(all);
        let rest = Meant {
            group,
            items: ItemMask(0b1101),
            reason: None,
        };
        assert_eq!(
            folder.meant(&targets).expect("all lines"),
            [amlodipine(group), rest]
        );
    }

    #[test]
    fn the_parts_of_a_repeat_belong_to_its_line() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = ClinicFolder::open(temporary.path()).expect("an empty folder");
        let masks: Vec<u16> = issued(&folder, "repeats.json")
            .iter()
            .map(|line| line.items.0)
            .collect();
        assert_eq!(masks, [0b1, 0b1110, 0b1111_0000]);
    }

    #[test]
    fn the_folder_names_nobody_and_its_secret_is_its_owners() {
        let temporary = tempfile::tempdir().expect("a folder");
        let mut folder = ClinicFolder::open(temporary.path()).expect("an empty folder");
        let lines = issued(&folder, "four-items.json");
        folder.issued.push(Issued {
            group: GroupId(Hash::ZERO),
            transaction: Hash::ZERO,
            valid_until: TimeMs(0),
            arrived: ARRIVAL,
            holder: String::new(),
            lines,
            withdrawn: Vec::new(),
            message: None,
        });
        folder.save().expect("the folder can be written");
        let text =
            std::fs::read_to_string(temporary.path().join("issued.json")).expect("it was written");
        for word in ["LINE-", "RX-", "urn:", "example.org"] {
            assert!(!text.contains(word), "{word}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let secret =
                std::fs::metadata(temporary.path().join("links.key")).expect("it was made");
            assert_eq!(secret.permissions().mode() & 0o777, 0o600);
        }
    }
}
