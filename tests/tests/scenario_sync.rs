//! Catching up, and peers that lie: a forged block is refused and its sender named; a wrong proposal is
//! voted down and the chain goes on.

use senim_consensus::{ConsensusMessage, SignedProposal, proposer};
use senim_replica::PeerMessage;
use senim_replica::message::CertifiedBlock;
use senim_tests::world::people::{self, metformin, metformin_pack};
use senim_tests::world::{Wire, World, secret};
use senim_types::block::transactions_root;
use senim_types::crypto::SecretKey;
use senim_types::{
    Block, ChainId, Code, Domain, Hash, Header, Height, SignedTransaction, TimeMs, Tiyn, codec,
};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

const LAGGARD: usize = 3;

fn some_blocks(world: &mut World, name: &str) {
    for number in 0..3 {
        world.apply("fund", people::allot(&format!("{name} {number}"), Tiyn(7)));
    }
    let token = world.issued(name, vec![metformin(30, world.now())]);
    world.held("pharmacy", &token);
    let request = world.dispensing("pharmacy", &token, metformin_pack(1), 30, Tiyn(100_000));
    world.apply("pharmacy", request);
}

fn caught_up(world: &mut World) {
    world.run_until("the laggard at the others' height", |world| {
        let tips = world.tips();
        tips.len() == 4 && tips.windows(2).all(|pair| pair[0] == pair[1])
    });
    let tip = world.settle();
    let others = world.nodes[0].blocks();
    assert_eq!(world.nodes[LAGGARD].blocks().len() as u64, tip.height.0);
    for (own, other) in world.nodes[LAGGARD].blocks().iter().zip(&others) {
        assert_eq!((&own.block, &own.receipts), (&other.block, &other.receipts));
    }
    assert_eq!(world.nodes[LAGGARD].state(), world.nodes[0].state());
}

#[test]
fn a_node_that_missed_blocks_catches_up() {
    let mut world = World::of(4, 31);
    some_blocks(&mut world, "before");
    world.stop(LAGGARD);
    some_blocks(&mut world, "meanwhile");
    let missed = world.nodes[0].tip().height;
    world.start(LAGGARD);
    assert!(world.nodes[LAGGARD].tip().height < missed);
    caught_up(&mut world);
    // It takes part again: with another one gone there is no quorum without it.
    world.stop(0);
    world.apply("fund", people::allot("afterwards", Tiyn(7)));
    assert!(world.nodes[LAGGARD].misbehaved.is_empty());
}

#[test]
fn a_new_machine_with_an_old_key_starts_from_the_genesis() {
    let mut world = World::of(4, 32);
    some_blocks(&mut world, "before");
    world.stop(LAGGARD);
    world.nodes[LAGGARD].replace_machine();
    some_blocks(&mut world, "meanwhile");
    world.start(LAGGARD);
    assert_eq!(world.nodes[LAGGARD].tip().height, Height::GENESIS);
    caught_up(&mut world);
}

type Forgery = fn(&mut Block, &mut CertifiedBlock);

/// What a lying peer does to the blocks that it gives, and what the receiver says of it.
const FORGERIES: [(&str, Code, Forgery); 9] = [
    (
        "a signature changed",
        Code::CERTIFICATE_SIGNATURE,
        |_, certified| {
            certified.certificate.signatures[0].signature.0[7] ^= 1;
        },
    ),
    (
        "a signature of another's",
        Code::CERTIFICATE_SIGNATURE,
        |_, certified| {
            let other = certified.certificate.signatures[1].signature;
            certified.certificate.signatures[0].signature = other;
        },
    ),
    (
        "too few signatures",
        Code::CERTIFICATE_QUORUM,
        |_, certified| {
            certified.certificate.signatures.truncate(2);
        },
    ),
    (
        "one signature many times",
        Code::CERTIFICATE_INDEX,
        |_, certified| {
            let first = certified.certificate.signatures[0];
            certified.certificate.signatures = vec![first; 4];
        },
    ),
    (
        "a signature of nobody's",
        Code::CERTIFICATE_INDEX,
        |_, certified| {
            if let Some(last) = certified.certificate.signatures.last_mut() {
                last.validator = 4;
            }
        },
    ),
    (
        "a certificate of another height",
        Code::HEADER_HEIGHT,
        |_, certified| {
            certified.certificate.height = certified.certificate.height.next();
        },
    ),
    (
        "a transaction left out",
        Code::TRANSACTIONS_ROOT,
        |block, certified| {
            block.transactions.clear();
            certified.block = codec::encode(block);
        },
    ),
    (
        "a transaction left out, and the header agrees",
        Code::CERTIFICATE_BLOCK,
        |block, certified| {
            block.transactions.clear();
            block.header.transactions_root = transactions_root(&[]);
            certified.block = codec::encode(block);
        },
    ),
    (
        "bytes that are no block",
        Code::MALFORMED,
        |_, certified| certified.block.truncate(100),
    ),
];

#[test]
fn a_forged_block_is_refused_and_its_sender_named() {
    let mut world = World::of(4, 33);
    for (case, code, forgery) in FORGERIES {
        world.stop(LAGGARD);
        world.apply("fund", people::allot(case, Tiyn(7)));
        world.start(LAGGARD);
        let before = world.nodes[LAGGARD].tip();
        world.nodes[LAGGARD].misbehaved.clear();
        world.set_wire(forging(forgery));
        world.run_until(case, |world| !world.nodes[LAGGARD].misbehaved.is_empty());
        let (peer, said) = world.nodes[LAGGARD].misbehaved[0];
        assert_eq!(said, code, "{case}");
        assert!(
            world.nodes[..LAGGARD].iter().any(|node| node.key == peer),
            "{case}: it is named"
        );
        assert_eq!(
            world.nodes[LAGGARD].tip(),
            before,
            "{case}: nothing was committed"
        );
        world.clear_wire();
        caught_up(&mut world);
    }
}

fn forging(forgery: Forgery) -> Wire {
    Box::new(move |_, _, message| match message {
        PeerMessage::Blocks(mut blocks) => {
            for certified in &mut blocks {
                let mut block = Block::decode(&certified.block).expect("an honest node's block");
                forgery(&mut block, certified);
            }
            vec![PeerMessage::Blocks(blocks)]
        }
        other => vec![other],
    })
}

#[test]
fn blocks_that_nobody_asked_for_are_not_looked_at() {
    let mut world = World::of(4, 34);
    some_blocks(&mut world, "before");
    let record = world.nodes[0].block(Height(1)).expect("it is there");
    let block = codec::encode(&record.block);
    let certificate = record.certificate.clone();
    let tips = world.tips();
    world.forge(
        0,
        1,
        &PeerMessage::Blocks(vec![CertifiedBlock { block, certificate }]),
    );
    world.forge(
        0,
        2,
        &PeerMessage::Body {
            block: vec![1, 2, 3],
        },
    );
    world.advance(100);
    assert_eq!(world.tips(), tips);
    assert!(world.nodes[1].misbehaved.is_empty());
    assert_eq!(
        world.nodes[2].misbehaved,
        [(world.nodes[0].key, Code::MALFORMED)]
    );
}

#[test]
fn a_transaction_that_a_peer_did_not_verify_names_the_peer() {
    let mut world = World::of(4, 35);
    let mut signed = world.sign("fund", people::allot("forged", Tiyn(7)));
    signed.device_signature.0[9] ^= 1;
    world.forge(0, 1, &PeerMessage::Transactions(vec![signed]));
    world.advance(100);
    assert_eq!(
        world.nodes[1].misbehaved,
        [(world.nodes[0].key, Code::BAD_SIGNATURE)]
    );
    assert_eq!(world.nodes[1].status().mempool, 0);
}

/// A proposer that changes the block that its own node built, and signs for the changed one.
struct Liar {
    key: SecretKey,
    chain: ChainId,
    height: Height,
    change: Box<dyn Fn(&mut Block)>,
    /// By the hash that its node proposed: the changed block.
    changed: BTreeMap<Hash, Block>,
    /// Proposals whose bodies have not come by, with the addressee.
    waiting: Vec<(usize, SignedProposal)>,
}

impl Liar {
    fn carry(&mut self, to: usize, message: PeerMessage) -> Vec<PeerMessage> {
        match message {
            PeerMessage::Body { block } => {
                let mut block = Block::decode(&block).expect("its node is honest");
                if block.header.height != self.height {
                    return vec![PeerMessage::Body {
                        block: codec::encode(&block),
                    }];
                }
                let hash = block.header.hash();
                (self.change)(&mut block);
                self.changed.insert(hash, block.clone());
                let mut out = vec![PeerMessage::Body {
                    block: codec::encode(&block),
                }];
                let waiting = std::mem::take(&mut self.waiting);
                for (addressee, proposal) in waiting {
                    if addressee == to && proposal.proposal.block == hash {
                        out.push(self.proposal(proposal));
                    } else {
                        self.waiting.push((addressee, proposal));
                    }
                }
                out
            }
            PeerMessage::Consensus(ConsensusMessage::Proposal(signed))
                if signed.proposal.height == self.height =>
            {
                if self.changed.contains_key(&signed.proposal.block) {
                    return vec![self.proposal(signed)];
                }
                self.waiting.push((to, signed));
                Vec::new()
            }
            other => vec![other],
        }
    }

    fn proposal(&self, signed: SignedProposal) -> PeerMessage {
        let mut proposal = signed.proposal;
        proposal.block = self.changed[&proposal.block].header.hash();
        let signature = self
            .key
            .sign(Domain::Proposal, &self.chain, &codec::encode(&proposal));
        let validator = signed.validator;
        PeerMessage::Consensus(ConsensusMessage::Proposal(SignedProposal {
            proposal,
            validator,
            signature,
        }))
    }
}

/// Log lines since they were last taken.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn take(&self) -> String {
        let mut lines = self.0.lock().expect("nobody panics while writing a line");
        String::from_utf8(std::mem::take(&mut lines)).expect("lines are text")
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lock().expect("nobody panics while writing a line");
        lines.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

/// A change of a proposed block that no honest validator votes for; `old` is a transaction that is in
/// an earlier block.
type Change = fn(&mut Header, &mut Vec<SignedTransaction>, &SignedTransaction);

/// With what the honest validators say of it.
const CHANGES: [(&str, Code, Change); 12] = [
    ("another state root", Code::STATE_ROOT, |header, _, _| {
        header.state_root = Hash::of(b"another state")
    }),
    (
        "another receipts root",
        Code::RECEIPTS_ROOT,
        |header, _, _| header.receipts_root = Hash::of(b"other receipts"),
    ),
    ("a time far ahead", Code::HEADER_TIME, |header, _, _| {
        header.time = TimeMs(header.time.0 + 60_000)
    }),
    ("a time long past", Code::HEADER_TIME, |header, _, _| {
        header.time = TimeMs(header.time.0 - 20_000)
    }),
    ("another parent", Code::HEADER_PARENT, |header, _, _| {
        header.parent = Hash::of(b"another parent")
    }),
    ("another log", Code::LOG_ROOT, |header, _, _| {
        header.log_root = Hash::of(b"another log")
    }),
    ("other validators", Code::VALIDATORS_HASH, |header, _, _| {
        header.next_validators_hash = Hash::of(b"us")
    }),
    (
        "a transaction again that is in an earlier block",
        Code::BLOCK_TRANSACTION,
        |_, transactions, old| transactions.push(old.clone()),
    ),
    (
        "a transaction with a bad signature",
        Code::BAD_SIGNATURE,
        |_, transactions, _| {
            transactions[0].device_signature.0[3] ^= 1;
        },
    ),
    (
        "a proposer of another chain",
        Code::HEADER_PROPOSER,
        |header, _, _| header.proposer = secret("a stranger").public(),
    ),
    (
        "a transaction twice",
        Code::BLOCK_TRANSACTION,
        |_, transactions, _| transactions.push(transactions[0].clone()),
    ),
    (
        "a transaction of nobody",
        Code::BLOCK_TRANSACTION,
        |_, transactions, _| {
            let body = transactions[0].body.clone();
            let stranger = secret("a stranger");
            let body = senim_types::Transaction {
                device: stranger.public(),
                ..body
            };
            transactions.push(stranger.sign_transaction(body, Vec::new()));
        },
    ),
];

#[test]
fn a_wrong_proposal_is_voted_down_and_the_chain_goes_on() {
    let mut world = World::of(4, 36);
    let old = world.sign("fund", people::allot("old", Tiyn(7)));
    world.deliver(&codec::encode(&old)).expect("admitted");
    let said = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_ansi(false)
        .with_writer(said.clone())
        .finish();
    let _listening = subscriber.set_default();
    for (case, code, change) in CHANGES {
        // So that a time long past is still after the parent's.
        world.advance(60_000);
        let height = world.nodes[0].tip().height.next();
        let validators = world.nodes[0].status().validators;
        let turn = proposer(&validators, height, senim_types::Round(0)).key;
        let liar = world
            .nodes
            .iter()
            .position(|node| node.key == turn)
            .expect("one of the four");
        let old = old.clone();
        let of = Rc::new(RefCell::new(Liar {
            key: world.network.validators[liar].1.clone(),
            chain: world.network.chain,
            height,
            change: Box::new(move |block| {
                change(&mut block.header, &mut block.transactions, &old);
                block.header.transactions_root = transactions_root(&block.transactions);
            }),
            changed: BTreeMap::new(),
            waiting: Vec::new(),
        }));
        let state = Rc::clone(&of);
        world.set_wire(Box::new(move |from, to, message| {
            if from == liar {
                state.borrow_mut().carry(to, message)
            } else {
                vec![message]
            }
        }));
        let receipt = world.apply("fund", people::allot(case, Tiyn(7)));
        world.clear_wire();
        let reasons = said.take();
        let reasons: Vec<&str> = reasons
            .lines()
            .filter(|line| line.contains("a proposal is not valid"))
            .collect();
        let is_said = |line: &&str| line.ends_with(&format!("code={code}"));
        assert!(
            !reasons.is_empty() && reasons.iter().all(is_said),
            "{case}: {reasons:?}"
        );
        let lies = of.borrow();
        assert!(!lies.changed.is_empty(), "{case}: it was proposed");
        assert_eq!(
            receipt.height, height,
            "{case}: the transaction is in that height all the same"
        );
        let record = world.nodes[0].block(height).expect("committed");
        assert!(record.certificate.round.0 > 0, "{case}: its round was lost");
        for changed in lies.changed.values() {
            assert_ne!(record.block.header.hash(), changed.header.hash(), "{case}");
        }
        for node in &world.nodes {
            assert!(node.evidence.is_empty() && node.halted.is_none(), "{case}");
        }
    }
}

#[test]
fn a_clock_that_is_wrong_costs_its_own_turns_only() {
    let mut world = World::of(4, 37);
    world.nodes[1].clock_offset_ms = 3_600_000;
    for number in 0..6 {
        world.apply("fund", people::allot(&format!("number {number}"), Tiyn(7)));
    }
    let wrong = world.nodes[1].key;
    for record in world.nodes[0].blocks() {
        assert_ne!(record.block.header.proposer, wrong);
        assert!(record.block.header.time <= world.now());
    }
}

#[test]
fn two_of_four_do_nothing_and_three_do() {
    let mut world = World::of(4, 38);
    world.stop(0);
    world.stop(1);
    let signed = world.sign("fund", people::allot("alone", Tiyn(7)));
    world.offer(2, &codec::encode(&signed));
    world.advance(30_000);
    assert_eq!(world.tips(), [Height::GENESIS; 2]);
    world.start(0);
    world.run_until("three of four decide", |world| {
        world.running().all(|node| node.has(&signed.hash()))
    });
    world.start(1);
    world.run_until("the fourth has it too", |world| {
        world.nodes[1].has(&signed.hash())
    });
}
