//! Committing, reading, proving.

use super::*;
use crate::store::{StoreFolder, StoreKind};

#[test]
fn a_new_ledger_has_the_genesis_state() {
    let machine = Machine::default();
    let (ledger, recovery) = machine.open();
    assert_eq!(recovery.state, StateSource::New);
    assert_eq!((recovery.height, recovery.replayed), (Height(0), 0));
    assert_eq!(ledger.tip(), &genesis().header(ledger.tree().root()));
    assert_eq!(ledger.get(&key(3)), Ok(Some(vec![3; 10])));
    assert_eq!(ledger.block(Height(0)), Ok(None));
    assert_eq!(ledger.header(Height(0)), Ok(Some(ledger.tip().clone())));
    assert_eq!(ledger.header(Height(1)), Ok(None));
    drop(ledger);
    let (ledger, recovery) = machine.open();
    assert_eq!(recovery.state, StateSource::Store(Height(0)));
    assert_eq!(recovery.tree, TreeSource::Checkpoint);
    assert_eq!(ledger.get(&key(3)), Ok(Some(vec![3; 10])));
}

#[test]
fn a_ledger_is_the_same_after_every_reopening() {
    let reference = reference(25);
    let machine = Machine::default();
    for blocks in [0u64, 1, 2, 3, 4, 7, 8] {
        let (mut ledger, recovery) = machine.open();
        assert!(recovery.replayed < 3, "flushed every three blocks");
        assert_eq!(recovery.torn, None);
        check_whole(&ledger, &reference);
        for _ in 0..blocks {
            grow(&mut ledger).expect("commits");
            check_whole(&ledger, &reference);
        }
    }
    let (mut ledger, _) = machine.open();
    ledger.flush().expect("flushes");
    drop(ledger);
    let (ledger, recovery) = machine.open();
    assert_eq!((recovery.height, recovery.replayed), (Height(25), 0));
    check_whole(&ledger, &reference);
}

#[test]
fn it_runs_on_a_real_disk_with_every_backend() {
    let reference = reference(20);
    for kind in StoreKind::ALL {
        let folder = tempfile::tempdir().expect("a folder");
        let opener = StoreFolder::new(&folder.path().join("store"), Some(kind));
        for _ in 0..4 {
            let disk = crate::disk::RealDisk::open(folder.path()).expect("a disk");
            let (mut ledger, recovery) =
                Ledger::open(Arc::new(disk), &opener, &genesis(), small(), &mut Toy)
                    .expect("opens");
            assert!(
                !matches!(recovery.state, StateSource::Rebuilt { .. }),
                "{kind}"
            );
            check_whole(&ledger, &reference);
            (0..5).for_each(|_| drop(grow(&mut ledger).expect("commits")));
            check_whole(&ledger, &reference);
        }
    }
}

#[test]
fn a_block_that_does_not_follow_is_refused_and_changes_nothing() {
    type Spoil = fn(&mut BlockRecord);
    let spoilt: [(&str, Spoil); 7] = [
        ("chain", |r| {
            r.block.header.chain = senim_types::ChainId(Hash::of(b"another"))
        }),
        ("height", |r| r.block.header.height = Height(9)),
        ("parent", |r| r.block.header.parent = Hash::ZERO),
        ("log root", |r| r.block.header.log_root = Hash::ZERO),
        ("certificate", |r| r.certificate.height = Height(9)),
        ("certificate", |r| r.certificate.block = Hash::ZERO),
        ("certificate", |r| r.block.header.time = TimeMs(5)),
    ];
    let (mut ledger, _) = Machine::default().open();
    grow(&mut ledger).expect("commits");
    for (part, spoil) in spoilt {
        let (mut record, changes, staged) = next_block(&ledger);
        spoil(&mut record);
        let error = ledger.commit(record, changes, staged).expect_err(part);
        assert!(matches!(&error, StateError::NotNext { part: found, .. } if *found == part));
        assert_eq!(ledger.height(), Height(1));
    }
    grow(&mut ledger).expect("goes on");
}

#[test]
fn another_outcome_than_the_certified_one_stops() {
    let (mut ledger, _) = Machine::default().open();
    let (mut record, changes, _) = next_block(&ledger);
    let mut other = changes.clone();
    other.put(key(1), b"differs".to_vec());
    let staged = ledger.stage(&other);
    let certified = record.block.header.state_root;
    let error = ledger
        .commit(record.clone(), other, staged)
        .expect_err("differs");
    assert!(matches!(error, StateError::OutcomeDiffers { certified: c, .. } if c == certified));
    assert_eq!(error.code(), senim_types::Code::OUTCOME_DIFFERS);

    let stale = ledger.stage(&changes);
    grow(&mut ledger).expect("commits");
    record.block.header.height = Height(2);
    record.block.header.parent = ledger.tip_hash();
    record.block.header.log_root = ledger.log_root();
    record.certificate.height = Height(2);
    record.certificate.block = record.block.header.hash();
    assert_eq!(
        ledger.commit(record, changes, stale),
        Err(StateError::StaleStage)
    );
}

#[test]
fn undecided_blocks_live_beside_each_other_and_leave_no_trace() {
    let reference = reference(1);
    let (mut ledger, _) = Machine::default().open();
    let stages: Vec<Staged> = (0..5u64)
        .map(|n| {
            let mut changes = ChangeSet::default();
            changes.put(key(n), b"undecided".to_vec());
            let view = Overlay {
                base: &ledger,
                changes: &changes,
            };
            assert_eq!(view.get(&key(n)), Ok(Some(b"undecided".to_vec())));
            ledger.stage(&changes)
        })
        .collect();
    drop(stages);
    grow(&mut ledger).expect("commits");
    check_whole(&ledger, &reference);
}

#[test]
fn a_flush_by_the_caller_lets_blocks_go_on() {
    let reference = reference(12);
    let machine = Machine::default();
    let options = LedgerOptions {
        flush: FlushMode::ByCaller,
        ..small()
    };
    let (mut ledger, _) = machine.open_with(&Faults::none(), options).expect("opens");
    assert!(ledger.begin_flush().is_none(), "nothing to write");
    (0..3).for_each(|_| drop(grow(&mut ledger).expect("commits")));
    assert!(ledger.is_flush_due());
    let job = ledger.begin_flush().expect("due");
    assert!(
        !ledger.is_flush_due() && ledger.begin_flush().is_none(),
        "one at a time"
    );
    assert_eq!(ledger.flush(), Err(StateError::Unusable), "one at a time");
    for _ in 0..4 {
        grow(&mut ledger).expect("commits while the flush is under way");
        check_whole(&ledger, &reference);
    }
    let worker = std::thread::spawn(move || job.run());
    let result = worker.join().expect("runs on another thread");
    check_whole(&ledger, &reference);
    ledger.end_flush(result).expect("ends");
    check_whole(&ledger, &reference);
    let job = ledger.begin_flush().expect("due again");
    let result = job.run();
    grow(&mut ledger).expect("commits");
    ledger.end_flush(result).expect("ends");
    drop(ledger);
    let (ledger, recovery) = machine.open();
    assert_eq!(recovery.state, StateSource::Store(Height(7)));
    assert_eq!((recovery.height, recovery.replayed), (Height(8), 1));
    check_whole(&ledger, &reference);
}

#[test]
fn every_header_is_proven_under_every_later_log_root() {
    let (mut ledger, _) = Machine::default().open();
    (0..20).for_each(|_| drop(grow(&mut ledger).expect("commits")));
    let header = |height| {
        ledger
            .header(Height(height))
            .expect("reads")
            .expect("is there")
    };
    for later in 1..=20 {
        let log_root = header(later).log_root;
        for height in 0..later {
            let proof = ledger
                .prove_header(Height(height), Height(later))
                .expect("reads")
                .expect("is earlier");
            assert!(
                proof.proves(&log_root, &header(height)),
                "{height} under {later}"
            );
            let another = (height + 1) % later;
            assert_eq!(proof.proves(&log_root, &header(another)), another == height);
            assert!(!proof.proves(&Hash::ZERO, &header(height)));
        }
        assert_eq!(ledger.prove_header(Height(later), Height(later)), Ok(None));
    }
    let proof = ledger
        .prove_header(Height(20), Height(21))
        .expect("reads")
        .expect("the tip");
    assert!(proof.proves(&ledger.log_root(), ledger.tip()));
    assert_eq!(ledger.prove_header(Height(0), Height(22)), Ok(None));
}

#[test]
fn a_state_proof_holds_under_the_header_of_the_tip() {
    let (mut ledger, _) = Machine::default().open();
    grow(&mut ledger).expect("commits");
    let root = ledger.tip().state_root;
    for (asked, there) in [(key(1), true), (key(8), false), (b"never".to_vec(), false)] {
        let answer = ledger.prove_state(&asked).expect("proves");
        assert_eq!(answer.value.is_some(), there);
        assert!(answer.proof.proves(&root, &asked, answer.value.as_deref()));
    }
}

#[test]
fn what_was_never_there_is_not_found() {
    let (mut ledger, _) = Machine::default().open();
    grow(&mut ledger).expect("commits");
    assert_eq!(ledger.find_transaction(&Hash::of(b"no")), Ok(None));
    assert_eq!(ledger.block(Height(2)), Ok(None));
    assert_eq!(ledger.block_bytes(Height(2)), Ok(None));
}

#[test]
fn the_data_of_another_chain_is_refused() {
    let machine = Machine::with_blocks(4);
    for store in [machine.store.clone(), MemoryStore::new()] {
        let disk = Arc::new(machine.disk.copy());
        let error = Ledger::open(disk, &store, &genesis_named("other"), small(), &mut Toy)
            .err()
            .expect("another chain");
        assert!(matches!(error, StateError::OtherChain { .. }));
        assert_eq!(error.code(), senim_types::Code::OTHER_CHAIN_DATA);
    }
}
