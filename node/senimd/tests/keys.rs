//! Keys of a node as files, encrypted files and on a token: the real program, and validators that vote with each.

mod support;

use senim_abi::registry::Execute;
use senim_types::Code;
use senim_types::{Hash, OrgId};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::Machines;

const PASSPHRASE: &str = "five words are enough here";

/// The exit code that goes with an error code.
fn exit_of(name: &str) -> i32 {
    let entry = senim_types::code::CODES
        .iter()
        .find(|entry| entry.name == name);
    senimd::exit::status(entry.expect("a code of the table").code).into()
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_senimd"));
    command
        .env_remove("SENIM_PASSPHRASE")
        .env_remove("SENIM_PASSPHRASE_FILE")
        .stdin(std::process::Stdio::null())
        .args(args);
    command
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn done(output: Output) -> String {
    let said = text_of(&output.stderr);
    assert!(output.status.success(), "{said}");
    text_of(&output.stdout)
}

fn refused(output: Output, code: &str) -> String {
    let said = text_of(&output.stderr);
    assert_eq!(output.status.code(), Some(exit_of(code)), "{said}");
    assert!(said.contains(&format!("[{code}]")), "{said}");
    said
}

/// `senimd key` in a folder, with a passphrase from a file where there is one.
struct Keys<'a> {
    dir: &'a Path,
    passphrase: Option<&'a Path>,
}

impl Keys<'_> {
    fn run(&self, args: &[&str]) -> Output {
        let mut command = command(&["key", "--dir", self.dir.to_str().expect("UTF-8")]);
        if let Some(file) = self.passphrase {
            command.arg("--passphrase-file").arg(file);
        }
        command.args(args).output().expect("the program was built")
    }

    fn public(&self, name: &str) -> String {
        let told = done(self.run(&["show", name]));
        told.split_whitespace().last().expect("a key").to_owned()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.dir.join(format!("keys/{name}.key"))).expect("a key file")
    }
}

fn passphrase(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join(format!("passphrase of {} bytes", text.len()));
    fs::write(&path, format!("{text}\n")).expect("a file");
    path
}

#[test]
fn a_key_is_made_encrypted_shown_and_decrypted_and_stays_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let right = passphrase(folder.path(), PASSPHRASE);
    let wrong = passphrase(folder.path(), "another");
    let dir = folder.path();
    let open = Keys {
        dir,
        passphrase: None,
    };
    let keys = Keys {
        dir,
        passphrase: Some(&right),
    };
    done(open.run(&["new", "validator-5"]));
    done(open.run(&["new", "peer-5", "--kind", "peer"]));
    let public = open.public("validator-5");
    let plain = open.text("validator-5");
    let said = refused(open.run(&["new", "validator-5"]), "CONFIGURATION");
    assert!(said.contains("no key is ever written over"), "{said}");

    let said = refused(open.run(&["encrypt", "validator-5"]), "KEY_FILE");
    assert!(said.contains("--passphrase-file"), "{said}");
    assert_eq!(open.text("validator-5"), plain, "nothing changed");
    done(keys.run(&["encrypt", "validator-5"]));
    let encrypted = keys.text("validator-5");
    assert!(encrypted.starts_with("-----BEGIN AGE ENCRYPTED FILE-----"));
    assert!(!encrypted.contains(plain.trim()));
    let mode = fs::metadata(dir.join("keys/validator-5.key")).expect("it is there");
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    assert_eq!(keys.public("validator-5"), public);

    let others = Keys {
        dir,
        passphrase: Some(&wrong),
    };
    refused(others.run(&["show", "validator-5"]), "KEY_FILE");
    refused(open.run(&["show", "validator-5"]), "KEY_FILE");
    let from_environment = command(&["key", "--dir"])
        .arg(dir)
        .args(["show", "validator-5"])
        .env("SENIM_PASSPHRASE", PASSPHRASE)
        .output();
    assert!(done(from_environment.expect("it runs")).contains(&public));
    let listed = done(open.run(&["list"]));
    assert!(
        listed.contains("encrypted") && listed.contains("open"),
        "{listed}"
    );
    assert!(!listed.contains(plain.trim()), "a list shows no secret");

    done(keys.run(&["decrypt", "validator-5"]));
    assert_eq!(open.text("validator-5"), plain);
    // Every other byte of an encrypted file: it opens or it does not, and never as another key.
    done(keys.run(&["encrypt", "validator-5"]));
    let mut bytes = keys.text("validator-5").into_bytes();
    let last = bytes.len() - 60;
    bytes[last] = if bytes[last] == b'A' { b'B' } else { b'A' };
    fs::write(dir.join("keys/validator-5.key"), bytes).expect("it can be written");
    refused(keys.run(&["show", "validator-5"]), "KEY_FILE");
}

#[test]
fn a_key_that_others_may_read_is_refused_and_imports_keep_the_key() {
    let (folder, other) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let keys = Keys {
        dir: folder.path(),
        passphrase: None,
    };
    done(keys.run(&["new", "validator-5"]));
    let file = folder.path().join("keys/validator-5.key");
    for mode in [0o640, 0o604, 0o660, 0o644] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("it is ours");
        let said = refused(keys.run(&["show", "validator-5"]), "KEY_FILE");
        assert!(said.contains("chmod 600"), "{said}");
        assert!(done(keys.run(&["list"])).contains("unusable"));
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("it is ours");
    let public = keys.public("validator-5");
    let there = Keys {
        dir: other.path(),
        passphrase: None,
    };
    let from = file.to_str().expect("UTF-8");
    done(there.run(&["import", "validator-7", "--from", from]));
    assert_eq!(there.public("validator-7"), public);
    refused(
        there.run(&["import", "../validator-7", "--from", from]),
        "CONFIGURATION",
    );
}

fn register(number: u32) -> Execute {
    Execute::RegisterOrganisation {
        org: OrgId(number),
        name: format!("Organisation {number}"),
        roles: senim_abi::Roles::CLINIC,
        details: Hash::of(b"details"),
    }
}

/// Names of a machine's keys: its validator's, its network's.
fn names(dir: &Path) -> (String, String) {
    let entries = fs::read_dir(dir.join("keys")).expect("it has keys");
    let names: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.expect("it can be listed").file_name();
            Some(name.to_str()?.strip_suffix(".key")?.to_owned())
        })
        .collect();
    let of = |prefix: &str| {
        let found = names.iter().find(|name| name.starts_with(prefix));
        found.expect("it has one").clone()
    };
    (of("validator-"), of("peer-"))
}

#[test]
fn a_machine_with_encrypted_keys_votes_and_without_the_passphrase_does_not_start() {
    let mut machines = Machines::start(1);
    machines.submit(0, register(1_001));
    machines.kill(0);
    let aside = tempfile::tempdir().expect("a folder");
    let file = passphrase(aside.path(), PASSPHRASE);
    let dir = machines.folder(0).to_owned();
    let keys = Keys {
        dir: &dir,
        passphrase: Some(&file),
    };
    let (validator, peer) = names(&dir);
    done(keys.run(&["encrypt", &validator]));
    done(keys.run(&["encrypt", &peer]));

    // A backup takes them as they are, and no open one.
    let backup = aside.path().join("b.tar.zst");
    let back_up = || {
        let mut command = command(&["backup", "--with-keys", "--dir"]);
        command.arg(&dir).arg("--to").arg(&backup);
        command.output().expect("the program was built")
    };
    done(keys.run(&["decrypt", &peer]));
    refused(back_up(), "KEY_FILE");
    assert!(!backup.exists());
    done(keys.run(&["encrypt", &peer]));
    done(back_up());
    let restored = aside.path().join("restored");
    let mut restore = command(&["restore", "--dir"]);
    done(
        restore
            .arg(&restored)
            .arg(&backup)
            .output()
            .expect("it runs"),
    );
    let there = Keys {
        dir: &restored,
        passphrase: Some(&file),
    };
    assert_eq!(there.public(&validator), keys.public(&validator));

    machines.start_by(0, command(&[]), &[]);
    let said = machines.refused(0, Code::KEY_FILE);
    assert!(said.contains("--passphrase-file"), "{said}");
    let file = file.to_str().expect("UTF-8");
    machines.start_by(0, command(&[]), &["--passphrase-file", file]);
    machines.until_it_answers(0);
    machines.submit(0, register(1_002));
}

/// A fresh SoftHSM token, and its library; none where there is no SoftHSM, and whoever set `SENIM_WITHOUT_SOFTHSM` knows it.
fn soft_token(folder: &Path, pin: &str) -> Option<PathBuf> {
    let library = [
        "/usr/lib/softhsm",
        "/usr/lib64/softhsm",
        "/usr/local/lib/softhsm",
    ]
    .iter()
    .map(|folder| Path::new(folder).join("libsofthsm2.so"))
    .find(|path| path.exists());
    let Some(library) = library else {
        let lacks = "no SoftHSM here to stand for a hardware token (Debian: softhsm2)";
        let is_known = std::env::var_os("SENIM_WITHOUT_SOFTHSM").is_some();
        assert!(
            is_known,
            "{lacks}. Or leave this out: SENIM_WITHOUT_SOFTHSM=1"
        );
        eprintln!("SKIPPED: {lacks}");
        return None;
    };
    let tokens = folder.join("tokens");
    fs::create_dir(&tokens).expect("a folder");
    let settings = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    let file = folder.join("softhsm2.conf");
    fs::write(&file, settings).expect("a file");
    let made = Command::new("softhsm2-util")
        .env("SOFTHSM2_CONF", &file)
        .args(["--init-token", "--free", "--label", "senim test"])
        .args(["--so-pin", "12345678", "--pin", pin])
        .output()
        .expect("softhsm2-util is beside the library");
    assert!(made.status.success(), "{made:?}");
    Some(library)
}

#[test]
fn a_validator_votes_with_a_key_that_never_leaves_its_token() {
    let aside = tempfile::tempdir().expect("a folder");
    let pin = passphrase(aside.path(), "4711");
    let wrong_pin = passphrase(aside.path(), "47110");
    let Some(library) = soft_token(aside.path(), "4711") else {
        return;
    };
    let settings = aside.path().join("softhsm2.conf");
    let dir = aside.path().join("net");
    let net = dir.to_str().expect("UTF-8");
    let uri = format!(
        "pkcs11:token=senim%20test;object=validator?module-path={}",
        library.display()
    );
    let key = |pin: &Path, args: &[&str]| {
        let mut command = command(&["key", "--dir", net, "--passphrase-file"]);
        command.arg(pin).args(args).env("SOFTHSM2_CONF", &settings);
        command.output().expect("the program was built")
    };
    let told = done(key(&pin, &["new", "validator-9", "--pkcs11", &uri]));
    assert!(told.contains("on a token"), "{told}");
    let file = dir.join("keys/validator-9.key");
    assert!(
        fs::read_to_string(&file)
            .expect("a file")
            .starts_with("pkcs11:")
    );
    let said = refused(
        key(&pin, &["new", "validator-8", "--pkcs11", &uri]),
        "KEY_FILE",
    );
    assert!(said.contains("already"), "{said}");
    let said = refused(key(&wrong_pin, &["show", "validator-9"]), "KEY_FILE");
    assert!(said.contains("PIN is wrong"), "{said}");
    let shown = done(key(&pin, &["show", "validator-9"]));
    assert_eq!(
        shown.split_whitespace().last(),
        told.split_whitespace().last()
    );
    refused(key(&pin, &["decrypt", "validator-9"]), "KEY_FILE");
    let peer = ["new", "peer-9", "--kind", "peer", "--pkcs11", &uri];
    refused(key(&pin, &peer), "CONFIGURATION");

    token_votes(&library, &settings, &pin);
}

/// A network whose only validator's key is on the token from its first block on: the key is imported
/// into the token, as nobody would who can make it there, so that the genesis can stay as it is.
fn token_votes(library: &Path, settings: &Path, pin: &Path) {
    let mut machines = Machines::start(1);
    machines.submit(0, register(1_001));
    machines.kill(0);
    let dir = machines.folder(0).to_owned();
    let (validator, _) = names(&dir);
    let path = dir.join(format!("keys/{validator}.key"));
    let secret = senimd::folder::Folder::new(&dir)
        .key(&validator, senim_types::text::KeyKind::Validator)
        .expect("an open key");
    // PKCS #8 of Ed25519 (RFC 8410): a fixed beginning, then the seed.
    let mut pkcs8 = vec![
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    pkcs8.extend_from_slice(&*secret.seed());
    let key = settings.with_extension("p8");
    let body = base64(&pkcs8);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    fs::write(&key, pem).expect("a file");
    let imported = Command::new("softhsm2-util")
        .env("SOFTHSM2_CONF", settings)
        .arg("--import")
        .arg(&key)
        .args([
            "--token",
            "senim test",
            "--label",
            "of the genesis",
            "--id",
            "a1",
            "--pin",
            "4711",
        ])
        .output()
        .expect("softhsm2-util runs");
    assert!(imported.status.success(), "{imported:?}");
    fs::remove_file(&path).expect("it is there");
    let uri = format!(
        "pkcs11:token=senim%20test;object=of%20the%20genesis?module-path={}",
        library.display()
    );
    let attached = command(&["key", "--dir"])
        .arg(&dir)
        .arg("--passphrase-file")
        .arg(pin)
        .args(["import", &validator, "--pkcs11", &uri])
        .env("SOFTHSM2_CONF", settings)
        .output();
    let told = done(attached.expect("it runs"));
    let public = secret
        .public()
        .to_text(senim_types::text::KeyKind::Validator);
    assert!(told.contains(&public), "{told}");

    let mut start = command(&[]);
    start
        .env("SOFTHSM2_CONF", settings)
        .env("SENIM_PASSPHRASE_FILE", pin);
    machines.start_by(0, start, &[]);
    machines.until_it_answers(0);
    let before = machines.height(0);
    machines.submit(0, register(1_002));
    assert!(
        machines.height(0) > before,
        "it decides alone, with the token's key"
    );
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for place in 0..4 {
            text.push(if place <= chunk.len() {
                char::from(LETTERS[(bits >> (18 - 6 * place)) as usize & 63])
            } else {
                '='
            });
        }
    }
    text
}
