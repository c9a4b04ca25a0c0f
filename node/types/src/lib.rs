//! Canonical bytes of the ledger: blocks, transactions, receipts, certificates, proofs, keys, amounts, error codes
