//! Code, contracts and upgrades: what contract 0 does.

mod common;

use common::{ALLOWED, Chain, MEMBER, RECORDER, SUBJECT, call, module};
use senim_abi::Roles;
use senim_abi::ledger::{self, ContractKind};
use senim_abi::registry::Standing;
use senim_execution::Engine;
use senim_types::{Code, ContractId, Hash, Height, Status, codec};

fn engine() -> Engine {
    Engine::new(None).expect("the engine starts")
}

fn deploy(chain: &mut Chain, code: &[u8]) -> Hash {
    let input = codec::encode(&ledger::Execute::Deploy {
        code: code.to_vec(),
    });
    let receipt = chain.submit(vec![call(ContractId::LEDGER, &input)]);
    assert_eq!(receipt.status, Status::Applied);
    assert_eq!(receipt.outputs, [Hash::of(code).as_bytes().to_vec()]);
    Hash::of(code)
}

fn upgrade(chain: &mut Chain, contract: ContractId, code: Hash, activation: Height) -> Status {
    let input = codec::encode(&ledger::Execute::Upgrade {
        contract,
        code,
        activation,
    });
    chain.call(ContractId::LEDGER, &input)
}

#[test]
fn an_upgrade_acts_from_its_height_and_migrates_once() {
    let mut chain = Chain::with_engine(engine(), &[(RECORDER, module("relay"))]);
    let code = deploy(&mut chain, &module("recorder"));
    let activation = Height(chain.height.0 + 3);
    assert_eq!(
        upgrade(&mut chain, RECORDER, code, activation),
        Status::Applied
    );
    assert_eq!(chain.call(RECORDER, &[9]), Status::Applied);
    assert_eq!(chain.recorded(0), None, "the old code still runs");
    assert_eq!(chain.height.next(), activation);

    let execution = chain.block(&[]);
    assert_eq!(
        (execution.receipts.len(), execution.ledger_receipts),
        (1, 1)
    );
    assert_eq!(execution.receipts[0].status, Status::Applied);
    assert_eq!(
        chain.recorded(3),
        Some(&0u32.to_le_bytes().to_vec()),
        "entered with the old version"
    );
    assert_eq!(chain.call(RECORDER, &[9]), Status::Applied);
    assert_eq!(chain.recorded(0), Some(&vec![9]), "the new code runs");
    assert!(chain.block(&[]).receipts.is_empty(), "once");
}

#[test]
fn an_upgrade_whose_migration_loops_is_dropped_and_the_old_code_goes_on() {
    let mut chain = Chain::with_engine(engine(), &[(RECORDER, module("recorder"))]);
    let code = deploy(&mut chain, &module("migrate_loops"));
    let activation = Height(chain.height.0 + 2);
    assert_eq!(
        upgrade(&mut chain, RECORDER, code, activation),
        Status::Applied
    );
    let receipts = chain.block(&[]).receipts;
    assert_eq!(receipts.len(), 1);
    assert_eq!(
        receipts[0].status,
        Status::Trapped {
            code: Code::OUT_OF_FUEL
        }
    );
    assert_eq!(chain.call(RECORDER, &[9]), Status::Applied);
    assert_eq!(chain.recorded(0), Some(&vec![9]));
    let again = Height(chain.height.0 + 5);
    assert_eq!(
        upgrade(&mut chain, RECORDER, code, again),
        Status::Applied,
        "it can be tried again"
    );
}

#[test]
fn an_upgrade_needs_a_contract_code_and_a_height_to_come() {
    let mut chain = Chain::with_engine(engine(), &[(RECORDER, module("recorder"))]);
    let code = deploy(&mut chain, &module("relay"));
    let (later, refused) = (Height(100), |code| Status::Refused {
        code,
        detail: vec![],
    });
    let now = Height(chain.height.0 + 1);
    assert_eq!(
        upgrade(&mut chain, SUBJECT, code, later),
        refused(Code::CONTRACT_UNKNOWN)
    );
    assert_eq!(
        upgrade(&mut chain, RECORDER, Hash::ZERO, later),
        refused(Code::CODE_UNKNOWN)
    );
    let past = upgrade(&mut chain, RECORDER, code, now);
    assert_eq!(past, refused(Code::ACTIVATION_HEIGHT));
    assert_eq!(upgrade(&mut chain, RECORDER, code, later), Status::Applied);
    assert_eq!(
        upgrade(&mut chain, RECORDER, code, later),
        refused(Code::ACTIVATION_HEIGHT)
    );
}

fn create(
    chain: &mut Chain,
    contract: ContractId,
    kind: ContractKind,
    code: Hash,
    input: &[u8],
) -> Status {
    let (name, input) = ("new".into(), input.to_vec());
    let message = ledger::Execute::Create {
        contract,
        name,
        kind,
        code,
        input,
    };
    chain.call(ContractId::LEDGER, &codec::encode(&message))
}

/// A number of a policy.
const RULES: ContractId = ContractId(1_040);

#[test]
fn a_policy_is_made_of_deployed_code_and_never_changes() {
    let mut chain = Chain::with_engine(engine(), &[]);
    let code = deploy(&mut chain, &module("recorder"));
    let refused = |code| Status::Refused {
        code,
        detail: vec![],
    };
    let (policy, engine) = (ContractKind::Policy, ContractKind::Engine);
    for (contract, kind, code, input, expected) in [
        (RULES, policy, Hash::ZERO, 1, refused(Code::CODE_UNKNOWN)),
        (RULES, policy, code, 0xff, refused(Code::NOT_AUTHORISED)),
        // The number says for good which kind it is.
        (RULES, engine, code, 5, refused(Code::OUT_OF_RANGE)),
        (RECORDER, policy, code, 5, refused(Code::OUT_OF_RANGE)),
        (RULES, policy, code, 5, Status::Applied),
        (RULES, policy, code, 5, refused(Code::CONTRACT_EXISTS)),
        (RECORDER, engine, code, 5, Status::Applied),
    ] {
        let status = create(&mut chain, contract, kind, code, &[input]);
        assert_eq!(status, expected, "{contract} {kind:?} {input}");
    }
    assert_eq!(chain.recorded(2), Some(&vec![5]), "its genesis was entered");
    assert_eq!(
        upgrade(&mut chain, RULES, code, Height(99)),
        refused(Code::NOT_AUTHORISED)
    );
    chain.set_right(RULES, 0, ALLOWED);
    assert_eq!(chain.call(RULES, &[0]), Status::Applied);
}

#[test]
fn a_payer_makes_policies_and_no_engine_contract() {
    let mut chain = Chain::with_engine(engine(), &[]);
    let code = deploy(&mut chain, &module("recorder"));
    chain.set_right(ContractId::LEDGER, ledger::methods::CREATE, Roles::FUND);
    chain.set_organisation(MEMBER, Roles::FUND, Standing::Active);
    let refused = Status::Refused {
        code: Code::NOT_AUTHORISED,
        detail: vec![],
    };
    let engine = create(&mut chain, RECORDER, ContractKind::Engine, code, &[5]);
    assert_eq!(engine, refused);
    let policy = create(&mut chain, RULES, ContractKind::Policy, code, &[5]);
    assert_eq!(policy, Status::Applied);
}
