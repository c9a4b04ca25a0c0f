//! What the benchmark submits, signed before the clock starts.

use super::template_path;
use crate::args::Bench;
use crate::driver;
use crate::folder::{Folder, FolderError, NewNetwork};
use senim_abi::marking::msg::{self as marking, PackCode, Stage};
use senim_abi::marking::{Day, Form, Gtin, InnCode, Lot, Serial, Strength, Unit};
use senim_abi::prescription::GroupId;
use senim_abi::prescription::msg::{self as prescription, DispenseLine, NewItem, PackUse, Proof};
use senim_abi::prescription::programme::{PrescriberId, ProgrammeId};
use senim_abi::prescription::record::{ITEMS_MAX, ItemMask};
use senim_abi::proof::{HeldStep, HoldStatement, QrStatement, lines_hash};
use senim_abi::{MARKING, PRESCRIPTION};
use senim_types::crypto::SecretKey;
use senim_types::limits::{CALLS_MAX, TRANSACTION_BYTES_MAX};
use senim_types::text::KeyKind;
use senim_types::transaction::TRANSACTION_VERSION;
use senim_types::{
    Call, ChainId, ContractId, Domain, Hash, OrgId, Signature, SignedTransaction, Statement,
    TimeMs, Tiyn, Transaction, codec,
};
use std::fmt::Write;
use std::fs;

const GTIN: &str = "04870001000011";
const INN: &str = "A10BA02";
const LOT: &str = "BENCH1";
const PHARMACY: OrgId = OrgId(20);
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A network with keys for everybody.
pub struct Network {
    /// Its chain.
    pub chain: ChainId,
    clinic: SecretKey,
    regulator: SecretKey,
    pharmacies: Vec<SecretKey>,
}

/// Makes the folder of a network with as many validators and pharmacy devices as asked for.
pub fn network(args: &Bench, folder: &Folder) -> Result<Network, FolderError> {
    let path = template_path(folder.path());
    let write = || {
        fs::create_dir_all(folder.path())?;
        fs::write(&path, template(args))
    };
    write().map_err(|error| FolderError::Io {
        path: path.clone(),
        error,
    })?;
    let genesis = folder.initialise(&NewNetwork {
        template_path: &path,
        contracts_path: &args.contracts,
        time: driver::now(),
        validators_max: usize::from(args.validators),
        machines: None,
    })?;
    let device = |name: &str| folder.key(name, KeyKind::Device);
    let pharmacies = (0..args.devices).map(|n| device(&format!("till-{n}")));
    Ok(Network {
        chain: genesis.chain_id(),
        clinic: device("clinic")?,
        regulator: device("regulator")?,
        pharmacies: pharmacies.collect::<Result<Vec<_>, _>>()?,
    })
}

fn template(args: &Bench) -> String {
    let tills: Vec<String> = (0..args.devices).map(|n| format!("\"till-{n}\"")).collect();
    let mut text = format!(
        r#"name = "senim-bench"
utc_offset_minutes = 300
[[organisation]]
id = 4
name = "Regulator"
roles = ["regulator", "marking_operator", "operator", "fund"]
devices = ["regulator"]
[[organisation]]
id = 10
name = "Clinic"
roles = ["clinic"]
devices = ["clinic"]
[[organisation]]
id = {pharmacy}
name = "Pharmacy"
roles = ["pharmacy"]
devices = [{tills}]
"#,
        pharmacy = PHARMACY.0,
        tills = tills.join(", "),
    );
    for n in 0..args.validators {
        let id = 100 + n;
        // Writing to a string cannot fail.
        let _always_ok = write!(
            text,
            "[[organisation]]\nid = {id}\nname = \"Validator {n}\"\nroles = []\ndevices = []\nvalidator = true\n"
        );
    }
    text.push_str(&format!(
        r#"[[programme]]
id = 1
budget = 1
payer = 4
allotted_tiyn = 1_000_000_000_000_000
share_basis_points = 10_000
proofs = ["live_qr"]
validity_days_max = 400
lease_minutes = 600
hold_hours_max = 72
proof_seconds_max = 36_000
reversal_days = 10
dispute_days = 60
[[programme.provider]]
org = {pharmacy}
settlement = "pay"
until = "2036-01-01"
[[programme.prescriber]]
org = 10
categories = [0]
until = "2036-01-01"
[[programme.medicine]]
inn = "{INN}"
units_max = 360
reference_tiyn = 3000
[[product]]
gtin = "{GTIN}"
name = "Metformin 500 mg No 60"
inn = "{INN}"
strength = "500mg"
form = "tablet"
unit = "tablet"
units_per_pack = 60
price_cap_tiyn = 145000
"#,
        pharmacy = PHARMACY.0
    ));
    text
}

/// A signed transaction as its bytes: a tenth of the memory that it takes decoded, so that the load does
/// not hide what the nodes take.
pub struct Encoded(Box<[u8]>);

impl Encoded {
    fn new(transaction: &SignedTransaction) -> Encoded {
        Encoded(codec::encode(transaction).into())
    }

    /// The transaction, as a node's interface decodes it.
    pub fn decode(&self) -> SignedTransaction {
        codec::decode(&self.0, TRANSACTION_BYTES_MAX)
            .unwrap_or_else(|error| unreachable!("it was encoded here: {error:?}"))
    }
}

/// One redemption: a hold, and the dispense that may follow once the hold is final.
pub struct Redemption {
    /// The hold.
    pub hold: Encoded,
    /// The dispense.
    pub dispense: Encoded,
}

/// All that is submitted.
pub struct Load {
    /// Prescriptions and packs.
    pub setup: Vec<Encoded>,
    /// What is measured.
    pub redemptions: Vec<Redemption>,
}

/// Deterministic keys: a benchmark's tokens belong to nobody.
fn key(kind: &str, number: usize) -> SecretKey {
    SecretKey::from_seed(Hash::of(format!("bench {kind} {number}").as_bytes()).as_bytes())
}

struct Signer<'a> {
    chain: ChainId,
    device: &'a SecretKey,
    sequence: u64,
    valid_until: TimeMs,
}

impl Signer<'_> {
    fn sign(
        &mut self,
        calls: Vec<Call>,
        witnesses: Vec<(Statement, Signature)>,
    ) -> SignedTransaction {
        let (witnesses, signatures): (Vec<_>, Vec<_>) = witnesses.into_iter().unzip();
        let body = Transaction {
            version: TRANSACTION_VERSION,
            chain: self.chain,
            device: self.device.public(),
            sequence: self.sequence,
            valid_until: self.valid_until,
            calls,
            witnesses,
        };
        self.sequence += 1;
        self.device.sign_transaction(body, signatures)
    }
}

fn call<T: borsh::BorshSerialize>(contract: ContractId, message: &T) -> Call {
    Call {
        contract,
        input: codec::encode(message),
    }
}

fn usable<T: std::str::FromStr>(text: &str) -> T {
    text.parse()
        .unwrap_or_else(|_| unreachable!("the benchmark's own constants are sound: {text}"))
}

impl Load {
    /// How many transactions there are.
    pub fn transactions(&self) -> u64 {
        (self.setup.len() + 2 * self.redemptions.len()) as u64
    }

    /// Signs everything.
    pub fn sign(args: &Bench, network: &Network, now: TimeMs) -> Load {
        let valid_until = TimeMs(now.0 + DAY_MS - 60_000);
        let signer = |device| Signer {
            chain: network.chain,
            device,
            sequence: 0,
            valid_until,
        };
        let (mut clinic, mut regulator) = (signer(&network.clinic), signer(&network.regulator));
        let mut tills: Vec<Signer<'_>> = network.pharmacies.iter().map(signer).collect();
        let count = args.transactions as usize;
        let mut setup = Vec::new();
        setup.extend(packs(count, &mut regulator));
        setup.extend(live_tokens(args.live as usize, now, &mut clinic));
        let mut groups = Vec::with_capacity(count);
        for first in (0..count).step_by(CALLS_MAX) {
            let numbers = first..count.min(first + CALLS_MAX);
            let calls = numbers.clone().zip(0u16..).map(|(number, index)| {
                issue(index, key("token", number).public(), vec![item(60, now)])
            });
            let signed = clinic.sign(calls.collect(), vec![]);
            let hash = signed.hash();
            groups.extend(
                numbers
                    .zip(0u16..)
                    .map(|(_, index)| GroupId::derive(&hash, index)),
            );
            setup.push(Encoded::new(&signed));
        }
        let redemptions = groups.iter().enumerate().map(|(number, group)| {
            let till = number % tills.len();
            redemption(number, *group, now, &mut tills[till])
        });
        Load {
            redemptions: redemptions.collect(),
            setup,
        }
    }
}

/// The packs of all redemptions, introduced on the pharmacy's shelf.
fn packs(count: usize, regulator: &mut Signer<'_>) -> Vec<Encoded> {
    let numbers: Vec<usize> = (0..count).collect();
    let introduce = |numbers: &[usize]| {
        let execute = marking::Execute::Introduce {
            gtin: usable::<Gtin>(GTIN),
            lot: usable::<Lot>(LOT),
            expiry: expiry(),
            serials: numbers.iter().map(|number| serial(*number)).collect(),
            at: PHARMACY,
            stage: Stage::OpeningStock,
        };
        call(MARKING, &execute)
    };
    let calls: Vec<Call> = numbers.chunks(marking::PACKS_MAX).map(introduce).collect();
    calls
        .chunks(CALLS_MAX)
        .map(|calls| Encoded::new(&regulator.sign(calls.to_vec(), vec![])))
        .collect()
}

/// Tokens that nobody redeems: prescriptions of as many items as one may have.
fn live_tokens(count: usize, now: TimeMs, clinic: &mut Signer<'_>) -> Vec<Encoded> {
    let groups = count.div_ceil(ITEMS_MAX);
    let mut setup = Vec::new();
    for first in (0..groups).step_by(CALLS_MAX) {
        let numbers = first..groups.min(first + CALLS_MAX);
        let calls = numbers.zip(0u16..).map(|(number, index)| {
            let items = (count - number * ITEMS_MAX).min(ITEMS_MAX);
            issue(
                index,
                key("live", number).public(),
                vec![item(60, now); items],
            )
        });
        setup.push(Encoded::new(&clinic.sign(calls.collect(), vec![])));
    }
    setup
}

fn issue(index: u16, holder: senim_types::PublicKey, items: Vec<NewItem>) -> Call {
    let execute = prescription::Execute::Issue {
        index,
        programme: ProgrammeId(1),
        prescriber: PrescriberId(1),
        holder,
        card: None,
        paper: None,
        sealed: Some(Hash::of(b"sealed elsewhere")),
        draft: false,
        items,
    };
    call(PRESCRIPTION, &execute)
}

fn item(quantity: u32, now: TimeMs) -> NewItem {
    NewItem {
        inn: usable::<InnCode>(INN),
        strength: Some(usable::<Strength>("500mg")),
        form: Some(Form::Tablet),
        unit: Unit::Tablet,
        quantity,
        not_before: TimeMs(now.0 - DAY_MS),
        until: TimeMs(now.0 + 300 * DAY_MS),
        price_cap: None,
        part: None,
    }
}

fn serial(number: usize) -> Serial {
    usable(&format!("S{number:010}"))
}

fn expiry() -> Day {
    usable("2035-12-31")
}

fn redemption(number: usize, group: GroupId, now: TimeMs, till: &mut Signer<'_>) -> Redemption {
    let chain = till.chain;
    let (token, ephemeral, hold_key) = (
        key("token", number),
        key("ephemeral", number),
        key("hold", number),
    );
    let items = ItemMask::one(0);
    let qr = QrStatement {
        group,
        items,
        ephemeral: ephemeral.public(),
        issued_at: now,
        expires_at: TimeMs(now.0 + 30_000_000),
    };
    let statement = HoldStatement {
        group,
        items,
        org: PHARMACY,
        device: till.device.public(),
        hold_key: hold_key.public(),
    };
    let hold = prescription::Execute::Hold {
        group,
        items,
        hold_key: hold_key.public(),
        proof: Proof::LiveQr(qr),
    };
    let witnesses = vec![
        token.witness(Domain::Qr, &chain, qr.message()),
        ephemeral.witness(Domain::Hold, &chain, statement.message()),
    ];
    let hold = till.sign(vec![call(PRESCRIPTION, &hold)], witnesses);
    let code = PackCode {
        gtin: usable(GTIN),
        serial: serial(number),
        lot: usable(LOT),
        expiry: expiry(),
    };
    let pack = PackUse {
        pack: code,
        units: 60,
        price: Tiyn(140_000),
    };
    let lines = vec![DispenseLine {
        item: 0,
        packs: vec![pack],
    }];
    let step = HeldStep::Dispense {
        group,
        lines: lines_hash(&lines),
    };
    let dispense = prescription::Execute::Dispense { group, lines };
    let witnesses = vec![hold_key.witness(Domain::HeldStep, &chain, step.message())];
    let dispense = till.sign(vec![call(PRESCRIPTION, &dispense)], witnesses);
    Redemption {
        hold: Encoded::new(&hold),
        dispense: Encoded::new(&dispense),
    }
}
