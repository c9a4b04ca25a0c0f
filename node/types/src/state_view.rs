//! How state is read, and what a block changes of it.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A key and its value.
pub type StateEntry = (Vec<u8>, Vec<u8>);

/// The state at one point: committed, or with undecided changes laid over it.
///
/// A state key is contract id (4 bytes big-endian) ‖ collection (1 byte) ‖ fixed-width big-endian
/// fields, so that the order of keys is the order of their fields.
pub trait StateView {
    /// The value at `key`.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError>;

    /// At most `limit` entries whose keys start with `prefix` and come strictly after `after`
    /// (from the first where it is empty), in the order of keys.
    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize)
    -> Result<Vec<StateEntry>, ViewError>;
}

/// This node cannot read its own state: the node stops, since whatever it did next could be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewError(pub String);

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "state cannot be read: {}", self.0)
    }
}

impl core::error::Error for ViewError {}

/// Changed keys with their new values; `None` deletes. Ordered, since all nodes must agree on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeSet(pub BTreeMap<Vec<u8>, Option<Vec<u8>>>);

impl ChangeSet {
    /// Writes `value` at `key`.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.insert(key, Some(value));
    }

    /// Deletes `key`.
    pub fn delete(&mut self, key: Vec<u8>) {
        self.0.insert(key, None);
    }
}

/// A view with changes laid over it.
pub struct Overlay<'a> {
    /// What is below.
    pub base: &'a dyn StateView,
    /// What is above.
    pub changes: &'a ChangeSet,
}

impl StateView for Overlay<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        match self.changes.0.get(key) {
            Some(change) => Ok(change.clone()),
            None => self.base.get(key),
        }
    }

    fn scan(
        &self,
        prefix: &[u8],
        after: &[u8],
        limit: usize,
    ) -> Result<Vec<StateEntry>, ViewError> {
        scan_over(self.base, &self.changes.0, prefix, after, limit)
    }
}

/// The scan of [`StateView::scan`] over `base` with `changes` above it.
pub fn scan_over(
    base: &dyn StateView,
    changes: &BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    prefix: &[u8],
    after: &[u8],
    limit: usize,
) -> Result<Vec<StateEntry>, ViewError> {
    use core::ops::Bound;
    let start = if after > prefix {
        Bound::Excluded(after)
    } else {
        Bound::Included(prefix)
    };
    let mut above = changes
        .range::<[u8], _>((start, Bound::Unbounded))
        .take_while(|(key, _)| key.starts_with(prefix))
        .filter(|(key, _)| key.as_slice() > after || after.is_empty())
        .peekable();
    let (mut entries, mut cursor) = (Vec::new(), after.to_vec());
    // Deleted keys make a page of the base shorter than asked for, hence the loop.
    loop {
        let page = base.scan(prefix, &cursor, limit)?;
        let is_last = page.len() < limit;
        for (key, value) in page {
            while let Some((key_above, change)) = above.next_if(|(key_above, _)| **key_above < key)
            {
                if let Some(value) = change {
                    entries.push((key_above.clone(), value.clone()));
                }
                if entries.len() == limit {
                    return Ok(entries);
                }
            }
            cursor.clone_from(&key);
            match above.next_if(|(key_above, _)| **key_above == key) {
                Some((_, None)) => {}
                Some((_, Some(changed))) => entries.push((key, changed.clone())),
                None => entries.push((key, value)),
            }
            if entries.len() == limit {
                return Ok(entries);
            }
        }
        if is_last || limit == 0 {
            break;
        }
    }
    for (key, change) in above {
        if entries.len() == limit {
            break;
        }
        if let Some(value) = change {
            entries.push((key.clone(), value.clone()));
        }
    }
    Ok(entries)
}
