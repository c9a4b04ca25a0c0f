//! A validator dies at every write of a run of blocks, in every way that a disk may leave it: nothing that
//! it acknowledged is lost, and after its restart it never contradicts what it signed.

use senim_abi::registry::Execute;
use senim_abi::{Roles, treasury};
use senim_consensus::{ConsensusMessage, SignedVote};
use senim_execution::Engine;
use senim_replica::PeerMessage;
use senim_state::disk::Unsynced;
use senim_state::fault::{Faults, OperationClass};
use senim_state::ledger::LedgerOptions;
use senim_state::store::Unflushed;
use senim_tests::world::network::{self, GENESIS_TIME};
use senim_tests::world::people::{self, METFORMIN, Request};
use senim_tests::world::watch::Watch;
use senim_tests::world::{Network, Options, VALID_FOR_MS, World, secret, sign};
use senim_types::{
    Hash, Header, Height, OrgId, Round, SignedTransaction, TimeMs, Tiyn, Vote, VoteKind, codec,
};
use std::collections::BTreeMap;

/// What becomes of what was not durable: torn in the write that it died in, files, store.
const WAYS: [(bool, Unsynced, Unflushed); 8] = [
    (false, Unsynced::Lost, Unflushed::Lost),
    (false, Unsynced::Kept, Unflushed::Kept),
    (false, Unsynced::Torn, Unflushed::Lost),
    (false, Unsynced::Zeroed, Unflushed::Kept),
    (false, Unsynced::Lost, Unflushed::Mixed),
    (true, Unsynced::Torn, Unflushed::Mixed),
    (true, Unsynced::Kept, Unflushed::Lost),
    (true, Unsynced::Lost, Unflushed::Kept),
];

fn way(number: u64) -> (bool, Unsynced, Unflushed) {
    WAYS[(number % WAYS.len() as u64) as usize]
}

/// Small files and frequent flushes: a few blocks touch everything.
fn options(validators: usize) -> Options {
    let ledger = LedgerOptions {
        segment_bytes_max: 64 * 1024,
        flush_blocks: 2,
        journal_bytes_min: 1_000,
        recent_bytes_max: 4_000,
        ..LedgerOptions::default()
    };
    Options {
        ledger,
        flush_after_ms: 3,
        ..Options::new(validators, 51)
    }
}

/// What the clients want done. None of it depends on the time or the order of blocks, so every run ends
/// in the same state.
fn wishes(network: &Network) -> Vec<SignedTransaction> {
    let valid_until = TimeMs(GENESIS_TIME.0 + 12 * VALID_FOR_MS);
    let mut sequences: BTreeMap<&str, u64> = BTreeMap::new();
    let register = |org| Execute::RegisterOrganisation {
        org: OrgId(org),
        name: format!("Organisation {org}"),
        roles: Roles::PHARMACY,
        details: Hash::of(b"details"),
    };
    let requests = vec![
        ("fund", people::allot("first", Tiyn(10))),
        ("operator", Request::registry(&register(700))),
        (
            "regulator",
            people::introduce(METFORMIN, "C1", "2030-01-31", OrgId(20), &["C1A", "C1B"]),
        ),
        ("fund", people::withdraw("second", Tiyn(3))),
        (
            "regulator",
            people::introduce(METFORMIN, "C2", "2030-02-28", OrgId(21), &["C2A"]),
        ),
        ("fund", people::allot("third", Tiyn(5))),
    ];
    let signed = requests.into_iter().map(|(device, request)| {
        let next = sequences.entry(device).or_insert(0);
        *next += 1;
        sign(
            network,
            network.device(device),
            *next - 1,
            valid_until,
            request,
        )
    });
    signed.collect()
}

/// The shared parts of all runs.
struct Stage {
    network: Network,
    engine: Engine,
    wishes: Vec<SignedTransaction>,
}

impl Stage {
    fn new(validators: usize) -> Stage {
        let network = Network::new(validators);
        let engine = network::engine(&network.codes);
        let wishes = wishes(&network);
        Stage {
            network,
            engine,
            wishes,
        }
    }

    fn world(&self, validators: usize) -> World {
        World::with(
            options(validators),
            self.network.clone(),
            self.engine.clone(),
        )
    }
}

/// Has the wishes done one after the other, by whichever node runs, until `victim` dies. What every node
/// acknowledged before stays with the node.
fn play(world: &mut World, wishes: &[SignedTransaction], victim: usize) {
    for wish in wishes {
        let hash = wish.hash();
        if !world.nodes[victim].is_running() {
            return;
        }
        world.offer(victim, &codec::encode(wish));
        world.run_until("a wish on every node, or a death", |world| {
            !world.nodes[victim].is_running() || world.running().all(|node| node.has(&hash))
        });
    }
}

/// That all that the victim acknowledged is there again.
fn nothing_is_lost(world: &World, victim: usize, context: &str) {
    let node = &world.nodes[victim];
    let tip = node.tip().height;
    for header in &node.acknowledged {
        assert!(
            tip >= header.height,
            "{context}: height {} was acknowledged",
            header.height
        );
        let record = node.block(header.height).expect("it is not above the tip");
        assert_eq!(record.block.header, *header, "{context}");
        assert_eq!(record.certificate.block, header.hash(), "{context}");
    }
}

fn assert_all_classes(counts: &BTreeMap<OperationClass, u64>) {
    for class in [
        OperationClass::Log,
        OperationClass::Store,
        OperationClass::Checkpoint,
        OperationClass::Wal,
    ] {
        assert!(
            counts.get(&class).is_some_and(|count| *count > 0),
            "no write of {class:?}"
        );
    }
    assert_eq!(
        counts.get(&OperationClass::Other),
        None,
        "a write that belongs to nothing"
    );
}

/// A lone validator that nothing happens to: its end, and how many writes that takes.
fn reference(stage: &Stage) -> (Header, Faults) {
    let mut world = stage.world(1);
    let whole = Faults::none();
    world.nodes[0].set_faults(whole.clone());
    world.start(0);
    play(&mut world, &stage.wishes, 0);
    (world.settle(), whole)
}

/// One run of a lone validator that dies at `point`.
fn die_alone(stage: &Stage, point: u64, way: (bool, Unsynced, Unflushed), end: &Header) {
    let (tear, unsynced, unflushed) = way;
    let context = format!("point {point}, {way:?}");
    let mut world = stage.world(1);
    let faults = Faults::kill_at(point, tear);
    world.nodes[0].set_faults(faults.clone());
    world.start(0);
    play(&mut world, &stage.wishes, 0);
    assert!(faults.is_dead(), "{context} was reached");
    world.nodes[0].crash(unsynced, unflushed);
    world.start(0);
    nothing_is_lost(&world, 0, &context);
    let acknowledged = world.nodes[0].acknowledged.len();
    play(&mut world, &stage.wishes, 0);
    world.settle();
    assert!(world.nodes[0].acknowledged.len() >= acknowledged);
    assert_eq!(
        world.nodes[0].tip().state_root,
        end.state_root,
        "{context}: the same end"
    );
    nothing_is_lost(&world, 0, &context);
    // The log alone is enough.
    world.stop(0);
    world.nodes[0].lose_store();
    world.start(0);
    nothing_is_lost(&world, 0, &context);
    assert_eq!(
        world.nodes[0].tip().state_root,
        end.state_root,
        "{context}: from the log alone"
    );
    let budget = world.budget();
    assert_eq!(budget.standing, treasury::record::BudgetStanding::Open);
}

#[test]
fn a_lone_validator_dies_at_every_write() {
    let stage = Stage::new(1);
    let (end, whole) = reference(&stage);
    let (writes, counts) = (whole.total(), whole.counts());
    let mut points = 0;
    for point in 1..=writes {
        // Two ways in turn; neighbouring points are of the same kind often enough that each kind of
        // write meets each way.
        for shift in [0, 3] {
            die_alone(&stage, point, way(point + shift), &end);
        }
        points += 1;
    }
    println!("one validator: points tried {points}, writes observed {writes}: {counts:?}");
    assert_eq!(points, writes);
    assert_all_classes(&counts);
}

#[test]
fn one_of_four_dies_at_every_write() {
    const VICTIM: usize = 1;
    let stage = Stage::new(4);
    let whole = Faults::none();
    let mut world = stage.world(4);
    world.nodes[VICTIM].set_faults(whole.clone());
    (0..4).for_each(|node| world.start(node));
    play(&mut world, &stage.wishes, VICTIM);
    let end = world.settle();
    let (writes, counts) = (whole.total(), whole.counts());
    drop(world);

    let mut points = 0;
    for point in 1..=writes {
        let (tear, unsynced, unflushed) = way(point);
        let context = format!("point {point}, {tear} {unsynced:?} {unflushed:?}");
        let mut world = stage.world(4);
        let faults = Faults::kill_at(point, tear);
        world.nodes[VICTIM].set_faults(faults.clone());
        (0..4).for_each(|node| world.start(node));
        play(&mut world, &stage.wishes, VICTIM);
        if !faults.is_dead() {
            world.settle();
        }
        assert!(faults.is_dead(), "{context} was reached");
        if point % 2 == 0 {
            // The others go on meanwhile.
            world.advance(3_000);
        }
        // The world watches: what it signs from here on must not contradict what it signed before.
        world.nodes[VICTIM].crash(unsynced, unflushed);
        world.start(VICTIM);
        nothing_is_lost(&world, VICTIM, &context);
        play(&mut world, &stage.wishes, VICTIM);
        let tip = world.settle();
        assert_eq!(tip.state_root, end.state_root, "{context}: the same end");
        for node in &world.nodes {
            assert!(node.evidence.is_empty(), "{context}: nobody signed twice");
        }
        nothing_is_lost(&world, VICTIM, &context);
        points += 1;
    }
    println!("one of four: points tried {points}, writes observed {writes}: {counts:?}");
    assert_eq!(points, writes);
    assert_all_classes(&counts);
}

#[test]
fn all_four_lose_power_at_once() {
    let stage = Stage::new(4);
    for point in (10..120).step_by(11) {
        let mut world = stage.world(4);
        for node in 0..4 {
            // Not all at the same write, but within a few.
            world.nodes[node].set_faults(Faults::kill_at(point + node as u64 * 2, node % 2 == 0));
            world.start(node);
        }
        for wish in &stage.wishes {
            if world.running().count() == 4 {
                world.offer(0, &codec::encode(wish));
                world.advance(200);
            }
        }
        for node in 0..4 {
            world.stop(node);
            let (_, unsynced, unflushed) = way(point + node as u64);
            world.nodes[node].crash(unsynced, unflushed);
        }
        for node in 0..4 {
            world.start(node);
        }
        (0..4)
            .for_each(|node| nothing_is_lost(&world, node, &format!("point {point}, node {node}")));
        play(&mut world, &stage.wishes, 0);
        world.settle();
        (0..4)
            .for_each(|node| nothing_is_lost(&world, node, &format!("point {point}, node {node}")));
    }
}

/// Two votes of one validator in one round; `other` is what the second is for.
fn two_votes(other: Option<Hash>) -> Watch {
    let key = secret("a validator");
    let chain = Network::new(1).chain;
    let mut watch = Watch::default();
    for block in [Some(Hash::of(b"a block")), other] {
        let (height, round) = (Height(1), Round(0));
        let vote = Vote {
            height,
            round,
            block,
        };
        let kind = VoteKind::Precommit;
        let signature = key.sign_bytes(&vote.signed_bytes(kind, &chain));
        let validator = key.public();
        let signed = SignedVote {
            kind,
            vote,
            validator,
            signature,
        };
        watch.sent(&PeerMessage::Consensus(ConsensusMessage::Vote(signed)).encode());
    }
    watch
}

#[test]
fn the_world_takes_a_vote_that_is_sent_again() {
    assert_eq!(two_votes(Some(Hash::of(b"a block"))).places(), 1);
}

#[test]
#[should_panic(expected = "signed twice")]
fn the_world_notices_a_vote_for_another_block() {
    two_votes(Some(Hash::of(b"another block")));
}

#[test]
#[should_panic(expected = "signed twice")]
fn the_world_notices_a_vote_for_no_block_after_one_for_a_block() {
    two_votes(None);
}
