//! Networks that do not come together at once. A node that nobody reaches says so.
//! While a node is away every other one takes a new network key. It comes back with a list in which none of them stands,
//! finds them by its bootstrap addresses, and trusts what it gets for its certificates.

mod support;

use senim_abi::registry::Execute;
use senim_types::text::KeyKind;
use senim_types::{Hash, OrgId};
use senimd::folder::Folder;
use senimd::machine;
use senimd::template::peer_name;
use std::fs;
use std::process::Command;
use support::Machines;

const AWAY: usize = 3;

fn register(number: u32) -> Execute {
    Execute::RegisterOrganisation {
        org: OrgId(number),
        name: format!("Organisation {number}"),
        roles: senim_abi::Roles::CLINIC,
        details: Hash::of(b"details"),
    }
}

/// Gives a machine another network key: known to the registry first, then in its folder, then the old one goes.
fn rotate(machines: &mut Machines, machine: usize, others: &[usize]) {
    let folder = Folder::new(machines.folder(machine));
    let config = machine::config(&folder).expect("settings").expect("some");
    let (old, name) = (machines.peer_key(machine), peer_name(config.organisation));
    let aside = tempfile::tempdir().expect("a folder");
    let made = Command::new(env!("CARGO_BIN_EXE_senimd"))
        .args(["key", "--dir"])
        .arg(aside.path())
        .args(["new", &name, "--kind", "peer"])
        .output()
        .expect("the daemon runs");
    assert!(made.status.success(), "{made:?}");
    let new = Folder::new(aside.path());
    let peer = new.key(&name, KeyKind::Peer).expect("its key").public();
    let set = Execute::SetPeer {
        org: OrgId(config.organisation),
        peer,
        address: config.network.listen[0].to_string(),
    };
    machines.submit(others[0], set);
    machines.kill(machine);
    let (from, to) = (new.key_path(&name), folder.key_path(&name));
    fs::remove_file(&to).expect("the old key is there");
    fs::copy(&from, &to).expect("the new one takes its place");
    machines.restart(machine);
    machines.submit(others[0], Execute::RemovePeer { peer: old });
    let all = [&[machine], others].concat();
    machines.agree(&all);
}

#[test]
fn a_node_returns_after_every_other_one_has_another_network_key() {
    let mut machines = Machines::start(4);
    machines.submit(0, register(2_001));
    machines.agree(&[0, 1, 2, AWAY]);
    let listens: Vec<_> = (0..AWAY)
        .map(|machine| {
            let folder = Folder::new(machines.folder(machine));
            let config = machine::config(&folder).expect("settings").expect("some");
            config.network.listen[0].clone()
        })
        .collect();
    machines.kill(AWAY);
    machines.configure(AWAY, |config| config.network.bootstrap = listens);
    rotate(&mut machines, 0, &[1, 2]);
    rotate(&mut machines, 1, &[2, 0]);
    rotate(&mut machines, 2, &[0, 1]);
    machines.submit(0, register(2_002));
    machines.agree(&[0, 1, 2]);

    machines.restart(AWAY);
    machines.agree(&[0, 1, 2, AWAY]);
    machines.submit(AWAY, register(2_003));
    machines.agree(&[0, 1, 2, AWAY]);
}

#[test]
fn a_node_that_reaches_nobody_says_so() {
    let mut machines = Machines::make(4);
    machines.restart(0);
    machines.until_logged(0, "no other node is connected");
    machines.restart(1);
    machines.restart(2);
    machines.submit(0, register(2_004));
    machines.agree(&[0, 1, 2]);
}
