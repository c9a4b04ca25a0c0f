//! One machine by itself: a height, faults of peers, heights, keys.

use crate::hand::*;
use crate::sim::{chain, keys, set};
use senim_consensus::{
    Consensus, ConsensusMessage, Effect, Error, Input, Params, Phase, PolkaCertificate,
    PolkaSignature, Proposal, RoundCertificate, RoundCertificateKind, RoundSignature, SignedVote,
    Signer, SignerUnavailable, Timer, TimerKind, proposer,
};
use senim_types::crypto::{SecretKey, verify_certificate};
use senim_types::{Fault, Height, PublicKey, Round, Signature, VoteKind};

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
