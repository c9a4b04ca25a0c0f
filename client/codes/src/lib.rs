//! What is printed and scanned: GS1 element strings, QR and DataMatrix images, national identifiers, the wallet's
//! live QR, the codes of vouchers. Bytes and pixels in, values out; no clock, no files, no network.
//! `docs/codes.md` says what is read and what is refused.

#![forbid(unsafe_code)]

pub mod envelope;
pub mod gs1;
pub mod image;
pub mod live_qr;
pub mod national_id;
pub mod scan;
pub mod symbol;
pub mod voucher_code;
