//! What may be in a block, what is charged, and what a proposer does with the rest.

mod common;

use common::{Chain, MEMBER, RECORDER, call, module};
use senim_abi::Roles;
use senim_abi::ledger::{SequenceWindow, keys};
use senim_abi::registry::Standing;
use senim_execution::{Engine, ExecuteError, Mode};
use senim_types::crypto::SecretKey;
use senim_types::{Code, ContractId, Hash, StateView, Status, TimeMs, ViewError, codec, limits};

/// A change of a sound transaction.
type Change<'a> = &'a dyn Fn(&mut senim_types::Transaction);

fn chain() -> Chain {
    Chain::new(&[(RECORDER, module("recorder"))])
}

/// The code with which a proposer leaves the transaction out, after checking that a block with it is
/// invalid for the same reason.
fn left_out(chain: &Chain, transaction: &senim_types::crypto::VerifiedTransaction) -> Option<Code> {
    let transactions = [transaction.clone()];
    let proposal = chain
        .execute(&transactions, Mode::Propose)
        .expect("no fault");
    let validation = chain.execute(&transactions, Mode::Validate);
    let Some((0, code)) = proposal.dropped.first().copied() else {
        assert!(validation.is_ok());
        return None;
    };
    assert!(
        proposal.receipts.is_empty()
            && proposal.changes.0.is_empty()
            && proposal.included.is_empty()
    );
    let transaction = Some((0, code));
    let expected = ExecuteError::InvalidBlock {
        code: Code::BLOCK_TRANSACTION,
        transaction,
    };
    assert_eq!(validation.expect_err("invalid"), expected);
    Some(code)
}

#[test]
fn a_transaction_that_is_not_admissible_is_never_in_a_block() {
    let mut chain = chain();
    let time = chain.env().time;
    let sound = chain.transaction(vec![call(RECORDER, &[0])]);
    let sign = |chain: &Chain, change: Change<'_>| {
        let mut body = sound.clone();
        change(&mut body);
        chain.sign(body)
    };
    let cases: [(Change<'_>, Option<Code>); 8] = [
        (&|_| {}, None),
        (
            &|body| body.chain = senim_types::ChainId(Hash::ZERO),
            Some(Code::WRONG_CHAIN),
        ),
        (&|body| body.version = 2, Some(Code::WRONG_VERSION)),
        (&|body| body.valid_until = time, None),
        (
            &|body| body.valid_until = TimeMs(time.0 - 1),
            Some(Code::TRANSACTION_EXPIRED),
        ),
        (
            &|body| body.valid_until = TimeMs(time.0 + limits::VALID_UNTIL_AHEAD_MS_MAX),
            None,
        ),
        (
            &|body| body.valid_until = TimeMs(time.0 + limits::VALID_UNTIL_AHEAD_MS_MAX + 1),
            Some(Code::VALID_UNTIL_TOO_FAR),
        ),
        (
            &|body| body.sequence = limits::SEQUENCE_WINDOW,
            Some(Code::SEQUENCE_TOO_FAR),
        ),
    ];
    for (index, (change, code)) in cases.into_iter().enumerate() {
        assert_eq!(
            left_out(&chain, &sign(&chain, change)),
            code,
            "case {index}"
        );
    }

    let stranger = SecretKey::from_seed(&[77; 32]);
    let mut body = sound.clone();
    body.device = stranger.public();
    let unknown = chain.sign_with(&stranger, body, Vec::new());
    assert_eq!(left_out(&chain, &unknown), Some(Code::DEVICE_UNKNOWN));
    let device = chain.device.clone();
    for standing in [Standing::Suspended, Standing::Revoked] {
        chain.set_device(&device, standing);
        assert_eq!(
            left_out(&chain, &chain.sign(sound.clone())),
            Some(Code::DEVICE_SUSPENDED)
        );
        chain.set_device(&device, Standing::Active);
        chain.set_organisation(MEMBER, common::ALLOWED, standing);
        assert_eq!(
            left_out(&chain, &chain.sign(sound.clone())),
            Some(Code::ORGANISATION_SUSPENDED)
        );
        chain.set_organisation(MEMBER, common::ALLOWED, Standing::Active);
    }
    assert_eq!(left_out(&chain, &chain.sign(sound)), None);
}

#[test]
fn a_sequence_number_is_used_once_in_any_order() {
    let mut chain = chain();
    let transaction = |chain: &mut Chain, sequence| {
        let mut body = chain.transaction(vec![call(RECORDER, &[0])]);
        body.sequence = sequence;
        chain.sign(body)
    };
    for sequence in [3, 0, 255, 1] {
        let transaction = transaction(&mut chain, sequence);
        assert_eq!(
            chain.block(&[transaction]).receipts[0].status,
            Status::Applied
        );
    }
    for (sequence, code) in [
        (0, Some(Code::SEQUENCE_TOO_OLD)),
        (2, None),
        (3, Some(Code::SEQUENCE_USED)),
        (255, Some(Code::SEQUENCE_USED)),
        (257, None),
        (258, Some(Code::SEQUENCE_TOO_FAR)),
        (u64::MAX, Some(Code::SEQUENCE_TOO_FAR)),
    ] {
        let transaction = transaction(&mut chain, sequence);
        assert_eq!(left_out(&chain, &transaction), code, "{sequence}");
    }
    // Within one block, too.
    let twice = [transaction(&mut chain, 4), transaction(&mut chain, 4)];
    let proposal = chain.execute(&twice, Mode::Propose).expect("no fault");
    assert_eq!(
        (proposal.included, proposal.dropped),
        (vec![0], vec![(1, Code::SEQUENCE_USED)])
    );
}

#[test]
fn the_window_slides_over_what_is_used() {
    let mut chain = chain();
    let order: Vec<u64> = (0..600).map(|n| n ^ 1).collect();
    for block in order.chunks(100) {
        let transactions: Vec<_> = block
            .iter()
            .map(|sequence| {
                let mut body = chain.transaction(vec![call(RECORDER, &[0])]);
                body.sequence = *sequence;
                chain.sign(body)
            })
            .collect();
        chain.block(&transactions);
    }
    let window = &chain.state.0[&keys::sequence(&chain.device.public())];
    let SequenceWindow::V1(window) = borsh::from_slice(window).expect("a window");
    assert_eq!((window.base, window.used), (600, [0; 4]));
}

#[test]
fn who_may_not_call_a_method_is_charged_and_told_so() {
    let mut chain = chain();
    chain.set_right(RECORDER, 5, Roles::FUND);
    let denied = Status::Refused {
        code: Code::ROLE_NOT_ALLOWED,
        detail: vec![],
    };
    assert_eq!(chain.call(RECORDER, &[5]), denied);
    assert_eq!(
        chain.call(ContractId(77), &[0]),
        denied,
        "there is no right to what is not there"
    );
    // The right to one of two calls is not enough, and nothing of the first remains.
    let receipt = chain.submit(vec![call(RECORDER, &[1]), call(RECORDER, &[5])]);
    assert_eq!((receipt.status, chain.recorded(0)), (denied, None));
    assert!(receipt.fuel > 0);
    let SequenceWindow::V1(window) =
        borsh::from_slice(&chain.state.0[&keys::sequence(&chain.device.public())])
            .expect("a window");
    assert_eq!(window.base, 3, "each used its number");
}

#[test]
fn a_block_has_limits_of_bytes_fuel_and_nothing_else_changes_what_is_in_it() {
    let mut chain = chain();
    let transactions: Vec<_> = (0..10)
        .map(|_| {
            let body = chain.transaction(vec![call(RECORDER, &[0; 100])]);
            chain.sign(body)
        })
        .collect();
    let length = transactions[0].length();
    chain.parameters.block_bytes_max = (limits::HEADER_BYTES_MAX + 3 * length) as u32;
    let proposal = chain
        .execute(&transactions, Mode::Propose)
        .expect("no fault");
    assert_eq!(proposal.included, [0, 1, 2]);
    assert!(
        proposal
            .dropped
            .iter()
            .all(|(_, code)| *code == Code::BLOCK_FULL)
    );
    let too_many = chain
        .execute(&transactions[..4], Mode::Validate)
        .expect_err("too many bytes");
    let limits = ExecuteError::InvalidBlock {
        code: Code::BLOCK_LIMITS,
        transaction: None,
    };
    assert_eq!(too_many, limits);

    chain.parameters.block_bytes_max = 1 << 20;
    let each = proposal.fuel_used / 3;
    chain.parameters.transaction_fuel_max = 2 * each;
    chain.parameters.block_fuel_max = 4 * each;
    let proposal = chain
        .execute(&transactions, Mode::Propose)
        .expect("no fault");
    assert_eq!(
        proposal.included,
        [0, 1, 2],
        "the third still left room for the worst"
    );
    let validation = chain
        .execute(&transactions[..3], Mode::Validate)
        .expect("a valid block");
    assert_eq!(validation.changes, proposal.changes);
    assert_eq!(validation.receipts, proposal.receipts);
    assert_eq!(
        chain
            .execute(&transactions[..5], Mode::Validate)
            .expect_err("too much fuel"),
        limits
    );
}

#[test]
fn executing_again_gives_the_same_block_with_another_engine_too() {
    let mut chain = chain();
    let calls: [&[u8]; 4] = [&[1], &[0xff], &[0xfe], &[2, 3, 4]];
    let transactions: Vec<_> = calls
        .iter()
        .map(|input| {
            let body = chain.transaction(vec![call(RECORDER, input)]);
            chain.sign(body)
        })
        .collect();
    let first = chain
        .execute(&transactions, Mode::Validate)
        .expect("a valid block");
    chain.engine = Engine::new(None).expect("the engine starts");
    let second = chain
        .execute(&transactions, Mode::Validate)
        .expect("a valid block");
    assert_eq!(first.changes, second.changes);
    assert_eq!(first.receipts, second.receipts);
    let indices: Vec<_> = first.receipts.iter().map(|receipt| receipt.index).collect();
    assert_eq!(indices, [0, 1, 2, 3]);
}

struct Broken(common::Map);

impl StateView for Broken {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        if key.starts_with(&RECORDER.0.to_be_bytes()) {
            return Err(ViewError("the disk is gone".into()));
        }
        self.0.get(key)
    }

    fn scan(
        &self,
        prefix: &[u8],
        after: &[u8],
        limit: usize,
    ) -> Result<Vec<senim_types::StateEntry>, ViewError> {
        self.0.scan(prefix, after, limit)
    }
}

#[test]
fn a_state_that_cannot_be_read_stops_the_node_and_never_becomes_a_receipt() {
    // Reads its own state.
    let text =
        include_str!("../../../tests/hostile/pointer_outside.wat").replace("0xffffffff", "0");
    let mut chain = Chain::new(&[(RECORDER, wat::parse_str(text).expect("a module"))]);
    let body = chain.transaction(vec![call(RECORDER, &[0])]);
    let transactions = [chain.sign(body)];
    let view = Broken(chain.state.clone());
    for mode in [Mode::Propose, Mode::Validate] {
        let outcome =
            senim_execution::execute_block(&chain.engine, &view, &chain.env(), &transactions, mode);
        assert!(matches!(outcome, Err(ExecuteError::Fault(_))));
    }
}

#[test]
fn compiled_contracts_survive_in_a_directory_and_a_damaged_file_is_compiled_anew() {
    let directory = std::env::temp_dir().join(format!("senim-execution-{}", std::process::id()));
    let run = || {
        let engine = Engine::new(Some(directory.clone())).expect("the engine starts");
        let mut chain = Chain::with_engine(engine, &[(RECORDER, module("recorder"))]);
        chain.submit(vec![call(RECORDER, &[1])])
    };
    let files = || -> Vec<_> {
        let entries = std::fs::read_dir(&directory).expect("the directory");
        entries
            .map(|entry| entry.expect("an entry").path())
            .collect()
    };
    let first = run();
    let [file] = &files()[..] else {
        panic!("one file")
    };
    let sound = std::fs::read(file).expect("the file");
    for damage in [0, 40, sound.len() - 1] {
        let mut bytes = sound.clone();
        bytes[damage] ^= 1;
        std::fs::write(file, &bytes[..if damage == 40 { 50 } else { bytes.len() }])
            .expect("written");
        assert_eq!(run(), first);
        assert_eq!(
            std::fs::read(file).expect("the file").len(),
            sound.len(),
            "written anew"
        );
    }
    assert_eq!(run(), first);
    std::fs::remove_dir_all(&directory).expect("removed");
}

#[test]
fn a_window_encodes_as_the_wire_format_says() {
    let mut window = senim_abi::ledger::WindowV1::default();
    window.set(1);
    window.set(64);
    let mut expected = vec![0];
    expected.extend(0u64.to_le_bytes());
    for word in [2u64, 1, 0, 0] {
        expected.extend(word.to_le_bytes());
    }
    assert_eq!(codec::encode(&SequenceWindow::V1(window)), expected);
}

#[test]
fn a_block_whose_postings_do_not_balance_is_invalid_and_a_proposer_leaves_the_cause_out() {
    use senim_abi::TREASURY;
    // In the treasury's place: what it is given it emits as a posting, which this is not.
    let mut chain = Chain::new(&[
        (TREASURY, module("recorder")),
        (RECORDER, module("recorder")),
    ]);
    let transactions: Vec<_> = [RECORDER, TREASURY, RECORDER, TREASURY]
        .into_iter()
        .map(|contract| {
            let body = chain.transaction(vec![call(contract, &[1])]);
            chain.sign(body)
        })
        .collect();
    let invalid = chain.execute(&transactions, Mode::Validate);
    let expected = ExecuteError::InvalidBlock {
        code: Code::UNBALANCED,
        transaction: Some((1, Code::UNBALANCED)),
    };
    assert_eq!(invalid.expect_err("invalid"), expected);
    let proposal = chain
        .execute(&transactions, Mode::Propose)
        .expect("no fault");
    assert_eq!(proposal.included, [0, 2]);
    assert_eq!(
        proposal.dropped,
        [(1, Code::UNBALANCED), (3, Code::UNBALANCED)]
    );
    let rest = [transactions[0].clone(), transactions[2].clone()];
    let validation = chain.execute(&rest, Mode::Validate).expect("a valid block");
    assert_eq!(
        (validation.changes, validation.receipts),
        (proposal.changes, proposal.receipts)
    );
}

#[test]
fn a_genesis_that_cannot_be_executed_says_where() {
    use senim_execution::{GenesisError, Stop, apply_genesis};
    use senim_types::{GenesisCall, GenesisContract};
    use std::collections::BTreeMap;
    let chain = chain();
    let code = module("recorder");
    let codes = BTreeMap::from([(Hash::of(&code), code)]);
    let call = |input: u8| GenesisCall {
        contract: RECORDER,
        input: vec![input],
    };
    let mut genesis = chain.genesis.clone();
    genesis.calls = vec![call(1), call(2)];
    let execution = apply_genesis(&chain.engine, &genesis, &codes).expect("a sound genesis");
    assert_eq!(execution.events.len(), 2);
    assert_eq!(
        execution.changes,
        apply_genesis(&chain.engine, &genesis, &codes)
            .expect("again")
            .changes
    );

    genesis.calls.push(call(0xff));
    let refused = apply_genesis(&chain.engine, &genesis, &codes);
    let stop = Stop::refused(Code::NOT_AUTHORISED);
    assert_eq!(
        refused.expect_err("refused"),
        GenesisError::Call { index: 2, stop }
    );

    let missing = Hash::of(b"another");
    let contract = GenesisContract {
        id: ContractId(9),
        name: "x".into(),
        code: missing,
    };
    genesis.contracts.push(contract);
    let error = apply_genesis(&chain.engine, &genesis, &codes).expect_err("missing");
    assert_eq!(error, GenesisError::CodeMissing(missing));
    let floats = module("float_local");
    let codes = codes.into_iter().chain([(missing, floats)]).collect();
    let error = apply_genesis(&chain.engine, &genesis, &codes).expect_err("floats");
    let stop = Stop::refused(Code::FLOATS_NOT_ALLOWED);
    assert_eq!(error, GenesisError::Contract { index: 1, stop });
}
