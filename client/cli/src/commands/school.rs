//! A school's commands: which days are open, and who was present.

use crate::answer::Answer;
use crate::args::Global;
use crate::commands::voucher::voucher_id;
use crate::context::{applied, device, enrolled, session, told};
use crate::failure::{Failure, Result};
use clap::{Args, Subcommand};
use senim_abi::VOUCHER;
use senim_abi::civil::Month;
use senim_abi::marking::Day;
use senim_abi::voucher::msg::Mark;
use senim_abi::voucher::{Calendar, Execute, ProgrammeId, VoucherId};
use senim_types::{Call, OrgId, codec};
use serde_json::json;

/// A school's commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Says which days of a month are open: those of the week that are named, without holidays.
    #[command(
        after_help = "Example:\n  senim school calendar --programme 3 --month 2026-12 --weekdays 1-5 --closed 16,17"
    )]
    Calendar(SetCalendar),
    /// Says how many entitled pupils were present on a day, and who was not.
    #[command(
        after_help = "Example:\n  senim school attend --programme 3 --day 2026-12-01 --present 412 --absent VOUCHER"
    )]
    Attend(Attend),
}

/// Arguments of `school calendar`.
#[derive(Debug, Args)]
pub struct SetCalendar {
    /// Under which programme.
    #[arg(long)]
    pub programme: u32,
    /// The place; without it, the device's own organisation.
    #[arg(long)]
    pub place: Option<u32>,
    /// The month, such as 2026-12.
    #[arg(long)]
    pub month: String,
    /// Open days of the week from 1 (Monday) to 7, such as 1-5 or 1,3,5.
    #[arg(long, default_value = "1-5")]
    pub weekdays: String,
    /// Days of the month that are closed all the same, such as 16,17.
    #[arg(long, value_delimiter = ',')]
    pub closed: Vec<u32>,
    /// Days of the month that are open all the same.
    #[arg(long, value_delimiter = ',')]
    pub open: Vec<u32>,
    /// The school's device key, by name or file.
    #[arg(long, default_value = "school")]
    pub key: String,
}

/// Arguments of `school attend`.
#[derive(Debug, Args)]
pub struct Attend {
    /// Under which programme.
    #[arg(long)]
    pub programme: u32,
    /// The day, such as 2026-12-01.
    #[arg(long)]
    pub day: String,
    /// How many entitled pupils were present.
    #[arg(long)]
    pub present: u32,
    /// The vouchers of those who were not.
    #[arg(long, value_delimiter = ',', value_parser = voucher_id)]
    pub absent: Vec<VoucherId>,
    /// The vouchers of those who were reported absent by mistake.
    #[arg(long, value_delimiter = ',', value_parser = voucher_id)]
    pub not_absent: Vec<VoucherId>,
    /// The school's device key, by name or file.
    #[arg(long, default_value = "school")]
    pub key: String,
}

/// Runs a school's command.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Calendar(args) => calendar(args, global),
        Command::Attend(args) => attend(args, global),
    }
}

fn calendar(args: &SetCalendar, global: &Global) -> Result<Answer> {
    let (year, month) = parse_month(&args.month)?;
    let open = days(year, month, &args.weekdays, &args.closed, &args.open)?;
    let session = session(global)?;
    let key = device(global, &args.key)?;
    let place = match args.place {
        Some(place) => OrgId(place),
        None => enrolled(&session, &key)?.org,
    };
    let execute = Execute::SetCalendar {
        programme: ProgrammeId(args.programme),
        place,
        month: Month::new(year, month),
        calendar: Calendar { open },
    };
    let done = applied(
        &session,
        session.submit(&key, vec![call(&execute)], vec![])?,
    )?;
    let count = open.count_ones();
    Ok(told(
        &session,
        &done,
        json!({ "place": place, "open_days": count }),
    ))
}

fn call(execute: &Execute) -> Call {
    Call {
        contract: VOUCHER,
        input: codec::encode(execute),
    }
}

fn parse_month(text: &str) -> Result<(u32, u32)> {
    let parts = text.split_once('-');
    let numbers = parts.and_then(|(year, month)| Some((year.parse().ok()?, month.parse().ok()?)));
    numbers
        .filter(|(year, month)| (1970..=9999).contains(year) && (1..=12).contains(month))
        .ok_or_else(|| Failure::usage(format!("`{text}` is not a month, such as 2026-12")))
}

/// The days of the week as bits, Monday the lowest.
fn parse_weekdays(text: &str) -> Result<u8> {
    let wrong = || Failure::usage(format!("`{text}` are no days of the week, such as 1-5"));
    let mut weekdays = 0;
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.trim().parse::<u8>().map_err(|_| wrong());
        let (from, to) = (number(from)?, number(to)?);
        if !(1..=7).contains(&from) || !(from..=7).contains(&to) {
            return Err(wrong());
        }
        weekdays |= (from..=to).fold(0, |days, day| days | 1 << (day - 1));
    }
    Ok(weekdays)
}

/// The open days of a month, the first in the lowest bit.
fn days(year: u32, month: u32, weekdays: &str, closed: &[u32], open: &[u32]) -> Result<u32> {
    let weekdays = parse_weekdays(weekdays)?;
    let mut days = 0;
    for day in 1..=31 {
        let Ok(date) = Day::from_ymd(year, month, day) else {
            continue;
        };
        // The first of January 1970 was a Thursday.
        let weekday = (date.number() + 3) % 7;
        let of_the_week = weekdays >> weekday & 1 == 1;
        if (of_the_week && !closed.contains(&day)) || open.contains(&day) {
            days |= 1 << (day - 1);
        }
    }
    Ok(days)
}

fn attend(args: &Attend, global: &Global) -> Result<Answer> {
    let day: Day = args
        .day
        .parse()
        .map_err(|_| Failure::usage(format!("`{}` is not a day, such as 2026-12-01", args.day)))?;
    let session = session(global)?;
    let key = device(global, &args.key)?;
    let mark = |absent| {
        move |voucher: &VoucherId| Mark {
            voucher: *voucher,
            absent,
        }
    };
    let absent = args.absent.iter().map(mark(true));
    let marks = absent.chain(args.not_absent.iter().map(mark(false)));
    let execute = Execute::Attend {
        programme: ProgrammeId(args.programme),
        place: enrolled(&session, &key)?.org,
        day: day.number(),
        present: args.present,
        marks: marks.collect(),
    };
    let done = applied(
        &session,
        session.submit(&key, vec![call(&execute)], vec![])?,
    )?;
    Ok(told(&session, &done, json!({ "day": args.day })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_its_open_days() {
        // 2026-12-01 is a Tuesday; the 16th and 17th are holidays.
        let open = days(2026, 12, "1-5", &[16, 17], &[5]).expect("sound");
        let listed: Vec<u32> = (1..=31).filter(|day| open >> (day - 1) & 1 == 1).collect();
        assert_eq!(
            listed,
            [
                1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 14, 15, 18, 21, 22, 23, 24, 25, 28, 29, 30, 31
            ]
        );
        assert_eq!(days(2026, 2, "7", &[], &[]).expect("sound").count_ones(), 4);
    }

    #[test]
    fn what_is_no_month_and_no_day_of_the_week_is_told() {
        for text in ["", "2026", "2026-13", "26-x", "2026-00"] {
            assert!(parse_month(text).is_err(), "{text}");
        }
        for text in ["", "0", "8", "5-1", "a", "1-"] {
            assert!(parse_weekdays(text).is_err(), "{text}");
        }
        assert_eq!(parse_weekdays("1,3-4,7").ok(), Some(0b100_1101));
    }
}
