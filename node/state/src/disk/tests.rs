//! One suite for all disks, then what is particular to each.

use super::*;
use crate::fault::{Faults, OperationClass};

fn files_behave(disk: &dyn Disk) {
    assert_eq!(disk.length("log/a"), Ok(None));
    assert_eq!(disk.list("log"), Ok(Vec::new()));
    disk.append("log/b", b"second").expect("append");
    disk.append("log/a", b"hello ").expect("append");
    disk.append("log/a", b"world").expect("append");
    disk.sync("log/a").expect("sync");
    disk.sync_dir("log").expect("sync folder");
    assert_eq!(disk.length("log/a"), Ok(Some(11)));
    assert_eq!(disk.list("log"), Ok(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(disk.read("log/a", 6, 5), Ok(b"world".to_vec()));
    assert_eq!(
        disk.read("log/a", 6, 6).expect_err("too far").kind,
        DiskErrorKind::Short
    );
    assert_eq!(
        disk.read("log/c", 0, 1).expect_err("missing").kind,
        DiskErrorKind::Missing
    );

    disk.truncate("log/a", 20)
        .expect("longer than the file: left alone");
    assert_eq!(disk.length("log/a"), Ok(Some(11)));
    disk.truncate("log/a", 5).expect("cut");
    disk.append("log/a", b"!").expect("append after a cut");
    assert_eq!(disk.read("log/a", 0, 6), Ok(b"hello!".to_vec()));

    disk.rename("log/a", "log/b").expect("rename over a file");
    assert_eq!(disk.list("log"), Ok(vec!["b".to_owned()]));
    disk.append("log/b", b"?")
        .expect("append under the new name");
    assert_eq!(disk.read("log/b", 0, 7), Ok(b"hello!?".to_vec()));
    disk.remove("log/b").expect("remove");
    disk.remove("log/b").expect("remove what is missing");
    assert_eq!(disk.length("log/b"), Ok(None));

    let mut aside = Aside::start(disk, "tree/t").expect("start");
    aside.append(b"one").expect("append");
    assert_eq!(
        disk.length("tree/t"),
        Ok(None),
        "nothing appears before it is finished"
    );
    aside.append(b"two").expect("append");
    aside.finish().expect("finish");
    assert_eq!(disk.read("tree/t", 0, 6), Ok(b"onetwo".to_vec()));
    assert_eq!(disk.list("tree"), Ok(vec!["t".to_owned()]));
}

#[test]
fn files_behave_the_same_on_every_disk() {
    files_behave(&MemoryDisk::new());
    files_behave(&FaultyDisk::new(MemoryDisk::new(), Faults::none()));
    let folder = tempfile::tempdir().expect("a folder");
    files_behave(&RealDisk::open(folder.path()).expect("open"));
}

#[test]
fn a_data_folder_belongs_to_one_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let held = RealDisk::open(folder.path()).expect("the first");
    let second = RealDisk::open(folder.path())
        .err()
        .expect("the second is refused");
    assert_eq!(second.kind, DiskErrorKind::Locked);
    drop(held);
    RealDisk::open(folder.path()).expect("free again");
}

#[test]
fn a_crash_loses_what_was_not_synced() {
    let disk = MemoryDisk::new();
    disk.append("log/a", b"kept").expect("append");
    disk.sync("log/a").expect("sync");
    disk.sync_dir("log").expect("sync folder");
    disk.append("log/a", b"lost").expect("append");
    disk.append("log/b", b"name lost").expect("append");
    disk.sync("log/b").expect("sync without its folder");

    let lost = disk.copy();
    lost.crash(Unsynced::Lost);
    assert_eq!(lost.read("log/a", 0, 4), Ok(b"kept".to_vec()));
    assert_eq!(lost.length("log/a"), Ok(Some(4)));
    assert_eq!(lost.length("log/b"), Ok(None));

    let torn = disk.copy();
    torn.crash(Unsynced::Torn);
    assert_eq!(torn.read("log/a", 0, 6), Ok(b"keptlo".to_vec()));
    assert_eq!(torn.length("log/b"), Ok(Some(9)));

    let zeroed = disk.copy();
    zeroed.crash(Unsynced::Zeroed);
    assert_eq!(zeroed.read("log/a", 0, 8), Ok(b"kept\0\0\0\0".to_vec()));

    disk.truncate("log/a", 2).expect("cut");
    disk.rename("log/a", "log/c").expect("rename");
    disk.crash(Unsynced::Lost);
    assert_eq!(
        disk.read("log/a", 0, 4),
        Ok(b"kept".to_vec()),
        "neither cut nor renamed"
    );
}

#[test]
fn a_faulty_disk_counts_kills_tears_fills_and_flips() {
    let memory = MemoryDisk::new();
    let faults = Faults::kill_at(4, true);
    let disk = FaultyDisk::new(memory.clone(), faults.clone());
    disk.append("log/a", b"1234").expect("operation 1");
    disk.flip_on_read("log/a", 2, 0);
    assert_eq!(disk.read("log/a", 1, 3), Ok(b"224".to_vec()));
    faults.set_full(true);
    assert_eq!(
        disk.append("log/a", b"xx").expect_err("full").kind,
        DiskErrorKind::Full
    );
    faults.set_full(false);
    disk.sync("wal/w")
        .expect_err("no such file, and still operation 3");
    assert_eq!(
        disk.append("tree/t", b"abcd").expect_err("dies").kind,
        DiskErrorKind::Killed
    );
    assert_eq!(
        disk.read("log/a", 0, 1).expect_err("is dead").kind,
        DiskErrorKind::Killed
    );
    disk.append("log/a", b"more").expect_err("stays dead");
    assert!(faults.is_dead());
    assert_eq!(faults.total(), 4);
    assert_eq!(faults.counts()[&OperationClass::Log], 2);
    assert_eq!(faults.counts()[&OperationClass::Wal], 1);
    assert_eq!(faults.counts()[&OperationClass::Checkpoint], 1);
    assert_eq!(
        memory.read("tree/t", 0, 2),
        Ok(b"ab".to_vec()),
        "half of the last append"
    );
    assert_eq!(
        memory.length("log/a"),
        Ok(Some(5)),
        "half of what did not fit"
    );
}
