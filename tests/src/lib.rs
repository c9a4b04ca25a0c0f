//! What holds for the whole project rather than for one crate.
//!
//! [`house`] has the house rules as functions from a tree of files to findings; `tests/house_*.rs` run
//! them over this repository and, to show that they can fail, over small trees that break them.
//! [`guards`] plays those stories with one guard of the contracts left out.
//! [`world`] has a network of real nodes under virtual time; `tests/scenario_*.rs` play stories in it.
//! [`sim`] breaks that world in every way that a seed chooses, and checks what has to hold all the same.
//! [`chaos`] does it to real processes, for as long as it is told to.
//! [`upgrade`] replaces the software of real processes while they run, and has them change the protocol.
//! [`year`] lets a year pass in that world, and looks at what the state comes to.
//! The other files in `tests/` are scenarios, conformance and vectors.

#![forbid(unsafe_code)]

pub mod chaos;
pub mod guards;
pub mod house;
pub mod sim;
pub mod upgrade;
pub mod world;
pub mod year;
