//! A version of the protocol that this software does not know is scheduled: every node stops before its height and says
//! why, whatever dies when, and what is taken back in time stops nobody.

use senim_abi::ledger::{self, methods};
use senim_tests::world::World;
use senim_tests::world::people::{self, Request};
use senim_types::block::PROTOCOL_VERSION_NEWEST;
use senim_types::{Code, ContractId, Height, Tiyn};

fn schedule(version: u16, activation: Height) -> Request {
    let message = ledger::Execute::SetProtocol {
        version,
        activation,
    };
    assert_eq!(
        senim_types::codec::encode(&message)[0],
        methods::SET_PROTOCOL
    );
    Request::call(ContractId::LEDGER, &message)
}

#[test]
fn software_that_does_not_know_a_version_stops_before_its_height_and_stays_there() {
    let mut world = World::of(4, 71);
    world.nodes.iter_mut().for_each(|node| node.may_halt = true);
    let unknown = PROTOCOL_VERSION_NEWEST + 1;
    let from = world.nodes[0].tip().height.0;
    let early = Height(from + 4);
    world.apply("operator", schedule(unknown, early));
    let activation = Height(from + 8);
    world.apply("operator", schedule(unknown, activation));
    world.settle();
    for node in &world.nodes {
        assert_eq!(node.figures().unknown_protocol, Some(activation));
    }
    let mut number = 0;
    while world.nodes[0].tip().height.next() < activation {
        number += 1;
        let name = format!("before the change {number}");
        world.apply("fund", people::allot(&name, Tiyn(1)));
    }
    world.advance(120_000);
    for node in &world.nodes {
        let (code, reason) = node.halted.clone().expect("it stopped");
        assert_eq!(code, Code::PROTOCOL_UNKNOWN, "{reason}");
        assert_eq!(node.tip().height.next(), activation);
    }
}

#[test]
fn what_is_taken_back_in_time_stops_nobody() {
    let mut world = World::of(4, 72);
    let from = world.nodes[0].tip().height.0;
    let activation = Height(from + 5);
    world.apply(
        "operator",
        schedule(PROTOCOL_VERSION_NEWEST + 1, activation),
    );
    world.apply("operator", schedule(PROTOCOL_VERSION_NEWEST, activation));
    for number in 0..8 {
        let name = format!("afterwards {number}");
        world.apply("fund", people::allot(&name, Tiyn(1)));
    }
    assert!(world.nodes[0].tip().height > activation);
    assert!(world.nodes.iter().all(|node| node.halted.is_none()));
    assert_eq!(world.nodes[0].figures().unknown_protocol, None);
}
