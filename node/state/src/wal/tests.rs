//! Flushing, tearing, resetting.

use super::*;
use crate::disk::{FaultyDisk, MemoryDisk, SECTOR_BYTES, Unsynced};
use crate::fault::Faults;
use senim_types::Code;

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

/// The code that opening fails with, and where it says the damage is. The file is left as it was.
fn damage(disk: &MemoryDisk) -> (Code, u64) {
    let before = bytes(disk);
    let Err(error) = Wal::open(Arc::new(disk.clone())) else {
        panic!("it opens");
    };
    assert_eq!(bytes(disk), before, "nothing is cut away");
    let WalError::Damaged { offset } = error else {
        panic!("not damage: {error}");
    };
    assert!(error.to_string().contains(&format!("byte {offset}")));
    (error.code(), offset)
}

fn bytes(disk: &MemoryDisk) -> Vec<u8> {
    let length = disk.length(PATH).expect("memory").expect("is there");
    disk.read(PATH, 0, length as usize).expect("all of it")
}

/// A disk on which these bytes are durable.
fn with_bytes(bytes: &[u8]) -> MemoryDisk {
    let disk = MemoryDisk::new();
    disk.append(PATH, bytes).expect("memory");
    disk.sync(PATH).expect("memory");
    disk.sync_dir(FOLDER).expect("memory");
    disk
}

/// Entries in groups, each group with one flush: the bytes, and where each record begins.
fn in_flushes(groups: &[&[&[u8]]]) -> (Vec<u8>, Vec<usize>) {
    let disk = MemoryDisk::new();
    let (mut wal, _) = open(&disk);
    wal.reset(Height(9)).expect("resets");
    let mut places = Vec::new();
    for group in groups {
        for entry in *group {
            places.push(wal.bytes as usize);
            wal.append(entry).expect("appends");
        }
        wal.flush().expect("flushes");
    }
    (bytes(&disk), places)
}

#[test]
fn a_flipped_bit_of_what_was_flushed_is_damage_and_not_an_end() {
    let (disk, _) = with_entries();
    let mut places = vec![0];
    (0..3).for_each(|n| places.push(places[n] + HEAD_BYTES + entry(n as u8).len()));
    assert_eq!(places[3], bytes(&disk).len());
    for offset in 0..places[3] {
        for bit in 0..8 {
            let image = disk.copy();
            image.flip_bit(PATH, offset as u64, bit);
            let record = places.iter().rfind(|place| **place <= offset);
            let record = *record.expect("the first begins at 0") as u64;
            assert_eq!(damage(&image), (Code::VOTES_DAMAGED, record), "{offset}");
        }
    }
}

#[test]
fn a_lost_region_is_damage_where_a_later_flush_stands_behind_it() {
    let large = [7; 3 * SECTOR_BYTES];
    let (sound, places) = in_flushes(&[&[b"a"], &[&large, b"b"], &[b"c"], &[b"d", b"e"]]);
    for filling in [0, 0xff] {
        for (first, last) in [(0, 0), (0, 1), (1, 1), (1, 2), (0, 3), (2, 2), (3, 3)] {
            let mut damaged = sound.clone();
            damaged[places[first]..places[last + 1]].fill(filling);
            let found = damage(&with_bytes(&damaged));
            let at = (Code::VOTES_DAMAGED, places[first] as u64);
            assert_eq!(found, at, "records {first} to {last} are {filling}");
        }
    }
    // A sector in the middle of a record, and one that takes the head with it.
    for from in [places[1] + HEAD_BYTES + 1, places[1]] {
        let from = from.next_multiple_of(SECTOR_BYTES);
        let mut damaged = sound.clone();
        damaged[from..from + SECTOR_BYTES].fill(0);
        let found = damage(&with_bytes(&damaged));
        assert_eq!(found, (Code::VOTES_DAMAGED, places[1] as u64));
    }
}

#[test]
fn a_record_taken_out_or_moved_is_damage() {
    let (sound, places) = in_flushes(&[&[b"first"], &[b"other"], &[b"third"]]);
    let without = [&sound[..places[1]], &sound[places[2]..]].concat();
    assert_eq!(damage(&with_bytes(&without)).1, places[1] as u64);
    let swapped = [
        &sound[places[1]..places[2]],
        &sound[..places[1]],
        &sound[places[2]..],
    ];
    assert_eq!(damage(&with_bytes(&swapped.concat())).1, 0);
}

#[test]
fn a_crash_may_write_the_later_of_two_unflushed_entries_and_not_the_earlier() {
    let large = [7; 2 * SECTOR_BYTES];
    let (sound, places) = in_flushes(&[&[b"flushed"], &[&large, b"later"]]);
    let mut torn = sound.clone();
    let from = places[1].next_multiple_of(SECTOR_BYTES);
    torn[from..from + SECTOR_BYTES].fill(0);
    let disk = with_bytes(&torn);
    let (_, contents) = open(&disk);
    assert_eq!(contents.entries, [b"flushed".to_vec()]);
    assert_eq!(contents.torn_bytes, (sound.len() - places[1]) as u64);
    assert_eq!(bytes(&disk).len(), places[1]);
}

#[test]
fn unflushed_entries_are_an_end_in_whatever_state_a_crash_leaves_them() {
    for (unsynced, kept) in [
        (Unsynced::Lost, 3),
        (Unsynced::Torn, 4),
        (Unsynced::Zeroed, 3),
        (Unsynced::Kept, 5),
    ] {
        let (disk, mut wal) = with_entries();
        wal.append(&[1; 700]).expect("appends");
        wal.append(&[2; 900]).expect("appends");
        disk.crash(unsynced);
        assert_eq!(open(&disk).1.entries.len(), kept, "{unsynced:?}");
        // What was found is durable now, so the next that is appended says so.
        let (mut wal, _) = open(&disk);
        wal.append(b"after the crash").expect("appends");
        let length = bytes(&disk).len() as u64;
        disk.flip_bit(PATH, 0, 0);
        assert_eq!(damage(&disk), (Code::VOTES_DAMAGED, 0), "of {length} bytes");
    }
}

#[test]
fn damage_is_found_beyond_the_window_of_the_search() {
    let large = vec![7; 5 << 20];
    let (mut damaged, places) = in_flushes(&[&[b"first"], &[&large], &[b"last"]]);
    damaged[places[1] + HEAD_BYTES..places[2]].fill(0);
    let found = damage(&with_bytes(&damaged));
    assert_eq!(found, (Code::VOTES_DAMAGED, places[1] as u64));
    // The last head across the border of two windows.
    let border = end::WINDOW_BYTES as usize;
    let entry = vec![7; border - 2 * HEAD_BYTES - 20];
    let (mut damaged, places) = in_flushes(&[&[b""], &[&entry], &[b"last"]]);
    assert!(places[2] < border && border < places[2] + HEAD_BYTES);
    damaged[places[1] + HEAD_BYTES] ^= 1;
    assert_eq!(damage(&with_bytes(&damaged)).1, places[1] as u64);
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
