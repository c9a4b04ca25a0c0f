//! Bytes from outside: canonical, bounded, and never a panic.

use crate::hand::{proposal, vote};
use crate::sim::{chain, keys, set};
use proptest::prelude::*;
use senim_consensus::{
    Consensus, ConsensusMessage, Effect, Error, Input, MESSAGE_BYTES_MAX, Params, Phase,
    PolkaCertificate, PolkaSignature, Proposal, ROUND_MAX, RoundCertificate, RoundCertificateKind,
    RoundSignature, Timer, TimerKind,
};
use senim_types::codec::DecodeError;
use senim_types::{Hash, Height, Round, Signature, VoteKind};

fn blocks() -> impl Strategy<Value = Hash> {
    (0u8..3).prop_map(|name| Hash::of(&[name]))
}

fn kinds() -> impl Strategy<Value = VoteKind> {
    prop_oneof![Just(VoteKind::Prevote), Just(VoteKind::Precommit)]
}

/// Messages as four validators might sign them, honest or not: few blocks, few rounds.
fn messages() -> impl Strategy<Value = ConsensusMessage> {
    let signer = 0usize..4;
    let height = prop_oneof![4 => Just(Height(1)), 1 => Just(Height(2))];
    let round = (0u32..4).prop_map(Round);
    let votes = (
        signer.clone(),
        kinds(),
        height.clone(),
        round.clone(),
        proptest::option::of(blocks()),
    )
        .prop_map(|(signer, kind, height, round, block)| {
            vote(&keys(4)[signer], kind, height, round, block)
        });
    let proposals = (
        height.clone(),
        round.clone(),
        blocks(),
        proptest::option::of(round.clone()),
        0u64..2,
    )
        .prop_map(|(height, round, block, valid_round, off)| {
            let turn = (height.0 + u64::from(round.0) + off) % 4;
            let fields = Proposal {
                height,
                round,
                block,
                valid_round,
            };
            proposal(&keys(4)[turn as usize], fields)
        });
    let signers = proptest::sample::subsequence(vec![0usize, 1, 2, 3], 1..=4);
    let polkas = (signers.clone(), round.clone(), blocks()).prop_map(|(signers, round, block)| {
        let signatures = signers.iter().map(|signer| {
            let prevote = vote(
                &keys(4)[*signer],
                VoteKind::Prevote,
                Height(1),
                round,
                Some(block),
            );
            let ConsensusMessage::Vote(signed) = prevote else {
                unreachable!("a vote");
            };
            PolkaSignature {
                validator: signed.validator,
                signature: signed.signature,
            }
        });
        ConsensusMessage::Polka(PolkaCertificate {
            height: Height(1),
            round,
            block,
            signatures: signatures.collect(),
        })
    });
    let rounds = (
        signers,
        round,
        kinds(),
        proptest::option::of(blocks()),
        any::<bool>(),
    )
        .prop_map(|(signers, round, kind, block, skip)| {
            let signatures = signers.iter().map(|signer| {
                let ConsensusMessage::Vote(signed) =
                    vote(&keys(4)[*signer], kind, Height(1), round, block)
                else {
                    unreachable!("a vote");
                };
                RoundSignature {
                    kind,
                    block,
                    validator: signed.validator,
                    signature: signed.signature,
                }
            });
            ConsensusMessage::Round(RoundCertificate {
                height: Height(1),
                round,
                kind: match skip {
                    true => RoundCertificateKind::Skip,
                    false => RoundCertificateKind::Precommit,
                },
                signatures: signatures.collect(),
            })
        });
    prop_oneof![6 => votes, 3 => proposals, 1 => polkas, 1 => rounds]
}

/// What a machine may be told.
#[derive(Clone, Debug)]
enum Told {
    Message(ConsensusMessage),
    Timer(u32, TimerKind),
    Checked(Hash, bool),
    Built(u32, Hash),
}

fn told() -> impl Strategy<Value = Told> {
    let kind = prop_oneof![
        Just(TimerKind::Propose),
        Just(TimerKind::Prevote),
        Just(TimerKind::Precommit),
        Just(TimerKind::Rebroadcast)
    ];
    prop_oneof![
        6 => messages().prop_map(Told::Message),
        2 => (0u32..4, kind).prop_map(|(round, kind)| Told::Timer(round, kind)),
        3 => (blocks(), prop::bool::weighted(0.8)).prop_map(|(block, valid)| Told::Checked(block, valid)),
        1 => (0u32..4, blocks()).prop_map(|(round, block)| Told::Built(round, block)),
    ]
}

fn input(told: Told) -> Input {
    let height = Height(1);
    match told {
        Told::Message(message) => Input::Message { message },
        Told::Timer(round, kind) => Input::TimeoutElapsed {
            timer: Timer {
                height,
                round: Round(round),
                kind,
            },
        },
        Told::Checked(block, valid) => Input::ProposalChecked {
            height,
            block,
            valid,
        },
        Told::Built(round, block) => Input::ProposalBuilt {
            height,
            round: Round(round),
            block,
        },
    }
}

/// Quick unless `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(64),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_encoded_decodes_to_the_same(message in messages()) {
        let bytes = message.encode();
        prop_assert!(bytes.len() <= MESSAGE_BYTES_MAX);
        prop_assert_eq!(ConsensusMessage::decode(&bytes), Ok(message));
    }

    #[test]
    fn any_bytes_are_refused_or_canonical(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(message) = ConsensusMessage::decode(&bytes) {
            prop_assert_eq!(message.encode(), bytes);
        }
    }

    #[test]
    fn a_changed_byte_is_refused_or_another_message(
        message in messages(), at in any::<prop::sample::Index>(), flip in 1u8..,
    ) {
        let mut bytes = message.encode();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(other) = ConsensusMessage::decode(&bytes) {
            prop_assert_ne!(&other, &message);
            prop_assert_eq!(other.encode(), bytes);
        }
    }

    #[test]
    fn any_log_starts_or_halts(
        wal in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 1..4),
    ) {
        let signer = Box::new(keys(4)[0].clone());
        let mut consensus = Consensus::new(Params::local(chain()), signer);
        let validators = set(&keys(4));
        consensus.step(Input::StartHeight { height: Height(1), validators, wal });
        prop_assert!(matches!(consensus.phase(), Phase::Running | Phase::Halted));
    }

    /// Three of four validators sign whatever they like: more than the protocol can bear. The
    /// machine still does not panic, and a restart from its log says nothing that contradicts it.
    #[test]
    fn whatever_is_said_a_machine_stays_true_to_itself(
        me in 0usize..4, story in proptest::collection::vec(told(), 1..60),
    ) {
        let boot = |wal| {
            let signer = Box::new(keys(4)[me].clone());
            let mut consensus = Consensus::new(Params::local(chain()), signer);
            let validators = set(&keys(4));
            let input = Input::StartHeight { height: Height(1), validators, wal };
            let effects = consensus.step(input);
            (consensus, effects)
        };
        let own = keys(4)[me].public();
        let mine = |effects: &[Effect]| -> Vec<Vec<u8>> {
            let messages = effects.iter().filter_map(|effect| match effect {
                Effect::Broadcast { message: message @ ConsensusMessage::Vote(signed) }
                    if signed.validator == own => Some(message.encode()),
                Effect::Broadcast { message: message @ ConsensusMessage::Proposal(signed) }
                    if signed.validator == own => Some(message.encode()),
                _ => None,
            });
            messages.collect()
        };
        let (mut consensus, mut effects) = boot(Vec::new());
        for told in story {
            // Our own key is ours: nobody else signs with it.
            let message_is_mine = match &told {
                Told::Message(ConsensusMessage::Vote(signed)) => signed.validator == own,
                Told::Message(ConsensusMessage::Proposal(signed)) => signed.validator == own,
                Told::Message(ConsensusMessage::Polka(polka)) =>
                    polka.signatures.iter().any(|it| it.validator == own),
                Told::Message(ConsensusMessage::Round(round)) =>
                    round.signatures.iter().any(|it| it.validator == own),
                _ => false,
            };
            if !message_is_mine {
                effects.extend(consensus.step(input(told)));
            }
        }
        let halt = effects.iter().find(|it| matches!(it, Effect::Halt { .. }));
        prop_assert_eq!(halt, None);
        let wal: Vec<_> = effects.iter().filter_map(|effect| match effect {
            Effect::WalAppend { entry, .. } => Some(entry.clone()),
            _ => None,
        }).collect();
        let said = mine(&effects);
        let (_, again) = boot(wal);
        let halt = again.iter().find(|it| matches!(it, Effect::Halt { .. }));
        prop_assert_eq!(halt, None);
        for message in mine(&again) {
            prop_assert!(said.contains(&message), "the restart said something new");
        }
    }
}

#[test]
fn limits_hold_before_anything_else() {
    let key = &keys(1)[0];
    let too_high = vote(
        key,
        VoteKind::Prevote,
        Height(1),
        Round(ROUND_MAX.0 + 1),
        None,
    );
    let decoded = ConsensusMessage::decode(&too_high.encode());
    assert_eq!(decoded, Err(Error::LimitExceeded));
    let signature = PolkaSignature {
        validator: key.public(),
        signature: Signature([0; 64]),
    };
    for (count, refused) in [(0, true), (1, false), (100, false), (101, true)] {
        let polka = ConsensusMessage::Polka(PolkaCertificate {
            height: Height(1),
            round: Round(0),
            block: Hash::ZERO,
            signatures: vec![signature; count],
        });
        let decoded = ConsensusMessage::decode(&polka.encode());
        assert_eq!(decoded.is_err(), refused, "{count} signatures");
    }
    let length = MESSAGE_BYTES_MAX + 1;
    let error = DecodeError::TooLong {
        length,
        limit: MESSAGE_BYTES_MAX,
    };
    let decoded = ConsensusMessage::decode(&vec![0; length]);
    assert_eq!(decoded, Err(Error::Undecodable(error)));
    // A length of four billion in a few bytes reserves nothing.
    let mut bytes = vec![2];
    bytes.extend([0; 8 + 4 + 32]);
    bytes.extend([0xff; 4]);
    assert!(ConsensusMessage::decode(&bytes).is_err());
}

/// A format change is an explicit approval: these are the bytes' blake3 hashes, and nodes that
/// disagree about them cannot talk.
#[test]
fn the_bytes_of_each_kind_of_message_are_these() {
    let keys = keys(4);
    let (height, round, block) = (Height(5), Round(1), Hash::of(b"block"));
    let prevote = vote(&keys[0], VoteKind::Prevote, height, round, Some(block));
    let ConsensusMessage::Vote(signed) = &prevote else {
        unreachable!("a vote");
    };
    let polka = ConsensusMessage::Polka(PolkaCertificate {
        height,
        round,
        block,
        signatures: vec![PolkaSignature {
            validator: signed.validator,
            signature: signed.signature,
        }],
    });
    let skip = ConsensusMessage::Round(RoundCertificate {
        height,
        round,
        kind: RoundCertificateKind::Skip,
        signatures: vec![RoundSignature {
            kind: VoteKind::Prevote,
            block: Some(block),
            validator: signed.validator,
            signature: signed.signature,
        }],
    });
    let fields = Proposal {
        height,
        round,
        block,
        valid_round: Some(Round(0)),
    };
    let nil = vote(&keys[0], VoteKind::Precommit, height, round, None);
    let cases = [
        (
            "prevote",
            prevote,
            144,
            "ea1dd1bfbfdacef0af889aaa6fc6ac2112d36f325498cf614e6bed0765ab84cb",
        ),
        (
            "precommit of no block",
            nil,
            112,
            "7c2cbdee1f89c192ca93eb2f9715efb79978227c7f918608c68e29064908de02",
        ),
        (
            "proposal",
            proposal(&keys[2], fields),
            147,
            "5fef7ab6556476998037ccffbdab7f631c507fff62a0a56cc0054440de31752c",
        ),
        (
            "polka",
            polka,
            146,
            "8646f5dc9b05f93c1344eff78ab6657e287876da05f4ac22adc1628a79de9b8a",
        ),
        (
            "round",
            skip,
            149,
            "10f74443f7bd128fe7a3fc464f262ae191ed5bab55e305636109cb3031c66680",
        ),
    ];
    let expected = cases
        .iter()
        .map(|(name, _, length, hash)| format!("{name} {length} {hash}"));
    let found = cases.iter().map(|(name, message, _, _)| {
        let bytes = message.encode();
        format!("{name} {} {}", bytes.len(), Hash::of(&bytes))
    });
    assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}
