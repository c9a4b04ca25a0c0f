//! A network of real processes on the loopback: started, killed, loaded over HTTP, and asked what became of it.
//!
//! - `machines`: the processes, what they use, and their end.
//! - `http`: one connection of a client's.
//! - `drive`: terminals that redeem, as many as are taken or at a rate.
//! - `check`: what every node says afterwards, proven: the same block, and money for each redemption.
//! - `scenario`, `trouble` and `lunch`: what is played; `report`: what was measured; `growth`: memory less what the state takes.
//!
//! A terminal has one connection to one node and one redemption under way. Each transaction is its own request, which
//! waits until the node has the block's certificate.

pub mod check;
pub mod drive;
mod growth;
pub mod http;
mod lunch;
pub mod machines;
mod report;
mod scenario;
mod trouble;

pub use report::FleetReport;
pub use scenario::run;
