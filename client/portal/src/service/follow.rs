//! What the ledger says of vouchers, block by block.

use super::ledger::{Gone, Stop};
use crate::conversation::Event;
use senim_abi::voucher::VoucherEvent;
use senim_cli::follow::{self, Block};
use senim_cli::history;
use senim_cli::session::Session;
use senim_types::{Height, TimeMs};
use std::path::Path;

/// Blocks whose events are told together.
const BLOCKS_TOGETHER: u64 = 100;

/// Tells what happened after `followed`, up to the node's tip. A portal that never followed begins at the tip: whoever
/// is on a list is looked up when the list is opened. `trusted` is the file of the newest block that is trusted.
pub fn follow(
    session: &mut Session,
    followed: Option<Height>,
    trusted: &Path,
    mut happened: impl FnMut(Vec<Event>) -> std::result::Result<(), Gone>,
) -> std::result::Result<(), Stop> {
    let Some(followed) = followed else {
        let height = follow::begin(session, trusted)?;
        return Ok(happened(vec![Event::Followed { height }])?);
    };
    let mut events = Vec::new();
    follow::follow(session, followed, trusted, |_, block| {
        let height = block.header.height;
        events.extend(of_block(&block));
        if block.is_tip || height.0.is_multiple_of(BLOCKS_TOGETHER) {
            events.push(Event::Followed { height });
            happened(std::mem::take(&mut events))?;
        }
        Ok(())
    })
}

/// What happened in a block.
fn of_block(block: &Block) -> Vec<Event> {
    // An event of a newer version may tell something that is not known here; the others are told all the same.
    let known = block.receipts.iter().flat_map(history::voucher_events);
    let time = block.header.time;
    known.filter_map(|event| told(event, time)).collect()
}

fn told(event: VoucherEvent, at: TimeMs) -> Option<Event> {
    match event {
        VoucherEvent::Attested { voucher, .. } => Some(Event::Offerable { voucher }),
        VoucherEvent::Asked { voucher, asked, .. } => Some(Event::Asked { voucher, asked, at }),
        VoucherEvent::Reminded { voucher, asked, .. } => {
            Some(Event::Reminded { voucher, asked, at })
        }
        VoucherEvent::Answered {
            voucher,
            channel,
            consents,
            ..
        } => Some(Event::Answered {
            voucher,
            channel,
            consents,
            at,
        }),
        VoucherEvent::Ended {
            voucher, standing, ..
        } => Some(Event::Ended {
            voucher,
            standing,
            at,
        }),
        _ => None,
    }
}
