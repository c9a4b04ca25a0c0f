//! The write-ahead log: what a restart makes of it.

use crate::hand::*;
use crate::sim::{chain, keys};
use senim_consensus::{Consensus, ConsensusMessage, Effect, Error, Input, Params, Phase};
use senim_types::{Fault, Height, VoteKind};

#[test]
fn a_damaged_or_foreign_log_stops_the_validator() {
    let keys = keys(4);
    let good = log_of_a_prevote();
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

/// The log of validator 1, which proposed "a".
fn log_of_a_proposer() -> Vec<Vec<u8>> {
    let (mut consensus, _, _) = running(1);
    wal(&consensus.step(Input::ProposalBuilt {
        height: H1,
        round: R0,
        block: block("a"),
    }))
}

#[test]
fn a_proposer_proposes_the_same_block_after_a_restart_however_much_of_its_log_is_left() {
    let keys = keys(4);
    let whole = log_of_a_proposer();
    // Block, proposal, prevote.
    assert_eq!(whole.len(), 3);
    for kept in 1..=whole.len() {
        let mut consensus = Consensus::new(Params::local(chain()), Box::new(keys[1].clone()));
        let effects = consensus.step(start(H1, whole[..kept].to_vec()));
        let asked = |it: &Effect| matches!(it, Effect::BuildProposal { .. });
        assert!(
            !effects.iter().any(asked),
            "{kept}: asked for another block"
        );
        let proposed = effects.iter().find_map(|effect| match effect {
            Effect::Broadcast {
                message: ConsensusMessage::Proposal(signed),
            } => Some(signed.proposal.block),
            _ => None,
        });
        assert_eq!(proposed, Some(block("a")), "{kept}");
        let sends_body = |it: &Effect| matches!(it, Effect::SendBody { .. });
        assert!(effects.iter().any(sends_body), "{kept}");
        assert_eq!(own_votes(&effects), [(VoteKind::Prevote, Some(block("a")))]);
        let flushes = effects.contains(&Effect::WalFlush);
        assert_eq!(
            flushes,
            kept < whole.len(),
            "{kept}: what was lost is logged again"
        );
    }
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
