//! `senimd`: see `senimd --help`.
#![forbid(unsafe_code)]

use clap::Parser;
use senim_types::Code;
use senimd::args::{Bench, Cli, Command, Devnet, Init, ListenArgs, Output, TemplateArgs};
use senimd::folder::{Folder, FolderError, NewNetwork};
use senimd::node::{Nodes, StartError, Tuning, unobserved};
use senimd::serve::{ServeError, listen, serve};
use senimd::{bench, driver};
use std::io::IsTerminal;
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
        Command::Start(args) => start(&Folder::new(&args.folder.dir), &args.listen, cli.output),
        Command::Devnet(args) => devnet(args, cli.output),
        Command::Bench(args) => bench(args, cli.output),
    }
}

fn new_network(template: &TemplateArgs) -> NewNetwork<'_> {
    NewNetwork {
        template_path: &template.template,
        contracts_path: &template.contracts,
        time: driver::now(),
        validators_max: usize::from(template.validators),
    }
}

fn init(args: &Init, output: Output) -> Result<(), Failure> {
    let folder = Folder::new(&args.folder.dir);
    let genesis = folder.initialise(&new_network(&args.template))?;
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
            println!("Next: senimd start --dir {dir}");
        }
    }
    Ok(())
}

fn devnet(args: &Devnet, output: Output) -> Result<(), Failure> {
    let folder = Folder::new(&args.folder.dir);
    let new = new_network(&args.template);
    let is_new = args.fresh || !folder.is_initialised();
    let count = if is_new {
        new.check()?
    } else {
        folder.validators()?.len()
    };
    runtime()?.block_on(async {
        // Before anything is removed: what listens there may be the very network that would go.
        let listeners = listen(count, args.listen.listen, args.listen.port).await?;
        if args.fresh {
            folder.remove()?;
        }
        if is_new {
            folder.initialise(&new)?;
        }
        run(&folder, &args.listen, listeners, output).await
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

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Runtime::new().map_err(|error| Failure {
        code: Code::CONFIGURATION,
        message: error.to_string(),
    })
}

fn start(folder: &Folder, args: &ListenArgs, output: Output) -> Result<(), Failure> {
    // Also says that there is no network, where there is none.
    folder.genesis()?;
    let count = folder.validators()?.len();
    runtime()?.block_on(async {
        let listeners = listen(count, args.listen, args.port).await?;
        run(folder, args, listeners, output).await
    })
}

async fn run(
    folder: &Folder,
    args: &ListenArgs,
    listeners: Vec<TcpListener>,
    output: Output,
) -> Result<(), Failure> {
    let mut tuning = Tuning::default();
    tuning.pace.block_interval_ms_min = args.block_interval_ms;
    let mut nodes = Nodes::start(folder, tuning, unobserved)?;
    announce(folder, &nodes, args, output);
    let served = serve(folder, &nodes, listeners).await;
    eprintln!("senimd: stopping the nodes");
    nodes.stop();
    served.map_err(Failure::from)
}

/// Says where the nodes are, once they can be reached.
fn announce(folder: &Folder, nodes: &Nodes, args: &ListenArgs, output: Output) {
    let urls = (0u16..).zip(&nodes.nodes).map(|(offset, node)| {
        (
            node.name.clone(),
            format!("http://{}:{}", args.listen, args.port + offset),
        )
    });
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
