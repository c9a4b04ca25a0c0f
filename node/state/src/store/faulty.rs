//! A store that fails on demand.

use super::{Batch, Entry, Store, StoreError, StoreOpener};
use crate::fault::{Faults, OperationClass, Step};
use std::sync::{Arc, Mutex, PoisonError};

/// Operations that a loose write counts as.
const LOOSE_PARTS: usize = 3;

/// A key whose value reads with one bit flipped.
#[derive(Clone)]
struct Flip {
    key: Vec<u8>,
    offset: usize,
    bit: u8,
}

/// Wraps the opener of another store; every batch, flush and removal is counted in a [`Faults`].
#[derive(Clone)]
pub struct FaultyOpener<O> {
    opener: O,
    faults: Faults,
    flips: Arc<Mutex<Vec<Flip>>>,
}

impl<O: StoreOpener> FaultyOpener<O> {
    /// Wraps `opener` in the fate `faults`.
    pub fn new(opener: O, faults: Faults) -> FaultyOpener<O> {
        FaultyOpener {
            opener,
            faults,
            flips: Arc::default(),
        }
    }

    /// From now on the value at `key` reads with one bit of the byte at `offset` flipped.
    pub fn flip_on_read(&self, key: &[u8], offset: usize, bit: u8) {
        let flip = Flip {
            key: key.to_vec(),
            offset,
            bit: bit % 8,
        };
        self.flips
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(flip);
    }
}

impl<O: StoreOpener> StoreOpener for FaultyOpener<O> {
    fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        if self.faults.is_dead() {
            return Err(StoreError::Killed);
        }
        let (faults, flips) = (self.faults.clone(), Arc::clone(&self.flips));
        Ok(Arc::new(FaultyStore {
            store: self.opener.open()?,
            faults,
            flips,
        }))
    }

    fn destroy(&self) -> Result<(), StoreError> {
        step(&self.faults, false)?;
        // What a worn-out cell held is gone with the data.
        self.flips
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.opener.destroy()
    }
}

struct FaultyStore {
    store: Arc<dyn Store>,
    faults: Faults,
    flips: Arc<Mutex<Vec<Flip>>>,
}

impl FaultyStore {
    fn alive(&self) -> Result<(), StoreError> {
        if self.faults.is_dead() {
            Err(StoreError::Killed)
        } else {
            Ok(())
        }
    }

    fn flip(&self, key: &[u8], value: &mut [u8]) {
        for flip in self
            .flips
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
        {
            if flip.key == key
                && let Some(byte) = value.get_mut(flip.offset)
            {
                *byte ^= 1 << flip.bit;
            }
        }
    }
}

impl Store for FaultyStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.alive()?;
        let mut value = self.store.get(key)?;
        if let Some(value) = &mut value {
            self.flip(key, value);
        }
        Ok(value)
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.alive()?;
        let mut entries = self.store.scan(prefix, after, limit)?;
        for (key, value) in &mut entries {
            self.flip(key, value);
        }
        Ok(entries)
    }

    fn write(&self, batch: Batch) -> Result<(), StoreError> {
        // A batch is atomic: the machine dies before it or after it, never inside.
        step(&self.faults, true)?;
        self.store.write(batch)
    }

    fn write_loose(&self, batch: Batch) -> Result<(), StoreError> {
        // In parts, so that the machine dies among the writes too.
        for part in batch
            .writes
            .chunks(batch.writes.len().div_ceil(LOOSE_PARTS).max(1))
        {
            step(&self.faults, true)?;
            self.store.write_loose(Batch {
                writes: part.to_vec(),
            })?;
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        step(&self.faults, false)?;
        self.store.flush()
    }
}

fn step(faults: &Faults, grows: bool) -> Result<(), StoreError> {
    match faults.step(OperationClass::Store, grows) {
        Step::Proceed => Ok(()),
        Step::Tear | Step::Dead => Err(StoreError::Killed),
        Step::Full => Err(StoreError::Full),
    }
}
