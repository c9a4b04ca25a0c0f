//! Four processes, each with its own folder and keys, over libp2p: they agree; one dies and comes back; a node
//! without a vote joins while they run, follows, and is cut off when the registry says so.

mod support;

use senim_abi::registry::Execute;
use senim_types::{Hash, OrgId};
use support::Machines;

fn register(number: u32) -> Execute {
    Execute::RegisterOrganisation {
        org: OrgId(number),
        name: format!("Organisation {number}"),
        roles: senim_abi::Roles::CLINIC,
        details: Hash::of(b"details"),
    }
}

#[test]
fn machines_agree_one_dies_and_returns_and_a_follower_comes_and_goes() {
    let mut machines = Machines::start(4);
    machines.submit(0, register(1_001));
    machines.agree(&[0, 1, 2, 3]);
    machines.until_metric(0, "senim_network_peers", 3);
    assert!(machines.metric(0, "senim_network_messages_sent_total") > 0);

    // Three of four go on without it.
    machines.kill(3);
    machines.submit(0, register(1_002));
    machines.submit(1, register(1_003));
    machines.agree(&[0, 1, 2]);
    machines.restart(3);
    machines.agree(&[0, 1, 2, 3]);
    machines.submit(3, register(1_004));
    machines.agree(&[0, 1, 2, 3]);

    // A pharmacy lets its own node in: nobody is restarted.
    let pharmacy = OrgId(20);
    let follower = machines.add_follower(pharmacy.0);
    let peer = machines.peer_key(follower);
    machines.is_alone(follower);
    let set = Execute::SetPeer {
        org: pharmacy,
        peer,
        address: String::new(),
    };
    machines.submit_as("pharmacy", 0, set);
    machines.agree(&[0, 1, 2, 3, follower]);
    // It takes transactions and passes them on.
    machines.submit(follower, register(1_005));
    machines.agree(&[0, 1, 2, 3, follower]);

    machines.submit_as("pharmacy", 0, Execute::RemovePeer { peer });
    machines.agree(&[0, 1, 2, 3]);
    let left_at = machines.height(follower);
    machines.submit(1, register(1_006));
    machines.submit(1, register(1_007));
    machines.agree(&[0, 1, 2, 3]);
    assert!(machines.height(0) > left_at + 1);
    assert!(machines.height(follower) <= left_at + 1, "it still follows");
}
