//! Which nodes may connect.

mod common;

use common::*;
use senim_abi::registry::msg::PeerPage;
use senim_abi::registry::{Execute, Peer, Query, RegistryEvent, Standing};
use senim_sdk::Roles;
use senim_sdk::testing::{TestEnv, key_of};
use senim_types::{Code, OrgId};

const ADDRESS: &str = "/ip4/127.0.0.1/tcp/7301";

fn set(org: OrgId, peer: u8, address: &str) -> Execute {
    Execute::SetPeer {
        org,
        peer: key_of(peer),
        address: address.into(),
    }
}

fn remove(peer: u8) -> Execute {
    Execute::RemovePeer { peer: key_of(peer) }
}

fn all(env: &mut TestEnv) -> PeerPage {
    ask(env, &Query::Peers { after: None })
}

#[test]
fn peers_join_move_and_leave() {
    let mut env = members();
    let outcome = by(&mut env, administrator(), &set(PHARMACY, 70, ADDRESS));
    assert!(matches!(
        &events(&outcome)[..],
        [RegistryEvent::PeerSet { org: PHARMACY, address, .. }] if address == ADDRESS
    ));
    let again = by(&mut env, administrator(), &set(PHARMACY, 70, ADDRESS));
    assert!(again.code().is_none() && again.writes.is_empty() && again.events.is_empty());
    assert_eq!(
        by(&mut env, operator(), &set(PHARMACY, 70, "")).code(),
        None,
        "it only goes out now"
    );
    let moved = Peer {
        org: PHARMACY,
        address: String::new(),
    };
    assert_eq!(all(&mut env), [(key_of(70), moved)]);
    let outcome = by(&mut env, administrator(), &remove(70));
    assert!(matches!(
        events(&outcome)[..],
        [RegistryEvent::PeerRemoved { .. }]
    ));
    assert!(all(&mut env).is_empty());
}

#[test]
fn changes_are_refused_with_their_codes() {
    let mut env = members();
    assert_eq!(
        by(&mut env, operator(), &set(OPERATOR, 70, "")).code(),
        None
    );
    let long = "/".repeat(Peer::ADDRESS_BYTES_MAX + 1);
    let cases = [
        (
            operator(),
            set(STRANGER, 71, ""),
            Code::ORGANISATION_UNKNOWN,
        ),
        (operator(), set(PHARMACY, 70, ""), Code::PEER_EXISTS),
        (operator(), set(PHARMACY, 71, &long), Code::OUT_OF_RANGE),
        (operator(), set(PHARMACY, 71, "a b"), Code::OUT_OF_RANGE),
        (operator(), set(PHARMACY, 71, "адрес"), Code::OUT_OF_RANGE),
        (
            operator(),
            set(PHARMACY, TERMINAL_DEVICE, ""),
            Code::DEVICE_EXISTS,
        ),
        (
            operator(),
            set(PHARMACY, VALIDATOR, ""),
            Code::VALIDATOR_EXISTS,
        ),
        (operator(), remove(71), Code::PEER_UNKNOWN),
        (operator(), enrol(PHARMACY, 70, false), Code::PEER_EXISTS),
        (operator(), add_validator(70, 1), Code::PEER_EXISTS),
        (administrator(), set(OPERATOR, 71, ""), Code::NOT_AUTHORISED),
        (administrator(), remove(70), Code::NOT_AUTHORISED),
        (terminal(), set(PHARMACY, 71, ""), Code::NOT_AUTHORISED),
    ];
    let before = env.state().clone();
    for (actor, message, code) in cases {
        assert_eq!(
            by(&mut env, actor, &message).code(),
            Some(code),
            "{message:?}"
        );
    }
    assert_eq!(*env.state(), before, "what is refused changes nothing");
}

#[test]
fn a_revoked_organisation_gets_no_new_peer() {
    let mut env = members();
    let revoke = Execute::SetOrganisationStanding {
        org: PHARMACY,
        standing: Standing::Revoked,
    };
    assert_eq!(by(&mut env, operator(), &revoke).code(), None);
    let outcome = by(&mut env, operator(), &set(PHARMACY, 70, ""));
    assert_eq!(outcome.code(), Some(Code::WRONG_STATE));
}

#[test]
fn an_organisation_has_a_limited_number_of_peers_and_pages_show_all_of_all() {
    let mut env = members();
    let mut number = 100;
    for org in 30..40 {
        let name = format!("Organisation {org}");
        let registered = by(
            &mut env,
            operator(),
            &register(OrgId(org), &name, Roles::PHARMACY),
        );
        assert_eq!(registered.code(), None);
        for _ in 0..Peer::PER_ORGANISATION_MAX {
            assert_eq!(
                by(&mut env, operator(), &set(OrgId(org), number, "")).code(),
                None
            );
            number += 1;
        }
        let one_more = by(&mut env, operator(), &set(OrgId(org), number, ""));
        assert_eq!(one_more.code(), Some(Code::PEER_LIMIT));
    }
    let first = all(&mut env);
    let after = first.last().map(|(peer, _)| *peer);
    let second: PeerPage = ask(&mut env, &Query::Peers { after });
    assert_eq!(first.len() + second.len(), 10 * Peer::PER_ORGANISATION_MAX);
    assert!(
        first
            .iter()
            .all(|(peer, _)| second.iter().all(|(other, _)| other != peer))
    );
}
