//! Real processes on disks that fill up, cannot be written, or hold other bytes than were written: each is told
//! clearly, nothing is lost, and the way back of `docs/operating/recovery.md` leads back.

mod support;

use senim_abi::registry::Execute;
use senim_types::{Code, Hash, OrgId};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use support::Machines;

const VICTIM: usize = 3;
const ALL: [usize; 4] = [0, 1, 2, 3];
/// Nobody watches a node that cannot go on from afar: its process ends at once.
const AT_ONCE: (&str, &str) = ("SENIM_HTTP__HALTED_MS_MAX", "0");

fn register(number: u32) -> Execute {
    Execute::RegisterOrganisation {
        org: OrgId(number),
        name: format!("Organisation {number}"),
        roles: senim_abi::Roles::CLINIC,
        details: Hash::of(b"details"),
    }
}

/// Organisations to register, one after the other.
struct Numbers(u32);

impl Numbers {
    fn submit(&mut self, machines: &mut Machines, machine: usize, count: u32) {
        for _ in 0..count {
            self.0 += 1;
            machines.submit(machine, register(self.0));
        }
    }
}

/// Four machines with some blocks.
fn network() -> (Machines, Numbers) {
    let (mut machines, mut numbers) = (Machines::start(4), Numbers(1_000));
    numbers.submit(&mut machines, 0, 2);
    machines.agree(&ALL);
    (machines, numbers)
}

/// The victim votes: without one of the others there is no quorum without it.
fn votes(machines: &mut Machines, numbers: &mut Numbers) {
    machines.kill(0);
    numbers.submit(machines, VICTIM, 1);
    machines.agree(&[1, 2, 3]);
}

/// Waits until the victim, which observes, votes again.
fn until_it_votes(machines: &mut Machines, numbers: &mut Numbers) {
    machines.until_metric(VICTIM, "senim_observing", 1);
    machines.agree(&ALL);
    machines.until_logged(VICTIM, "it observes until that height is decided");
    numbers.submit(machines, 0, 3);
    machines.agree(&ALL);
    machines.until_metric(VICTIM, "senim_observing", 0);
    votes(machines, numbers);
}

/// Runs `script` in namespaces of its own, where an ordinary user may mount; it ends with `exec "$@"`. None where
/// this machine does not allow that, and whoever set `SENIM_WITHOUT_NAMESPACES` knows it.
fn in_own_mounts(script: &str) -> Option<Command> {
    let unshare = ["unshare", "--user", "--map-root-user", "--mount"];
    let may = Command::new(unshare[0])
        .args(&unshare[1..])
        .arg("true")
        .status();
    if !may.is_ok_and(|status| status.success()) {
        let lacks = "this machine lets nobody mount in namespaces of their own (unshare -rm)";
        let is_known = std::env::var_os("SENIM_WITHOUT_NAMESPACES").is_some();
        assert!(
            is_known,
            "{lacks}. Or leave this out: SENIM_WITHOUT_NAMESPACES=1"
        );
        eprintln!("SKIPPED: {lacks}");
        return None;
    }
    let mut command = Command::new(unshare[0]);
    command
        .env(AT_ONCE.0, AT_ONCE.1)
        .args(&unshare[1..])
        .args(["sh", "-euc", script, "sh"])
        .arg(env!("CARGO_BIN_EXE_senimd"));
    Some(command)
}

fn flip(path: &Path, offset: u64) {
    let mut bytes = fs::read(path).expect("it can be read");
    let offset = usize::try_from(offset).expect("small");
    bytes[offset] ^= 0x40;
    fs::write(path, bytes).expect("it can be written");
}

fn the_only(folder: &Path, suffix: &str) -> PathBuf {
    let entries = fs::read_dir(folder).expect("it can be listed");
    let mut paths = entries.map(|entry| entry.expect("it can be listed").path());
    let found = paths.find(|path| path.to_string_lossy().ends_with(suffix));
    found.expect("there is one")
}

#[test]
fn a_full_disk_ends_the_node_and_with_room_again_it_goes_on() {
    let script = r#"
        mount -t tmpfs -o size=32m tmpfs "$DATA"
        cp -a "$SAVED/." "$DATA/"
        (
            set +e
            while [ ! -e "$FILL" ] && kill -0 $$; do sleep 0.1; done
            dd if=/dev/zero of="$DATA/ballast" bs=4k
            echo full >"$FILL.done"
            while kill -0 $$; do sleep 0.1; done
            rm -rf "$DATA/ballast" "$SAVED"
            cp -a "$DATA" "$SAVED"
            echo saved >"$FILL.saved"
        ) 2>/dev/null >/dev/null &
        exec "$@"
    "#;
    let Some(mut command) = in_own_mounts(script) else {
        return;
    };
    let (mut machines, mut numbers) = network();
    machines.kill(VICTIM);
    let (data, aside) = (
        machines.data(VICTIM),
        tempfile::tempdir().expect("a folder"),
    );
    let (saved, fill) = (aside.path().join("saved"), aside.path().join("fill"));
    let copied = Command::new("cp").arg("-a").arg(&data).arg(&saved).status();
    assert!(copied.expect("cp runs").success());
    command
        .env("DATA", &data)
        .env("SAVED", &saved)
        .env("FILL", &fill);
    machines.start_by(VICTIM, command, &[]);
    machines.until_it_answers(VICTIM);
    machines.agree(&ALL);
    let exists = |name: &str| aside.path().join(name).exists();
    let until = |what: &str, name: &str| {
        let end = Instant::now() + Duration::from_secs(60);
        while !exists(name) {
            assert!(Instant::now() < end, "{what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    fs::write(&fill, "now").expect("a file");
    until("the disk is filled", "fill.done");
    let mut tries = 0;
    while machines.ended(VICTIM).is_none() {
        numbers.submit(&mut machines, 0, 1);
        tries += 1;
        assert!(
            tries < 200,
            "it goes on without room: {}",
            machines.log(VICTIM)
        );
    }
    let said = machines.refused(VICTIM, Code::DISK_FULL);
    assert!(said.contains("no space left"), "{said}");
    until("its data is saved", "fill.saved");

    fs::remove_dir_all(&data).expect("it can be removed");
    let copied = Command::new("cp").arg("-a").arg(&saved).arg(&data).status();
    assert!(copied.expect("cp runs").success());
    machines.restart(VICTIM);
    machines.agree(&ALL);
    votes(&mut machines, &mut numbers);
}

#[test]
fn a_folder_that_cannot_be_written_is_told_at_once() {
    let script = r#"
        mount --bind "$FOLDER" "$FOLDER"
        mount -o remount,bind,ro "$FOLDER"
        exec "$@"
    "#;
    let Some(mut command) = in_own_mounts(script) else {
        return;
    };
    let (mut machines, mut numbers) = network();
    machines.kill(VICTIM);
    numbers.submit(&mut machines, 0, 1);
    command.env("FOLDER", machines.folder(VICTIM));
    machines.start_by(VICTIM, command, &[]);
    let said = machines.refused(VICTIM, Code::STORE_FAILED);
    assert!(said.contains("Read-only file system"), "{said}");
    machines.restart(VICTIM);
    machines.agree(&ALL);
    votes(&mut machines, &mut numbers);
}

#[test]
fn a_damaged_store_is_noticed_and_rebuilt() {
    let (mut machines, mut numbers) = network();
    machines.kill(VICTIM);
    let store = machines.data(VICTIM).join("store/db");
    let length = fs::metadata(&store).expect("sled's file").len();
    for offset in (0..length).step_by(64) {
        flip(&store, offset);
    }
    numbers.submit(&mut machines, 0, 1);
    machines.restart(VICTIM);
    machines.until_logged(VICTIM, "it is rebuilt from the block log");
    machines.agree(&ALL);
    votes(&mut machines, &mut numbers);
}

#[test]
fn a_damaged_log_is_told_with_its_place_and_the_node_begins_anew_from_the_others() {
    let (mut machines, mut numbers) = network();
    machines.kill(VICTIM);
    let data = machines.data(VICTIM);
    flip(&the_only(&data.join("log"), ".seg"), 200);
    machines.launch(VICTIM, &[AT_ONCE]);
    let said = machines.refused(VICTIM, Code::LOG_DAMAGED);
    assert!(
        said.contains("height 1 is damaged") && said.contains("at offset 0"),
        "{said}"
    );

    fs::rename(&data, data.with_extension("damaged")).expect("it can be moved");
    fs::rename(
        data.with_extension("damaged"),
        machines.folder(VICTIM).join("damaged"),
    )
    .expect("it can be moved");
    let senimd = Command::new(env!("CARGO_BIN_EXE_senimd"));
    machines.start_by(VICTIM, senimd, &["--observe-first"]);
    machines.until_it_answers(VICTIM);
    until_it_votes(&mut machines, &mut numbers);
}

#[test]
fn damaged_votes_are_told_with_their_place_and_without_them_the_validator_observes() {
    let (mut machines, mut numbers) = network();
    // Votes are kept until their height is decided, which it never is without a quorum.
    machines.kill(0);
    machines.kill(1);
    numbers.0 += 1;
    machines.offer(VICTIM, &register(numbers.0));
    let votes = machines.data(VICTIM).join("wal/consensus");
    let until = Instant::now() + Duration::from_secs(60);
    while fs::metadata(&votes).map_or(0, |file| file.len()) <= 10 {
        assert!(Instant::now() < until, "{}", machines.log(VICTIM));
        std::thread::sleep(Duration::from_millis(20));
    }
    machines.kill(VICTIM);
    flip(&votes, 10);
    machines.launch(VICTIM, &[AT_ONCE]);
    let said = machines.refused(VICTIM, Code::VOTES_DAMAGED);
    assert!(said.contains("at byte 0"), "{said}");

    fs::remove_file(&votes).expect("it can be removed");
    machines.restart(0);
    machines.restart(1);
    machines.restart(VICTIM);
    until_it_votes(&mut machines, &mut numbers);
}

#[test]
fn a_clock_that_jumps_an_hour_stops_nobody_and_set_right_the_validator_votes() {
    let library = ["/usr/lib", "/usr/lib64"].iter().find_map(|lib| {
        let folders = [
            PathBuf::from(lib).join("faketime"),
            PathBuf::from(lib).join(format!("{}-linux-gnu/faketime", std::env::consts::ARCH)),
        ];
        let paths = folders.map(|folder| folder.join("libfaketime.so.1"));
        paths.into_iter().find(|path| path.exists())
    });
    let Some(library) = library else {
        let lacks = "no libfaketime here to turn a process's clock (Debian: faketime)";
        let is_known = std::env::var_os("SENIM_WITHOUT_FAKETIME").is_some();
        assert!(
            is_known,
            "{lacks}. Or leave this out: SENIM_WITHOUT_FAKETIME=1"
        );
        eprintln!("SKIPPED: {lacks}");
        return;
    };
    let (mut machines, mut numbers) = network();
    machines.kill(VICTIM);
    let clock = machines.folder(VICTIM).join("clock");
    fs::write(&clock, "+0").expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_senimd"));
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    machines.start_by(VICTIM, command, &[]);
    machines.until_it_answers(VICTIM);
    machines.agree(&ALL);
    for jump in ["+3600", "-3600"] {
        fs::write(&clock, jump).expect("a file");
        numbers.submit(&mut machines, 0, 4);
        machines.agree(&ALL);
        assert_eq!(machines.ended(VICTIM), None, "{}", machines.log(VICTIM));
    }
    fs::write(&clock, "+0").expect("a file");
    votes(&mut machines, &mut numbers);
    assert_eq!(machines.metric(VICTIM, "senim_halted"), 0);
}
