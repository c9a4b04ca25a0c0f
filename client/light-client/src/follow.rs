//! Moving trust along the chain: from a trusted block to any later one, across changes of the
//! validator set.
//!
//! A later block is believed at once where more than a third of the trusted set's power signed it:
//! as long as less than a third of that set is dishonest, one honest validator of it did, and an
//! honest validator signs one block of a height. Otherwise a block between is needed first, down to
//! the next one, whose set the trusted header names. Blocks come as arguments and so does the time;
//! whoever calls does the I/O.

use crate::{LightClient, rules};
use alloc::vec::Vec;
use senim_types::proof::LightBlock;
use senim_types::{ChainId, Code, Hash, Height, TimeMs};

/// Fourteen days, in ms. For so long after a validator has left, its key must be kept from thieves.
pub const TRUSTING_PERIOD_MS_DEFAULT: u64 = 14 * 24 * 60 * 60 * 1000;
/// What a header's time may be ahead of the own clock, in ms.
pub const CLOCK_DRIFT_MS_DEFAULT: u64 = 30_000;

/// What a client asks of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// A trusted block older than this is not moved from: `TRUST_EXPIRED`.
    pub trusting_period_ms: u64,
    /// How far ahead of the own clock a header may be: `HEADER_TIME`.
    pub clock_drift_ms: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            trusting_period_ms: TRUSTING_PERIOD_MS_DEFAULT,
            clock_drift_ms: CLOCK_DRIFT_MS_DEFAULT,
        }
    }
}

/// What became of an attempt to move trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// The block is trusted now.
    Moved,
    /// A third of the trusted power or less signed it. It may be sound; a block between decides.
    TooFar,
}

impl LightClient {
    /// Trusts the block with this hash, because the caller was told it by somebody it trusts.
    ///
    /// # Errors
    /// `TRUST_HASH` where it is another block; a rule's code where the block is not sound in itself.
    pub fn from_block(
        chain: ChainId,
        trusted: &Hash,
        block: &LightBlock,
    ) -> Result<LightClient, Code> {
        rules::same_chain(&chain, &block.header)?;
        rules::is_trusted(trusted, &block.header)?;
        rules::not_before(Height::GENESIS.next(), &block.header)?;
        whole(block)?;
        rules::certificate_holds(&chain, &block.validators, &block.certificate)?;
        let mut client = LightClient {
            chain,
            from: block.header.height,
            validators: block.validators.clone(),
            time: block.header.time,
            last: None,
        };
        client.trust(block);
        Ok(client)
    }

    /// Whether what is trusted is young enough to start from: `TRUST_EXPIRED`.
    pub fn within_period(&self, now: TimeMs, bounds: &Bounds) -> Result<(), Code> {
        rules::within_period(self.time, now, bounds.trusting_period_ms)
    }

    /// Moves trust to `block`, any number of heights above what is trusted, at time `now`.
    ///
    /// # Errors
    /// The code of the first rule that fails; then trust has not moved.
    pub fn skip(&mut self, block: &LightBlock, now: TimeMs, bounds: &Bounds) -> Result<Skip, Code> {
        let header = &block.header;
        self.within_period(now, bounds)?;
        rules::same_chain(&self.chain, header)?;
        rules::not_before(self.from, header)?;
        rules::later(self.time, header)?;
        rules::not_from_the_future(header, now, bounds.clock_drift_ms)?;
        whole(block)?;
        if header.height == self.from {
            rules::same_validators(&self.validators, header)?;
        } else if !rules::is_vouched(&self.validators, &block.validators, &block.certificate) {
            return Ok(Skip::TooFar);
        }
        rules::certificate_holds(&self.chain, &block.validators, &block.certificate)?;
        self.trust(block);
        Ok(Skip::Moved)
    }

    fn trust(&mut self, block: &LightBlock) {
        let (validators, next) = (block.validators.clone(), block.next_validators.clone());
        self.move_to(&block.header, validators, next);
    }
}

/// The parts of a light block belong together.
fn whole(block: &LightBlock) -> Result<(), Code> {
    rules::same_validators(&block.validators, &block.header)?;
    rules::names_next_validators(&block.next_validators, &block.header)?;
    rules::certificate_names_header(&block.header, &block.certificate)
}

/// The way to a height: says which block it needs next, and takes it.
///
/// It ends: every block that is too far halves the distance, so at most 64 blocks wait, and the next
/// height is never too far.
#[derive(Clone, Debug)]
pub struct Bisection {
    /// Fetched and too far so far; the nearest last.
    waiting: Vec<LightBlock>,
    wanted: Option<Height>,
}

impl Bisection {
    /// The way from what `client` trusts to `target`.
    pub fn new(client: &LightClient, target: Height) -> Bisection {
        Bisection {
            waiting: Vec::new(),
            wanted: (target > client.height()).then_some(target),
        }
    }

    /// The block that [`Bisection::take`] needs; none when the target is trusted.
    pub fn wanted(&self) -> Option<Height> {
        self.wanted
    }

    /// Takes the block at the wanted height and moves trust as far as the blocks at hand allow.
    ///
    /// # Errors
    /// `HEADER_HEIGHT` where it is of another height; a rule's code where a block is not sound.
    /// Trust has moved as far as it was sound.
    pub fn take(
        &mut self,
        client: &mut LightClient,
        block: LightBlock,
        now: TimeMs,
        bounds: &Bounds,
    ) -> Result<(), Code> {
        if Some(block.header.height) != self.wanted {
            return Err(Code::HEADER_HEIGHT);
        }
        self.waiting.push(block);
        self.wanted = None;
        while let Some(nearest) = self.waiting.last() {
            match client.skip(nearest, now, bounds)? {
                Skip::Moved => {
                    self.waiting.pop();
                }
                Skip::TooFar => {
                    let trusted = client.height().0;
                    let between = (nearest.header.height.0 - trusted) / 2;
                    self.wanted = Some(Height(trusted + between));
                    break;
                }
            }
        }
        Ok(())
    }
}
