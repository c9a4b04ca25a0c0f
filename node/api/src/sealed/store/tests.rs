//! Counting: what is kept, promised and given back, over restarts and races.

use super::*;

const LIMITS: SealedLimits = SealedLimits {
    bytes_max: 5 * BLOCK_BYTES,
    organisation_bytes_max: 3 * BLOCK_BYTES,
};
const CLINIC: OrgId = OrgId(10);
const OTHER: OrgId = OrgId(11);

fn open(folder: &Path) -> Arc<SealedStore> {
    let store = SealedStore::open(folder.join("sealed"), LIMITS, || 0);
    Arc::new(store.expect("the folder can be read"))
}

fn put(store: &SealedStore, org: OrgId, object: &[u8]) -> Result<(), Code> {
    let put = store.write_now(&Hash::of(object), org, object);
    put.map_err(|refusal| refusal.code)
}

/// An object that takes so many blocks, and another one for each `n`.
fn object(n: u8, blocks: u64) -> Vec<u8> {
    vec![n; (blocks * BLOCK_BYTES) as usize - OWNER_BYTES]
}

#[test]
fn an_organisation_has_its_limit_and_all_together_have_theirs() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    assert_eq!(put(&store, CLINIC, &object(1, 2)), Ok(()));
    assert_eq!(put(&store, CLINIC, &object(2, 2)), Err(Code::SEALED_QUOTA));
    assert_eq!(put(&store, CLINIC, &object(3, 1)), Ok(()), "exactly full");
    assert_eq!(put(&store, CLINIC, b"a byte"), Err(Code::SEALED_QUOTA));
    assert_eq!(
        put(&store, OTHER, &object(4, 3)),
        Err(Code::SEALED_STORE_FULL)
    );
    assert_eq!(put(&store, OTHER, &object(5, 2)), Ok(()), "exactly full");
    assert_eq!(put(&store, OTHER, b"a byte"), Err(Code::SEALED_STORE_FULL));
    let files = fs::read_dir(&store.folder).expect("the folder").count();
    assert_eq!(files, 3, "what was refused left nothing");
}

#[test]
fn small_objects_count_as_what_they_take_of_a_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    for n in 0..3 {
        assert_eq!(put(&store, CLINIC, &[n]), Ok(()));
    }
    assert_eq!(put(&store, CLINIC, &[3]), Err(Code::SEALED_QUOTA));
}

#[tokio::test]
async fn what_is_removed_makes_room_and_a_restart_counts_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let (first, second) = (object(1, 2), object(2, 1));
    assert_eq!(put(&store, CLINIC, &first), Ok(()));
    assert_eq!(put(&store, CLINIC, &second), Ok(()));
    assert_eq!(put(&store, OTHER, &object(3, 1)), Ok(()));
    let half = store.folder.join("half.7.new");
    fs::write(&half, object(9, 3)).expect("as a crash leaves it");
    fs::write(store.folder.join("damaged"), b"x").expect("the folder can be written");

    let again = open(folder.path());
    assert!(!half.exists(), "what is half written is removed");
    let usage = Usage {
        total: 5 * BLOCK_BYTES,
        by_organisation: [(CLINIC, 3 * BLOCK_BYTES), (OTHER, BLOCK_BYTES)].into(),
        being_written: BTreeSet::new(),
    };
    assert_eq!(*again.usage(), usage);
    assert_eq!(put(&again, OTHER, b"a byte"), Err(Code::SEALED_STORE_FULL));
    let hash = Hash::of(&first);
    let removed = again.remove(hash, CLINIC, first.len()).await;
    assert!(removed.is_ok());
    let gone = again.remove(hash, CLINIC, first.len()).await;
    assert_eq!(gone.map_err(|refusal| refusal.code), Err(Code::NOT_FOUND));
    assert_eq!(again.usage().of(CLINIC), BLOCK_BYTES, "given back once");
    assert_eq!(put(&again, OTHER, &object(4, 2)), Ok(()));
}

#[test]
fn one_object_is_written_once_and_its_owner_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let hash = Hash::of(b"object");
    let room = store.reserve(&hash, CLINIC, 6).expect("there is room");
    assert_eq!(put(&store, OTHER, b"object"), Err(Code::NOT_READY));
    drop(room);
    assert_eq!(*store.usage(), Usage::default(), "given back");
    assert_eq!(put(&store, CLINIC, b"object"), Ok(()));
    assert_eq!(put(&store, OTHER, b"object"), Err(Code::NOT_READY));
    assert_eq!(store.usage().of(OTHER), 0);
    let stored = fs::read(store.file(&hash)).expect("it is there");
    assert_eq!(stored[..OWNER_BYTES], CLINIC.0.to_be_bytes());
}

#[test]
fn a_write_that_fails_takes_no_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    fs::write(&store.folder, b"a file where the folder should be").expect("written");
    assert_eq!(put(&store, CLINIC, b"object"), Err(Code::STORE_FAILED));
    assert_eq!(*store.usage(), Usage::default());
}

#[test]
fn what_is_damaged_is_mended_and_counts_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let hash = Hash::of(b"object");
    assert_eq!(put(&store, OTHER, b"object"), Ok(()));
    for damaged in [&b"\0\0\0\x0bOBJECT"[..], b"x"] {
        fs::write(store.file(&hash), damaged).expect("it can be damaged");
        let store = open(folder.path());
        assert_eq!(store.usage().total, BLOCK_BYTES);
        assert_eq!(put(&store, CLINIC, b"object"), Ok(()));
        assert_eq!(store.usage().total, BLOCK_BYTES);
        assert_eq!(store.usage().of(CLINIC), BLOCK_BYTES);
        assert_eq!(store.usage().of(OTHER), 0);
    }
}
