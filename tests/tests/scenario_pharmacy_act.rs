//! A pharmacy's acts over two months, in virtual time: what was dispensed, in parts of packs, and what was undone, before
//! its month was cut and after.

use senim_abi::SETTLEMENT;
use senim_abi::settlement::{self, Act, ProgrammeId};
use senim_tests::world::World;
use senim_tests::world::people::{self, AMLODIPINE, amlodipine, metformin};
use senim_types::{TimeMs, Tiyn, TiynTotal};

/// The pharmacy's acts, in order.
fn acts(world: &World) -> Vec<Act> {
    let question = settlement::Query::Acts {
        programme: ProgrammeId(1),
        after: None,
    };
    let acts: Vec<Act> = world.query(SETTLEMENT, &question).expect("an answer");
    let own = acts.into_iter();
    own.filter(|act| act.body.act.provider == people::org_of("pharmacy"))
        .collect()
}

#[test]
fn an_act_has_what_was_dispensed_and_takes_off_what_was_undone() {
    let mut world = World::of(1, 91);
    let before = world.budget();
    let until = |world: &mut World, at: u64| world.advance(TimeMs(at).since_ms(world.now()));
    let dispensed = |world: &mut World, name: &str, item, pack, units, price| {
        let token = world.issued(name, vec![item]);
        world.held("pharmacy", &token);
        let request = world.dispensing("pharmacy", &token, pack, units, Tiyn(price));
        world.apply("pharmacy", request);
        token.group
    };
    let undone = |world: &mut World, group| {
        let key = people::hold_key("pharmacy", group);
        let request = people::reverse(&world.network, group, 0, &key);
        world.apply("pharmacy", request);
    };
    let amlodipine_pack = |serial| people::pack(AMLODIPINE, serial, "A2604", "2031-02-28");

    // The end of February, in the programme's civil time.
    until(&mut world, 1_772_064_000_000);
    let first = people::metformin_pack(1);
    let item = metformin(20, world.now());
    dispensed(&mut world, "a third of a pack", item, first, 20, 145_000);
    let item = metformin(40, world.now());
    dispensed(&mut world, "the rest of it", item, first, 40, 145_000);
    let item = amlodipine(30, world.now());
    let group = dispensed(
        &mut world,
        "undone",
        item,
        amlodipine_pack("AM0001"),
        30,
        98_000,
    );
    undone(&mut world, group);
    let item = metformin(60, world.now());
    let second = people::metformin_pack(2);
    let late = dispensed(&mut world, "undone in March", item, second, 60, 145_000);
    assert!(acts(&world).is_empty());

    // March, inside the ten days: February's act stays as it was cut.
    until(&mut world, 1_772_409_600_000);
    let item = amlodipine(30, world.now());
    dispensed(
        &mut world,
        "in March",
        item,
        amlodipine_pack("AM0002"),
        30,
        98_000,
    );
    let february = acts(&world);
    let body = &february[0].body;
    assert_eq!(
        (february.len(), body.lines, body.sum),
        (1, 4, TiynTotal(388_000))
    );
    assert_eq!((body.reversed_lines, body.reversed), (1, TiynTotal(98_000)));
    assert_eq!(body.payable, Tiyn(290_000));
    undone(&mut world, late);
    assert_eq!(acts(&world), february);

    // April: what was undone is a line of March's act.
    until(&mut world, 1_775_174_400_000);
    world.apply("fund", people::allot("more", Tiyn(1)));
    let all = acts(&world);
    let body = &all[1].body;
    assert_eq!((all.len(), body.lines, body.sum), (2, 1, TiynTotal(98_000)));
    assert_eq!(
        (body.reversed_lines, body.reversed),
        (1, TiynTotal(145_000))
    );
    assert_eq!(body.payable, Tiyn(0), "more was undone than dispensed");
    let spent = 388_000 - 98_000 - 145_000 + 98_000;
    let line = world.budget();
    assert_eq!(line.available().0, before.available().0 + 1 - spent);
}
