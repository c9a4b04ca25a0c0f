//! Snapshots: made while blocks go on, taken by an empty machine, and what a crash, damage or a lie
//! leaves of that.

use super::*;
use crate::snapshot::{Manifest, SnapshotError};
use senim_types::proof::{HeaderProof, LightBlock};
use senim_types::{Code, codec};

/// The height of the snapshot.
const AT: u64 = 7;

fn light_block(record: &BlockRecord) -> LightBlock {
    let validators = genesis().validators;
    LightBlock {
        header: record.block.header.clone(),
        certificate: record.certificate.clone(),
        validators: validators.clone(),
        next_validators: validators,
    }
}

fn chain() -> senim_types::ChainId {
    genesis().chain_id()
}

/// A machine with a snapshot of height [`AT`], and blocks behind it.
fn source() -> (Machine, Ledger) {
    let machine = Machine::default();
    let (mut ledger, _) = machine.open();
    snapshot_at(&mut ledger, AT);
    (0..4).for_each(|_| drop(grow(&mut ledger).expect("commits")));
    (machine, ledger)
}

fn snapshot_at(ledger: &mut Ledger, height: u64) {
    let mut last = None;
    while ledger.height().0 < height {
        last = Some(grow(ledger).expect("commits"));
    }
    let last = last.expect("it is above the tip");
    assert!(ledger.begin_snapshot(light_block(&last)));
    assert!(ledger.is_backlogged());
    ledger.flush().expect("flushes");
}

fn manifest_of(ledger: &Ledger, height: u64) -> Manifest {
    let bytes = ledger.snapshot_manifest(Height(height)).expect("reads");
    Manifest::decode(&bytes.expect("there is one"), &chain()).expect("sound")
}

fn chunks_of(ledger: &Ledger, height: u64) -> Vec<Vec<u8>> {
    let chunk = |index| ledger.snapshot_chunk(Height(height), index).expect("reads");
    (0..).map_while(chunk).collect()
}

/// Fetches the snapshot of [`AT`] and goes on from it.
fn join(from: &Ledger, to: &mut Ledger) -> Result<Result<(), Code>, StateError> {
    let mut incoming = to.begin_incoming(manifest_of(from, AT))?;
    for (index, chunk) in (0..).zip(chunks_of(from, AT)) {
        assert!(incoming.is_chunk(index, &chunk));
        incoming.append(&chunk)?.expect("honest chunks");
    }
    to.adopt(incoming)
}

/// Commits the blocks of `from` that `to` lacks.
fn follow(from: &Ledger, to: &mut Ledger) {
    while to.height() < from.height() {
        let record = from.block(to.height().next()).expect("reads");
        let record = record.expect("it has it").as_ref().clone();
        let changes = Toy.block(&record.block, to).expect("executes");
        let staged = to.stage(&changes);
        to.commit(record, changes, staged).expect("commits");
    }
}

#[test]
fn a_machine_that_joins_from_a_snapshot_has_the_state_goes_on_and_proves() {
    let (_, source) = source();
    let machine = Machine::default();
    let (mut joined, _) = machine.open();
    join(&source, &mut joined).expect("works").expect("honest");
    assert_eq!(
        (joined.height(), joined.base_height()),
        (Height(AT), Height(AT))
    );
    let reference = reference(source.height().0);
    assert_eq!(entries(&joined), reference[AT as usize].1);
    // Nothing of it is known below the snapshot; its own block is, but for its transactions.
    assert_eq!(joined.block(Height(AT)).expect("reads"), None);
    assert_eq!(joined.header(Height(AT - 1)).expect("reads"), None);
    let (header, certificate) = joined.certified(Height(AT)).expect("reads").expect("known");
    assert_eq!(certificate.block, header.hash());

    follow(&source, &mut joined);
    let check = |joined: &Ledger| {
        assert_eq!(joined.tip(), source.tip());
        assert_eq!(joined.log_root(), source.log_root());
        assert_eq!(entries(joined), entries(&source));
        for (key, value) in entries(joined) {
            let answer = joined.prove_state(&key).expect("proves");
            assert_eq!(answer.value, Some(value));
        }
        let tip = joined.height();
        for height in (AT..tip.0).map(Height) {
            let earlier = joined.header(height).expect("reads").expect("there");
            let proof = joined.prove_header(height, tip).expect("reads");
            let (header, certificate) = joined.certified(tip).expect("reads").expect("there");
            let proof = HeaderProof {
                earlier,
                path: proof.expect("it is in the log").siblings,
                header,
                certificate,
            };
            assert!(proof.holds(), "{height}");
            let path = joined.prove_log_grew(height, tip).expect("reads");
            assert_eq!(path, source.prove_log_grew(height, tip).expect("reads"));
        }
        let grown = (joined.height().0 - AT, joined.verify_log().expect("sound"));
        assert_eq!(grown.0, grown.1);
    };
    check(&joined);
    assert_eq!(joined.snapshots(), source.snapshots(), "it can hand it on");

    drop(joined);
    machine.crash(Unsynced::Lost, Unflushed::Lost);
    let (again, recovery) = machine.open();
    assert!(
        matches!(recovery.state, StateSource::Store(_)),
        "{recovery:?}"
    );
    check(&again);
    drop(again);
    // The store is derived: it is made again from the snapshot and the log behind it.
    let rebuilt = Machine {
        disk: machine.disk.copy(),
        store: MemoryStore::new(),
    };
    let (again, recovery) = rebuilt.open();
    assert!(
        matches!(recovery.state, StateSource::Rebuilt { .. }),
        "{recovery:?}"
    );
    assert_eq!(recovery.replayed, source.height().0 - AT);
    check(&again);
}

/// Values so large that there are several chunks, and each slice copies a part.
fn large_block(ledger: &mut Ledger, first: u64) -> Arc<BlockRecord> {
    let (mut record, _, _) = next_block(ledger);
    let writes = (first..first + 6).map(|n| (key(1_000 + n % 40), Some(vec![n as u8; 120_000])));
    record.block.transactions = vec![transaction(chain(), first, writes.collect())];
    let header = &mut record.block.header;
    header.transactions_root = senim_types::block::transactions_root(&record.block.transactions);
    let changes = Toy.block(&record.block, ledger).expect("executes");
    let staged = ledger.stage(&changes);
    record.block.header.state_root = staged.root();
    record.certificate.block = record.block.header.hash();
    ledger.commit(record, changes, staged).expect("commits")
}

#[test]
fn blocks_go_on_while_a_snapshot_is_made_and_it_has_the_state_of_its_height() {
    let options = LedgerOptions {
        flush_blocks: 1,
        snapshot_slice_bytes: 300_000,
        ..small()
    };
    let machine = Machine::default();
    let opened = machine.open_with(&Faults::none(), options);
    let (mut ledger, _) = opened.expect("opens");
    for round in 0..8 {
        large_block(&mut ledger, 6 * round);
    }
    let last = large_block(&mut ledger, 48);
    let (root, state) = (ledger.state_root(), entries(&ledger));
    assert!(ledger.begin_snapshot(light_block(&last)));
    assert!(!ledger.begin_snapshot(light_block(&last)), "one at a time");
    let height = ledger.height();
    ledger.flush().expect("flushes");
    let mut meanwhile = 0;
    while ledger.snapshots().is_empty() {
        // Values change, come and go, on both sides of what is copied.
        if meanwhile % 2 == 0 {
            large_block(&mut ledger, 60 + 6 * meanwhile);
        } else {
            grow(&mut ledger).expect("commits");
        }
        meanwhile += 1;
    }
    assert!(meanwhile > 3, "it was made in {meanwhile} slices");
    let manifest = manifest_of(&ledger, height.0);
    assert!(manifest.contents.chunks.len() > 3);
    let copied: Vec<senim_types::StateEntry> = chunks_of(&ledger, height.0)
        .iter()
        .flat_map(|chunk| crate::snapshot::decode_chunk(chunk).expect("entries in order"))
        .collect();
    assert!(copied == state, "the entries of height {height}");
    assert_eq!(manifest.contents.header.state_root, root);
    // The same state in one slice is the same snapshot.
    let other = Machine::default();
    let (mut ledger, _) = other.open();
    (0..8).for_each(|round| drop(large_block(&mut ledger, 6 * round)));
    let last = large_block(&mut ledger, 48);
    assert!(ledger.begin_snapshot(light_block(&last)));
    ledger.flush().expect("flushes");
    assert_eq!(manifest_of(&ledger, height.0).id(), manifest.id());
}

#[test]
fn a_crash_at_any_write_of_joining_leaves_the_genesis_or_the_snapshot() {
    let (_, source) = source();
    let reference = reference(source.height().0);
    let operations = {
        let (machine, faults) = (Machine::default(), Faults::none());
        let (mut ledger, _) = machine.open_with(&faults, small()).expect("opens");
        let before = faults.total();
        join(&source, &mut ledger).expect("works").expect("honest");
        1..faults.total() - before + 1
    };
    assert!(operations.end - operations.start > 10);
    let (mut joined, mut began) = (0, 0);
    for at in operations {
        for (unsynced, unflushed) in [
            (Unsynced::Lost, Unflushed::Lost),
            (Unsynced::Kept, Unflushed::Kept),
            (Unsynced::Torn, Unflushed::Mixed),
            (Unsynced::Zeroed, Unflushed::Lost),
        ] {
            let (machine, faults) = (Machine::default(), Faults::none());
            let (mut ledger, _) = machine.open_with(&faults, small()).expect("opens");
            faults.kill_after(at, unsynced == Unsynced::Torn);
            assert!(
                join(&source, &mut ledger).is_err(),
                "the power goes at {at}"
            );
            drop(ledger);
            machine.crash(unsynced, unflushed);
            let (mut ledger, recovery) = machine.open();
            match ledger.height().0 {
                0 => began += 1,
                AT => joined += 1,
                other => panic!("{at}: height {other}"),
            }
            assert!(
                !matches!(recovery.state, StateSource::Rebuilt { .. }),
                "{recovery:?}"
            );
            if ledger.is_empty() {
                join(&source, &mut ledger).expect("works").expect("honest");
            }
            assert_eq!(entries(&ledger), reference[AT as usize].1);
            follow(&source, &mut ledger);
            assert_eq!(ledger.tip(), source.tip());
        }
    }
    assert!(joined > 0 && began > 0, "{joined} {began}");
}

#[test]
fn a_forged_snapshot_is_refused_and_nothing_changes() {
    let (_, source) = source();
    let machine = Machine::default();
    let (mut ledger, _) = machine.open();
    let before = entries(&ledger);
    // The chunk and the manifest agree; the certified header does not.
    let mut manifest = manifest_of(&source, AT);
    let mut state = crate::snapshot::decode_chunk(&chunks_of(&source, AT)[0]).expect("entries");
    state[3].1 = b"a million".to_vec();
    let chunk = codec::encode(&state);
    manifest.contents.chunks[0].hash = Hash::of(&chunk);
    manifest.contents.chunks[0].bytes = chunk.len() as u32;
    let bytes = manifest.encode();
    let manifest = Manifest::decode(&bytes, &chain()).expect("it looks sound");
    let mut incoming = ledger.begin_incoming(manifest).expect("begins");
    incoming
        .append(&chunk)
        .expect("writes")
        .expect("entries in order");
    assert_eq!(
        ledger.adopt(incoming).expect("judges"),
        Err(Code::SNAPSHOT_STATE)
    );
    assert_eq!(entries(&ledger), before);
    // Entries out of order, or fewer than were promised.
    state.swap(0, 1);
    let mut incoming = ledger
        .begin_incoming(manifest_of(&source, AT))
        .expect("begins");
    let appended = incoming
        .append(&codec::encode(&state))
        .expect("no disk fails");
    assert_eq!(appended, Err(Code::SNAPSHOT_STATE));
    let nothing = ledger
        .begin_incoming(manifest_of(&source, AT))
        .expect("begins");
    assert_eq!(
        ledger.adopt(nothing).expect("judges"),
        Err(Code::SNAPSHOT_STATE)
    );
    grow(&mut ledger).expect("it goes on by blocks");
}

type Forgery = fn(&mut Manifest);

#[test]
fn a_manifest_that_contradicts_itself_is_refused() {
    let (_, source) = source();
    let forgeries: [(&str, Forgery); 8] = [
        ("another version", |m| m.contents.version = 2),
        ("another chain", |m| {
            m.contents.header.chain.0 = Hash::of(b"x")
        }),
        ("another block", |m| m.contents.header.time.0 += 1),
        ("another log", |m| m.contents.log = Default::default()),
        ("no chunks", |m| m.contents.chunks.clear()),
        ("an empty chunk", |m| m.contents.chunks[0].bytes = 0),
        ("a huge chunk", |m| m.contents.chunks[0].bytes = 1 << 30),
        ("another certificate", |m| m.certificate.height.0 += 1),
    ];
    for (case, forgery) in forgeries {
        let mut manifest = manifest_of(&source, AT);
        forgery(&mut manifest);
        let decoded = Manifest::decode(&manifest.encode(), &chain());
        assert_eq!(decoded, Err(Code::SNAPSHOT_MANIFEST), "{case}");
    }
    let bytes = manifest_of(&source, AT).encode();
    let cut = Manifest::decode(&bytes[..bytes.len() - 1], &chain());
    assert_eq!(cut, Err(Code::MALFORMED));
}

#[test]
fn a_damaged_base_stops_a_rebuild_and_nothing_else() {
    let (_, source) = source();
    let machine = Machine::default();
    let (mut ledger, _) = machine.open();
    join(&source, &mut ledger).expect("works").expect("honest");
    drop(ledger);
    let path = format!("snapshots/{AT:020}.chunks");
    assert!(machine.disk.flip_bit(&path, 90, 3));
    drop(machine.open());
    let lost = Machine {
        disk: machine.disk.copy(),
        store: MemoryStore::new(),
    };
    let Err(error) = lost.open_with(&Faults::none(), small()) else {
        panic!("it cannot be made again");
    };
    assert!(matches!(
        error,
        StateError::Snapshot(SnapshotError::Damaged { .. })
    ));
    assert_eq!(error.code(), Code::SNAPSHOT_DAMAGED);
}

#[test]
fn the_newest_snapshots_are_kept_and_the_base_with_them() {
    let (_, source) = source();
    let machine = Machine::default();
    let (mut ledger, _) = machine.open();
    join(&source, &mut ledger).expect("works").expect("honest");
    for height in [10, 12, 15] {
        snapshot_at(&mut ledger, height);
    }
    let heights = |ledger: &Ledger| -> Vec<u64> {
        let offers = ledger.snapshots();
        offers.iter().map(|offer| offer.height.0).collect()
    };
    assert_eq!(heights(&ledger), [AT, 15]);
    drop(ledger);
    machine.crash(Unsynced::Lost, Unflushed::Lost);
    let (ledger, _) = machine.open();
    assert_eq!(heights(&ledger), [AT, 15]);
    assert!(
        ledger
            .snapshot_chunk(Height(15), 0)
            .expect("reads")
            .is_some()
    );
    assert!(
        ledger
            .snapshot_chunk(Height(15), 99)
            .expect("reads")
            .is_none()
    );
    assert!(
        ledger
            .snapshot_chunk(Height(12), 0)
            .expect("reads")
            .is_none()
    );
}
