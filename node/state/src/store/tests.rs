//! One suite for all backends.

use super::*;
use crate::fault::Faults;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn key(n: u32) -> Vec<u8> {
    [b"k".as_slice(), &n.to_be_bytes()].concat()
}

fn keys(entries: &[Entry]) -> Vec<Vec<u8>> {
    entries.iter().map(|(key, _)| key.clone()).collect()
}

fn stores_behave(opener: &dyn StoreOpener) {
    let store = opener.open().expect("open an empty store");
    assert_eq!(store.get(&key(1)), Ok(None));
    assert_eq!(store.scan(b"", b"", 10), Ok(Vec::new()));

    let mut batch = Batch::default();
    (0..300u32).for_each(|n| batch.put(key(n), n.to_le_bytes().to_vec()));
    batch.put(b"j".to_vec(), b"before".to_vec());
    batch.put(b"k".to_vec(), b"the prefix itself".to_vec());
    batch.put(b"l".to_vec(), b"behind".to_vec());
    batch.put(key(7), b"twice in a batch: the last counts".to_vec());
    batch.put(key(8), b"gone".to_vec());
    batch.delete(key(8));
    store.write(batch).expect("write");
    store.flush().expect("flush");

    assert_eq!(store.get(&key(9)), Ok(Some(9u32.to_le_bytes().to_vec())));
    assert_eq!(store.get(&key(7)).expect("get").expect("there").len(), 33);
    assert_eq!(store.get(&key(8)), Ok(None));
    let first = store.scan(b"k", b"", 4).expect("scan");
    assert_eq!(keys(&first), [b"k".to_vec(), key(0), key(1), key(2)]);
    let next = store.scan(b"k", &key(2), 3).expect("scan");
    assert_eq!(keys(&next), [key(3), key(4), key(5)]);
    assert_eq!(
        keys(&store.scan(b"k", &key(7), 1).expect("scan")),
        [key(9)],
        "8 was deleted"
    );
    assert_eq!(
        store.scan(b"k", b"k", 1).expect("scan")[0].0,
        key(0),
        "after the prefix itself"
    );
    assert_eq!(
        store.scan(b"k", b"a", 1).expect("scan")[0].0,
        b"k",
        "after something before it"
    );
    assert_eq!(store.scan(b"k", &key(299), 10), Ok(Vec::new()));
    assert_eq!(store.scan(b"k", b"l", 10), Ok(Vec::new()));
    assert_eq!(store.scan(b"k", b"", 1000).expect("scan").len(), 300);
    assert_eq!(store.scan(b"", b"", 1000).expect("scan").len(), 302);

    let mut loose = Batch::default();
    loose.put(key(8), b"back".to_vec());
    loose.delete(key(9));
    store.write_loose(loose).expect("write one by one");
    store.flush().expect("flush");
    assert_eq!(store.get(&key(8)), Ok(Some(b"back".to_vec())));
    assert_eq!(store.get(&key(9)), Ok(None));

    drop(store);
    let store = opener.open().expect("open again");
    assert_eq!(store.scan(b"", b"", 1000).expect("scan").len(), 302);
    drop(store);
    opener.destroy().expect("destroy");
    opener.destroy().expect("destroy what is not there");
    assert_eq!(
        opener.open().expect("empty again").scan(b"", b"", 10),
        Ok(Vec::new())
    );
}

#[test]
fn stores_behave_the_same_on_every_backend() {
    stores_behave(&MemoryStore::new());
    stores_behave(&FaultyOpener::new(MemoryStore::new(), Faults::none()));
    let folder = tempfile::tempdir().expect("a folder");
    for opener in durable(folder.path()) {
        stores_behave(opener.as_ref());
    }
}

/// Every way in which a store is opened on disk, each in a folder of its own below `folder`.
fn durable(folder: &Path) -> Vec<Box<dyn StoreOpener>> {
    let (sled, fjall) = (folder.join("sled"), folder.join("fjall"));
    let (node, chosen) = (folder.join("node"), folder.join("chosen"));
    vec![
        Box::new(SledOpener::new(&sled, SLED_CACHE_BYTES_DEFAULT)),
        Box::new(FjallOpener::new(&fjall, FJALL_CACHE_BYTES_DEFAULT)),
        Box::new(StoreFolder::new(&node, None)),
        Box::new(StoreFolder::new(&chosen, Some(StoreKind::Fjall))),
    ]
}

/// Writes three batches, flushes the first, and looks at what `crash` leaves: a whole number of
/// batches, the flushed one among them.
fn unflushed_batches_are_never_torn(
    opener: &dyn StoreOpener,
    crash: impl FnOnce() -> Box<dyn StoreOpener>,
) {
    let store = opener.open().expect("open");
    for round in 1..=3u32 {
        let mut batch = Batch::default();
        (0..500u32).for_each(|n| batch.put(key(n), vec![round as u8; 40 + n as usize % 7]));
        batch.put(b"applied".to_vec(), round.to_be_bytes().to_vec());
        store.write(batch).expect("write");
        if round == 1 {
            store.flush().expect("flush");
        }
    }
    let after = crash();
    drop(store);
    let store = after.open().expect("open what the crash left");
    let applied = store
        .get(b"applied")
        .expect("get")
        .expect("the first batch was flushed");
    let round = u32::from_be_bytes(applied.try_into().expect("four bytes"));
    assert!((1..=3).contains(&round));
    let values: BTreeMap<_, _> = store
        .scan(b"k", b"", 1000)
        .expect("scan")
        .into_iter()
        .collect();
    assert_eq!(values.len(), 500);
    assert!(
        values
            .values()
            .all(|value| value.iter().all(|byte| *byte == round as u8))
    );
}

#[test]
fn an_unflushed_batch_may_be_lost_but_never_torn() {
    for unflushed in [Unflushed::Lost, Unflushed::Kept, Unflushed::Mixed] {
        let store = MemoryStore::new();
        unflushed_batches_are_never_torn(&store, || {
            let image = store.copy();
            image.crash(unflushed);
            Box::new(image)
        });
        let faulty = FaultyOpener::new(store.copy(), Faults::none());
        unflushed_batches_are_never_torn(&faulty, || Box::new(faulty.clone()));
    }
    for kind in StoreKind::ALL {
        let folder = tempfile::tempdir().expect("a folder");
        let (live, image) = (folder.path().join("live"), folder.path().join("image"));
        unflushed_batches_are_never_torn(&StoreFolder::new(&live, Some(kind)), || {
            copy_folder(&live, &image);
            Box::new(StoreFolder::new(&image, Some(kind)))
        });
    }
}

/// Copies a folder with everything in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("create");
    for entry in std::fs::read_dir(from).expect("list") {
        let entry = entry.expect("entry");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("type").is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("copy");
        }
    }
}

#[test]
fn a_faulty_store_dies_fills_up_and_flips() {
    let faults = Faults::kill_at(3, false);
    let opener = FaultyOpener::new(MemoryStore::new(), faults.clone());
    let store = opener.open().expect("open");
    let mut batch = Batch::default();
    batch.put(key(1), vec![0, 0]);
    store.write(batch.clone()).expect("operation 1");
    opener.flip_on_read(&key(1), 1, 7);
    assert_eq!(store.get(&key(1)), Ok(Some(vec![0, 128])));
    assert_eq!(store.scan(b"", b"", 1).expect("scan")[0].1, [0, 128]);
    faults.set_full(true);
    assert_eq!(store.write(batch.clone()), Err(StoreError::Full));
    faults.set_full(false);
    assert_eq!(store.flush(), Err(StoreError::Killed));
    assert_eq!(store.get(&key(1)), Err(StoreError::Killed));
    assert_eq!(store.write(batch), Err(StoreError::Killed));
    assert_eq!(opener.open().err(), Some(StoreError::Killed));
    assert_eq!(opener.destroy(), Err(StoreError::Killed));
}

/// The files below `folder`, in the order of their paths.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("list") {
        let path = entry.expect("entry").path();
        match path.is_dir() {
            true => files.extend(self::files(&path)),
            false => files.push(path),
        }
    }
    files.sort();
    files
}

#[test]
fn a_damaged_folder_is_noticed_or_read_right() {
    for kind in StoreKind::ALL {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let opener = StoreFolder::new(&path, Some(kind));
        let store = opener.open().expect("open");
        let mut batch = Batch::default();
        (0..2000u32).for_each(|n| batch.put(key(n), vec![n as u8; 100]));
        store.write(batch).expect("write");
        store.flush().expect("flush");
        drop(store);
        let mut damaged = 0;
        for file in files(&path) {
            let mut bytes = std::fs::read(&file).expect("a file of the store");
            if bytes.len() > 100_000 {
                let middle = bytes.len() / 2;
                bytes[middle..middle + 64].fill(0xA5);
                std::fs::write(&file, bytes).expect("damage it");
                damaged += 1;
            }
        }
        assert!(damaged > 0, "{kind}: its values are somewhere");
        // Whatever it makes of it, the ledger compares every entry with the tree when it starts.
        if let Ok(store) = opener.open() {
            drop(store.scan(b"k", b"", 3000));
        }
        opener.destroy().expect("destroy");
        assert_eq!(opener.open().expect("fresh").get(&key(1)), Ok(None));
    }
}

#[test]
fn a_folder_remembers_its_backend_and_is_not_opened_with_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    let open = |wanted| StoreFolder::new(&path, wanted).open();
    let refused = |wanted| {
        open(wanted)
            .map(drop)
            .expect_err("another backend wrote it")
    };
    let mut batch = Batch::default();
    batch.put(key(1), b"kept".to_vec());
    for (own, other) in [
        (StoreKind::Sled, StoreKind::Fjall),
        (StoreKind::Fjall, StoreKind::Sled),
    ] {
        let store = open(Some(own)).expect("open");
        store.write(batch.clone()).expect("write");
        store.flush().expect("flush");
        drop(store);
        let before = files(&path);
        let reason = format!("{own} wrote it, and {other} is asked for");
        assert_eq!(refused(Some(other)), StoreError::Damaged(reason));
        assert_eq!(files(&path), before, "the other has written nothing");
        let store = open(None).expect("with the one that is remembered");
        assert_eq!(store.get(&key(1)), Ok(Some(b"kept".to_vec())));
        drop(store);
        StoreFolder::new(&path, Some(other))
            .destroy()
            .expect("destroy");
    }
}

#[test]
fn a_folder_from_before_the_marker_is_sleds_and_a_damaged_marker_is_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    let mut batch = Batch::default();
    batch.put(key(1), b"kept".to_vec());
    let store = SledOpener::new(&path, SLED_CACHE_BYTES_DEFAULT)
        .open()
        .expect("open");
    store.write(batch).expect("write");
    store.flush().expect("flush");
    drop(store);
    let open = |wanted| StoreFolder::new(&path, wanted).open();
    assert!(matches!(
        open(Some(StoreKind::Fjall)).map(drop),
        Err(StoreError::Damaged(_))
    ));
    let store = open(None).expect("sled's");
    assert_eq!(store.get(&key(1)), Ok(Some(b"kept".to_vec())));
    drop(store);
    for marker in [b"".as_slice(), b"slad", &[0xFF, 0xFE], &[b'f'; 4096]] {
        std::fs::write(path.join("backend"), marker).expect("damage it");
        for wanted in [None, Some(StoreKind::Sled), Some(StoreKind::Fjall)] {
            assert!(matches!(
                open(wanted).map(drop),
                Err(StoreError::Damaged(_))
            ));
        }
    }
}

#[test]
fn fjalls_failed_thread_is_an_error_and_not_a_wait_without_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    let opener = FjallOpener::new(&path, FJALL_CACHE_BYTES_DEFAULT);
    let store = opener.open().expect("open");
    // Its thread has nowhere to put a file; what it appends to stays open.
    std::fs::remove_dir_all(path.join("keyspaces")).expect("remove");
    let part = |part: u32| {
        let mut batch = Batch::default();
        (0..1_000).for_each(|n| batch.put(key(part * 1_000 + n), vec![7; 4_096]));
        batch
    };
    // Far more than it gathers in memory: the first file is due early.
    let failed = (0..200).find_map(|n| store.write_loose(part(n)).err());
    assert!(
        matches!(failed, Some(StoreError::Failed(_) | StoreError::Damaged(_))),
        "{failed:?}"
    );
    store.flush().expect_err("nothing more is taken");
    drop(store);
    opener.destroy().expect("destroy");
    assert_eq!(opener.open().expect("fresh").get(&key(1)), Ok(None));
}
