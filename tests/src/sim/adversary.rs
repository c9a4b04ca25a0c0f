//! Validators that break the rules, by name: each is an honest node with somebody on its wire, or with
//! something wrong about its machine.

use super::Counts;
use crate::world::chance::Chance;
use crate::world::{Wire, World};
use senim_consensus::{ConsensusMessage, Proposal, SignedProposal, SignedVote};
use senim_replica::PeerMessage;
use senim_replica::message::CertifiedBlock;
use senim_types::crypto::SecretKey;
use senim_types::{Block, ChainId, Hash, Height, Round, TimeMs, Vote, codec};

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adversary {
    /// Votes for one thing to one half of the others and for another to the rest; proposes twice.
    Equivocator,
    /// Forgets what it promised whenever it dies.
    Amnesiac,
    /// Keeps bodies, votes and blocks from some of the others.
    Withholder,
    /// Proposes blocks with a wrong state root, gives blocks with wrong certificates, claims heights.
    Liar,
    /// Sends far more than there is to say, most of it nonsense.
    Spammer,
    /// One identity on two machines.
    Twins,
}

impl Adversary {
    /// All of them.
    pub const ALL: [Adversary; 6] = [
        Adversary::Equivocator,
        Adversary::Amnesiac,
        Adversary::Withholder,
        Adversary::Liar,
        Adversary::Spammer,
        Adversary::Twins,
    ];

    /// The name under which its runs are counted.
    pub fn name(self) -> &'static str {
        match self {
            Adversary::Equivocator => "runs with an equivocator",
            Adversary::Amnesiac => "runs with an amnesiac",
            Adversary::Withholder => "runs with a withholder",
            Adversary::Liar => "runs with a liar",
            Adversary::Spammer => "runs with a spammer",
            Adversary::Twins => "runs with twins",
        }
    }

    /// Makes `node` one.
    pub fn enter(self, world: &mut World, node: usize, seed: u64, counts: &mut Counts) {
        *counts.entry(self.name()).or_default() += 1;
        world.watch.liars.insert(world.nodes[node].key);
        let key = world.nodes[node].key;
        for node in world.nodes.iter_mut().filter(|node| node.key == key) {
            node.may_halt = true;
        }
        let mut mind = Mind {
            key: world.network.validators[node].1.clone(),
            chain: world.network.chain,
            chance: Chance(seed),
            proposal: None,
        };
        let wire: Wire = match self {
            Adversary::Equivocator => Box::new(move |_, to, message| mind.equivocate(to, message)),
            Adversary::Withholder => Box::new(move |_, to, message| mind.withhold(to, message)),
            Adversary::Liar => Box::new(move |_, _, message| mind.lie(message)),
            Adversary::Spammer => Box::new(move |_, _, message| mind.spam(message)),
            Adversary::Amnesiac | Adversary::Twins => return,
        };
        world.set_wire_of(node, wire);
    }
}

struct Mind {
    key: SecretKey,
    chain: ChainId,
    chance: Chance,
    /// Of the liar: waits for its body.
    proposal: Option<SignedProposal>,
}

impl Mind {
    fn vote(&self, signed: SignedVote, block: Option<Hash>) -> PeerMessage {
        let vote = Vote {
            block,
            ..signed.vote
        };
        let signature = self
            .key
            .sign_bytes(&vote.signed_bytes(signed.kind, &self.chain));
        PeerMessage::Consensus(ConsensusMessage::Vote(SignedVote {
            vote,
            signature,
            ..signed
        }))
    }

    fn propose(&self, signed: SignedProposal, block: Hash) -> PeerMessage {
        let proposal = Proposal {
            block,
            ..signed.proposal
        };
        let signature = self.key.sign_bytes(&proposal.signed_bytes(&self.chain));
        PeerMessage::Consensus(ConsensusMessage::Proposal(SignedProposal {
            proposal,
            signature,
            ..signed
        }))
    }

    fn equivocate(&mut self, to: usize, message: PeerMessage) -> Vec<PeerMessage> {
        let is_own = |key| key == self.key.public();
        match &message {
            PeerMessage::Consensus(ConsensusMessage::Vote(signed)) if is_own(signed.validator) => {
                let other = match signed.vote.block {
                    Some(_) => None,
                    None => Some(Hash::of(b"no such block")),
                };
                let lie = self.vote(*signed, other);
                match (self.chance.below(4), to % 2) {
                    (0, _) => vec![message, lie],
                    (_, 0) => vec![lie],
                    _ => vec![message],
                }
            }
            PeerMessage::Consensus(ConsensusMessage::Proposal(signed))
                if is_own(signed.validator) =>
            {
                let lie = self.propose(*signed, Hash::of(signed.proposal.block.as_bytes()));
                match (self.chance.below(4), to % 2) {
                    (0, _) => vec![message, lie],
                    (1, 0) => vec![lie],
                    _ => vec![message],
                }
            }
            _ => vec![message],
        }
    }

    fn withhold(&mut self, to: usize, message: PeerMessage) -> Vec<PeerMessage> {
        let is_kept = match &message {
            PeerMessage::Body { .. } => to.is_multiple_of(2) || self.chance.one_in(3),
            PeerMessage::Blocks(_) => self.chance.one_in(2),
            PeerMessage::Consensus(_) => self.chance.one_in(3),
            _ => false,
        };
        if is_kept { Vec::new() } else { vec![message] }
    }

    fn lie(&mut self, message: PeerMessage) -> Vec<PeerMessage> {
        match message {
            PeerMessage::Consensus(ConsensusMessage::Proposal(signed))
                if signed.validator == self.key.public() && self.chance.one_in(2) =>
            {
                self.proposal = Some(signed);
                Vec::new()
            }
            PeerMessage::Body { block } => {
                let Some(signed) = self.proposal else {
                    return vec![PeerMessage::Body { block }];
                };
                let mut lie = Block::decode(&block).expect("an honest node encodes what decodes");
                lie.header.state_root = Hash::of(b"another state");
                let proposal = self.propose(signed, lie.header.hash());
                let body = PeerMessage::Body {
                    block: codec::encode(&lie),
                };
                vec![proposal, body]
            }
            PeerMessage::Blocks(blocks) => {
                let lies = blocks.into_iter().map(|certified| self.forge(certified));
                vec![PeerMessage::Blocks(lies.collect())]
            }
            PeerMessage::Status { height, follows } => {
                let height = Height(height.0 + self.chance.below(1_000));
                vec![PeerMessage::Status { height, follows }]
            }
            message => vec![message],
        }
    }

    /// A block that nobody decided, under a certificate as good as the liar can make it.
    fn forge(&mut self, mut certified: CertifiedBlock) -> CertifiedBlock {
        match self.chance.below(3) {
            0 => {
                let mut block =
                    Block::decode(&certified.block).expect("an honest node encodes what decodes");
                block.header.time = TimeMs(block.header.time.0 + 1);
                certified.block = codec::encode(&block);
                certified.certificate.block = block.header.hash();
            }
            1 => certified.certificate.signatures.truncate(1),
            _ => certified.certificate.round = Round(certified.certificate.round.0 + 1),
        }
        certified
    }

    fn spam(&mut self, message: PeerMessage) -> Vec<PeerMessage> {
        let mut sent = vec![message.clone()];
        for _ in 0..self.chance.below(6) {
            let height = Height(self.chance.below(40));
            let block = Hash::of(&height.0.to_be_bytes());
            sent.push(match self.chance.below(6) {
                0 => message.clone(),
                1 => PeerMessage::BodyRequest { height, block },
                2 => PeerMessage::BlocksRequest {
                    from: height,
                    count: 64,
                },
                3 => PeerMessage::Body {
                    block: vec![7; self.chance.below(2_000) as usize],
                },
                4 => PeerMessage::Blocks(Vec::new()),
                _ => match &message {
                    PeerMessage::Consensus(ConsensusMessage::Vote(signed)) => {
                        let round = Round(self.chance.below(50) as u32);
                        let vote = Vote {
                            height,
                            round,
                            block: Some(block),
                        };
                        let signed = SignedVote { vote, ..*signed };
                        self.vote(signed, Some(block))
                    }
                    _ => PeerMessage::Status {
                        height,
                        follows: false,
                    },
                },
            });
        }
        sent
    }
}
