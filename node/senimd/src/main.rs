//! `senimd`: see `senimd --help`.
#![forbid(unsafe_code)]

use clap::{Parser, ValueEnum};
use senim_types::Code;
use senim_types::text::KeyKind;
use senimd::args::{
    Bench, BenchStore, Cli, Command, Config, ConfigArgs, Devnet, Init, Join, ListenArgs, Output,
    StoreArgs, TemplateArgs,
};
use senimd::config::{Effective, LogFormat, MachineConfig, show};
use senimd::folder::{Folder, FolderError, NewNetwork};
use senimd::machine::{self, Machines};
use senimd::node::{Nodes, StartError, Tuning, unobserved};
use senimd::serve::{ServeError, listen, serve};
use senimd::{bench, bench_store, driver, logging, processes};
use std::net::IpAddr;
use std::process::ExitCode;
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
    match perform(&cli) {
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

/// Starts the log: as the command line says, else as the settings say.
fn start_log(cli: &Cli, settings: Option<&MachineConfig>) -> Result<(), Failure> {
    let default = settings
        .map(|settings| settings.log.clone())
        .unwrap_or_default();
    let text = cli.log.as_deref().unwrap_or(&default.filter);
    let filter = logging::filter(text).map_err(|error| Failure {
        code: Code::CONFIGURATION,
        message: format!(
            "--log {text:?} is not a filter: {error}. Give a level, such as info, or a filter, such as \
             senim_replica=debug,warn"
        ),
    })?;
    logging::start(filter, cli.log_format.unwrap_or(default.format));
    Ok(())
}

/// A machine's settings, with environment and command line; none if the folder is not one of a machine.
fn settings(cli: &Cli, args: &ConfigArgs) -> Result<Option<Effective>, Failure> {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let folder = Folder::new(&args.folder.dir);
    let effective = machine::effective(&folder, variables, |below| {
        let mut flags = args.listen.flags(args.store, below);
        if let Some(filter) = &cli.log {
            flags.push(("--log or SENIM_LOG", "log.filter", filter.as_str().into()));
        }
        if let Some(format) = cli.log_format.and_then(|format| format.to_possible_value()) {
            flags.push(("--log-format", "log.format", format.get_name().into()));
        }
        flags
    });
    Ok(effective?)
}

fn perform(cli: &Cli) -> Result<(), Failure> {
    if let Command::Start(args) = &cli.command {
        // Its log is written as its settings say, so these come first.
        let effective = settings(cli, args)?;
        start_log(cli, effective.as_ref().map(|effective| &effective.config))?;
        return start(args, effective, cli.output);
    }
    start_log(cli, None)?;
    match &cli.command {
        Command::Init(args) => init(args, cli.output),
        Command::Start(_) => Ok(()),
        Command::Devnet(args) => devnet(args, cli.log_format.unwrap_or_default(), cli.output),
        Command::Join(args) => join(args, cli.output),
        Command::Config(command) => config(cli, command),
        Command::Bench(args) => bench(args, cli.output),
        Command::BenchStore(args) => bench_store(args, cli.output),
    }
}

fn config(cli: &Cli, command: &Config) -> Result<(), Failure> {
    let (Config::Show(args) | Config::Check(args)) = command;
    let path = args.folder.dir.join(machine::CONFIG_FILE);
    let effective = settings(cli, args)?.ok_or_else(|| Failure {
        code: Code::CONFIGURATION,
        message: format!(
            "{} is not there: the folder is not one of a machine. Make one with `senimd join` or `senimd init --machines`; \
             a network's folder takes its settings from the command line alone",
            path.display()
        ),
    })?;
    match (command, cli.output) {
        (Config::Show(_), Output::Text) => print!("{}", show::text(&effective)),
        (Config::Show(_), Output::Json) => println!(
            "{}",
            serde_json::json!({ "file": path.display().to_string(), "settings": show::json(&effective) })
        ),
        (Config::Check(_), Output::Text) => println!("{} can be used", path.display()),
        (Config::Check(_), Output::Json) => println!(
            "{}",
            serde_json::json!({ "file": path.display().to_string(), "problems": [] })
        ),
    }
    Ok(())
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

fn join(args: &Join, output: Output) -> Result<(), Failure> {
    let mut config = MachineConfig::of(args.organisation);
    config.network.listen = args.listen.clone();
    config.network.bootstrap = args.bootstrap.clone();
    config.http.listen = args.http;
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

fn devnet(args: &Devnet, format: LogFormat, output: Output) -> Result<(), Failure> {
    let folder = Folder::new(&args.folder.dir);
    let (ip, port) = args.listen.at();
    let machines = args.machines.at(ip, port);
    let new = new_network(&args.template, machines.as_ref());
    let is_new = args.fresh || !folder.is_initialised();
    let names = processes::machines(&folder)?;
    let count = if is_new {
        new.check()?
    } else {
        folder.validators()?.len().max(names.len())
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
    let report =
        bench::run(args, &mut |line| eprintln!("bench: {line}")).map_err(|error| Failure {
            code: error.code(),
            message: error.to_string(),
        })?;
    match output {
        Output::Json => println!("{}", serde_json::json!(report)),
        Output::Text => println!("{report}"),
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

fn start(args: &ConfigArgs, effective: Option<Effective>, output: Output) -> Result<(), Failure> {
    let folder = Folder::new(&args.folder.dir);
    // Also says that there is no network, where there is none.
    folder.genesis()?;
    if let Some(effective) = effective {
        return runtime()?.block_on(run_machine(&folder, &effective.config, output));
    }
    let count = folder.validators()?.len();
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
    let settings = args.settings(store);
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
    let nodes = Nodes::start_machine(folder, config, unobserved("")).await?;
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
    announce(folder, &nodes, at, output);
    let served = serve(folder, &nodes, listeners, config.sealed_limits()).await;
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
