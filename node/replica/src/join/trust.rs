//! The way from what is trusted to a snapshot's block, by the light client's rules.

use super::{Asked, SnapshotRules};
use senim_light_client::LightClient;
use senim_light_client::follow::Bisection;
use senim_state::snapshot::Manifest;
use senim_types::proof::LightBlock;
use senim_types::{Code, Genesis, Height, PublicKey, TimeMs};

/// See the module.
pub struct Trust {
    pub manifest: Manifest,
    /// Who gave the manifest.
    pub giver: PublicKey,
    /// Who was asked for a header.
    pub asked: Option<Asked>,
    /// Whose turn it is to be asked.
    pub turn: usize,
    way: Way,
}

enum Way {
    /// The block that the operator trusts is needed first.
    Start,
    On {
        client: LightClient,
        bisection: Bisection,
    },
}

/// Why a header does not help.
pub enum Unsound {
    /// The snapshot's own block is not sound.
    Snapshot(Code),
    /// The header that was asked for is not sound.
    Sender(Code),
    /// What is trusted is too old to start from.
    Expired,
}

impl Trust {
    /// The beginning of the way.
    pub fn begin(
        manifest: Manifest,
        giver: PublicKey,
        rules: &SnapshotRules,
        genesis: &Genesis,
        now: TimeMs,
    ) -> Result<Trust, Unsound> {
        let way = match rules.trusted {
            Some(_) => Way::Start,
            None => Way::on(LightClient::from_genesis(genesis), manifest.height()),
        };
        let mut trust = Trust {
            manifest,
            giver,
            asked: None,
            turn: 0,
            way,
        };
        trust.use_own_block(rules, now)?;
        Ok(trust)
    }

    /// The height of the header that is needed; none where the snapshot's block is trusted.
    pub fn wanted(&self, rules: &SnapshotRules) -> Option<Height> {
        match &self.way {
            Way::Start => rules.trusted.map(|trusted| trusted.height),
            Way::On { bisection, .. } => bisection.wanted(),
        }
    }

    /// Takes a header that somebody sent.
    pub fn take(
        &mut self,
        block: LightBlock,
        rules: &SnapshotRules,
        now: TimeMs,
    ) -> Result<(), Unsound> {
        let target = self.manifest.height();
        match &mut self.way {
            Way::Start => {
                let Some(trusted) = rules.trusted else {
                    return Ok(());
                };
                if block.header.height != trusted.height {
                    return Err(Unsound::Sender(Code::HEADER_HEIGHT));
                }
                let chain = self.manifest.contents.header.chain;
                let client = LightClient::from_block(chain, &trusted.hash, &block);
                self.way = Way::on(client.map_err(Unsound::Sender)?, target);
            }
            Way::On { client, bisection } => {
                if let Err(code) = bisection.take(client, block, now, &rules.bounds) {
                    // It keeps what it was given: begin again from what is trusted so far.
                    *bisection = Bisection::new(client, target);
                    self.use_own_block(rules, now)?;
                    return Err(Unsound::Sender(code));
                }
            }
        }
        self.use_own_block(rules, now)
    }

    /// The snapshot's own block is at hand.
    fn use_own_block(&mut self, rules: &SnapshotRules, now: TimeMs) -> Result<(), Unsound> {
        let target = self.manifest.height();
        let Way::On { client, bisection } = &mut self.way else {
            return Ok(());
        };
        if client.within_period(now, &rules.bounds).is_err() {
            return Err(Unsound::Expired);
        }
        if bisection.wanted() == Some(target) {
            let block = self.manifest.light_block();
            bisection
                .take(client, block, now, &rules.bounds)
                .map_err(Unsound::Snapshot)?;
        }
        Ok(())
    }
}

impl Way {
    fn on(client: LightClient, target: Height) -> Way {
        let bisection = Bisection::new(&client, target);
        Way::On { client, bisection }
    }
}
