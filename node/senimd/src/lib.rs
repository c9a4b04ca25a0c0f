//! The Senim daemon: init, start, devnet, bench
