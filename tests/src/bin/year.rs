//! `make year`: a year of a country at 1:1,000, month by month.

#![forbid(unsafe_code)]

use senim_tests::year::{Scale, play};
use std::process::ExitCode;

const USAGE: &str = "usage: year [--validators 4] [--days 365] [--prescriptions 100] [--pupils 600] [--listed 60] [--cards 150]";
/// Either way, of the first steady month.
const SWING_PERCENT_MAX: f64 = 10.0;

fn main() -> ExitCode {
    let mut scale = Scale {
        validators: 4,
        days: 365,
        prescriptions: 100,
        pupils: 600,
        listed: 60,
        cards: 150,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let Some(number) = arguments.next().and_then(|value| value.parse().ok()) else {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        };
        match name.as_str() {
            "--validators" => scale.validators = number,
            "--days" => scale.days = number as u32,
            "--prescriptions" => scale.prescriptions = number,
            "--pupils" => scale.pupils = number,
            "--listed" => scale.listed = number,
            "--cards" => scale.cards = number,
            _ => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    println!(
        "{} days of {} validators: {} prescriptions a day, {} pupils, {} listed a month, {} cards",
        scale.days, scale.validators, scale.prescriptions, scale.pupils, scale.listed, scale.cards
    );
    let report = play(scale, &mut |month| print!("  {month}"));
    println!(
        "{} transactions; {} prescriptions and {} vouchers are forgotten, and the issue and the end of each proven from the log",
        report.transactions, report.prescriptions, report.vouchers
    );
    let grown = report.grown();
    grown.iter().for_each(|grown| println!("grows: {grown}"));
    let is_explained = grown.iter().all(|grown| grown.why().is_some());
    match report.swing_percent() {
        None => {
            println!("too short a time for anything to be forgotten all through a month");
            ExitCode::FAILURE
        }
        Some(swing) => {
            println!(
                "over the {} months from then on the state's size differs by at most {swing:.1} %",
                report.steady().len()
            );
            if swing <= SWING_PERCENT_MAX && is_explained {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
    }
}
