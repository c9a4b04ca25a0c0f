//! The interface with a running validator behind it, asked as a client asks: by method, path and bytes.

mod load;
mod log;
mod network;
mod page;
mod reads;
mod refusals;
mod sealed;
mod terminals;
mod transactions;
