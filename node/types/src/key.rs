//! Public keys and signatures as parsed types.

use borsh::io::{Error, ErrorKind, Read, Result, Write};
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;

/// Scheme byte of Ed25519 with ZIP-215 validity. Other values are room for a national or a
/// post-quantum scheme.
pub const SCHEME_ED25519: u8 = 1;

/// A public key: canonical and not of small order, or it does not exist as this type.
///
/// Encoded in 33 bytes: scheme byte (1 = Ed25519), then the compressed point. That the point lies
/// on the curve is found out when a signature is verified, since it costs a square root.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

/// Why 32 bytes are not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The y coordinate is not reduced modulo 2^255 - 19: the same point has another encoding.
    NotCanonical,
    /// A point of the eight-element torsion group: anybody can sign for it.
    SmallOrder,
}

impl KeyError {
    /// The stable code of this error.
    pub const fn code(self) -> crate::Code {
        match self {
            KeyError::NotCanonical => crate::Code::KEY_NOT_CANONICAL,
            KeyError::SmallOrder => crate::Code::KEY_SMALL_ORDER,
        }
    }

    /// What a decoder says of it: the only thing that comes through borsh's errors.
    const fn text(self) -> &'static str {
        match self {
            KeyError::NotCanonical => "a public key that is not canonical",
            KeyError::SmallOrder => "a public key of small order",
        }
    }

    /// The key error that ended a decoding, if it was one.
    pub fn of(error: &Error) -> Option<KeyError> {
        let text = alloc::string::ToString::to_string(error);
        let mut known = [KeyError::NotCanonical, KeyError::SmallOrder].into_iter();
        known.find(|known| known.text() == text)
    }
}

/// The y coordinates of the eight points of small order (the two signs of x share one), canonical.
const SMALL_ORDER_Y: [[u8; 32]; 5] = [
    // y = 0, order 4
    [0; 32],
    // y = 1, the identity
    [
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0,
    ],
    // y = -1, order 2
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x7f,
    ],
    // order 8
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    // order 8
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

impl PublicKey {
    /// Bytes of an encoded key: scheme and point.
    pub const ENCODED_BYTES: usize = 33;

    /// A key from the 32 bytes of a compressed Ed25519 point.
    pub fn from_ed25519(bytes: [u8; 32]) -> core::result::Result<PublicKey, KeyError> {
        let mut y = bytes;
        y[31] &= 0x7f;
        let top_is_full = y[31] == 0x7f && y[1..31].iter().all(|byte| *byte == 0xff);
        if top_is_full && y[0] >= 0xed {
            return Err(KeyError::NotCanonical);
        }
        if SMALL_ORDER_Y.contains(&y) {
            return Err(KeyError::SmallOrder);
        }
        Ok(PublicKey(bytes))
    }

    /// The compressed point.
    pub const fn point(&self) -> &[u8; 32] {
        &self.0
    }

    /// Scheme byte and point: what is signed over, stored in keys and compared.
    pub fn encoded(&self) -> [u8; PublicKey::ENCODED_BYTES] {
        let mut bytes = [SCHEME_ED25519; PublicKey::ENCODED_BYTES];
        bytes[1..].copy_from_slice(&self.0);
        bytes
    }
}

impl BorshSerialize for PublicKey {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        writer.write_all(&self.encoded())
    }
}

impl BorshDeserialize for PublicKey {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        let scheme = u8::deserialize_reader(reader)?;
        let point = <[u8; 32]>::deserialize_reader(reader)?;
        if scheme != SCHEME_ED25519 {
            return Err(Error::new(ErrorKind::InvalidData, "unknown key scheme"));
        }
        PublicKey::from_ed25519(point)
            .map_err(|error| Error::new(ErrorKind::InvalidData, error.text()))
    }
}

/// Scheme byte and point, as encoded.
#[cfg(feature = "schema")]
impl borsh::BorshSchema for PublicKey {
    fn declaration() -> borsh::schema::Declaration {
        "PublicKey".into()
    }

    fn add_definitions_recursively(
        definitions: &mut alloc::collections::BTreeMap<
            borsh::schema::Declaration,
            borsh::schema::Definition,
        >,
    ) {
        use borsh::schema::{Definition, Fields, add_definition};
        let fields = alloc::vec![
            ("scheme".into(), u8::declaration()),
            ("point".into(), <[u8; 32]>::declaration()),
        ];
        let fields = Fields::NamedFields(fields);
        add_definition(
            Self::declaration(),
            Definition::Struct { fields },
            definitions,
        );
        u8::add_definitions_recursively(definitions);
        <[u8; 32]>::add_definitions_recursively(definitions);
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .take(6)
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("…")
    }
}

/// An Ed25519 signature, R then s. Whether it is valid is another question, and ZIP-215 answers it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .take(4)
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("…")
    }
}
