//! Verifies headers, certificates, receipts and state from the genesis alone; no I/O
