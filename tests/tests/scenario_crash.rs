//! A validator dies at every write of a run of blocks, in every way that a disk may leave it: nothing that
//! it acknowledged is lost, and after its restart it never contradicts what it signed.

use senim_abi::marking::PackState;
use senim_abi::prescription::{GroupId, ItemMask};
use senim_abi::registry::Execute;
use senim_abi::{MARKING, PRESCRIPTION, Roles, TREASURY, treasury};
use senim_consensus::{ConsensusMessage, SignedVote};
use senim_execution::Engine;
use senim_replica::{PeerMessage, Read, ReadAnswer};
use senim_state::disk::Unsynced;
use senim_state::fault::{Faults, OperationClass};
use senim_state::ledger::LedgerOptions;
use senim_state::store::Unflushed;
use senim_tests::world::network::{self, GENESIS_TIME};
use senim_tests::world::people::{self, METFORMIN, Request, Token, metformin};
use senim_tests::world::watch::Watch;
use senim_tests::world::{Network, Options, VALID_FOR_MS, World, secret, sign};
use senim_types::{
    ContractId, Hash, Height, OrgId, Round, SignedTransaction, TimeMs, Tiyn, TiynTotal, Vote,
    VoteKind, codec,
};
use std::collections::{BTreeMap, BTreeSet};

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

/// What the clients want done: all kinds of bookkeeping, and a redemption. Only its records of prescription and
/// pack depend on when blocks were made, so that every run ends in the same state but for those.
fn wishes(network: &Network) -> Vec<SignedTransaction> {
    let valid_until = TimeMs(GENESIS_TIME.0 + 12 * VALID_FOR_MS);
    let mut sequences: BTreeMap<&str, u64> = BTreeMap::new();
    let register = |org| Execute::RegisterOrganisation {
        org: OrgId(org),
        name: format!("Organisation {org}"),
        roles: Roles::PHARMACY,
        details: Hash::of(b"details"),
    };
    let key = secret("the token of this run");
    let now = TimeMs(GENESIS_TIME.0 + 1_000);
    let issue = (
        "clinic",
        people::issue(key.public(), vec![metformin(60, now)]),
    );
    // The prescription is called after the transaction that issues it: the clinic's first.
    let (device, request) = issue.clone();
    let issued = sign(network, network.device(device), 0, valid_until, request);
    let token = Token {
        group: GroupId::derive(&issued.hash(), 0),
        key,
    };
    let qr = token.qr(network, ItemMask::one(0), now, 300_000);
    let held = people::hold(network, "pharmacy", ItemMask::one(0), &qr);
    let line = people::line(0, people::metformin_pack(1), 60, PRICE);
    let hold_key = people::hold_key("pharmacy", token.group);
    let dispensed = people::dispense(network, token.group, vec![line], &hold_key);
    let requests = vec![
        issue,
        ("pharmacy", held),
        ("pharmacy", dispensed),
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

impl Stage {
    /// How a run ends that nothing happens to, whose store is written with every block.
    fn end(&self, validators: usize) -> End {
        let options = Options::new(validators, 51);
        let mut world = World::with(options, self.network.clone(), self.engine.clone());
        (0..validators).for_each(|node| world.start(node));
        play(&mut world, &self.wishes, 0);
        world.settle();
        is_redeemed(&world, &self.wishes, "nothing happened");
        end(&world, std::iter::empty())
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

/// What the redemption costs.
const PRICE: Tiyn = Tiyn(140_000);

/// A state by key; no value where it depends on when blocks were made.
type End = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The state at the end of a run, without what depends on when its blocks were made: of the contracts that a
/// redemption writes with times, only which keys there are. Looked for are the keys of its store and those `known`.
fn end<'a>(world: &World, known: impl Iterator<Item = &'a Vec<u8>>) -> End {
    // A claim's lines are chained with their times; its sums are compared by themselves.
    let claims = treasury::record::claims_prefix(OrgId(20)).in_state_of(TREASURY);
    let is_timed = |key: &[u8]| {
        let of = |contract: &ContractId| key.starts_with(&contract.0.to_be_bytes());
        [MARKING, PRESCRIPTION].iter().any(of) || key.starts_with(&claims)
    };
    let stored = world.nodes[0].state().into_keys();
    let keys: BTreeSet<Vec<u8>> = stored.chain(known.cloned()).collect();
    // The store may be some blocks behind: what counts is what the node answers.
    let value = |key: &[u8]| match world.nodes[0].read(Read::Value { key: key.to_vec() }) {
        Ok(ReadAnswer::Value(value)) => value,
        other => panic!("not a value: {other:?}"),
    };
    let end = keys.into_iter().filter_map(|key| {
        let value = value(&key)?;
        let value = (!is_timed(&key)).then_some(value);
        Some((key, value))
    });
    end.collect()
}

/// The run ended as it would have without the death.
fn ends_as(world: &World, expected: &End, context: &str) {
    let end = end(world, expected.keys());
    let keys: BTreeSet<&Vec<u8>> = end.keys().chain(expected.keys()).collect();
    let differs = |key: &&Vec<u8>| end.get(*key) != expected.get(*key);
    let keys: Vec<&Vec<u8>> = keys.into_iter().filter(differs).collect();
    assert!(keys.is_empty(), "{context}: not the same end: {keys:?}");
}

/// The redemption happened once, whole: item, pack and money.
fn is_redeemed(world: &World, wishes: &[SignedTransaction], context: &str) {
    let group = GroupId::derive(&wishes[0].hash(), 0);
    let view = world.group(group);
    let group = &view.group;
    assert_eq!(group.dispenses.len(), 1, "{context}: one dispense");
    assert_eq!(group.items[0].remaining, 0, "{context}: nothing is left");
    let pack = world.pack(&people::metformin_pack(1)).expect("it is known");
    assert!(
        matches!(pack.pack.state, PackState::Supplied { .. }),
        "{context}: {pack:?}"
    );
    let claim = world.claim(OrgId(20)).expect("the pharmacy is owed");
    let sum = TiynTotal(PRICE.0.into());
    assert_eq!((claim.lines, claim.sum), (1, sum), "{context}: paid once");
    assert_eq!(claim.reversed_lines, 0, "{context}");
}

/// A lone validator that nothing happens to: its end, and how many writes that takes.
fn reference(stage: &Stage) -> (End, Faults) {
    let mut world = stage.world(1);
    let whole = Faults::none();
    world.nodes[0].set_faults(whole.clone());
    world.start(0);
    play(&mut world, &stage.wishes, 0);
    world.settle();
    (stage.end(1), whole)
}

/// One run of a lone validator that dies at `point`.
fn die_alone(stage: &Stage, point: u64, way: (bool, Unsynced, Unflushed), expected: &End) {
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
    ends_as(&world, expected, &context);
    is_redeemed(&world, &stage.wishes, &context);
    nothing_is_lost(&world, 0, &context);
    let root = world.nodes[0].tip().state_root;
    // The log alone is enough.
    world.stop(0);
    world.nodes[0].lose_store();
    world.start(0);
    nothing_is_lost(&world, 0, &context);
    let rebuilt = world.nodes[0].tip().state_root;
    assert_eq!(rebuilt, root, "{context}: from the log alone");
    ends_as(&world, expected, &context);
    let budget = world.budget();
    assert_eq!(budget.standing, treasury::record::BudgetStanding::Open);
}

#[test]
fn a_lone_validator_dies_at_every_write() {
    let stage = Stage::new(1);
    let (expected, whole) = reference(&stage);
    let (writes, counts) = (whole.total(), whole.counts());
    let mut points = 0;
    for point in 1..=writes {
        // Two ways in turn; neighbouring points are of the same kind often enough that each kind of
        // write meets each way.
        for shift in [0, 3] {
            die_alone(&stage, point, way(point + shift), &expected);
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
    world.settle();
    let expected = stage.end(4);
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
        world.settle();
        ends_as(&world, &expected, &context);
        is_redeemed(&world, &stage.wishes, &context);
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
