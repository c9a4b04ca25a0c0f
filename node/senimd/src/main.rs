//! `senimd`: see `senimd --help`.
#![forbid(unsafe_code)]

use clap::Parser;
use senim_types::Code;
use senimd::args::{
    Bench, BenchStore, Cli, Command, Devnet, Init, ListenArgs, Output, StoreArgs, TemplateArgs,
};
use senimd::folder::{Folder, FolderError, NewNetwork};
use senimd::node::{Nodes, StartError, Tuning, unobserved};
use senimd::serve::{ServeError, listen, serve};
use senimd::{bench, bench_store, driver};
use std::process::ExitCode;

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
    // Malachite tells every vote at `info`; who wants that asks for it by name.
    let filter = format!("arc_malachitebft_core_consensus=warn,{}", cli.log);
    let filter = tracing_subscriber::EnvFilter::try_new(filter);
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let done = match &cli.command {
        Command::Init(args) => init(args, cli.output),
        Command::Start(args) => {
            let folder = Folder::new(&args.folder.dir);
            start(&folder, &args.listen, args.store, cli.output)
        }
        Command::Devnet(args) => devnet(args, cli.output),
        Command::Bench(args) => bench(args, cli.output),
        Command::BenchStore(args) => bench_store(args, cli.output),
    };
    match done {
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
    if args.fresh {
        folder.remove()?;
    }
    if !folder.is_initialised() {
        folder.initialise(&new_network(&args.template))?;
    }
    start(&folder, &args.listen, args.store, output)
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

fn start(
    folder: &Folder,
    args: &ListenArgs,
    store: StoreArgs,
    output: Output,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure {
        code: Code::CONFIGURATION,
        message: error.to_string(),
    })?;
    runtime.block_on(async {
        let listeners = listen(folder.validators()?.len(), args.listen, args.port).await?;
        let mut tuning = Tuning::default();
        tuning.pace.block_interval_ms_min = args.block_interval_ms;
        tuning.store = store.kind();
        let mut nodes = Nodes::start(folder, tuning, unobserved)?;
        announce(folder, &nodes, args, output);
        let served = serve(folder, &nodes, listeners).await;
        eprintln!("senimd: stopping the nodes");
        nodes.stop();
        served.map_err(Failure::from)
    })
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
