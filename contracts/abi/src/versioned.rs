//! Records that carry their version: the first byte of a stored value.

/// Declares a stored form of a record: an enum whose variants are its versions. A record is read in whatever version it
/// was written, and written in the newest; that is how state is upgraded, one record at a time.
macro_rules! versioned {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
        #[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
        pub enum $name {
            /// Version 1.
            V1($inner),
        }

        impl $name {
            /// The newest form of the record.
            pub fn into_current(self) -> $inner {
                let $name::V1(record) = self;
                record
            }
        }

        impl From<$inner> for $name {
            fn from(record: $inner) -> $name {
                $name::V1(record)
            }
        }
    };
}

pub(crate) use versioned;
