//! Drives Malachite's consensus core: inputs in, effects out
