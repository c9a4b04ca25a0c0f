//! Worn-out disks: the store and the tree are made anew, the log says where it is damaged.

use super::*;
use crate::store::tests::{copy_folder, files};
use crate::store::{Batch, Store, StoreFolder, StoreKind};

const BLOCKS: u64 = 10;

/// Changes the store behind the ledger's back.
fn tamper(machine: &Machine, writes: Writes) {
    let store: &dyn Store = &machine.store;
    store
        .write(Batch { writes })
        .and_then(|()| store.flush())
        .expect("memory");
}

#[test]
fn a_damaged_store_is_noticed_and_rebuilt() {
    let reference = reference(BLOCKS);
    let image = Machine::with_blocks(BLOCKS);
    let store = image.store.entries();
    let state: Vec<_> = store
        .iter()
        .filter(|(key, _)| key[0] == cells::STATE)
        .collect();
    let (key, value) = state[4];
    let mut flipped = value.clone();
    flipped[0] ^= 1;
    let derived = store
        .iter()
        .find(|(key, _)| cells::DERIVED.contains(&key[0]));
    let (place, bytes) = derived.expect("ten blocks leave nodes of the header log");
    let mut misplaced = bytes.clone();
    misplaced[0] ^= 1;
    let mut stray = vec![cells::STATE];
    stray.extend_from_slice(b"stray");
    let sealed = cells::seal(key, b"another value".to_vec());
    let cases: Vec<(&str, Writes)> = vec![
        ("a flipped bit", vec![(key.clone(), Some(flipped))]),
        (
            "a flipped bit beside the state",
            vec![(place.clone(), Some(misplaced))],
        ),
        ("another value, sealed", vec![(key.clone(), Some(sealed))]),
        (
            "the value of another key",
            vec![(key.clone(), Some(state[5].1.clone()))],
        ),
        ("a cut value", vec![(key.clone(), Some(vec![1, 2]))]),
        ("a lost entry", vec![(key.clone(), None)]),
        (
            "a stray entry",
            vec![(stray.clone(), Some(cells::seal(&stray, vec![1])))],
        ),
        ("no height", vec![(cells::applied_key(), None)]),
        (
            "a flipped height",
            vec![(cells::applied_key(), Some(vec![0; 100]))],
        ),
        (
            "everything lost",
            store.keys().map(|key| (key.clone(), None)).collect(),
        ),
    ];
    for (name, writes) in cases {
        for with_checkpoint in [true, false] {
            let machine = image.copy();
            tamper(&machine, writes.clone());
            if !with_checkpoint {
                crate::disk::Disk::remove(&machine.disk, "tree/checkpoint").expect("memory");
            }
            let (mut ledger, recovery) = machine.open();
            assert!(
                matches!(recovery.state, StateSource::Rebuilt { .. }),
                "{name}"
            );
            assert_eq!(recovery.replayed, BLOCKS, "{name}");
            check_whole(&ledger, &reference);
            grow(&mut ledger).expect("goes on");
            drop(ledger);
            let (_, recovery) = machine.open();
            assert!(
                matches!(recovery.state, StateSource::Store(_)),
                "{name}: rebuilt for good"
            );
        }
    }
}

/// An opener of a store that cannot be opened until it was destroyed.
struct Broken(MemoryStore, std::sync::atomic::AtomicBool);

impl StoreOpener for Broken {
    fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        match self.1.load(std::sync::atomic::Ordering::SeqCst) {
            true => Err(StoreError::Damaged("would not open after a kill".into())),
            false => self.0.open(),
        }
    }

    fn destroy(&self) -> Result<(), StoreError> {
        self.1.store(false, std::sync::atomic::Ordering::SeqCst);
        self.0.destroy()
    }
}

#[test]
fn a_store_that_does_not_open_is_rebuilt() {
    let machine = Machine::with_blocks(BLOCKS);
    let opener = Broken(machine.store.clone(), true.into());
    let disk = Arc::new(machine.disk.clone());
    let (ledger, recovery) =
        Ledger::open(disk, &opener, &genesis(), small(), &mut Toy).expect("opens");
    let reason = "would not open after a kill".to_owned();
    assert_eq!(recovery.state, StateSource::Rebuilt { reason });
    check_whole(&ledger, &reference(BLOCKS));
}

/// A ledger on a real disk, with a backend or the one that is remembered.
fn open_on_disk(
    folder: &std::path::Path,
    wanted: Option<StoreKind>,
) -> Result<(Ledger, Recovery), StateError> {
    let disk = crate::disk::RealDisk::open(folder).expect("a disk");
    let opener = StoreFolder::new(&folder.join("store"), wanted);
    Ledger::open(Arc::new(disk), &opener, &genesis(), small(), &mut Toy)
}

#[test]
fn another_backend_than_before_is_rebuilt_aloud_and_then_remembered() {
    let reference = reference(BLOCKS + 4);
    let folder = tempfile::tempdir().expect("a folder");
    let (mut ledger, recovery) = open_on_disk(folder.path(), None).expect("opens");
    assert_eq!(recovery.state, StateSource::New);
    (0..BLOCKS).for_each(|_| drop(grow(&mut ledger).expect("commits")));
    drop(ledger);
    for (found, wanted) in [("sled", StoreKind::Fjall), ("fjall", StoreKind::Sled)] {
        let (mut ledger, recovery) = open_on_disk(folder.path(), Some(wanted)).expect("opens");
        let reason = format!("{found} wrote it, and {wanted} is asked for");
        assert_eq!(recovery.state, StateSource::Rebuilt { reason });
        assert_eq!(recovery.replayed, recovery.height.0);
        check_whole(&ledger, &reference);
        grow(&mut ledger).expect("goes on");
        drop(ledger);
        for same in [None, Some(wanted)] {
            let (ledger, recovery) = open_on_disk(folder.path(), same).expect("opens");
            assert!(
                matches!(recovery.state, StateSource::Store(_)),
                "{recovery:?}"
            );
            check_whole(&ledger, &reference);
        }
    }
}

#[test]
fn whatever_is_damaged_in_a_backends_files_the_state_is_right_again() {
    use std::os::unix::fs::FileExt;
    let reference = reference(BLOCKS);
    for kind in StoreKind::ALL {
        let image = tempfile::tempdir().expect("a folder");
        let (mut ledger, _) = open_on_disk(image.path(), Some(kind)).expect("opens");
        (0..BLOCKS).for_each(|_| drop(grow(&mut ledger).expect("commits")));
        ledger.flush().expect("flushes");
        drop(ledger);
        let files = files(&image.path().join("store"));
        assert!(files.len() > 2, "{kind}: {files:?}");
        let mut rebuilt = 0;
        for file in files {
            let length = std::fs::metadata(&file).expect("a file").len();
            let name = file
                .strip_prefix(image.path())
                .expect("below it")
                .to_owned();
            // In the head, in the middle, in the tail, cut off, gone.
            for spoil in 0..5u64 {
                let copy = tempfile::tempdir().expect("a folder");
                copy_folder(image.path(), copy.path());
                let target = copy.path().join(&name);
                let open = || std::fs::File::options().write(true).open(&target);
                match spoil {
                    0..=2 => {
                        let at = length.saturating_sub(8) / 2 * spoil;
                        let file = open().expect("a file");
                        file.write_all_at(&[0xA5; 8], at).expect("damages it");
                    }
                    3 => open().and_then(|f| f.set_len(length / 2)).expect("cuts it"),
                    _ => std::fs::remove_file(&target).expect("removes it"),
                }
                let case = format!("{kind}: {} in way {spoil}", name.display());
                let (mut ledger, recovery) = open_on_disk(copy.path(), Some(kind)).expect(&case);
                check_whole(&ledger, &reference);
                rebuilt += u32::from(matches!(recovery.state, StateSource::Rebuilt { .. }));
                grow(&mut ledger).expect(&case);
                drop(ledger);
                let (_, recovery) = open_on_disk(copy.path(), Some(kind)).expect(&case);
                assert!(matches!(recovery.state, StateSource::Store(_)), "{case}");
            }
        }
        assert!(rebuilt > 0, "{kind}: some damage hits what is needed");
    }
}

#[test]
fn a_value_damaged_while_running_is_never_answered() {
    let machine = Machine::with_blocks(BLOCKS);
    let opener = FaultyOpener::new(machine.store.clone(), Faults::none());
    let disk = Arc::new(machine.disk.clone());
    let options = LedgerOptions {
        cache_bytes_max: 0,
        ..small()
    };
    let (ledger, _) = Ledger::open(disk, &opener, &genesis(), options, &mut Toy).expect("opens");
    let (state, value) = entries(&ledger).swap_remove(3);
    assert_eq!(ledger.get(&state), Ok(Some(value.clone())));
    for offset in 0..value.len() + 8 {
        opener.flip_on_read(&cells::state_key(&state), offset, 3);
        ledger.get(&state).expect_err("does not match its tag");
        ledger
            .scan(&state, &[], 1)
            .expect_err("does not match its tag");
        ledger
            .prove_state(&state)
            .expect_err("does not match its tag");
        // Flipping it once more reads right again.
        opener.flip_on_read(&cells::state_key(&state), offset, 3);
        assert_eq!(ledger.get(&state), Ok(Some(value.clone())));
    }
}

#[test]
fn a_stale_or_lost_value_is_never_answered() {
    let machine = Machine::with_blocks(BLOCKS);
    let options = LedgerOptions {
        cache_bytes_max: 0,
        ..small()
    };
    let (ledger, _) = machine.open_with(&Faults::none(), options).expect("opens");
    let (state, value) = entries(&ledger).swap_remove(3);
    let key = cells::state_key(&state);
    for change in [Some(cells::seal(&key, b"an older value".to_vec())), None] {
        tamper(&machine, vec![(key.clone(), change)]);
        ledger
            .get(&state)
            .expect_err("the state tree has another value");
    }
    tamper(
        &machine,
        vec![(key.clone(), Some(cells::seal(&key, value.clone())))],
    );
    assert_eq!(ledger.get(&state), Ok(Some(value)));
}

#[test]
fn a_store_that_is_not_audited_is_looked_at_when_blocks_come_out_differently() {
    let reference = reference(BLOCKS);
    // Ten blocks, flushed every three: the last one is executed again over the store.
    let machine = Machine::with_blocks(BLOCKS);
    tamper(&machine, vec![(cells::state_key(COUNTER), None)]);
    let options = LedgerOptions {
        is_store_audited: false,
        ..small()
    };
    let (ledger, recovery) = machine.open_with(&Faults::none(), options).expect("opens");
    assert!(matches!(recovery.state, StateSource::Rebuilt { .. }));
    check_whole(&ledger, &reference);
}

#[test]
fn damaged_tree_files_are_noticed_and_made_anew_from_the_store() {
    use crate::disk::Disk;
    let reference = reference(BLOCKS);
    let image = Machine::default();
    let one_journal = LedgerOptions {
        journal_bytes_min: 1 << 20,
        ..small()
    };
    let (mut ledger, _) = image
        .open_with(&Faults::none(), one_journal)
        .expect("opens");
    (0..BLOCKS).for_each(|_| drop(grow(&mut ledger).expect("commits")));
    image.crash(Unsynced::Lost, Unflushed::Lost);
    assert_eq!(
        image.disk.list("tree").expect("lists").len(),
        2,
        "a checkpoint and its journal"
    );
    for name in image.disk.list("tree").expect("lists") {
        let path = format!("tree/{name}");
        let length = image.disk.length(&path).expect("memory").expect("is there");
        for offset in (0..length).step_by(37) {
            let machine = image.copy();
            assert!(machine.disk.flip_bit(&path, offset, (offset % 8) as u8));
            let (ledger, recovery) = machine.open();
            assert_eq!(
                recovery.state,
                StateSource::Store(Height(9)),
                "{path} {offset}"
            );
            assert!(
                matches!(recovery.tree, TreeSource::Store { .. }),
                "{path} {offset}"
            );
            check_whole(&ledger, &reference);
            drop(ledger);
            assert_eq!(
                machine.open().1.tree,
                TreeSource::Checkpoint,
                "made anew for good"
            );
        }
    }
    for name in image.disk.list("tree").expect("lists") {
        let machine = image.copy();
        machine
            .disk
            .remove(&format!("tree/{name}"))
            .expect("memory");
        assert!(
            matches!(machine.open().1.tree, TreeSource::Store { .. }),
            "{name} is missing"
        );
    }
}

#[test]
fn a_damaged_log_is_an_error_that_names_height_and_offset() {
    use crate::disk::Disk;
    let image = Machine::with_blocks(BLOCKS);
    let mut reported = std::collections::BTreeSet::new();
    let segments: Vec<String> = image.disk.list("log").expect("lists");
    let segments = segments.iter().filter(|name| name.ends_with(".seg"));
    for path in segments.map(|name| format!("log/{name}")) {
        let length = image.disk.length(&path).expect("memory").expect("is there");
        for offset in (0..length).step_by(31) {
            let machine = image.copy();
            machine.disk.flip_bit(&path, offset, (offset % 8) as u8);
            // Opening may succeed when the block is not needed for it; then a scrub finds it.
            let error = match machine.open_with(&Faults::none(), small()) {
                Ok((ledger, _)) => ledger.verify_log().expect_err("a bit was flipped"),
                Err(error) => error,
            };
            let StateError::Log(LogError::Damaged {
                height,
                file,
                offset: record,
                damage,
            }) = error
            else {
                panic!("{path} at {offset}: {error}");
            };
            assert_eq!(file, path);
            assert!(
                record <= offset,
                "{path} at {offset}: the record begins before the damage"
            );
            assert_ne!(damage, Damage::Missing);
            reported.insert(height);
        }
    }
    assert_eq!(
        reported.len() as u64,
        BLOCKS,
        "every record was damaged once"
    );
}

#[test]
fn a_log_that_lost_what_the_store_has_is_damaged() {
    use crate::disk::Disk;
    let machine = Machine::with_blocks(BLOCKS);
    let names = machine.disk.list("log").expect("lists");
    let last = names
        .iter()
        .rfind(|name| name.ends_with(".seg"))
        .expect("a segment");
    machine
        .disk
        .truncate(&format!("log/{last}"), 0)
        .expect("memory");
    let error = machine
        .open_with(&Faults::none(), small())
        .err()
        .expect("blocks are lost");
    assert!(
        matches!(
            error,
            StateError::Log(LogError::Damaged {
                damage: Damage::Acknowledged,
                ..
            })
        ),
        "{error}"
    );
    assert_eq!(error.code(), senim_types::Code::LOG_DAMAGED);
}
