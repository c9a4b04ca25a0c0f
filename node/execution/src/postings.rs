//! What the node checks natively of the engine contracts at the end of a block.

use crate::authorise::read;
use crate::session::Session;
use crate::stop::HostFault;
use senim_abi::REGISTRY;
use senim_abi::registry::record::{ValidatorsRecord, validators_key};
use senim_abi::treasury::check_postings;
use senim_types::{Event, Receipt, ValidatorSet};

/// The index of the receipt whose postings first break the balance Σ debit = Σ credit over the block,
/// if there is one. Postings run on from each other, so each receipt is judged after all before it.
pub fn first_unbalanced(receipts: &[Receipt]) -> Option<usize> {
    let balances =
        |receipts: &[Receipt]| is_balanced(receipts.iter().flat_map(|receipt| &receipt.events));
    if balances(receipts) {
        return None;
    }
    // It never happens, so the search may be slow: the shortest prefix that does not balance.
    (0..receipts.len()).find(|index| !balances(&receipts[..=*index]))
}

/// Whether the treasury's postings among `events` balance.
pub fn is_balanced<'e>(events: impl IntoIterator<Item = &'e Event>) -> bool {
    check_postings(events).is_ok()
}

/// The validators as the registry has them now.
pub fn validators(session: &Session) -> Result<Option<ValidatorSet>, HostFault> {
    let record: Option<ValidatorsRecord> = read(session, &validators_key().in_state_of(REGISTRY))?;
    Ok(record.map(ValidatorsRecord::into_current))
}
