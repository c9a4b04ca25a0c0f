//! The log by itself: format, rollover, torn ends.

use super::*;
use crate::disk::{FaultyDisk, MemoryDisk, Unsynced};
use crate::fault::Faults;
use proptest::prelude::*;

const SMALL: u64 = 1_000;

fn open(disk: &MemoryDisk) -> Result<(BlockLog, Option<TornTail>), LogError> {
    BlockLog::open(
        Arc::new(disk.clone()),
        SMALL,
        Height::GENESIS,
        Height::GENESIS,
    )
}

/// The record of a height; sizes differ, some parts are empty, some are zeros.
fn record(height: u64) -> LogRecord {
    LogRecord {
        block: vec![height as u8; (height * 37 % 300) as usize],
        certificate: vec![0; (height % 3) as usize * 20],
        receipts: [b"receipts of ".as_slice(), &height.to_le_bytes()].concat(),
    }
}

fn append(log: &mut BlockLog, height: u64) -> Result<(), LogError> {
    let record = record(height);
    log.append(
        Height(height),
        &record.block,
        &record.certificate,
        &record.receipts,
    )
}

fn with_records(records: u64) -> MemoryDisk {
    let disk = MemoryDisk::new();
    let (mut log, _) = open(&disk).expect("opens");
    (1..=records).for_each(|height| append(&mut log, height).expect("appends"));
    disk
}

fn check_records(log: &BlockLog, records: u64) {
    assert_eq!(log.tip(), Height(records));
    for height in 1..=records {
        assert_eq!(
            log.read(Height(height)),
            Ok(Some(record(height))),
            "height {height}"
        );
    }
    assert_eq!(log.read(Height(records + 1)), Ok(None));
    assert_eq!(log.read(Height::GENESIS), Ok(None));
    assert_eq!(log.verify(), Ok(records));
}

#[test]
fn records_come_back_in_many_segments_with_and_without_their_indexes() {
    let disk = with_records(40);
    let names = disk.list(FOLDER).expect("lists");
    let indexes: Vec<&String> = names.iter().filter(|name| name.ends_with(".idx")).collect();
    assert!(indexes.len() > 5, "{names:?}");
    let (log, torn) = open(&disk).expect("opens");
    assert_eq!(torn, None);
    check_records(&log, 40);

    let (gone, stale) = (disk.copy(), disk.copy());
    for name in indexes {
        gone.remove(&format!("{FOLDER}/{name}")).expect("removes");
        assert!(stale.flip_bit(&format!("{FOLDER}/{name}"), 9, 1));
    }
    for disk in [gone, stale] {
        let (mut log, _) = open(&disk).expect("walks the segments");
        check_records(&log, 40);
        append(&mut log, 41).expect("goes on");
        check_records(&open(&disk).expect("opens").0, 41);
    }
}

#[test]
fn only_the_next_height_is_appended() {
    let (mut log, _) = open(&with_records(3)).expect("opens");
    let not_next = |found| {
        Err(LogError::NotNext {
            expected: Height(4),
            found: Height(found),
        })
    };
    assert_eq!(append(&mut log, 3), not_next(3));
    assert_eq!(append(&mut log, 5), not_next(5));
    append(&mut log, 4).expect("the next");
}

#[test]
fn a_torn_last_record_is_removed_and_said() {
    for records in [0u64, 1, 2, 7, 8, 9] {
        let disk = with_records(records);
        disk.crash(Unsynced::Kept);
        let before = open(&disk).expect("opens").0;
        let whole = {
            let longer = disk.copy();
            append(&mut open(&longer).expect("opens").0, records + 1).expect("appends");
            let path = longer.list(FOLDER).expect("lists");
            let path = path
                .iter()
                .rfind(|name| name.ends_with(".seg"))
                .expect("a segment");
            let path = format!("{FOLDER}/{path}");
            let from = disk.length(&path).expect("memory").unwrap_or(0);
            let length = longer.length(&path).expect("memory").expect("is there");
            (
                path.clone(),
                longer
                    .read(&path, from, (length - from) as usize)
                    .expect("reads"),
            )
        };
        let (path, bytes) = whole;
        for kept in 1..bytes.len() {
            let torn_disk = disk.copy();
            torn_disk.append(&path, &bytes[..kept]).expect("appends");
            let (mut log, torn) = open(&torn_disk).expect("removes the torn record");
            let torn = torn.expect("says so");
            assert_eq!(
                (torn.height, torn.bytes),
                (Height(records + 1), kept as u64)
            );
            assert_eq!(torn.file, path);
            check_records(&log, before.tip().0);
            append(&mut log, records + 1).expect("goes on");
            check_records(&open(&torn_disk).expect("opens").0, records + 1);
        }
    }
}

#[test]
fn lost_sectors_of_the_last_record_are_torn_but_a_flipped_bit_is_damage() {
    let disk = MemoryDisk::new();
    let (mut log, _) = open(&disk).expect("opens");
    append(&mut log, 1).expect("appends");
    let from = log.segments[0].length;
    log.append(Height(2), &[5; 3_000], b"c", b"r")
        .expect("appends");
    let path = log.segments[1].path();
    assert_eq!(log.segments[1].first, 2);
    let whole = disk.read(&path, 0, 3_000 + 138).expect("reads");
    assert!(from > 0);
    for sector in 0..whole.len().div_ceil(512) {
        let (image, mut bytes) = (disk.copy(), whole.clone());
        let end = bytes.len().min(sector * 512 + 512);
        bytes[sector * 512..end].fill(0);
        image.truncate(&path, 0).expect("cuts");
        image.append(&path, &bytes).expect("appends");
        let (log, torn) = open(&image).expect("removes the torn record");
        assert_eq!(
            torn.map(|torn| torn.height),
            Some(Height(2)),
            "sector {sector}"
        );
        assert_eq!(log.tip(), Height(1));
    }
    for offset in (0..whole.len() as u64).step_by(13) {
        let image = disk.copy();
        assert!(image.flip_bit(&path, offset, 2));
        let error = open(&image)
            .err()
            .expect("a byte that was there has changed");
        assert!(matches!(
            error,
            LogError::Damaged {
                height: Height(2),
                offset: 0,
                ..
            }
        ));
    }
}

#[test]
fn a_torn_record_before_sound_ones_is_damage() {
    let disk = MemoryDisk::new();
    let (mut log, _) =
        BlockLog::open(Arc::new(disk.clone()), 1 << 20, Height(0), Height(0)).expect("opens");
    for height in 1..=3 {
        log.append(Height(height), &[5; 2_000], b"", b"")
            .expect("appends");
    }
    let path = log.segments[0].path();
    let bytes = disk
        .read(&path, 0, log.segments[0].length as usize)
        .expect("reads");
    // The head of the second record, and more, reads as zeros.
    let (image, mut spoilt) = (disk.copy(), bytes.clone());
    spoilt[2_136..2_700].fill(0);
    image.truncate(&path, 0).expect("cuts");
    image.append(&path, &spoilt).expect("appends");
    let error = open(&image)
        .err()
        .expect("the third record was acknowledged");
    assert!(
        matches!(
            error,
            LogError::Damaged {
                height: Height(2),
                offset: 2136,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_missing_segment_is_damage() {
    let disk = with_records(40);
    let names = disk.list(FOLDER).expect("lists");
    let segments: Vec<&String> = names.iter().filter(|name| name.ends_with(".seg")).collect();
    for name in &segments[..segments.len() - 1] {
        let image = disk.copy();
        image.remove(&format!("{FOLDER}/{name}")).expect("removes");
        let error = open(&image).err().expect("is missing");
        let LogError::Damaged {
            height,
            damage: Damage::Missing,
            file,
            ..
        } = error
        else {
            panic!("{error}");
        };
        assert_eq!(file, format!("{FOLDER}/{name}"));
        assert_eq!(segment_path(height.0), file);
    }
}

#[test]
fn after_a_failed_write_the_log_takes_nothing_until_it_is_opened_again() {
    let memory = with_records(2);
    let faults = Faults::none();
    let disk = FaultyDisk::new(memory.clone(), faults.clone());
    let (mut log, _) = BlockLog::open(Arc::new(disk), SMALL, Height(0), Height(0)).expect("opens");
    faults.set_full(true);
    assert!(matches!(append(&mut log, 3), Err(LogError::Disk(_))));
    faults.set_full(false);
    assert_eq!(append(&mut log, 3), Err(LogError::Unusable));
    assert_eq!(log.read(Height(2)), Ok(Some(record(2))), "reading goes on");
    let (mut log, torn) = open(&memory).expect("opens");
    assert!(torn.is_some(), "a part had been written");
    append(&mut log, 3).expect("goes on");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_behind_the_log_are_removed_or_reported(tail in prop::collection::vec(any::<u8>(), 1..400)) {
        let disk = with_records(2);
        let path = segment_path(1);
        let length = disk.length(&path).expect("memory").expect("is there");
        disk.append(&path, &tail).expect("appends");
        match open(&disk) {
            Ok((log, torn)) => {
                prop_assert_eq!(torn.map(|torn| torn.offset), Some(length));
                check_records(&log, 2);
            }
            Err(LogError::Damaged { height, offset, .. }) => {
                prop_assert_eq!((height, offset), (Height(3), length));
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
