//! The thread that reads the ledger.

use super::{Gone, Record, Settings, Teller};
use senim_cli::failure::{Failure, Result};
use senim_cli::follow::{self, Block};
use senim_cli::session::Session;
use senim_types::Height;
use tracing::warn;

/// Blocks that are read again at most after a restart, none of which told anything.
const QUIET_BLOCKS_MAX: u64 = 100;

/// What a connector makes of the ledger.
pub trait Reads: Send + 'static {
    /// What it journals besides messages.
    type Event;
    /// Where it begins: what stands already, after the block of this height.
    fn begin(&mut self, session: &Session, height: Height) -> Result<Vec<Record<Self::Event>>>;
    /// What a block tells. Said again after a failure, so it changes nothing where it fails.
    fn block(&mut self, session: &Session, block: &Block) -> Result<Vec<Record<Self::Event>>>;
}

/// Why a round ended early.
enum Stop {
    Gone,
    Failed(Failure),
}

impl From<Gone> for Stop {
    fn from(Gone: Gone) -> Stop {
        Stop::Gone
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        Stop::Failed(failure)
    }
}

/// Reads the ledger on from where it was read, until the end.
pub fn read_ledger<R: Reads>(
    settings: &Settings,
    mut followed: Option<Height>,
    mut reads: R,
    teller: &Teller<R::Event>,
) {
    let (mut session, mut kept) = (None, followed);
    while !teller.is_over() {
        if !teller.is_full() {
            let read = round(
                settings,
                &mut session,
                &mut reads,
                &mut followed,
                &mut kept,
                teller,
            );
            match read {
                Ok(()) => {}
                Err(Stop::Gone) => return,
                Err(Stop::Failed(failure)) => {
                    // It may be the node, or what it is trusted by: both are looked at anew.
                    session = None;
                    warn!(code = failure.code.name(), "the ledger cannot be asked");
                }
            }
        }
        teller.rest(settings.poll_ms);
    }
}

fn round<R: Reads>(
    settings: &Settings,
    session: &mut Option<Session>,
    reads: &mut R,
    followed: &mut Option<Height>,
    kept: &mut Option<Height>,
    teller: &Teller<R::Event>,
) -> std::result::Result<(), Stop> {
    let trusted = settings.trusted_path();
    if session.is_none() {
        *session = Some(Session::open(&settings.node, &settings.network, &trusted)?);
    }
    let session = session.as_mut().expect("it was opened");
    let Some(from) = *followed else {
        let height = follow::begin(session, &trusted)?;
        let mut records = reads.begin(session, height)?;
        records.push(Record::Followed(height));
        teller.tell(records)?;
        (*followed, *kept) = (Some(height), Some(height));
        return Ok(());
    };
    follow::follow(session, from, &trusted, |session, block| {
        let height = block.header.height;
        let mut records = reads.block(session, &block)?;
        let is_quiet =
            records.is_empty() && kept.is_some_and(|kept| height.0 < kept.0 + QUIET_BLOCKS_MAX);
        if !is_quiet {
            records.push(Record::Followed(height));
            teller.tell(records)?;
            *kept = Some(height);
        }
        *followed = Some(height);
        if teller.is_over() {
            Err(Stop::Gone)
        } else {
            Ok(())
        }
    })
}
