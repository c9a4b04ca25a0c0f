//! The first redemption: prescribed, shown, held, dispensed, paid, and proven to somebody who trusts nobody.

use senim_abi::marking::PackState;
use senim_abi::prescription::{ItemMask, ItemStatus, Money, PrescriptionEvent};
use senim_abi::{PRESCRIPTION, TREASURY};
use senim_light_client::LightClient;
use senim_tests::world::people::{
    self, METFORMIN_CAP, amlodipine, hold, line, metformin, metformin_pack, pack,
};
use senim_tests::world::{Node, World};
use senim_types::proof::ReceiptProof;
use senim_types::{Code, ContractId, OrgId, Status, Tiyn, TiynTotal, codec};

const PHARMACY: OrgId = OrgId(20);

/// What the light client says of a proof, from the genesis alone.
fn judged(world: &World, proof: &ReceiptProof) -> Result<senim_types::Receipt, Code> {
    LightClient::from_genesis(&world.network.genesis).receipt(&codec::encode(proof))
}

#[test]
fn a_prescription_becomes_a_dispensed_pack_and_a_settled_payment() {
    let mut world = World::of(4, 1);
    let before = world.budget();

    // The clinic prescribes two items; the wallet shows a QR for the first.
    let items = vec![metformin(60, world.now()), amlodipine(30, world.now())];
    let token = world.issued("of a person", items);
    assert_eq!(
        world.group(token.group).statuses,
        [ItemStatus::Ready, ItemStatus::Ready]
    );
    let qr = world.fresh_qr(&token);

    // The pharmacy holds it: the pack is untouched, no money moves.
    let holding = hold(&world.network, "pharmacy", ItemMask::one(0), &qr);
    world.apply("pharmacy", holding.clone());
    assert_eq!(
        world.group(token.group).statuses,
        [ItemStatus::Held, ItemStatus::Ready]
    );
    assert_eq!(world.budget(), before);
    assert_eq!(world.claim(PHARMACY), None);

    // It dispenses: pack, item, claim and budget in one transaction.
    let code = metformin_pack(1);
    let price = Tiyn(140_000);
    let request = world.dispensing("pharmacy", &token, code, 60, price);
    let receipt = world.apply("pharmacy", request);
    let contracts: Vec<ContractId> = receipt.events.iter().map(|event| event.contract).collect();
    for contract in [TREASURY, PRESCRIPTION] {
        assert!(
            contracts.contains(&contract),
            "one receipt tells what contract {contract} did"
        );
    }
    let told = receipt
        .events
        .iter()
        .find(|event| event.contract == PRESCRIPTION)
        .expect("told");
    match borsh::from_slice(&told.body).expect("the event is one of its schema") {
        PrescriptionEvent::Dispensed { packs, borne, .. } => {
            assert_eq!((packs[0].pack, borne), (code.id(), price));
        }
        other => panic!("not a dispense: {other:?}"),
    }
    assert_eq!(
        world.pack(&code).expect("known").pack.state,
        PackState::Supplied { at: PHARMACY }
    );
    let view = world.group(token.group);
    assert_eq!(view.statuses, [ItemStatus::Dispensed, ItemStatus::Ready]);
    assert_eq!(view.group.dispenses[0].money, Money::Posted);
    let claim = world
        .claim(PHARMACY)
        .expect("the pharmacy is owed something");
    assert_eq!((claim.lines, claim.sum), (1, TiynTotal(price.0.into())));
    let after = world.budget();
    assert_eq!(
        after.available().0,
        before.available().0 - u128::from(price.0)
    );
    assert_eq!(after.pending, TiynTotal(0));

    // Every validator has the same state after every block, and proves the receipt.
    let tip = world.settle();
    let chains: Vec<_> = world.running().map(Node::blocks).collect();
    for chain in &chains {
        assert_eq!(chain.len() as u64, tip.height.0);
        for (one, other) in chain.iter().zip(&chains[0]) {
            assert_eq!(one.block, other.block);
            assert_eq!(one.receipts, other.receipts);
        }
    }
    for node in world.running() {
        assert_eq!(node.state(), world.nodes[0].state());
        let proof = node
            .proof(&receipt.transaction)
            .expect("it has the receipt");
        assert_eq!(judged(&world, &proof), Ok(receipt.clone()));
    }

    // The same QR, the same pack, and a QR copied by another pharmacy are refused.
    let again = world.submit("pharmacy", holding).expect("charged");
    assert_eq!(again.status.code(), Some(Code::QR_REPLAYED));
    let other = world.issued("of another person", vec![metformin(60, world.now())]);
    world.held("pharmacy", &other);
    let request = world.dispensing("pharmacy", &other, code, 60, price);
    let refused = world.submit("pharmacy", request).expect("charged");
    assert_eq!(refused.status.code(), Some(Code::PACK_ALREADY_SUPPLIED));
    assert_eq!(world.budget(), after);
    let third = world.issued("of a third person", vec![metformin(60, world.now())]);
    let qr = world.fresh_qr(&third);
    let mut copied = hold(&world.network, "pharmacy", ItemMask::one(0), &qr);
    // The rival has the statement and both signatures, but not the ephemeral key.
    copied.calls = hold(&world.network, "rival", ItemMask::one(0), &qr).calls;
    let refused = world.submit("rival", copied).expect("charged");
    assert_eq!(refused.status.code(), Some(Code::HOLD_NOT_SIGNED));
    assert!(world.watch.places() > 0);
}

#[test]
fn any_changed_bit_of_the_proof_is_refused() {
    let mut world = World::of(4, 2);
    let receipt = world.apply("fund", people::allot("more", Tiyn(1)));
    let bytes = codec::encode(&world.proof(&receipt.transaction));
    let client = LightClient::from_genesis(&world.network.genesis);
    assert_eq!(client.receipt(&bytes), Ok(receipt));
    for index in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[index] ^= 1 << (index % 8);
        assert!(
            client.receipt(&changed).is_err(),
            "byte {index} of {}",
            bytes.len()
        );
    }
}

#[test]
fn a_pack_in_parts_costs_its_price_and_no_tiyn_more() {
    let mut world = World::of(1, 3);
    let before = world.budget().available();
    let price = Tiyn(METFORMIN_CAP.0 - 1);
    for (number, units) in [7, 13, 40].into_iter().enumerate() {
        let token = world.issued(
            &format!("part {number}"),
            vec![metformin(units, world.now())],
        );
        world.held("pharmacy", &token);
        let request = world.dispensing("pharmacy", &token, metformin_pack(2), units, price);
        world.apply("pharmacy", request);
    }
    assert_eq!(before.0 - world.budget().available().0, u128::from(price.0));
}

#[test]
fn state_bought_stock_moves_the_pack_and_no_money() {
    let mut world = World::of(1, 4);
    world.apply(
        "regulator",
        people::introduce(
            people::METFORMIN,
            "STATE1",
            "2030-01-31",
            OrgId(22),
            &["ST1"],
        ),
    );
    let token = world.issued("at the clinic's pharmacy", vec![metformin(60, world.now())]);
    world.held("clinic-pharmacy", &token);
    let before = world.budget();
    let code = pack(people::METFORMIN, "ST1", "STATE1", "2030-01-31");
    let request = world.dispensing("clinic-pharmacy", &token, code, 60, Tiyn(100_000));
    let receipt = world.apply("clinic-pharmacy", request);
    assert_eq!(receipt.status, Status::Applied);
    assert_eq!(
        world.pack(&code).expect("known").pack.state,
        PackState::Supplied { at: OrgId(22) }
    );
    assert_eq!(world.budget(), before);
    assert_eq!(world.claim(OrgId(22)), None);
}

#[test]
fn one_transaction_dispenses_two_items_or_neither() {
    let mut world = World::of(1, 5);
    let items = vec![metformin(60, world.now()), amlodipine(30, world.now())];
    let token = world.issued("two items", items);
    world.advance(5);
    let both = ItemMask::first(2);
    let qr = token.qr(&world.network, both, world.now(), 60_000);
    let holding = hold(&world.network, "pharmacy", both, &qr);
    world.apply("pharmacy", holding);
    let key = people::hold_key("pharmacy", token.group);
    let first = line(0, metformin_pack(3), 60, Tiyn(100_000));
    let unknown = line(
        1,
        pack(people::AMLODIPINE, "AM9999", "A2604", "2031-02-28"),
        30,
        Tiyn(90_000),
    );
    let request = people::dispense(
        &world.network,
        token.group,
        vec![first.clone(), unknown],
        &key,
    );
    let before = world.budget();
    let refused = world.submit("pharmacy", request).expect("charged");
    assert_eq!(refused.status.code(), Some(Code::PACK_UNKNOWN));
    assert_eq!(
        world.group(token.group).statuses,
        [ItemStatus::Held, ItemStatus::Held]
    );
    assert_eq!(world.budget(), before);
    let known = line(
        1,
        pack(people::AMLODIPINE, "AM0001", "A2604", "2031-02-28"),
        30,
        Tiyn(90_000),
    );
    let request = people::dispense(&world.network, token.group, vec![first, known], &key);
    world.apply("pharmacy", request);
    assert_eq!(
        world.group(token.group).statuses,
        [ItemStatus::Dispensed, ItemStatus::Dispensed]
    );
    assert_eq!(before.available().0 - world.budget().available().0, 190_000);
}
