use super::*;
use rand_core::SeedableRng;
use senim_types::crypto::{SecretKey, verify_transactions};
use senim_types::{Call, ChainId, ContractId, Transaction};

fn transaction(device: u8, sequence: u64, valid_until: u64, input: u8) -> VerifiedTransaction {
    let key = SecretKey::from_seed(&[device; 32]);
    let body = Transaction {
        version: 1,
        chain: ChainId::default(),
        device: key.public(),
        sequence,
        valid_until: TimeMs(valid_until),
        calls: vec![Call {
            contract: ContractId(1),
            input: vec![input],
        }],
        witnesses: vec![],
    };
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let signed = vec![key.sign_transaction(body, vec![])];
    verify_transactions(&ChainId::default(), signed, &mut rng)
        .remove(0)
        .expect("signed above")
}

fn limits(transactions_max: usize, per_device_max: usize) -> MempoolLimits {
    MempoolLimits {
        transactions_max,
        bytes_max: 1 << 20,
        per_device_max,
    }
}

#[test]
fn the_same_transaction_waits_once_and_its_identity_is_taken() {
    let mut pool = Mempool::new(limits(10, 10));
    assert_eq!(pool.offer(transaction(1, 1, 9, 0)), Ok(Offer::Added));
    assert_eq!(pool.offer(transaction(1, 1, 9, 0)), Ok(Offer::Known));
    assert_eq!(
        pool.offer(transaction(1, 1, 9, 1)),
        Err(Code::SEQUENCE_USED)
    );
    assert_eq!(pool.len(), 1);
}

#[test]
fn limits_hold_for_all_and_for_one() {
    let mut pool = Mempool::new(limits(3, 2));
    for (device, sequence, answer) in [
        (1, 1, Ok(Offer::Added)),
        (1, 2, Ok(Offer::Added)),
        (1, 3, Err(Code::DEVICE_RATE)),
        (2, 1, Ok(Offer::Added)),
        (3, 1, Err(Code::MEMPOOL_FULL)),
    ] {
        assert_eq!(pool.offer(transaction(device, sequence, 9, 0)), answer);
    }
    let key = SecretKey::from_seed(&[1; 32]).public();
    assert!(pool.remove(&key, 2).is_some());
    assert!(pool.remove(&key, 2).is_none());
    assert_eq!(pool.offer(transaction(1, 3, 9, 0)), Ok(Offer::Added));
    let mut small = Mempool::new(MempoolLimits {
        bytes_max: 100,
        ..limits(10, 10)
    });
    assert_eq!(
        small.offer(transaction(1, 1, 9, 0)),
        Err(Code::MEMPOOL_FULL)
    );
}

#[test]
fn what_is_removed_leaves_nothing_behind() {
    let mut pool = Mempool::new(limits(10, 10));
    for sequence in 0..5 {
        let added = pool.offer(transaction(1, sequence, 10 + sequence, 0));
        assert_eq!(added, Ok(Offer::Added));
    }
    assert_eq!(pool.remove_expired(TimeMs(12)).len(), 2);
    let order: Vec<u64> = pool.iter().map(|t| t.transaction().body.sequence).collect();
    assert_eq!(order, [2, 3, 4]);
    assert_eq!(pool.remove_expired(TimeMs(100)).len(), 3);
    assert!(pool.is_empty());
    assert_eq!(
        (pool.bytes(), pool.per_device.len(), pool.by_identity.len()),
        (0, 0, 0)
    );
}
