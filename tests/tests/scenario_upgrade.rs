//! The validators change: what the registry executes at H acts from H + 2, for nodes and light clients.

use senim_abi::registry::Execute;
use senim_light_client::LightClient;
use senim_tests::world::people::{self, Request};
use senim_tests::world::{Options, World};
use senim_types::{Code, Height, OrgId, Tiyn, ValidatorSet, codec};

fn hashes(world: &World, height: Height) -> (senim_types::Hash, senim_types::Hash) {
    let header = world.nodes[0]
        .block(height)
        .expect("committed")
        .block
        .header
        .clone();
    (header.validators_hash, header.next_validators_hash)
}

fn another_block(world: &mut World) -> Height {
    let name = format!("after height {}", world.nodes[0].tip().height);
    world.apply("fund", people::allot(&name, Tiyn(1))).height
}

fn set_without(set: &ValidatorSet, key: senim_types::PublicKey) -> ValidatorSet {
    let left = set
        .validators()
        .iter()
        .filter(|validator| validator.key != key)
        .cloned();
    ValidatorSet::new(left.collect()).expect("three are a set")
}

/// A client that trusts the genesis follows a change of the set at `height`, and nothing else does.
fn follows(world: &World, client: &mut LightClient, height: Height, new: &ValidatorSet) {
    let record = |height: Height| world.nodes[0].block(height).expect("committed");
    let proof_at = |height: Height| {
        let hash = record(height).block.transactions[0].hash();
        codec::encode(&world.proof(&hash))
    };
    let (next, acting) = (height.next(), height.next().next());
    client
        .receipt(&proof_at(height))
        .expect("the old set certifies the change");
    client
        .receipt(&proof_at(next))
        .expect("and the block after it");
    assert_eq!(
        client.receipt(&proof_at(acting)),
        Err(Code::VALIDATORS_HASH),
        "the new set is not trusted yet"
    );
    let old = client.validators().clone();
    let (early, last) = (record(height), record(next));
    let refused = client.advance(&early.block.header, &early.certificate, new.clone());
    assert_eq!(
        refused,
        Err(Code::VALIDATORS_HASH),
        "the block of the change does not name the new set"
    );
    let refused = client.advance(&last.block.header, &last.certificate, old);
    assert_eq!(
        refused,
        Err(Code::VALIDATORS_HASH),
        "only the set that the header names"
    );
    client
        .advance(&last.block.header, &last.certificate, new.clone())
        .expect("H + 1 names it");
    client
        .receipt(&proof_at(acting))
        .expect("the new set is trusted");
    client
        .receipt(&proof_at(next))
        .expect("the block that moved the trust stays known");
    assert_eq!(
        client.receipt(&proof_at(height)),
        Err(Code::HEADER_HEIGHT),
        "trust moves forwards only"
    );
}

#[test]
fn a_removed_validator_has_no_vote_from_the_block_after_next() {
    let mut world = World::of(4, 41);
    let mut client = LightClient::from_genesis(&world.network.genesis);
    let old = world.network.genesis.validators.clone();
    let removed = world.nodes[3].key;
    let new = set_without(&old, removed);
    let remove = Execute::RemoveValidator { validator: removed };
    let height = world.apply("operator", Request::registry(&remove)).height;
    another_block(&mut world);
    another_block(&mut world);
    assert_eq!(hashes(&world, height), (old.hash(), old.hash()));
    assert_eq!(
        hashes(&world, Height(height.0 + 1)),
        (old.hash(), new.hash())
    );
    assert_eq!(
        hashes(&world, Height(height.0 + 2)),
        (new.hash(), new.hash())
    );
    follows(&world, &mut client, height, &new);

    // It still follows the chain, and the chain does without it. Three of three: none may be missing.
    for _ in 0..4 {
        another_block(&mut world);
    }
    for block in world.nodes[0]
        .blocks()
        .iter()
        .filter(|record| record.block.header.height.0 >= height.0 + 2)
    {
        assert_ne!(block.block.header.proposer, removed);
        assert!(
            block
                .certificate
                .signatures
                .iter()
                .all(|signature| signature.validator < 3)
        );
    }
    world.stop(3);
    another_block(&mut world);
    // A restart in between remembers whose turn it is.
    world.stop(0);
    world.start(0);
    another_block(&mut world);
}

#[test]
fn a_validator_that_joins_votes_from_the_block_after_next() {
    let mut world = World::new(Options {
        spares: 1,
        ..Options::new(4, 42)
    });
    let mut client = LightClient::from_genesis(&world.network.genesis);
    let old = world.network.genesis.validators.clone();
    let joined = world.nodes[4].key;
    // It follows before it is one.
    another_block(&mut world);
    assert_eq!(world.nodes[4].tip(), world.nodes[0].tip());
    let add = Execute::AddValidator {
        validator: joined,
        power: 1,
        org: OrgId(5),
    };
    let height = world.apply("operator", Request::registry(&add)).height;
    another_block(&mut world);
    another_block(&mut world);
    let new = world.nodes[0].status().validators;
    assert_eq!(new.validators().len(), 5);
    assert_eq!(hashes(&world, height), (old.hash(), old.hash()));
    assert_eq!(
        hashes(&world, Height(height.0 + 1)),
        (old.hash(), new.hash())
    );
    assert_eq!(
        hashes(&world, Height(height.0 + 2)),
        (new.hash(), new.hash())
    );
    follows(&world, &mut client, height, &new);

    // Four of five are a quorum: one old validator may go, now that the new one votes.
    world.stop(0);
    let index =
        u16::try_from(new.index_of(&joined).expect("it is in the set")).expect("a small set");
    for _ in 0..5 {
        let name = format!("after height {}", world.nodes[1].tip().height);
        let height = world.apply("fund", people::allot(&name, Tiyn(1))).height;
        let record = world.nodes[1].block(height).expect("committed");
        assert!(
            record
                .certificate
                .signatures
                .iter()
                .any(|signature| signature.validator == index)
        );
    }
    world.stop(1);
    let signed = world.sign("fund", people::allot("three of five", Tiyn(1)));
    world.offer(2, &codec::encode(&signed));
    let before = world.tips();
    world.advance(30_000);
    assert_eq!(world.tips(), before, "three of five are no quorum");
}
