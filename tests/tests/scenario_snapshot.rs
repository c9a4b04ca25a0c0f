//! Joining from a snapshot: a machine that has nothing fetches the state instead of all blocks, and
//! whoever lies to it is found out.

use senim_replica::{PeerMessage, Read, SnapshotMessage, SnapshotRules, SyncPhase, TrustedBlock};
use senim_state::snapshot::{Manifest, SnapshotOffer};
use senim_tests::world::people::{self, metformin};
use senim_tests::world::{Options, Wire, World};
use senim_types::{ChainId, Code, Hash, Height, StateEntry, Tiyn, codec};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

const LAGGARD: usize = 3;
/// Blocks between two snapshots.
const EVERY: u64 = 5;

fn options(seed: u64) -> Options {
    Options {
        snapshots: SnapshotRules {
            every_blocks: EVERY,
            join_behind_min: Some(EVERY),
            ..SnapshotRules::default()
        },
        ..Options::new(4, seed)
    }
}

fn some_blocks(world: &mut World, name: &str) {
    for number in 0..4 {
        world.apply("fund", people::allot(&format!("{name} {number}"), Tiyn(7)));
    }
    let token = world.issued(name, vec![metformin(30, world.now())]);
    world.held("pharmacy", &token);
}

/// A world whose last machine has just lost everything, with more blocks than a snapshot's interval.
fn world_with_a_loss(options: Options) -> World {
    let mut world = World::new(options);
    some_blocks(&mut world, "before");
    world.stop(LAGGARD);
    world.nodes[LAGGARD].replace_machine();
    some_blocks(&mut world, "meanwhile");
    assert!(world.nodes[0].tip().height.0 > 2 * EVERY);
    world
}

fn caught_up(world: &mut World) {
    world.run_until("the laggard at the others' height", |world| {
        let tips = world.tips();
        tips.len() == 4 && tips.windows(2).all(|pair| pair[0] == pair[1])
    });
    world.settle();
    let (own, other) = (&world.nodes[LAGGARD], &world.nodes[0]);
    assert_eq!(own.tip(), other.tip());
    assert_eq!(own.state(), other.state());
    for record in own.blocks() {
        let same = other.block(record.block.header.height).expect("all");
        assert_eq!(
            (&record.block, &record.receipts),
            (&same.block, &same.receipts)
        );
    }
}

fn joined_at(world: &World) -> Height {
    let joined = &world.nodes[LAGGARD].joined;
    assert_eq!(joined.len(), 1, "it joined once, and not by all blocks");
    joined[0].height
}

#[test]
fn a_machine_that_lost_everything_returns_from_a_snapshot_and_votes() {
    let mut world = world_with_a_loss(options(61));
    world.start(LAGGARD);
    caught_up(&mut world);
    let at = joined_at(&world);
    assert!(at.0.is_multiple_of(EVERY) && at.0 >= 2 * EVERY);
    let laggard = &world.nodes[LAGGARD];
    assert!(laggard.misbehaved.is_empty());
    let status = laggard.status();
    assert_eq!((status.first, status.catching_up), (at.next(), None));
    // What was before the snapshot has its own code, at every question.
    for question in [
        Read::Block { height: at },
        Read::Block { height: Height(1) },
        Read::LightBlock {
            height: Some(Height(1)),
        },
        Read::Header {
            height: Height(2),
            later: None,
        },
        Read::Consistency {
            size: Height(2),
            later: None,
        },
    ] {
        let error = laggard.read(question.clone()).expect_err("it is not here");
        assert_eq!(error.code, Code::PRUNED, "{question:?}");
    }
    let light = laggard.read(Read::LightBlock { height: Some(at) });
    assert!(
        light.is_ok(),
        "the snapshot's own block is known: {light:?}"
    );

    // It takes part again: with another one gone there is no quorum without it.
    world.stop(0);
    let receipt = world.apply("fund", people::allot("afterwards", Tiyn(7)));
    assert!(world.nodes[LAGGARD].has(&receipt.transaction));
    world.start(0);
    // And after a restart it goes on from what it has.
    world.stop(LAGGARD);
    some_blocks(&mut world, "again");
    world.start(LAGGARD);
    assert!(world.nodes[LAGGARD].tip().height >= at);
    caught_up(&mut world);
    assert_eq!(joined_at(&world), at);
}

#[test]
fn who_joined_from_a_snapshot_hands_it_on() {
    let mut world = world_with_a_loss(options(62));
    world.start(LAGGARD);
    caught_up(&mut world);
    // Another machine is lost; of the others only the one that joined answers.
    world.stop(0);
    world.nodes[0].replace_machine();
    world.set_wire(Box::new(move |from, _, message| match message {
        PeerMessage::Snapshot(_) if from != LAGGARD && from != 0 => Vec::new(),
        other => vec![other],
    }));
    world.start(0);
    caught_up(&mut world);
    assert_eq!(world.nodes[0].joined.len(), 1);
}

/// What a peer does to a message about snapshots.
type Lie = fn(SnapshotMessage) -> Option<SnapshotMessage>;

/// With what the receiver says of its sender; nothing where it only has to be left alone.
const LIES: [(&str, Option<Code>, Lie); 6] = [
    (
        "a chunk with a bit changed",
        Some(Code::SNAPSHOT_CHUNK),
        |message| match message {
            SnapshotMessage::Chunk {
                height,
                index,
                bytes,
            } => {
                let bytes = bytes.map(|mut bytes| {
                    bytes[40] ^= 1;
                    bytes
                });
                Some(SnapshotMessage::Chunk {
                    height,
                    index,
                    bytes,
                })
            }
            other => Some(other),
        },
    ),
    (
        "a manifest that decodes to nothing",
        Some(Code::MALFORMED),
        |message| match message {
            SnapshotMessage::Manifest { height, .. } => Some(SnapshotMessage::Manifest {
                height,
                bytes: Some(vec![1, 2, 3]),
            }),
            other => Some(other),
        },
    ),
    ("chunks that never come", None, |message| match message {
        SnapshotMessage::Chunk { .. } => None,
        other => Some(other),
    }),
    (
        "chunks that it says it lost",
        None,
        |message| match message {
            SnapshotMessage::Chunk { height, index, .. } => Some(SnapshotMessage::Chunk {
                height,
                index,
                bytes: None,
            }),
            other => Some(other),
        },
    ),
    ("silence", None, |_| None),
    (
        "a newer snapshot that nobody else has",
        None,
        |message| match message {
            SnapshotMessage::List(mut offers) => {
                offers.push(SnapshotOffer {
                    height: Height(1_000_000),
                    id: Hash::of(b"nothing"),
                });
                Some(SnapshotMessage::List(offers))
            }
            other => Some(other),
        },
    ),
];

#[test]
fn a_lying_or_silent_peer_is_named_and_does_not_stop_it() {
    for (case, code, lie) in LIES {
        let mut world = world_with_a_loss(options(63));
        // The first that is asked for the manifest lies: it is the one with the lowest key.
        let liar = (0..LAGGARD)
            .min_by_key(|node| world.nodes[*node].key)
            .expect("three run");
        world.set_wire_of(
            liar,
            Box::new(move |_, to, message| match message {
                PeerMessage::Snapshot(message) if to == LAGGARD => lie(message)
                    .map(PeerMessage::Snapshot)
                    .into_iter()
                    .collect(),
                other => vec![other],
            }),
        );
        world.start(LAGGARD);
        caught_up(&mut world);
        joined_at(&world);
        let said = &world.nodes[LAGGARD].misbehaved;
        match code {
            Some(code) => assert_eq!(said[..], [(world.nodes[liar].key, code)], "{case}"),
            None => assert!(said.is_empty(), "{case}: {said:?}"),
        }
    }
}

/// A member that has a snapshot of its own invention: the header is the certified one, the money not.
struct Forger {
    chain: ChainId,
    manifest: Option<Manifest>,
    /// The chunk that is not true, and which it is.
    chunk: (u32, Vec<u8>),
}

impl Forger {
    /// Takes the true manifest and a chunk, and makes others of them.
    fn forge(&mut self, manifest: Vec<u8>, index: u32, chunk: &[u8]) {
        let mut state: Vec<StateEntry> =
            codec::decode(chunk, chunk.len()).expect("an honest node's chunk");
        let last = state.last_mut().expect("a state has entries");
        last.1.push(7);
        let forged = codec::encode(&state);
        let mut manifest = Manifest::decode(&manifest, &self.chain).expect("an honest node's");
        let named = &mut manifest.contents.chunks[index as usize];
        named.hash = Hash::of(&forged);
        named.bytes = forged.len() as u32;
        self.chunk = (index, forged);
        self.manifest = Some(manifest);
    }

    fn says(&self, message: SnapshotMessage) -> SnapshotMessage {
        let Some(manifest) = &self.manifest else {
            return message;
        };
        let height = manifest.height();
        match message {
            SnapshotMessage::List(_) => SnapshotMessage::List(vec![SnapshotOffer {
                height,
                id: manifest.id(),
            }]),
            SnapshotMessage::Manifest { .. } => SnapshotMessage::Manifest {
                height,
                bytes: Some(manifest.encode()),
            },
            SnapshotMessage::Chunk { index, .. } if index == self.chunk.0 => {
                SnapshotMessage::Chunk {
                    height,
                    index,
                    bytes: Some(self.chunk.1.clone()),
                }
            }
            other => other,
        }
    }
}

#[test]
fn a_forged_snapshot_that_looks_sound_is_found_out_by_its_root_and_another_is_taken() {
    let mut world = world_with_a_loss(options(64));
    let forger = Rc::new(RefCell::new(Forger {
        chain: world.network.chain,
        manifest: None,
        chunk: (0, Vec::new()),
    }));
    // The first attempt learns what the truth is; the joining node gets nothing of it.
    let (manifest, state) = (Rc::new(RefCell::new(None)), Rc::clone(&forger));
    let learnt = Rc::clone(&manifest);
    world.set_wire(Box::new(move |_, to, message| {
        match &message {
            PeerMessage::Snapshot(SnapshotMessage::Manifest { bytes, .. }) if to == LAGGARD => {
                *learnt.borrow_mut() = bytes.clone();
            }
            PeerMessage::Snapshot(SnapshotMessage::Chunk {
                index,
                bytes: Some(bytes),
                ..
            }) => {
                let manifest = learnt.borrow().clone().expect("it came before");
                state.borrow_mut().forge(manifest, *index, bytes);
                return Vec::new();
            }
            _ => {}
        }
        vec![message]
    }));
    world.start(LAGGARD);
    let learnt = Rc::clone(&forger);
    world.run_until("a chunk was seen", |_| learnt.borrow().manifest.is_some());
    world.stop(LAGGARD);
    world.nodes[LAGGARD].replace_machine();

    // The forger's is the only one on offer, for the first question.
    let others_speak = Rc::new(Cell::new(false));
    let (speak, state) = (Rc::clone(&others_speak), Rc::clone(&forger));
    world.set_wire(Box::new(move |from, to, message| match message {
        PeerMessage::Snapshot(message) if to == LAGGARD && from == 0 => {
            vec![PeerMessage::Snapshot(state.borrow().says(message))]
        }
        PeerMessage::Snapshot(_) if to == LAGGARD && !speak.get() => Vec::new(),
        other => vec![other],
    }));
    world.start(LAGGARD);
    world.run_until("the forger is found out", |world| {
        !world.nodes[LAGGARD].misbehaved.is_empty()
    });
    let forger = world.nodes[0].key;
    assert_eq!(
        world.nodes[LAGGARD].misbehaved[..],
        [(forger, Code::SNAPSHOT_STATE)]
    );
    assert_eq!(world.nodes[LAGGARD].tip().height, Height::GENESIS);
    others_speak.set(true);
    caught_up(&mut world);
    joined_at(&world);
    assert_eq!(world.nodes[LAGGARD].misbehaved.len(), 1);
}

#[test]
fn an_uncertified_snapshot_is_not_fetched() {
    let mut world = world_with_a_loss(options(65));
    let asked = Rc::new(Cell::new(false));
    let saw = Rc::clone(&asked);
    let liar = 0;
    let chain = world.network.chain;
    let forged = Rc::new(Cell::new(Hash::ZERO));
    // One signature of its certificate is another's.
    world.set_wire(Box::new(move |from, to, message| match message {
        PeerMessage::Snapshot(SnapshotMessage::List(_)) if to == LAGGARD && from != liar => {
            vec![PeerMessage::Snapshot(SnapshotMessage::List(Vec::new()))]
        }
        PeerMessage::Snapshot(SnapshotMessage::Manifest { height, bytes }) if from == liar => {
            let mut manifest =
                Manifest::decode(&bytes.expect("it has it"), &chain).expect("honest");
            let other = manifest.certificate.signatures[1].signature;
            manifest.certificate.signatures[0].signature = other;
            forged.set(manifest.id());
            let bytes = Some(manifest.encode());
            vec![PeerMessage::Snapshot(SnapshotMessage::Manifest {
                height,
                bytes,
            })]
        }
        PeerMessage::Snapshot(SnapshotMessage::ChunkRequest { .. }) => {
            saw.set(true);
            vec![message]
        }
        other => vec![other],
    }));
    world.start(LAGGARD);
    // Nobody else has one, so it goes on by blocks.
    caught_up(&mut world);
    let said = &world.nodes[LAGGARD].misbehaved;
    assert_eq!(
        said[..],
        [(world.nodes[liar].key, Code::CERTIFICATE_SIGNATURE)]
    );
    assert!(world.nodes[LAGGARD].joined.is_empty() && !asked.get());
    assert_eq!(world.nodes[LAGGARD].status().first, Height(1));
}

#[test]
fn trust_that_is_too_old_needs_a_block_that_somebody_vouches_for() {
    let day_ms = 24 * 60 * 60 * 1_000;
    let mut options = options(66);
    options.snapshots.bounds.trusting_period_ms = 3 * day_ms;
    let mut world = World::new(options.clone());
    some_blocks(&mut world, "before");
    let trusted = world.nodes[0].tip();
    world.stop(LAGGARD);
    world.advance(2 * day_ms);
    world.nodes[LAGGARD].replace_machine();
    world.advance(2 * day_ms);
    some_blocks(&mut world, "meanwhile");
    // The genesis is four days old: by blocks, which need no trust in old keys beyond their own.
    world.start(LAGGARD);
    caught_up(&mut world);
    assert!(world.nodes[LAGGARD].joined.is_empty());

    let newest = world.nodes[0].tip();
    for (block, is_trusted) in [(trusted, false), (newest, true)] {
        world.stop(LAGGARD);
        world.nodes[LAGGARD].replace_machine();
        some_blocks(&mut world, &format!("after {}", block.height));
        some_blocks(&mut world, &format!("later {}", block.height));
        world.set_snapshot_rules(SnapshotRules {
            trusted: Some(TrustedBlock {
                height: block.height,
                hash: block.hash(),
            }),
            ..options.snapshots
        });
        world.start(LAGGARD);
        caught_up(&mut world);
        assert_eq!(!world.nodes[LAGGARD].joined.is_empty(), is_trusted);
    }
}

#[test]
fn it_says_how_far_it_is() {
    let mut world = world_with_a_loss(options(67));
    let hold: Rc<Cell<bool>> = Rc::new(Cell::new(true));
    let held = Rc::clone(&hold);
    let wire: Wire = Box::new(move |_, to, message| match message {
        PeerMessage::Snapshot(SnapshotMessage::Chunk { .. }) if to == LAGGARD && held.get() => {
            Vec::new()
        }
        other => vec![other],
    });
    world.set_wire(wire);
    world.start(LAGGARD);
    world.run_until("it fetches chunks", |world| {
        let progress = world.nodes[LAGGARD].status().catching_up;
        progress.is_some_and(|progress| progress.phase == SyncPhase::Chunks)
    });
    let progress = world.nodes[LAGGARD].status().catching_up.expect("just now");
    assert_eq!((progress.done, progress.bytes_done), (0, 0));
    assert!(
        progress.total > 0
            && progress.bytes_total > 1_000
            && progress.target.0.is_multiple_of(EVERY)
    );
    hold.set(false);
    caught_up(&mut world);
    assert_eq!(world.nodes[LAGGARD].status().catching_up, None);
}
