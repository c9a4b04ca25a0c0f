//! Flushing, tearing, resetting.

use super::*;
use crate::disk::{FaultyDisk, MemoryDisk, Unsynced};
use crate::fault::Faults;

fn open(disk: &MemoryDisk) -> (Wal, WalContents) {
    Wal::open(Arc::new(disk.clone())).expect("opens")
}

fn entry(n: u8) -> Vec<u8> {
    vec![n; usize::from(n) * 11 % 50]
}

/// Three flushed entries of height 4.
fn with_entries() -> (MemoryDisk, Wal) {
    let disk = MemoryDisk::new();
    let (mut wal, contents) = open(&disk);
    assert_eq!(contents, WalContents::default());
    wal.reset(Height(4)).expect("resets");
    (0..3).for_each(|n| wal.append(&entry(n)).expect("appends"));
    wal.flush().expect("flushes");
    (disk, wal)
}

#[test]
fn flushed_entries_survive_in_their_order() {
    let (disk, mut wal) = with_entries();
    wal.append(b"not flushed").expect("appends");
    disk.crash(Unsynced::Lost);
    let (mut wal, contents) = open(&disk);
    assert_eq!(contents.height, Some(Height(4)));
    assert_eq!(contents.entries, [entry(0), entry(1), entry(2)]);
    assert_eq!(contents.torn_bytes, 0);
    assert_eq!(wal.height(), Height(4));
    wal.append(b"goes on").expect("appends");
    wal.flush().expect("flushes");
    assert_eq!(open(&disk).1.entries.len(), 4);
}

#[test]
fn a_torn_end_is_removed_wherever_it_is_torn() {
    let (disk, mut wal) = with_entries();
    let length = disk.length(PATH).expect("memory").expect("is there");
    wal.append(b"the last one").expect("appends");
    wal.flush().expect("flushes");
    let whole = disk.length(PATH).expect("memory").expect("is there");
    for kept in length..whole {
        let torn = disk.copy();
        torn.truncate(PATH, kept).expect("cuts");
        let (mut wal, contents) = open(&torn);
        assert_eq!(contents.entries.len(), 3);
        assert_eq!(contents.torn_bytes, kept - length);
        wal.append(b"another").expect("appends");
        assert_eq!(open(&torn).1.entries[3], b"another");
    }
}

#[test]
fn a_flipped_bit_ends_the_entries() {
    let (disk, _) = with_entries();
    let length = disk.length(PATH).expect("memory").expect("is there");
    for offset in 0..length {
        let image = disk.copy();
        image.flip_bit(PATH, offset, 5);
        let entries = open(&image).1.entries;
        assert!(entries.len() < 3);
        assert!(entries.iter().zip(0..).all(|(found, n)| *found == entry(n)));
    }
}

#[test]
fn a_reset_forgets_and_what_a_crash_brings_back_names_its_height() {
    let (disk, mut wal) = with_entries();
    wal.reset(Height(5)).expect("resets");
    wal.append(b"of height 5").expect("appends");
    let image = disk.copy();
    image.crash(Unsynced::Lost);
    assert_eq!(open(&image).1.height, Some(Height(4)));
    wal.flush().expect("flushes");
    disk.crash(Unsynced::Lost);
    let (_, contents) = open(&disk);
    assert_eq!(contents.height, Some(Height(5)));
    assert_eq!(contents.entries, [b"of height 5".to_vec()]);
}

#[test]
fn after_a_failed_flush_nothing_is_taken() {
    let faults = Faults::kill_at(2, false);
    let disk = Arc::new(FaultyDisk::new(MemoryDisk::new(), faults));
    let (mut wal, _) = Wal::open(disk).expect("opens");
    wal.append(b"vote").expect("operation 1");
    assert!(matches!(wal.flush(), Err(WalError::Disk(_))));
    assert_eq!(wal.flush(), Err(WalError::Unusable));
    assert_eq!(wal.append(b"another vote"), Err(WalError::Unusable));
    assert_eq!(wal.reset(Height(9)), Err(WalError::Unusable));
}

#[test]
fn an_entry_above_the_limit_is_refused_and_harms_nothing() {
    let (disk, mut wal) = with_entries();
    let bytes = WAL_ENTRY_BYTES_MAX + 1;
    assert_eq!(
        wal.append(&vec![0; bytes]),
        Err(WalError::TooLarge { bytes })
    );
    wal.append(b"small").expect("appends");
    assert_eq!(open(&disk).1.entries.len(), 4);
}
