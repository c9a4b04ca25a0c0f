//! `docs/wire-format.md` against the code: its tables alone decode the golden vectors, and its
//! numbers are the code's.

mod common;
mod page;

use page::Page;
use senim_types::domain::signed_bytes;
use senim_types::text::KeyKind;
use senim_types::*;

const GOLDEN: &str = include_str!("golden/wire.txt");

/// The golden vector of this name.
fn golden(name: &str) -> Vec<u8> {
    let line = GOLDEN
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    hex::decode(line.unwrap_or_else(|| panic!("no vector {name}"))).expect("vectors are hex")
}

#[test]
fn the_tables_alone_decode_every_golden_vector() {
    let page = Page::read();
    for (name, kind) in [
        ("genesis", "Genesis"),
        ("chain_id", "ChainId"),
        ("validator_set", "ValidatorSet"),
        ("signed_transaction", "SignedTransaction"),
        ("transaction_hash", "Hash"),
        ("receipt", "Receipt"),
        ("header", "Header"),
        ("header_hash", "Hash"),
        ("block", "Block"),
        ("commit_certificate", "CommitCertificate"),
        ("receipt_proof", "ReceiptProof"),
        ("state_proof_of_value", "StateProofBundle"),
        ("state_proof_of_absence", "StateProofBundle"),
        ("precommit", "Vote"),
        ("light_block", "LightBlock"),
        ("header_proof", "HeaderProof"),
        ("consistency_proof", "ConsistencyProof"),
    ] {
        let bytes = golden(name);
        let fields = page
            .decode(kind, &bytes)
            .unwrap_or_else(|why| panic!("{name}: {why}"));
        let again: Vec<u8> = fields
            .iter()
            .flat_map(|field| field.bytes.clone())
            .collect();
        assert_eq!(again, bytes, "{name}");
        assert!(
            page.decode(kind, &bytes[..bytes.len() - 1]).is_err(),
            "{name}, cut short"
        );
        let longer = [&bytes[..], &[0]].concat();
        assert!(
            page.decode(kind, &longer).is_err(),
            "{name}, one byte too many"
        );
    }
    let names = GOLDEN.lines().filter_map(|line| line.split(' ').next());
    // The checkpoint is text, and has a test of its own below.
    assert_eq!(
        names.count(),
        17 + 1,
        "a vector that this test does not know"
    );
}

#[test]
fn structures_have_the_fields_of_the_code_in_its_order() {
    let page = Page::read();
    for (name, source) in [
        ("SignedTransaction", include_str!("../src/transaction.rs")),
        ("Transaction", include_str!("../src/transaction.rs")),
        ("Call", include_str!("../src/transaction.rs")),
        ("Statement", include_str!("../src/transaction.rs")),
        ("Receipt", include_str!("../src/receipt.rs")),
        ("Event", include_str!("../src/receipt.rs")),
        ("Header", include_str!("../src/block.rs")),
        ("Block", include_str!("../src/block.rs")),
        ("Validator", include_str!("../src/validator.rs")),
        ("Vote", include_str!("../src/certificate.rs")),
        ("CommitCertificate", include_str!("../src/certificate.rs")),
        ("CommitSignature", include_str!("../src/certificate.rs")),
        ("ReceiptProof", include_str!("../src/proof/receipt.rs")),
        ("StateProofBundle", include_str!("../src/proof/bundle.rs")),
        ("StateProof", include_str!("../src/proof/state.rs")),
        ("LightBlock", include_str!("../src/proof/light.rs")),
        ("HeaderProof", include_str!("../src/proof/light.rs")),
        ("ConsistencyProof", include_str!("../src/proof/light.rs")),
        ("Genesis", include_str!("../src/genesis.rs")),
        ("Parameters", include_str!("../src/genesis.rs")),
        ("GenesisContract", include_str!("../src/genesis.rs")),
        ("GenesisCall", include_str!("../src/genesis.rs")),
        ("Proposal", include_str!("../../consensus/src/message.rs")),
    ] {
        let definition = source.split(&format!("pub struct {name} {{")).nth(1);
        let definition = definition.unwrap_or_else(|| panic!("no struct {name}"));
        let body = definition.split("\n}").next().unwrap_or_default();
        let fields: Vec<&str> = body
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next())
            .collect();
        assert_eq!(page.fields(name), fields, "{name}");
    }
}

#[test]
fn fixed_sizes_are_as_tabled() {
    let page = Page::read();
    let rows = page.table("fixed size");
    assert!(rows.len() >= 7);
    for row in rows {
        let (kind, bytes) = (&row[0], page::number(&row[1]));
        assert_eq!(page.fixed_size(kind), Some(bytes), "{kind}");
    }
    assert_eq!(codec::encode(&common::block().header).len(), 307);
    assert_eq!(PublicKey::ENCODED_BYTES, 33);
}

#[test]
fn domains_are_as_tabled() {
    let page = Page::read();
    let rows = page.table("domain");
    for number in 0..=u8::MAX {
        let tabled = rows
            .iter()
            .find(|row| page::number(&row[1]) == usize::from(number));
        let known = Domain::from_number(number).map(|domain| format!("{domain:?}"));
        assert_eq!(tabled.map(|row| row[0].clone()), known, "domain {number}");
        if let Some(domain) = Domain::from_number(number) {
            assert_eq!(
                domain.is_witness(),
                (16..32).contains(&number),
                "domain {number}"
            );
        }
    }
}

#[test]
fn prefixes_of_keys_are_as_tabled() {
    let kinds = [
        KeyKind::Organisation,
        KeyKind::Validator,
        KeyKind::Peer,
        KeyKind::Device,
        KeyKind::Token,
        KeyKind::Hold,
        KeyKind::Any,
    ];
    let rows = Page::read().table("key of");
    assert_eq!(rows.len(), kinds.len());
    for (row, kind) in rows.iter().zip(kinds) {
        assert_eq!(
            (&*row[1], &*row[2]),
            (kind.public_prefix(), kind.secret_prefix())
        );
    }
}

/// Names and values of limits, as the compiler sees them.
macro_rules! limits {
    ($($name:ident)*) => { [$((stringify!($name), limits::$name as usize)),*] };
}

#[test]
fn limits_are_as_tabled_and_none_is_left_out() {
    let known = limits! {
        TRANSACTION_BYTES_MAX DEPLOY_BYTES_MAX CALLS_MAX WITNESSES_MAX STATEMENT_BYTES_MAX
        VALID_UNTIL_AHEAD_MS_MAX SEQUENCE_WINDOW REFUSAL_DETAIL_BYTES_MAX EVENT_BYTES_MAX EVENTS_MAX
        OUTPUT_BYTES_MAX RECEIPT_BYTES_MAX BLOCK_BYTES_MAX BLOCK_TRANSACTIONS_MAX VALIDATORS_MAX
        HEADER_BYTES_MAX CERTIFICATE_BYTES_MAX GENESIS_BYTES_MAX PROOF_BYTES_MAX LIGHT_BLOCK_BYTES_MAX
        CHECKPOINT_BYTES_MAX STATE_KEY_BYTES_MAX STATE_VALUE_BYTES_MAX CODE_BYTES_MAX
    };
    let tabled: Vec<(String, usize)> = Page::read()
        .table("limit")
        .into_iter()
        .map(|row| (row[0].clone(), page::number(&row[1])))
        .collect();
    let expected: Vec<(String, usize)> = known
        .iter()
        .map(|(name, value)| ((*name).to_owned(), *value))
        .collect();
    assert_eq!(tabled, expected);
    let source = include_str!("../src/limits.rs");
    let declared = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split(':').next());
    assert_eq!(declared.collect::<Vec<_>>(), known.map(|(name, _)| name));
}

#[test]
fn points_of_small_order_are_as_listed() {
    let listed: Vec<[u8; 32]> = page::TEXT
        .lines()
        .filter(|line| line.len() == 64)
        .map(|line| {
            hex::decode(line)
                .expect("hex")
                .try_into()
                .expect("32 bytes")
        })
        .collect();
    assert_eq!(listed.len(), 5);
    for mut point in listed {
        assert_eq!(
            PublicKey::from_ed25519(point),
            Err(key::KeyError::SmallOrder)
        );
        point[31] |= 0x80;
        assert_eq!(
            PublicKey::from_ed25519(point),
            Err(key::KeyError::SmallOrder)
        );
    }
}

#[test]
fn the_worked_example_is_the_golden_vector() {
    let page = Page::read();
    let bytes = golden("signed_transaction");
    let fields = page
        .decode("SignedTransaction", &bytes)
        .expect("decoded above too");
    let expected: Vec<String> = fields
        .iter()
        .map(|field| format!("| `{}` | `{}` |", field.path, hex::encode(&field.bytes)))
        .collect();
    let after = page::TEXT
        .split("## A worked example")
        .nth(1)
        .expect("the section exists");
    let rows = after.lines().skip_while(|line| !line.starts_with("| ---"));
    let rows: Vec<&str> = rows
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert_eq!(rows.len(), expected.len());
    for (row, expected) in rows.iter().zip(&expected) {
        assert!(row.starts_with(expected), "should be: {expected}");
    }
}

#[test]
fn what_the_device_signs_in_the_example_is_what_the_code_signs() {
    let page = Page::read();
    let parts: Vec<String> = page
        .table("part")
        .into_iter()
        .map(|row| row[1].clone())
        .collect();
    let signed = hex::decode(parts.concat()).expect("hex");
    let transaction = common::transaction();
    let hash = transaction.hash();
    assert_eq!(golden("transaction_hash"), hash.as_bytes());
    assert_eq!(
        signed,
        signed_bytes(Domain::Transaction, &common::chain(), hash.as_bytes())
    );
    let body_bytes = golden("signed_transaction").len() - 64 - 4 - 64;
    assert_eq!(Hash::of(&golden("signed_transaction")[..body_bytes]), hash);
    assert!(crypto::verify(
        &transaction.body.device,
        &signed,
        &transaction.device_signature
    ));
}

#[test]
fn hashes_of_sets_and_chains_are_made_as_described() {
    let of = |prefix: &[u8], bytes: &[u8]| Hash::of(&[prefix, bytes].concat());
    assert_eq!(
        common::validators().hash(),
        of(b"senim/validators", &golden("validator_set"))
    );
    assert_eq!(common::chain().0, of(b"senim/genesis", &golden("genesis")));
    assert_eq!(
        Hash::of(&golden("header")).as_bytes()[..],
        golden("header_hash")
    );
    // One transaction: the leaf is the top.
    let leaf = of(&[0], &golden("signed_transaction"));
    let root = Hash::of(&[&[2, 1, 0, 0, 0], &leaf.as_bytes()[..]].concat());
    assert_eq!(common::block().header.transactions_root, root);
}

/// The page's words on a checkpoint's lines, done by hand over the golden note.
#[test]
fn a_checkpoint_is_made_as_described() {
    use base64ct::{Base64, Encoding};
    use sha2::Digest;
    let text = String::from_utf8(golden("checkpoint")).expect("a note is text");
    let (body, signatures) = text.split_once("\n\n").expect("a blank line");
    let chain = hex::encode(golden("chain_id"));
    let origin = format!("senim/{chain}");
    let root = Base64::encode_string(common::log_header().log_root.as_bytes());
    assert_eq!(body, format!("{origin}\n1\n{root}"));
    let key_id = |name: &str, kind: &[u8], key: &[u8]| {
        sha2::Sha256::digest([name.as_bytes(), b"\n", kind, key].concat())[..4].to_vec()
    };
    let parts: Vec<(&str, Vec<u8>)> = signatures
        .lines()
        .map(|line| {
            let (name, base64) = line
                .strip_prefix("\u{2014} ")
                .and_then(|line| line.split_once(' '))
                .expect("a signature line");
            (name, Base64::decode_vec(base64).expect("base64"))
        })
        .collect();
    let [(log, certificate), (cosigner, cosignature)] = &parts[..] else {
        panic!("two lines");
    };
    let id = key_id(
        &origin,
        b"\xffsenim/commit-certificate/v1",
        &golden("chain_id"),
    );
    assert_eq!(*log, origin);
    assert_eq!(certificate[..4], id);
    let light = golden("light_block");
    assert_eq!(certificate[4..], light[..certificate.len() - 4]);
    let key = common::secret(1).public();
    assert_eq!(*cosigner, format!("{origin}/{}", hex::encode(key.point())));
    assert_eq!(cosignature[..4], key_id(cosigner, &[4], key.point()));
    assert_eq!(cosignature[4..12], 1_760_000_001u64.to_be_bytes());
    let signed = format!("cosignature/v1\ntime 1760000001\n{body}\n");
    let signature = Signature(cosignature[12..].try_into().expect("64 bytes"));
    assert!(crypto::verify(&key, signed.as_bytes(), &signature));
}
