//! The e-government portal's side of vouchers that ask for consent, such as school meals.
//!
//! - [`list`]: sealed eligibility lists. The office makes them, the portal and the identity service open their halves.
//! - [`conversation`]: what is asked by SMS and what a reply means, as a pure machine.
//! - [`smpp`]: the connection to the operator's SMSC, and an SMSC to rehearse with.
//! - [`service`]: the process: it follows the ledger, asks, and brings answers. [`journal`]: what it must not forget.
//! - [`numbers`]: the register of mobile citizens. [`sealing`]: what is sealed for others.
//! - [`args`], [`commands`], [`config`]: the program.
//!
//! **Invariant:** a telephone number leaves the portal as the address of a message, and no other way; the ledger and
//! the log have pseudonyms.
#![forbid(unsafe_code)]

pub mod args;
pub mod commands;
pub mod config;
pub mod conversation;
pub mod journal;
pub mod list;
pub mod numbers;
pub mod phone;
pub mod sealing;
pub mod service;
pub mod smpp;
