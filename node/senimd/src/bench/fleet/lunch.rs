//! The lunch of many schools, and the end of its month: does an act say what was eaten, and how soon.
//!
//! Nobody waits for a month to end: once everybody has a voucher, all nodes go on with their clocks set ahead, so that the
//! month ends soon after the load. What the month's end does is the ledger's own doing.

use super::check::{agreed, answering, proven};
use super::drive::submit_all;
use super::scenario::{SETUP_AT_ONCE, Stage};
use crate::args::Work;
use crate::bench::load::meal::{PRICE, PROGRAMME, caterer, month};
use crate::bench::{BenchError, dies};
use crate::driver;
use senim_abi::SETTLEMENT;
use senim_abi::civil::Month;
use senim_abi::settlement::record::{ActRecord, act_key};
use senim_abi::settlement::{ActBody, ActId};
use senim_light_client::LightClient;
use senim_types::TimeMs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Meals a second, unless the arguments name a rate.
const RATE: u32 = 1_000;
/// What is attempted afterwards, of the rate.
const ATTEMPT: f64 = 1.2;
/// How long it is attempted.
const ATTEMPT_S: u64 = 120;
/// From the load's planned end to the month's.
const MARGIN_MS: u64 = 90_000;
/// Acts that are not there by then never will be.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often it is looked for the last act.
const PACE: Duration = Duration::from_millis(250);

impl Stage<'_> {
    /// Meals at a rate, then more of them; then the month ends.
    pub(super) async fn lunch(&mut self, tell: &mut dyn FnMut(String)) -> Result<(), BenchError> {
        let pupils = self.args.pupils as usize;
        tell(format!("issuing {pupils} vouchers"));
        let (issued, vouchers) = self.signing.vouchers(0..pupils);
        submit_all(issued, &self.nodes(), SETUP_AT_ONCE).await?;

        let rate = f64::from(self.args.rate.unwrap_or(RATE));
        let seconds = self.args.minutes * 60;
        let meals = (rate * seconds as f64) as usize;
        let all = meals + (rate * ATTEMPT * ATTEMPT_S as f64) as usize;
        tell(format!("signing {all} meals"));
        let (month, end) = month(driver::now());
        let before_ms = (seconds + ATTEMPT_S) * 1000 + MARGIN_MS;
        self.signing.go_on(TimeMs(end.0 - before_ms));
        let signed = Arc::new(self.signing.lunch(&vouchers, 0..meals));
        let more = Arc::new(self.signing.lunch(&vouchers, meals..all));
        self.set_clocks(end, before_ms).await?;
        submit_all(self.signing.calendars(month), &self.nodes(), SETUP_AT_ONCE).await?;

        for (meals, rate, note) in [(signed, rate, ""), (more, rate * ATTEMPT, "attempted")] {
            tell(format!("{} meals at {rate:.0}/s", meals.len()));
            let offer = self.offer(Some(rate));
            let run = self.measured(Work::Meal, meals, &offer, note).await?;
            tell(format!("{run}"));
        }
        let Some(early_ms) = end.0.checked_sub(driver::now().0) else {
            let late = "the load took longer than its month";
            return Err(BenchError::Still(late.to_owned()));
        };
        tell(format!("the month ends in {} s", early_ms / 1000));
        sleep(Duration::from_millis(early_ms)).await;
        let mut eaten = vec![0u32; self.args.schools as usize];
        for number in 0..all {
            eaten[number % pupils % self.args.schools as usize] += 1;
        }
        self.acts(&eaten, month, end).await
    }

    /// Stops all nodes and starts them with their clocks so far before the end of a month.
    async fn set_clocks(&mut self, end: TimeMs, before_ms: u64) -> Result<(), BenchError> {
        let places = 0..self.fleet.machines.len();
        for place in places.clone() {
            self.fleet.end(place).map_err(dies)?;
        }
        let ahead_ms = end.0.saturating_sub(before_ms + driver::now().0);
        driver::set_clock_ahead(ahead_ms);
        self.fleet.set_clock_ahead(ahead_ms);
        for place in places {
            self.fleet.start(place).map_err(dies)?;
        }
        answering(&self.nodes()).await
    }

    /// Waits for each school's act, and compares it with what was eaten there.
    async fn acts(&mut self, eaten: &[u32], month: Month, end: TimeMs) -> Result<(), BenchError> {
        let begun = Instant::now();
        let light = LightClient::from_genesis(self.genesis);
        let nodes = self.nodes();
        let mut schools = (0u32..).zip(eaten);
        let mut acts = Vec::new();
        let mut next = schools.next();
        while let Some((school, meals)) = next {
            let node = nodes[school as usize % nodes.len()];
            match act(node, &light, school, month).await? {
                Some(body) => {
                    is_what_was_eaten(&body, school, *meals)?;
                    acts.push(body);
                    next = schools.next();
                }
                None if begun.elapsed() > PATIENCE => {
                    let missing = format!("school {school} has no act");
                    return Err(BenchError::Still(missing));
                }
                None => sleep(PACE).await,
            }
        }
        let last_ms = acts.iter().map(|act| act.cut_at.0).max().unwrap_or(0);
        let sum: u64 = acts.iter().map(|act| act.payable.0).sum();
        agreed(&nodes).await?;
        self.report.findings.push(format!(
            "{} acts, the last in a block {:.1} s after the month's end, all proven {:.1} s after it; {} tiyn, as much as was eaten",
            acts.len(),
            last_ms.saturating_sub(end.0) as f64 / 1000.0,
            begun.elapsed().as_secs_f64(),
            sum
        ));
        Ok(())
    }
}

/// A school's act, proven; none where there is none yet.
async fn act(
    node: SocketAddr,
    light: &LightClient,
    school: u32,
    month: Month,
) -> Result<Option<ActBody>, BenchError> {
    let id = ActId {
        programme: PROGRAMME,
        provider: caterer(school),
        period: month,
        number: 0,
    };
    let key = act_key(&id).in_state_of(SETTLEMENT);
    let record: Option<ActRecord> = proven(node, light, &key).await?;
    Ok(record.map(|record| record.into_current().body))
}

/// To the tiyn.
fn is_what_was_eaten(body: &ActBody, school: u32, meals: u32) -> Result<(), BenchError> {
    let cost = u128::from(meals) * u128::from(PRICE.0);
    let is_it = body.lines == meals
        && body.reversed_lines == 0
        && body.sum.0 == cost
        && u128::from(body.payable.0) == cost;
    if is_it {
        return Ok(());
    }
    Err(BenchError::Still(format!(
        "the act of school {school} has {} lines of {} tiyn for {meals} meals of {cost}",
        body.lines, body.sum.0
    )))
}
