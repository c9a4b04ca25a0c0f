//! A support measure that nobody planned for: its policy is compiled outside of the workspace, deployed by transaction on a
//! running network of four validators, used, explained, and compared with other rules on its own history. No node is
//! restarted, and each has the same state at the end.

#[path = "support/measure.rs"]
mod measure;

use measure::{Ledger, terms, text};
use senim_tests::world::network::root;
use senim_types::{Code, codec};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The parameters as the policy's own type encodes them: rides of a day, fare of a kilometre in tiyn, kilometres of a ride,
/// kilometres in these regions.
fn parameters(per_day: u8, fare: u64, kilometres: u32, far: u32) -> String {
    let bytes = codec::encode(&(per_day, fare, kilometres, far, vec![39_u32]));
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Validators of the network: one of them may fail.
const VALIDATORS: usize = 4;

/// Set by whoever has no toolchain for WebAssembly and knows that the story is then not told.
const WITHOUT: &str = "SENIM_WITHOUT_WASM_TOOLCHAIN";

/// Compiles the policy outside of the workspace; none where there is no toolchain for WebAssembly, and that is known.
fn compiled(folder: &Path) -> Option<String> {
    let source = root().join("tests/data/rides");
    fs::create_dir_all(folder.join("src")).expect("a folder");
    fs::copy(source.join("src/lib.rs"), folder.join("src/lib.rs")).expect("its source");
    let manifest = fs::read_to_string(source.join("Cargo.toml.in")).expect("its manifest");
    let here = root().canonicalize().expect("the root");
    let manifest = manifest.replace("@ROOT@", here.to_str().expect("UTF-8"));
    fs::write(folder.join("Cargo.toml"), manifest).expect("its manifest");
    let wasm = folder.join("rides.wasm");
    let built = Command::new(root().join("scripts/contracts.sh"))
        .arg("policy")
        .arg(folder)
        .arg("--out")
        .arg(&wasm)
        // Cargo of the test must not steer the cargo of the policy.
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS")
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&built.stderr).into_owned();
    match built.status.code() {
        Some(0) => Some(wasm.into_os_string().into_string().expect("UTF-8")),
        Some(3) if std::env::var_os(WITHOUT).is_some() => {
            eprintln!("SKIPPED: {said}");
            None
        }
        Some(3) => panic!("{said}Or leave this story out: {WITHOUT}=1"),
        _ => panic!("the policy does not build: {said}"),
    }
}

/// The rules that an explanation went through, and whether each was kept.
fn steps(explained: &Value) -> Vec<(u64, bool)> {
    let steps = explained["decided"][0]["steps"].as_array().expect("steps");
    let step = |step: &Value| {
        (
            step["rule"].as_u64().expect("a number"),
            step["kept"] == true,
        )
    };
    steps.iter().map(step).collect()
}

#[test]
fn a_measure_that_nobody_planned_for_is_deployed_used_explained_and_compared() {
    let outside = tempfile::tempdir().expect("a temporary folder");
    let Some(wasm) = compiled(outside.path()) else {
        return;
    };
    let ledger = Ledger::of(VALIDATORS);

    // A budget line, a frame, a policy, parameters: the department does it all by itself.
    ledger.open_line("4");
    ledger.set_frame("4", "2", |_| ());
    let deploy = |number: &str| {
        [
            "programme",
            "deploy",
            &wasm,
            "--number",
            number,
            "--name",
            "rides",
        ]
        .map(str::to_owned)
    };
    let low = deploy("7");
    let low: Vec<&str> = low.iter().map(String::as_str).collect();
    assert_eq!(
        ledger.refused(&low),
        Code::OUT_OF_RANGE,
        "an engine contract's number"
    );
    let free = deploy("1001");
    let free: Vec<&str> = free.iter().map(String::as_str).collect();
    let deployed = ledger.done(&free);
    assert_eq!(text(&deployed, "/name"), "rides");
    let three = parameters(3, 10_000, 15, 60);
    let rules = |parameters| {
        let rules = ["programme", "rules", "4", "--policy", "1001"];
        [&rules[..], &["--parameters", parameters]].concat()
    };
    assert_eq!(ledger.done(&rules(&three))["version"], 1);
    let senseless = parameters(0, 10_000, 15, 60);
    assert_eq!(ledger.refused(&rules(&senseless)), Code::OUT_OF_RANGE);
    ledger.set_service("4", ("50", "50"), "71");

    // A person rides; the fare is 100 tenge a kilometre.
    let voucher = ledger.issued("4", "5000", &[]);
    let words = |km: &str, price: &str| {
        [
            "voucher",
            "redeem",
            &voucher,
            "--place",
            "50",
            "--product",
            "7",
            "--units",
            km,
            "--price",
            price,
        ]
        .map(str::to_owned)
    };
    let ride = |km: &str, price: &str| {
        let words = words(km, price);
        ledger.done(&words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let first = ride("10", "1200");
    assert_eq!(terms(&first), (100_000, 20_000));
    ride("5", "500");
    let too_far = words("16", "1600");
    let too_far: Vec<&str> = too_far.iter().map(String::as_str).collect();
    let failure = ledger.failure(&too_far);
    assert_eq!(
        failure["code"], "CONTRACT_ERROR_9001",
        "a code of the policy's own: {failure}"
    );
    ride("1", "100");
    let fourth = words("1", "100");
    let fourth: Vec<&str> = fourth.iter().map(String::as_str).collect();
    assert_eq!(ledger.refused(&fourth), Code::DAILY_LIMIT);

    // Why? The policy is read from the state with its proof and run here.
    let explained = ledger.done(&["explain", text(&first, "/transaction")]);
    assert_eq!(steps(&explained), [(1, true), (2, true), (3, true)]);
    assert_eq!(
        explained.pointer("/decided/0/decision/Ok/pays"),
        Some(&json!(100_000)),
        "{explained}"
    );
    let explained = ledger.done(&["explain", text(&failure, "/receipt/transaction")]);
    assert_eq!(steps(&explained), [(1, true), (2, true), (3, false)]);
    let last = &explained["decided"][0]["steps"][2];
    assert_eq!((&last["found"], &last["bound"]), (&json!(16), &json!(15)));

    // Twenty kilometres a ride and 80 tenge a kilometre: who and what sum would change?
    let other = parameters(5, 8_000, 20, 60);
    let simulate = |policy: &[&str], parameters: &str| {
        let words = [
            &["programme", "simulate", "4"],
            policy,
            &["--parameters", parameters],
        ]
        .concat();
        ledger.done(&words)["report"].clone()
    };
    let same = simulate(&["--policy", "1001"], &three);
    assert_eq!(
        same["total"]["before"], same["total"]["after"],
        "the rules as they are change nothing"
    );
    assert_eq!(
        same["total"]["before"],
        json!({ "uses": 3, "pays": 160_000, "bears": 20_000 })
    );
    assert_eq!(same["tokens"], json!({}));
    let changed = simulate(&["--wasm", &wasm], &other);
    assert_eq!(
        changed["allowed"], 2,
        "the ride of 16 km and the fourth: {changed}"
    );
    let after = json!({ "uses": 5, "pays": 264_000, "bears": 86_000 });
    assert_eq!(changed["total"]["after"], after);
    assert_eq!(changed["tokens"][&voucher]["after"], after);
    // Nothing of that happened.
    assert_eq!(
        ledger.done(&["voucher", "show", &voucher])["record"]["uses"],
        3
    );

    // Each node ran the policy itself, and has the same state, by its own proofs: the root of the last block, and the
    // voucher below it.
    let last = ledger.done(&["block", "latest"])["header"].clone();
    let height = last["height"].to_string();
    let blocks = ledger.done_at_each(&["block", &height]);
    let vouchers = ledger.done_at_each(&["voucher", "show", &voucher]);
    assert_eq!((blocks.len(), vouchers.len()), (VALIDATORS, VALIDATORS));
    for (block, shown) in blocks.iter().zip(&vouchers) {
        assert_eq!(block["header"]["state_root"], last["state_root"]);
        assert_eq!(shown["record"], vouchers[0]["record"]);
        assert_eq!(shown["record"]["uses"], 3);
    }
    let policies = ledger.done_at_each(&["programme", "show", "4"]);
    assert!(
        policies
            .iter()
            .all(|one| one["policy"]["contract"] == 1_001),
        "{policies:?}"
    );
}
