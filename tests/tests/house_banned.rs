//! House rule: what two nodes could see differently is not used where blocks are computed, and nothing is
//! left unfinished.

use senim_tests::house::banned::{ALLOWED, check, check_unfinished};
use senim_tests::house::{Tree, assert_clean, assert_finds};

#[test]
fn no_banned_call_is_made() {
    assert_clean(&check(&Tree::repository(), ALLOWED));
}

#[test]
fn nothing_is_left_unfinished() {
    assert_clean(&check_unfinished(&Tree::repository()));
}

#[test]
fn each_ban_is_found_where_it_holds() {
    let cases = [
        (
            "node/execution/src/a.rs",
            "fn f() { let t = std::time::SystemTime::now(); }",
            "SystemTime",
        ),
        (
            "node/replica/src/a.rs",
            "use std::time::Instant;",
            "Instant",
        ),
        (
            "node/state/src/a.rs",
            "use std::collections::{BTreeMap, HashMap};",
            "HashMap",
        ),
        (
            "node/types/src/a.rs",
            "type Seen = hashbrown::HashSet<u8>;",
            "HashSet",
        ),
        (
            "node/consensus/src/a.rs",
            "fn f() { rand::thread_rng(); }",
            "thread_rng",
        ),
        ("contracts/treasury/src/a.rs", "fn f(x: f32) {}", "f32"),
        (
            "contracts/treasury/src/a.rs",
            "fn f(x: u64) { x as f64; }",
            "f64",
        ),
        (
            "contracts/treasury/src/a.rs",
            "fn f() { g(1.5); }",
            "float literal",
        ),
        (
            "client/light-client/src/a.rs",
            "fn f() { println!(); }",
            "println!",
        ),
        (
            "node/execution/src/a.rs",
            "fn f() { std::env::var(K); }",
            "std::env",
        ),
        (
            "node/replica/src/a.rs",
            "fn f() { std::fs::read(P); }",
            "std::fs",
        ),
        (
            "node/replica/src/a.rs",
            "async fn f() { tokio::spawn(g()); }",
            "tokio",
        ),
        ("node/api/src/a.rs", "fn f() { g().unwrap(); }", ".unwrap()"),
        ("client/cli/src/a.rs", "fn f() { dbg!(x); }", "dbg!"),
        ("client/cli/src/a.rs", "fn f() { todo!() }", "todo!"),
        (
            "client/cli/tests/a.rs",
            "fn f() { unimplemented!() }",
            "unimplemented!",
        ),
        (
            "client/cli/tests/a.rs",
            "#[test]\n#[ignore = \"slow\"]\nfn f() {}",
            "#[ignore",
        ),
    ];
    for (path, text, word) in cases {
        let findings = check(&Tree::of([(path, text)]), &[]);
        assert!(!findings.is_empty(), "{word} is not found in {path}");
        let messages: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(
            messages.iter().any(|message| message.contains(word)),
            "{word}: {messages:?}"
        );
    }
}

#[test]
fn what_only_looks_like_a_banned_call_passes() {
    let cases = [
        (
            "a word in a comment",
            "node/types/src/a.rs",
            "/// Not a HashMap.\n/* f64 /* SystemTime */ */",
        ),
        (
            "a word in a string",
            "node/types/src/a.rs",
            "const A: &str = \"todo! \\\" HashMap\";",
        ),
        (
            "a word in a raw string",
            "node/types/src/a.rs",
            "const A: &str = r#\"a \"HashMap\" b\"#;",
        ),
        (
            "a part of a longer name",
            "node/types/src/a.rs",
            "struct InstantOfBlock; fn prof64() {}",
        ),
        (
            "a quote as a character",
            "node/types/src/a.rs",
            "const A: char = '\"'; // HashMap\n",
        ),
        (
            "a lifetime",
            "node/types/src/a.rs",
            "fn f<'a>(x: &'a str) {} // f64 'a' HashMap\n",
        ),
        (
            "a field of a tuple in a tuple",
            "node/types/src/a.rs",
            "fn f() { x.0.1; 0..1; a1.0 }",
        ),
        (
            "a module of tests",
            "node/types/src/a.rs",
            "#[cfg(test)]\nmod tests { fn f() { g().unwrap(); } }",
        ),
        (
            "a file of tests",
            "node/types/src/a/tests.rs",
            "use std::collections::HashMap;",
        ),
        (
            "a folder of tests",
            "node/types/tests/a.rs",
            "use std::collections::HashMap;",
        ),
        (
            "a build script",
            "contracts/x/build.rs",
            "fn main() { println!(); }",
        ),
        (
            "another crate",
            "node/senimd/src/a.rs",
            "use std::time::Instant; fn f() { println!(); }",
        ),
        ("the log's files", "node/state/src/a.rs", "use std::fs;"),
    ];
    for (what, path, text) in cases {
        let findings = check(&Tree::of([(path, text)]), &[]);
        assert!(findings.is_empty(), "{what}: {findings:?}");
    }
}

#[test]
fn code_after_a_module_of_tests_is_judged_again() {
    let text = "#[cfg(test)]\nmod tests { fn f() { if a { b } } }\nfn g() { h().unwrap(); }\n";
    assert_finds(
        &check(&Tree::of([("node/api/src/a.rs", text)]), &[]),
        "a.rs:3:",
    );
    let text = "#[cfg(not(test))]\nfn g() { h().unwrap(); }\n";
    assert_finds(
        &check(&Tree::of([("node/api/src/a.rs", text)]), &[]),
        "a.rs:2:",
    );
}

#[test]
fn an_exception_excuses_its_own_word_and_file_only() {
    let tree = Tree::of([("node/state/src/a.rs", "use std::time::Instant;")]);
    assert_clean(&check(
        &tree,
        &[(
            "node/state/src/a.rs",
            "Instant",
            "measures, decides nothing",
        )],
    ));
    let findings = check(&tree, &[("node/state/src/a.rs", "HashMap", "no such use")]);
    assert_eq!(
        findings.len(),
        2,
        "the ban, and the row that excuses nothing: {findings:?}"
    );
}

#[test]
fn unfinished_work_is_found_in_comments_and_documents() {
    let mark = concat!("TO", "DO");
    let code = format!("// {mark}: later\n");
    assert_finds(
        &check_unfinished(&Tree::of([("node/x/src/a.rs", &*code)])),
        mark,
    );
    assert_finds(
        &check_unfinished(&Tree::of([("docs/a.md", &*format!("{mark} write this\n"))])),
        mark,
    );
    assert_clean(&check_unfinished(&Tree::of([(
        "node/x/src/a.rs",
        "fn f() { g(\"TODO\") }",
    )])));
}
