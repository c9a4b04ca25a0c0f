//! The senim command
