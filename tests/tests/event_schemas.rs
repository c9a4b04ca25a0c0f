//! The schema files of events are what the types are, and enough to decode every event without them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "event_schemas/decoder.rs"]
mod decoder;
#[path = "../../contracts/prescription/tests/common/mod.rs"]
mod prescription;

use borsh::BorshDeserialize;
use decoder::Schema;
use senim_abi::card::CardEvent;
use senim_abi::ids::ENGINE_CONTRACTS;
use senim_abi::marking::{Day, MarkingEvent};
use senim_abi::prescription::PrescriptionEvent;
use senim_abi::registry::RegistryEvent;
use senim_abi::schema::{file_name, of_events};
use senim_abi::settlement::SettlementEvent;
use senim_abi::treasury::TreasuryEvent;
use senim_abi::voucher::VoucherEvent;
use senim_abi::{CARD, MARKING, PRESCRIPTION, REGISTRY, SETTLEMENT, TREASURY, VOUCHER};
use senim_types::{Code, ContractId, Hash, PublicKey};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn file_of(contract: ContractId) -> String {
    let name = senim_abi::ids::name_of(contract).unwrap();
    std::fs::read_to_string(root().join("genesis/contracts").join(file_name(name))).unwrap()
}

/// Kind, version and JSON of a body, by the types.
fn typed(contract: ContractId, body: &[u8]) -> std::io::Result<(u16, u8, Value)> {
    macro_rules! read {
        ($event:ty, $version:expr) => {{
            let event = <$event>::try_from_slice(body)?;
            (event.kind(), $version, serde_json::to_value(&event)?)
        }};
    }
    Ok(match contract {
        REGISTRY => read!(RegistryEvent, senim_abi::registry::event::EVENT_VERSION),
        TREASURY => read!(TreasuryEvent, senim_abi::treasury::event::EVENT_VERSION),
        MARKING => read!(MarkingEvent, senim_abi::marking::event::EVENT_VERSION),
        CARD => read!(CardEvent, senim_abi::card::event::EVENT_VERSION),
        VOUCHER => read!(VoucherEvent, senim_abi::voucher::event::EVENT_VERSION),
        SETTLEMENT => read!(SettlementEvent, senim_abi::settlement::event::EVENT_VERSION),
        _ => read!(
            PrescriptionEvent,
            senim_abi::prescription::event::EVENT_VERSION
        ),
    })
}

/// The text forms of docs/wire-format.md, which the APIs show instead of bytes and numbers.
fn as_the_apis(name: &str, value: Value) -> Value {
    let bytes = |value: &Value| -> [u8; 32] {
        let bytes: Vec<u8> = value
            .as_array()
            .unwrap()
            .iter()
            .map(|byte| byte.as_u64().unwrap() as u8)
            .collect();
        bytes.try_into().unwrap()
    };
    match name {
        "Hash" => Value::String(Hash(bytes(&value)).to_string()),
        "PublicKey" => {
            assert_eq!(value["scheme"], 1);
            serde_json::to_value(PublicKey::from_ed25519(bytes(&value["point"])).unwrap()).unwrap()
        }
        "Code" => serde_json::to_value(Code(value.as_u64().unwrap() as u16)).unwrap(),
        "Gtin" => Value::String(format!("{:014}", value.as_u64().unwrap())),
        "Day" => {
            let day = Day::new(value.as_u64().unwrap() as u32).unwrap();
            Value::String(day.to_string())
        }
        _ => value,
    }
}

/// Bodies that were approved as golden bytes: every kind of event of the contract.
fn golden(contract: ContractId) -> Vec<Vec<u8>> {
    let name = senim_abi::ids::name_of(contract).unwrap();
    let path = format!("contracts/{name}/tests/golden/events.txt");
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    let lines = text.lines().map(|line| line.split_once(' ').unwrap());
    // The treasury's file also has the bytes of a claim's line, which is no event.
    let events = lines.filter(|(name, _)| !name.starts_with("claim_line"));
    events.map(|(_, hex)| from_hex(hex)).collect()
}

fn from_hex(hex: &str) -> Vec<u8> {
    let digits = (0..hex.len()).step_by(2);
    digits
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn the_committed_schemas_are_what_the_types_are() {
    for (contract, name) in ENGINE_CONTRACTS {
        assert_eq!(
            file_of(contract),
            of_events(contract).unwrap(),
            "the events of {name} changed: run `make contracts` and commit genesis/contracts"
        );
    }
    assert_eq!(
        of_events(ContractId::LEDGER),
        None,
        "contract 0 emits nothing"
    );
}

#[test]
fn the_manifest_pins_every_schema() {
    let manifest = std::fs::read_to_string(root().join("genesis/contracts/manifest.toml")).unwrap();
    for (contract, name) in ENGINE_CONTRACTS {
        let hash = Hash::of(file_of(contract).as_bytes());
        let lines = format!(
            "events = \"{}\"\nevents_blake3 = \"{hash}\"\n",
            file_name(name)
        );
        assert!(manifest.contains(&lines), "the manifest has\n{lines}");
    }
}

#[test]
fn every_kind_of_event_decodes_by_its_schema_alone_to_what_the_types_say() {
    for (contract, name) in ENGINE_CONTRACTS {
        let schema = Schema::parse(&file_of(contract));
        assert_eq!(schema.contract(), u64::from(contract.0));
        let mut seen = BTreeSet::new();
        for body in golden(contract) {
            let (kind, version, event) = typed(contract, &body).unwrap();
            let (kind, version) = (u64::from(kind), u64::from(version));
            let decoded = schema.decode(kind, version, &body, &as_the_apis);
            assert_eq!(decoded, Ok(event), "{name}, kind {kind}");
            seen.insert((kind, version));
        }
        let told: BTreeSet<_> = schema.kinds().into_iter().collect();
        assert_eq!(seen, told, "the golden bytes of {name} have every kind");
    }
}

#[test]
fn the_events_of_a_redemption_decode_by_their_schemas_alone() {
    use prescription::*;
    use senim_abi::prescription::ItemMask;

    let mut world = World::new();
    let group = world.issue(vec![world.item(), world.amoxicillin_item()]);
    world.dispensed(APTEKA, group, 0);
    assert_eq!(world.reverse(APTEKA, group, 0, ItemMask::one(0)), Ok(()));
    let mut contracts = BTreeSet::new();
    for event in world
        .env
        .steps()
        .iter()
        .flat_map(|step| &step.outcome.events)
    {
        let schema = Schema::parse(&file_of(event.contract));
        let (kind, version) = (u64::from(event.kind), u64::from(event.version));
        let decoded = schema.decode(kind, version, &event.body, &as_the_apis);
        assert_eq!(decoded, Ok(typed(event.contract, &event.body).unwrap().2));
        contracts.insert(event.contract);
    }
    let told = [TREASURY, MARKING, PRESCRIPTION, CARD];
    assert_eq!(contracts, BTreeSet::from(told));
}

#[test]
fn what_is_not_an_event_is_not_decoded_by_the_schema_either() {
    for (contract, name) in ENGINE_CONTRACTS {
        let schema = Schema::parse(&file_of(contract));
        for body in golden(contract) {
            let (kind, version, _) = typed(contract, &body).unwrap();
            let decode = |kind: u16, body: &[u8]| {
                schema.decode(kind.into(), version.into(), body, &|_, value| value)
            };
            assert!(decode(kind, &body).is_ok(), "{name}, kind {kind}");
            assert!(
                decode(kind, &[body.as_slice(), &[0]].concat()).is_err(),
                "too long"
            );
            assert!(decode(kind + 1, &body).is_err(), "of another kind");
            for length in 0..body.len() {
                assert!(decode(kind, &body[..length]).is_err(), "too short");
                assert!(typed(contract, &body[..length]).is_err());
            }
        }
    }
}
