//! Packs, quantities, prices and budgets that no redemption may have.

use senim_tests::world::clients::is_charged;
use senim_tests::world::people::{
    self, DAY_MS, METFORMIN, METFORMIN_CAP, amlodipine, metformin, metformin_pack, pack,
};
use senim_tests::world::{World, secret};
use senim_types::{Code, OrgId, Tiyn, codec};

const PRICE: Tiyn = Tiyn(140_000);

fn world() -> World {
    // Four validators: what one refuses all refuse, and their whole states stay the same.
    World::of(4, 15)
}

#[test]
fn packs() {
    let mut world = world();
    for (lot, expiry, serials) in [("R1", "2030-01-31", ["R1A"]), ("E1", "2026-02-05", ["E1A"])] {
        world.apply(
            "regulator",
            people::introduce(METFORMIN, lot, expiry, OrgId(20), &serials),
        );
    }
    world.apply("regulator", people::recall(METFORMIN, "R1"));
    world.apply(
        "regulator",
        people::introduce(METFORMIN, "AWAY", "2030-01-31", OrgId(21), &["AWAY1"]),
    );
    world.advance(4 * DAY_MS);
    let first = world.issued("supplied before", vec![metformin(60, world.now())]);
    world.held("pharmacy", &first);
    let request = world.dispensing("pharmacy", &first, metformin_pack(1), 60, PRICE);
    world.apply("pharmacy", request);

    let token = world.issued("of a person", vec![metformin(60, world.now())]);
    world.held("pharmacy", &token);
    let right = metformin_pack(2);
    let table = [
        (
            "unknown",
            pack(METFORMIN, "NEVER", "M2601", "2031-05-31"),
            Code::PACK_UNKNOWN,
        ),
        (
            "of an unknown product",
            pack("04870001009991", "MF0002", "M2601", "2031-05-31"),
            Code::PACK_UNKNOWN,
        ),
        (
            "already supplied",
            metformin_pack(1),
            Code::PACK_ALREADY_SUPPLIED,
        ),
        (
            "recalled",
            pack(METFORMIN, "R1A", "R1", "2030-01-31"),
            Code::PACK_RECALLED,
        ),
        (
            "expired",
            pack(METFORMIN, "E1A", "E1", "2026-02-05"),
            Code::PACK_EXPIRED,
        ),
        (
            "wrong lot",
            pack(METFORMIN, "MF0002", "M2602", "2031-05-31"),
            Code::PACK_LOT_MISMATCH,
        ),
        (
            "wrong expiry",
            pack(METFORMIN, "MF0002", "M2601", "2031-06-30"),
            Code::PACK_EXPIRY_MISMATCH,
        ),
        (
            "elsewhere",
            pack(METFORMIN, "AWAY1", "AWAY", "2030-01-31"),
            Code::PACK_NOT_HERE,
        ),
        (
            "wrong medicine",
            pack(people::AMLODIPINE, "AM0001", "A2604", "2031-02-28"),
            Code::INN_MISMATCH,
        ),
    ];
    for (case, code_of_pack, code) in table {
        let units = if case == "wrong medicine" { 30 } else { 60 };
        let request = world.dispensing("pharmacy", &token, code_of_pack, units, Tiyn(90_000));
        is_charged(&mut world, case, "pharmacy", request, code);
    }
    // A code that no scanner gives: its GTIN has a wrong check digit.
    let mut request = world.dispensing("pharmacy", &token, right, 60, PRICE);
    let gtin = codec::encode(&right.gtin);
    let input = &mut request.calls[0].input;
    let at = input
        .windows(gtin.len())
        .position(|part| part == gtin)
        .expect("it is in there");
    input[at] ^= 1;
    is_charged(
        &mut world,
        "malformed code",
        "pharmacy",
        request,
        Code::GTIN_INVALID,
    );

    let table = [
        (
            "more than prescribed",
            61,
            PRICE,
            Code::QTY_EXCEEDS_REMAINING,
        ),
        ("nothing", 0, PRICE, Code::OUT_OF_RANGE),
        (
            "above the cap",
            60,
            Tiyn(METFORMIN_CAP.0 + 1),
            Code::PRICE_ABOVE_CAP,
        ),
    ];
    for (case, units, price, code) in table {
        let request = world.dispensing("pharmacy", &token, right, units, price);
        is_charged(&mut world, case, "pharmacy", request, code);
    }
    // After all that, the right pack at the right price.
    let request = world.dispensing("pharmacy", &token, right, 60, METFORMIN_CAP);
    world.apply("pharmacy", request);

    let large = world.issued("of more than a pack", vec![metformin(120, world.now())]);
    world.held("pharmacy", &large);
    let request = world.dispensing("pharmacy", &large, metformin_pack(3), 61, PRICE);
    is_charged(
        &mut world,
        "more than a pack has",
        "pharmacy",
        request,
        Code::PACK_UNITS_EXCEEDED,
    );
    let mut capped = metformin(60, world.now());
    capped.price_cap = Some(Tiyn(2_000));
    let capped = world.issued("capped by the unit", vec![capped]);
    world.held("pharmacy", &capped);
    let request = world.dispensing("pharmacy", &capped, metformin_pack(3), 60, Tiyn(120_001));
    is_charged(
        &mut world,
        "above the prescription's own cap",
        "pharmacy",
        request,
        Code::PRICE_ABOVE_CAP,
    );
    let weaker = {
        let mut item = metformin(60, world.now());
        item.strength = Some(people::value("850mg"));
        world.issued("of another strength", vec![item])
    };
    world.held("pharmacy", &weaker);
    let request = world.dispensing("pharmacy", &weaker, metformin_pack(3), 60, PRICE);
    is_charged(
        &mut world,
        "wrong strength",
        "pharmacy",
        request,
        Code::STRENGTH_MISMATCH,
    );
}

#[test]
fn what_is_not_borne_and_an_exhausted_budget() {
    let mut world = world();
    let issue = |items| people::issue(secret("t").public(), items);
    let request = issue(vec![metformin(361, world.now())]);
    is_charged(
        &mut world,
        "more than may be prescribed",
        "clinic",
        request,
        Code::MAX_QUANTITY,
    );
    let mut unlisted = amlodipine(30, world.now());
    unlisted.inn = people::value("A10BB01");
    is_charged(
        &mut world,
        "a medicine that is not listed",
        "clinic",
        issue(vec![unlisted]),
        Code::CATEGORY_NOT_ENTITLED,
    );

    let token = world.issued("of a person", vec![metformin(60, world.now())]);
    world.held("pharmacy", &token);
    let available =
        u64::try_from(world.budget().available().0).expect("the devnet is not that rich");
    world.apply(
        "fund",
        people::withdraw("nearly all", Tiyn(available - PRICE.0 + 1)),
    );
    let request = world.dispensing("pharmacy", &token, metformin_pack(1), 60, PRICE);
    is_charged(
        &mut world,
        "budget exhausted",
        "pharmacy",
        request.clone(),
        Code::BUDGET_EXHAUSTED,
    );
    world.apply("fund", people::allot("a tiyn", Tiyn(1)));
    world.apply("pharmacy", request);
    assert_eq!(world.budget().available().0, 0);
    let more = people::withdraw("more than there is", Tiyn(1));
    is_charged(
        &mut world,
        "more than there is",
        "fund",
        more,
        Code::BUDGET_EXHAUSTED,
    );
}
