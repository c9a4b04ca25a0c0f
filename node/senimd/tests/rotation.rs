//! Networks that do not come together at once. A node that nobody reaches says so.
//! While a node is away every other one takes a new network key. It comes back with a list in which none of them stands,
//! finds them by its bootstrap addresses, and trusts what it gets for its certificates. So it does where its own network
//! key is another one too. As long as the registry does not have that key, nobody keeps a connection with it, and it says so.

mod support;

use senim_abi::registry::Execute;
use senim_types::text::KeyKind;
use senim_types::{Hash, OrgId, PublicKey};
use senimd::folder::Folder;
use senimd::machine;
use senimd::template::peer_name;
use std::fs;
use std::path::PathBuf;
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

/// Makes another network key for a machine, in a folder of its own.
fn new_key(machines: &Machines, machine: usize) -> Made {
    let folder = Folder::new(machines.folder(machine));
    let config = machine::config(&folder).expect("settings").expect("some");
    let name = peer_name(config.organisation);
    let aside = tempfile::tempdir().expect("a folder");
    let made = Command::new(env!("CARGO_BIN_EXE_senimd"))
        .args(["key", "--dir"])
        .arg(aside.path())
        .args(["new", &name, "--kind", "peer"])
        .output()
        .expect("the daemon runs");
    assert!(made.status.success(), "{made:?}");
    let new = Folder::new(aside.path());
    Made {
        organisation: OrgId(config.organisation),
        address: config.network.listen[0].to_string(),
        old: machines.peer_key(machine),
        new: new.key(&name, KeyKind::Peer).expect("its key").public(),
        files: (new.key_path(&name), folder.key_path(&name)),
        _aside: aside,
    }
}

/// A network key that is to take the place of another.
struct Made {
    organisation: OrgId,
    address: String,
    old: PublicKey,
    new: PublicKey,
    /// Where it is, and where it has to be.
    files: (PathBuf, PathBuf),
    _aside: tempfile::TempDir,
}

impl Made {
    fn registration(&self) -> Execute {
        Execute::SetPeer {
            org: self.organisation,
            peer: self.new,
            address: self.address.clone(),
        }
    }

    /// Puts the key into the folder of its machine, which must not run.
    fn install(&self) {
        let (from, to) = &self.files;
        fs::remove_file(to).expect("the old key is there");
        fs::copy(from, to).expect("the new one takes its place");
    }
}

/// Gives a machine another network key: known to the registry first, then in its folder, then the old one goes.
fn rotate(machines: &mut Machines, machine: usize, others: &[usize]) {
    let key = new_key(machines, machine);
    machines.submit(others[0], key.registration());
    machines.kill(machine);
    key.install();
    machines.restart(machine);
    machines.submit(others[0], Execute::RemovePeer { peer: key.old });
    let all = [&[machine], others].concat();
    machines.agree(&all);
}

/// All others take other keys while a node is away; `meanwhile` is what else happens.
fn away_while_all_others_change(meanwhile: impl FnOnce(&mut Machines)) {
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
    meanwhile(&mut machines);

    machines.restart(AWAY);
    machines.agree(&[0, 1, 2, AWAY]);
    machines.submit(AWAY, register(2_003));
    machines.agree(&[0, 1, 2, AWAY]);
}

#[test]
fn a_node_returns_after_every_other_one_has_another_network_key() {
    away_while_all_others_change(|_| {});
}

#[test]
fn a_node_returns_after_every_one_and_itself_has_another_network_key() {
    away_while_all_others_change(|machines| {
        let key = new_key(machines, AWAY);
        machines.submit(0, key.registration());
        machines.submit(0, Execute::RemovePeer { peer: key.old });
        key.install();
    });
}

#[test]
fn a_node_with_a_key_that_is_not_registered_says_so_and_comes_in_once_it_is() {
    let mut machines = Machines::start(4);
    machines.agree(&[0, 1, 2, AWAY]);
    machines.kill(AWAY);
    let height = machines.height(0);
    let key = new_key(&machines, AWAY);
    key.install();
    machines.submit(0, register(2_006));
    machines.agree(&[0, 1, 2]);

    machines.restart(AWAY);
    machines.until_logged(0, "is not a member of this network");
    machines.until_logged(AWAY, "the registry has to have this network key");
    let own = key.new.to_text(KeyKind::Peer);
    for machine in [0, AWAY] {
        assert!(machines.log(machine).contains(&own), "it says which");
    }
    assert_eq!(machines.height(AWAY), height, "nobody gave it a block");
    assert!(machines.metric(0, "senim_network_connections_refused_total") > 0);
    machines.until_refused(AWAY, "/ready", (503, "NOT_READY"));

    // It goes on running.
    machines.submit(0, key.registration());
    machines.submit(0, Execute::RemovePeer { peer: key.old });
    machines.agree(&[0, 1, 2, AWAY]);
    machines.submit(AWAY, register(2_007));
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
