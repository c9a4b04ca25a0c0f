//! Mempool, consensus, execution and state as one machine: inputs in, effects out
