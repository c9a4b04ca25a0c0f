use proptest::prelude::*;
use senim_types::Hash;

use super::*;

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

const CHAIN: ChainId = ChainId(Hash([7; 32]));
const SEED: [u8; 32] = [0x5A; 32];

fn request() -> QrRequest {
    QrRequest {
        chain: CHAIN,
        group: GroupId(Hash([1; 32])),
        items: ItemMask::first(3),
        issued_at: TimeMs(1_000_000),
        expires_at: TimeMs(1_060_000),
    }
}

fn live_qr() -> LiveQr {
    let content_key = ContentKey::new(vec![9; 32]);
    LiveQr::issue(request(), &key(1), &SEED, content_key).expect("sound")
}

fn code(result: Result<impl Sized, LiveQrError>) -> Option<Code> {
    result.err().map(LiveQrError::code)
}

#[test]
fn a_pharmacy_reads_what_the_wallet_wrote() {
    let qr = live_qr();
    let text = qr.to_text();
    let read = LiveQr::from_text(&text).expect("just written");
    assert_eq!(read, qr);
    assert_eq!(read.check(&CHAIN, TimeMs(1_059_999)), Ok(()));
    assert_eq!(read.statement().ephemeral, read.ephemeral().public());
    assert_eq!(read.holder(), key(1).public());
    assert_eq!(
        read.content_key().map(ContentKey::as_bytes),
        Some([9; 32].as_slice())
    );
    // A program that ends the line differently changes nothing.
    assert_eq!(LiveQr::from_text(&format!(" {}\r\n", *text)), Ok(qr));
}

#[test]
fn the_text_is_all_of_the_alphanumeric_mode_and_not_too_dense() {
    let largest = LiveQr::issue(request(), &key(1), &SEED, ContentKey::new(vec![9; 128]));
    let text = largest.expect("sound").to_text();
    let alphanumeric =
        |c: char| c.is_ascii_digit() || c.is_ascii_uppercase() || " $%*+-./:".contains(c);
    assert!(text.chars().all(alphanumeric));
    assert!(text.len() <= TEXT_LENGTH_MAX, "{}", text.len());
}

#[test]
fn what_a_wallet_may_not_show_is_not_made() {
    let issue = |request| code(LiveQr::issue(request, &key(1), &SEED, None));
    let request = request();
    assert_eq!(issue(request), None);
    assert_eq!(
        issue(QrRequest {
            items: ItemMask::NONE,
            ..request
        }),
        Some(Code::LIVE_QR_NO_ITEMS)
    );
    let at_once = QrRequest {
        expires_at: request.issued_at,
        ..request
    };
    assert_eq!(issue(at_once), Some(Code::QR_WINDOW));
    assert_eq!(ContentKey::new(vec![]), None);
    assert_eq!(ContentKey::new(vec![0; CONTENT_KEY_BYTES_MAX + 1]), None);
}

#[test]
fn a_terminal_refuses_before_it_sends() {
    let qr = live_qr();
    let now = TimeMs(1_030_000);
    let other_chain = ChainId(Hash([8; 32]));
    assert_eq!(code(qr.check(&other_chain, now)), Some(Code::WRONG_CHAIN));
    assert_eq!(
        code(qr.check(&CHAIN, TimeMs(1_060_000))),
        Some(Code::QR_EXPIRED)
    );

    let forgeries: [fn(&mut LiveQr); 7] = [
        |qr| qr.group = GroupId(Hash([2; 32])),
        |qr| qr.items = ItemMask::first(4),
        |qr| qr.issued_at = TimeMs(1_000_001),
        |qr| qr.expires_at = TimeMs(1_070_000),
        |qr| qr.holder = key(2).public(),
        |qr| qr.ephemeral_seed = Seed([0x5B; 32]),
        |qr| qr.signature.0[0] ^= 1,
    ];
    for (number, forge) in forgeries.into_iter().enumerate() {
        let mut forged = live_qr();
        forge(&mut forged);
        assert_eq!(
            code(forged.check(&CHAIN, now)),
            Some(Code::QR_NOT_SIGNED),
            "forgery {number}"
        );
    }
    // A signature for another chain says nothing here.
    let mut moved = LiveQr::issue(
        QrRequest {
            chain: other_chain,
            ..request()
        },
        &key(1),
        &SEED,
        None,
    )
    .expect("sound");
    moved.chain = CHAIN;
    assert_eq!(code(moved.check(&CHAIN, now)), Some(Code::QR_NOT_SIGNED));
}

#[test]
fn unsound_text_is_refused_with_its_code() {
    let sound = live_qr().to_text();
    let with_bytes = |change: fn(&mut Vec<u8>)| {
        let mut bytes = envelope::encoded(&live_qr()).to_vec();
        change(&mut bytes);
        format!("{PREFIX}{}.", base45::encode(bytes))
    };
    let table = [
        (Code::LIVE_QR_PREFIX, String::new()),
        (Code::LIVE_QR_PREFIX, "https://example.com".to_owned()),
        (Code::LIVE_QR_PREFIX, sound.replace("SENIM1:", "SENIM2:")),
        (Code::LIVE_QR_PREFIX, sound.to_lowercase()),
        (
            Code::LIVE_QR_TOO_LONG,
            format!("{PREFIX}{}.", "0".repeat(TEXT_LENGTH_MAX)),
        ),
        (Code::LIVE_QR_MALFORMED, PREFIX.to_owned()),
        (Code::LIVE_QR_MALFORMED, format!("{PREFIX}.")),
        (
            Code::LIVE_QR_MALFORMED,
            sound.trim_end_matches('.').to_owned(),
        ),
        (Code::LIVE_QR_MALFORMED, format!("{PREFIX}0.")),
        (Code::LIVE_QR_MALFORMED, format!("{PREFIX}aaa.")),
        // Above 65,535 in three characters, above 255 in two.
        (Code::LIVE_QR_MALFORMED, format!("{PREFIX}:::.")),
        (Code::LIVE_QR_MALFORMED, format!("{PREFIX}::.")),
        (Code::LIVE_QR_VERSION, with_bytes(|bytes| bytes[0] = 2)),
        (Code::LIVE_QR_MALFORMED, with_bytes(|bytes| bytes.push(0))),
        (
            Code::LIVE_QR_MALFORMED,
            with_bytes(|bytes| bytes.truncate(100)),
        ),
        (
            Code::LIVE_QR_MALFORMED,
            with_bytes(|bytes| bytes.truncate(1)),
        ),
        (
            Code::LIVE_QR_NO_ITEMS,
            with_bytes(|bytes| bytes[65..67].fill(0)),
        ),
        (Code::QR_WINDOW, with_bytes(|bytes| bytes[75..83].fill(0))),
        // A content key that claims four thousand million bytes.
        (
            Code::LIVE_QR_MALFORMED,
            with_bytes(|bytes| {
                let length = bytes.len() - 32 - 4;
                bytes[length..length + 4].fill(0xFF);
            }),
        ),
    ];
    for (code, text) in table {
        match LiveQr::from_text(&text) {
            Err(error) => assert_eq!(error.code(), code, "{text}"),
            Ok(_) => panic!("{text} was read"),
        }
    }
}

#[test]
fn debug_output_keeps_the_secrets() {
    let shown = format!("{:?}", live_qr());
    assert!(shown.contains("LiveQr") && shown.contains("holder"));
    // The seed is all 0x5A (90), the content key all 9.
    assert!(!shown.contains("5a5a") && !shown.contains("90, 90") && !shown.contains("9, 9"));
    assert_eq!(
        format!("{:?}", ContentKey::new(vec![9; 4])),
        "Some(ContentKey(…))"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), alphanumeric in "[0-9A-Z $%*+./:-]{0,600}") {
        let _ = LiveQr::from_text(&text);
        let _ = LiveQr::from_text(&format!("{PREFIX}{alphanumeric}."));
    }

    #[test]
    fn what_is_issued_reads_back(
        group in any::<[u8; 32]>(), items in 1u16.., issued_at in 0u64..u64::MAX / 2, lasts in 1u64..100_000,
        seed in any::<[u8; 32]>(), content in proptest::option::of(proptest::collection::vec(any::<u8>(), 1..=128)),
    ) {
        let request = QrRequest {
            chain: CHAIN,
            group: GroupId(Hash(group)),
            items: ItemMask(items),
            issued_at: TimeMs(issued_at),
            expires_at: TimeMs(issued_at + lasts),
        };
        let qr = LiveQr::issue(request, &key(3), &seed, content.and_then(ContentKey::new)).expect("sound");
        let read = LiveQr::from_text(&qr.to_text()).expect("just written");
        prop_assert_eq!(read.check(&CHAIN, TimeMs(issued_at)), Ok(()));
        prop_assert_eq!(read, qr);
    }

    /// Chain and statement are under the signature; the content key is not, and proves itself when
    /// it opens the encrypted part.
    #[test]
    fn a_changed_character_never_gives_another_statement_that_holds(place in 0usize..300, change in 1u8..44) {
        let text = live_qr().to_text();
        let mut symbols = text.as_bytes().to_vec();
        let place = PREFIX.len() + place % (symbols.len() - PREFIX.len() - 1);
        let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
        let index = alphabet.iter().position(|symbol| *symbol == symbols[place]).expect("base45");
        symbols[place] = alphabet[(index + usize::from(change)) % alphabet.len()];
        let changed = String::from_utf8(symbols).expect("ASCII");
        if let Ok(read) = LiveQr::from_text(&changed) && read.check(&CHAIN, TimeMs(1_000_000)).is_ok() {
            let original = live_qr();
            prop_assert_eq!(read.statement(), original.statement());
            prop_assert_ne!(read.content_key(), original.content_key());
        }
    }
}
