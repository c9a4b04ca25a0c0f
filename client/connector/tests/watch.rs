//! What a clinic is told of a prescription's life, also of what the ledger writes nothing of.

use senim_abi::marking::Unit;
use senim_abi::marking::msg::PackId;
use senim_abi::prescription::event::ProofUsed;
use senim_abi::prescription::look::Looks;
use senim_abi::prescription::msg::{CancelReason, RejectReason};
use senim_abi::prescription::record::{DispensedPack, ItemStage};
use senim_abi::prescription::{
    DispenseFacts, Group, GroupId, HoldFacts, Item, ItemMask, Money, PrescriberId,
    PrescriptionEvent, ProgrammeId, ProofKinds, ReverseFacts, Settlement,
};
use senim_connector::clinic::fact::What;
use senim_connector::clinic::watch::{Event, Watch, Watched};
use senim_connector::service::Facts;
use senim_types::crypto::SecretKey;
use senim_types::{Hash, Height, OrgId, TimeMs, Tiyn};

const GROUP: GroupId = GroupId(Hash([1; 32]));
const ISSUER: OrgId = OrgId(10);
const PHARMACY: OrgId = OrgId(22);

fn item(until: u64) -> Item {
    Item {
        inn: "A10BA02".parse().expect("an ATC code"),
        strength: None,
        form: None,
        product: None,
        unit: Unit::Tablet,
        quantity: 60,
        remaining: 60,
        not_before: TimeMs(0),
        until: TimeMs(until),
        price_cap: None,
        reference_price: None,
        part: None,
        stage: ItemStage::Open,
        cancel_requested: false,
    }
}

fn group(ends: &[u64]) -> Group {
    Group {
        programme: ProgrammeId(1),
        version: 1,
        issuer: ISSUER,
        prescriber: PrescriberId(1),
        created: TimeMs(1),
        touched: TimeMs(1),
        holder: SecretKey::from_seed(&[1; 32]).public(),
        card: None,
        paper: None,
        sealed: None,
        delegation: None,
        delegated_at: TimeMs(0),
        last_proof_at: TimeMs(1),
        items: ends.iter().map(|end| item(*end)).collect(),
        holds: Vec::new(),
        dispenses: Vec::new(),
        looks: Looks::default(),
    }
}

/// A watch, and its journal.
struct Watching {
    watch: Watch,
    journal: Vec<Event>,
    height: u64,
}

impl Watching {
    fn new(ends: &[u64]) -> Watching {
        let mut watching = Watching {
            watch: Watch::default(),
            journal: Vec::new(),
            height: 1,
        };
        let watched = Watched::issued(&group(ends), Height(1));
        watching.step(Event::Watched(GROUP, watched));
        watching
    }

    fn step(&mut self, event: Event) -> Vec<(What, u64)> {
        let facts = self.watch.happened(&event);
        self.journal.push(event);
        facts
            .into_iter()
            .map(|fact| (fact.what, fact.at.0))
            .collect()
    }

    fn told(&mut self, event: PrescriptionEvent, at: u64) -> Vec<(What, u64)> {
        self.height += 1;
        let (height, at) = (Height(self.height), TimeMs(at));
        let group = GROUP;
        self.step(Event::Told {
            group,
            event,
            height,
            at,
        })
    }

    /// A block of this time; nothing is journalled where nothing is due.
    fn block(&mut self, now: u64) -> Vec<(What, u64)> {
        if self.watch.is_due(TimeMs(now)) {
            self.step(Event::Passed(TimeMs(now)))
        } else {
            Vec::new()
        }
    }

    /// After a restart, by the journal or by what a shortened one has.
    fn restarted(mut self, shortened: bool) -> Watching {
        if shortened {
            self.journal = self.watch.events();
        }
        let mut watch = Watch::default();
        self.journal.iter().for_each(|event| watch.step(event));
        Watching { watch, ..self }
    }
}

fn held(items: u16, until: u64) -> PrescriptionEvent {
    PrescriptionEvent::Held {
        group: GROUP,
        issuer: ISSUER,
        items: ItemMask(items),
        org: PHARMACY,
        until: TimeMs(until),
        proof: ProofUsed::LiveQr,
        programme: ProgrammeId(1),
        version: 1,
        facts: HoldFacts {
            open: true,
            now: TimeMs(0),
            proof: ProofKinds::LIVE_QR,
            proof_ms: 0,
            window_until: TimeMs(until),
        },
    }
}

fn pack(item: u8, units: u32) -> DispensedPack {
    DispensedPack {
        item,
        pack: PackId {
            gtin: "04870001000011".parse().expect("a GTIN"),
            serial: "CP0001".parse().expect("a serial"),
        },
        units,
        cost: Tiyn(0),
    }
}

fn dispensed(units: u32) -> PrescriptionEvent {
    PrescriptionEvent::Dispensed {
        group: GROUP,
        issuer: ISSUER,
        programme: ProgrammeId(1),
        org: PHARMACY,
        dispense: 0,
        packs: vec![pack(0, units)],
        completed: ItemMask::NONE,
        borne: Tiyn(0),
        citizen: Tiyn(0),
        money: Money::None,
        version: 1,
        facts: DispenseFacts {
            settlement: Settlement::Pay,
            lines: Vec::new(),
        },
    }
}

fn cancelled(items: u16, marked: u16) -> PrescriptionEvent {
    PrescriptionEvent::Cancelled {
        group: GROUP,
        items: ItemMask(items),
        marked: ItemMask(marked),
        by_holder: true,
        reason: CancelReason::HolderRequest,
    }
}

fn hold_ended(items: u16, since: u64) -> What {
    What::Returned {
        items: ItemMask(items),
        org: PHARMACY,
        since: TimeMs(since),
        reason: None,
    }
}

fn expired(items: u16) -> What {
    What::Expired {
        items: ItemMask(items),
    }
}

#[test]
fn what_ends_by_time_is_told_once_and_in_order() {
    for shortened in [false, true] {
        let mut watching = Watching::new(&[100, 100, 200]);
        assert_eq!(watching.told(held(0b001, 50), 10).len(), 1);
        assert_eq!(watching.block(49), []);
        let mut watching = watching.restarted(shortened);
        assert_eq!(watching.block(50), [(hold_ended(0b001, 10), 50)]);
        assert_eq!(watching.block(51), []);
        let mut watching = watching.restarted(shortened);
        // A block that comes late: each is told of the time at which it happened.
        assert_eq!(
            watching.block(300),
            [(expired(0b011), 100), (expired(0b100), 200)]
        );
        assert_eq!(watching.block(1_000), []);
        assert_eq!(watching.restarted(shortened).block(2_000), []);
    }
}

#[test]
fn a_hold_ends_before_what_it_kept_from_ending() {
    let mut watching = Watching::new(&[100]);
    watching.told(held(1, 100), 10);
    assert_eq!(
        watching.block(120),
        [(hold_ended(1, 10), 100), (expired(1), 100)]
    );
}

#[test]
fn a_cancellation_waits_for_the_hold() {
    let mut watching = Watching::new(&[1_000, 1_000]);
    watching.told(held(0b01, 50), 10);
    let asked = watching.told(cancelled(0b10, 0b01), 20);
    let kinds: Vec<bool> = asked
        .iter()
        .map(|(what, _)| matches!(what, What::CancelAsked { .. }))
        .collect();
    assert_eq!(kinds, [false, true], "{asked:?}");
    // By the end of the lease, or by the pharmacy that gives it back.
    let ended = watching.block(60);
    assert_eq!(ended[0], (hold_ended(0b01, 10), 50));
    assert!(
        matches!(
            ended[1].0,
            What::Cancelled {
                items: ItemMask(0b01),
                by_holder: true,
                ..
            }
        ),
        "{ended:?}"
    );
    assert_eq!(ended.len(), 2);
    let mut watching = Watching::new(&[1_000]);
    watching.told(held(1, 50), 10);
    watching.told(cancelled(0, 1), 20);
    let rejected = PrescriptionEvent::Rejected {
        group: GROUP,
        issuer: ISSUER,
        items: ItemMask(1),
        org: PHARMACY,
        reason: RejectReason::OutOfStock,
    };
    let told = watching.told(rejected, 30);
    assert!(matches!(told[1].0, What::Cancelled { .. }), "{told:?}");
    assert_eq!(watching.block(60), []);
}

#[test]
fn what_is_undone_after_its_window_is_expired_then() {
    let mut watching = Watching::new(&[100]);
    watching.told(held(1, 90), 10);
    assert_eq!(watching.told(dispensed(60), 20).len(), 1);
    assert_eq!(watching.block(150), [], "all of it was supplied in time");
    let reversed = PrescriptionEvent::Reversed {
        group: GROUP,
        issuer: ISSUER,
        org: PHARMACY,
        dispense: 0,
        left: ItemMask::NONE,
        returned: Tiyn(0),
        programme: ProgrammeId(1),
        version: 1,
        facts: ReverseFacts {
            now: TimeMs(160),
            dispensed_at: TimeMs(20),
        },
    };
    let told = watching.told(reversed, 160);
    assert!(
        matches!(told[0].0, What::Reversed { number: 0, .. }),
        "{told:?}"
    );
    assert_eq!(told[1..], [(expired(1), 160)]);
}

#[test]
fn a_supply_ends_the_hold_of_its_item_and_an_extension_moves_its_end() {
    let mut watching = Watching::new(&[1_000, 1_000]);
    watching.told(held(0b11, 50), 10);
    let extended = PrescriptionEvent::Extended {
        group: GROUP,
        items: ItemMask(0b11),
        until: TimeMs(80),
    };
    watching.told(extended, 20);
    watching.told(dispensed(30), 30);
    assert_eq!(watching.block(60), []);
    assert_eq!(watching.block(80), [(hold_ended(0b10, 10), 80)]);
}

#[test]
fn what_was_before_the_first_start_is_not_told() {
    let mut record = group(&[100, 500]);
    record.items[1].remaining = 0;
    let mut watch = Watch::default();
    watch.step(&Event::Watched(
        GROUP,
        Watched::standing(&record, Height(9), TimeMs(200)),
    ));
    let earlier = Event::Told {
        group: GROUP,
        event: held(1, 250),
        height: Height(9),
        at: TimeMs(200),
    };
    assert_eq!(watch.happened(&earlier), []);
    assert_eq!(watch.happened(&Event::Passed(TimeMs(600))), []);
}
