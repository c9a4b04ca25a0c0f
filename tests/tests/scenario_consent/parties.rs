//! The parties of the story: each with a folder of its own, and the portal as the service it is.

use crate::ledger::Ledger;
use clap::Parser;
use senim_abi::VOUCHER;
use senim_abi::voucher::msg::Query;
use senim_abi::voucher::record::Programme;
use senim_abi::voucher::{Execute, ProgrammeId, Standing, VoucherId, Window};
use senim_cli::answer::Answer;
use senim_cli::keys;
use senim_cli::session::Session;
use senim_cli::vault::Vault;
use senim_portal::args::Cli;
use senim_portal::config::Config;
use senim_portal::conversation::{Conversation, What};
use senim_portal::journal;
use senim_portal::phone::Phone;
use senim_portal::smpp::smsc::Smsc;
use senim_portal::{commands, list, service};
use senim_types::text::KeyKind;
use senim_types::{Call, Code, codec};
use serde_json::Value;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// The devnet's programme of free meals.
pub const MEALS: ProgrammeId = ProgrammeId(3);

/// The number of a person born on this day, with the century's and sex's digit, a counter, and the check digit; none where
/// there is no check digit for it.
pub fn checked(birth: &str, century: u8, counter: u32) -> Option<String> {
    let digits = format!("{birth}{century}{counter:04}");
    let sum = |weights: [u32; 11]| {
        let digits = digits.bytes().map(|digit| u32::from(digit - b'0'));
        digits
            .zip(weights)
            .map(|(digit, weight)| digit * weight)
            .sum::<u32>()
            % 11
    };
    let check = match sum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) {
        10 => sum([3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]),
        check => check,
    };
    (check < 10).then(|| format!("{digits}{check}"))
}

/// A number that was computed for this test.
pub fn iin(birth: &str, century: u8, counter: u32) -> String {
    let valid = (counter * 10..).find_map(|counter| checked(birth, century, counter));
    valid.expect("most numbers have a check digit")
}

pub fn phone(number: u8) -> Phone {
    Phone::read(&format!("770100045{number:02}")).expect("a number")
}

/// A child of the story, and the telephone of its parent.
pub struct Child {
    pub name: &'static str,
    pub iin: String,
    pub parent: String,
    pub phone: Phone,
    pub is_registered: bool,
}

impl Child {
    pub fn new(name: &'static str, counter: u32, parent: u8, is_registered: bool) -> Child {
        Child {
            name,
            iin: iin("160904", 5, counter),
            parent: iin("880312", 3, u32::from(parent)),
            phone: phone(parent),
            is_registered,
        }
    }

    fn line(&self, category: u8) -> String {
        let until = senim_cli::words::now().0 + 100 * 24 * 60 * 60 * 1000;
        let Child {
            name, iin, parent, ..
        } = self;
        format!("{iin},{parent},{name},{category},40,17000000,{until}\n")
    }
}

/// A ledger and the portal's side of it.
pub struct Parties {
    pub ledger: Ledger,
    pub portal_key: String,
    pub identity_key: String,
    /// What every command said, to people and to programs.
    pub said: RefCell<Vec<u8>>,
}

/// The portal at work; it stops with this value.
pub struct Portal {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Portal {
    fn drop(&mut self) {
        let _ended = self.stop.take().map(|stop| stop.send(()));
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            assert!(matches!(ended, Some(Ok(()))), "the portal ended in order");
        }
    }
}

impl Parties {
    /// A ledger whose free meals remind after `remind_ms` and lapse after `lapse_ms`, a portal that knows the telephones
    /// of these children's parents, and its operator's SMSC at this address.
    pub fn new(children: &[&Child], smsc: &Smsc, (remind_ms, lapse_ms): (u64, u64)) -> Parties {
        let ledger = Ledger::start();
        let mut parties = Parties {
            ledger,
            portal_key: String::new(),
            identity_key: String::new(),
            said: RefCell::default(),
        };
        parties.hurry(remind_ms, lapse_ms);
        parties.portal_key = parties.box_key("portal/lists.key");
        parties.identity_key = parties.box_key("identity/lists.key");
        let config = format!(
            "node = \"{}\"\nnetwork = \"network\"\ndevice = \"network/keys/portal.key\"\nfolder = \"portal\"\npoll_ms = 100\n\
             [smsc]\naddress = \"{}\"\nsystem_id = \"portal\"\npassword = \"portal/smsc.password\"\nanswer_ms = 3000\npause_ms = 100\n",
            parties.ledger.url(),
            smsc.address()
        );
        parties.write("portal.toml", &config);
        let password = parties.path("portal/smsc.password");
        senim_cli::files::write_new_secret(&password, b"secret\n").expect("the folder is there");
        let mut numbers = String::from("iin,phone\n");
        let mut parents: Vec<_> = children
            .iter()
            .filter(|child| child.is_registered)
            .collect();
        parents.sort_by_key(|child| &child.parent);
        parents.dedup_by_key(|child| &child.parent);
        for child in parents {
            numbers += &format!("{},+{}\n", child.parent, child.phone.digits());
        }
        parties.write("portal/table.csv", &numbers);
        let (config, table) = (
            parties.text("portal.toml"),
            parties.text("portal/table.csv"),
        );
        parties.done(&["numbers", "--config", &config, "--table", &table]);
        std::fs::remove_file(table).expect("it was written");
        parties
    }

    fn box_key(&self, name: &str) -> String {
        let key = self.done(&["key", "--file", &self.text(name)]);
        key["public"].as_str().expect("a key").to_owned()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(self.ledger.path(name))
    }

    pub fn text(&self, name: &str) -> String {
        self.ledger.path(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        std::fs::write(path, text).expect("it can be written");
    }

    /// The department sets shorter windows than weeks.
    fn hurry(&self, remind_ms: u64, lapse_ms: u64) {
        let session = self.session();
        // Asked without proof: nothing can be proven before the first block, which is the one that this makes.
        let programme: Programme = session
            .query(VOUCHER, &Query::Programme { programme: MEALS })
            .unwrap_or_else(|failure| panic!("{failure:?}"));
        let mut settings = programme.settings;
        let days = |days: u64| days * 24 * 60 * 60 * 1000;
        let weeks = Window {
            remind_ms: days(7),
            lapse_ms: days(30),
        };
        assert_eq!(settings.consent, weeks, "the devnet's own");
        settings.consent = Window {
            remind_ms,
            lapse_ms,
        };
        let execute = Execute::SetProgramme {
            programme: MEALS,
            settings,
        };
        let key = keys::read(&self.path("network/keys/education.key"), KeyKind::Device);
        let call = Call {
            contract: VOUCHER,
            input: codec::encode(&execute),
        };
        let done = session.submit(&key.expect("the devnet has it"), vec![call], Vec::new());
        assert!(
            done.unwrap_or_else(|failure| panic!("{failure:?}"))
                .receipt
                .status
                .is_applied()
        );
    }

    pub fn session(&self) -> Session {
        let network = self.path("network");
        let session = Session::open(self.ledger.url(), &network, Path::new("none"));
        session.unwrap_or_else(|failure| panic!("{failure:?}"))
    }

    fn run(&self, args: &[&str]) -> Result<Value, Code> {
        let args = [&["senim-portal"], args].concat();
        let cli = Cli::try_parse_from(args).unwrap_or_else(|error| panic!("{error}"));
        self.heard(commands::run(cli))
    }

    /// Runs a command of `senim`.
    pub fn senim(&self, args: &[&str]) -> Result<Value, Code> {
        let network = self.text("network");
        let common = ["--node", self.ledger.url(), "--dir", &network];
        let args = [&["senim"], args, &common].concat();
        let cli = senim_cli::args::Cli::try_parse_from(args);
        let cli = cli.unwrap_or_else(|error| panic!("{error}"));
        self.heard(senim_cli::commands::run(&cli))
    }

    fn heard(&self, ended: senim_cli::failure::Result<Answer>) -> Result<Value, Code> {
        let mut said = self.said.borrow_mut();
        match ended {
            Ok(answer) => {
                said.extend(format!("{}{}\n", answer.text, answer.json).bytes());
                Ok(answer.json)
            }
            Err(failure) => {
                let lines = failure.lines.join("\n");
                said.extend(format!("{lines}{}\n", failure.to_json()).bytes());
                Err(failure.code)
            }
        }
    }

    pub fn done(&self, args: &[&str]) -> Value {
        self.run(args)
            .unwrap_or_else(|code| panic!("{args:?}: {code}"))
    }

    /// The office lists these children; the table is gone afterwards.
    pub fn list(&self, name: &str, children: &[&Child], key: &str) -> Result<Value, Code> {
        self.list_of(
            name,
            &children
                .iter()
                .map(|child| child.line(1))
                .collect::<String>(),
            key,
        )
    }

    pub fn list_of(&self, name: &str, lines: &str, key: &str) -> Result<Value, Code> {
        let table = Parties::table(lines);
        self.write("office/persons.csv", &table);
        let (persons, out) = (
            self.text("office/persons.csv"),
            self.text(&format!("office/{name}.list")),
        );
        let made = self.run(&[
            "list",
            "make",
            "--persons",
            &persons,
            "--categories",
            "1,2",
            "--portal-key",
            &self.portal_key,
            "--identity-key",
            &self.identity_key,
            "--out",
            &out,
            "--key",
            key,
            "--node",
            self.ledger.url(),
            "--dir",
            &self.text("network"),
        ]);
        std::fs::remove_file(persons).expect("it was written");
        made
    }

    /// The table of these lines.
    pub fn table(lines: &str) -> String {
        format!("iin,parent_iin,child,category,place,amount_tiyn,until_ms\n{lines}")
    }

    /// A line of the table of this category.
    pub fn line(child: &Child, category: u8) -> String {
        child.line(category)
    }

    pub fn attest(&self, name: &str) -> Value {
        let attested = self.try_attest(name);
        attested.unwrap_or_else(|code| panic!("{name}: {code}"))
    }

    /// The identity service attests a list, or says why it does not.
    pub fn try_attest(&self, name: &str) -> Result<Value, Code> {
        let list = self.text(&format!("office/{name}.list"));
        let (file, secret) = (
            self.text("identity/lists.key"),
            self.text("identity/nullifiers.key"),
        );
        self.run(&[
            "list",
            "attest",
            "--list",
            &list,
            "--file",
            &file,
            "--secret",
            &secret,
            "--period",
            "2026-2027",
            "--node",
            self.ledger.url(),
            "--dir",
            &self.text("network"),
        ])
    }

    pub fn open(&self, list: &Path) -> Result<Value, Code> {
        let list = list.to_str().expect("UTF-8");
        self.run(&[
            "list",
            "open",
            "--config",
            &self.text("portal.toml"),
            "--list",
            list,
        ])
    }

    pub fn start(&self) -> Portal {
        let config = Config::read(&self.path("portal.toml")).expect("settings");
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("threads can be had");
            let stopped = async move {
                let _stopped = stopped.await;
            };
            let ended = runtime.block_on(service::run(config, stopped));
            ended.unwrap_or_else(|failure| panic!("{failure:?}"));
        });
        Portal {
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// What the portal knows.
    pub fn conversation(&self) -> Conversation {
        if !self.path("portal/journal.sealed").exists() {
            return Conversation::default();
        }
        let vault = Vault::open(&self.path("portal/vault.key")).expect("the portal made it");
        let read = journal::read(&self.path("portal/journal.sealed"), &vault);
        read.unwrap_or_else(|failure| panic!("{failure:?}"))
    }

    pub fn count(&self, what: What) -> u64 {
        self.conversation()
            .counts()
            .get(&what)
            .copied()
            .unwrap_or(0)
    }

    /// Waits until the portal's report has this many lines of this kind.
    pub fn until(&self, what: What, count: u64) {
        wait(&format!("{count} × {what:?}"), || {
            let counts = self.conversation().counts();
            let found = counts.get(&what).copied().unwrap_or(0);
            assert!(found <= count, "{found} × {what:?}: {counts:?}");
            found == count
        });
    }

    /// The voucher of a child, by its parent's telephone and its name: only the portal knows it.
    pub fn voucher(&self, child: &Child) -> VoucherId {
        let conversation = self.conversation();
        let mut found = conversation
            .persons
            .iter()
            .filter(|(_, person)| person.child.as_deref() == Some(child.name));
        *found.next().expect("the child is asked").0
    }

    /// How the ledger has it, proven.
    pub fn standing(&self, child: &Child) -> Standing {
        let voucher = list::open::voucher(&self.session(), &self.voucher(child));
        voucher
            .unwrap_or_else(|failure| panic!("{failure:?}"))
            .expect("it is listed")
            .standing
    }
}

/// Waits for something that happens by itself.
pub fn wait(what: &str, mut happened: impl FnMut() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < PATIENCE, "{what} does not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}
