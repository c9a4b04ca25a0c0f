//! The machine dies at every write of a run, in every way that a disk may leave it.

use super::*;
use crate::wal::Wal;

/// Blocks of the run: several flushes, checkpoints and segments.
const BLOCKS: u64 = 10;

/// What the run told others before it died.
struct Told {
    /// The last height whose commit returned.
    height: Height,
    /// The last entry whose flush returned, while it was not reset.
    wal_entry: Option<u64>,
}

/// Opens and commits blocks as a validator does: note in the write-ahead log, flush, commit, reset.
fn run(machine: &Machine, faults: &Faults) -> Told {
    let mut told = Told {
        height: Height(0),
        wal_entry: None,
    };
    let _: Result<(), String> = (|| {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let disk = Arc::new(FaultyDisk::new(machine.disk.clone(), faults.clone()));
        let (mut ledger, _) = machine.open_with(faults, small()).map_err(|e| text(&e))?;
        let (mut wal, _) = Wal::open(disk).map_err(|e| text(&e))?;
        while ledger.height().0 < BLOCKS {
            let height = ledger.height().next();
            told.wal_entry = None;
            wal.reset(height).map_err(|e| text(&e))?;
            wal.append(&height.0.to_be_bytes()).map_err(|e| text(&e))?;
            wal.flush().map_err(|e| text(&e))?;
            told.wal_entry = Some(height.0);
            grow(&mut ledger).map_err(|e| text(&e))?;
            told.height = height;
        }
        Ok(())
    })();
    told
}

const WAYS: [(bool, Unsynced, Unflushed); 8] = [
    (false, Unsynced::Lost, Unflushed::Lost),
    (false, Unsynced::Kept, Unflushed::Kept),
    (false, Unsynced::Torn, Unflushed::Lost),
    (false, Unsynced::Zeroed, Unflushed::Kept),
    (false, Unsynced::Lost, Unflushed::Mixed),
    (true, Unsynced::Torn, Unflushed::Mixed),
    (true, Unsynced::Kept, Unflushed::Lost),
    (true, Unsynced::Lost, Unflushed::Kept),
];

/// That nothing that was told is lost, and that the machine goes on to the same end.
fn check_recovers(machine: &Machine, told: &Told, reference: &[State]) {
    let (ledger, recovery) = machine.open();
    assert!(
        recovery.height >= told.height,
        "block {} was acknowledged",
        told.height
    );
    assert!(
        recovery.height.0 <= told.height.0 + 1,
        "nobody proposed more"
    );
    assert!(
        !matches!(recovery.state, StateSource::Rebuilt { .. }),
        "{recovery:?}"
    );
    check_whole(&ledger, reference);
    drop(ledger);
    let (_, contents) = Wal::open(Arc::new(machine.disk.clone())).expect("opens");
    if let Some(entry) = told.wal_entry {
        assert_eq!(
            contents.entries,
            [entry.to_be_bytes().to_vec()],
            "was flushed"
        );
        assert_eq!(contents.height, Some(Height(entry)));
    }
    run(machine, &Faults::none());
    let (ledger, _) = machine.open();
    assert_eq!(ledger.height(), Height(BLOCKS));
    check_whole(&ledger, reference);
}

#[test]
fn nothing_acknowledged_is_lost_by_a_crash_at_any_write() {
    let reference = reference(BLOCKS);
    let whole = Faults::none();
    run(&Machine::default(), &whole);
    let (writes, counts) = (whole.total(), whole.counts());
    let mut points = 0;
    for point in 1..=writes {
        for (tear, unsynced, unflushed) in WAYS {
            let (machine, faults) = (Machine::default(), Faults::kill_at(point, tear));
            let told = run(&machine, &faults);
            assert!(faults.is_dead(), "point {point} was reached");
            machine.crash(unsynced, unflushed);
            check_recovers(&machine, &told, &reference);
        }
        points += 1;
    }
    println!("crash points tried {points}, writes observed {writes}: {counts:?}");
    assert_eq!(points, writes);
    for class in [
        OperationClass::Log,
        OperationClass::Store,
        OperationClass::Checkpoint,
        OperationClass::Wal,
    ] {
        assert!(
            counts.get(&class).is_some_and(|count| *count > 0),
            "no write of {class:?}"
        );
    }
    assert_eq!(counts.get(&OperationClass::Other), None);
}

#[test]
fn a_crash_during_recovery_is_recovered_from() {
    let reference = reference(BLOCKS);
    let whole = Faults::none();
    run(&Machine::default(), &whole);
    let mut points = 0;
    // Machines that died at some points of the run, and die again at every write of their recovery.
    for first in (1..=whole.total()).step_by(5) {
        let image = Machine::default();
        let told = run(&image, &Faults::kill_at(first, true));
        image.crash(Unsynced::Torn, Unflushed::Mixed);
        for second in 1.. {
            let (machine, faults) = (image.copy(), Faults::kill_at(second, false));
            let opened = machine.open_with(&faults, small()).is_ok();
            machine.crash(Unsynced::Lost, Unflushed::Mixed);
            let (ledger, recovery) = machine.open();
            assert!(recovery.height >= told.height);
            check_whole(&ledger, &reference);
            points += 1;
            if opened && !faults.is_dead() {
                break;
            }
        }
    }
    println!("crash points tried during recovery: {points}");
    assert!(points > whole.total() / 5);
}

#[test]
fn a_crash_during_a_rebuild_is_recovered_from() {
    let reference = reference(BLOCKS);
    let image = Machine::with_blocks(BLOCKS);
    for second in 1.. {
        let machine = image.copy();
        let damaged = machine
            .store
            .entries()
            .into_keys()
            .nth(5)
            .expect("many entries");
        let mut batch = crate::store::Batch::default();
        batch.delete(damaged);
        let store: &dyn crate::store::Store = &machine.store;
        store
            .write(batch)
            .and_then(|()| store.flush())
            .expect("memory");
        let faults = Faults::kill_at(second, false);
        let opened = machine.open_with(&faults, small()).is_ok();
        machine.crash(Unsynced::Lost, Unflushed::Lost);
        let (ledger, _) = machine.open();
        assert_eq!(ledger.height(), Height(BLOCKS));
        check_whole(&ledger, &reference);
        if opened && !faults.is_dead() {
            assert!(second > 10, "a rebuild writes");
            break;
        }
    }
}

#[test]
fn a_full_disk_stops_the_ledger_and_loses_nothing() {
    let reference = reference(BLOCKS);
    for fail_after in 0..6 {
        let (machine, faults) = (Machine::default(), Faults::none());
        let (mut ledger, _) = machine.open_with(&faults, small()).expect("opens");
        (0..fail_after).for_each(|_| drop(grow(&mut ledger).expect("commits")));
        faults.set_full(true);
        let error = grow(&mut ledger).expect_err("no room");
        assert_eq!(error.code(), senim_types::Code::DISK_FULL);
        faults.set_full(false);
        assert_eq!(
            grow(&mut ledger),
            Err(StateError::Unusable),
            "until it is opened again"
        );
        drop(ledger);
        let (ledger, recovery) = machine.open();
        assert!(recovery.height.0 >= fail_after);
        check_whole(&ledger, &reference);
    }
}
