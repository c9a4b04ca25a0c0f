//! One machine by itself, the other validators played by hand.

use crate::sim::{chain, keys, set};
use senim_consensus::{
    Consensus, ConsensusMessage, Effect, Error, Input, Params, Phase, PolkaCertificate,
    PolkaSignature, Proposal, RoundCertificate, RoundCertificateKind, RoundSignature,
    SignedProposal, SignedVote, Signer, SignerUnavailable, Timer, TimerKind, proposer,
};
use senim_types::crypto::{SecretKey, verify_certificate};
use senim_types::{Fault, Hash, Height, PublicKey, Round, Signature, Vote, VoteKind};

const H1: Height = Height(1);
const R0: Round = Round(0);

fn block(name: &str) -> Hash {
    Hash::of(name.as_bytes())
}

pub fn vote(
    key: &SecretKey,
    kind: VoteKind,
    height: Height,
    round: Round,
    block: Option<Hash>,
) -> ConsensusMessage {
    let vote = Vote {
        height,
        round,
        block,
    };
    ConsensusMessage::Vote(SignedVote {
        kind,
        vote,
        validator: key.public(),
        signature: key.sign_bytes(&vote.signed_bytes(kind, &chain())),
    })
}

pub fn proposal(key: &SecretKey, proposal: Proposal) -> ConsensusMessage {
    ConsensusMessage::Proposal(SignedProposal {
        proposal,
        validator: key.public(),
        signature: key.sign_bytes(&proposal.signed_bytes(&chain())),
    })
}

fn fresh(height: Height, round: Round, block: Hash) -> Proposal {
    Proposal {
        height,
        round,
        block,
        valid_round: None,
    }
}

fn start(height: Height, wal: Vec<Vec<u8>>) -> Input {
    Input::StartHeight {
        height,
        validators: set(&keys(4)),
        wal,
    }
}

/// Validator `index` of four, at height 1.
fn running(index: usize) -> (Consensus, Vec<SecretKey>, Vec<Effect>) {
    let keys = keys(4);
    let signer = Box::new(keys[index].clone());
    let mut consensus = Consensus::new(Params::local(chain()), signer);
    let effects = consensus.step(start(H1, Vec::new()));
    (consensus, keys, effects)
}

fn say(consensus: &mut Consensus, message: ConsensusMessage) -> Vec<Effect> {
    consensus.step(Input::Message { message })
}

fn wal(effects: &[Effect]) -> Vec<Vec<u8>> {
    let entries = effects.iter().filter_map(|effect| match effect {
        Effect::WalAppend { entry, .. } => Some(entry.clone()),
        _ => None,
    });
    entries.collect()
}

fn own_votes(effects: &[Effect]) -> Vec<(VoteKind, Option<Hash>)> {
    let votes = effects.iter().filter_map(|effect| match effect {
        Effect::Broadcast {
            message: ConsensusMessage::Vote(signed),
        } => Some((signed.kind, signed.vote.block)),
        _ => None,
    });
    votes.collect()
}

fn refused(effects: &[Effect]) -> Option<Error> {
    effects.iter().find_map(|effect| match effect {
        Effect::Refused { error } => Some(error.clone()),
        _ => None,
    })
}

#[test]
fn a_height_from_proposal_to_certificate() {
    let (mut consensus, keys, effects) = running(0);
    // Validator (1 + 0) mod 4 proposes; we wait for it.
    assert!(effects.iter().any(|effect| matches!(
        effect,
        Effect::ScheduleTimer { timer, after_ms: 700 } if timer.kind == TimerKind::Propose
    )));
    let a = block("a");
    let effects = say(&mut consensus, proposal(&keys[1], fresh(H1, R0, a)));
    assert!(effects.contains(&Effect::CheckProposal {
        height: H1,
        round: R0,
        valid_round: None,
        proposer: keys[1].public(),
        block: a,
    }));
    let effects = consensus.step(Input::ProposalChecked {
        height: H1,
        block: a,
        valid: true,
    });
    assert_eq!(own_votes(&effects), [(VoteKind::Prevote, Some(a))]);
    let position = |wanted: fn(&Effect) -> bool| effects.iter().position(wanted);
    let last_append = effects
        .iter()
        .rposition(|it| matches!(it, Effect::WalAppend { .. }));
    let flush = position(|it| matches!(it, Effect::WalFlush));
    let broadcast = position(|it| matches!(it, Effect::Broadcast { .. }));
    assert!(last_append < flush && flush < broadcast, "{effects:?}");

    say(
        &mut consensus,
        vote(&keys[1], VoteKind::Prevote, H1, R0, Some(a)),
    );
    let effects = say(
        &mut consensus,
        vote(&keys[2], VoteKind::Prevote, H1, R0, Some(a)),
    );
    assert_eq!(own_votes(&effects), [(VoteKind::Precommit, Some(a))]);
    say(
        &mut consensus,
        vote(&keys[1], VoteKind::Precommit, H1, R0, Some(a)),
    );
    let effects = say(
        &mut consensus,
        vote(&keys[2], VoteKind::Precommit, H1, R0, Some(a)),
    );
    let Some(Effect::Decided { block, certificate }) = effects
        .iter()
        .find(|it| matches!(it, Effect::Decided { .. }))
    else {
        panic!("not decided: {effects:?}");
    };
    assert_eq!(*block, a);
    verify_certificate(&chain(), &set(&keys), certificate).unwrap();
    assert_eq!(consensus.phase(), Phase::Decided);
    let schedules = |it: &Effect| matches!(it, Effect::ScheduleTimer { .. });
    assert!(
        !effects.iter().any(schedules),
        "a decided height has no timers"
    );
}

#[test]
fn the_proposer_is_asked_for_a_block_and_sends_proposal_and_body() {
    let (mut consensus, _, effects) = running(1);
    assert!(effects.contains(&Effect::BuildProposal {
        height: H1,
        round: R0,
        within_ms: 700,
    }));
    let built = |round, block| Input::ProposalBuilt {
        height: H1,
        round,
        block,
    };
    assert_eq!(consensus.step(built(Round(1), block("other"))), []);
    let effects = consensus.step(built(R0, block("a")));
    let sent: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Broadcast { message } => Some(match message {
                ConsensusMessage::Proposal(_) => "proposal",
                _ => "vote",
            }),
            Effect::SendBody { .. } => Some("body"),
            _ => None,
        })
        .collect();
    assert_eq!(sent, ["vote", "proposal", "body"]);
    assert_eq!(
        consensus.step(built(R0, block("again"))),
        [],
        "one block for a round"
    );
}

#[test]
fn an_invalid_block_gets_a_vote_for_none() {
    let (mut consensus, keys, _) = running(0);
    say(
        &mut consensus,
        proposal(&keys[1], fresh(H1, R0, block("bad"))),
    );
    let effects = consensus.step(Input::ProposalChecked {
        height: H1,
        block: block("bad"),
        valid: false,
    });
    assert_eq!(own_votes(&effects), [(VoteKind::Prevote, None)]);
}

#[test]
fn a_body_that_nobody_proposed_is_not_judged() {
    let (mut consensus, _, _) = running(0);
    let effects = consensus.step(Input::ProposalChecked {
        height: H1,
        block: block("unasked"),
        valid: true,
    });
    assert_eq!(effects, []);
}

#[test]
fn peers_faults_are_named_and_change_nothing() {
    let (mut consensus, keys, _) = running(0);
    let stranger = SecretKey::from_seed(&[99; 32]);
    let a = Some(block("a"));
    let forged = match vote(&keys[1], VoteKind::Prevote, H1, R0, a) {
        ConsensusMessage::Vote(signed) => ConsensusMessage::Vote(SignedVote {
            validator: keys[2].public(),
            ..signed
        }),
        other => other,
    };
    let weak_polka = ConsensusMessage::Polka(PolkaCertificate {
        height: H1,
        round: R0,
        block: block("a"),
        signatures: vec![PolkaSignature {
            validator: keys[1].public(),
            signature: Signature([0; 64]),
        }],
    });
    let bad_round = ConsensusMessage::Round(RoundCertificate {
        height: H1,
        round: Round(3),
        kind: RoundCertificateKind::Skip,
        signatures: vec![RoundSignature {
            kind: VoteKind::Prevote,
            block: None,
            validator: keys[1].public(),
            signature: Signature([0; 64]),
        }],
    });
    let circular = Proposal {
        valid_round: Some(Round(0)),
        ..fresh(H1, R0, block("a"))
    };
    let cases = [
        (
            "a stranger's vote",
            vote(&stranger, VoteKind::Prevote, H1, R0, a),
            Error::Stranger,
        ),
        ("a vote in another's name", forged, Error::BadSignature),
        (
            "a proposal out of turn",
            proposal(&keys[2], fresh(H1, R0, block("a"))),
            Error::NotTheProposer,
        ),
        (
            "a stranger's proposal",
            proposal(&stranger, fresh(H1, R0, block("a"))),
            Error::Stranger,
        ),
        (
            "a proposal that refers to itself",
            proposal(&keys[1], circular),
            Error::BadValidRound,
        ),
        (
            "a polka of one bad signature",
            weak_polka,
            Error::BadCertificate,
        ),
        ("a round nobody reached", bad_round, Error::BadCertificate),
        (
            "a round beyond reason",
            vote(&keys[1], VoteKind::Prevote, H1, Round(u32::MAX), a),
            Error::LimitExceeded,
        ),
        (
            "a stranger's vote of a later height",
            vote(&stranger, VoteKind::Prevote, Height(2), R0, a),
            Error::Stranger,
        ),
    ];
    for (name, message, expected) in cases {
        let effects = say(&mut consensus, message);
        assert_eq!(refused(&effects), Some(expected.clone()), "{name}");
        assert_eq!(effects.len(), 1, "{name}: {effects:?}");
        assert_eq!(expected.fault(), Fault::Peer, "{name}");
        assert_ne!(expected.code().fault(), Fault::Node, "{name}");
    }
}

#[test]
fn old_messages_and_timers_are_ignored() {
    let (mut consensus, keys, _) = running(0);
    let old = vote(&keys[1], VoteKind::Prevote, Height(0), R0, None);
    assert_eq!(say(&mut consensus, old), []);
    for (height, round) in [(H1, Round(1)), (Height(2), R0)] {
        let timer = Timer {
            height,
            round,
            kind: TimerKind::Propose,
        };
        assert_eq!(consensus.step(Input::TimeoutElapsed { timer }), []);
    }
    let timer = Timer {
        height: H1,
        round: R0,
        kind: TimerKind::Propose,
    };
    let effects = consensus.step(Input::TimeoutElapsed { timer });
    assert_eq!(own_votes(&effects), [(VoteKind::Prevote, None)]);
    assert_eq!(
        consensus.step(Input::TimeoutElapsed { timer }),
        [],
        "it fires once"
    );
}

#[test]
fn messages_of_the_next_height_wait_for_it_and_announce_it() {
    let keys = keys(4);
    let mut consensus = Consensus::new(Params::local(chain()), Box::new(keys[0].clone()));
    let early = proposal(&keys[1], fresh(H1, R0, block("a")));
    assert_eq!(
        say(&mut consensus, early.clone()),
        [],
        "idle: no validators are known"
    );
    consensus.step(Input::AwaitHeight {
        height: H1,
        validators: set(&keys),
    });
    assert_eq!(
        say(&mut consensus, early),
        [Effect::HeightSeen { height: H1 }]
    );
    let prevote = vote(&keys[1], VoteKind::Prevote, H1, R0, Some(block("a")));
    assert_eq!(say(&mut consensus, prevote), [], "announced once");
    let far = vote(&keys[1], VoteKind::Prevote, Height(900), R0, None);
    let seen = Effect::HeightSeen {
        height: Height(900),
    };
    assert_eq!(say(&mut consensus, far), [seen]);
    let effects = consensus.step(start(H1, Vec::new()));
    let asked = |it: &Effect| matches!(it, Effect::CheckProposal { .. });
    assert!(
        effects.iter().any(asked),
        "the waiting proposal is used: {effects:?}"
    );
}

#[test]
fn who_is_in_no_set_follows_and_signs_nothing() {
    let keys = keys(4);
    let observer = SecretKey::from_seed(&[77; 32]);
    let mut consensus = Consensus::new(Params::local(chain()), Box::new(observer));
    let mut effects = consensus.step(start(H1, Vec::new()));
    let a = block("a");
    effects.extend(say(&mut consensus, proposal(&keys[1], fresh(H1, R0, a))));
    effects.extend(consensus.step(Input::ProposalChecked {
        height: H1,
        block: a,
        valid: true,
    }));
    for kind in [VoteKind::Prevote, VoteKind::Precommit] {
        for key in &keys[..3] {
            effects.extend(say(&mut consensus, vote(key, kind, H1, R0, Some(a))));
        }
    }
    let speaks = |it: &Effect| {
        matches!(
            it,
            Effect::Broadcast { .. } | Effect::WalAppend { .. } | Effect::WalFlush
        )
    };
    assert!(!effects.iter().any(speaks));
    assert_eq!(consensus.phase(), Phase::Decided);
}

#[test]
fn a_damaged_or_foreign_log_stops_the_validator() {
    let (_, _, _) = running(0);
    let (mut consensus, keys, _) = running(0);
    say(
        &mut consensus,
        proposal(&keys[1], fresh(H1, R0, block("a"))),
    );
    let good = wal(&consensus.step(Input::ProposalChecked {
        height: H1,
        block: block("a"),
        valid: true,
    }));
    let mut damaged = good.clone();
    damaged[1][0] ^= 0x40;
    let halted = |height, wal| {
        let signer = Box::new(keys[0].clone());
        let mut consensus = Consensus::new(Params::local(chain()), signer);
        let effects = consensus.step(start(height, wal));
        assert_eq!(consensus.phase(), Phase::Halted);
        assert_eq!(
            consensus.step(start(Height(9), Vec::new())),
            [],
            "halted for good"
        );
        effects
    };
    let error = |index| {
        let error = Error::WalDamaged { index };
        assert_eq!(error.fault(), Fault::Node);
        vec![Effect::Halt { error }]
    };
    assert_eq!(halted(H1, damaged), error(1));
    assert_eq!(halted(Height(2), good), error(0));
    assert_eq!(halted(H1, vec![Vec::new()]), error(0));
}

/// The log of validator 0, which saw proposal "a" and prevoted it.
fn log_of_a_prevote() -> Vec<Vec<u8>> {
    let (mut consensus, keys, _) = running(0);
    let mut effects = say(
        &mut consensus,
        proposal(&keys[1], fresh(H1, R0, block("a"))),
    );
    effects.extend(consensus.step(Input::ProposalChecked {
        height: H1,
        block: block("a"),
        valid: true,
    }));
    wal(&effects)
}

#[test]
fn a_restart_repeats_the_logged_vote_byte_for_byte_and_asks_nothing_again() {
    let keys = keys(4);
    let mut consensus = Consensus::new(Params::local(chain()), Box::new(keys[0].clone()));
    let effects = consensus.step(start(H1, log_of_a_prevote()));
    assert_eq!(own_votes(&effects), [(VoteKind::Prevote, Some(block("a")))]);
    let not_again = |it: &Effect| {
        matches!(
            it,
            Effect::WalAppend { .. } | Effect::WalFlush | Effect::CheckProposal { .. }
        )
    };
    assert!(!effects.iter().any(not_again), "{effects:?}");
}

#[test]
fn a_log_that_lost_the_answer_asks_for_it_again() {
    let keys = keys(4);
    let mut consensus = Consensus::new(Params::local(chain()), Box::new(keys[0].clone()));
    let mut log = log_of_a_prevote();
    log.truncate(1);
    let effects = consensus.step(start(H1, log));
    assert_eq!(own_votes(&effects), []);
    let asks = |it: &Effect| matches!(it, Effect::CheckProposal { .. });
    assert!(effects.iter().any(asks));
}

#[test]
fn a_log_that_holds_another_vote_than_it_leads_to_stops_the_validator() {
    // The own vote's entry is that of a validator who voted otherwise on the same history.
    let keys = keys(4);
    let mut log = log_of_a_prevote();
    let ConsensusMessage::Vote(other) = vote(&keys[0], VoteKind::Prevote, H1, R0, None) else {
        unreachable!("a vote");
    };
    let mut entry = vec![0];
    entry.extend(borsh::to_vec(&other).unwrap());
    *log.last_mut().unwrap() = entry;
    let mut consensus = Consensus::new(Params::local(chain()), Box::new(keys[0].clone()));
    let error = Error::WalContradicted;
    assert_eq!(consensus.step(start(H1, log)), [Effect::Halt { error }]);
}

#[test]
fn a_vote_of_ours_that_we_did_not_cast_stops_the_validator() {
    let (mut consensus, keys, _) = running(0);
    let echo = vote(&keys[0], VoteKind::Prevote, H1, R0, None);
    let ConsensusMessage::Vote(signed) = echo.clone() else {
        unreachable!("a vote");
    };
    let unsigned = SignedVote {
        signature: Signature([1; 64]),
        ..signed
    };
    let effects = say(&mut consensus, ConsensusMessage::Vote(unsigned));
    assert_eq!(effects, [], "anybody can write our name");
    let error = Error::KeyUsedTwice;
    assert_eq!(say(&mut consensus, echo), [Effect::Halt { error }]);
}

struct Unplugged(PublicKey);

impl Signer for Unplugged {
    fn public_key(&self) -> PublicKey {
        self.0
    }

    fn sign(&self, _bytes: &[u8]) -> Result<Signature, SignerUnavailable> {
        Err(SignerUnavailable)
    }
}

#[test]
fn without_a_signer_nothing_leaves() {
    let keys = keys(4);
    let signer = Box::new(Unplugged(keys[1].public()));
    let mut consensus = Consensus::new(Params::local(chain()), signer);
    consensus.step(start(H1, Vec::new()));
    let effects = consensus.step(Input::ProposalBuilt {
        height: H1,
        round: R0,
        block: block("a"),
    });
    let error = Error::SignerUnavailable;
    assert_eq!(effects, [Effect::Halt { error }]);
}

#[test]
fn heights_go_upwards_only() {
    for height in [Height(0), H1] {
        let (mut consensus, _, _) = running(0);
        let effects = consensus.step(start(height, Vec::new()));
        assert!(matches!(
            effects[..],
            [Effect::Halt {
                error: Error::HeightOutOfOrder { .. }
            }]
        ));
    }
    // Blocks were fetched meanwhile: heights may be left out.
    let (mut consensus, _, _) = running(0);
    consensus.step(start(Height(7), Vec::new()));
    assert_eq!(consensus.height(), Height(7));
    assert_eq!(consensus.round(), Some(R0));
}

#[test]
fn proposers_take_turns() {
    let keys = keys(4);
    let set = set(&keys);
    let turn = |height, round| {
        let key = proposer(&set, Height(height), Round(round)).key;
        set.index_of(&key).unwrap()
    };
    assert_eq!(
        [turn(1, 0), turn(2, 0), turn(3, 0), turn(4, 0)],
        [1, 2, 3, 0]
    );
    assert_eq!(
        [turn(1, 1), turn(1, 2), turn(1, 3), turn(1, 4)],
        [2, 3, 0, 1]
    );
    assert_eq!(turn(u64::MAX, u32::MAX), (3 + 3) % 4, "no overflow");
}

#[test]
fn a_machine_may_move_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Consensus>();
}
