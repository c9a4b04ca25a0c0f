//! Scenarios in which something is wrong, or nothing happens.

use super::check::{agreed, metric, status};
use super::drive::{Offer, redeem, submit_all};
use super::growth::Growth;
use super::report::{RunReport, Watched, mib};
use super::scenario::Stage;
use crate::args::Work;
use crate::bench::load::PHARMACY;
use crate::bench::report::{Percentiles, round};
use crate::bench::{BenchError, dies};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// What of the best load three of four are offered.
const OFFERED_TO_THE_REST: f64 = 0.6;
/// How many times the best load an overload is.
const OVERLOAD: f64 = 10.0;
/// How long an overload lasts.
const OVERLOAD_TIME: Duration = Duration::from_secs(20);
/// Redemptions a second of a soak, unless the arguments name a rate.
const SOAK_RATE: u32 = 300;
/// Transactions of each block that a node catches up with, at least.
const BLOCK_TRANSACTIONS: usize = 20;
/// Meals between two looks at how many blocks there are.
const MEALS_AT_ONCE: usize = 20_000;
/// A node that has not caught up by then never will.
const CATCH_UP_PATIENCE: Duration = Duration::from_secs(1_800);

impl Stage<'_> {
    fn work(&self) -> Work {
        self.args.work.unwrap_or_default()
    }

    /// The best of the arguments' runs, which is what the other loads are measured by.
    async fn best(&mut self, tell: &mut dyn FnMut(String)) -> Result<RunReport, BenchError> {
        let work = self.work();
        for _ in 0..self.args.runs {
            let load = self.prepare(work, self.args.transactions as usize).await?;
            let offer = self.offer(None);
            let run = self.measured(work, load, &offer, "").await?;
            tell(format!("{run}"));
        }
        let best = self.report.best(work.name()).cloned();
        best.ok_or_else(|| BenchError::Still("no run".to_owned()))
    }

    /// One validator dies without warning; the others go on.
    pub(super) async fn one_dead(
        &mut self,
        tell: &mut dyn FnMut(String),
    ) -> Result<(), BenchError> {
        let rate = self.best(tell).await?.redemptions_per_s * OFFERED_TO_THE_REST;
        let load = self
            .prepare(self.work(), self.args.transactions as usize)
            .await?;
        let count = load.len();
        let dead = self.fleet.machines.len() - 1;
        self.fleet.kill(dead).map_err(dies)?;
        tell(format!("{} is dead", self.fleet.machines[dead].name));
        let offer = self.offer(Some(rate));
        let run = self.measured(self.work(), load, &offer, "one dead").await?;
        tell(format!("{run}"));
        self.report.findings.push(format!(
            "one dead: {:.1} % of {count} offered at {rate:.0}/s are final, p99 {:.0} ms",
            run.redemptions as f64 * 100.0 / count as f64,
            run.redemption_ms.p99
        ));
        self.fleet.start(dead).map_err(dies)?;
        agreed(&self.nodes()).await.map(|_| ())
    }

    /// Far more is offered than can be done. Terminals come again when they are told to.
    pub(super) async fn overload(
        &mut self,
        tell: &mut dyn FnMut(String),
    ) -> Result<(), BenchError> {
        let best = self.best(tell).await?;
        let rate = best.redemptions_per_s * OVERLOAD;
        // As many as can be done in that time and a margin: whoever comes later is never served.
        let possible = best.redemptions_per_s * OVERLOAD_TIME.as_secs_f64() * 1.5;
        let load = self.prepare(self.work(), possible as usize).await?;
        tell(format!("offering {rate:.0}/s"));
        let offer = Offer {
            terminals: 10 * self.args.concurrency as usize,
            ..self.offer(Some(rate))
        };
        let run = self
            .measured(self.work(), load, &offer, "ten times the best")
            .await?;
        tell(format!("{run}"));
        self.report.findings.push(format!(
            "overload: {:.0} % of the best, {} answers said when to come again",
            run.redemptions_per_s * 100.0 / best.redemptions_per_s,
            run.turned_away
        ));
        Ok(())
    }

    /// A steady load for minutes.
    pub(super) async fn soak(&mut self, tell: &mut dyn FnMut(String)) -> Result<(), BenchError> {
        let rate = self.args.rate.unwrap_or(SOAK_RATE);
        let minutes = self.args.minutes;
        let count = u64::from(rate) * minutes * 60;
        tell(format!("preparing {count} redemptions"));
        let load = self.prepare(self.work(), count as usize).await?;
        let offer = self.offer(Some(f64::from(rate)));
        let redeeming = tokio::spawn(async move { redeem(load, &offer).await });
        self.watch(
            minutes,
            |minute| (minute * 60 * u64::from(rate)) as usize,
            tell,
        )
        .await;
        let seen = redeeming
            .await
            .map_err(|error| BenchError::Still(error.to_string()))??;
        self.keep(self.work(), &seen);
        let finality = Percentiles::of_us(seen.finality_us);
        self.report.findings.push(format!(
            "soak: {} redemptions, finality p50 {:.0} ms p99 {:.0} ms, a redemption p99 {:.0} ms",
            seen.done.len(),
            finality.p50,
            finality.p99,
            Percentiles::of_us(seen.redemption_us).p99
        ));
        let growth = Growth::of(&self.report.watched);
        self.report
            .findings
            .extend(growth.map(|growth| growth.to_string()));
        Ok(())
    }

    /// Nothing is offered.
    pub(super) async fn idle(&mut self, tell: &mut dyn FnMut(String)) -> Result<(), BenchError> {
        let before = agreed(&self.nodes()).await?.height;
        self.watch(self.args.minutes, |_| 0, tell).await;
        let blocks = agreed(&self.nodes()).await?.height - before;
        self.report.findings.push(format!(
            "idle: {blocks} blocks in {} minutes",
            self.args.minutes
        ));
        Ok(())
    }

    /// Looks at the processes each minute.
    async fn watch(
        &mut self,
        minutes: u64,
        redemptions: impl Fn(u64) -> usize,
        tell: &mut dyn FnMut(String),
    ) {
        let begun = Instant::now();
        let places = 0..self.fleet.machines.len();
        let used = |stage: &Self| -> Vec<u64> {
            places
                .clone()
                .map(|place| stage.fleet.cpu_us(place))
                .collect()
        };
        let mut before = used(self);
        for minute in 1..=minutes {
            sleep_until(begun + Duration::from_secs(60 * minute)).await;
            let now = used(self);
            let since = now.iter().zip(&before).map(|(now, before)| now - before);
            let line = Watched {
                minute,
                redemptions: redemptions(minute),
                height: status(self.fleet.machines[0].http)
                    .await
                    .map_or(0, |status| status.height),
                // The state is the same on all of them.
                state_keys: metric(self.fleet.machines[0].http, "senim_state_keys").await,
                resident_mib: places
                    .clone()
                    .map(|place| mib(self.fleet.resident_bytes(place)))
                    .collect(),
                cpu_millicores: since.map(|us| round(us as f64 / 60_000.0)).collect(),
            };
            before = now;
            tell(format!(
                "minute {minute}: height {}, keys {:?}, MiB {:?}, millicores {:?}",
                line.height, line.state_keys, line.resident_mib, line.cpu_millicores
            ));
            self.report.watched.push(line);
        }
    }

    /// The network makes blocks; then a node without a vote joins and gets all of them.
    pub(super) async fn catch_up(
        &mut self,
        tell: &mut dyn FnMut(String),
    ) -> Result<(), BenchError> {
        let behind = self.args.blocks_behind;
        let (place, key) = self.fleet.join(&self.folder, PHARMACY.0).map_err(dies)?;
        let admit = self.signing.admit(PHARMACY, key);
        submit_all(vec![admit], &self.nodes(), 1).await?;
        let begun = agreed(&self.nodes()).await?.height;
        let (mut made, mut meals, mut spent_s) = (0, 0, 0.0);
        let mut offer = self.offer(None);
        // So many at once that blocks are small and many.
        offer.terminals = BLOCK_TRANSACTIONS * 3;
        while made < behind {
            let load = self.prepare(Work::Meal, MEALS_AT_ONCE).await?;
            let run = self
                .measured(Work::Meal, load, &offer, "small blocks")
                .await?;
            meals += run.redemptions;
            spent_s += run.elapsed_s;
            made = agreed(&self.nodes()).await?.height - begun;
            tell(format!("{made} of {behind} blocks; {run}"));
        }
        let there = agreed(&self.nodes()).await?.height;
        let start = Instant::now();
        self.fleet.start(place).map_err(dies)?;
        let node = self.fleet.machines[place].http;
        loop {
            match status(node).await {
                Some(status) if status.height >= there => break,
                _ if start.elapsed() > CATCH_UP_PATIENCE => {
                    return Err(BenchError::Still("it does not catch up".to_owned()));
                }
                _ => sleep(Duration::from_millis(50)).await,
            }
        }
        let took_s = start.elapsed().as_secs_f64();
        let runs = self.report.runs.iter();
        let live: u64 = runs.map(|run| run.blocks).sum();
        let (live, catching) = (live as f64 / spent_s, there as f64 / took_s);
        self.report.findings.push(format!(
            "catch-up: {there} blocks, among them {meals} meals, in {took_s:.1} s: {catching:.0} blocks/s where {live:.0}/s were \
             made, {:.1} times; {:.0} meals/s where {:.0}/s were made",
            catching / live,
            meals as f64 / took_s,
            meals as f64 / spent_s
        ));
        Ok(())
    }
}
