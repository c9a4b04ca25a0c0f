//! All validators of the genesis are replaced, and a client that knows nothing but the genesis follows: by what
//! real nodes serve, also from a node whose store was lost and made anew from its log.

use senim_abi::registry::Execute;
use senim_light_client::{Bisection, Bounds, LightClient};
use senim_replica::{Read, ReadAnswer};
use senim_tests::world::people::{self, Request};
use senim_tests::world::{Node, Options, World};
use senim_types::checkpoint::SignedCheckpoint;
use senim_types::proof::LightBlock;
use senim_types::{Height, OrgId, Tiyn, codec};

fn light_block(node: &Node, height: Height) -> LightBlock {
    let height = Some(height);
    match node.read(Read::LightBlock { height }) {
        Ok(ReadAnswer::LightBlock(Some(block))) => *block,
        other => panic!("not a light block: {other:?}"),
    }
}

/// Follows to the node's tip; the heights that were fetched.
fn follow(world: &World, client: &mut LightClient, node: usize) -> Vec<Height> {
    let node = &world.nodes[node];
    let mut way = Bisection::new(client, node.tip().height);
    let mut fetched = Vec::new();
    while let Some(height) = way.wanted() {
        fetched.push(height);
        let block = light_block(node, height);
        way.take(client, block, world.now(), &Bounds::default())
            .expect("a sound chain");
    }
    fetched
}

fn replace_every_validator(world: &mut World) {
    for number in 0..4 {
        let (leaves, joins) = (world.nodes[number].key, world.nodes[4 + number].key);
        let add = Execute::AddValidator {
            validator: joins,
            power: 1,
            org: OrgId(5),
        };
        let remove = Execute::RemoveValidator { validator: leaves };
        world.apply("operator", Request::registry(&add));
        world.apply("operator", Request::registry(&remove));
        for _ in 0..2 {
            let name = format!("after height {}", world.nodes[4].tip().height);
            world.apply("fund", people::allot(&name, Tiyn(1)));
        }
    }
}

#[test]
fn a_client_of_the_genesis_follows_to_validators_that_it_has_never_heard_of() {
    let mut world = World::new(Options {
        spares: 4,
        ..Options::new(4, 77)
    });
    replace_every_validator(&mut world);
    let tip = world.settle();
    let genesis = world.network.genesis.clone();
    let now = world.nodes[4].status().validators;
    let left = genesis.validators.validators().iter();
    assert!(left.clone().all(|one| now.index_of(&one.key).is_none()));

    let mut client = LightClient::from_genesis(&genesis);
    let fetched = follow(&world, &mut client, 4);
    assert_eq!(client.height(), tip.height);
    assert!(fetched.len() > 2, "one jump is not enough: {fetched:?}");
    assert!(fetched.len() < tip.height.0 as usize, "nor are all needed");

    // The checkpoint of a validator that votes: proven, and cosigned by it alone.
    let (node, time) = (&world.nodes[4], tip.time);
    let text = node.checkpoint(time).expect("there are blocks");
    let proven = client.checkpoint(&text).expect("it holds");
    assert_eq!(
        (proven.checkpoint.size, &proven.header),
        (tip.height.0, &tip)
    );
    assert_eq!(proven.cosigned.len(), 1);
    assert_eq!(proven.cosigned[0].validator, node.key);
    assert_eq!(proven.cosigned[0].time_s, time.0 / 1000);
    // One that left signs nothing any more; its node still serves the proof.
    let text = world.nodes[0].checkpoint(time).expect("there are blocks");
    let proven = client.checkpoint(&text).expect("it holds");
    assert!(proven.cosigned.is_empty());
    let lines = SignedCheckpoint::parse(&text).expect("a note").lines.len();
    assert_eq!(lines, 1);

    // Every earlier header and log is proven under the tip, by whoever certified it.
    for height in 0..tip.height.0 {
        let question = Read::Header {
            height: Height(height),
            later: None,
        };
        let Ok(ReadAnswer::Header(Some(proof))) = world.nodes[4].read(question) else {
            panic!("no proof of header {height}");
        };
        let proven = client.header_in_log(&codec::encode(&*proof));
        assert_eq!(proven.map(|proof| proof.earlier.height), Ok(Height(height)));
        let question = Read::Consistency {
            size: Height(height + 1),
            later: None,
        };
        let Ok(ReadAnswer::Consistency(Some(proof))) = world.nodes[4].read(question) else {
            panic!("no proof of the log of {}", height + 1);
        };
        assert!(client.consistency(&codec::encode(&*proof)).is_ok());
    }

    // A node that lost its store makes all of it anew: also the sets that its state no longer has.
    let blocks = |node: &Node| -> Vec<LightBlock> {
        (1..=tip.height.0)
            .map(|height| light_block(node, Height(height)))
            .collect()
    };
    let before = blocks(&world.nodes[5]);
    world.stop(5);
    world.nodes[5].lose_store();
    world.start(5);
    assert_eq!(blocks(&world.nodes[5]), before);
    world.stop(5);
    world.start(5);
    assert_eq!(blocks(&world.nodes[5]), before, "and after a plain restart");
    let mut other = LightClient::from_genesis(&genesis);
    // Nodes hold different certificates, so the way may be another. It ends at the same.
    follow(&world, &mut other, 5);
    assert_eq!(other, client);
}
