//! Transactions that wait for a block: verified, bounded, first come first served.

use senim_types::crypto::VerifiedTransaction;
use senim_types::{Code, Hash, PublicKey, TimeMs};
use std::collections::BTreeMap;

/// Bounds of the mempool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MempoolLimits {
    /// Transactions.
    pub transactions_max: usize,
    /// Bytes of all of them together.
    pub bytes_max: usize,
    /// Transactions of one device: no device crowds out the others.
    pub per_device_max: usize,
}

impl Default for MempoolLimits {
    fn default() -> Self {
        MempoolLimits {
            transactions_max: 8_192,
            bytes_max: 64 << 20,
            per_device_max: 256,
        }
    }
}

/// A transaction's identity on the ledger.
type Identity = (PublicKey, u64);

/// See the module.
#[derive(Debug)]
pub struct Mempool {
    limits: MempoolLimits,
    /// By arrival.
    queue: BTreeMap<u64, VerifiedTransaction>,
    by_identity: BTreeMap<Identity, u64>,
    per_device: BTreeMap<PublicKey, usize>,
    arrivals: u64,
    bytes: usize,
}

/// What became of an offered transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// It is new here.
    Added,
    /// The same transaction waits already.
    Known,
}

fn identity(transaction: &VerifiedTransaction) -> Identity {
    let body = &transaction.transaction().body;
    (body.device, body.sequence)
}

impl Mempool {
    /// An empty mempool.
    pub fn new(limits: MempoolLimits) -> Mempool {
        Mempool {
            limits,
            queue: BTreeMap::new(),
            by_identity: BTreeMap::new(),
            per_device: BTreeMap::new(),
            arrivals: 0,
            bytes: 0,
        }
    }

    /// Takes a transaction that state admits.
    ///
    /// # Errors
    /// [`Code::SEQUENCE_USED`] where another transaction of the same identity waits,
    /// [`Code::MEMPOOL_FULL`] and [`Code::DEVICE_RATE`] at the limits.
    pub fn offer(&mut self, transaction: VerifiedTransaction) -> Result<Offer, Code> {
        let identity = identity(&transaction);
        if let Some(arrival) = self.by_identity.get(&identity) {
            let same = self
                .queue
                .get(arrival)
                .is_some_and(|t| t.hash() == transaction.hash());
            return if same {
                Ok(Offer::Known)
            } else {
                Err(Code::SEQUENCE_USED)
            };
        }
        let full = self.queue.len() >= self.limits.transactions_max
            || self.bytes + transaction.length() > self.limits.bytes_max;
        if full {
            return Err(Code::MEMPOOL_FULL);
        }
        let of_device = self.per_device.entry(identity.0).or_insert(0);
        if *of_device >= self.limits.per_device_max {
            return Err(Code::DEVICE_RATE);
        }
        *of_device += 1;
        self.bytes += transaction.length();
        self.by_identity.insert(identity, self.arrivals);
        self.queue.insert(self.arrivals, transaction);
        self.arrivals += 1;
        Ok(Offer::Added)
    }

    /// In the order of arrival.
    pub fn iter(&self) -> impl Iterator<Item = &VerifiedTransaction> {
        self.queue.values()
    }

    /// The waiting transaction of this identity.
    pub fn get(&self, device: &PublicKey, sequence: u64) -> Option<&VerifiedTransaction> {
        self.queue.get(self.by_identity.get(&(*device, sequence))?)
    }

    /// Takes out whatever has this identity.
    pub fn remove(&mut self, device: &PublicKey, sequence: u64) -> Option<VerifiedTransaction> {
        let arrival = self.by_identity.remove(&(*device, sequence))?;
        let transaction = self.queue.remove(&arrival)?;
        self.bytes -= transaction.length();
        if let Some(of_device) = self.per_device.get_mut(device) {
            *of_device -= 1;
            if *of_device == 0 {
                self.per_device.remove(device);
            }
        }
        Some(transaction)
    }

    /// Takes out what can no longer be included at `time`; gives their hashes.
    pub fn remove_expired(&mut self, time: TimeMs) -> Vec<Hash> {
        let expired: Vec<Identity> = self
            .queue
            .values()
            .filter(|transaction| transaction.transaction().body.valid_until < time)
            .map(identity)
            .collect();
        expired
            .iter()
            .filter_map(|(device, sequence)| self.remove(device, *sequence))
            .map(|transaction| transaction.hash())
            .collect()
    }

    /// Transactions waiting.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Bytes of all that wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests;
