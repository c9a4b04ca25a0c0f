//! registry contract
