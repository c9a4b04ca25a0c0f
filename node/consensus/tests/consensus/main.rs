//! Consensus from outside: a seeded simulation, crashes at every effect, hostile peers, bytes.

mod agreement;
mod hand;
mod hostile;
mod log;
mod machine;
mod restart;
mod sim;
mod verdicts;
mod wire;
