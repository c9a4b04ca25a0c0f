//! Two builds in one network: the software of four real processes is replaced one by one while a load runs, and at one
//! height the protocol and a contract change. One node keeps the old software for too long.

use crate::world::network::root;
use borsh::BorshDeserialize;
use senim_abi::ledger::{self, ContractKind};
use senim_abi::treasury::ProgrammeId;
use senim_abi::{REGISTRY, registry};
use senim_light_client::LightClient;
use senim_types::{Block, Call, Code, ContractId, Genesis, Hash, Height, Receipt, Status, codec};
use senimd::args::Work;
use senimd::bench::fleet::check::{agreed, answering, claimed, status};
use senimd::bench::fleet::drive::{Offer, redeem, submit_all};
use senimd::bench::fleet::http::Connection;
use senimd::bench::fleet::machines::{Fleet, free_machines};
use senimd::bench::load::meal::caterer;
use senimd::bench::load::{self, Encoded, Signing, Wanted};
use senimd::driver::now;
use senimd::folder::Folder;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The contract that is made, and upgraded.
const CONTRACT: ContractId = ContractId(100);
/// What the upgraded code keeps of its migration: the version that it left.
const MIGRATED: u8 = 3;
/// Statements of the transactions whose fuel is compared.
const WITNESSES: usize = 3;
/// What each of them costs from version 2 on.
const WITNESS_FUEL: u64 = 10_000;
/// Blocks between the decision and the height at which it acts.
const NOTICE: u64 = 120;
/// Meals a second meanwhile.
const RATE: u32 = 50;
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(180);

/// What is done.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// The software that the network begins with.
    pub old: PathBuf,
    /// The software that knows the next version of the protocol as well.
    pub new: PathBuf,
    /// Where.
    pub dir: PathBuf,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// The height at which protocol and contract changed.
    pub activation: u64,
    /// Meals that were served meanwhile, all of them paid.
    pub meals: usize,
    /// The height on which all agree.
    pub height: u64,
}

/// Does it. `tell` gets a line of progress now and then.
///
/// # Errors
/// Whatever does not hold, in words.
pub async fn run(upgrade: &Upgrade, tell: &(dyn Fn(String) + Sync)) -> Result<Outcome, String> {
    let folder = Folder::new(&upgrade.dir);
    folder.remove().map_err(words)?;
    let contracts = root().join("genesis/contracts");
    let wanted = Wanted {
        validators: 4,
        devices: 32,
        schools: 1,
        contracts: &contracts,
    };
    let at = free_machines().map_err(words)?;
    let network = load::network(wanted, &folder, Some(&at)).map_err(words)?;
    let genesis = folder.genesis().map_err(words)?;
    let mut fleet = Fleet::new(&folder, &at, upgrade.old.clone(), "warn").map_err(words)?;
    for place in 0..4 {
        fleet.start(place).map_err(words)?;
    }
    let nodes: Vec<SocketAddr> = fleet.machines.iter().map(|machine| machine.http).collect();
    answering(&nodes).await.map_err(words)?;
    let begun = now();
    let mut signing = Signing::new(&network, begun);
    tell("four processes of the old software; preparing meals".to_owned());
    let meals = signing.load(Work::Meal, (RATE * 120) as usize);
    submit_all(meals.setup, &nodes, 64).await.map_err(words)?;
    let old_code = make_contract(&mut signing, &nodes).await?;
    let plain = fuel_of(&mut signing, 0, nodes[0]).await?;
    same(
        "a statement costs nothing yet",
        fuel_of(&mut signing, WITNESSES, nodes[0]).await?,
        plain,
    )?;

    let offer = Offer {
        nodes: nodes.clone(),
        terminals: RATE as usize * 4,
        rate: Some(f64::from(RATE)),
    };
    let redemptions = Arc::new(meals.redemptions);
    let loading = tokio::spawn(async move { redeem(redemptions, &offer).await });
    let height = agreed_height(&nodes).await?;
    let activation = Height(height + NOTICE);
    schedule(&mut signing, &nodes, activation, old_code).await?;
    tell(format!(
        "version 2 and the new contract act from height {activation}"
    ));
    for place in 0..3 {
        fleet.use_program(upgrade.new.clone());
        fleet.end(place).map_err(words)?;
        fleet.start(place).map_err(words)?;
        reaches(nodes[place], agreed_height(&nodes[3..]).await?).await?;
        tell(format!(
            "{} runs the new software",
            fleet.machines[place].name
        ));
    }
    too_late(&mut fleet, &nodes, activation).await?;
    tell("three go on under version 2; the old software stopped before it".to_owned());
    fleet.start(3).map_err(words)?;
    reaches(nodes[3], activation.0).await?;

    let seen = loading.await.map_err(words)?.map_err(words)?;
    let top = agreed(&nodes).await.map_err(words)?;
    for node in &nodes {
        versions_are(*node, activation, top.height).await?;
        has_migrated(*node, &genesis).await?;
        let light = LightClient::from_genesis(&genesis);
        let of = (caterer(0), ProgrammeId(2));
        let claim = claimed(*node, &light, of, (begun, now()))
            .await
            .map_err(words)?;
        same("meals owed for", claim.lines as usize, seen.done.len())?;
    }
    same(
        "a statement costs now",
        fuel_of(&mut signing, WITNESSES, nodes[3]).await?,
        fuel_of(&mut signing, 0, nodes[3]).await? + WITNESSES as u64 * WITNESS_FUEL,
    )?;
    drop(fleet);
    folder.remove().map_err(words)?;
    Ok(Outcome {
        activation: activation.0,
        meals: seen.done.len(),
        height: top.height,
    })
}

/// The node with the old software stops before the height, says why, and the others go on.
async fn too_late(
    fleet: &mut Fleet,
    nodes: &[SocketAddr],
    activation: Height,
) -> Result<(), String> {
    let begun = Instant::now();
    while fleet.runs(3) {
        if begun.elapsed() > PATIENCE {
            return Err("the old software goes on".to_owned());
        }
        sleep(Duration::from_millis(100)).await;
    }
    let said = fleet.last_lines(3);
    if !said.contains(&Code::PROTOCOL_UNKNOWN.to_string()) {
        return Err(format!("the old software ended otherwise:\n{said}"));
    }
    reaches(nodes[0], activation.0 + 20).await?;
    fleet.kill(3).map_err(words)
}

/// Makes an engine contract and lets the operator call it; gives the code that it is to be upgraded to.
async fn make_contract(signing: &mut Signing<'_>, nodes: &[SocketAddr]) -> Result<Hash, String> {
    let first = module("relay")?;
    let second = module("recorder")?;
    let hashes = [Hash::of(&first), Hash::of(&second)];
    let create = ledger::Execute::Create {
        contract: CONTRACT,
        name: "upgraded".to_owned(),
        kind: ContractKind::Engine,
        code: hashes[0],
        input: vec![0],
    };
    let right = registry::Execute::SetRight {
        contract: CONTRACT,
        method: 9,
        roles_any: senim_abi::Roles::OPERATOR,
    };
    let steps = [
        to_ledger(&ledger::Execute::Deploy { code: first }),
        to_ledger(&ledger::Execute::Deploy { code: second }),
        to_ledger(&create),
        Call {
            contract: REGISTRY,
            input: codec::encode(&right),
        },
    ];
    for call in steps {
        applied(signing.operator(vec![call], 0), nodes[0]).await?;
    }
    Ok(hashes[1])
}

/// The operator decides: the protocol's next version and the contract's new code act from one height.
async fn schedule(
    signing: &mut Signing<'_>,
    nodes: &[SocketAddr],
    activation: Height,
    code: Hash,
) -> Result<(), String> {
    let calls = vec![
        to_ledger(&ledger::Execute::SetProtocol {
            version: 2,
            activation,
        }),
        to_ledger(&ledger::Execute::Upgrade {
            contract: CONTRACT,
            code,
            activation,
        }),
    ];
    applied(signing.operator(calls, 0), nodes[0])
        .await
        .map(|_| ())
}

/// What a call of the contract costs with so many statements beside it.
async fn fuel_of(
    signing: &mut Signing<'_>,
    witnesses: usize,
    node: SocketAddr,
) -> Result<u64, String> {
    let call = Call {
        contract: CONTRACT,
        input: vec![9],
    };
    let receipt = applied(signing.operator(vec![call], witnesses), node).await?;
    Ok(receipt.fuel)
}

/// Submits and waits; the receipt, which has to say that it took effect.
async fn applied(transaction: Encoded, node: SocketAddr) -> Result<Receipt, String> {
    let hash = transaction.decode().hash();
    submit_all(vec![transaction], &[node], 1)
        .await
        .map_err(words)?;
    let mut connection = Connection::open(node).await.map_err(words)?;
    let path = format!("/v1/receipts/{hash}");
    let answer = connection.get_bytes(&path).await.map_err(words)?;
    let receipt = Receipt::deserialize(&mut &answer.body[..]).map_err(words)?;
    match receipt.status {
        Status::Applied => Ok(receipt),
        status => Err(format!("a transaction did not take effect: {status:?}")),
    }
}

/// Blocks below the height are of the first version, those from it on of the second.
async fn versions_are(node: SocketAddr, activation: Height, top: u64) -> Result<(), String> {
    let mut connection = Connection::open(node).await.map_err(words)?;
    for height in [1, activation.0 - 1, activation.0, top] {
        let path = format!("/v1/blocks/{height}");
        let answer = connection.get_bytes(&path).await.map_err(words)?;
        let block = Block::deserialize(&mut &answer.body[..]).map_err(words)?;
        let version = 1 + u16::from(height >= activation.0);
        same(
            &format!("version of block {height} at {node}"),
            block.header.version,
            version,
        )?;
    }
    Ok(())
}

/// The new code was entered once, with the version that it replaces.
async fn has_migrated(node: SocketAddr, genesis: &Genesis) -> Result<(), String> {
    let mut key = CONTRACT.0.to_be_bytes().to_vec();
    key.push(MIGRATED);
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut connection = Connection::open(node).await.map_err(words)?;
    let path = format!("/v1/state/{hex}");
    let answer = connection.get_bytes(&path).await.map_err(words)?;
    let proven = LightClient::from_genesis(genesis)
        .state(&answer.body)
        .map_err(words)?;
    same(
        &format!("what the migration kept at {node}"),
        proven.value,
        Some(0u32.to_le_bytes().to_vec()),
    )
}

async fn agreed_height(nodes: &[SocketAddr]) -> Result<u64, String> {
    let heights = nodes.iter().map(|node| status(*node));
    let mut highest = 0;
    for height in heights {
        highest = height
            .await
            .map_or(highest, |status| highest.max(status.height));
    }
    Ok(highest)
}

async fn reaches(node: SocketAddr, height: u64) -> Result<(), String> {
    let begun = Instant::now();
    while status(node)
        .await
        .is_none_or(|status| status.height < height)
    {
        if begun.elapsed() > PATIENCE {
            return Err(format!("{node} does not reach height {height}"));
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn to_ledger(message: &ledger::Execute) -> Call {
    Call {
        contract: ContractId::LEDGER,
        input: codec::encode(message),
    }
}

fn module(name: &str) -> Result<Vec<u8>, String> {
    let path = root().join(format!("tests/hostile/{name}.wat"));
    wat::parse_file(path).map_err(words)
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: T, should: T) -> Result<(), String> {
    if is == should {
        Ok(())
    } else {
        Err(format!("{what}: {is:?} instead of {should:?}"))
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
