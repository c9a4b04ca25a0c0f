//! What each command does: arguments in, an answer or a failure out.

pub mod act;
pub mod card;
pub mod contract;
pub mod details;
pub mod device;
pub mod explain;
pub mod fund;
pub mod id;
pub mod key;
pub mod ledger;
pub mod log;
pub mod organisation;
pub mod pack;
pub mod payment;
pub mod peer;
pub mod pharmacy;
pub mod prescription;
pub mod programme;
pub mod purse;
pub mod report;
pub mod school;
pub mod terminal;
pub mod upgrade;
pub mod validator;
pub mod verify;
pub mod voucher;
pub mod wallet;

use crate::answer::Answer;
use crate::args::{Cli, Command, Output};
use crate::failure::Result;

/// Runs a command.
pub fn run(cli: &Cli) -> Result<Answer> {
    crate::words::check_clock()?;
    let global = &cli.global;
    match &cli.command {
        Command::Status => ledger::status(global),
        Command::Block(args) => ledger::block(args, global),
        Command::Receipt(args) => ledger::receipt(args, global),
        Command::State(args) => ledger::state(args, global),
        Command::Verify(args) => verify::verify(args, global),
        Command::Log(command) => log::run(command, global),
        Command::Submit(args) => ledger::submit(args, global),
        Command::Query(args) => ledger::query(args, global),
        Command::Budget(args) => ledger::budget(args, global),
        Command::Key(command) => key::run(command),
        Command::Device(command) => device::run(command, global),
        Command::Peer(command) => peer::run(command, global),
        Command::Organisation(command) => organisation::run(command, global),
        Command::Validator(command) => validator::run(command, global),
        Command::Upgrade(command) => upgrade::run(command, global),
        Command::Prescription(command) => prescription::run(command, global),
        Command::Wallet(command) => wallet::run(command, global),
        Command::Pharmacy(command) => pharmacy::run(command, global),
        Command::Terminal(command) => terminal::run(command, global),
        Command::Report(command) => report::run(command, global),
        Command::Card(command) => card::run(command, global),
        Command::Voucher(command) => voucher::run(command, global),
        Command::School(command) => school::run(command, global),
        Command::Programme(command) => programme::run(command, global),
        Command::Fund(command) => fund::run(command, global),
        Command::Explain(args) => explain::run(args, global),
        Command::Contract(command) => contract::run(command, global),
        Command::Details(command) => details::run(command, global),
        Command::Act(command) => act::run(command, global),
        Command::Payment(command) => payment::run(command, global),
        Command::Purse(command) => purse::run(command, global),
        Command::Pack(command) => pack::run(command, global),
        Command::Id(command) => id::run(command),
        Command::Code(args) => id::explain(args),
        Command::Completion(args) => Ok(id::completion(args)),
        Command::Man(args) => id::man(args),
    }
}

/// How the result is told. Checking a code or a number is for programs, so its answer and its refusal are JSON always.
pub fn output(cli: &Cli) -> Output {
    match &cli.command {
        Command::Pack(pack::Command::Parse(_)) | Command::Id(_) => Output::Json,
        _ => cli.global.output,
    }
}
