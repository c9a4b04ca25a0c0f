//! The genesis ceremony: organisations that do not trust each other agree on what they start from.
//!
//! ```text
//! keys      each organisation   its secret keys stay in its folder; a contribution has the public ones
//! assemble  the operator        template + contributions → one file with the genesis that follows from them
//! sign      each organisation   looks at the summary, and signs the chain that it has seen
//! finish    the operator        signatures into the file
//! verify    anybody             the file needs nothing but itself and the contracts' code
//! install   each organisation   the folder with its keys becomes that of its machine
//! ```
//!
//! A contribution is signed by each of its keys over the template's hash, so nobody passes on another's
//! keys, or those made for another network. What is signed at last is the chain id: the hash of the
//! canonical genesis. The file carries template and contributions, so that everybody derives the genesis
//! again instead of believing it.

mod agreement;
mod args;
mod contribution;
mod error;
mod run;
mod summary;

pub use agreement::{Agreed, Agreement};
pub use args::{GenesisArgs, GenesisCommand};
pub use contribution::Contribution;
pub use error::CeremonyError;
pub use run::{Told, perform};
