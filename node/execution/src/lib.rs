//! Deterministic execution of blocks: wasmtime host, metering, admission, contract calls
