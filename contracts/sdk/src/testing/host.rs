//! The host's functions over the test double's maps. What would trap panics: it is the contract's mistake.

use super::world::{Due, Frame, TestEnv};
use crate::env::{Env, ScanEntry};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Bound;
use senim_abi::{CallContext, Caller, Entry, Outcome, host};
use senim_types::{ContractId, Domain, Event, Hash, Height, PublicKey, Statement, TimeMs, limits};

impl TestEnv {
    fn frame(&self) -> &Frame {
        self.stack
            .last()
            .expect("only a contract that was entered reaches the host")
    }

    fn full_key(&self, key: &[u8]) -> Vec<u8> {
        assert!(
            key.len() <= host::KEY_BYTES_MAX,
            "a key of {} bytes",
            key.len()
        );
        let mut full = self.frame().context.contract.0.to_be_bytes().to_vec();
        full.extend_from_slice(key);
        full
    }

    fn assert_writable(&self) {
        assert!(!self.frame().read_only, "a write in a read-only call");
    }

    fn context_for(&self) -> CallContext {
        let context = self.frame().context;
        CallContext {
            caller: Caller::Contract(context.contract),
            ..context
        }
    }
}

impl Env for TestEnv {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let key = self.full_key(key);
        match self.changes.get(&key) {
            Some(change) => change.clone(),
            None => self.state.get(&key).cloned(),
        }
    }

    fn put(&mut self, key: &[u8], value: &[u8]) {
        self.assert_writable();
        assert!(
            value.len() <= host::VALUE_BYTES_MAX,
            "a value of {} bytes",
            value.len()
        );
        let key = self.full_key(key);
        self.changes.insert(key, Some(value.to_vec()));
    }

    fn delete(&mut self, key: &[u8]) {
        self.assert_writable();
        let key = self.full_key(key);
        self.changes.insert(key, None);
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: u32) -> Vec<ScanEntry> {
        let (prefix, after) = (self.full_key(prefix), self.full_key(after));
        let start = if after > prefix {
            Bound::Excluded(&after)
        } else {
            Bound::Included(&prefix)
        };
        let mut merged: BTreeMap<&[u8], &[u8]> = BTreeMap::new();
        for (key, value) in self.state.range::<Vec<u8>, _>((start, Bound::Unbounded)) {
            merged.insert(key, value);
        }
        for (key, change) in self.changes.range::<Vec<u8>, _>((start, Bound::Unbounded)) {
            match change {
                Some(value) => merged.insert(key, value),
                None => merged.remove(key.as_slice()),
            };
        }
        let mut bytes = 4;
        let mut entries = Vec::new();
        for (key, value) in merged
            .into_iter()
            .take_while(|(key, _)| key.starts_with(&prefix))
        {
            bytes += 8 + key.len() - 4 + value.len();
            let full = bytes > host::SCAN_BYTES_MAX && !entries.is_empty();
            if full || entries.len() >= host::SCAN_ENTRIES_MAX.min(limit as usize) {
                break;
            }
            entries.push((key[4..].to_vec(), value.to_vec()));
        }
        entries
    }

    fn emit(&mut self, kind: u16, version: u8, body: &[u8]) {
        self.assert_writable();
        assert!(
            body.len() <= host::EVENT_BYTES_MAX,
            "an event of {} bytes",
            body.len()
        );
        assert!(self.events.len() < limits::EVENTS_MAX, "too many events");
        let contract = self.frame().context.contract;
        self.events.push(Event {
            contract,
            kind,
            version,
            body: body.to_vec(),
        });
    }

    fn now(&self) -> TimeMs {
        self.now
    }

    fn height(&self) -> Height {
        self.height
    }

    fn context(&self) -> CallContext {
        self.frame().context
    }

    fn witnessed(&self, key: &PublicKey, domain: Domain, message: &[u8]) -> bool {
        self.witnesses.contains(&Statement {
            key: *key,
            domain,
            message: message.to_vec(),
        })
    }

    fn call(&mut self, contract: ContractId, input: &[u8]) -> Outcome {
        self.assert_writable();
        let context = self.context_for();
        self.enter(contract, context, Entry::Execute, input)
    }

    fn query(&mut self, contract: ContractId, input: &[u8]) -> Outcome {
        let context = self.context_for();
        self.enter(contract, context, Entry::Query, input)
    }

    fn schedule(&mut self, at: TimeMs, input: &[u8]) {
        self.assert_writable();
        assert!(
            input.len() <= host::DUE_INPUT_BYTES_MAX,
            "a due input of {} bytes",
            input.len()
        );
        let contract = self.frame().context.contract;
        self.scheduled.push(Due {
            at,
            contract,
            input: input.to_vec(),
        });
    }

    fn hash(&self, data: &[u8]) -> Hash {
        Hash::of(data)
    }
}
