//! A validator whose record of its own votes is damaged does not vote on: it does not start, and the way
//! back that `docs/storage.md` gives leads back.

use senim_state::disk::Disk;
use senim_tests::world::World;
use senim_tests::world::people;
use senim_types::{Code, Tiyn};

const VICTIM: usize = 2;
const VOTES: &str = "wal/consensus";

fn grow(world: &mut World, name: &str) {
    for number in 0..3 {
        world.apply("fund", people::allot(&format!("{name} {number}"), Tiyn(7)));
    }
}

/// A world of four whose third has stopped, and how many bytes its record of votes has.
fn stopped() -> (World, u64) {
    let mut world = World::of(4, 61);
    grow(&mut world, "before");
    world.settle();
    world.stop(VICTIM);
    let length = world.nodes[VICTIM].files().length(VOTES);
    let length = length.expect("memory").expect("it voted");
    (world, length)
}

#[test]
fn a_validator_whose_votes_are_damaged_does_not_start() {
    let (mut world, length) = stopped();
    for offset in (0..length).step_by(61) {
        let files = world.nodes[VICTIM].files();
        assert!(files.flip_bit(VOTES, offset, 3));
        let error = world.try_start(VICTIM).expect_err("it would forget a vote");
        assert_eq!(error.code(), Code::VOTES_DAMAGED, "byte {offset}: {error}");
        assert!(!world.nodes[VICTIM].is_running());
        let files = world.nodes[VICTIM].files();
        assert_eq!(files.length(VOTES), Ok(Some(length)), "nothing is cut away");
        assert!(files.flip_bit(VOTES, offset, 3));
    }
    world.start(VICTIM);
    grow(&mut world, "as it was");
}

#[test]
fn it_comes_back_by_observing_until_the_height_is_decided() {
    let (mut world, _) = stopped();
    assert!(world.nodes[VICTIM].files().flip_bit(VOTES, 0, 0));
    world.try_start(VICTIM).expect_err("it is damaged");
    grow(&mut world, "without it");

    world.nodes[VICTIM].files().remove(VOTES).expect("memory");
    world.start(VICTIM);
    world.settle();
    assert_eq!(world.nodes[VICTIM].tip(), world.nodes[0].tip());
    let observing = |world: &World| world.nodes[VICTIM].status().observing.is_some();
    assert!(observing(&world), "it may have forgotten a vote");
    grow(&mut world, "while it observes");
    world.settle();
    assert!(!observing(&world), "it remembers all that matters");

    // With another one gone there is no quorum without it.
    world.stop(0);
    grow(&mut world, "with it again");
    for node in world.running() {
        assert!(node.evidence.is_empty(), "nobody signed twice");
    }
}
