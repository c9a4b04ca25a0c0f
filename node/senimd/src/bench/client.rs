//! The benchmark's client: submits, follows each node's blocks, verifies each block once, and goes on
//! with what became final.

use super::BenchError;
use super::load::{Encoded, Redemption};
use crate::args::Bench;
use crate::node::{Node, Nodes};
use senim_api::NodeHandle;
use senim_light_client::LightClient;
use senim_replica::{BlockRecord, Read, ReadAnswer, SubmitAnswer};
use senim_types::{Code, Hash, Height, Receipt, SignedTransaction, Status, merkle};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};

/// Without a block for so long, the network stands still.
const STILL: Duration = Duration::from_secs(60);
/// How long to wait when a node is full, in ms.
const BACK_OFF_MS: u64 = 20;
/// How often answers are looked at while some are missing.
const ANSWER_PACE: Duration = Duration::from_millis(50);
/// Transactions submitted at once before the client looks for blocks again.
const SUBMIT_BURST: usize = 256;

/// What was measured.
#[derive(Debug, Default)]
pub struct Measured {
    /// Redemptions that are final.
    pub redemptions: usize,
    /// From each transaction's submission to its verified certificate, in µs, unsorted.
    pub finality_us: Vec<u64>,
    /// From each redemption's first submission to the dispense's verified certificate, in µs.
    pub redemption_us: Vec<u64>,
    /// Answers that asked to come again later.
    pub turned_away: u64,
}

/// Where all nodes ended.
#[derive(Clone, Debug)]
pub struct Tips {
    /// Their height.
    pub height: Height,
    /// Their header's hash.
    pub hash: Hash,
    /// Their state root.
    pub state_root: Hash,
    /// Transactions on the chain.
    pub transactions: u64,
}

/// See the module.
pub struct Client {
    runtime: tokio::runtime::Runtime,
    light: LightClient,
    nodes: Vec<NodeHandle>,
    /// Blocks are followed at the first node; what it certifies is what all have.
    progress: watch::Receiver<crate::driver::Progress>,
    seen: Height,
    transactions: u64,
    unanswered: VecDeque<Unanswered>,
    turned_away: u64,
}

/// A submission whose answer has not come.
struct Unanswered {
    answer: oneshot::Receiver<SubmitAnswer>,
    node: usize,
    transaction: SignedTransaction,
}

/// What a transaction belongs to.
#[derive(Clone, Copy, Debug)]
enum Step {
    Setup,
    First(usize),
    Last(usize),
}

struct Flight {
    step: Step,
    submitted: Instant,
}

impl Client {
    /// A client of these nodes that trusts their genesis alone.
    pub fn new(nodes: &Nodes) -> Client {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        Client {
            runtime: runtime.unwrap_or_else(|error| panic!("the system gives no timers: {error}")),
            light: LightClient::from_genesis(&nodes.genesis),
            nodes: nodes.nodes.iter().map(|node| node.handle.clone()).collect(),
            progress: nodes.nodes[0].progress.clone(),
            seen: Height::GENESIS,
            transactions: 0,
            unanswered: VecDeque::new(),
            turned_away: 0,
        }
    }

    /// Submits transactions in order and waits until all are applied.
    pub fn submit_all(
        &mut self,
        what: &str,
        transactions: Vec<Encoded>,
        concurrency: usize,
    ) -> Result<(), BenchError> {
        let mut queue = transactions.into_iter().map(|encoded| encoded.decode());
        let mut flights: BTreeMap<Hash, Flight> = BTreeMap::new();
        // A device's window is 256: so many of one device may be under way.
        let limit = concurrency.min(200);
        loop {
            while flights.len() < limit {
                let Some(transaction) = queue.next() else {
                    break;
                };
                let hash = transaction.hash();
                self.submit(0, transaction)?;
                flights.insert(
                    hash,
                    Flight {
                        step: Step::Setup,
                        submitted: Instant::now(),
                    },
                );
            }
            if flights.is_empty() {
                return Ok(());
            }
            for record in self.blocks(STILL)? {
                for receipt in &record.receipts {
                    if flights.remove(&receipt.transaction).is_some() {
                        applied(what, receipt)?;
                    }
                }
            }
        }
    }

    /// Plays the redemptions: each begun at once or at the rate, its second step when the first is final.
    pub fn redeem(
        &mut self,
        redemptions: &[Redemption],
        args: &Bench,
    ) -> Result<Measured, BenchError> {
        let mut measured = Measured::default();
        let mut flights: BTreeMap<Hash, Flight> = BTreeMap::new();
        let mut begun: Vec<Option<Instant>> = vec![None; redemptions.len()];
        let (mut next, mut under_way, start) = (0, 0, Instant::now());
        let mut ready: Vec<usize> = Vec::new();
        while measured.redemptions < redemptions.len() {
            for number in std::mem::take(&mut ready) {
                if let Some(then) = &redemptions[number].then {
                    self.launch(number, Step::Last(number), then, &mut flights)?;
                }
            }
            let offered = match args.rate {
                Some(rate) => (start.elapsed().as_secs_f64() * f64::from(rate)) as usize,
                None => redemptions.len(),
            };
            let mut burst = 0;
            while next < redemptions.len().min(offered)
                && under_way < args.concurrency
                && burst < SUBMIT_BURST
            {
                begun[next] = Some(Instant::now());
                let redemption = &redemptions[next];
                let step = match redemption.then {
                    Some(_) => Step::First(next),
                    None => Step::Last(next),
                };
                self.launch(next, step, &redemption.first, &mut flights)?;
                next += 1;
                under_way += 1;
                burst += 1;
            }
            let is_waiting = next >= redemptions.len() || under_way >= args.concurrency;
            let patience = if is_waiting {
                STILL
            } else {
                Duration::from_millis(1)
            };
            for record in self.blocks(patience)? {
                let now = Instant::now();
                for receipt in &record.receipts {
                    let Some(flight) = flights.remove(&receipt.transaction) else {
                        continue;
                    };
                    applied("redemption", receipt)?;
                    measured.finality_us.push(since_us(now, flight.submitted));
                    match flight.step {
                        Step::First(number) => ready.push(number),
                        Step::Last(number) => {
                            measured.redemptions += 1;
                            under_way -= 1;
                            if let Some(begun) = begun[number] {
                                measured.redemption_us.push(since_us(now, begun));
                            }
                        }
                        Step::Setup => {}
                    }
                }
            }
        }
        measured.turned_away = self.turned_away;
        Ok(measured)
    }

    fn launch(
        &mut self,
        number: usize,
        step: Step,
        transaction: &Encoded,
        flights: &mut BTreeMap<Hash, Flight>,
    ) -> Result<(), BenchError> {
        let node = number % self.nodes.len();
        let submitted = Instant::now();
        let transaction = transaction.decode();
        let hash = transaction.hash();
        self.submit(node, transaction)?;
        flights.insert(hash, Flight { step, submitted });
        Ok(())
    }

    /// Submits to a node without waiting for its answer.
    fn submit(&mut self, node: usize, transaction: SignedTransaction) -> Result<(), BenchError> {
        loop {
            match self.nodes[node].submit_later(transaction.clone()) {
                Ok(answer) => {
                    self.unanswered.push_back(Unanswered {
                        answer,
                        node,
                        transaction,
                    });
                    return Ok(());
                }
                Err(Code::MEMPOOL_FULL) => self.back_off(),
                Err(code) => return Err(refused("a submission", code)),
            }
        }
    }

    fn back_off(&mut self) {
        self.turned_away += 1;
        std::thread::sleep(Duration::from_millis(BACK_OFF_MS));
    }

    /// Looks at the answers that came; what was turned away for load is submitted again.
    fn answers(&mut self) -> Result<(), BenchError> {
        let mut again = Vec::new();
        while let Some(first) = self.unanswered.front_mut() {
            let answer = match first.answer.try_recv() {
                Ok(answer) => answer,
                Err(oneshot::error::TryRecvError::Empty) => break,
                Err(oneshot::error::TryRecvError::Closed) => {
                    return Err(BenchError::Still("a node ended".to_owned()));
                }
            };
            let answered = self.unanswered.pop_front();
            match answer {
                SubmitAnswer::Accepted(_) | SubmitAnswer::Committed(_) => {}
                SubmitAnswer::Refused(Code::MEMPOOL_FULL | Code::DEVICE_RATE) => {
                    again.extend(answered)
                }
                SubmitAnswer::Refused(code) => return Err(refused("a submission", code)),
            }
        }
        if !again.is_empty() {
            self.back_off();
        }
        again
            .into_iter()
            .try_for_each(|unanswered| self.submit(unanswered.node, unanswered.transaction))
    }

    /// The blocks since the last look, verified; waits at most `patience` for the first.
    fn blocks(&mut self, patience: Duration) -> Result<Vec<Arc<BlockRecord>>, BenchError> {
        self.answers()?;
        // Answers that ask to come again may come while no block does.
        let step = if self.unanswered.is_empty() {
            patience
        } else {
            patience.min(ANSWER_PACE)
        };
        let (progress, seen) = (&mut self.progress, self.seen);
        let waited = self.runtime.block_on(async {
            let ahead = progress.wait_for(|progress| {
                progress.halted.is_some()
                    || progress.tip.as_ref().is_some_and(|tip| tip.height > seen)
            });
            match tokio::time::timeout(step, ahead).await {
                Ok(Ok(progress)) => Ok(Some(progress.clone())),
                Ok(Err(_)) => Err(BenchError::Still("a node ended".to_owned())),
                Err(_) => Ok(None),
            }
        })?;
        let Some(progress) = waited else {
            if step >= STILL {
                return Err(BenchError::Still(format!("no block after {}", self.seen)));
            }
            return Ok(Vec::new());
        };
        if let Some((code, reason)) = progress.halted {
            return Err(BenchError::Still(format!(
                "a node halted: {code}: {reason}"
            )));
        }
        let tip = progress.tip.map_or(self.seen, |tip| tip.height);
        let mut records = Vec::new();
        while self.seen < tip {
            let height = self.seen.next();
            let record = self.block(height)?;
            self.transactions += record.block.transactions.len() as u64;
            records.push(record);
            self.seen = height;
        }
        Ok(records)
    }

    /// A block, judged like any client would: certificate, then every receipt against the header.
    fn block(&mut self, height: Height) -> Result<Arc<BlockRecord>, BenchError> {
        let handle = &self.nodes[0];
        let answer = self.runtime.block_on(handle.read(Read::Block { height }));
        let unverified = |code| BenchError::Unverified {
            height: height.0,
            code,
        };
        let Ok(ReadAnswer::Block(Some(record))) = answer else {
            return Err(unverified(Code::NOT_FOUND));
        };
        self.light
            .header(&record.block.header, &record.certificate)
            .map_err(unverified)?;
        if merkle::list_root(record.receipts.iter().map(Receipt::leaf))
            != record.block.header.receipts_root
        {
            return Err(unverified(Code::RECEIPT_PROOF));
        }
        Ok(record)
    }

    /// Waits until all nodes are at the same height, and says where.
    pub fn settle(&mut self, nodes: &Nodes) -> Result<Tips, BenchError> {
        self.blocks(Duration::from_millis(1))?;
        let height = self.seen;
        let mut tips = Vec::new();
        for Node {
            name,
            progress,
            handle,
            ..
        } in &nodes.nodes
        {
            let mut progress = progress.clone();
            let reached = self.runtime.block_on(async {
                let there =
                    progress.wait_for(|p| p.tip.as_ref().is_some_and(|t| t.height >= height));
                tokio::time::timeout(STILL, there)
                    .await
                    .ok()
                    .and_then(Result::ok)
                    .is_some()
            });
            if !reached {
                return Err(BenchError::Still(format!(
                    "{name} does not reach height {height}"
                )));
            }
            match self.runtime.block_on(handle.read(Read::Block { height })) {
                Ok(ReadAnswer::Block(Some(record))) => tips.push(record.block.header.clone()),
                _ => return Err(BenchError::Still(format!("{name} has no block {height}"))),
            }
        }
        let first = &tips[0];
        if tips.iter().any(|tip| tip.state_root != first.state_root) {
            return Err(BenchError::Unverified {
                height: height.0,
                code: Code::STATE_ROOT,
            });
        }
        Ok(Tips {
            height,
            hash: first.hash(),
            state_root: first.state_root,
            transactions: self.transactions,
        })
    }
}

fn since_us(now: Instant, then: Instant) -> u64 {
    u64::try_from(now.duration_since(then).as_micros()).unwrap_or(u64::MAX)
}

fn refused(what: &str, code: Code) -> BenchError {
    BenchError::Refused {
        what: what.to_owned(),
        code,
    }
}

fn applied(what: &str, receipt: &Receipt) -> Result<(), BenchError> {
    match &receipt.status {
        Status::Applied => Ok(()),
        Status::Refused { code, .. } | Status::Trapped { code } => Err(refused(what, *code)),
    }
}
