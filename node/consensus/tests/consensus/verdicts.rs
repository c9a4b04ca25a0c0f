//! Blocks that the owner refused: when it is asked again.

use crate::hand::*;
use senim_consensus::{
    Consensus, ConsensusMessage, Effect, Error, Input, Proposal, SignedProposal, Timer, TimerKind,
};
use senim_types::crypto::SecretKey;
use senim_types::{Round, Signature, VoteKind};

/// Validator 0 refused block "a" of round 0 and prevoted no block.
fn refusing() -> (Consensus, Vec<SecretKey>, impl Fn(bool) -> Input) {
    let (mut consensus, keys, _) = running(0);
    let checked = |valid| Input::ProposalChecked {
        height: H1,
        block: block("a"),
        valid,
    };
    say(
        &mut consensus,
        proposal(&keys[1], fresh(H1, R0, block("a"))),
    );
    // Too early by this node's clock, say.
    let effects = consensus.step(checked(false));
    assert_eq!(own_votes(&effects), [(VoteKind::Prevote, None)]);
    (consensus, keys, checked)
}

fn check_of(effects: &[Effect]) -> Option<(Round, Option<Round>)> {
    effects.iter().find_map(|effect| match effect {
        Effect::CheckProposal {
            round, valid_round, ..
        } => Some((*round, *valid_round)),
        _ => None,
    })
}

#[test]
fn a_refused_block_is_judged_without_its_time_once_two_thirds_stand_behind_it() {
    let (mut consensus, keys, checked) = refusing();
    let a = block("a");
    let mut effects = Vec::new();
    for key in &keys[1..] {
        assert_eq!(check_of(&effects), None);
        effects = say(
            &mut consensus,
            vote(key, VoteKind::Prevote, H1, R0, Some(a)),
        );
    }
    assert_eq!(check_of(&effects), Some((R0, Some(R0))));
    let effects = consensus.step(checked(true));
    assert_eq!(own_votes(&effects), [(VoteKind::Precommit, Some(a))]);
}

#[test]
fn a_block_refused_for_good_is_not_asked_about_for_ever() {
    let (mut consensus, keys, checked) = refusing();
    for key in &keys[1..] {
        let prevote = vote(key, VoteKind::Prevote, H1, R0, Some(block("a")));
        say(&mut consensus, prevote);
    }
    let effects = consensus.step(checked(false));
    assert_eq!((own_votes(&effects), check_of(&effects)), (vec![], None));
    let precommit = vote(&keys[1], VoteKind::Precommit, H1, R0, Some(block("a")));
    assert_eq!(check_of(&say(&mut consensus, precommit)), None);
}

#[test]
fn a_refused_block_that_is_proposed_again_is_judged_before_it_is_voted_on() {
    let (mut consensus, keys, checked) = refusing();
    let a = block("a");
    for key in &keys[1..] {
        say(&mut consensus, vote(key, VoteKind::Precommit, H1, R0, None));
    }
    let timer = Timer {
        height: H1,
        round: R0,
        kind: TimerKind::Precommit,
    };
    consensus.step(Input::TimeoutElapsed { timer });
    assert_eq!(consensus.round(), Some(Round(1)));
    let again = Proposal {
        round: Round(1),
        valid_round: Some(R0),
        ..fresh(H1, R0, a)
    };
    let forged = match proposal(&keys[2], again) {
        ConsensusMessage::Proposal(signed) => ConsensusMessage::Proposal(SignedProposal {
            signature: Signature([3; 64]),
            ..signed
        }),
        other => other,
    };
    let effects = say(&mut consensus, forged);
    assert_eq!(refused(&effects), Some(Error::BadSignature));
    let effects = say(&mut consensus, proposal(&keys[2], again));
    assert_eq!(own_votes(&effects), []);
    assert_eq!(check_of(&effects), Some((Round(1), Some(R0))));
    consensus.step(checked(true));
    let mut effects = Vec::new();
    for key in &keys[1..] {
        effects = say(
            &mut consensus,
            vote(key, VoteKind::Prevote, H1, R0, Some(a)),
        );
    }
    // The polka of round 0, which the proposal speaks of, arrived last.
    assert_eq!(own_votes(&effects), [(VoteKind::Prevote, Some(a))]);
}
