//! No private key, and nothing of a person, in any block, file, message, log line or metric.
//!
//! The story is played from a real order message; then every byte that it left behind is searched for
//! what must not be there, in each form in which it could be. That the search finds something is shown
//! by planting each needle.
//!
//! The story comes in over the nodes' own HTTP interfaces, and the metrics are what `/metrics` of each of
//! them answers.

mod interface;
mod needles;

use interface::{Interfaces, STATUS_UNPROCESSABLE};
use needles::Needles;
use senim_abi::CARD;
use senim_abi::card as cards;
use senim_abi::prescription::msg::{self as prescription, Proof};
use senim_abi::prescription::programme::MedicineRule;
use senim_abi::prescription::{GroupId, ItemMask};
use senim_abi::proof::{CardStatement, HoldStatement};
use senim_fhir::{LedgerOrder, MedicineMap, Order, ParseOptions, parse_order};
use senim_tests::world::network::root;
use senim_tests::world::people::{self, Request, Token, hold, hold_key, metformin_pack};
use senim_tests::world::{World, secret};
use senim_types::{Code, Domain, Hash, TimeMs, Tiyn, codec};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

/// The number printed on a card, as a pharmacist could type it.
const CARD_NUMBER: &str = "KZ-0000-4321-8765";
/// The clinic's secret for keyed hashes.
const LINK_KEY: [u8; 32] = [0xa7; 32];

/// A number with sound check digits that was computed for this test and belongs to nobody.
fn computed_iin() -> String {
    let digits: Vec<u32> = "61030940001"
        .bytes()
        .map(|digit| u32::from(digit - b'0'))
        .collect();
    let sum = |weights: [u32; 11]| {
        digits
            .iter()
            .zip(weights)
            .map(|(digit, weight)| digit * weight)
            .sum::<u32>()
            % 11
    };
    let first = sum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    let check = if first == 10 {
        sum([3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2])
    } else {
        first
    };
    assert!(check < 10, "this number would never be issued");
    format!("61030940001{check}")
}

/// The order message, with a national number and a card number among the person's identifiers.
fn message() -> Value {
    let path = root().join("tests/data/fhir/four-items.json");
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut message: Value = serde_json::from_slice(&text).expect("the message is JSON");
    // Six digits stand by chance in the hex of small numbers; this does not.
    let code = message.pointer_mut("/entry/5/resource/address/0/postalCode");
    *code.expect("the person has an address") = Value::from("Z17QX9K");
    let entries = message["entry"]
        .as_array_mut()
        .expect("a bundle has entries");
    let person = entries
        .iter_mut()
        .map(|entry| &mut entry["resource"])
        .find(|resource| resource["resourceType"] == "Patient")
        .expect("the message is for somebody");
    let identifiers = person["identifier"].as_array_mut().expect("a list");
    for (system, value) in [("iin", computed_iin()), ("card", CARD_NUMBER.to_owned())] {
        let system = format!("https://example.org/senim/id/{system}");
        identifiers.push(json!({ "system": system, "value": value }));
    }
    message
}

/// Everything that anybody would say, but for the compiler of the contracts: it sees public code alone, and
/// would tell each of its steps.
const LOG_FILTER: &str = "trace,cranelift=warn,regalloc2=warn,wasmtime=warn";

/// Log lines, kept.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn bytes(&self) -> Vec<u8> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

/// The ledger's items of the message's: the names of forms and units are the same.
fn new_items(order: &Order) -> Vec<prescription::NewItem> {
    let LedgerOrder::Issue { items } = &order.ledger else {
        panic!("an order issues")
    };
    let to_item = |item: &senim_fhir::Item| {
        let medicine = &item.medicine;
        let form = serde_json::to_value(medicine.form).expect("a name");
        let unit = serde_json::to_value(medicine.unit).expect("a name");
        prescription::NewItem {
            inn: people::value(&medicine.atc),
            strength: Some(people::value(&medicine.strength)),
            form: Some(serde_json::from_value(form).expect("the ledger's name")),
            product: None,
            unit: serde_json::from_value(unit).expect("the ledger's name"),
            quantity: item.parts[0].quantity,
            not_before: TimeMs(item.parts[0].window.not_before_ms),
            until: TimeMs(item.parts[0].window.until_ms),
            price_cap: None,
            part: None,
        }
    };
    items.iter().map(to_item).collect()
}

/// Everything that a story leaves behind, by name.
type Remains = Vec<(&'static str, Vec<u8>)>;

fn play(needles: &mut Needles, lines: &Lines) -> Remains {
    let message = message();
    needles.of_message(&message, "message", false);
    needles.words("the person's ИИН", &computed_iin());
    needles.words("the card's number", CARD_NUMBER);
    needles.words("the card's number, digits only", "43218765");
    needles.words("the birth date without hyphens", "19610309");
    needles.secret("the clinic's link key", &LINK_KEY);

    let mut world = World::of(4, 61);
    let wire = Rc::new(RefCell::new(Vec::new()));
    let tapped = Rc::clone(&wire);
    world.set_wire(Box::new(move |_, _, message| {
        tapped.borrow_mut().extend(message.encode());
        vec![message]
    }));
    for (name, key) in world.network.devices() {
        needles.key(&format!("the key of {name}"), key);
    }
    for (name, key) in &world.network.validators {
        needles.key(&format!("the key of {name}"), key);
    }

    let mut interfaces = Interfaces::new(world.nodes.len());
    let options = ParseOptions::new(world.now().0, LINK_KEY);
    let order = parse_order(
        message.to_string().as_bytes(),
        &MedicineMap::shipped(),
        &options,
    )
    .expect("the message is taken");
    let items = new_items(&order);
    for item in &items[2..] {
        let rule = MedicineRule {
            category: 0,
            units_max: 1_000,
            reference_price: Tiyn(100),
        };
        let inn = item.inn;
        let programme = people::PROGRAMME;
        let listed = prescription::Execute::SetMedicine {
            programme,
            inn,
            rule: Some(rule),
        };
        interfaces.apply(&mut world, 3, "fund", Request::prescription(&listed));
    }
    let (holder, card) = (secret("privacy token"), secret("privacy card"));
    needles.key("the token's key", &holder);
    needles.key("the card's key", &card);
    let register = cards::Execute::Register {
        keys: vec![card.public()],
        category: cards::Category(1),
        entitled_until: TimeMs(world.now().0 + people::DAY_MS),
    };
    let register = Request::call(CARD, &register);
    interfaces.apply(&mut world, 3, "service-centre", register);
    let issue = prescription::Execute::Issue {
        index: 0,
        programme: people::PROGRAMME,
        prescriber: senim_abi::prescription::programme::PrescriberId(7),
        holder: holder.public(),
        card: Some(card.public()),
        paper: None,
        sealed: Some(Hash::of(
            &[LINK_KEY.as_slice(), &order.sealed.message].concat(),
        )),
        draft: false,
        items,
    };
    let receipt = interfaces.apply(&mut world, 0, "clinic", Request::prescription(&issue));
    let token = Token {
        group: GroupId::derive(&receipt.transaction, 0),
        key: holder,
    };

    // With a QR.
    let qr = world.fresh_qr(&token);
    needles.key("the QR's ephemeral key", &qr.ephemeral);
    needles.key("the hold key", &hold_key("pharmacy", token.group));
    let holding = hold(&world.network, "pharmacy", ItemMask::one(0), &qr);
    interfaces.apply(&mut world, 1, "pharmacy", holding.clone());
    let dispense = world.dispensing("pharmacy", &token, metformin_pack(1), 60, Tiyn(140_000));
    interfaces.apply(&mut world, 1, "pharmacy", dispense);
    let again = world.sign("pharmacy", holding.clone());
    let again = interfaces.submit(&mut world, 1, &again).expect("charged");
    assert_eq!(again.status.code(), Some(Code::QR_REPLAYED));

    // With the card, at the rival's.
    let rival_key = hold_key("rival", token.group);
    needles.key("the rival's hold key", &rival_key);
    world.advance(10);
    let (challenged_at, expires_at) = (world.now(), TimeMs(world.now().0 + 60_000));
    let items = ItemMask::one(1);
    let statement = HoldStatement {
        group: token.group,
        items,
        org: people::org_of("rival"),
        device: world.network.device("rival").public(),
        hold_key: rival_key.public(),
    };
    let answer = CardStatement {
        hold: statement,
        challenged_at,
        expires_at,
    };
    let proof = Proof::Card {
        card: card.public(),
        challenged_at,
        expires_at,
    };
    let held = prescription::Execute::Hold {
        group: token.group,
        items,
        hold_key: rival_key.public(),
        proof,
    };
    let request = Request::prescription(&held).witnessed(card.witness(
        Domain::Card,
        &world.network.chain,
        answer.message(),
    ));
    interfaces.apply(&mut world, 2, "rival", request);

    // Things go wrong too, and are told.
    let mut forged = world.sign("pharmacy", holding);
    forged.device_signature.0[1] ^= 1;
    let refusal = interfaces.submit(&mut world, 1, &forged);
    assert_eq!(
        refusal.expect_err("the signature is another's"),
        (STATUS_UNPROCESSABLE, "BAD_SIGNATURE".to_owned())
    );
    world.stop(3);
    world.apply("fund", people::allot("while one is away", Tiyn(1)));
    world.start(3);
    world.settle();

    let mut blocks = Vec::new();
    for record in world.nodes[0].blocks() {
        blocks.extend(codec::encode(&record.block));
        blocks.extend(codec::encode(&record.certificate));
        blocks.extend(codec::encode(&record.receipts));
        blocks.extend(format!("{record:?}").into_bytes());
    }
    let metrics: String = (0..world.nodes.len())
        .map(|node| interfaces.get(&mut world, node, "/metrics"))
        .collect();
    // They are the story's own: what was submitted has been counted, a refusal under its code.
    for counted in [
        "senim_transactions_accepted_total 3",
        "senim_transactions_refused_total{code=\"BAD_SIGNATURE\"} 1",
    ] {
        assert!(metrics.contains(counted), "{metrics}");
    }
    let written = world.nodes.iter().flat_map(|node| node.written()).collect();
    let wire = wire.borrow().clone();
    vec![
        ("blocks and receipts", blocks),
        ("files and stores", written),
        ("messages between nodes", wire),
        ("log lines", lines.bytes()),
        ("answers over HTTP", interfaces.into_answers()),
        ("metrics", metrics.into_bytes()),
    ]
}

#[test]
fn nothing_of_a_person_or_a_private_key_is_left_behind() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(LOG_FILTER)
        .with_writer(lines.clone())
        .finish();
    let guard = subscriber.set_default();
    let mut needles = Needles::default();
    let remains = play(&mut needles, &lines);
    assert!(
        needles.all().len() > 150,
        "{} needles are too few",
        needles.all().len()
    );
    for (name, bytes) in &remains {
        assert!(bytes.len() > 100, "there are {name}");
        let found = needles.found(bytes);
        assert!(found.is_empty(), "in {name}: {found:?}");
    }

    // The search finds each needle where it is, at either end too.
    let (_, hay) = remains.last().expect("there are metrics");
    for needle in needles.all() {
        let planted: [&[u8]; 3] = [&needle.bytes, hay, &needle.bytes];
        for planted in [planted[..2].concat(), planted[1..].concat()] {
            let found = needles.found(&planted);
            assert!(found.contains(needle.what.as_str()), "{}", needle.what);
        }
    }
    // And what a careless line would say is in what was captured.
    tracing::trace!(name = "Сынақова", "a careless line");
    tracing::trace!(seed = ?secret("fund").seed().as_slice(), "a more careless line");
    let found = needles.found(&lines.bytes());
    assert!(
        found.iter().any(|what| what.contains("family")),
        "{found:?}"
    );
    assert!(found.contains("the key of fund as a list"), "{found:?}");
    drop(guard);
}
