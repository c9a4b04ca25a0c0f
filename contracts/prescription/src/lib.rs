//! prescription contract
