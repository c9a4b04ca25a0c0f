//! What a contract is written against: the Env trait, its wasm glue and a native test double
