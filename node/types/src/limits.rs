//! Limits of the protocol. What exceeds one is refused before it costs anything.

/// Bytes of a signed transaction.
pub const TRANSACTION_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a signed transaction whose only call deploys contract code.
pub const DEPLOY_BYTES_MAX: usize = 640 * 1024;
/// Calls in a transaction.
pub const CALLS_MAX: usize = 8;
/// Witness statements in a transaction.
pub const WITNESSES_MAX: usize = 24;
/// Bytes of one witness statement's message.
pub const STATEMENT_BYTES_MAX: usize = 4 * 1024;
/// How far ahead of the block's time `valid_until` may lie, in ms: 24 hours.
pub const VALID_UNTIL_AHEAD_MS_MAX: u64 = 24 * 60 * 60 * 1000;
/// Width of a device's window of sequence numbers: so many may be in flight in any order.
pub const SEQUENCE_WINDOW: u64 = 256;
/// Bytes of a refusal's detail.
pub const REFUSAL_DETAIL_BYTES_MAX: usize = 256;
/// Bytes of one event's body.
pub const EVENT_BYTES_MAX: usize = 4 * 1024;
/// Events of one transaction.
pub const EVENTS_MAX: usize = 64;
/// Bytes of one call's output.
pub const OUTPUT_BYTES_MAX: usize = 4 * 1024;
/// Bytes of one receipt: outputs and events at their limits, and the rest.
pub const RECEIPT_BYTES_MAX: usize =
    EVENTS_MAX * (EVENT_BYTES_MAX + 64) + CALLS_MAX * (OUTPUT_BYTES_MAX + 8) + 1024;
/// Bytes of a block; parameters of the genesis may lower it, never raise it.
pub const BLOCK_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Transactions in a block.
pub const BLOCK_TRANSACTIONS_MAX: usize = 8 * 1024;
/// Validators in a set.
pub const VALIDATORS_MAX: usize = 100;
/// Bytes of a header: its size is fixed but for the version.
pub const HEADER_BYTES_MAX: usize = 512;
/// Bytes of a commit certificate.
pub const CERTIFICATE_BYTES_MAX: usize = 128 + VALIDATORS_MAX * 66;
/// Bytes of a canonical genesis, without contract code, which it names by hash.
pub const GENESIS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of a proof (receipt, state, header, consistency) with header and certificate.
pub const PROOF_BYTES_MAX: usize =
    RECEIPT_BYTES_MAX + CERTIFICATE_BYTES_MAX + HEADER_BYTES_MAX + 64 * 1024;
/// Bytes of a light block: header, certificate, and two validator sets.
pub const LIGHT_BLOCK_BYTES_MAX: usize =
    HEADER_BYTES_MAX + CERTIFICATE_BYTES_MAX + 2 * (4 + VALIDATORS_MAX * 41);
/// Bytes of a checkpoint's text with its signature lines.
pub const CHECKPOINT_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a state key, contract id included.
pub const STATE_KEY_BYTES_MAX: usize = 128;
/// Bytes of a state value written by a contract.
pub const STATE_VALUE_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a contract's WebAssembly code.
pub const CODE_BYTES_MAX: usize = 512 * 1024;
