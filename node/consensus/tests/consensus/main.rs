//! Consensus from outside: a seeded simulation, crashes at every write, hostile peers, bytes.

mod agreement;
mod hostile;
mod machine;
mod restart;
mod sim;
mod wire;
