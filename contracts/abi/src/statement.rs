//! What is signed outside a transaction's body, and travels as its witness.

/// Says under which domain a type is signed: its witness statement, and the message in it, which is its borsh encoding.
macro_rules! statement {
    ($type:ty, $domain:ident) => {
        impl $type {
            /// The witness statement that says this, by `key`.
            pub fn by(&self, key: senim_types::PublicKey) -> senim_types::Statement {
                senim_types::Statement {
                    key,
                    domain: senim_types::Domain::$domain,
                    message: self.message(),
                }
            }

            /// The message that is signed under the statement's domain.
            pub fn message(&self) -> alloc::vec::Vec<u8> {
                senim_types::codec::encode(self)
            }
        }
    };
}

pub(crate) use statement;
