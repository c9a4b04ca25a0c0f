//! The processes of a network.

use crate::folder::Folder;
use crate::machine::{CONFIG_FILE, Machines, machine_folder};
use crate::processes;
use rustix::process::{Pid, Signal, kill_process};
use senim_state::store::StoreKind;
use senim_types::PublicKey;
use senim_types::text::KeyKind;
use std::fs::{self, File};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

/// Ports of one network: interfaces first, from the middle on what nodes reach each other by.
const PORTS: u16 = 32;
/// Connections that one machine's interface takes, and requests that may wait for its node: each connection has one,
/// and one machine may get all of them.
const CONNECTIONS_MAX: i64 = 32_768;
/// Clock ticks of a second in `/proc`: fixed for programs on Linux.
const TICKS_PER_S: u64 = 100;

/// Where the machines of a network on the loopback are: the first row of ports that is free.
pub fn free_machines() -> io::Result<Machines> {
    let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
    // Others look at the same time: each begins elsewhere. Below what the system gives to connections by itself.
    let seed = (std::process::id() % 270) as u16;
    let rows = (0..270u16).map(|row| 24_000 + (seed + row) % 270 * PORTS);
    let is_free =
        |first: &u16| (0..PORTS).all(|port| TcpListener::bind((ip, first + port)).is_ok());
    let first = rows.into_iter().find(is_free);
    let first = first.ok_or_else(|| io::Error::other("no row of free ports on the loopback"))?;
    Ok(Machines {
        ip,
        network_port: first + PORTS / 2,
        http_port: first,
    })
}

/// One machine.
pub struct Machine {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: Folder,
    /// Its interface.
    pub http: SocketAddr,
    process: Option<Child>,
}

/// All machines of a network. They end with this value.
pub struct Fleet {
    /// In the order of their names.
    pub machines: Vec<Machine>,
    program: PathBuf,
    log: String,
    clock_ahead_ms: u64,
}

impl Fleet {
    /// The machines below a network's folder, none of them running. `program` is the daemon's, `log` the filter of what
    /// each writes to the file `log` in its folder.
    pub fn new(network: &Folder, at: &Machines, program: PathBuf, log: &str) -> io::Result<Fleet> {
        let names = processes::machines(network).map_err(io::Error::other)?;
        let machines = names.into_iter().zip(at.http_port..);
        let machines = machines.map(|(name, port)| Machine {
            folder: machine_folder(network, &name),
            name,
            http: SocketAddr::new(at.ip, port),
            process: None,
        });
        let fleet = Fleet {
            machines: machines.collect(),
            program,
            log: log.to_owned(),
            clock_ahead_ms: 0,
        };
        (0..fleet.machines.len()).try_for_each(|place| fleet.unlimited(place))?;
        Ok(fleet)
    }

    /// From now on machines start this program.
    pub fn use_program(&mut self, program: PathBuf) {
        self.program = program;
    }

    /// From now on machines start with their clocks set ahead.
    pub fn set_clock_ahead(&mut self, ahead_ms: u64) {
        self.clock_ahead_ms = ahead_ms;
    }

    /// Sets a number in every machine's settings: a key as `docs/operating/configuration.md` names it.
    pub fn set(&self, key: &str, value: i64) -> io::Result<()> {
        let mut places = 0..self.machines.len();
        places.try_for_each(|place| self.set_one(place, key, value.into()))
    }

    /// Has every machine keep its store by this backend.
    pub fn use_store(&self, kind: StoreKind) -> io::Result<()> {
        let mut places = 0..self.machines.len();
        places.try_for_each(|place| self.set_one(place, "store.backend", kind.name().into()))
    }

    /// Has a machine listen for others at a port of its own, instead of the one that the registry names: something stands
    /// between.
    pub fn listen_at(&self, place: usize, port: u16) -> io::Result<()> {
        let listen = format!("/ip4/{}/tcp/{port}", self.machines[place].http.ip());
        self.set_one(place, "network.listen", vec![listen].into())
    }

    /// A section that is not there is made: a file has only what is not the default.
    fn set_one(&self, place: usize, key: &str, value: toml::Value) -> io::Result<()> {
        let path = self.machines[place].folder.path().join(CONFIG_FILE);
        let settings = fs::read_to_string(&path)?;
        let mut settings: toml::Table = settings.parse().map_err(io::Error::other)?;
        let (table, key) = match key.split_once('.') {
            None => (&mut settings, key),
            Some((section, key)) => {
                let table = settings
                    .entry(section)
                    .or_insert_with(|| toml::Table::new().into())
                    .as_table_mut();
                let unlike = || io::Error::other(format!("{section} is no section"));
                (table.ok_or_else(unlike)?, key)
            }
        };
        table.insert(key.to_owned(), value);
        fs::write(&path, settings.to_string())
    }

    /// Takes away the limits of a machine's interface that would be measured in its stead.
    fn unlimited(&self, place: usize) -> io::Result<()> {
        self.set_one(place, "http.connections_max", CONNECTIONS_MAX.into())?;
        self.set_one(place, "http.requests_max", CONNECTIONS_MAX.into())
    }

    /// Makes the folder of a node without a vote by `senimd join`; its place, and the network key that the registry has to
    /// have before the others let it in.
    pub fn join(&mut self, network: &Folder, organisation: u32) -> io::Result<(usize, PublicKey)> {
        let place = self.machines.len();
        let name = format!("follower-{organisation}");
        let folder = machine_folder(network, &name);
        let last = self.machines.last();
        let last = last.ok_or_else(|| io::Error::other("a network without machines"))?;
        let http = SocketAddr::new(last.http.ip(), last.http.port() + 1);
        let made = Command::new(&self.program)
            .args(["-o", "json", "join", "--http", &http.to_string()])
            .args(["--organisation", &organisation.to_string(), "--network"])
            .arg(network.path())
            .arg("--dir")
            .arg(folder.path())
            .output()?;
        let told: serde_json::Value = serde_json::from_slice(&made.stdout)
            .map_err(|_| io::Error::other(String::from_utf8_lossy(&made.stderr).into_owned()))?;
        let key = told["peer"].as_str().unwrap_or_default();
        let key = PublicKey::from_text(KeyKind::Peer, key).map_err(io::Error::other)?;
        self.machines.push(Machine {
            name,
            folder,
            http,
            process: None,
        });
        self.unlimited(place)?;
        Ok((place, key))
    }

    /// Starts a machine's process.
    pub fn start(&mut self, place: usize) -> io::Result<()> {
        let machine = &mut self.machines[place];
        let log = File::options()
            .create(true)
            .append(true)
            .open(machine.folder.path().join("log"))?;
        let process = Command::new(&self.program)
            .args(["--log", &self.log, "start", "--dir"])
            .arg(machine.folder.path())
            .args(["--clock-ahead-ms", &self.clock_ahead_ms.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        machine.process = Some(process);
        Ok(())
    }

    /// Ends a machine's process without warning: `SIGKILL`.
    pub fn kill(&mut self, place: usize) -> io::Result<()> {
        if let Some(mut process) = self.machines[place].process.take() {
            process.kill()?;
            process.wait()?;
        }
        Ok(())
    }

    /// Tells a machine's process to end, and waits for it.
    pub fn end(&mut self, place: usize) -> io::Result<Option<ExitStatus>> {
        let Some(mut process) = self.machines[place].process.take() else {
            return Ok(None);
        };
        if let Some(id) = Pid::from_raw(process.id() as i32) {
            kill_process(id, Signal::TERM)?;
        }
        process.wait().map(Some)
    }

    /// Whether a machine has a process that still runs.
    pub fn runs(&mut self, place: usize) -> bool {
        let process = self.machines[place].process.as_mut();
        process.is_some_and(|process| matches!(process.try_wait(), Ok(None)))
    }

    /// The machines that have a process.
    pub fn running(&self) -> Vec<usize> {
        let places = 0..self.machines.len();
        places
            .filter(|place| self.machines[*place].process.is_some())
            .collect()
    }

    /// CPU time of a machine's process so far, all threads, in µs, to the nearest 10 ms.
    pub fn cpu_us(&self, place: usize) -> u64 {
        let stat = self.proc(place, "stat");
        // The name in brackets may hold anything; the fields count from behind it.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        ticks * (1_000_000 / TICKS_PER_S)
    }

    /// Resident memory of a machine's process, in bytes.
    pub fn resident_bytes(&self, place: usize) -> u64 {
        let statm = self.proc(place, "statm");
        let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
        pages.unwrap_or(0u64) * rustix::param::page_size() as u64
    }

    fn proc(&self, place: usize, file: &str) -> String {
        let Some(process) = &self.machines[place].process else {
            return String::new();
        };
        // A process that is gone used nothing more.
        fs::read_to_string(format!("/proc/{}/{file}", process.id())).unwrap_or_default()
    }

    /// The end of what a machine wrote to its log.
    pub fn last_lines(&self, place: usize) -> String {
        let log = self.machines[place].folder.path().join("log");
        let text = fs::read_to_string(log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for place in 0..self.machines.len() {
            // What cannot be ended has ended.
            let _gone = self.kill(place);
        }
    }
}
