//! What is kept of contacts, over restarts, replays, floods and damage.

use super::*;
use senim_types::crypto::SecretKey;

const LIMITS: ContactLimits = ContactLimits {
    terminals_max: 3,
    contact_ms_min: 1_000,
    write_ms_min: 60_000,
};
const NOON: u64 = 1_800_000_000_000;

fn open(folder: &Path) -> Arc<ContactStore> {
    let store = ContactStore::open(folder.join("terminals"), LIMITS);
    Arc::new(store.expect("the folder can be read"))
}

fn terminal(number: u8) -> Terminal {
    let device = SecretKey::from_seed(&[number; 32]).public();
    (OrgId(u32::from(number % 2)), device)
}

async fn heard(
    store: &Arc<ContactStore>,
    number: u8,
    version: &str,
    after_ms: u64,
) -> Result<(), Code> {
    let contact = Contact {
        software: "senim".into(),
        version: version.into(),
        at_ms: NOON + after_ms,
        signed_ms: NOON + after_ms + 5,
    };
    let taken = store.take(terminal(number), contact).await;
    taken.map_err(|refusal| refusal.code)
}

fn versions(store: &ContactStore) -> Vec<(Terminal, String)> {
    let all = store.page(None, None, 100).into_iter();
    all.map(|(terminal, contact)| (terminal, contact.version))
        .collect()
}

#[tokio::test]
async fn the_last_contact_survives_a_restart_as_it_was_last_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    assert_eq!(heard(&store, 1, "1", 0).await, Ok(()));
    assert_eq!(heard(&store, 1, "2", 30_000).await, Ok(()));
    assert_eq!(versions(&store), [(terminal(1), "2".to_owned())]);
    // Written at most once a minute.
    assert_eq!(
        versions(&open(folder.path())),
        [(terminal(1), "1".to_owned())]
    );
    assert_eq!(heard(&store, 1, "3", 60_000).await, Ok(()));
    assert_eq!(heard(&store, 1, "4", 61_000).await, Ok(()));
    assert_eq!(
        versions(&open(folder.path())),
        [(terminal(1), "3".to_owned())]
    );
    let files = fs::read_dir(folder.path().join("terminals")).expect("a folder");
    assert_eq!(files.count(), 1);
}

#[tokio::test]
async fn a_contact_is_taken_once_and_not_more_often_than_each_second() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    assert_eq!(heard(&store, 1, "1", 2_000).await, Ok(()));
    assert_eq!(
        heard(&store, 1, "1", 2_000).await,
        Err(Code::CONTACT_REPLAYED)
    );
    assert_eq!(heard(&store, 1, "1", 0).await, Err(Code::CONTACT_REPLAYED));
    assert_eq!(heard(&store, 1, "1", 2_999).await, Err(Code::DEVICE_RATE));
    assert_eq!(
        heard(&store, 2, "1", 2_999).await,
        Ok(()),
        "another terminal"
    );
    assert_eq!(heard(&store, 1, "1", 3_000).await, Ok(()));
    // The flood left no trace, and after a restart it is a replay still.
    let store = open(folder.path());
    assert_eq!(
        heard(&store, 1, "1", 2_000).await,
        Err(Code::CONTACT_REPLAYED)
    );
}

#[tokio::test]
async fn who_was_heard_of_longest_ago_makes_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    for (number, at) in [(1, 1_000), (2, 0), (3, 3_000), (4, 4_000)] {
        assert_eq!(heard(&store, number, "1", at).await, Ok(()));
    }
    let known = |store: &ContactStore| {
        let known = versions(store).into_iter();
        known.map(|(terminal, _)| terminal).collect::<Vec<_>>()
    };
    let mut left = vec![terminal(1), terminal(3), terminal(4)];
    left.sort();
    assert_eq!(known(&store), left);
    assert_eq!(known(&open(folder.path())), left);
    // Fewer are kept from now on.
    let fewer = ContactLimits {
        terminals_max: 1,
        ..LIMITS
    };
    let path = folder.path().join("terminals");
    let store = ContactStore::open(path.clone(), fewer).expect("it opens");
    assert_eq!(known(&store), [terminal(4)]);
    assert_eq!(fs::read_dir(path).expect("a folder").count(), 1);
}

#[tokio::test]
async fn pages_are_of_one_organisation_or_of_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    for number in 1..=3 {
        assert_eq!(heard(&store, number, "1", 0).await, Ok(()));
    }
    let keys = |page: Vec<(Terminal, Contact)>| {
        let terminals = page.into_iter().map(|(terminal, _)| terminal);
        terminals.collect::<Vec<_>>()
    };
    let mut odd = vec![terminal(1), terminal(3)];
    odd.sort();
    assert_eq!(keys(store.page(Some(OrgId(1)), None, 9)), odd);
    assert_eq!(keys(store.page(Some(OrgId(1)), Some(odd[0]), 9)), odd[1..]);
    assert_eq!(keys(store.page(None, None, 1)), [terminal(2)]);
    assert_eq!(keys(store.page(None, Some(terminal(2)), 9)), odd);
}

#[tokio::test]
async fn what_is_damaged_or_half_written_is_gone_and_what_is_sound_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    assert_eq!(heard(&store, 1, "1", 0).await, Ok(()));
    assert_eq!(heard(&store, 2, "1", 0).await, Ok(()));
    let path = folder.path().join("terminals");
    let sound = store.file(&terminal(1));
    let record = fs::read(&sound).expect("it is there");
    fs::write(store.file(&terminal(2)), &record[..record.len() - 1]).expect("it can be cut");
    fs::write(sound.with_extension("7.new"), &record[..9]).expect("it can be written");
    let store = open(folder.path());
    assert_eq!(versions(&store), [(terminal(1), "1".to_owned())]);
    assert_eq!(fs::read_dir(path).expect("a folder").count(), 1);
}

#[tokio::test]
async fn a_disk_that_fails_is_told_and_tried_again() {
    let folder = tempfile::tempdir().expect("a folder");
    // A file where the folder should be made.
    fs::write(folder.path().join("terminals"), b"").expect("it can be written");
    let store = ContactStore {
        folder: folder.path().join("terminals"),
        limits: LIMITS,
        known: Mutex::default(),
    };
    let store = Arc::new(store);
    assert_eq!(heard(&store, 1, "1", 0).await, Err(Code::STORE_FAILED));
    fs::remove_file(folder.path().join("terminals")).expect("it is there");
    assert_eq!(heard(&store, 1, "2", 1_000).await, Ok(()));
    assert_eq!(
        versions(&open(folder.path())),
        [(terminal(1), "2".to_owned())]
    );
}

#[test]
fn clocks_are_compared_without_wrapping() {
    assert_eq!(skew_ms(5, 7), -2);
    assert_eq!(skew_ms(u64::MAX, 0), i64::MAX);
    assert_eq!(skew_ms(0, u64::MAX), i64::MIN);
}

#[tokio::test]
async fn a_device_that_went_to_another_organisation_is_on_the_disk_as_in_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let (_, device) = terminal(1);
    let (before, after) = ((OrgId(7), device), (OrgId(8), device));
    let contact = |after_ms: u64| Contact {
        software: "senim".into(),
        version: after_ms.to_string(),
        at_ms: NOON + after_ms,
        signed_ms: NOON + after_ms,
    };
    for (terminal, at) in [(before, 0), (after, 5_000)] {
        assert!(store.take(terminal, contact(at)).await.is_ok());
    }
    let both = [(before, "0".to_owned()), (after, "5000".to_owned())];
    assert_eq!(versions(&store), both);
    assert_eq!(versions(&open(folder.path())), both);
    // The older makes room, and takes nothing of the newer with it.
    for number in [2, 3] {
        assert_eq!(heard(&store, number, "1", 10_000).await, Ok(()));
    }
    let left = versions(&store);
    assert!(left.contains(&both[1]) && !left.contains(&both[0]));
    assert_eq!(versions(&open(folder.path())), left);
}
