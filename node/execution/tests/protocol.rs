//! Versions of the protocol: how one is scheduled, and what the second one changes.

mod common;

use common::{Chain, RECORDER, call, module};
use senim_abi::ledger::{self, PendingProtocol, ProtocolRecord, ProtocolV1, keys};
use senim_execution::Engine;
use senim_types::crypto::SecretKey;
use senim_types::{Code, ContractId, Domain, Height, Status, codec};

fn chain() -> Chain {
    let engine = Engine::new(None).expect("the engine starts");
    let mut chain = Chain::with_engine(engine, &[(RECORDER, module("recorder"))]);
    chain.set_right(
        ContractId::LEDGER,
        ledger::methods::SET_PROTOCOL,
        common::ALLOWED,
    );
    chain
}

fn schedule(chain: &mut Chain, version: u16, activation: Height) -> Status {
    let message = ledger::Execute::SetProtocol {
        version,
        activation,
    };
    chain.call(ContractId::LEDGER, &codec::encode(&message))
}

fn scheduled(chain: &Chain) -> ProtocolV1 {
    let bytes = chain.state.0.get(&keys::protocol()).expect("it was set");
    let ProtocolRecord::V1(record) = borsh::from_slice(bytes).expect("a record");
    record
}

fn refused(code: Code) -> Status {
    Status::Refused {
        code,
        detail: vec![],
    }
}

#[test]
fn the_next_version_acts_from_its_height_and_only_the_next_one_can_be_scheduled() {
    let mut chain = chain();
    let at = |chain: &Chain, blocks: u64| Height(chain.height.0 + blocks);
    for version in [0, 3, u16::MAX] {
        let activation = at(&chain, 10);
        assert_eq!(
            schedule(&mut chain, version, activation),
            refused(Code::WRONG_VERSION),
            "{version}"
        );
    }
    let now = at(&chain, 1);
    assert_eq!(
        schedule(&mut chain, 2, now),
        refused(Code::ACTIVATION_HEIGHT)
    );
    let activation = at(&chain, 5);
    assert_eq!(schedule(&mut chain, 2, activation), Status::Applied);
    let record = scheduled(&chain);
    let next = Some(PendingProtocol {
        version: 2,
        activation,
    });
    assert_eq!(record, ProtocolV1 { version: 1, next });
    assert_eq!(record.at(Height(activation.0 - 1)), 1);
    assert_eq!(record.at(activation), 2);

    // Before its height it can be put off, and taken back.
    let later = at(&chain, 9);
    assert_eq!(schedule(&mut chain, 2, later), Status::Applied);
    assert_eq!(scheduled(&chain).at(activation), 1);
    assert_eq!(schedule(&mut chain, 1, later), Status::Applied);
    assert_eq!(scheduled(&chain), ProtocolV1::default());

    // From its height on it is the one that acts.
    let activation = at(&chain, 2);
    assert_eq!(schedule(&mut chain, 2, activation), Status::Applied);
    chain.version = 2;
    let later = at(&chain, 9);
    assert_eq!(schedule(&mut chain, 1, later), refused(Code::WRONG_VERSION));
    assert_eq!(schedule(&mut chain, 3, later), Status::Applied);
    assert_eq!(scheduled(&chain).version, 2);
}

#[test]
fn who_may_not_schedules_nothing() {
    let mut chain = chain();
    chain.set_right(
        ContractId::LEDGER,
        ledger::methods::SET_PROTOCOL,
        senim_abi::Roles::TREASURY,
    );
    let activation = Height(chain.height.0 + 5);
    assert_eq!(
        schedule(&mut chain, 2, activation),
        refused(Code::ROLE_NOT_ALLOWED)
    );
}

#[test]
fn from_version_two_on_each_statement_costs_fuel() {
    let fuel = |version: u16, witnesses: usize| {
        let mut chain = chain();
        chain.version = version;
        let body = chain.transaction(vec![call(RECORDER, &[9])]);
        let id = chain.chain_id();
        let witness = |number: usize| {
            let key = SecretKey::from_seed(&[7; 32]);
            key.witness(Domain::Holder, &id, vec![number as u8])
        };
        let transaction =
            chain.sign_with(&chain.device, body, (0..witnesses).map(witness).collect());
        let receipts = chain.block(&[transaction]).receipts;
        assert_eq!(receipts[0].status, Status::Applied);
        receipts[0].fuel
    };
    let plain = fuel(1, 0);
    assert_eq!(fuel(1, 3), plain);
    assert_eq!(fuel(2, 0), plain);
    assert_eq!(fuel(2, 3), plain + 30_000);
}
