//! Block log, store, state tree, proofs: what a node keeps and how it survives a crash
