//! Every guard of what people's keys sign, met by the statement that it stops.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::policy::Delegated;
use senim_abi::voucher::proof::{HolderAct, UseStatement, VoucherQr, lines_hash};
use senim_abi::voucher::record::Delegation;
use senim_abi::voucher::{Execute, Proof, VoucherId};
use senim_sdk::testing::{TestOutcome, key_of};
use senim_types::{Code, Hash, OrgId, PublicKey, Statement, TimeMs, Tiyn};

/// A live QR and what its parts would have to be signed with.
struct Shown {
    qr: VoucherQr,
    statement: UseStatement,
    by: PublicKey,
    with: PublicKey,
}

const EPHEMERAL: u8 = 90;

fn shown(world: &World, voucher: VoucherId, by: u8) -> Shown {
    let at = world.env.time();
    let ephemeral = key_of(EPHEMERAL);
    Shown {
        qr: VoucherQr {
            voucher,
            ephemeral,
            issued_at: at,
            expires_at: TimeMs(at.0 + 60_000),
        },
        statement: UseStatement {
            voucher,
            org: MEAL_SYSTEM,
            device: terminal().device,
            at,
            lines: lines_hash(&meal(PRICE)),
        },
        by: key_of(by),
        with: ephemeral,
    }
}

fn show(world: &mut World, voucher: VoucherId, shown: &Shown) -> TestOutcome {
    let witnesses = [shown.qr.by(shown.by), shown.statement.by(shown.with)];
    let message = redeem_with(voucher, PRICE, Proof::LiveQr(shown.qr));
    world.signed(terminal(), &message, &witnesses)
}

#[test]
fn a_live_qr_meets_each_guard() {
    type Forge = fn(&mut Shown);
    let cases: [(&str, Forge, Option<Code>); 15] = [
        ("as it should be", |_| (), None),
        ("by the child's key", |s| s.by = key_of(CHILD), None),
        (
            "by a stranger's key",
            |s| s.by = key_of(77),
            Some(Code::NOT_SIGNED),
        ),
        (
            "for another voucher",
            |s| s.qr.voucher = VoucherId(Hash([8; 32])),
            Some(Code::NOT_SIGNED),
        ),
        (
            "another ephemeral key than the QR's",
            |s| s.with = key_of(78),
            Some(Code::NOT_SIGNED),
        ),
        (
            "at another organisation",
            |s| s.statement.org = CATERER,
            Some(Code::NOT_SIGNED),
        ),
        (
            "at another terminal",
            |s| s.statement.device = key_of(79),
            Some(Code::NOT_SIGNED),
        ),
        (
            "for something else",
            |s| s.statement.lines = lines_hash(&meal(Tiyn(1))),
            Some(Code::NOT_SIGNED),
        ),
        (
            "of another time than the QR's",
            |s| s.statement.at.0 += 1,
            Some(Code::NOT_SIGNED),
        ),
        (
            "ends before it begins",
            |s| s.qr.expires_at = s.qr.issued_at,
            Some(Code::STATEMENT_WINDOW),
        ),
        (
            "lives to its limit",
            |s| s.qr.expires_at.0 = s.qr.issued_at.0 + 120_000,
            None,
        ),
        (
            "lives too long",
            |s| s.qr.expires_at.0 = s.qr.issued_at.0 + 120_001,
            Some(Code::STATEMENT_WINDOW),
        ),
        ("has ended", |s| s.at(-60_000), Some(Code::STATEMENT_WINDOW)),
        ("of a clock a minute fast", |s| s.at(60_000), None),
        (
            "of the future",
            |s| s.at(60_001),
            Some(Code::STATEMENT_WINDOW),
        ),
    ];
    for (case, forge, expected) in cases {
        let mut world = World::new();
        let voucher = delegated(&mut world);
        world.env.advance(200_000);
        let mut shown = shown(&world, voucher, PARENT);
        forge(&mut shown);
        assert_eq!(show(&mut world, voucher, &shown).code(), expected, "{case}");
    }
}

impl Shown {
    /// Made so many ms later.
    fn at(&mut self, later_ms: i64) {
        for time in [
            &mut self.qr.issued_at,
            &mut self.qr.expires_at,
            &mut self.statement.at,
        ] {
            time.0 = time.0.saturating_add_signed(later_ms);
        }
    }
}

/// A voucher of the parent's of which the child has a part.
fn delegated(world: &mut World) -> VoucherId {
    let voucher = world.activated();
    delegate(world, voucher, 20);
    voucher
}

fn delegate(world: &mut World, voucher: VoucherId, uses: u16) {
    world.env.advance(1);
    let child = Delegation {
        key: key_of(CHILD),
        bounds: Delegated {
            until: world.in_days(50),
            uses,
            uses_per_day: 1,
        },
    };
    let outcome = world.holder_acts(voucher, HolderAct::Delegate(child));
    assert_eq!(outcome.code(), None, "{outcome:?}");
}

#[test]
fn a_use_that_is_undone_is_the_delegates_again_but_no_later_ones() {
    let mut world = World::new();
    let voucher = delegated(&mut world);
    let uses = |world: &mut World| {
        let delegation = world.view(voucher).unwrap().voucher.delegation;
        delegation.unwrap().bounds.uses
    };
    world.env.advance(1);
    let shown = shown(&world, voucher, CHILD);
    assert_eq!(show(&mut world, voucher, &shown).code(), None);
    assert_eq!(uses(&mut world), 19);
    let number = 1;
    world.done(terminal(), &Execute::Refund { voucher, number });
    assert_eq!(uses(&mut world), 20);
    // What was shown once is worth nothing, all the same.
    let again = show(&mut world, voucher, &shown).code();
    assert_eq!(again, Some(Code::STATEMENT_REPLAYED));

    world.env.advance(1);
    let shown = self::shown(&world, voucher, CHILD);
    assert_eq!(show(&mut world, voucher, &shown).code(), None);
    delegate(&mut world, voucher, 5);
    let number = 2;
    world.done(terminal(), &Execute::Refund { voucher, number });
    assert_eq!(uses(&mut world), 5);
}

#[test]
fn a_photograph_of_a_qr_is_worthless_once_it_was_used() {
    let mut world = World::new();
    let voucher = delegated(&mut world);
    world.env.advance(1);
    let shown = shown(&world, voucher, PARENT);
    assert_eq!(show(&mut world, voucher, &shown).code(), None);
    assert_eq!(
        show(&mut world, voucher, &shown).code(),
        Some(Code::STATEMENT_REPLAYED)
    );
}

#[test]
fn a_code_meets_each_guard() {
    let signed = |world: &mut World, voucher, key, org: OrgId, at: TimeMs| {
        let statement = UseStatement {
            voucher,
            org,
            device: terminal().device,
            at,
            lines: lines_hash(&meal(PRICE)),
        };
        let message = redeem_with(voucher, PRICE, Proof::Code { at });
        world.signed(terminal(), &message, &[statement.by(key_of(key))])
    };
    let cases: [(&str, u8, OrgId, i64, Option<Code>); 6] = [
        ("as it should be", CHILD, MEAL_SYSTEM, 0, None),
        // A code is a delegate's: who has the holder's key shows a live QR.
        (
            "the holder's",
            PARENT,
            MEAL_SYSTEM,
            0,
            Some(Code::NOT_SIGNED),
        ),
        (
            "copied to another organisation",
            CHILD,
            CATERER,
            0,
            Some(Code::NOT_SIGNED),
        ),
        (
            "kept for later",
            CHILD,
            MEAL_SYSTEM,
            -120_001,
            Some(Code::STATEMENT_WINDOW),
        ),
        (
            "of the future",
            CHILD,
            MEAL_SYSTEM,
            60_001,
            Some(Code::STATEMENT_WINDOW),
        ),
        (
            "from before the delegation",
            CHILD,
            MEAL_SYSTEM,
            -100_001,
            Some(Code::STATEMENT_REPLAYED),
        ),
    ];
    for (case, key, org, later_ms, expected) in cases {
        let mut world = World::new();
        let voucher = delegated(&mut world);
        world.env.advance(100_000);
        let at = TimeMs(world.env.time().0.saturating_add_signed(later_ms));
        assert_eq!(
            signed(&mut world, voucher, key, org, at).code(),
            expected,
            "{case}"
        );
    }
    // Taken back, its time over, or never given.
    let mut world = World::new();
    let voucher = delegated(&mut world);
    world.env.advance(50 * DAY_MS);
    let now = world.env.time();
    assert_eq!(
        signed(&mut world, voucher, CHILD, MEAL_SYSTEM, now).code(),
        Some(Code::DELEGATION_ENDED)
    );
    assert_eq!(
        world.holder_acts(voucher, HolderAct::Undelegate).code(),
        None
    );
    world.env.advance(1);
    let now = world.env.time();
    assert_eq!(
        signed(&mut world, voucher, CHILD, MEAL_SYSTEM, now).code(),
        Some(Code::NOT_SIGNED)
    );
}

#[test]
fn an_act_of_the_holders_meets_each_guard() {
    use senim_abi::voucher::proof::HolderStatement;
    let act = |world: &mut World, voucher, key: u8, later_ms: i64, act| {
        let at = TimeMs(world.env.time().0.saturating_add_signed(later_ms));
        let statement = HolderStatement { voucher, at, act };
        let witness: Statement = statement.by(key_of(key));
        world
            .signed(wallets(), &Execute::ByHolder { statement }, &[witness])
            .code()
    };
    let mut world = World::new();
    let voucher = world.consented();
    assert_eq!(
        act(&mut world, voucher, PARENT, 0, HolderAct::Activate),
        Some(Code::NO_HOLDER)
    );
    world.done(identity(), &bind(voucher, PARENT));
    for (case, key, later_ms, expected) in [
        ("a stranger's key", CHILD, 0, Some(Code::NOT_SIGNED)),
        (
            "an old signature",
            PARENT,
            -120_001,
            Some(Code::STATEMENT_WINDOW),
        ),
        (
            "of the future",
            PARENT,
            60_001,
            Some(Code::STATEMENT_WINDOW),
        ),
        ("as it should be", PARENT, 0, None),
        ("again", PARENT, 0, Some(Code::STATEMENT_REPLAYED)),
        ("again, signed anew", PARENT, 1, Some(Code::VOUCHER_STATE)),
    ] {
        assert_eq!(
            act(&mut world, voucher, key, later_ms, HolderAct::Activate),
            expected,
            "{case}"
        );
    }
    let delegate = |key, until, uses, uses_per_day| {
        HolderAct::Delegate(Delegation {
            key: key_of(key),
            bounds: Delegated {
                until,
                uses,
                uses_per_day,
            },
        })
    };
    let (now, later) = (world.env.time(), world.in_days(10));
    for (number, (wanted, expected)) in [
        (delegate(PARENT, later, 1, 1), Some(Code::OUT_OF_RANGE)),
        (delegate(CHILD, now, 1, 1), Some(Code::OUT_OF_RANGE)),
        (delegate(CHILD, later, 0, 1), Some(Code::OUT_OF_RANGE)),
        (delegate(CHILD, later, 1, 0), Some(Code::OUT_OF_RANGE)),
        (
            delegate(CHILD, later, 181, 1),
            Some(Code::DELEGATION_BOUNDS),
        ),
        (delegate(CHILD, later, 180, 1), None),
    ]
    .into_iter()
    .enumerate()
    {
        let later_ms = 10 + number as i64;
        assert_eq!(
            act(&mut world, voucher, PARENT, later_ms, wanted),
            expected,
            "case {number}"
        );
    }
    // Who was never asked has no consent to take back.
    let mut world = World::new();
    let voucher = world.issued(1);
    assert_eq!(
        act(&mut world, voucher, PARENT, 0, HolderAct::Withdraw),
        Some(Code::VOUCHER_STATE)
    );
}
