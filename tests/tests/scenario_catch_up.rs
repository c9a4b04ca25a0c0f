//! Catching up by many blocks: several nodes are asked at once, and one that is slow, silent or lies does not
//! stop it.

use senim_replica::message::CertifiedBlock;
use senim_replica::{PeerMessage, SyncPhase};
use senim_tests::world::people;
use senim_tests::world::{Wire, World};
use senim_types::{Block, Code, Height, Tiyn, codec};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

const LAGGARD: usize = 3;
/// More than three answers' worth.
const MISSED: u64 = 200;

/// A world whose last machine is down and has missed so many blocks, some with transactions.
fn behind(seed: u64) -> World {
    let mut world = World::of(4, seed);
    world.apply("fund", people::allot("before", Tiyn(7)));
    world.stop(LAGGARD);
    let mut number = 0;
    while world.nodes[0].tip().height.0 < MISSED {
        number += 1;
        world.apply(
            "fund",
            people::allot(&format!("meanwhile {number}"), Tiyn(7)),
        );
        // Idle: a block with each heartbeat.
        world.advance(600_000);
    }
    world
}

fn catch_up(world: &mut World) -> u64 {
    let began = world.now();
    world.run_until("the laggard at the others' height", |world| {
        let tips = world.tips();
        tips.len() == 4 && tips.windows(2).all(|pair| pair[0] == pair[1])
    });
    let took_ms = world.now().since_ms(began);
    world.settle();
    assert_eq!(world.nodes[LAGGARD].state(), world.nodes[0].state());
    assert_eq!(world.nodes[LAGGARD].status().first, Height(1));
    took_ms
}

#[test]
fn several_nodes_are_asked_at_once() {
    let mut world = behind(71);
    let (asked, most) = (
        Rc::new(RefCell::new(BTreeSet::new())),
        Rc::new(RefCell::new(0)),
    );
    let (note, high) = (Rc::clone(&asked), Rc::clone(&most));
    let in_flight = Rc::new(RefCell::new(BTreeSet::new()));
    world.set_wire(Box::new(move |from, to, message| {
        match &message {
            PeerMessage::BlocksRequest { from: first, count } if from == LAGGARD => {
                assert!(*count <= 64);
                note.borrow_mut().insert((to, *first));
                in_flight.borrow_mut().insert(to);
            }
            PeerMessage::Blocks(_) => {
                in_flight.borrow_mut().remove(&from);
            }
            _ => {}
        }
        let now = in_flight.borrow().len();
        let highest = (*high.borrow()).max(now);
        *high.borrow_mut() = highest;
        vec![message]
    }));
    world.start(LAGGARD);
    let took_ms = catch_up(&mut world);
    assert!(*most.borrow() >= 2, "at once: {}", most.borrow());
    let parts: BTreeSet<Height> = asked.borrow().iter().map(|(_, first)| *first).collect();
    assert_eq!(
        parts.len(),
        asked.borrow().len(),
        "no part is fetched twice"
    );
    assert!(took_ms < 1_000, "it took {took_ms} ms");
    assert!(world.nodes[LAGGARD].misbehaved.is_empty());
}

/// What one of the others does to its answers.
type Trouble = fn(Vec<CertifiedBlock>) -> Option<Vec<CertifiedBlock>>;

const TROUBLES: [(&str, Option<Code>, Trouble); 6] = [
    ("is silent", None, |_| None),
    ("has nothing", None, |_| Some(Vec::new())),
    ("gives one block at a time", None, |blocks| {
        Some(blocks.into_iter().take(1).collect())
    }),
    (
        "forges the last block of an answer",
        Some(Code::CERTIFICATE_SIGNATURE),
        |mut blocks| {
            let last = blocks.last_mut()?;
            last.certificate.signatures[0].signature.0[9] ^= 1;
            Some(blocks)
        },
    ),
    (
        "leaves a transaction out",
        Some(Code::CERTIFICATE_BLOCK),
        |mut blocks| {
            let mut block = Block::decode(&blocks[0].block).ok()?;
            block.header.time.0 += 1;
            blocks[0].block = codec::encode(&block);
            Some(blocks)
        },
    ),
    (
        "gives other heights than those asked for",
        Some(Code::HEADER_HEIGHT),
        |blocks| Some(blocks.into_iter().skip(1).collect()),
    ),
];

#[test]
fn one_that_is_silent_or_lies_does_not_stop_it_and_is_named() {
    let mut world = behind(72);
    for (case, code, trouble) in TROUBLES {
        world.stop(LAGGARD);
        world.nodes[LAGGARD].replace_machine();
        world.nodes[LAGGARD].misbehaved.clear();
        let wire: Wire = Box::new(move |_, to, message| match message {
            PeerMessage::Blocks(blocks) if to == LAGGARD => trouble(blocks)
                .map(PeerMessage::Blocks)
                .into_iter()
                .collect(),
            other => vec![other],
        });
        world.set_wire_of(1, wire);
        world.start(LAGGARD);
        let took_ms = catch_up(&mut world);
        world.clear_wire();
        // A silent one is waited for twice at most; then others have its part.
        assert!(took_ms < 10_000, "{case}: it took {took_ms} ms");
        let said = &world.nodes[LAGGARD].misbehaved;
        match code {
            None => assert!(said.is_empty(), "{case}: {said:?}"),
            Some(code) => {
                let liar = world.nodes[1].key;
                assert!(!said.is_empty(), "{case}");
                assert!(
                    said.iter().all(|said| *said == (liar, code)),
                    "{case}: {said:?}"
                );
            }
        }
    }
}

#[test]
fn it_says_how_far_it_is_and_how_long_it_will_take() {
    let mut world = behind(73);
    // Everybody needs two seconds for an answer of few blocks.
    let slow: Wire = Box::new(move |_, to, message| match message {
        PeerMessage::Blocks(blocks) if to == LAGGARD => {
            vec![PeerMessage::Blocks(blocks.into_iter().take(2).collect())]
        }
        other => vec![other],
    });
    world.set_wire(slow);
    world.start(LAGGARD);
    world.run_until("it has come some way", |world| {
        world.nodes[LAGGARD].tip().height.0 > MISSED / 2
    });
    let status = world.nodes[LAGGARD].status();
    let progress = status.catching_up.expect("it is behind");
    assert_eq!(progress.phase, SyncPhase::Blocks);
    assert_eq!(progress.done, status.tip.height.0);
    assert_eq!(progress.total, progress.target.0);
    assert!(progress.target >= Height(MISSED));
    assert!(progress.rate_per_1000_s > 0 && progress.left_ms.is_some());
    world.clear_wire();
    catch_up(&mut world);
    assert_eq!(world.nodes[LAGGARD].status().catching_up, None);
}
