//! How a contract is entered, who calls it, and how it answers.

use crate::roles::Roles;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{Code, ContractId, Hash, OrgId, PublicKey, limits};

/// Version of the interface between host and contract; the contract's export `abi_version` returns it.
pub const ABI_VERSION: u32 = 1;

/// Why a contract is entered: the first argument of its export `call`.
///
/// Only the engine itself enters a contract by [`Genesis`](Entry::Genesis), [`Migrate`](Entry::Migrate) and
/// [`Due`](Entry::Due), and always as [`Caller::Ledger`]: a device's call is an [`Execute`](Entry::Execute), and the host
/// functions `call` and `query` enter by `Execute` and [`Query`](Entry::Query). So a contract need not ask who enters so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Entry {
    /// A call by a device or another contract. The input is the contract's `Execute` message.
    Execute = 0,
    /// A read-only call: any write traps. The input is the contract's `Query` message.
    Query = 1,
    /// Once, at height 0, by the ledger. The input is the contract's `Genesis` message.
    Genesis = 2,
    /// After an upgrade of the code, by the ledger. The input is the borsh `u32` version that is left. It costs the
    /// same however much state there is: records are upgraded when they are next written.
    Migrate = 3,
    /// An entry of the due-queue, by the ledger. The input is what the contract gave to `schedule`.
    Due = 4,
}

impl Entry {
    /// The entry of this number.
    pub const fn from_number(number: u32) -> Option<Entry> {
        match number {
            0 => Some(Entry::Execute),
            1 => Some(Entry::Query),
            2 => Some(Entry::Genesis),
            3 => Some(Entry::Migrate),
            4 => Some(Entry::Due),
            _ => None,
        }
    }
}

/// Who calls, immediately. Authority is judged by this and never by who stands further back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Caller {
    /// The device of the transaction; the execution engine has checked its right to this method.
    Device,
    /// Another contract.
    Contract(ContractId),
    /// The ledger itself: genesis, migration, due-queue, and queries from outside.
    Ledger,
}

/// What a contract may know of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CallContext {
    /// Hash of the transaction's body; zero where the ledger calls.
    pub transaction: Hash,
    /// The device that signed the transaction; none where the ledger calls.
    pub device: Option<PublicKey>,
    /// The device's organisation; 0 where the ledger calls.
    pub org: OrgId,
    /// The organisation's roles; none where the ledger calls.
    pub roles: Roles,
    /// The immediate caller.
    pub caller: Caller,
    /// The contract that is called.
    pub contract: ContractId,
}

/// A contract's no: nothing that the transaction did remains but its used sequence number and its receipt.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Refusal {
    /// The stable code: its row in the table of codes says what to do.
    pub code: Code,
    /// What the code's row promises, in borsh, or nothing; at most [`Refusal::DETAIL_BYTES_MAX`].
    pub detail: Vec<u8>,
}

impl Refusal {
    /// Bytes of a detail; the host cuts off what is longer.
    pub const DETAIL_BYTES_MAX: usize = limits::REFUSAL_DETAIL_BYTES_MAX;

    /// A refusal without detail.
    pub const fn new(code: Code) -> Refusal {
        Refusal {
            code,
            detail: Vec::new(),
        }
    }

    /// A refusal with a detail, cut at the limit.
    pub fn with_detail(code: Code, mut detail: Vec<u8>) -> Refusal {
        detail.truncate(Refusal::DETAIL_BYTES_MAX);
        Refusal { code, detail }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Refusal {
        Refusal::new(code)
    }
}

/// What the export `call` returns, in borsh.
pub type Outcome = Result<Vec<u8>, Refusal>;
