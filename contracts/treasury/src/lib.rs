//! treasury contract
