//! `senimd`: see `senimd --help`.
#![forbid(unsafe_code)]

mod backups;
mod keys;

use clap::Parser;
use senim_types::Code;
use senim_types::text::KeyKind;
use senimd::args::{
    Bench, BenchStore, Cli, Command, Devnet, Init, Join, ListenArgs, Output, StoreArgs,
    TemplateArgs,
};
use senimd::ceremony::{self, GenesisArgs};
use senimd::folder::{Folder, FolderError, NewNetwork};
use senimd::machine::{self, HttpConfig, MachineConfig, Machines, NetworkConfig};
use senimd::node::{Nodes, StartError, Tuning, unobserved};
use senimd::serve::{ServeError, listen, serve};
use senimd::{bench, bench_store, driver, processes};
use std::io::IsTerminal;
use std::net::IpAddr;
use std::process::ExitCode;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// Measured: with the C library's allocator a fifth of all CPU went into it, and freed memory stayed resident.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A command's failure: whose fault it is decides the exit code.
#[derive(Debug)]
struct Failure {
    code: Code,
    message: String,
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        Failure {
            code: error.code(),
            message: error.to_string(),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Failure {
            code: error.code(),
            message: error.to_string(),
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Failure {
            code: error.code(),
            message: error.to_string(),
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match start_log(&cli.log).and_then(|()| perform(&cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            match cli.output {
                Output::Json => {
                    let error =
                        serde_json::json!({ "code": failure.code, "message": failure.message });
                    println!("{error}");
                }
                Output::Text => eprintln!("senimd: {} [{}]", failure.message, failure.code),
            }
            ExitCode::FAILURE
        }
    }
}

fn start_log(filter: &str) -> Result<(), Failure> {
    // Malachite tells every vote at `info`; who wants that asks for it by name.
    let quieter = format!("arc_malachitebft_core_consensus=warn,{filter}");
    let filter = EnvFilter::try_new(quieter).map_err(|error| Failure {
        code: Code::CONFIGURATION,
        message: format!(
            "--log {filter:?} is not a filter: {error}. Give a level, such as info, or a filter, such as \
             senim_replica=debug,warn"
        ),
    })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    Ok(())
}

fn perform(cli: &Cli) -> Result<(), Failure> {
    match &cli.command {
        Command::Init(args) => init(args, cli.output),
        Command::Genesis(args) => genesis(args, cli.output),
        Command::Start(args) => {
            let folder = Folder::new(&args.folder.dir).with_passphrase(args.passphrase.source());
            if args.observe_first {
                backups::observe_first(&folder)?;
            }
            start(&folder, &args.listen, args.store, cli.output)
        }
        Command::Devnet(args) => devnet(args, cli.output),
        Command::Join(args) => join(args, cli.output),
        Command::Key(args) => keys::key(args, cli.output),
        Command::Backup(args) => backups::back_up(args, cli.output),
        Command::Restore(args) => backups::restore(args, cli.output),
        Command::Bench(args) => bench(args, cli.output),
        Command::BenchStore(args) => bench_store(args, cli.output),
    }
}

fn new_network<'a>(template: &'a TemplateArgs, machines: Option<&'a Machines>) -> NewNetwork<'a> {
    NewNetwork {
        template_path: &template.template,
        contracts_path: &template.contracts,
        time: driver::now(),
        validators_max: usize::from(template.validators),
        machines,
    }
}

fn init(args: &Init, output: Output) -> Result<(), Failure> {
    let folder = Folder::new(&args.folder.dir);
    let machines = args.machines.at(args.listen, args.port);
    let genesis = folder.initialise(&new_network(&args.template, machines.as_ref()))?;
    let (dir, chain) = (folder.path().display(), genesis.chain_id());
    match output {
        Output::Json => println!(
            "{}",
            serde_json::json!({ "dir": dir.to_string(), "chain": chain, "name": genesis.name })
        ),
        Output::Text => {
            println!("Made the network `{}` in {dir}", genesis.name);
            println!("  chain {chain}");
            println!("  keys  {}", folder.path().join("keys").display());
            let names = processes::machines(&folder)?;
            if names.is_empty() {
                println!("Next: senimd start --dir {dir}");
            } else {
                println!("Next, each in a terminal of its own, or on a machine of its own:");
            }
            for name in names {
                let dir = machine::machine_folder(&folder, &name);
                println!("  senimd start --dir {}", dir.path().display());
            }
        }
    }
    Ok(())
}

fn genesis(args: &GenesisArgs, output: Output) -> Result<(), Failure> {
    let told = ceremony::perform(&args.command).map_err(|error| Failure {
        code: error.code(),
        message: error.to_string(),
    })?;
    match output {
        Output::Json => println!("{}", told.json),
        Output::Text => told.lines.iter().for_each(|line| println!("{line}")),
    }
    Ok(())
}

fn join(args: &Join, output: Output) -> Result<(), Failure> {
    let config = MachineConfig {
        organisation: args.organisation,
        network: NetworkConfig {
            listen: args.listen.clone(),
            bootstrap: args.bootstrap.clone(),
        },
        http: HttpConfig { listen: args.http },
        sync: args.sync.config(),
        block_interval_ms: machine::BLOCK_INTERVAL_MS,
    };
    let folder = Folder::new(&args.dir);
    let key = machine::join(&Folder::new(&args.network), &folder, &config)?;
    let (dir, peer) = (folder.path().display(), key.to_text(KeyKind::Peer));
    match output {
        Output::Json => println!(
            "{}",
            serde_json::json!({ "dir": dir.to_string(), "peer": peer, "organisation": args.organisation })
        ),
        Output::Text => {
            println!(
                "Made the folder of a node of organisation {} in {dir}",
                args.organisation
            );
            println!("  its key {peer}");
            println!("Next, the administrator of the organisation lets it in:");
            println!(
                "  senim peer set {peer} --org {} --key DEVICE",
                args.organisation
            );
            println!("and then: senimd start --dir {dir}");
        }
    }
    Ok(())
}

fn devnet(args: &Devnet, output: Output) -> Result<(), Failure> {
    let folder = Folder::new(&args.folder.dir);
    let machines = args.machines.at(args.listen.listen, args.listen.port);
    let new = new_network(&args.template, machines.as_ref());
    let is_new = args.fresh || !folder.is_initialised();
    let names = processes::machines(&folder)?;
    let count = if is_new {
        new.check()?
    } else {
        folder.validator_names()?.len().max(names.len())
    };
    let runtime = runtime()?;
    // Before anything is removed: what listens there may be the very network that would go.
    let listeners = runtime.block_on(listen(count, args.listen.listen, args.listen.port))?;
    if args.fresh {
        folder.remove()?;
    }
    if is_new {
        folder.initialise(&new)?;
    }
    let names = processes::machines(&folder)?;
    if names.is_empty() {
        let store = args.store;
        return runtime.block_on(run(&folder, &args.listen, store, listeners, output));
    }
    // The machines' processes listen themselves.
    drop(listeners);
    processes::run(&folder, &names, &args.listen, args.store).map_err(|error| Failure {
        code: Code::CONFIGURATION,
        message: error.to_string(),
    })
}

fn bench(args: &Bench, output: Output) -> Result<(), Failure> {
    let mut tell = |line| eprintln!("bench: {line}");
    let failure = |error: bench::BenchError| Failure {
        code: error.code(),
        message: error.to_string(),
    };
    let (text, json) = if args.processes.is_some() {
        let report = bench::fleet::run(args, &mut tell).map_err(failure)?;
        (report.to_string(), serde_json::json!(report))
    } else {
        let report = bench::run(args, &mut tell).map_err(failure)?;
        (report.to_string(), serde_json::json!(report))
    };
    match output {
        Output::Json => println!("{json}"),
        Output::Text => println!("{text}"),
    }
    Ok(())
}

fn bench_store(args: &BenchStore, output: Output) -> Result<(), Failure> {
    let failure = |error: bench_store::BenchStoreError| Failure {
        code: error.code(),
        message: error.to_string(),
    };
    if args.open {
        // For the process that measures, which reads it; no person asks for this.
        let opened = bench_store::open(args).map_err(failure)?;
        println!("{}", serde_json::json!(opened));
        return Ok(());
    }
    let report = bench_store::run(args, &mut |line| eprintln!("bench-store: {line}"));
    let report = report.map_err(failure)?;
    match output {
        Output::Json => println!("{}", serde_json::json!(report)),
        Output::Text => println!("{report}"),
    }
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Runtime::new().map_err(|error| Failure {
        code: Code::CONFIGURATION,
        message: error.to_string(),
    })
}

fn start(
    folder: &Folder,
    args: &ListenArgs,
    store: StoreArgs,
    output: Output,
) -> Result<(), Failure> {
    // Also says that there is no network, where there is none.
    folder.genesis()?;
    if let Some(config) = machine::config(folder)? {
        return runtime()?.block_on(run_machine(folder, &config, args, store, output));
    }
    let count = folder.validator_names()?.len();
    runtime()?.block_on(async {
        let listeners = listen(count, args.listen, args.port).await?;
        run(folder, args, store, listeners, output).await
    })
}

/// Runs all nodes whose keys are in a network's folder.
async fn run(
    folder: &Folder,
    args: &ListenArgs,
    store: StoreArgs,
    listeners: Vec<TcpListener>,
    output: Output,
) -> Result<(), Failure> {
    let mut tuning = Tuning::default();
    tuning.pace.block_interval_ms_min = args.block_interval_ms;
    tuning.store = store.kind();
    let nodes = Nodes::start(folder, tuning, unobserved)?;
    let at = (args.listen, args.port);
    serve_until_the_end(folder, nodes, listeners, at, args, output).await
}

/// Runs the node of a machine's folder.
async fn run_machine(
    folder: &Folder,
    config: &MachineConfig,
    args: &ListenArgs,
    store: StoreArgs,
    output: Output,
) -> Result<(), Failure> {
    let at = (config.http.listen.ip(), config.http.listen.port());
    let listeners = listen(1, at.0, at.1).await?;
    let tuning = Tuning {
        store: store.kind(),
        ..Tuning::default()
    };
    let nodes = Nodes::start_machine(folder, config, tuning, unobserved("")).await?;
    serve_until_the_end(folder, nodes, listeners, at, args, output).await
}

async fn serve_until_the_end(
    folder: &Folder,
    mut nodes: Nodes,
    listeners: Vec<TcpListener>,
    at: (IpAddr, u16),
    args: &ListenArgs,
    output: Output,
) -> Result<(), Failure> {
    announce(folder, &nodes, at, output);
    let served = serve(folder, &nodes, listeners, args.sealed_limits()).await;
    eprintln!("senimd: stopping the nodes");
    nodes.stop();
    served.map_err(Failure::from)
}

/// Says where the nodes are, once they can be reached.
fn announce(folder: &Folder, nodes: &Nodes, (ip, port): (IpAddr, u16), output: Output) {
    let urls = (0u16..)
        .zip(&nodes.nodes)
        .map(|(offset, node)| (node.name.clone(), format!("http://{ip}:{}", port + offset)));
    let chain = nodes.genesis.chain_id();
    match output {
        Output::Json => {
            let urls: serde_json::Map<String, serde_json::Value> =
                urls.map(|(name, url)| (name, url.into())).collect();
            println!("{}", serde_json::json!({ "chain": chain, "nodes": urls }));
        }
        Output::Text => {
            println!("Running `{}`, chain {chain}", nodes.genesis.name);
            println!("  folder {}", folder.path().display());
            for (name, url) in urls {
                println!("  {name:<14} {url}");
            }
            println!("Next, in another terminal: senim status   (Ctrl-C here stops the nodes)");
        }
    }
}
