//! What a programme owes a pharmacy.

use super::Sales;
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{device, enrolled, session};
use crate::failure::{Failure, Result};
use crate::programmes;
use crate::words::tenge_total;
use senim_abi::TREASURY;
use senim_abi::civil::Month;
use senim_abi::prescription::ProgrammeId;
use senim_abi::treasury::record::{BudgetRecord, Claim, ClaimRecord, budget_key, claim_key};
use senim_types::Code;
use serde_json::json;

/// Reads `YYYY-MM`.
pub fn parse_month(text: &str) -> std::result::Result<Month, String> {
    let malformed = || format!("`{text}` is not a month YYYY-MM");
    let (year, month) = text.split_once('-').ok_or_else(malformed)?;
    let year: u32 = year.parse().map_err(|_| malformed())?;
    let month: u32 = month.parse().map_err(|_| malformed())?;
    if (1970..=9999).contains(&year) && (1..=12).contains(&month) {
        Ok(Month::new(year, month))
    } else {
        Err(malformed())
    }
}

/// The claim of a month; a month without one owes nothing.
pub fn sales(args: &Sales, global: &Global) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, &args.key)?);
    let org = enrolled(&session, &key)?.org;
    let programme = ProgrammeId(args.programme);
    let line = programmes::current(&session, programme)?.budget;
    let budget = session.record::<BudgetRecord>(&budget_key(line), TREASURY)?;
    let now = budget.header.time;
    let budget = budget
        .value
        .ok_or_else(|| Failure::new(Code::NO_BUDGET))?
        .into_current();
    let month = args.month.unwrap_or_else(|| budget.offsets.month_of(now));
    let claim = session.record::<ClaimRecord>(&claim_key(org, programme, month), TREASURY)?;
    let height = claim.header.height;
    let claim = claim
        .value
        .map(ClaimRecord::into_current)
        .unwrap_or_default();
    let period = format!("{:04}-{:02}", month.year(), month.month());
    let json = json!({
        "org": org, "programme": programme, "month": period, "claim": claim, "owed_tiyn": claim.owed(), "height": height,
    });
    Ok(Answer::new(json)
        .line(format!(
            "{} under programme {programme}, {period}",
            session.names.of_org(org)
        ))
        .line(format!("  redemptions {:>24}", claim.lines))
        .line(format!("  sum         {:>24}", tenge_total(claim.sum)))
        .line(format!("  undone      {:>24}", tenge_total(claim.reversed)))
        .lines(moved(&claim))
        .line(format!("  paid out    {:>24}", tenge_total(claim.paid())))
        .line(format!("  owed        {:>24}", tenge_total(claim.owed())))
        .lines(owes_back(&claim))
        .line(format!("  proof holds: after block {height}")))
}

/// What was moved between months, and corrected, if anything was: what is said adds up.
fn moved(claim: &Claim) -> Vec<String> {
    let parts = [
        ("corrected", claim.corrected),
        ("set off", claim.set_off),
        ("made good", claim.made_good),
    ];
    let there = parts.iter().filter(|(_, amount)| amount.0 > 0);
    there
        .map(|(what, amount)| format!("  {what:<11} {:>24}", tenge_total(*amount)))
        .collect()
}

/// What it is negative by: a later line makes it good.
fn owes_back(claim: &Claim) -> Option<String> {
    let excess = claim.excess();
    (excess.0 > 0).then(|| format!("  owed back   {:>24}", tenge_total(excess)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_types::TiynTotal;

    #[test]
    fn what_is_said_of_a_claim_adds_up() {
        let claim = Claim {
            sum: TiynTotal(500),
            reversed: TiynTotal(1_000),
            set_off: TiynTotal(100),
            made_good: TiynTotal(400),
            ..Claim::default()
        };
        assert_eq!(moved(&claim).len(), 2);
        assert_eq!(
            owes_back(&claim).map(|line| line.contains("2.00")),
            Some(true)
        );
        assert_eq!(moved(&Claim::default()), Vec::<String>::new());
        assert_eq!(owes_back(&Claim::default()), None);
    }

    #[test]
    fn months_are_read() {
        assert_eq!(parse_month("2026-02"), Ok(Month::new(2026, 2)));
        for text in ["", "2026", "2026-13", "2026-00", "1-1", "2026-02-01"] {
            assert!(parse_month(text).is_err(), "{text}");
        }
    }
}
