//! Trust moves along a chain whose validators change, and never to a forged block.

mod chain;

use chain::*;
use senim_light_client::{Bisection, Bounds, LightClient, Skip};
use senim_types::proof::LightBlock;
use senim_types::*;

const BOUNDS: Bounds = Bounds {
    trusting_period_ms: 3_600_000,
    clock_drift_ms: 500,
};

/// Follows to `target` by what `node` serves; the heights that were fetched, in order.
fn follow(
    client: &mut LightClient,
    target: u64,
    now: TimeMs,
    node: impl Fn(u64) -> LightBlock,
) -> Result<Vec<u64>, Code> {
    let mut way = Bisection::new(client, Height(target));
    let mut fetched = Vec::new();
    while let Some(Height(height)) = way.wanted() {
        assert!(!fetched.contains(&height), "{height} is fetched twice");
        fetched.push(height);
        way.take(client, node(height), now, &BOUNDS)?;
    }
    Ok(fetched)
}

#[test]
fn one_block_is_enough_while_the_validators_stay() {
    let chain = Chain::new(100, |_| vec![(1, 1), (2, 1), (3, 1), (4, 1)]);
    let mut client = LightClient::from_genesis(&chain.genesis);
    let fetched = follow(&mut client, 100, chain.after(100), |h| chain.light_block(h));
    assert_eq!(fetched, Ok(vec![100]));
    assert_eq!(client.height(), Height(100));
}

#[test]
fn a_set_that_was_replaced_fifty_times_over_is_followed_by_bisection() {
    let chain = Chain::rotating(1_000, 5);
    let mut client = LightClient::from_genesis(&chain.genesis);
    let fetched = follow(&mut client, 1_000, chain.after(1_000), |h| {
        chain.light_block(h)
    })
    .expect("a sound chain");
    assert_eq!(client.height(), Height(1_000));
    assert_eq!(*client.validators(), set(&chain.powers[1_001]));
    // Two of the three that signed are still there after ten blocks at most, so a tenth has to be seen.
    assert!((100..150).contains(&fetched.len()), "{}", fetched.len());
    assert_eq!(fetched[..3], [1_000, 500, 250]);
}

#[test]
fn every_start_reaches_every_target() {
    let chain = Chain::rotating(40, 2);
    for from in 1..40 {
        for target in from..=40 {
            let hash = chain.header(from).hash();
            let block = chain.light_block(from);
            let mut client =
                LightClient::from_block(chain.genesis.chain_id(), &hash, &block).expect("sound");
            let fetched = follow(&mut client, target, chain.after(40), |h| {
                chain.light_block(h)
            });
            assert!(fetched.is_ok_and(|fetched| fetched.is_empty() == (from == target)));
            assert_eq!(client.height(), Height(target));
            let certificate = chain.certificate(target);
            assert_eq!(client.header(chain.header(target), &certificate), Ok(()));
        }
    }
}

#[test]
fn a_set_replaced_at_once_is_followed_only_block_by_block() {
    let chain = Chain::new(20, |height| {
        let first = if height < 11 { 1 } else { 101 };
        (first..first + 4).map(|number| (number, 1)).collect()
    });
    let mut client = LightClient::from_genesis(&chain.genesis);
    let far = client.skip(&chain.light_block(20), chain.after(20), &BOUNDS);
    assert_eq!(far, Ok(Skip::TooFar));
    assert_eq!(client, LightClient::from_genesis(&chain.genesis));
    let fetched = follow(&mut client, 20, chain.after(20), |h| chain.light_block(h));
    assert_eq!(fetched.map(|fetched| fetched.contains(&10)), Ok(true));
}

/// An adversary that forges: at every height above the first its own validators, whom `stolen`
/// keys of the true set join.
fn forger(chain: &Chain, stolen: &[Power], height: u64) -> LightBlock {
    let mut powers: Vec<Power> = (201..=204).map(|number| (number, 1)).collect();
    powers.extend(stolen.iter().map(|(number, _)| (*number, 1)));
    let signers: Vec<u16> = powers.iter().map(|(number, _)| *number).collect();
    let header = Header {
        state_root: Hash::of(b"what the adversary wants"),
        validators_hash: set(&powers).hash(),
        next_validators_hash: set(&powers).hash(),
        ..chain.header(height).clone()
    };
    LightBlock {
        certificate: certify(&header, &powers, &signers),
        header,
        validators: set(&powers),
        next_validators: set(&powers),
    }
}

#[test]
fn an_adversary_with_a_third_of_the_power_is_not_believed_at_any_distance() {
    let chain = Chain::new(64, |_| vec![(1, 100), (2, 100), (3, 100)]);
    for stolen in [&[][..], &[(1, 100)]] {
        let mut client = LightClient::from_genesis(&chain.genesis);
        for height in 2..=64 {
            let forged = forger(&chain, stolen, height);
            let verdict = client.skip(&forged, chain.after(64), &BOUNDS);
            assert_eq!(verdict, Ok(Skip::TooFar), "height {height}");
        }
        // It serves forged blocks all the way down; the first has to name the true set.
        let led = follow(&mut client, 64, chain.after(64), |h| {
            forger(&chain, stolen, h)
        });
        assert_eq!(led, Err(Code::VALIDATORS_HASH));
        assert_eq!(client, LightClient::from_genesis(&chain.genesis));
        // Sound blocks up to the last, and then a forged one.
        let led = follow(&mut client, 64, chain.after(64), |h| match h {
            64 => forger(&chain, stolen, h),
            _ => chain.light_block(h),
        });
        assert_eq!(led, Err(Code::VALIDATORS_HASH));
        assert_eq!(client.height(), Height(63));
    }
}

/// The bound is where it is said to be: a third is too little, the least bit more is not.
#[test]
fn the_least_power_above_a_third_is_what_vouches() {
    for (stolen, verdict) in [(99, Skip::TooFar), (100, Skip::TooFar), (101, Skip::Moved)] {
        let rest = 300 - stolen;
        let chain = Chain::new(9, |_| vec![(1, stolen), (2, rest - 1), (3, 1)]);
        let mut client = LightClient::from_genesis(&chain.genesis);
        let forged = forger(&chain, &[(1, stolen)], 9);
        let judged = client.skip(&forged, chain.after(9), &BOUNDS);
        assert_eq!(judged, Ok(verdict), "{stolen} of 300");
    }
}

#[test]
fn signers_who_are_only_named_do_not_vouch() {
    let chain = Chain::new(9, |_| vec![(1, 1), (2, 1), (3, 1), (4, 1)]);
    let mut client = LightClient::from_genesis(&chain.genesis);
    // A true set, and signatures that are another block's.
    let mut block = chain.light_block(9);
    block.header.state_root = Hash::of(b"forged");
    block.certificate.block = block.header.hash();
    let judged = client.skip(&block, chain.after(9), &BOUNDS);
    assert_eq!(judged, Err(Code::CERTIFICATE_SIGNATURE));
    // One signer named twice.
    let mut block = chain.light_block(9);
    let first = block.certificate.signatures[0];
    block.certificate.signatures = vec![first, first, first];
    let judged = client.skip(&block, chain.after(9), &BOUNDS);
    assert_eq!(judged, Err(Code::CERTIFICATE_INDEX));
    assert_eq!(client.height(), Height(0));
}

#[test]
fn a_trusted_block_older_than_the_period_is_refused() {
    let chain = Chain::rotating(30, 10);
    let hash = chain.header(7).hash();
    let block = chain.light_block(7);
    let start = LightClient::from_block(chain.genesis.chain_id(), &hash, &block).expect("sound");
    let end = chain.header(7).time.0 + BOUNDS.trusting_period_ms;
    let at = |now: u64, bounds: &Bounds| {
        let mut client = start.clone();
        client.skip(&chain.light_block(8), TimeMs(now), bounds)
    };
    assert_eq!(at(end - 1, &BOUNDS), Ok(Skip::Moved));
    assert_eq!(at(end, &BOUNDS), Err(Code::TRUST_EXPIRED));
    assert_eq!(at(u64::MAX, &BOUNDS), Err(Code::TRUST_EXPIRED));
    let patient = Bounds {
        trusting_period_ms: u64::MAX,
        ..BOUNDS
    };
    assert_eq!(at(u64::MAX - 1, &patient), Ok(Skip::Moved));
    // Also where nothing is moved from it: whoever starts from it asks.
    assert_eq!(start.within_period(TimeMs(end - 1), &BOUNDS), Ok(()));
    let refused = start.within_period(TimeMs(end), &BOUNDS);
    assert_eq!(refused, Err(Code::TRUST_EXPIRED));
    // The genesis is a trusted block like any other, and the default is a fortnight.
    let mut genesis = LightClient::from_genesis(&chain.genesis);
    let fortnight = Bounds::default();
    assert_eq!(fortnight.trusting_period_ms, 14 * 86_400_000);
    let late = TimeMs(START_MS + fortnight.trusting_period_ms);
    let judged = genesis.skip(&chain.light_block(30), late, &fortnight);
    assert_eq!(judged, Err(Code::TRUST_EXPIRED));
}

#[test]
fn each_rule_refuses_with_its_own_code() {
    let chain = Chain::rotating(20, 30);
    let powers = chain.powers[1].clone();
    let now = chain.after(20);
    let changed = |change: &dyn Fn(&mut LightBlock)| {
        let mut block = chain.light_block(9);
        change(&mut block);
        // Certified again by the true validators: only the rule in question is broken.
        let signers = [0, 1, 2];
        block.certificate = certify(&block.header, &powers, &signers);
        block
    };
    let others = set(&[(50, 1), (51, 1)]);
    let table: Vec<(Code, LightBlock)> = vec![
        (
            Code::HEADER_CHAIN,
            changed(&|b| b.header.chain = ChainId(Hash::ZERO)),
        ),
        (
            Code::HEADER_HEIGHT,
            changed(&|b| b.header.height = Height(5)),
        ),
        (
            Code::HEADER_TIME,
            changed(&|b| b.header.time = chain.header(5).time),
        ),
        (
            Code::HEADER_TIME,
            changed(&|b| b.header.time = TimeMs(now.0 + 501)),
        ),
        (
            Code::VALIDATORS_HASH,
            changed(&|b| b.validators = others.clone()),
        ),
        (
            Code::VALIDATORS_HASH,
            changed(&|b| b.next_validators = others.clone()),
        ),
        (
            Code::VALIDATORS_HASH,
            changed(&|b| b.header.next_validators_hash = Hash::ZERO),
        ),
    ];
    let hash = chain.header(5).hash();
    let block = chain.light_block(5);
    let start = LightClient::from_block(chain.genesis.chain_id(), &hash, &block).expect("sound");
    for (code, block) in table {
        let mut client = start.clone();
        assert_eq!(
            client.skip(&block, now, &BOUNDS),
            Err(code),
            "{:?}",
            block.header
        );
        assert_eq!(client, start, "trust has not moved");
    }
    let sound = changed(&|b| b.header.time = TimeMs(now.0 + 500));
    assert_eq!(start.clone().skip(&sound, now, &BOUNDS), Ok(Skip::Moved));
    let mut of_another = chain.light_block(9);
    of_another.certificate = chain.certificate(8);
    assert_eq!(
        start.clone().skip(&of_another, now, &BOUNDS),
        Err(Code::HEADER_HEIGHT)
    );
    let mut two = chain.light_block(9);
    two.certificate.signatures.pop();
    assert_eq!(
        start.clone().skip(&two, now, &BOUNDS),
        Err(Code::CERTIFICATE_QUORUM)
    );
}

#[test]
fn a_flip_of_any_byte_of_a_light_block_moves_nothing() {
    let chain = Chain::rotating(12, 4);
    let start = LightClient::from_genesis(&chain.genesis);
    for height in [1, 3, 12] {
        let sound = codec::encode(&chain.light_block(height));
        let judge = |bytes: &[u8]| {
            let block: LightBlock = codec::decode(bytes, limits::LIGHT_BLOCK_BYTES_MAX)?;
            let hash = chain.header(height).hash();
            let told = LightClient::from_block(chain.genesis.chain_id(), &hash, &block);
            let skipped = start.clone().skip(&block, chain.after(12), &BOUNDS);
            Ok::<_, codec::DecodeError>((told.is_ok(), skipped == Ok(Skip::Moved)))
        };
        assert_eq!(judge(&sound), Ok((true, height < 12)), "height {height}");
        for at in 0..sound.len() {
            for bit in 0..8 {
                let mut bytes = sound.clone();
                bytes[at] ^= 1 << bit;
                let verdict = judge(&bytes).unwrap_or_default();
                assert_eq!(
                    verdict,
                    (false, false),
                    "bit {bit} of byte {at}, height {height}"
                );
            }
        }
    }
}

#[test]
fn a_block_that_was_not_asked_for_is_refused() {
    let chain = Chain::rotating(12, 3);
    let mut client = LightClient::from_genesis(&chain.genesis);
    let led = follow(&mut client, 12, chain.after(12), |h| {
        chain.light_block(h - 1)
    });
    assert_eq!(led, Err(Code::HEADER_HEIGHT));
    let mut way = Bisection::new(&client, Height(0));
    assert_eq!(way.wanted(), None);
    let refused = way.take(&mut client, chain.light_block(1), chain.after(12), &BOUNDS);
    assert_eq!(refused, Err(Code::HEADER_HEIGHT));
}

#[test]
fn a_block_is_trusted_on_somebodys_word_only_by_its_hash() {
    let chain = Chain::rotating(9, 3);
    let id = chain.genesis.chain_id();
    let (block, hash) = (chain.light_block(5), chain.header(5).hash());
    assert!(LightClient::from_block(id, &hash, &block).is_ok());
    let other = LightClient::from_block(id, &chain.header(4).hash(), &block);
    assert_eq!(other, Err(Code::TRUST_HASH));
    let elsewhere = LightClient::from_block(ChainId(Hash::ZERO), &hash, &block);
    assert_eq!(elsewhere, Err(Code::HEADER_CHAIN));
    let mut few = block.clone();
    few.certificate.signatures.truncate(2);
    assert_eq!(
        LightClient::from_block(id, &hash, &few),
        Err(Code::CERTIFICATE_QUORUM)
    );
    // The genesis header is in no certificate: it is trusted as the genesis, or not at all.
    let mut first = block;
    first.header = chain.header(0).clone();
    let refused = LightClient::from_block(id, &chain.header(0).hash(), &first);
    assert_eq!(refused, Err(Code::HEADER_HEIGHT));
}

#[test]
fn of_what_trust_has_passed_only_the_newest_block_is_known() {
    let chain = Chain::rotating(20, 4);
    let mut client = LightClient::from_genesis(&chain.genesis);
    follow(&mut client, 15, chain.after(15), |h| chain.light_block(h)).expect("sound");
    let judge = |client: &LightClient, height: u64| {
        client.header(chain.header(height), &chain.certificate(height))
    };
    assert_eq!(judge(&client, 15), Ok(()));
    assert_eq!(judge(&client, 14), Err(Code::HEADER_HEIGHT));
    assert_eq!(judge(&client, 20), Err(Code::VALIDATORS_HASH));
    let mut other = chain.header(15).clone();
    other.state_root = Hash::of(b"another");
    let powers = &chain.powers[15];
    let signers: Vec<u16> = powers.iter().map(|(number, _)| *number).collect();
    let certificate = certify(&other, powers, &signers);
    assert_eq!(client.header(&other, &certificate), Err(Code::TRUST_HASH));
    let twice = client.advance(
        chain.header(15),
        &chain.certificate(15),
        set(&chain.powers[16]),
    );
    assert_eq!(twice, Err(Code::HEADER_HEIGHT));
}
