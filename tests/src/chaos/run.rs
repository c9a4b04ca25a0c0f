//! The load, the faults, and the count afterwards.

use super::plan::{Fault, plan};
use super::proxy::{Links, Proxy};
use borsh::BorshDeserialize;
use senim_light_client::LightClient;
use senim_types::{Block, Genesis, Hash, TimeMs};
use senimd::args::Work;
use senimd::bench::fleet::check::{agreed, answering, claimed};
use senimd::bench::fleet::drive::{Offer, Seen, redeem, submit_all};
use senimd::bench::fleet::http::Connection;
use senimd::bench::fleet::machines::{Fleet, free_machines};
use senimd::bench::load::{self, PHARMACY, Redemption, Signing, Wanted};
use senimd::driver::now;
use senimd::folder::Folder;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Transactions under way while the load is prepared.
const SETUP_AT_ONCE: usize = 128;
/// How far behind its proxy's a machine listens.
const BEHIND_PROXY: u16 = 8;

/// What is done.
#[derive(Clone, Debug)]
pub struct Chaos {
    /// Decides what happens when.
    pub seed: u64,
    /// For so long.
    pub time: Duration,
    /// Processes killed.
    pub kills: usize,
    /// Links cut or stalled.
    pub cuts: usize,
    /// Pharmacy redemptions begun each second.
    pub rate: u32,
    /// Where.
    pub dir: PathBuf,
    /// The daemon.
    pub program: PathBuf,
    /// The folder with the contracts' code.
    pub contracts: PathBuf,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Processes that were killed.
    pub kills: usize,
    /// Links that were cut or stalled.
    pub cuts: usize,
    /// Redemptions whose last step was acknowledged.
    pub acknowledged: usize,
    /// Of their transactions, how many each node has exactly once; the fewest.
    pub found: usize,
    /// Transactions that were acknowledged.
    pub transactions: usize,
    /// Times that a terminal lost its node.
    pub lost: u64,
    /// Height on which all agree.
    pub height: u64,
    /// How long the load took, until the last was done.
    pub elapsed: Duration,
}

/// Does it. `tell` gets a line of progress now and then.
///
/// # Errors
/// Whatever does not hold, in words.
pub async fn run(chaos: &Chaos, tell: &(dyn Fn(String) + Sync)) -> Result<Outcome, String> {
    let folder = Folder::new(&chaos.dir);
    folder.remove().map_err(words)?;
    let wanted = Wanted {
        validators: 4,
        devices: 128,
        schools: 1,
        contracts: &chaos.contracts,
    };
    let mut at = free_machines().map_err(words)?;
    let network = load::network(wanted, &folder, Some(&at)).map_err(words)?;
    let genesis = folder.genesis().map_err(words)?;
    let program = chaos.program.clone();
    let mut fleet = Fleet::new(&folder, &at, program, "warn").map_err(words)?;
    let mut proxies = Vec::new();
    for place in 0..fleet.machines.len() {
        let proxy = SocketAddr::new(at.ip, at.network_port);
        let machine = SocketAddr::new(at.ip, at.network_port + BEHIND_PROXY);
        fleet.listen_at(place, machine.port()).map_err(words)?;
        proxies.push(Proxy::start(proxy, machine).await.map_err(words)?);
        at.network_port += 1;
    }
    for place in 0..fleet.machines.len() {
        fleet.start(place).map_err(words)?;
    }
    let nodes: Vec<SocketAddr> = fleet.machines.iter().map(|machine| machine.http).collect();
    answering(&nodes).await.map_err(words)?;

    let begun = now();
    let count = (chaos.time.as_secs() * u64::from(chaos.rate)) as usize;
    tell(format!("preparing {count} redemptions"));
    let mut signing = Signing::new(&network, begun);
    let load = signing.load(Work::Pharmacy, count);
    submit_all(load.setup, &nodes, SETUP_AT_ONCE)
        .await
        .map_err(words)?;
    let redemptions = Arc::new(load.redemptions);
    let offer = Offer {
        nodes: nodes.clone(),
        terminals: chaos.rate as usize * 4,
        rate: Some(f64::from(chaos.rate)),
    };
    let loading = tokio::spawn({
        let redemptions = Arc::clone(&redemptions);
        async move { redeem(redemptions, &offer).await }
    });
    tell(format!(
        "{} redemptions a second for {} s, {} kills, {} cuts",
        chaos.rate,
        chaos.time.as_secs(),
        chaos.kills,
        chaos.cuts
    ));
    let (kills, cuts) = disturb(chaos, &mut fleet, &proxies, tell).await?;
    let seen = loading.await.map_err(words)?.map_err(|error| {
        let machines = 0..fleet.machines.len();
        let logs = machines.map(|place| fleet.last_lines(place));
        format!("{error}\n{}", logs.collect::<Vec<_>>().join("\n"))
    })?;
    tell("the load is done; counting on each node".to_owned());
    let top = agreed(&nodes).await.map_err(words)?;
    let mut outcome = Outcome {
        kills,
        cuts,
        acknowledged: seen.done.len(),
        transactions: seen.done.len() * 2,
        found: usize::MAX,
        lost: seen.lost,
        height: top.height,
        elapsed: seen.elapsed,
    };
    let span = (begun, now());
    for node in &nodes {
        let found = count_on(*node, &genesis, &redemptions, &seen, top.height, span).await?;
        outcome.found = outcome.found.min(found);
    }
    drop(fleet);
    folder.remove().map_err(words)?;
    Ok(outcome)
}

/// Plays the faults, and heals everything.
async fn disturb(
    chaos: &Chaos,
    fleet: &mut Fleet,
    proxies: &[Proxy],
    tell: &(dyn Fn(String) + Sync),
) -> Result<(usize, usize), String> {
    let faults = plan(
        chaos.seed,
        chaos.kills,
        chaos.cuts,
        proxies.len(),
        chaos.time,
    );
    let start = Instant::now();
    // What ends when, beside the faults that begin.
    let mut returns: BTreeMap<usize, Instant> = BTreeMap::new();
    let mut heals: BTreeMap<usize, Instant> = BTreeMap::new();
    let (mut kills, mut cuts, mut told) = (0, 0, start);
    let mut faults = faults.into_iter().peekable();
    loop {
        let next = faults.peek().map(|(when, _)| start + *when);
        let ends = returns.values().chain(heals.values()).copied();
        let Some(soonest) = ends.chain(next).min() else {
            return Ok((kills, cuts));
        };
        sleep_until(soonest).await;
        let is_due = |until: &mut Instant| *until <= soonest;
        for (place, _) in returns.extract_if(.., |_, until| is_due(until)) {
            fleet.start(place).map_err(words)?;
        }
        for (place, _) in heals.extract_if(.., |_, until| is_due(until)) {
            proxies[place].set(Links::Pass);
        }
        if next.is_none_or(|next| next > soonest) {
            continue;
        }
        match faults.next().map(|(_, fault)| fault) {
            Some(Fault::Kill { machines, away }) => {
                for place in (0..proxies.len()).filter(|place| machines >> place & 1 == 1) {
                    // One that is away already is away for longer; one that ended by itself is a failure.
                    if !returns.contains_key(&place) && !fleet.runs(place) {
                        return Err(format!(
                            "{} ended by itself:\n{}",
                            fleet.machines[place].name,
                            fleet.last_lines(place)
                        ));
                    }
                    fleet.kill(place).map_err(words)?;
                    returns.insert(place, Instant::now() + away);
                    kills += 1;
                }
            }
            Some(Fault::Cut { machine, lasts }) => {
                proxies[machine].set(Links::Cut);
                heals.insert(machine, Instant::now() + lasts);
                cuts += 1;
            }
            Some(Fault::Stall { machine, lasts }) => {
                proxies[machine].set(Links::Stall);
                heals.insert(machine, Instant::now() + lasts);
                cuts += 1;
            }
            None => {}
        }
        if told.elapsed() > Duration::from_secs(20) {
            told = Instant::now();
            tell(format!(
                "after {} s: {kills} kills, {cuts} cuts",
                start.elapsed().as_secs()
            ));
        }
    }
}

/// Counts the acknowledged transactions in a node's blocks, each exactly once, and has it prove that exactly these are
/// owed for.
async fn count_on(
    node: SocketAddr,
    genesis: &Genesis,
    redemptions: &[Redemption],
    seen: &Seen,
    height: u64,
    span: (TimeMs, TimeMs),
) -> Result<usize, String> {
    let mut connection = Connection::open(node).await.map_err(words)?;
    let mut times: BTreeMap<Hash, usize> = BTreeMap::new();
    for height in 1..=height {
        let path = format!("/v1/blocks/{height}");
        let answer = connection.get_bytes(&path).await.map_err(words)?;
        let block = Block::deserialize(&mut &answer.body[..])
            .map_err(|error| format!("{node}: block {height}: {error}"))?;
        for transaction in &block.transactions {
            *times.entry(transaction.hash()).or_default() += 1;
        }
    }
    let mut found = 0;
    for number in &seen.done {
        let redemption = &redemptions[*number];
        for step in std::iter::once(&redemption.first).chain(&redemption.then) {
            let hash = step.decode().hash();
            match times.get(&hash) {
                Some(1) => found += 1,
                Some(times) => return Err(format!("{node} has {hash} {times} times")),
                None => return Err(format!("{node} lacks {hash}, which was acknowledged")),
            }
        }
    }
    let light = LightClient::from_genesis(genesis);
    let of = (PHARMACY, senim_abi::treasury::ProgrammeId(1));
    let claim = claimed(node, &light, of, span).await.map_err(words)?;
    if claim.lines as usize != seen.done.len() {
        return Err(format!(
            "{node}: {} redemptions were acknowledged, and {} are owed for",
            seen.done.len(),
            claim.lines
        ));
    }
    Ok(found)
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
