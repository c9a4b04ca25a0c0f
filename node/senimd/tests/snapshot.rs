//! Four processes that make snapshots, and a fifth that joins from one: it has their root, follows, proves,
//! says that it has no older blocks, and goes on after a restart.

mod support;

use senim_abi::REGISTRY;
use senim_abi::registry::Execute;
use senim_abi::registry::record::organisation_key;
use senim_light_client::LightClient;
use senim_types::{Hash, OrgId};
use senimd::machine::MachineConfig;
use std::process::Command;
use support::Machines;

/// Blocks between two snapshots.
const EVERY: u64 = 10;

fn register(number: u32) -> Execute {
    Execute::RegisterOrganisation {
        org: OrgId(number),
        name: format!("Organisation {number}"),
        roles: senim_abi::Roles::CLINIC,
        details: Hash::of(b"details"),
    }
}

fn often(config: &mut MachineConfig) {
    config.sync.snapshot_every_blocks = EVERY;
}

#[test]
fn a_machine_joins_from_a_snapshot_follows_proves_and_returns() {
    let mut machines = Machines::make(4);
    (0..4).for_each(|machine| machines.configure(machine, often));
    (0..4).for_each(|machine| machines.restart(machine));
    let mut number = 1_000;
    while machines.height(0) < 2 * EVERY + 2 {
        number += 1;
        machines.submit(0, register(number));
    }
    machines.agree(&[0, 1, 2, 3]);

    let pharmacy = OrgId(20);
    let follower = machines.make_follower(pharmacy.0, &["--snapshot"]);
    machines.configure(follower, often);
    machines.restart(follower);
    let peer = machines.peer_key(follower);
    let address = String::new();
    let set = Execute::SetPeer {
        org: pharmacy,
        peer,
        address,
    };
    machines.submit_as("pharmacy", 0, set);
    machines.agree(&[0, 1, 2, 3, follower]);
    let first = machines.number(follower, "first_height");
    assert!(
        first > 2 * EVERY && first % EVERY == 1,
        "the first block is {first}"
    );
    assert_eq!(machines.number(0, "first_height"), 1);
    let error = machines.refusal(follower, "/v1/blocks/3");
    assert_eq!((error.0, error.1.as_str()), (410, "PRUNED"));

    // What it says is proven by the genesis alone, of what was before the snapshot and after it.
    let proves = |machines: &Machines, org: u32| {
        let key = organisation_key(OrgId(org)).in_state_of(REGISTRY);
        let bytes = machines.bytes(follower, &format!("/v1/state/{}", hex::encode(&key)));
        let proven = LightClient::from_genesis(machines.genesis()).state(&bytes);
        assert!(proven.expect("it is proven").value.is_some(), "{org}");
    };
    proves(&machines, 1_001);
    machines.submit(follower, register(2_001));
    machines.agree(&[0, 1, 2, 3, follower]);
    proves(&machines, 2_001);

    machines.kill(follower);
    machines.submit(1, register(2_002));
    machines.restart(follower);
    machines.agree(&[0, 1, 2, 3, follower]);
    assert_eq!(machines.number(follower, "first_height"), first);
    assert_eq!(machines.metric(follower, "senim_sync_lag_blocks"), 0);
    proves(&machines, 2_002);
    proves(&machines, 1_001);

    // Its log begins in the middle of the chain: that is sound, and no backup.
    machines.kill(follower);
    let run = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_senimd"))
            .args(words)
            .arg("--dir")
            .arg(machines.folder(follower))
            .output();
        output.expect("the daemon runs")
    };
    let told = run(&["doctor", "--full", "-o", "json"]).stdout;
    let told: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
    let findings = told["findings"].as_array().expect("findings").iter();
    let log: Vec<_> = findings.filter(|found| found["check"] == "data").collect();
    let sound = format!("blocks after the snapshot of height {}", first - 1);
    assert!(
        log.len() == 1 && log[0]["message"].as_str().expect("words").contains(&sound),
        "{log:?}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("backup.tar.zst");
    let refused = run(&["backup", "--to", file.to_str().expect("UTF-8")]);
    let said = String::from_utf8(refused.stderr).expect("UTF-8");
    assert!(said.contains("joined from a snapshot"), "{said}");
    assert_eq!(refused.status.code(), Some(3), "{said}");
    assert!(!file.exists());
}
