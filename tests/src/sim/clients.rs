//! Clients: redemptions from issue to dispense, by people who ask again until a node shows a receipt.

use super::trace::Trace;
use super::{Counts, check};
use crate::world::chance::Chance;
use crate::world::people::{self, METFORMIN, METFORMIN_CAP, Request, Token};
use crate::world::{World, secret};
use senim_abi::marking::msg::PackCode;
use senim_abi::prescription::{GroupId, ItemMask};
use senim_replica::SubmitAnswer;
use senim_types::{Hash, OrgId, Receipt, TimeMs, codec};
use std::collections::BTreeMap;

/// Devices that redeem: two organisations compete.
const PHARMACIES: [&str; 2] = ["pharmacy", "rival"];
/// A client that has no receipt asks another node after so long.
const RETRY_MS: u64 = 700;
/// How often a step is done anew, with a new QR, before the person gives up.
const TRIES_MAX: u32 = 6;
/// Lifetime of a QR: longer than a node's clock is off.
const QR_MS: u64 = 250_000;
const LOT: &str = "SIM1";
const EXPIRY: &str = "2031-05-31";

/// A transaction on its way.
struct Sent {
    bytes: Vec<u8>,
    hash: Hash,
    again_at: TimeMs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Stock,
    Issue,
    Hold,
    Dispense,
    /// Anything that ends with its receipt.
    Other,
    Done,
}

/// One person's errand.
struct Job {
    name: String,
    device: &'static str,
    step: Step,
    tries: u32,
    token: Option<Token>,
    pack: PackCode,
    other: Option<(&'static str, Request)>,
    sent: Option<Sent>,
    /// It holds, and leaves it at that.
    is_abandoned: bool,
}

/// See the module.
pub struct Clients {
    chance: Chance,
    jobs: Vec<Job>,
    /// Receipts that a node showed, by transaction, and which node did.
    pub acknowledged: BTreeMap<Hash, (Receipt, usize)>,
    /// Bytes that were acknowledged, to be sent again.
    old: Vec<Vec<u8>>,
    tokens: Vec<Token>,
    /// Who holds what and forgot about it.
    abandoned: Vec<(&'static str, Token, PackCode)>,
    made: u32,
}

impl Clients {
    /// Clients whose first errand is to stock both pharmacies' shelves.
    pub fn new(seed: u64) -> Clients {
        let mut clients = Clients {
            chance: Chance(seed),
            jobs: Vec::new(),
            acknowledged: BTreeMap::new(),
            old: Vec::new(),
            tokens: Vec::new(),
            abandoned: Vec::new(),
            made: 0,
        };
        for device in PHARMACIES {
            let org = people::org_of(device);
            let serials: Vec<String> = (0..40).map(|number| serial(org, number)).collect();
            let serials: Vec<&str> = serials.iter().map(String::as_str).collect();
            let request = people::introduce(METFORMIN, LOT, EXPIRY, org, &serials);
            clients.errand("regulator", request, Step::Stock);
        }
        clients
    }

    /// Adds a request that ends with its receipt.
    pub fn add(&mut self, device: &'static str, request: Request) {
        self.errand(device, request, Step::Other);
    }

    fn errand(&mut self, device: &'static str, request: Request, step: Step) {
        let name = format!("errand {}", self.jobs.len());
        self.jobs.push(Job {
            name,
            device,
            step,
            tries: 0,
            token: None,
            pack: people::pack(METFORMIN, "none", LOT, EXPIRY),
            other: Some((device, request)),
            sent: None,
            is_abandoned: false,
        });
    }

    /// A new redemption. Now and then its pack is one that another redemption wants too, or its
    /// prescription is one that the other pharmacy redeems as well.
    pub fn redeem(&mut self) {
        let device = *self.chance.pick(&PHARMACIES);
        let number = if self.made > 0 && self.chance.one_in(5) {
            self.chance.below(u64::from(self.made)) as u32
        } else {
            self.made += 1;
            self.made
        };
        let pack = people::pack(
            METFORMIN,
            &serial(people::org_of(device), number % 40),
            LOT,
            EXPIRY,
        );
        let token = if self.chance.one_in(4) && !self.tokens.is_empty() {
            Some(self.chance.pick(&self.tokens).clone())
        } else {
            None
        };
        self.jobs.push(Job {
            name: format!("redemption {}", self.jobs.len()),
            device,
            step: if token.is_some() {
                Step::Hold
            } else {
                Step::Issue
            },
            tries: 0,
            token,
            pack,
            other: None,
            sent: None,
            is_abandoned: false,
        });
    }

    /// Each pharmacy holds a new prescription that nobody comes for.
    pub fn abandon_holds(&mut self) {
        for (device, number) in PHARMACIES.iter().zip([38, 39]) {
            // Packs that no redemption takes as its own.
            let pack = people::pack(
                METFORMIN,
                &serial(people::org_of(device), number),
                LOT,
                EXPIRY,
            );
            self.jobs.push(Job {
                name: format!("abandoned {}", self.jobs.len()),
                device,
                step: Step::Issue,
                tries: 0,
                token: None,
                pack,
                other: None,
                sent: None,
                is_abandoned: true,
            });
        }
    }

    /// When the leases of abandoned holds are over: their pharmacies dispense all the same, which must
    /// be refused, and their rivals hold what is free again; how many there are.
    pub fn take_up_abandoned(&mut self) -> usize {
        let abandoned = std::mem::take(&mut self.abandoned);
        let count = abandoned.len();
        for (device, token, pack) in abandoned {
            let rival = PHARMACIES.iter().find(|it| **it != device);
            let rival = *rival.expect("there are two");
            for (device, step) in [(device, Step::Dispense), (rival, Step::Hold)] {
                self.jobs.push(Job {
                    name: format!("taken up {}", self.jobs.len()),
                    device,
                    step,
                    // One try: whoever is refused has its answer.
                    tries: TRIES_MAX - 1,
                    token: Some(token.clone()),
                    pack,
                    other: None,
                    sent: None,
                    is_abandoned: step == Step::Hold,
                });
            }
        }
        count
    }

    /// Whether nobody waits for anything.
    pub fn are_done(&self) -> bool {
        self.jobs.iter().all(|job| job.step == Step::Done)
    }

    /// Names of those who wait.
    pub fn waiting(&self) -> Vec<String> {
        let waiting = self.jobs.iter().filter(|job| job.step != Step::Done);
        waiting
            .map(|job| format!("{} at {:?}", job.name, job.step))
            .collect()
    }

    /// Everybody does what is next for them; `honest` are the nodes that are asked.
    pub fn tick(
        &mut self,
        world: &mut World,
        honest: &[usize],
        trace: &mut Trace,
        counts: &mut Counts,
    ) {
        let running: Vec<usize> = honest
            .iter()
            .copied()
            .filter(|node| world.nodes[*node].is_running())
            .collect();
        if running.is_empty() {
            return;
        }
        let stocked = self.jobs[..PHARMACIES.len()]
            .iter()
            .all(|job| job.step == Step::Done);
        for index in 0..self.jobs.len() {
            if self.jobs[index].step == Step::Stock || stocked {
                self.act(index, world, &running, trace, counts);
            }
        }
        if !self.old.is_empty() && self.chance.one_in(6) {
            self.replay(world, &running, counts);
        }
    }

    /// Somebody sends again what was acknowledged.
    fn replay(&mut self, world: &mut World, running: &[usize], counts: &mut Counts) {
        let bytes = self.chance.pick(&self.old).clone();
        let node = *self.chance.pick(running);
        world.offer(node, &bytes);
        *counts.entry("replays").or_default() += 1;
    }

    fn act(
        &mut self,
        index: usize,
        world: &mut World,
        running: &[usize],
        trace: &mut Trace,
        counts: &mut Counts,
    ) {
        let node = *self.chance.pick(running);
        if self.jobs[index].step == Step::Done {
            return;
        }
        if let Some(sent) = &self.jobs[index].sent {
            let hash = sent.hash;
            if world.nodes[node].is_running()
                && let Some(proof) = world.nodes[node].proof(&hash)
            {
                let receipt = proof.receipt;
                let line = format!(
                    "{}: {} {:?} at height {}, says node {node}",
                    self.jobs[index].name,
                    short(&hash),
                    receipt.status,
                    receipt.height
                );
                trace.line(world.now(), &line);
                *counts.entry("acknowledged").or_default() += 1;
                self.receipt(index, receipt, node, counts);
            } else if sent.again_at <= world.now() {
                self.offer(index, node, world);
            }
            return;
        }
        let Some((device, request)) = self.request(index, world) else {
            self.jobs[index].step = Step::Done;
            return;
        };
        let signed = world.sign(device, request);
        self.jobs[index].sent = Some(Sent {
            hash: signed.hash(),
            bytes: codec::encode(&signed),
            again_at: world.now(),
        });
        self.offer(index, node, world);
    }

    fn offer(&mut self, index: usize, node: usize, world: &mut World) {
        let retry_ms = RETRY_MS + self.chance.below(RETRY_MS);
        let Some(sent) = &mut self.jobs[index].sent else {
            return;
        };
        sent.again_at = TimeMs(world.now().0 + retry_ms);
        let bytes = sent.bytes.clone();
        // Refused for now is not refused for ever: nodes' clocks and tips differ.
        if let SubmitAnswer::Accepted(hash) | SubmitAnswer::Committed(hash) =
            world.offer(node, &bytes)
        {
            check("same-hash", hash == sent.hash, || "another hash".to_owned());
        }
    }

    /// What a step sends; none where its person gives up.
    fn request(&mut self, index: usize, world: &mut World) -> Option<(&'static str, Request)> {
        let job = &mut self.jobs[index];
        job.tries += 1;
        if job.tries > TRIES_MAX {
            return None;
        }
        let now = world.now();
        Some(match (job.step, &job.token) {
            (Step::Stock | Step::Other, _) => job.other.clone()?,
            (Step::Issue, _) => {
                let key = secret(&format!("sim token {}", job.name));
                let items = vec![people::metformin(60, now)];
                ("clinic", people::issue(key.public(), items))
            }
            (Step::Hold, Some(token)) => {
                // Two QRs of one wallet are never of the same ms.
                let issued_at = TimeMs(now.0 - 60_000 + index as u64 % 97);
                let items = ItemMask::one(0);
                let qr = token.qr(&world.network, items, issued_at, QR_MS);
                (
                    job.device,
                    people::hold(&world.network, job.device, items, &qr),
                )
            }
            (Step::Dispense, Some(token)) => (
                job.device,
                world.dispensing(job.device, token, job.pack, 60, METFORMIN_CAP),
            ),
            _ => return None,
        })
    }

    fn receipt(&mut self, index: usize, receipt: Receipt, node: usize, counts: &mut Counts) {
        let job = &mut self.jobs[index];
        let Some(sent) = job.sent.take() else {
            return;
        };
        self.old.push(sent.bytes);
        let is_applied = receipt.status.is_applied();
        if is_applied || job.step == Step::Other {
            job.tries = 0;
            job.step = match job.step {
                Step::Issue => {
                    let token = Token {
                        group: GroupId::derive(&receipt.transaction, 0),
                        key: secret(&format!("sim token {}", job.name)),
                    };
                    self.tokens.push(token.clone());
                    job.token = Some(token);
                    Step::Hold
                }
                Step::Hold if job.is_abandoned => {
                    let hold = job.token.clone().map(|token| (job.device, token, job.pack));
                    self.abandoned.extend(hold);
                    Step::Done
                }
                Step::Hold => Step::Dispense,
                Step::Dispense => {
                    *counts.entry("redemptions").or_default() += 1;
                    Step::Done
                }
                Step::Stock | Step::Other | Step::Done => Step::Done,
            };
        } else {
            *counts.entry("refused on the ledger").or_default() += 1;
        }
        self.acknowledged
            .insert(receipt.transaction, (receipt, node));
    }
}

fn serial(org: OrgId, number: u32) -> String {
    format!("S{}N{number:03}", org.0)
}

/// The first digits of a hash, for a trace.
pub fn short(hash: &Hash) -> String {
    hash.as_bytes()[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
