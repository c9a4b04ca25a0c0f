//! `senimd`: see `senimd --help`.
#![forbid(unsafe_code)]

mod backups;
mod inspect;
mod keys;

use clap::Parser;
use senim_types::Code;
use senim_types::text::KeyKind;
use senimd::args::{
    Bench, BenchStore, Cli, Command, Devnet, Init, Join, ListenArgs, Output, Start, StoreArgs,
    TemplateArgs,
};
use senimd::ceremony::{self, GenesisArgs};
use senimd::config::{Effective, LogFormat, MachineConfig};
use senimd::folder::{Folder, FolderError, NewNetwork};
use senimd::machine::{self, Machines};
use senimd::node::{Nodes, StartError, Tuning, unobserved};
use senimd::serve::{ServeError, ServeOptions, listen, serve, tell_refusal};
use senimd::signals::Signals;
use senimd::{bench, bench_store, driver, exit, logging, processes, service};
use std::io::Write;
use std::net::IpAddr;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;

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
    if let Command::Doctor(args) = &cli.command {
        return inspect::doctor(&cli, args);
    }
    match perform(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            match cli.output {
                Output::Json => {
                    let error =
                        serde_json::json!({ "code": failure.code, "message": failure.message });
                    println!("{error}");
                }
                Output::Text if logging::is_json() => {
                    tracing::error!(code = %failure.code, reason = failure.message, "the process ends");
                }
                Output::Text => eprintln!("senimd: {} [{}]", failure.message, failure.code),
            }
            exit::code(failure.code)
        }
    }
}

fn perform(cli: &Cli) -> Result<(), Failure> {
    if let Command::Start(args) = &cli.command {
        // Its log is written as its settings say, so these come first.
        let effective = inspect::settings(cli, &args.config)?;
        inspect::start_log(cli, effective.as_ref().map(|effective| &effective.config))?;
        return start(args, effective, cli.output);
    }
    inspect::start_log(cli, None)?;
    match &cli.command {
        Command::Init(args) => init(args, cli.output),
        Command::Genesis(args) => genesis(args, cli.output),
        Command::Key(args) => keys::key(args, cli.output),
        Command::Backup(args) => backups::back_up(args, cli.output),
        Command::Restore(args) => backups::restore(args, cli.output),
        Command::Devnet(args) => devnet(args, cli.log_format.unwrap_or_default(), cli.output),
        Command::Join(args) => join(args, cli.output),
        Command::Config(command) => inspect::config(cli, command),
        // Taken by who calls this, and above.
        Command::Start(_) | Command::Doctor(_) => Ok(()),
        Command::Completion(args) => {
            inspect::completion(args);
            Ok(())
        }
        Command::Man(args) => inspect::man(args),
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
    let mut config = MachineConfig::of(args.organisation);
    config.network.listen = args.listen.clone();
    config.network.bootstrap = args.bootstrap.clone();
    config.http.listen = args.http;
    config.sync = args.sync.config();
    if let Some((key, why)) = senimd::config::rules::broken(&config).first() {
        return Err(Failure {
            code: Code::CONFIGURATION,
            message: format!("{key} of the new node cannot be used: {why}"),
        });
    }
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

/// Sets a rehearsal's clock.
fn set_clock(args: &ListenArgs) {
    if args.clock_ahead_ms > 0 {
        driver::set_clock_ahead(args.clock_ahead_ms);
        tracing::warn!(ahead_ms = args.clock_ahead_ms, "the clock is a rehearsal's");
    }
}

fn devnet(args: &Devnet, format: LogFormat, output: Output) -> Result<(), Failure> {
    set_clock(&args.listen);
    let folder = Folder::new(&args.folder.dir);
    let (ip, port) = args.listen.at();
    let machines = args.machines.at(ip, port);
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
    let listeners = runtime.block_on(listen(count, ip, port))?;
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
    processes::run(&folder, &names, &args.listen, args.store, format).map_err(|error| Failure {
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
    tokio::runtime::Runtime::new().map_err(system)
}

fn start(args: &Start, effective: Option<Effective>, output: Output) -> Result<(), Failure> {
    set_clock(&args.config.listen);
    let (observe_first, args) = (args.observe_first, &args.config);
    let folder = Folder::new(&args.folder.dir).with_passphrase(args.passphrase.source());
    // Also says that there is no network, where there is none.
    folder.genesis()?;
    if observe_first {
        backups::observe_first(&folder)?;
    }
    if let Some(effective) = effective {
        return runtime()?.block_on(run_machine(&folder, &effective.config, output));
    }
    let count = folder.validator_names()?.len();
    let (ip, port) = args.listen.at();
    runtime()?.block_on(async {
        let listeners = listen(count, ip, port).await?;
        run(&folder, &args.listen, args.store, listeners, output).await
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
    let mut settings = args.settings(store);
    // Whoever sits before it sees the halt; nobody watches it from afar.
    settings.http.halted_ms_max = 0;
    let nodes = Nodes::start(folder, Tuning::of(&settings), unobserved)?;
    serve_until_the_end(folder, nodes, listeners, args.at(), &settings, output).await
}

/// Runs the node of a machine's folder.
async fn run_machine(
    folder: &Folder,
    config: &MachineConfig,
    output: Output,
) -> Result<(), Failure> {
    let at = (config.http.listen.ip(), config.http.listen.port());
    let listeners = listen(1, at.0, at.1).await?;
    let nodes = match Nodes::start_machine(folder, config, unobserved("")).await {
        Ok(nodes) => nodes,
        Err(error) => {
            let (code, reason) = (error.code(), error.to_string());
            if exit::status(code) == exit::HALTED {
                let mut signals = Signals::new().map_err(system)?;
                let options = ServeOptions::of(config);
                for listener in listeners {
                    let told = (code, reason.as_str());
                    tell_refusal(folder, told, listener, options, &mut signals).await?;
                }
            }
            return Err(error.into());
        }
    };
    serve_until_the_end(folder, nodes, listeners, at, config, output).await
}

async fn serve_until_the_end(
    folder: &Folder,
    mut nodes: Nodes,
    listeners: Vec<TcpListener>,
    at: (IpAddr, u16),
    config: &MachineConfig,
    output: Output,
) -> Result<(), Failure> {
    let mut signals = Signals::new().map_err(system)?;
    for node in &nodes.nodes {
        tracing::info!(
            node = node.name,
            version = env!("CARGO_PKG_VERSION"),
            chain = %nodes.genesis.chain_id(),
            name = nodes.genesis.name,
            dir = %folder.path().display(),
            height = node.vitals.figures().height,
            validator = node.key.is_some(),
            "the node is started"
        );
    }
    announce(folder, &nodes, at, output);
    service::ready();
    // It is told of as long as this process has a runtime.
    let _watchdog = service::watchdog(
        nodes
            .nodes
            .iter()
            .map(|node| Arc::clone(&node.vitals))
            .collect(),
    );
    let options = ServeOptions::of(config);
    let served = serve(folder, &nodes, listeners, options, &mut signals).await;
    service::stopping();
    // What was asked for in good time is answered; what comes now is for the next start.
    let stopped = tokio::task::spawn_blocking(move || nodes.stop());
    let is_stopped = tokio::select! {
        biased;
        () = std::future::ready(()), if signals.are_repeated() => false,
        stopped = stopped => stopped.is_ok(),
        () = signals.next() => false,
        () = tokio::time::sleep(exit::STOP_MAX) => false,
    };
    if !is_stopped {
        tracing::error!(
            "ended before everything was stored: the next start makes it anew from the log"
        );
        std::process::exit(1);
    }
    tracing::info!("stopped");
    served.map_err(Failure::from)
}

fn system(error: std::io::Error) -> Failure {
    Failure {
        code: Code::CONFIGURATION,
        message: format!("the operating system refuses: {error}"),
    }
}

/// Says where the nodes are, once they can be reached.
fn announce(folder: &Folder, nodes: &Nodes, (ip, port): (IpAddr, u16), output: Output) {
    let urls = (0u16..)
        .zip(&nodes.nodes)
        .map(|(offset, node)| (node.name.clone(), format!("http://{ip}:{}", port + offset)));
    let chain = nodes.genesis.chain_id();
    let text = match output {
        Output::Json => {
            let urls: serde_json::Map<String, serde_json::Value> =
                urls.map(|(name, url)| (name, url.into())).collect();
            format!("{}\n", serde_json::json!({ "chain": chain, "nodes": urls }))
        }
        Output::Text => {
            let name = &nodes.genesis.name;
            let dir = folder.path().display();
            let mut text = format!("Running `{name}`, chain {chain}\n  folder {dir}\n");
            for (name, url) in urls {
                text += &format!("  {name:<14} {url}\n");
            }
            text + "Next, in another terminal: senim status   (Ctrl-C here stops the nodes)\n"
        }
    };
    // A node does not end because nobody reads what it says.
    let _closed = std::io::stdout().write_all(text.as_bytes());
}
