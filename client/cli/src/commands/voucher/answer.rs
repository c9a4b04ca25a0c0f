//! A person's answer that did not come by SMS: whoever the person spoke to brings it, in its own name.

use super::{changed, voucher_id};
use crate::answer::Answer;
use crate::args::Global;
use crate::failure::Result;
use clap::{Args, ValueEnum};
use senim_abi::voucher::{self, Execute, VoucherId};

/// Arguments of `voucher answer`.
#[derive(Debug, Args)]
pub struct Bring {
    /// Which.
    #[arg(value_parser = voucher_id)]
    pub voucher: VoucherId,
    /// The person consents: the voucher opens by itself, if its line has the money.
    #[arg(long, required_unless_present = "no")]
    pub yes: bool,
    /// The person does not, or takes a yes back: the voucher ends, and its money returns to the budget line.
    #[arg(long, conflicts_with = "yes")]
    pub no: bool,
    /// Where the person said so.
    #[arg(long, value_enum)]
    pub channel: Channel,
    /// The device key of whoever brings it, by name or file; without it, the devnet's of that channel.
    #[arg(long)]
    pub key: Option<String>,
}

/// Where a person answers whom no SMS reaches. SMS is not one of them: the portal alone knows which number was asked, and
/// brings what came from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Channel {
    /// In the wallet: a wallet service brings it.
    Wallet,
    /// At a public service centre (ЦОН), which brings it.
    ServiceCentre,
    /// At the school: the voucher's own place brings it.
    School,
}

impl Channel {
    const fn of_the_contract(self) -> voucher::Channel {
        match self {
            Channel::Wallet => voucher::Channel::Wallet,
            Channel::ServiceCentre => voucher::Channel::ServiceCentre,
            Channel::School => voucher::Channel::School,
        }
    }

    /// The name of the devnet's device that brings it.
    const fn device(self) -> &'static str {
        match self {
            Channel::Wallet => "identity",
            Channel::ServiceCentre => "service-centre",
            Channel::School => "school",
        }
    }
}

/// Brings an answer. `NOT_AUTHORISED` for another channel's device, or another school's.
pub fn run(args: &Bring, global: &Global) -> Result<Answer> {
    let execute = Execute::Answer {
        voucher: args.voucher,
        channel: args.channel.of_the_contract(),
        consents: args.yes,
    };
    let key = args.key.as_deref().unwrap_or(args.channel.device());
    changed(key, &execute, args.voucher, global)
}
