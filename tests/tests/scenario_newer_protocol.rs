//! A node whose software is older than the chain's protocol stops before the first block that it does not
//! know the rules of, says what it needs, and has lost nothing.

use senim_replica::PeerMessage;
use senim_replica::message::CertifiedBlock;
use senim_tests::world::World;
use senim_tests::world::people;
use senim_types::block::PROTOCOL_VERSION_NEWEST;
use senim_types::{Block, Code, CommitCertificate, CommitSignature, Round, Tiyn, VoteKind, codec};

const LAGGARD: usize = 3;

/// The block after the machine's tip under the next protocol version, as newer software decides it.
fn newer(world: &World) -> CertifiedBlock {
    let next = world.nodes[LAGGARD].tip().height.next();
    let record = world.nodes[0].block(next).expect("the others have it");
    let mut block: Block = record.block.clone();
    block.header.version = PROTOCOL_VERSION_NEWEST + 1;
    let mut certificate = CommitCertificate {
        height: next,
        round: Round(0),
        block: block.header.hash(),
        signatures: Vec::new(),
    };
    let set = world.nodes[0].status().validators;
    let bytes = certificate
        .vote()
        .signed_bytes(VoteKind::Precommit, &world.network.chain);
    for (_, key) in &world.network.validators {
        let index = set.index_of(&key.public()).expect("a validator");
        certificate.signatures.push(CommitSignature {
            validator: index as u16,
            signature: key.sign_bytes(&bytes),
        });
    }
    certificate
        .signatures
        .sort_by_key(|signature| signature.validator);
    CertifiedBlock {
        block: codec::encode(&block),
        certificate,
    }
}

#[test]
fn old_software_stops_before_a_block_of_a_newer_protocol_and_keeps_what_it_has() {
    let mut world = World::of(4, 81);
    world.apply("fund", people::allot("before", Tiyn(7)));
    world.settle();
    world.stop(LAGGARD);
    world.apply("fund", people::allot("meanwhile", Tiyn(7)));
    world.start(LAGGARD);
    let tip = world.nodes[LAGGARD].tip();
    let block = newer(&world);
    world.nodes[LAGGARD].may_halt = true;
    world.set_wire(Box::new(move |_, to, message| match message {
        PeerMessage::Blocks(_) if to == LAGGARD => {
            vec![PeerMessage::Blocks(vec![block.clone()])]
        }
        other => vec![other],
    }));
    world.run_until("it stops", |world| world.nodes[LAGGARD].halted.is_some());
    let (code, reason) = world.nodes[LAGGARD].halted.clone().expect("just now");
    assert_eq!(code, Code::PROTOCOL_UNKNOWN);
    assert!(
        reason.contains("version 2") && reason.contains("up to 1"),
        "{reason}"
    );
    assert!(
        world.nodes[LAGGARD].misbehaved.is_empty(),
        "nobody is to blame"
    );
    assert_eq!(
        world.nodes[LAGGARD].tip(),
        tip,
        "nothing was executed by old rules"
    );
    // What it has is what it had: software that knows the rules goes on from there.
    world.clear_wire();
    world.stop(LAGGARD);
    world.start(LAGGARD);
    world.settle();
    assert_eq!(world.nodes[LAGGARD].state(), world.nodes[0].state());
}
