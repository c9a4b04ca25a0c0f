//! Secrets are in files that their owner alone reads, and nowhere else.

mod support;

use senim_types::text::{KeyKind, from_bech32m};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use support::*;

/// Every file below a folder with its bytes.
fn files(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.insert(path.clone(), std::fs::read(&path).expect("a file"));
        }
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[test]
fn no_command_prints_a_secret_or_writes_one_outside_a_key_file() {
    let folder = tempfile::tempdir().expect("a folder");
    write_genesis(folder.path());
    let order = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/demo/order.json");
    let order = order.to_str().expect("a path in UTF-8");
    let mut said: Vec<u8> = Vec::new();
    let mut run = |args: &[&str]| {
        let output = senim_in(folder.path(), args);
        said.extend([&output.stdout[..], &output.stderr].concat());
        output
    };
    run(&["key", "new", "--kind", "device", "--out", "keys/clinic.key"]);
    run(&["key", "new", "--kind", "token", "--out", "token.key"]);
    run(&["key", "show", "keys/clinic.key", "-o", "json"]);
    run(&["wallet", "new", "-o", "json"]);
    let holder = text(&run(&["wallet", "key"])).trim().to_owned();
    // What goes to a node and fails there says no more than what succeeds.
    let node = node_that_says(b"{}".to_vec());
    let common = ["--dir", ".", "--node", &node];
    let group = "0".repeat(64);
    for args in [
        &[
            "prescription",
            "issue",
            "--fhir",
            order,
            "--holder",
            &holder,
        ][..],
        &["wallet", "list"],
        &["wallet", "qr", &group, "--out", "qr.png", "--key", "clinic"],
        &["wallet", "cancel", &group, "--key", "clinic"],
        &["pharmacy", "sales", "--key", "clinic"],
        &["key", "show", "genesis.json"],
        &["pharmacy", "sales", "--key", "./token.key"],
    ] {
        assert_ne!(code(&run(&[args, &common].concat())), 0, "{args:?}");
    }

    let mut all = BTreeMap::new();
    files(folder.path(), &mut all);
    let keys: Vec<&PathBuf> = all
        .keys()
        .filter(|path| path.extension().is_some_and(|end| end == "key"))
        .collect();
    let names: Vec<String> = keys
        .iter()
        .map(|path| {
            path.strip_prefix(folder.path())
                .expect("below it")
                .display()
                .to_string()
        })
        .collect();
    assert_eq!(
        names,
        [
            "clinic/links.key",
            "keys/clinic.key",
            "token.key",
            "wallet/secret.key"
        ]
    );
    for path in keys {
        let secret = String::from_utf8(all[path].clone())
            .expect("a text")
            .trim()
            .to_owned();
        let prefix: &'static str = match path.file_name().and_then(|name| name.to_str()) {
            Some("links.key") => "senimlinksecret",
            Some("secret.key") => "senimwalletsecret",
            Some("token.key") => KeyKind::Token.secret_prefix(),
            _ => KeyKind::Device.secret_prefix(),
        };
        let seed = from_bech32m(prefix, &secret).expect("a secret of its kind");
        for (form, needle) in [
            ("text", secret.into_bytes()),
            ("hex", hex::encode(seed).into_bytes()),
            ("bytes", seed.to_vec()),
        ] {
            assert!(
                !contains(&said, &needle),
                "{form} of {} was printed",
                path.display()
            );
            for (other, bytes) in all.iter().filter(|(other, _)| *other != path) {
                assert!(
                    !contains(bytes, &needle),
                    "{form} of {} is in {}",
                    path.display(),
                    other.display()
                );
            }
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(path)
                .expect("it is there")
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        }
    }
}

#[test]
fn a_key_file_is_never_replaced_and_of_one_kind() {
    let folder = tempfile::tempdir().expect("a folder");
    let make = || {
        senim_in(
            folder.path(),
            &["key", "new", "--kind", "device", "--out", "a.key"],
        )
    };
    assert_eq!(code(&make()), 0);
    let first = std::fs::read(folder.path().join("a.key")).expect("it was made");
    let second = make();
    assert!(code(&second) == 1 && error_text(&second).starts_with("senim: FILE_UNWRITABLE: "));
    assert_eq!(
        std::fs::read(folder.path().join("a.key")).expect("it is there"),
        first
    );
    assert_eq!(code(&senim_in(folder.path(), &["wallet", "new"])), 0);
    assert_eq!(code(&senim_in(folder.path(), &["wallet", "new"])), 1);
}

#[test]
fn processes_that_make_a_secret_at_the_same_time_have_the_same_one() {
    let folder = tempfile::tempdir().expect("a folder");
    for round in 0..50 {
        let path = folder.path().join(format!("{round}.key"));
        let start = std::sync::Barrier::new(4);
        let made = std::thread::scope(|scope| {
            let of_one = || {
                start.wait();
                senim_cli::keys::read_or_make_secret(&path, "senimtestsecret")
            };
            let threads = [(); 4].map(|()| scope.spawn(of_one));
            threads.map(|thread| thread.join().expect("no panic").expect("a secret"))
        });
        assert!(made.iter().all(|secret| secret == &made[0]));
    }
    // Nothing is left beside them.
    let entries = std::fs::read_dir(folder.path()).expect("a folder");
    assert_eq!(entries.count(), 50);
}
