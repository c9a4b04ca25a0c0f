//! A disk that takes writes and cannot keep them: nothing is signed on what is not durable, and nothing
//! is acknowledged.

use senim_replica::{PeerMessage, SubmitAnswer};
use senim_state::disk::Unsynced;
use senim_state::fault::OperationClass;
use senim_state::store::Unflushed;
use senim_tests::world::World;
use senim_tests::world::people;
use senim_types::{Code, Tiyn, codec};
use std::cell::Cell;
use std::rc::Rc;

const VICTIM: usize = 2;

fn grow(world: &mut World, name: &str) {
    for number in 0..3 {
        world.apply("fund", people::allot(&format!("{name} {number}"), Tiyn(7)));
    }
}

/// Counts what the victim says about consensus from now on.
fn said(world: &mut World) -> Rc<Cell<u32>> {
    let count = Rc::new(Cell::new(0));
    let counted = Rc::clone(&count);
    let wire = move |_: usize, _: usize, message: PeerMessage| {
        if matches!(message, PeerMessage::Consensus(_)) {
            counted.set(counted.get() + 1);
        }
        vec![message]
    };
    world.set_wire_of(VICTIM, Box::new(wire));
    count
}

#[test]
fn a_validator_whose_votes_cannot_be_made_durable_signs_nothing_and_halts() {
    for class in [OperationClass::Wal, OperationClass::Log] {
        let mut world = World::of(4, 81);
        let before = world.sign("fund", people::allot("before", Tiyn(7)));
        let before = codec::encode(&before);
        assert!(
            world
                .deliver(&before)
                .expect("admitted")
                .status
                .is_applied()
        );
        world.settle();
        let tip = world.nodes[VICTIM].tip().height;
        let said = said(&mut world);
        world.nodes[VICTIM].may_halt = true;
        world.nodes[VICTIM].faults().set_sync_fails(Some(class));
        // The others go on without it.
        for number in 0..3 {
            let request = people::allot(&format!("meanwhile {number}"), Tiyn(7));
            let signed = world.sign("fund", request);
            world.offer(0, &codec::encode(&signed));
            world.advance(4_000);
        }
        assert!(world.nodes[0].tip().height.0 >= tip.0 + 3);
        let (code, reason) = world.nodes[VICTIM].halted.clone().expect("it halted");
        assert_eq!(code, Code::STORE_FAILED, "{class:?}: {reason}");
        assert!(world.nodes[VICTIM].status().halted);
        // Who asks it again about what it has is told so; more it does not take.
        let again = world.offer(VICTIM, &before);
        assert!(matches!(again, SubmitAnswer::Committed(_)), "{again:?}");
        let new = world.sign("fund", people::allot("too late", Tiyn(7)));
        let refused = world.offer(VICTIM, &codec::encode(&new));
        assert_eq!(refused, SubmitAnswer::Refused(Code::NOT_READY));
        world.offer(0, &codec::encode(&new));
        if class == OperationClass::Wal {
            assert_eq!(said.get(), 0, "it promised what it could not keep");
        }
        let acknowledged = world.nodes[VICTIM].acknowledged.last();
        let acknowledged = acknowledged.expect("it had blocks").height;
        assert_eq!(
            acknowledged, tip,
            "{class:?}: it acknowledged what it could not keep"
        );

        // A sound disk again: what was never durable is gone, and nobody misses it.
        world.stop(VICTIM);
        world.nodes[VICTIM].crash(Unsynced::Lost, Unflushed::Lost);
        world.start(VICTIM);
        grow(&mut world, "afterwards");
        world.settle();
        world.stop(0);
        grow(&mut world, "with it again");
        for node in world.running() {
            assert!(node.evidence.is_empty(), "{class:?}: nobody signed twice");
        }
    }
}
