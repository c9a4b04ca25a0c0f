use super::*;
use senim_types::{Hash, OrgId};

const CHAIN: ChainId = ChainId(Hash([1; 32]));
const VOUCHER: VoucherId = VoucherId(Hash([2; 32]));
const NOW: TimeMs = TimeMs(1_800_000_000_000);

fn later(ms: u64) -> TimeMs {
    TimeMs(NOW.0 + ms)
}

fn holder() -> SecretKey {
    SecretKey::from_seed(&[3; 32])
}

fn live() -> LiveVoucher {
    LiveVoucher::issue((CHAIN, VOUCHER), (NOW, later(60_000)), &holder(), &[4; 32]).expect("sound")
}

fn statement(code: &VoucherCode) -> UseStatement {
    UseStatement {
        voucher: VOUCHER,
        org: OrgId(50),
        device: SecretKey::from_seed(&[5; 32]).public(),
        at: code.at(later(5)),
        lines: Hash([6; 32]),
    }
}

#[test]
fn a_live_qr_is_read_back_and_proves_who_made_it() {
    let text = live().to_text();
    assert!(text.starts_with(LIVE_PREFIX));
    let code = VoucherCode::from_text(&text).expect("what was written is read");
    assert_eq!(code, VoucherCode::Live(live()));
    assert_eq!((code.voucher(), code.at(later(5))), (VOUCHER, NOW));
    assert_eq!(code.check(&CHAIN, later(59_999)), Ok(()));
    let (proof, witnesses) = code.prove(&statement(&code));
    let Proof::LiveQr(qr) = proof else {
        panic!("a live QR is one: {proof:?}");
    };
    assert_eq!(qr, live().statement());
    let keys: Vec<PublicKey> = witnesses
        .iter()
        .map(|(statement, _)| statement.key)
        .collect();
    assert_eq!(keys, [holder().public(), qr.ephemeral]);
    for (statement, signature) in &witnesses {
        let signed = signed_bytes(statement.domain, &CHAIN, &statement.message);
        assert!(crypto::verify(&statement.key, &signed, signature));
    }
}

#[test]
fn a_live_qr_that_is_worth_nothing_is_told_before_it_is_sent() {
    let code = VoucherCode::Live(live());
    let other = ChainId(Hash([9; 32]));
    assert_eq!(code.check(&other, NOW), Err(LiveQrError::WrongChain));
    assert_eq!(code.check(&CHAIN, later(60_000)), Err(LiveQrError::Expired));
    let mut forged = live();
    forged.expires_at = later(600_000);
    let forged = VoucherCode::Live(forged);
    assert_eq!(forged.check(&CHAIN, NOW), Err(LiveQrError::NotSigned));
    let ended = LiveVoucher::issue((CHAIN, VOUCHER), (NOW, NOW), &holder(), &[4; 32]);
    assert_eq!(ended, Err(LiveQrError::Window));
}

#[test]
fn a_printed_code_is_the_delegates_key_and_signs_each_use_anew() {
    let printed = PrintedVoucher::new(CHAIN, VOUCHER, &[7; 32]);
    let text = printed.to_text();
    assert!(text.starts_with(PRINTED_PREFIX));
    let code = VoucherCode::from_text(&text).expect("what was written is read");
    assert_eq!(code, VoucherCode::Printed(printed.clone()));
    assert_eq!(code.check(&CHAIN, later(99_999_999)), Ok(()));
    let (proof, witnesses) = code.prove(&statement(&code));
    assert_eq!(proof, Proof::Code { at: later(5) });
    assert_eq!(witnesses.len(), 1);
    assert_eq!(witnesses[0].0.key, printed.key().public());
}

#[test]
fn nothing_else_is_a_voucher() {
    for text in [
        "",
        "SENIM1:ABC.",
        "SENIMV1:ABC",
        "SENIMC1:.",
        "SENIMV1:A A.",
    ] {
        assert!(VoucherCode::from_text(text).is_err(), "{text}");
    }
    let text = live().to_text();
    assert!(VoucherCode::from_text(&text[..text.len() - 3]).is_err());
    assert!(format!("{:?}", live()).len() < 300, "no secret is told");
}
