//! State values that were read or written lately, in memory.
//!
//! Two generations: what is used moves to the young one; when that is full it becomes the old one and
//! the old one is dropped. So what is kept was used since about the last half of the cache was filled.

use senim_types::ChangeSet;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What an entry takes besides its key and value: two vectors and its share of a map's node.
const OVERHEAD_BYTES: usize = 96;

#[derive(Default)]
struct Generations {
    young: BTreeMap<Vec<u8>, Vec<u8>>,
    young_bytes: usize,
    old: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// Values that the store has. Readers share it.
pub(super) struct Cache {
    generations: Mutex<Generations>,
    /// Bytes of one generation.
    half_bytes_max: usize,
}

impl Cache {
    pub fn new(bytes_max: usize) -> Cache {
        Cache {
            generations: Mutex::default(),
            half_bytes_max: bytes_max / 2,
        }
    }

    pub fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let mut generations = self.lock();
        if let Some(value) = generations.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = generations.old.remove_entry(key)?;
        generations.insert(key, value.clone(), self.half_bytes_max);
        Some(value)
    }

    /// Notes a value that the store was seen to have.
    pub fn put(&self, key: &[u8], value: &[u8]) {
        self.lock()
            .insert(key.to_vec(), value.to_vec(), self.half_bytes_max);
    }

    /// Notes what was written to the store.
    pub fn take_in(&mut self, changes: ChangeSet) {
        let half_bytes_max = self.half_bytes_max;
        let mut generations = self.lock();
        for (key, change) in changes.0 {
            match change {
                Some(value) => generations.insert(key, value, half_bytes_max),
                None => generations.remove(&key),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn bytes_of(key: &[u8], value: &[u8]) -> usize {
    key.len() + value.len() + OVERHEAD_BYTES
}

impl Generations {
    fn insert(&mut self, key: Vec<u8>, value: Vec<u8>, half_bytes_max: usize) {
        let bytes = bytes_of(&key, &value);
        self.remove(&key);
        if bytes > half_bytes_max {
            return;
        }
        if self.young_bytes + bytes > half_bytes_max {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes;
        self.young.insert(key, value);
    }

    fn remove(&mut self, key: &[u8]) {
        self.old.remove(key);
        if let Some(value) = self.young.remove(key) {
            self.young_bytes -= bytes_of(key, &value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let cache = Cache::new(10 * (OVERHEAD_BYTES + 2));
        cache.put(b"u", b"x");
        for key in 0..100u8 {
            cache.put(&[key], b"v");
            assert_eq!(cache.get(b"u"), Some(b"x".to_vec()));
            let generations = cache.lock();
            assert!(generations.young.len() + generations.old.len() <= 10);
        }
        assert_eq!(cache.get(&[1]), None);
        assert_eq!(cache.get(&[99]), Some(b"v".to_vec()));
    }

    #[test]
    fn what_is_written_replaces_both_generations() {
        let mut cache = Cache::new(4 * (OVERHEAD_BYTES + 2));
        cache.put(b"a", b"1");
        cache.put(b"b", b"1");
        cache.put(b"c", b"1");
        let mut changes = ChangeSet::default();
        changes.put(b"a".to_vec(), b"2".to_vec());
        changes.delete(b"c".to_vec());
        cache.take_in(changes);
        assert_eq!(cache.get(b"a"), Some(b"2".to_vec()));
        assert_eq!(cache.get(b"c"), None);
    }
}
