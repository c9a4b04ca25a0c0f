//! A validator that may have forgotten votes observes until it cannot contradict one: restored from a
//! backup, with its votes gone, or with a log older than its votes.

use senim_replica::PeerMessage;
use senim_state::disk::Disk;
use senim_tests::world::World;
use senim_tests::world::people;
use senim_types::{Height, PublicKey, Tiyn};
use std::cell::RefCell;
use std::rc::Rc;

const VICTIM: usize = 2;
const MARKER: &str = "wal/observing";

fn grow(world: &mut World, name: &str, blocks: u64) {
    for number in 0..blocks {
        world.apply("fund", people::allot(&format!("{name} {number}"), Tiyn(7)));
    }
}

/// The height after which the victim votes, once it knows it.
fn until(world: &World) -> Option<Height> {
    let observing = world.nodes[VICTIM].status().observing;
    observing.expect("it observes").until
}

/// Waits until the three others have said how far they are.
fn told(world: &mut World) -> Height {
    world.run_until("it is told", |world| until(world).is_some());
    until(world).expect("it was told just now")
}

fn observes(world: &World) -> bool {
    world.nodes[VICTIM].status().observing.is_some()
}

/// A world of four whose third lost its disk, got an old backup and is about to start.
fn restored(seed: u64) -> World {
    let mut world = World::of(4, seed);
    grow(&mut world, "before", 3);
    let backup = world.nodes[VICTIM].back_up();
    grow(&mut world, "since", 4);
    world.settle();
    world.stop(VICTIM);
    world.nodes[VICTIM].restore(&backup);
    world
}

/// Heights of what the victim signs from now on.
fn signed(world: &mut World) -> Rc<RefCell<Vec<Height>>> {
    let heights = Rc::new(RefCell::new(Vec::new()));
    let noted = Rc::clone(&heights);
    world.set_wire_of(
        VICTIM,
        Box::new(move |_, _, message| {
            if let PeerMessage::Consensus(message) = &message {
                noted.borrow_mut().push(message.height());
            }
            vec![message]
        }),
    );
    heights
}

#[test]
fn a_restored_validator_signs_nothing_before_all_that_it_may_have_signed_is_decided() {
    let mut world = restored(71);
    let lost_at = world.nodes[0].tip().height;
    let signed = signed(&mut world);
    world.start(VICTIM);
    assert!(world.nodes[VICTIM].tip().height < lost_at, "an old backup");
    assert!(observes(&world));
    let end = told(&mut world);
    assert_eq!(end, Height(lost_at.0 + 2));

    while world.nodes[VICTIM].tip().height < end {
        assert!(observes(&world));
        assert_eq!(signed.borrow().as_slice(), []);
        let name = format!("observed {}", world.now().0);
        grow(&mut world, &name, 1);
        world.settle();
    }
    assert!(!observes(&world), "it votes again");
    let files_are_clean = |world: &mut World| {
        world.stop(VICTIM);
        let left = world.nodes[VICTIM].files().length(MARKER);
        world.start(VICTIM);
        left == Ok(None)
    };
    assert!(files_are_clean(&mut world) && !observes(&world));
    // With another one gone there is no quorum without it.
    world.stop(0);
    grow(&mut world, "with it again", 2);
    let first = signed.borrow().iter().min().copied();
    assert!(first > Some(end), "{first:?} is above {end}");
    for node in world.running() {
        assert!(node.evidence.is_empty(), "nobody signed twice");
    }
}

#[test]
fn what_it_has_learnt_survives_its_death_and_a_damaged_mark_only_makes_it_ask_again() {
    let mut world = restored(72);
    world.start(VICTIM);
    let end = told(&mut world);
    grow(&mut world, "one more", 1);
    world.settle();
    world.stop(VICTIM);
    world.start(VICTIM);
    assert_eq!(until(&world), Some(end), "not later than before");

    world.stop(VICTIM);
    let files = world.nodes[VICTIM].files();
    let length = files.length(MARKER).expect("memory").expect("it observes");
    for offset in 0..length {
        assert!(world.nodes[VICTIM].files().flip_bit(MARKER, offset, 1));
        world.start(VICTIM);
        assert_eq!(until(&world), None, "byte {offset}");
        world.stop(VICTIM);
        assert!(world.nodes[VICTIM].files().flip_bit(MARKER, offset, 1));
    }
    world.start(VICTIM);
    assert_eq!(until(&world), Some(end));
}

#[test]
fn a_log_that_is_older_than_the_votes_is_noticed() {
    let mut world = World::of(4, 73);
    grow(&mut world, "before", 3);
    let backup = world.nodes[VICTIM].back_up();
    grow(&mut world, "since", 4);
    world.settle();
    world.stop(VICTIM);
    // Somebody puts the log back by hand, and leaves the votes where they are.
    let votes = {
        let files = world.nodes[VICTIM].files();
        let length = files.length("wal/consensus").expect("memory");
        let length = usize::try_from(length.expect("it voted")).expect("small");
        files.read("wal/consensus", 0, length).expect("memory")
    };
    world.nodes[VICTIM].restore(&backup);
    let files = world.nodes[VICTIM].files();
    files.remove(MARKER).expect("memory");
    files.append("wal/consensus", &votes).expect("memory");
    world.start(VICTIM);
    assert!(observes(&world));
}

#[test]
fn a_claim_that_is_not_of_a_validator_or_not_of_now_ends_no_observation() {
    let mut world = restored(74);
    // Nobody but the forger is heard.
    world.set_wire(Box::new(|_, to, message| match message {
        PeerMessage::Tip { .. } if to == VICTIM => Vec::new(),
        message => vec![message],
    }));
    world.start(VICTIM);
    world.settle();
    let keys: Vec<PublicKey> = world.nodes.iter().map(|node| node.key).collect();
    let tip = world.nodes[VICTIM].tip().height;
    for (from, nonce) in [(0, 0), (1, 7), (3, u64::MAX)] {
        let told = PeerMessage::Tip {
            nonce,
            height: tip,
            validator: Some(keys[from]),
        };
        world.forge(from, VICTIM, &told);
    }
    world.settle();
    assert_eq!(until(&world), None, "they answer no question of this life");
    world.clear_wire();
    told(&mut world);
}

#[test]
fn a_liar_who_claims_to_be_the_others_is_not_heard_for_them() {
    let mut world = restored(75);
    let keys: Vec<PublicKey> = world.nodes.iter().map(|node| node.key).collect();
    // Node 0 answers for all of them, the others not at all.
    let mut times = 0;
    world.set_wire(Box::new(move |from, to, message| match message {
        PeerMessage::Tip { nonce, height, .. } if to == VICTIM => {
            times += 1;
            let validator = Some(keys[[0, 1, 3][times % 3]]);
            let told = PeerMessage::Tip {
                nonce,
                height,
                validator,
            };
            if from == 0 { vec![told] } else { Vec::new() }
        }
        message => vec![message],
    }));
    world.start(VICTIM);
    world.advance(20_000);
    assert_eq!(until(&world), None);
}

#[test]
fn a_validator_without_others_observes_until_its_operator_acts() {
    let mut world = World::of(1, 76);
    grow(&mut world, "before", 2);
    let tip = world.settle().height;
    world.stop(0);
    world.nodes[0]
        .files()
        .remove("wal/consensus")
        .expect("memory");
    world.start(0);
    world.advance(600_000);
    assert_eq!(world.nodes[0].tip().height, tip, "it signs nothing");
    let observing = world.nodes[0].status().observing.expect("it says why");
    assert_eq!(observing.until, None);
}
