//! A terminal's own yes and no, rule by rule, with the policy's committed code.

use super::folder::{Synced, TerminalFolder, Wasm};
use super::serve;
use senim_abi::MEASURE;
use senim_abi::civil::{DAY_MS, Month, UtcOffsets};
use senim_abi::policy::measure::{Allow, Clawback, Parameters, Price, Rules};
use senim_abi::policy::{Line, Product};
use senim_abi::treasury::{BudgetId, ProgrammeId};
use senim_abi::voucher::record::Absences;
use senim_abi::voucher::{
    Calendar, OfflineBounds, OfflineChain, OfflineSession, Policy, Service, Settings, Standing,
    Voucher, VoucherId, Window,
};
use senim_types::crypto::SecretKey;
use senim_types::{ChainId, Code, Hash, Height, OrgId, TimeMs, Tiyn, codec};
use std::collections::BTreeMap;

/// 2027-01-15, a Friday, at 13:00 of the programme's time.
const SYNCED_AT: TimeMs = TimeMs(1_800_000_000_000);
const FRIDAY: u32 = 20_833;
const HOUR_MS: u64 = 60 * 60 * 1000;
const ID: VoucherId = VoucherId(Hash([7; 32]));
const SCHOOL: OrgId = OrgId(40);

fn key() -> SecretKey {
    SecretKey::from_seed(&[3; 32])
}

fn voucher() -> Voucher {
    Voucher {
        programme: ProgrammeId(2),
        version: 1,
        arm: 0,
        standing: Standing::Active,
        holder: None,
        place: Some(SCHOOL),
        issued_at: TimeMs(SYNCED_AT.0 - DAY_MS),
        mature_at: SYNCED_AT,
        until: TimeMs(SYNCED_AT.0 + 100 * DAY_MS),
        amount: Tiyn(200_000),
        left: Tiyn(200_000),
        uses: 0,
        refunds: 0,
        recent: Vec::new(),
        last_use: None,
        absences: Absences::default(),
        delegation: None,
        nullifier: None,
        consented: false,
        stated_at: TimeMs(0),
    }
}

fn rules() -> Rules {
    Rules {
        providers: Allow::Any,
        regions: Allow::Any,
        products: Allow::Any,
        price: Price::Cap(Tiyn(150_000)),
        share_basis_points: 10_000,
        citizen_bears_max: None,
        whole_packs: false,
        partial: true,
        amount_max: None,
        uses_max: None,
        uses_per_day_max: Some(1),
        uses_per_month_max: None,
        spent_per_month_max: None,
        weekdays: Rules::EVERY_DAY,
        hours: None,
        calendar: true,
        absent_may: false,
        validity_ms_max: 300 * DAY_MS,
        consent: false,
        proofs: 0b1111,
        delegation: None,
        clawback: Clawback::Always,
    }
}

/// A terminal that synced: it knows one voucher, and may serve two times in two days.
fn synced() -> Synced {
    let window = Window {
        remind_ms: 1,
        lapse_ms: 2,
    };
    let bounds = OfflineBounds {
        uses_max: 2,
        ms_max: 2 * DAY_MS,
    };
    let settings = Settings {
        open: true,
        budget: BudgetId(2),
        office: None,
        portal: None,
        consent: window,
        activation: None,
        exclusion: None,
        arms: None,
        dispute_ms: 0,
        proof_ms_max: 120_000,
        offsets: UtcOffsets::fixed(300),
        offline: Some(bounds),
        attendance: false,
    };
    let session = OfflineSession {
        number: 1,
        place: SCHOOL,
        service: Service {
            provider: OrgId(50),
            terminals: OrgId(50),
            region: 71,
            until: TimeMs(SYNCED_AT.0 + 100 * DAY_MS),
        },
        bounds,
        first: 17,
        synced_at: SYNCED_AT,
    };
    let policy = Policy {
        contract: MEASURE,
        parameters: codec::encode(&Parameters(vec![rules()])),
    };
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../genesis/contracts/measure.wasm"
    );
    let code = std::fs::read(path).expect("the artefact is committed");
    // Saturday and Sunday are closed.
    let calendar = Calendar {
        open: !(0b11 << 15),
    };
    Synced {
        chain: ChainId(Hash::ZERO),
        programme: ProgrammeId(2),
        terminal: key().public(),
        org: OrgId(50),
        state: OfflineChain {
            start: 0,
            next: 17,
            head: Hash([9; 32]),
            at: SYNCED_AT,
            waiting: 0,
            session,
        },
        height: Height(5),
        settings,
        policies: BTreeMap::from([(1, policy)]),
        codes: BTreeMap::from([(MEASURE, Wasm(code))]),
        listings: Vec::new(),
        calendars: BTreeMap::from([(Month::new(2027, 1), calendar)]),
        vouchers: BTreeMap::from([(ID, voucher())]),
    }
}

/// A folder in which this terminal synced.
fn folder(synced: &Synced) -> (tempfile::TempDir, TerminalFolder) {
    let path = tempfile::tempdir().expect("a folder");
    TerminalFolder::begin(path.path(), synced).expect("it can be written");
    let folder = TerminalFolder::open(path.path()).expect("it is there");
    (path, folder)
}

fn meal(price: u64) -> Vec<Line> {
    vec![Line {
        product: Product::Service(1),
        units: 1,
        price: Tiyn(price),
        listing: None,
    }]
}

fn decide(folder: &TerminalFolder, at: TimeMs, price: u64) -> Result<serve::Served, Code> {
    let served = serve::decide(folder, &key(), (ID, None), meal(price), at);
    served.map_err(|failure| failure.code)
}

#[test]
fn a_terminal_meets_each_rule_by_itself() {
    type Change = fn(&mut Synced, &mut Voucher);
    let hour = TimeMs(SYNCED_AT.0 + HOUR_MS);
    let cases: [(&str, Change, TimeMs, u64, Option<Code>); 16] = [
        ("as it should be", |_, _| (), hour, 90_000, None),
        (
            "more than a minute before the sync",
            |_, _| (),
            TimeMs(SYNCED_AT.0 - 60_001),
            90_000,
            Some(Code::TERMINAL_CLOCK),
        ),
        (
            "a minute before it",
            |_, _| (),
            TimeMs(SYNCED_AT.0 - 60_000),
            90_000,
            None,
        ),
        (
            "after two days",
            |_, _| (),
            TimeMs(SYNCED_AT.0 + 2 * DAY_MS + 1),
            90_000,
            Some(Code::OFFLINE_HOURS),
        ),
        (
            "a closed day",
            |_, _| (),
            TimeMs(SYNCED_AT.0 + DAY_MS),
            90_000,
            Some(Code::WRONG_DAY),
        ),
        (
            "issued after the sync",
            |_, it| it.issued_at.0 = SYNCED_AT.0 + 1,
            hour,
            90_000,
            Some(Code::OFFLINE_UNKNOWN),
        ),
        (
            "revoked",
            |_, it| it.standing = Standing::Revoked,
            hour,
            90_000,
            Some(Code::VOUCHER_REVOKED),
        ),
        (
            "suspended",
            |_, it| it.standing = Standing::Suspended,
            hour,
            90_000,
            Some(Code::VOUCHER_STATE),
        ),
        (
            "not activated",
            |_, it| it.standing = Standing::Issued,
            hour,
            90_000,
            Some(Code::NOT_ACTIVATED),
        ),
        (
            "its time ends meanwhile",
            |_, it| it.until = SYNCED_AT,
            hour,
            90_000,
            Some(Code::VOUCHER_EXPIRED),
        ),
        (
            "of another school",
            |_, it| it.place = Some(OrgId(41)),
            hour,
            90_000,
            Some(Code::WRONG_PLACE),
        ),
        (
            "the caterer's contract ends meanwhile",
            |synced, _| synced.state.session.service.until = SYNCED_AT,
            hour,
            90_000,
            Some(Code::NOT_WHITELISTED),
        ),
        (
            "reported absent",
            |_, it| it.absences = it.absences.with(FRIDAY, true),
            hour,
            90_000,
            Some(Code::ABSENT),
        ),
        (
            "above the cap",
            |_, _| (),
            hour,
            150_001,
            Some(Code::PRICE_ABOVE_CAP),
        ),
        (
            "more than is left",
            |_, it| it.left = Tiyn(89_999),
            hour,
            90_000,
            Some(Code::INSUFFICIENT),
        ),
        ("for nothing", |_, _| (), hour, 0, Some(Code::AMOUNT_ZERO)),
    ];
    for (case, change, at, price, expected) in cases {
        let mut synced = synced();
        let mut voucher = voucher();
        change(&mut synced, &mut voucher);
        synced.vouchers.insert(ID, voucher);
        let (_path, folder) = folder(&synced);
        assert_eq!(decide(&folder, at, price).err(), expected, "{case}");
    }
}

#[test]
fn what_was_served_counts_and_is_there_after_a_restart() {
    let mut first = synced();
    // Two uses of a day, so that the session's own bound is what stops the third.
    let two_a_day = Rules {
        uses_per_day_max: Some(2),
        ..rules()
    };
    let policy = first.policies.get_mut(&1).expect("it is there");
    policy.parameters = codec::encode(&Parameters(vec![two_a_day]));
    let (path, mut folder) = folder(&first);
    let at = |minutes: u64| TimeMs(SYNCED_AT.0 + minutes * 60_000);
    let served = decide(&folder, at(2), 90_000).expect("a meal");
    assert_eq!(
        (served.record.sequence, served.record.previous),
        (17, Hash([9; 32]))
    );
    assert_eq!(served.left, Tiyn(110_000));
    let before = served.record.hash();
    folder.append(&key(), served).expect("it is written");
    drop(folder);

    let mut folder = TerminalFolder::open(path.path()).expect("it is there");
    assert_eq!(
        decide(&folder, at(1), 90_000).err(),
        Some(Code::TERMINAL_CLOCK)
    );
    assert_eq!(
        decide(&folder, at(3), 110_001).err(),
        Some(Code::INSUFFICIENT)
    );
    let served = decide(&folder, at(3), 110_000).expect("all that is left");
    assert_eq!(
        (served.record.sequence, served.record.previous),
        (18, before)
    );
    folder.append(&key(), served).expect("it is written");
    drop(folder);
    let folder = TerminalFolder::open(path.path()).expect("it is there");
    assert_eq!(folder.used(), 2);
    let third = decide(&folder, at(4), 1).err();
    assert_eq!(third, Some(Code::OFFLINE_COUNT));
}

#[test]
fn a_crash_within_a_sync_leaves_the_session_before_or_the_new_one() {
    let (path, mut folder) = folder(&synced());
    let at = TimeMs(SYNCED_AT.0 + HOUR_MS);
    let served = decide(&folder, at, 90_000).expect("a meal");
    let head = served.record.hash();
    folder.append(&key(), served).expect("it is written");
    drop(folder);
    let before = std::fs::read(path.path().join("records")).expect("a record");
    let mut second = synced();
    second.state.next = 18;
    second.state.head = head;
    second.state.session.number = 2;
    second.state.session.first = 18;
    TerminalFolder::begin(path.path(), &second).expect("it is written");
    // The records of the session before were not cleared away.
    std::fs::write(path.path().join("records"), &before).expect("it is put back");
    let folder = TerminalFolder::open(path.path()).expect("the new session");
    assert!(folder.lines.is_empty());
    assert_eq!((folder.next(), folder.used()), ((18, head), 0));
    decide(&folder, at, 90_000).expect("what the ledger knew at the sync is what counts");
}

#[test]
fn a_folder_without_a_sync_serves_nobody() {
    let path = tempfile::tempdir().expect("a folder");
    let opened = TerminalFolder::open(path.path()).err();
    let code = opened.map(|failure| failure.code);
    assert_eq!(code, Some(Code::TERMINAL_NOT_SYNCED));
}
