//! What is sealed opens for whom it is meant, and for nobody else.

use super::*;
use proptest::prelude::*;
use senim_types::Hash;

fn chain(n: u8) -> ChainId {
    ChainId(Hash([n; 32]))
}

fn order() -> SealedOrder {
    SealedOrder {
        message: b"{\"message\":1}".to_vec(),
        items: (0..4u8).map(|item| vec![item; 10]).collect(),
    }
}

/// A sealed object of four items, the second in two parts, and the wallet that it is for.
fn sealed() -> (SealedObject, OpeningKey) {
    let wallet = OpeningKey::from_seed(&[7; 32]);
    let bytes =
        seal(&order(), &[0, 1, 1, 2, 3], &chain(1), &[wallet.public()]).expect("it is small");
    (
        SealedObject::decode(&bytes).expect("it was just made"),
        wallet,
    )
}

fn code<T>(result: Result<T>) -> Code {
    result.err().expect("it has to fail").code
}

#[test]
fn the_wallet_opens_each_item() {
    let (object, wallet) = sealed();
    let key = object
        .unwrap_key(&chain(1), &wallet)
        .expect("it is for this wallet");
    for (index, request) in [0u8, 1, 1, 2, 3].into_iter().enumerate() {
        let plain = key.open_item(&object, &chain(1), index).expect("an item");
        assert_eq!(*plain, vec![request; 10]);
    }
    assert_eq!(
        code(key.open_item(&object, &chain(1), 5)),
        Code::SEALED_NOT_OPENED
    );
}

#[test]
fn another_wallet_or_chain_opens_nothing() {
    let (object, wallet) = sealed();
    let other = OpeningKey::from_seed(&[8; 32]);
    assert_eq!(
        code(object.unwrap_key(&chain(1), &other)),
        Code::SEALED_NOT_OPENED
    );
    assert_eq!(
        code(object.unwrap_key(&chain(2), &wallet)),
        Code::SEALED_NOT_OPENED
    );
    let key = object
        .unwrap_key(&chain(1), &wallet)
        .expect("it is for this wallet");
    assert_eq!(
        code(key.open_item(&object, &chain(2), 0)),
        Code::SEALED_NOT_OPENED
    );
}

#[test]
fn a_qr_for_one_item_opens_that_item_and_no_other() {
    let (object, wallet) = sealed();
    let key = object
        .unwrap_key(&chain(1), &wallet)
        .expect("it is for this wallet");
    let handed = key.hand_over(ItemMask(0b01000), 5).expect("one item");
    let handed = ItemKeys::of_qr(&handed, ItemMask::first(5)).expect("it was just made");
    assert_eq!(handed.items(), ItemMask(0b01000));
    let opened = |index| {
        object
            .open_item(&chain(1), &handed, index)
            .expect("no damage")
    };
    assert_eq!(opened(3).as_deref(), Some(&vec![2; 10]));
    for index in [0, 1, 2, 4] {
        assert!(opened(index).is_none(), "item {index}");
    }
}

#[test]
fn a_qr_for_all_items_opens_all_and_one_for_too_many_is_not_made() {
    let (object, wallet) = sealed();
    let key = object
        .unwrap_key(&chain(1), &wallet)
        .expect("it is for this wallet");
    let handed = key.hand_over(ItemMask::first(5), 5).expect("all items");
    let chosen = ItemKeys::of_qr(&handed, ItemMask(0b00110)).expect("it was just made");
    assert_eq!(
        chosen.items(),
        ItemMask(0b00110),
        "of all, what is held is kept"
    );
    let handed = ItemKeys::of_qr(&handed, ItemMask::first(5)).expect("it was just made");
    for index in 0..5 {
        assert!(
            object
                .open_item(&chain(1), &handed, index)
                .expect("no damage")
                .is_some()
        );
    }
    let largest = key.hand_over(ItemMask(0b10101), 5).expect("three items");
    assert!(largest.as_bytes().len() <= senim_codes::live_qr::CONTENT_KEY_BYTES_MAX);
    assert_eq!(code(key.hand_over(ItemMask(0b01111), 5)), Code::BAD_USAGE);
}

#[test]
fn wallet_card_and_paper_open_the_same_and_there_are_no_more_of_them() {
    let keys = [7, 8, 9].map(|seed| OpeningKey::from_seed(&[seed; 32]));
    let public: Vec<[u8; 32]> = keys.iter().map(OpeningKey::public).collect();
    let bytes = seal(&order(), &[0, 1, 2, 3], &chain(1), &public).expect("it is small");
    let object = SealedObject::decode(&bytes).expect("it was just made");
    for key in &keys {
        let content = object.unwrap_key(&chain(1), key).expect("it is for this");
        let opened = ItemKeys::of_content(&content, ItemMask(0b100));
        let plain = object.open_item(&chain(1), &opened, 2).expect("no damage");
        assert_eq!(plain.as_deref(), Some(&vec![2; 10]));
        assert!(
            object
                .open_item(&chain(1), &opened, 1)
                .expect("no damage")
                .is_none()
        );
    }
    let more = [public, vec![[9; 32]]].concat();
    let bytes = seal(&order(), &[0], &chain(1), &more).expect("it is small");
    assert_eq!(code(SealedObject::decode(&bytes)), Code::SEALED_NOT_OPENED);
}

#[test]
fn the_keys_of_items_are_joined_kept_and_forgotten() {
    let (object, wallet) = sealed();
    let key = object
        .unwrap_key(&chain(1), &wallet)
        .expect("it is for this wallet");
    let first = ItemKeys::of_content(&key, ItemMask(0b00011));
    let both = first.and(&ItemKeys::of_content(&key, ItemMask(0b10010)));
    assert_eq!(both.items(), ItemMask(0b10011));
    let read = ItemKeys::decode(&both.encode()).expect("it was just made");
    let plain = object.open_item(&chain(1), &read, 4).expect("no damage");
    assert_eq!(plain.as_deref(), Some(&vec![3; 10]));
    assert_eq!(read.without(ItemMask(0b00001)).items(), ItemMask(0b10010));
}

#[test]
fn no_two_seals_of_one_message_look_alike() {
    let wallet = OpeningKey::from_seed(&[7; 32]);
    let seal =
        || seal(&order(), &[0, 1, 2, 3], &chain(1), &[wallet.public()]).expect("it is small");
    assert_ne!(seal(), seal());
}

#[test]
fn a_message_that_is_too_large_is_refused() {
    let order = SealedOrder {
        message: vec![0; SEALED_BYTES_MAX],
        items: Vec::new(),
    };
    let wallet = OpeningKey::from_seed(&[7; 32]).public();
    assert_eq!(
        code(seal(&order, &[], &chain(1), &[wallet])),
        Code::TOO_LARGE
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_flipped_bit_is_noticed_by_whoever_opens_it(place in 0usize..4096, bit in 0u8..8) {
        let wallet = OpeningKey::from_seed(&[7; 32]);
        let mut bytes = seal(&order(), &[0, 1, 2, 3], &chain(1), &[wallet.public()]).expect("it is small");
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        let opens = SealedObject::decode(&bytes).is_ok_and(|object| {
            let SealedObject::V1 { message, .. } = &object;
            object.unwrap_key(&chain(1), &wallet).is_ok_and(|key| {
                let message = key.part(MESSAGE_PART).open(&chain(1), MESSAGE_PART, message);
                message.is_ok() && (0..4).all(|index| key.open_item(&object, &chain(1), index).is_ok())
            })
        });
        prop_assert!(!opens, "byte {place}");
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = SealedObject::decode(&bytes);
        let _ = ItemKeys::decode(&bytes);
        if let Some(Ok(keys)) = QrContentKey::new(bytes).map(|key| ItemKeys::of_qr(&key, ItemMask(u16::MAX))) {
            let _ = sealed().0.open_item(&chain(1), &keys, 0);
        }
    }
}

#[test]
fn what_is_shared_opens_for_the_wallet_that_it_was_shared_with_and_in_a_qr_only_what_is_chosen() {
    let (object, wallet) = sealed();
    let key = object
        .unwrap_key(&chain(1), &wallet)
        .expect("it is for this wallet");
    let daughter = OpeningKey::from_seed(&[9; 32]);
    for (shared, chosen, opens) in [
        (0b00011, 0b00010, 0b00010),
        (0b00011, 0b00100, 0),
        (0b11111, 0b00110, 0b00110),
        (0b11111, 0b11111, 0b11111),
    ] {
        let handed = key.hand_over(ItemMask(shared), 5).expect("few items");
        let bytes = seal_shared(&handed, &chain(1), &daughter.public()).expect("a key");
        assert!(bytes.len() <= SHARED_BYTES_MAX);
        let opened = open_shared(&bytes, &chain(1), &daughter).expect("it is for this wallet");
        let qr = narrowed(&opened, ItemMask(chosen), 5).expect("few items");
        let keys = ItemKeys::of_qr(&qr, ItemMask::first(5)).expect("it was just made");
        assert_eq!(keys.items(), ItemMask(opens));

        let mut changed = bytes.clone();
        changed[40] ^= 1;
        for (bytes, of, opening) in [
            (&bytes[..], 1, &wallet),
            (&bytes[..], 2, &daughter),
            (&changed[..], 1, &daughter),
            (&bytes[..31], 1, &daughter),
        ] {
            let refused = open_shared(bytes, &chain(of), opening);
            assert_eq!(code(refused), Code::SEALED_NOT_OPENED);
        }
    }
}
