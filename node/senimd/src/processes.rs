//! A devnet of several processes: one `senimd start` for each machine's folder, ended together.

use crate::args::{ListenArgs, StoreArgs};
use crate::config::LogFormat;
use crate::folder::{Folder, FolderError};
use crate::machine::{CONFIG_FILE, machine_folder};
use crate::signals::Signals;
use clap::ValueEnum;
use std::fs;
use std::io;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// How often it is looked whether a process ended.
const PACE: Duration = Duration::from_millis(200);
/// How long a process that was told to end may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The names of a network's machines that have a folder here, in order.
pub fn machines(network: &Folder) -> Result<Vec<String>, FolderError> {
    let path = network.path().join("machines");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let failed = |error| FolderError::Io {
        path: path.clone(),
        error,
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(&path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().join(CONFIG_FILE).exists() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort_by_key(|name| (name.len(), name.clone()));
    Ok(names)
}

/// Runs a process for each machine until one ends or this one is told to; then ends all.
pub fn run(
    network: &Folder,
    machines: &[String],
    args: &ListenArgs,
    store: StoreArgs,
    format: LogFormat,
) -> io::Result<()> {
    let program = std::env::current_exe()?;
    let mut children = Children(Vec::new());
    for name in machines {
        let folder = machine_folder(network, name);
        let mut command = Command::new(&program);
        command.arg("start").arg("--dir").arg(folder.path());
        if format == LogFormat::Json {
            command.args(["--log-format", "json"]);
        }
        if let Some(backend) = store.store.and_then(|backend| backend.to_possible_value()) {
            command.args(["--store", backend.get_name()]);
        }
        children.0.push((name.clone(), command.spawn()?));
    }
    println!(
        "Running {} processes, one for each machine below {}",
        machines.len(),
        network.path().join("machines").display()
    );
    let (ip, port) = args.at();
    println!(
        "Next, in another terminal: senim status --node http://{}:{}   (Ctrl-C here stops them)",
        ip, port
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(async {
        let mut signals = Signals::new()?;
        loop {
            if let Some(name) = children.ended()? {
                return Ok::<_, io::Error>(Some(name));
            }
            tokio::select! {
                () = signals.next() => return Ok(None),
                () = tokio::time::sleep(PACE) => {}
            }
        }
    })?;
    match ended {
        Some(name) => Err(io::Error::other(format!(
            "{name} ended; its last lines say why, and the others are stopped"
        ))),
        None => Ok(()),
    }
}

/// Ends its processes when it is dropped, however this one ends.
struct Children(Vec<(String, Child)>);

impl Children {
    fn ended(&mut self) -> io::Result<Option<String>> {
        for (name, child) in &mut self.0 {
            if child.try_wait()?.is_some() {
                return Ok(Some(name.clone()));
            }
        }
        Ok(None)
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        for (_, child) in &self.0 {
            let id = rustix::process::Pid::from_raw(child.id() as i32);
            if let Some(id) = id {
                // One that ended already needs no signal.
                let _gone = rustix::process::kill_process(id, rustix::process::Signal::TERM);
            }
        }
        let until = Instant::now() + PATIENCE;
        for (_, child) in &mut self.0 {
            while child.try_wait().is_ok_and(|ended| ended.is_none()) && Instant::now() < until {
                std::thread::sleep(PACE);
            }
            // Whoever does not end by itself is ended: its log tells it what it had.
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }
}
