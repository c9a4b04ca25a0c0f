//! The text of a code that carries a secret: a prefix that names the system and the kind, base45 (RFC 9285) of a version
//! byte and the borsh encoding, and `.`, all in QR's alphanumeric mode. The full stop at the end keeps programs that trim
//! lines from eating a final space, which base45 may end with.

use crate::live_qr::LiveQrError;
use borsh::{BorshDeserialize, BorshSerialize};
use zeroize::Zeroizing;

/// At the end of the text.
const END: char = '.';
/// Characters of the text. A QR code of 900 alphanumeric characters can still be scanned from a telephone.
pub const TEXT_LENGTH_MAX: usize = 900;
/// The only version so far.
pub const VERSION: u8 = 1;

/// The text of a value. A secret.
pub fn to_text<T: BorshSerialize>(prefix: &str, value: &T) -> Zeroizing<String> {
    let bytes = encoded(value);
    let payload = Zeroizing::new(base45::encode(bytes.as_slice()));
    Zeroizing::new([prefix, payload.as_str(), "."].concat())
}

/// Reads a text; white space around it is dropped. Limits come before decoding, and only the text that [`to_text`] writes
/// for the same value is accepted.
pub fn from_text<T: BorshSerialize + BorshDeserialize>(
    prefix: &str,
    text: &str,
) -> Result<T, LiveQrError> {
    let text = text.trim();
    let payload = text.strip_prefix(prefix).ok_or(LiveQrError::Prefix)?;
    if text.len() > TEXT_LENGTH_MAX {
        return Err(LiveQrError::TooLong);
    }
    let payload = payload.strip_suffix(END).ok_or(LiveQrError::Malformed)?;
    let bytes = Zeroizing::new(base45::decode(payload).map_err(|_| LiveQrError::Malformed)?);
    // The decoder drops the high bits of an overlong last pair; only what encodes back is that text.
    if *Zeroizing::new(base45::encode(bytes.as_slice())) != payload {
        return Err(LiveQrError::Malformed);
    }
    let (version, body) = bytes.split_first().ok_or(LiveQrError::Malformed)?;
    if *version != VERSION {
        return Err(LiveQrError::Version { version: *version });
    }
    let value = T::try_from_slice(body).map_err(|_| LiveQrError::Malformed)?;
    if *encoded(&value) != *bytes {
        return Err(LiveQrError::Malformed);
    }
    Ok(value)
}

/// Version byte and borsh. Not `codec::encode`, which would leave a copy of the secrets in freed memory.
pub(crate) fn encoded<T: BorshSerialize>(value: &T) -> Zeroizing<Vec<u8>> {
    // Enough that writing never moves the buffer.
    let mut bytes = Zeroizing::new(Vec::with_capacity(TEXT_LENGTH_MAX));
    bytes.push(VERSION);
    value
        .serialize(&mut *bytes)
        .expect("writing to memory cannot fail");
    bytes
}
