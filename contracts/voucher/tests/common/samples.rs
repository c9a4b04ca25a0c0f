//! One of everything, for golden bytes.

use super::*;
use senim_abi::civil::Month;
use senim_abi::marking::{Gtin, InnCode};
use senim_abi::policy::{
    Act, Clock, Delegated, Facts, Line, Listing, Place, Product, ProofKind, Token,
};
use senim_abi::voucher::msg::*;
use senim_abi::voucher::proof::*;
use senim_abi::voucher::record::*;
use senim_abi::voucher::*;
use senim_sdk::testing::key_of;
use senim_types::{Hash, TimeMs, Tiyn};

pub const ID: VoucherId = VoucherId(Hash([0xaa; 32]));
pub const AT: TimeMs = TimeMs(1_800_000_000_000);
pub const SERVICE: Service = Service {
    provider: CATERER,
    terminals: MEAL_SYSTEM,
    region: 71,
    until: AT,
};
pub const ENTRY: Entry = Entry {
    place: Some(SCHOOL),
    amount: Tiyn(123_456),
    mature_at: AT,
    until: AT,
};
pub const LISTING: Listing = Listing {
    price_max: Tiyn(5),
    units_per_pack: 30,
    share_basis_points: Some(5_000),
};
pub const MONTH: Month = Month::new(2027, 1);
pub const SERVED: Served = Served {
    provider: CATERER,
    period: MONTH,
};
pub const CALENDAR: Calendar = Calendar { open: 0b1010 };
pub const BOUNDS: Delegated = Delegated {
    until: AT,
    uses: 20,
    uses_per_day: 1,
};
pub const QR: fn() -> VoucherQr = || VoucherQr {
    voucher: ID,
    ephemeral: key_of(90),
    issued_at: AT,
    expires_at: AT,
};

pub fn delegation() -> Delegation {
    Delegation {
        key: key_of(CHILD),
        bounds: BOUNDS,
    }
}

pub fn products() -> [Product; 3] {
    [
        Product::Service(1),
        Product::Gtin(Gtin::new(4_006_381_333_931).unwrap()),
        Product::Inn(InnCode::new(b"A10BA02").unwrap()),
    ]
}

pub fn lines() -> Vec<Line> {
    products()
        .into_iter()
        .map(|product| Line {
            product,
            units: 2,
            price: Tiyn(7),
            listing: Some(LISTING),
        })
        .collect()
}

pub fn facts(act: Act) -> Facts {
    Facts {
        act,
        clock: Clock {
            now: AT,
            day: FRIDAY,
            minute: 780,
        },
        token: Token {
            arm: 1,
            issued_at: AT,
            mature_at: AT,
            until: AT,
            amount: Tiyn(8),
            left: Tiyn(7),
            uses: 6,
            uses_today: 5,
            uses_this_month: 4,
            spent_this_month: Tiyn(3),
            consented: true,
            activated: true,
            absent: false,
            delegated: Some(BOUNDS),
        },
        place: Place {
            place: SCHOOL,
            provider: CATERER,
            region: 71,
            open: Some(true),
        },
    }
}

pub fn acts() -> [(&'static str, Act); 6] {
    [
        ("issue", Act::Issue),
        ("activate", Act::Activate),
        ("delegate", Act::Delegate(BOUNDS)),
        (
            "redeem",
            Act::Redeem {
                lines: lines(),
                proof: ProofKind::Code,
            },
        ),
        ("top_up", Act::TopUp { amount: Tiyn(5) }),
        ("revoke", Act::Revoke),
    ]
}

pub fn holder(act: HolderAct) -> HolderStatement {
    HolderStatement {
        voucher: ID,
        at: AT,
        act,
    }
}

pub const RECENT: RecentUse = RecentUse {
    number: 8,
    day: FRIDAY,
    place: SCHOOL,
    provider: CATERER,
    by: MEAL_SYSTEM,
    paid: PRICE,
    at: AT,
    period: MONTH,
    vat_basis_points: 1_600,
    counts_person: true,
    delegated: false,
    refunded: false,
};

pub fn voucher(standing: Standing) -> Voucher {
    Voucher {
        programme: MEALS,
        version: 2,
        arm: 1,
        standing,
        holder: Some(key_of(PARENT)),
        place: Some(SCHOOL),
        issued_at: AT,
        mature_at: AT,
        until: AT,
        amount: Tiyn(999_999),
        left: Tiyn(123_456),
        uses: 7,
        refunds: 1,
        recent: vec![RECENT],
        last_use: Some(LastUse {
            day: FRIDAY,
            days: [1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            month: Used {
                uses: 3,
                spent: Tiyn(270_000),
            },
            month_before: Used {
                uses: 1,
                spent: Tiyn(90_000),
            },
        }),
        absences: Absences {
            from: 20_800,
            days: 5,
        },
        delegation: Some(delegation()),
        nullifier: Some(Hash([0xcc; 32])),
        consented: true,
        stated_at: AT,
    }
}

pub fn arms() -> Arms {
    Arms {
        commitment: Hash([0xdd; 32]),
        weights: vec![3, 1],
        seed: Some(Hash([0xee; 32])),
    }
}

pub fn whole_settings() -> Settings {
    Settings {
        arms: Some(arms()),
        ..free_settings()
    }
}

pub fn session() -> OfflineSession {
    OfflineSession {
        number: 3,
        place: SCHOOL,
        service: SERVICE,
        bounds: OFFLINE,
        first: 17,
        synced_at: AT,
    }
}

pub fn chain() -> OfflineChain {
    OfflineChain {
        start: 5,
        next: 19,
        head: Hash([0xab; 32]),
        at: AT,
        waiting: 2,
        session: session(),
    }
}

pub fn offline_record() -> OfflineRecord {
    OfflineRecord {
        session: 3,
        sequence: 18,
        previous: Hash([0xac; 32]),
        voucher: ID,
        at: AT,
        lines: meal(PRICE),
        proof: Proof::Code { at: AT },
    }
}

pub fn excess(answered: Option<Tiyn>) -> Excess {
    Excess {
        terminal: key_of(3),
        sequence: 18,
        voucher: ID,
        place: SCHOOL,
        provider: CATERER,
        at: AT,
        taken_at: AT,
        cost: PRICE,
        code: Code::DAILY_LIMIT,
        answered,
    }
}
