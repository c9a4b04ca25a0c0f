//! Native and WebAssembly runs of the contracts are the same run: equal outputs, refusals, writes,
//! events and due entries, step by step, with the committed artefacts.
//!
//! The worlds and gestures are those of the contracts' own tests; here each run is made natively and
//! then again through the execution engine.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../contracts/card/tests/common/mod.rs"]
mod card;
#[path = "../../contracts/marking/tests/common/mod.rs"]
mod marking;
#[path = "../../contracts/prescription/tests/common/mod.rs"]
mod prescription;
#[path = "../../contracts/registry/tests/common/mod.rs"]
mod registry;
#[path = "conformance/replay.rs"]
mod replay;
#[path = "../../contracts/settlement/tests/common/mod.rs"]
mod settlement;
#[path = "../../contracts/treasury/tests/common/mod.rs"]
mod treasury;
#[path = "../../contracts/voucher/tests/common/mod.rs"]
mod voucher;

use proptest::prelude::*;
use replay::{Wasm, artefacts};
use senim_abi::ids::genesis_contracts;
use senim_types::Hash;
use std::sync::OnceLock;

/// Compiled once for all tests of a process.
fn wasm() -> &'static Wasm {
    static WASM: OnceLock<Wasm> = OnceLock::new();
    WASM.get_or_init(Wasm::load)
}

#[test]
fn the_manifest_pins_every_artefact() {
    let manifest = std::fs::read_to_string(artefacts().join("manifest.toml")).unwrap();
    for (id, name) in genesis_contracts() {
        let code = std::fs::read(artefacts().join(format!("{name}.wasm"))).unwrap();
        for line in [
            format!("name = \"{name}\""),
            format!("id = {id}"),
            format!("blake3 = \"{}\"", Hash::of(&code)),
            format!("size_bytes = {}", code.len()),
        ] {
            assert!(manifest.contains(&line), "the manifest has `{line}`");
        }
    }
}

mod redemptions {
    use super::*;
    use crate::prescription::steps::*;
    use crate::prescription::*;
    use senim_abi::marking::BatchMark;
    use senim_abi::prescription::ItemMask;
    use senim_types::OrgId;

    #[test]
    fn the_life_of_a_prescription_is_the_same_in_wasm() {
        let mut world = World::new();
        let group = world.issue(vec![world.item(), world.amoxicillin_item()]);
        world.held(APTEKA, group);
        assert!(world.hold(OTHER_APTEKA, group, FIRST).is_err());
        assert_eq!(world.dispense_units(APTEKA, group, 0, 8), Ok(()));
        world.held(APTEKA, group);
        assert_eq!(world.dispense_units(APTEKA, group, 0, 12), Ok(()));
        assert_eq!(world.hold(OTHER_APTEKA, group, ItemMask::one(1)), Ok(()));
        assert!(world.reject(APTEKA, group, ItemMask::one(1)).is_err());
        assert_eq!(world.reject(OTHER_APTEKA, group, ItemMask::one(1)), Ok(()));
        assert_eq!(world.cancel_by_holder(group, ItemMask::one(1)), Ok(()));
        assert_eq!(world.reverse(APTEKA, group, 1, ItemMask::one(0)), Ok(()));
        assert!(world.dispense_units(APTEKA, group, 0, 12).is_err());

        let second = world.issue(vec![world.item()]);
        world.dispensed(CLINIC_APTEKA, second, 0);
        let third = world.issue(vec![world.item()]);
        world.mark(BatchMark::Recalled);
        world.held(APTEKA, third);
        assert!(world.dispense_units(APTEKA, third, 1, 20).is_err());
        world.withdraw_all();
        assert_eq!(world.cancel_by_clinic(third, FIRST), Ok(()));
        wasm().replay(&world.env);
    }

    #[test]
    fn a_pack_on_its_way_is_paid_when_its_movement_is_reported_in_wasm_too() {
        let mut world = World::new();
        world.introduce_unshipped();
        let group = world.issue(vec![world.item()]);
        world.held(APTEKA, group);
        let lines = vec![line(0, pack(MAKER, 0), 20, 1_000)];
        assert_eq!(world.dispense(APTEKA, group, lines), Ok(()));
        world.report_movement(0..1, APTEKA);
        let _ = world.settle(group, 0);
        let waiting = world.issue(vec![world.item()]);
        world.held(APTEKA, waiting);
        let lines = vec![line(0, pack(MAKER, 1), 20, 1_000)];
        assert_eq!(world.dispense(APTEKA, waiting, lines), Ok(()));
        world.env.advance(8 * DAY_MS);
        world.env.serve_due();
        world.env.advance(90 * DAY_MS);
        world.env.serve_due();
        wasm().replay(&world.env);
    }

    #[test]
    fn a_redemption_costs_a_small_part_of_what_a_transaction_may() {
        let mut world = World::new();
        let group = world.issue(vec![world.item()]);
        world.dispensed(APTEKA, group, 0);
        let fuel = wasm().replay(&world.env);
        let most = fuel[5..].iter().max().copied().unwrap();
        assert!(
            most < 5_000_000,
            "issue, hold and dispense: {:?}",
            &fuel[5..]
        );
    }

    /// What two pharmacies, a clinic and a person try at random; most of it is refused.
    #[derive(Clone, Copy, Debug)]
    enum Gesture {
        Advance(u64),
        Issue,
        Hold(OrgId, u16),
        Dispense(OrgId, usize, u32),
        Reject(OrgId, u16),
        Cancel(u16, bool),
        Reverse(OrgId, u8, bool),
        Ask,
    }

    fn gesture() -> impl Strategy<Value = Gesture> {
        use Gesture::*;
        let org = || proptest::sample::select(vec![APTEKA, OTHER_APTEKA, CLINIC_APTEKA, STRANGER]);
        let wait = [1, MINUTE_MS, 31 * MINUTE_MS, DAY_MS, 31 * DAY_MS];
        prop_oneof![
            1 => proptest::sample::select(wait.to_vec()).prop_map(Advance),
            1 => Just(Issue),
            5 => (org(), 1..4u16).prop_map(|(org, items)| Hold(org, items)),
            6 => (org(), 0..3usize, 1..21u32).prop_map(|(org, pack, units)| Dispense(org, pack, units)),
            1 => (org(), 1..4u16).prop_map(|(org, items)| Reject(org, items)),
            1 => (1..4u16, any::<bool>()).prop_map(|(items, by_holder)| Cancel(items, by_holder)),
            2 => (org(), 0..3u8, any::<bool>()).prop_map(|(org, n, left)| Reverse(org, n, left)),
            1 => Just(Ask),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn random_redemptions_are_the_same_in_wasm(gestures in proptest::collection::vec(gesture(), 1..24)) {
            let mut world = World::new();
            let mut group = world.issue(vec![world.item(), world.amoxicillin_item()]);
            for gesture in gestures {
                match gesture {
                    Gesture::Advance(duration_ms) => {
                        world.env.advance(duration_ms);
                        world.env.serve_due();
                    }
                    Gesture::Issue => group = world.issue(vec![world.item(), world.amoxicillin_item()]),
                    Gesture::Hold(org, items) => _ = world.hold(org, group, ItemMask(items)),
                    Gesture::Dispense(org, number, units) => _ = world.dispense_units(org, group, number, units),
                    Gesture::Reject(org, items) => _ = world.reject(org, group, ItemMask(items)),
                    Gesture::Cancel(items, true) => _ = world.cancel_by_holder(group, ItemMask(items)),
                    Gesture::Cancel(items, false) => _ = world.cancel_by_clinic(group, ItemMask(items)),
                    Gesture::Reverse(org, dispense, left) => _ = world.reverse(org, group, dispense, ItemMask(left.into())),
                    Gesture::Ask => {
                        world.view(group);
                        world.pack_state(pack(APTEKA, 0));
                        world.owed(APTEKA);
                    }
                }
            }
            wasm().replay(&world.env);
        }
    }
}

mod members {
    use super::*;
    use crate::registry::*;
    use senim_abi::registry::{Execute, Query, Standing};
    use senim_abi::{PRESCRIPTION, Roles};
    use senim_sdk::testing::key_of;
    use senim_types::OrgId;

    #[test]
    fn members_devices_rights_and_validators_are_the_same_in_wasm() {
        let mut env = members();
        let standing = |device, standing| Execute::SetDeviceStanding {
            device: key_of(device),
            standing,
        };
        let right = |method, roles_any| Execute::SetRight {
            contract: PRESCRIPTION,
            method,
            roles_any,
        };
        let pharmacy = |standing| Execute::SetOrganisationStanding {
            org: PHARMACY,
            standing,
        };
        let power = |validator, power| Execute::SetValidatorPower {
            validator: key_of(validator),
            power,
        };
        let steps = [
            (operator(), register(OrgId(30), "Clinic 3", Roles::CLINIC)),
            (operator(), register(OrgId(30), "Clinic 4", Roles::CLINIC)),
            (terminal(), register(OrgId(31), "Clinic 5", Roles::CLINIC)),
            (administrator(), enrol(PHARMACY, 9, false)),
            (administrator(), enrol(OrgId(30), 10, false)),
            (terminal(), enrol(PHARMACY, 11, false)),
            (operator(), standing(9, Standing::Suspended)),
            (administrator(), standing(9, Standing::Active)),
            (operator(), standing(9, Standing::Revoked)),
            (operator(), standing(9, Standing::Active)),
            (operator(), right(1, Roles::PHARMACY)),
            (terminal(), right(1, Roles::NONE)),
            (operator(), right(1, Roles::NONE)),
            (operator(), pharmacy(Standing::Suspended)),
            (second_operator(), pharmacy(Standing::Active)),
            (operator(), add_validator(51, 7)),
            (second_operator(), add_validator(52, u64::MAX)),
            (operator(), power(51, 8)),
            (operator(), power(VALIDATOR, 0)),
        ];
        let refused = steps
            .iter()
            .filter(|(actor, message)| by(&mut env, *actor, message).code().is_some())
            .count();
        assert!(
            (3..steps.len()).contains(&refused),
            "{refused} of them are refused"
        );
        validators(&mut env);
        organisation(&mut env, PHARMACY);
        device(&mut env, &key_of(9));
        let _: senim_abi::registry::msg::OrganisationAnswer =
            ask(&mut env, &Query::Organisation { org: STRANGER });
        wasm().replay(&env);
    }
}

mod lengths_that_lie {
    use super::*;
    use senim_abi::{MARKING, REGISTRY};
    use senim_types::Code;

    /// A text or a list of this many bytes or entries, and then nothing.
    const LENGTHS: [[u8; 4]; 3] = [[0xff; 4], [0, 0, 0x10, 0], [1, 0, 0, 0]];

    #[test]
    fn are_bad_input_in_wasm_too() {
        let mut env = crate::registry::members();
        for length in LENGTHS {
            // RegisterOrganisation: number, name.
            let message = [&[0, 30, 0, 0, 0], length.as_slice()].concat();
            let operator = crate::registry::operator();
            let outcome = env.submit(&operator, &[(REGISTRY, message)], &[]);
            assert_eq!(outcome.code(), Some(Code::BAD_INPUT));
        }
        wasm().replay(&env);

        let mut world = crate::marking::World::new();
        let gtin = crate::marking::gtin().number().to_le_bytes();
        for length in LENGTHS {
            // SetProduct: GTIN, name; Emit: GTIN, serials.
            for method in [1, 3] {
                let message = [&[method], gtin.as_slice(), &length].concat();
                let regulator = crate::marking::regulator();
                let outcome = world.env.submit(&regulator, &[(MARKING, message)], &[]);
                assert_eq!(outcome.code(), Some(Code::BAD_INPUT));
            }
        }
        wasm().replay(&world.env);
    }
}

mod money {
    use super::*;
    use crate::treasury::*;
    use senim_abi::treasury::Execute;

    fn message() -> impl Strategy<Value = (bool, Execute)> {
        let amount = || proptest::sample::select(vec![0, 1, 400, 1_000, 20_000, u64::MAX]);
        let number = || 0..6u64;
        let expiry = senim_types::TimeMs(1_800_000_000_000 + DAY_MS);
        prop_oneof![
            (number(), amount()).prop_map(|(n, amount)| (true, allot(n + 100, amount))),
            (number(), amount()).prop_map(|(n, amount)| (true, withdraw(n + 200, amount))),
            (number(), amount()).prop_map(|(n, amount)| (true, settle(n + 300, JANUARY, amount))),
            (number(), amount()).prop_map(|(n, amount)| (false, pay(n, amount))),
            (number(), amount()).prop_map(move |(n, amount)| (false, reserve(n, amount, expiry))),
            (number(), amount()).prop_map(|(n, amount)| (false, post(n, amount))),
            number().prop_map(|n| (false, void(n))),
            number().prop_map(|n| (false, reverse(n))),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn random_transfers_are_the_same_in_wasm(messages in proptest::collection::vec(message(), 1..32)) {
            let mut env = with_budget(10_000);
            for (index, (by_payer, message)) in messages.iter().enumerate() {
                match by_payer {
                    true => by_fund(&mut env, message),
                    false => by_named(&mut env, message),
                };
                if index == 20 {
                    env.advance(2 * DAY_MS);
                    env.serve_due();
                }
            }
            wasm().replay(&env);
        }
    }
}

#[path = "conformance/meals.rs"]
mod meals;

mod acts {
    use super::*;
    use crate::settlement::*;
    use senim_abi::settlement::{Execute, SettlementKind};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn random_lives_of_acts_are_the_same_in_wasm(kind in 0..4usize, steps in proptest::collection::vec((0..11u8, 0..8usize, 1..30_000u64), 1..40)) {
            let kinds = [
                SettlementKind::TengeAtRedemption,
                SettlementKind::TengeAtAcceptance,
                SettlementKind::BankFile,
                SettlementKind::BankFile,
            ];
            let mut world = World::of(kinds[kind]);
            let mut posted = 0;
            for (what, number, amount) in steps {
                let acts = world.acts();
                let act = acts.get(number % acts.len().max(1)).map(|act| act.body.act);
                match (what, act) {
                    (0, _) => {
                        world.reverse(1 + number as u64 % (posted + 1));
                    }
                    (1 | 2, _) => {
                        world.env.advance(amount * 100_000);
                        world.env.serve_due();
                    }
                    (3, Some(act)) => {
                        let hash = world.act(act).body.hash();
                        world.by(caterer(), &Execute::Sign { act, hash });
                    }
                    (4, Some(act)) => {
                        let message = world.accept(act);
                        world.by(city(), &message);
                    }
                    (5, Some(act)) => {
                        let message = world.dispute(act, &[1]);
                        world.by(city(), &message);
                    }
                    (6, Some(act)) => _ = world.by(caterer(), &correct(act, &[(amount, amount)])),
                    (7, Some(act)) => _ = world.by(city(), &order(act, 1 + number as u8 % 3, amount)),
                    (8, Some(act)) => {
                        let payable = world.act(act).body.payable.0;
                        world.by(city(), &confirm(act, 1, payable));
                    }
                    (9, Some(act)) => _ = world.by(city(), &fail(act, 1)),
                    (10, Some(act)) => {
                        let payable = world.act(act).body.payable.0;
                        world.by(city(), &give_back(act, 1, payable));
                    }
                    _ => {
                        posted += 1;
                        world.post(posted, amount);
                    }
                }
            }
            world.purse();
            wasm().replay(&world.env);
        }
    }
}

mod cards {
    use super::*;
    use crate::card::*;
    use senim_abi::card::Execute;
    use senim_sdk::testing::key_of;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn random_lives_of_cards_are_the_same_in_wasm(steps in proptest::collection::vec((0..6u8, 0..6u8, 0..500u64), 1..24)) {
            let mut world = World::with_key();
            for (what, number, days) in steps {
                let (key, keys) = (key_of(number), vec![key_of(number), key_of(number / 2)]);
                match what {
                    0 => _ = world.by(centre(), &world.register(keys)),
                    1 => _ = world.by(centre(), &Execute::Block { keys }),
                    2 => {
                        let at = senim_types::TimeMs(world.env.time().0 + days * DAY_MS);
                        _ = world.by(centre(), &Execute::End { keys, at });
                    }
                    3 => _ = world.check(key),
                    4 => _ = world.by(centre(), &Execute::Bind { key, group: GROUP, programme: PROGRAMME }),
                    _ => {
                        world.env.advance(days * DAY_MS);
                        world.env.serve_due();
                        world.key(key);
                    }
                }
            }
            wasm().replay(&world.env);
        }
    }

    #[test]
    fn a_prescription_with_a_card_is_the_same_in_wasm() {
        use crate::prescription::steps::*;
        use crate::prescription::*;
        use senim_abi::card as cards;
        use senim_abi::prescription::Execute;

        let mut world = World::new();
        let group = world.issue(vec![world.item()]);
        let new = senim_sdk::testing::key_of(79);
        world.register(new, CATEGORY);
        let hold = world.hold_by_card(group, |_| ());
        assert_eq!(world.try_hold(&hold), Ok(()));
        let look = Execute::Look {
            group,
            items: FIRST,
            reason: senim_abi::prescription::LookReason::PersonAsks,
        };
        world.ok(&apteka(APTEKA), &look, &[]);
        assert_eq!(world.reject(APTEKA, group, FIRST), Ok(()));
        let refused = world.call(&apteka(APTEKA), &look, &[]);
        assert_eq!(refused.code(), Some(senim_types::Code::LOOK_REFUSED));
        world.by_centre(&cards::Execute::Block { keys: vec![card()] });
        world.env.advance(1);
        let lost = world.hold_by_card(group, |_| ());
        assert!(world.try_hold(&lost).is_err());
        world.ok(
            &service_centre(),
            &Execute::ReplaceCard { group, card: new },
            &[],
        );
        assert!(world.try_hold(&lost).is_err());
        wasm().replay(&world.env);
    }
}

mod packs {
    use super::*;
    use crate::marking::*;
    use senim_abi::marking::BatchMark;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn random_supplies_are_the_same_in_wasm(steps in proptest::collection::vec((0..4u8, 0..4usize, 1..25u32), 1..24)) {
            let mut world = World::stocked();
            for (what, number, units) in steps {
                match what {
                    0 | 1 => _ = world.supply(number, units),
                    2 if units == 24 => world.mark(BatchMark::Recalled),
                    _ => {
                        world.ask(&senim_abi::marking::msg::Query::Pack { pack: id(number) }).unwrap();
                    }
                }
            }
            wasm().replay(&world.env);
        }
    }
}
