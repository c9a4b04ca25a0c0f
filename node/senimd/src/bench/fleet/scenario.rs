//! What is played on a network of processes.

use super::check::{agreed, answering, claimed};
use super::drive::{Offer, Seen, redeem, submit_all};
use super::machines::{Fleet, free_machines};
use super::report::{FleetReport, RunReport, mib};
use crate::args::{Bench, Scenario, Work};
use crate::bench::load::meal::{PROGRAMME, caterer};
use crate::bench::load::{self, Encoded, PHARMACY, Redemption, Signing};
use crate::bench::meter::{self, BUILD};
use crate::bench::report::{Percentiles, round};
use crate::bench::{BenchError, dies};
use crate::driver;
use crate::folder::Folder;
use senim_abi::treasury::ProgrammeId;
use senim_light_client::LightClient;
use senim_types::{Genesis, TimeMs};
use std::net::SocketAddr;
use std::sync::Arc;

/// Transactions under way while a load is prepared.
pub(super) const SETUP_AT_ONCE: usize = 128;

/// Plays the scenario that the arguments name. `tell` gets a line of progress now and then.
pub fn run(args: &Bench, tell: &mut dyn FnMut(String)) -> Result<FleetReport, BenchError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| BenchError::Still(error.to_string()))?;
    meter::raise_open_files();
    let folder = Folder::new(&args.dir);
    folder.remove()?;
    tell(format!(
        "making a network of {} machines in {}",
        args.processes.unwrap_or_default(),
        args.dir.display()
    ));
    let at = free_machines().map_err(dies)?;
    let network = load::network(args.wanted(), &folder, Some(&at))?;
    let program = std::env::current_exe().map_err(dies)?;
    let fleet = Fleet::new(&folder, &at, program, "warn").map_err(dies)?;
    fleet
        .set("block_interval_ms", args.block_interval_ms as i64)
        .map_err(dies)?;
    if let Some(kind) = args.store.kind() {
        fleet.use_store(kind).map_err(dies)?;
    }
    let genesis = folder.genesis()?;
    let mut stage = Stage {
        args,
        folder: Folder::new(&args.dir),
        signing: Signing::new(&network, driver::now()),
        fleet,
        genesis: &genesis,
        begun: driver::now(),
        made: Vec::new(),
        report: empty_report(args),
    };
    let played = runtime.block_on(stage.play(tell));
    let report = stage.report;
    drop(stage.fleet);
    played?;
    folder.remove()?;
    Ok(report)
}

fn empty_report(args: &Bench) -> FleetReport {
    FleetReport {
        processes: args.processes.unwrap_or_default(),
        scenario: args.scenario.name(),
        live_tokens: args.live,
        terminals: args.concurrency,
        devices: args.devices,
        store: args.store.kind().unwrap_or_default().name(),
        block_interval_ms: args.block_interval_ms,
        file_system: meter::file_system(&args.dir),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        build: BUILD,
        runs: Vec::new(),
        watched: Vec::new(),
        findings: Vec::new(),
        agreed_height: 0,
        proven: 0,
    }
}

/// A network and what was done on it so far.
pub(super) struct Stage<'a> {
    pub(super) args: &'a Bench,
    pub(super) folder: Folder,
    pub(super) signing: Signing<'a>,
    pub(super) fleet: Fleet,
    pub(super) genesis: &'a Genesis,
    begun: TimeMs,
    /// Redemptions made, by what they are.
    made: Vec<(Work, usize)>,
    pub(super) report: FleetReport,
}

impl Stage<'_> {
    async fn play(&mut self, tell: &mut dyn FnMut(String)) -> Result<(), BenchError> {
        for place in 0..self.fleet.machines.len() {
            self.fleet.start(place).map_err(dies)?;
        }
        answering(&self.nodes()).await?;
        let live = self.signing.live(self.args.live as usize);
        tell(format!("issuing {} other live tokens", self.args.live));
        submit_all(live, &self.nodes(), SETUP_AT_ONCE).await?;
        let played = match self.args.scenario {
            Scenario::Throughput => self.throughput(tell).await,
            Scenario::OneDead => self.one_dead(tell).await,
            Scenario::Overload => self.overload(tell).await,
            Scenario::Soak => self.soak(tell).await,
            Scenario::CatchUp => self.catch_up(tell).await,
            Scenario::Idle => self.idle(tell).await,
            Scenario::Lunch => self.lunch(tell).await,
        };
        if let Err(error) = played {
            for place in 0..self.fleet.machines.len() {
                if !self.fleet.runs(place) {
                    let name = &self.fleet.machines[place].name;
                    tell(format!("{name} ended: {}", self.fleet.last_lines(place)));
                }
            }
            return Err(error);
        }
        self.prove().await
    }

    /// Each kind of redemption, as many runs as asked for.
    async fn throughput(&mut self, tell: &mut dyn FnMut(String)) -> Result<(), BenchError> {
        let kinds = match self.args.work {
            Some(work) => vec![work],
            None => vec![Work::Pharmacy, Work::Meal],
        };
        for work in kinds {
            for number in 1..=self.args.runs {
                let redemptions = self.prepare(work, self.args.transactions as usize).await?;
                tell(format!(
                    "run {number} of {}: {}",
                    self.args.runs,
                    work.name()
                ));
                let offer = self.offer(self.args.rate.map(f64::from));
                let run = self.measured(work, redemptions, &offer, "").await?;
                tell(format!("{run}"));
            }
        }
        Ok(())
    }

    /// As many redemptions at once as the arguments say, over the nodes that run.
    pub(super) fn offer(&self, rate: Option<f64>) -> Offer {
        Offer {
            nodes: self.nodes(),
            terminals: self.args.concurrency as usize,
            rate,
        }
    }

    /// Signs a load and puts on the ledger what has to be there before.
    pub(super) async fn prepare(
        &mut self,
        work: Work,
        count: usize,
    ) -> Result<Arc<Vec<Redemption>>, BenchError> {
        let load = self.signing.load(work, count);
        let setup: Vec<Encoded> = load.setup;
        submit_all(setup, &self.nodes(), SETUP_AT_ONCE).await?;
        agreed(&self.nodes()).await?;
        Ok(Arc::new(load.redemptions))
    }

    /// Offers a load and measures.
    pub(super) async fn measured(
        &mut self,
        work: Work,
        redemptions: Arc<Vec<Redemption>>,
        offer: &Offer,
        note: &str,
    ) -> Result<RunReport, BenchError> {
        let running = self.fleet.running();
        let cpu = |fleet: &Fleet| -> u64 { running.iter().map(|place| fleet.cpu_us(*place)).sum() };
        let height = agreed(&self.nodes()).await?.height;
        let (before_us, client_before_us) = (cpu(&self.fleet), meter::process_cpu_us());
        let seen = redeem(redemptions, offer).await?;
        let client_us = meter::process_cpu_us() - client_before_us;
        let top = agreed(&self.nodes()).await?;
        let spent_us = cpu(&self.fleet) - before_us;
        let resident = running
            .iter()
            .map(|place| self.fleet.resident_bytes(*place));
        let each = |total_us: u64, over: usize| {
            round(total_us as f64 / (seen.done.len().max(1) * over) as f64)
        };
        let run = RunReport {
            of: work.name(),
            note: note.to_owned(),
            offered_per_s: offer.rate,
            redemptions: seen.done.len(),
            elapsed_s: round(seen.elapsed.as_secs_f64()),
            redemptions_per_s: round(seen.done.len() as f64 / seen.elapsed.as_secs_f64()),
            cpu_us_per_redemption: each(spent_us, running.len()),
            client_cpu_us_per_redemption: each(client_us, 1),
            resident_mib: mib(resident.max().unwrap_or(0)),
            blocks: top.height - height,
            turned_away: seen.turned_away,
            finality_ms: Percentiles::of_us(seen.finality_us.clone()),
            redemption_ms: Percentiles::of_us(seen.redemption_us.clone()),
        };
        self.keep(work, &seen);
        self.report.runs.push(run.clone());
        Ok(run)
    }

    pub(super) fn keep(&mut self, work: Work, seen: &Seen) {
        self.made.push((work, seen.done.len()));
    }

    /// Every node proves that as many redemptions are owed for as were made.
    async fn prove(&mut self) -> Result<(), BenchError> {
        let light = LightClient::from_genesis(self.genesis);
        let span = (self.begun, driver::now());
        self.report.agreed_height = agreed(&self.nodes()).await?.height;
        for node in self.nodes() {
            let mut proven = 0;
            let schools = self.args.wanted().schools;
            let caterers = (0..schools).map(|school| (caterer(school), PROGRAMME));
            for (work, providers) in [
                (Work::Pharmacy, vec![(PHARMACY, ProgrammeId(1))]),
                (Work::Meal, caterers.collect()),
            ] {
                let of = |(kind, count): &(Work, usize)| if *kind == work { *count } else { 0 };
                let expected: usize = self.made.iter().map(of).sum();
                let mut lines = 0;
                for owed in providers {
                    let claim = claimed(node, &light, owed, span).await?;
                    lines += u64::from(claim.lines);
                }
                if lines != expected as u64 {
                    return Err(BenchError::Replay {
                        node: node.to_string(),
                        reason: format!("{expected} of {}: {lines} are owed for", work.name()),
                    });
                }
                proven += lines;
            }
            self.report.proven = proven;
        }
        Ok(())
    }

    /// The interfaces of the machines that run.
    pub(super) fn nodes(&self) -> Vec<SocketAddr> {
        let running = self.fleet.running().into_iter();
        running
            .map(|place| self.fleet.machines[place].http)
            .collect()
    }
}
