//! Messages, records, events and host interface of the contracts
