//! Calls between contracts, witnesses, the due-queue, the stack: what one call can do to others.

mod common;

use common::{ALLOWED, Chain, RECORDER, RELAY, SCHEDULER, SUBJECT, call, module};
use senim_abi::Entry;
use senim_execution::Engine;
use senim_types::{Code, ContractId, Status, codec};

fn engine() -> Engine {
    Engine::new(None).expect("the engine starts")
}

fn chain() -> Chain {
    let mut contracts = vec![
        (RECORDER, module("recorder")),
        (SCHEDULER, module("scheduler")),
    ];
    contracts.extend((RELAY..RELAY + 8).map(|id| (ContractId(id), module("relay"))));
    Chain::with_engine(engine(), &contracts)
}

/// Calls the first relay; the rest of the path follows in the input. The last byte is no address.
fn path(chain: &mut Chain, path: &[u8]) -> Status {
    chain.call(
        ContractId(path[0].into()),
        &[path, &[0][..]].concat()[..path.len()],
    )
}

#[test]
fn a_chain_of_six_contracts_works_and_of_seven_traps() {
    let mut chain = chain();
    assert_eq!(path(&mut chain, &[20, 21, 22, 23, 24, 25]), Status::Applied);
    let too_deep = path(&mut chain, &[20, 21, 22, 23, 24, 25, 26]);
    assert_eq!(
        too_deep,
        Status::Trapped {
            code: Code::CALL_DEPTH
        }
    );
}

#[test]
fn a_contract_on_the_stack_cannot_be_entered_again() {
    let mut chain = chain();
    for around in [&[20, 20][..], &[20, 21, 20], &[20, 21, 22, 23, 22]] {
        assert_eq!(
            path(&mut chain, around),
            Status::Trapped {
                code: Code::REENTRANCY
            },
            "{around:?}"
        );
    }
}

#[test]
fn what_a_callee_refuses_or_traps_ends_the_whole_transaction() {
    let mut chain = chain();
    let recorder = RECORDER.0 as u8;
    assert_eq!(chain.call(ContractId(20), &[0, recorder]), Status::Applied);
    assert_eq!(chain.recorded(0), Some(&vec![recorder]));

    // The recorder writes 0xff before it refuses, two calls deep, after a first call that applied.
    for (last, end) in [
        (
            0xff,
            Status::Refused {
                code: Code::NOT_AUTHORISED,
                detail: vec![],
            },
        ),
        (0xfe, Status::Trapped { code: Code::TRAP }),
    ] {
        let calls = vec![call(RECORDER, &[1]), call(RECORDER, &[last])];
        let receipt = chain.submit(calls);
        assert_eq!(receipt.status, end);
        assert_eq!((receipt.events.len(), receipt.outputs.len()), (0, 0));
        assert_eq!(
            chain.recorded(0),
            Some(&vec![recorder]),
            "nothing of the transaction remains"
        );
    }
}

#[test]
fn calls_of_one_transaction_see_each_other_and_their_events_stand_in_order() {
    let mut chain = chain();
    let receipt = chain.submit(vec![
        call(RECORDER, &[1]),
        call(RECORDER, &[2]),
        call(RECORDER, &[3]),
    ]);
    assert_eq!(receipt.status, Status::Applied);
    assert_eq!(receipt.outputs, vec![Vec::<u8>::new(); 3]);
    let bodies: Vec<_> = receipt.events.iter().map(|event| event.body[0]).collect();
    assert_eq!(bodies, [1, 2, 3]);
    assert!(
        receipt
            .events
            .iter()
            .all(|event| event.contract == RECORDER)
    );
    assert_eq!(chain.recorded(0), Some(&vec![3]));
}

#[test]
fn due_entries_are_served_once_at_their_time_and_in_the_order_of_their_making() {
    let mut chain = chain();
    let (now, input) = (chain.time.0, |mark: u8, at: u64| {
        [&[mark][..], &at.to_le_bytes()].concat()
    });
    let later = now + 4_500;
    for (mark, at) in [(2, later), (3, later), (1, later - 1), (4, later + 60_000)] {
        assert_eq!(chain.call(SCHEDULER, &input(mark, at)), Status::Applied);
    }
    // The fifth block is the first whose time is past that of three entries.
    let execution = chain.block(&[]);
    assert_eq!(
        (execution.receipts.len(), execution.ledger_receipts),
        (3, 3)
    );
    let marks: Vec<_> = chain
        .state
        .0
        .range(SCHEDULER.0.to_be_bytes().to_vec()..)
        .take_while(|(key, _)| key.starts_with(&SCHEDULER.0.to_be_bytes()))
        .map(|(_, value)| value[0])
        .collect();
    assert_eq!(marks, [1, 2, 3]);
    for (receipt, (mark, at)) in
        execution
            .receipts
            .iter()
            .zip([(1, later - 1), (2, later), (3, later)])
    {
        assert_eq!(receipt.status, Status::Applied);
        assert_eq!(
            chain
                .state
                .0
                .values()
                .filter(|value| **value == input(mark, at))
                .count(),
            1
        );
    }
    assert!(chain.block(&[]).receipts.is_empty(), "each is served once");
}

#[test]
fn a_due_entry_that_fails_is_gone_and_leaves_a_receipt() {
    let looping = wat::parse_str(include_str!("../../../tests/hostile/scheduler.wat").replace(
        "(call $put (local.get $input) (local.get $length) (local.get $input) (local.get $length))",
        "(unreachable)",
    ));
    let mut chain = Chain::with_engine(engine(), &[(SCHEDULER, looping.expect("a module"))]);
    assert_eq!(chain.call(SCHEDULER, &[0; 9]), Status::Applied);
    let receipts = chain.block(&[]).receipts;
    assert_eq!(receipts.len(), 1);
    assert_eq!(receipts[0].status, Status::Trapped { code: Code::TRAP });
    assert!(chain.block(&[]).receipts.is_empty());
}

#[test]
fn due_entries_wait_for_fuel() {
    let mut chain = chain();
    for mark in 0..4 {
        assert_eq!(
            chain.call(
                SCHEDULER,
                &[&[mark][..], &(chain.time.0 + 60_000).to_le_bytes()].concat()
            ),
            Status::Applied
        );
    }
    chain.time.0 += 60_000;
    // Room for the worst of one entry at a time, and each uses little: still a limit on the sum.
    chain.parameters.due_fuel_max = chain.parameters.transaction_fuel_max + 100_000;
    let first = chain.block(&[]).receipts.len();
    assert!((1..4).contains(&first), "{first}");
    let mut rest = 0;
    for _ in 0..4 {
        rest += chain.block(&[]).receipts.len();
    }
    assert_eq!(first + rest, 4);
}

#[test]
fn what_a_contract_learns_of_its_call() {
    // Puts the context, the time and the height under one key each.
    let text = r#"(module
      (import "senim1" "context" (func $context (param i32 i32) (result i32)))
      (import "senim1" "now" (func $now (result i64)))
      (import "senim1" "height" (func $height (result i64)))
      (import "senim1" "put" (func $put (param i32 i32 i32 i32)))
      (memory (export "memory") 1)
      (func (export "abi_version") (result i32) (i32.const 1))
      (func (export "alloc") (param i32) (result i32) (i32.const 1024))
      (func (export "call") (param i32 i32 i32) (result i64)
        (call $put (i32.const 0) (i32.const 1) (i32.const 256) (call $context (i32.const 256) (i32.const 512)))
        (i64.store (i32.const 16) (call $now))
        (i64.store (i32.const 24) (call $height))
        (call $put (i32.const 1) (i32.const 1) (i32.const 16) (i32.const 16))
        (i64.const 0x200000005))
      (data (i32.const 0) "\10\11\01\00\00\00\00"))"#;
    let code = wat::parse_str(text).expect("a module");
    let mut chain = Chain::with_engine(
        engine(),
        &[(SUBJECT, code), (ContractId(20), module("relay"))],
    );
    let stored = |chain: &Chain, collection: u8| {
        let key = [&SUBJECT.0.to_be_bytes()[..], &[collection]].concat();
        chain.state.0[&key].clone()
    };
    let context = |chain: &Chain| borsh::from_slice::<senim_abi::CallContext>(&stored(chain, 0x10));

    let receipt = chain.submit(vec![call(SUBJECT, &[0])]);
    let direct = context(&chain).expect("a context");
    assert_eq!(direct.transaction, receipt.transaction);
    assert_eq!(direct.device, Some(chain.device.public()));
    assert_eq!((direct.org, direct.roles), (common::MEMBER, ALLOWED));
    assert_eq!(
        (direct.caller, direct.contract),
        (senim_abi::Caller::Device, SUBJECT)
    );
    let clock = [chain.time.0.to_le_bytes(), chain.height.0.to_le_bytes()].concat();
    assert_eq!(stored(&chain, 0x11), clock);

    assert_eq!(
        chain.call(ContractId(20), &[0, SUBJECT.0 as u8]),
        Status::Applied
    );
    let through = context(&chain).expect("a context");
    assert_eq!(through.caller, senim_abi::Caller::Contract(ContractId(20)));
    assert_eq!(through.device, Some(chain.device.public()));
}

/// Contracts lean on it: what they do at a genesis, a migration and a due time asks nobody who calls.
#[test]
fn a_contract_enters_another_by_execute_or_query_alone() {
    // Answers with the entry that it was entered by.
    let answers = r#"(module
      (memory (export "memory") 1)
      (func (export "abi_version") (result i32) (i32.const 1))
      (func (export "alloc") (param i32) (result i32) (i32.const 1024))
      (func (export "call") (param $entry i32) (param i32 i32) (result i64)
        (i32.store8 (i32.const 5) (local.get $entry))
        (i64.const 6))
      (data (i32.const 0) "\01\01\00\00\00"))"#;
    // Hands on what the host function `call` or `query` brings back from contract 30.
    let hands_on = |function: &str| {
        let text = r#"(module
          (import "senim1" "FUNCTION" (func $ask (param i32 i32 i32) (result i32)))
          (import "senim1" "take" (func $take (param i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "abi_version") (result i32) (i32.const 1))
          (func (export "alloc") (param i32) (result i32) (i32.const 1024))
          (func (export "call") (param i32 i32 i32) (result i64)
            (drop (call $ask (i32.const 30) (i32.const 0) (i32.const 1)))
            (drop (call $take (i32.const 5) (i32.const 1)))
            (i64.const 6))
          (data (i32.const 0) "\01\01\00\00\00"))"#;
        wat::parse_str(text.replace("FUNCTION", function)).expect("a module")
    };
    let callee = wat::parse_str(answers).expect("a module");
    let contracts = [
        (ContractId(30), callee),
        (ContractId(31), hands_on("call")),
        (ContractId(32), hands_on("query")),
    ];
    let mut chain = Chain::with_engine(engine(), &contracts);
    let entries = [
        (30, Entry::Execute),
        (31, Entry::Execute),
        (32, Entry::Query),
    ];
    for (contract, entry) in entries {
        let receipt = chain.submit(vec![call(ContractId(contract), &[0])]);
        assert_eq!(receipt.status, Status::Applied);
        assert_eq!(receipt.outputs, [vec![entry as u8]], "{contract}");
    }
}

#[test]
fn a_witness_is_seen_exactly_as_it_was_signed() {
    use senim_types::Domain;
    use senim_types::crypto::SecretKey;
    // Applies if the transaction carries the statement (key, domain 17, "hold"), traps otherwise.
    let text = |key: &str| {
        format!(
            r#"(module
      (import "senim1" "witnessed" (func $witnessed (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "abi_version") (result i32) (i32.const 1))
      (func (export "alloc") (param i32) (result i32) (i32.const 1024))
      (func (export "call") (param i32 i32 i32) (result i64)
        (drop (i32.div_u (i32.const 1) (call $witnessed (i32.const 64) (i32.const 17) (i32.const 16) (i32.const 4))))
        (i64.const 5))
      (data (i32.const 0) "\01\00\00\00\00")
      (data (i32.const 16) "hold")
      (data (i32.const 64) "{key}"))"#
        )
    };
    let holder = SecretKey::from_seed(&[5; 32]);
    let escaped: String = codec::encode(&holder.public())
        .iter()
        .map(|b| format!("\\{b:02x}"))
        .collect();
    let code = wat::parse_str(text(&escaped)).expect("a module");
    let mut chain = Chain::with_engine(engine(), &[(SUBJECT, code)]);
    let other = SecretKey::from_seed(&[6; 32]);
    let id = chain.chain_id();
    for (witness, seen) in [
        (holder.witness(Domain::Hold, &id, b"hold".to_vec()), true),
        (holder.witness(Domain::Hold, &id, b"hole".to_vec()), false),
        (holder.witness(Domain::Holder, &id, b"hold".to_vec()), false),
        (other.witness(Domain::Hold, &id, b"hold".to_vec()), false),
    ] {
        let body = chain.transaction(vec![call(SUBJECT, &[0])]);
        let transaction = chain.sign_with(&chain.device, body, vec![witness]);
        let status = chain.block(&[transaction]).receipts.remove(0).status;
        let expected = if seen {
            Status::Applied
        } else {
            Status::Trapped { code: Code::TRAP }
        };
        assert_eq!(status, expected);
    }
}

/// Six contracts on the stack, each of which recurses to its limit with the largest frames there are
/// before it calls the next: the budget ends each of them, and the native stack of a thread holds all.
#[test]
fn the_native_stack_is_never_the_limit() {
    // Every local is read from memory before the recursion and used after it, so all are live across.
    let locals = 450;
    let load: String = (0..locals)
        .map(|n| format!("(local.set {} (i64.load (i32.const {})))", n + 1, 8 * n))
        .collect();
    let add: String = (0..locals)
        .map(|n| {
            format!(
                "(global.set $sum (i64.add (global.get $sum) (local.get {})))",
                n + 1
            )
        })
        .collect();
    let text = |next: u32, turns: u32| {
        format!(
            r#"(module
      (import "senim1" "call" (func $host (param i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (global $sum (mut i64) (i64.const 0))
      (func (export "abi_version") (result i32) (i32.const 1))
      (func (export "alloc") (param i32) (result i32) (i32.const 8192))
      (func $down (param i32) (local {})
        {load}
        (if (local.get 0)
          (then (call $down (i32.sub (local.get 0) (i32.const 1))))
          (else (if (i32.const {next}) (then
            (drop (call $host (i32.const {next}) (i32.const 0) (i32.const 1)))))))
        {add})
      (func (export "call") (param i32 i32 i32) (result i64)
        (call $down (i32.const {turns}))
        (i64.const 0x100000005))
      (data (i32.const 1) "\01\00\00\00\00"))"#,
            "i64 ".repeat(locals)
        )
    };
    let chain_of = |turns: u32| {
        let contracts: Vec<_> = (0..6u32)
            .map(|n| {
                let next = if n < 5 { 51 + n } else { 0 };
                (
                    ContractId(50 + n),
                    wat::parse_str(text(next, turns)).expect("a module"),
                )
            })
            .collect();
        Chain::with_engine(engine(), &contracts)
    };
    // The most turns that the last contract has the budget for; the others need a frame more, to call.
    let alone = |turns| chain_of(turns).call(ContractId(55), &[0]);
    let most = (7..64).find(|turns| alone(*turns + 1) != Status::Applied);
    let most = most.expect("the budget ends");
    assert_eq!(
        chain_of(most - 1).call(ContractId(50), &[0]),
        Status::Applied
    );
    let beyond = chain_of(most).call(ContractId(50), &[0]);
    assert_eq!(
        beyond,
        Status::Trapped {
            code: Code::STACK_LIMIT
        }
    );
}
