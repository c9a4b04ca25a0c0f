//! marking contract
