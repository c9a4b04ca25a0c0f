//! What the benchmark submits, signed before the clock starts.

mod meal;
mod pharmacy;

use super::template_path;
use crate::args::Work;
use crate::driver;
use crate::folder::{Folder, FolderError, NewNetwork};
use crate::machine::Machines;
use senim_abi::prescription::GroupId;
use senim_abi::{REGISTRY, registry};
use senim_types::crypto::SecretKey;
use senim_types::limits::{CALLS_MAX, TRANSACTION_BYTES_MAX};
use senim_types::text::KeyKind;
use senim_types::transaction::TRANSACTION_VERSION;
use senim_types::{
    Call, ChainId, ContractId, Domain, Hash, OrgId, PublicKey, Signature, SignedTransaction,
    Statement, TimeMs, Transaction, codec,
};
use std::fmt::Write;
use std::fs;
use std::path::Path;

const GTIN: &str = "04870001000011";
const INN: &str = "A10BA02";
/// Who dispenses.
pub const PHARMACY: OrgId = OrgId(20);
/// Who feeds.
pub const CATERER: OrgId = OrgId(50);
const SCHOOL: OrgId = OrgId(40);
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A network with keys for everybody.
pub struct Network {
    /// Its chain.
    pub chain: ChainId,
    clinic: SecretKey,
    regulator: SecretKey,
    pharmacies: Vec<SecretKey>,
    canteens: Vec<SecretKey>,
}

/// What a benchmark's network is made of.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Validators.
    pub validators: u16,
    /// Devices of each kind.
    pub devices: u16,
    /// The folder with the contracts' code.
    pub contracts: &'a Path,
}

/// Makes the folder of a network; with `machines`, a folder for each validator's.
pub fn network(
    wanted: Wanted<'_>,
    folder: &Folder,
    machines: Option<&Machines>,
) -> Result<Network, FolderError> {
    let path = template_path(folder.path());
    let write = || {
        fs::create_dir_all(folder.path())?;
        fs::write(&path, template(wanted))
    };
    write().map_err(|error| FolderError::Io {
        path: path.clone(),
        error,
    })?;
    let genesis = folder.initialise(&NewNetwork {
        template_path: &path,
        contracts_path: wanted.contracts,
        time: driver::now(),
        validators_max: usize::from(wanted.validators),
        machines,
    })?;
    let device = |name: &str| folder.key(name, KeyKind::Device);
    let devices = |kind: &str| {
        let keys = (0..wanted.devices).map(|n| device(&format!("{kind}-{n}")));
        keys.collect::<Result<Vec<_>, _>>()
    };
    Ok(Network {
        chain: genesis.chain_id(),
        clinic: device("clinic")?,
        regulator: device("regulator")?,
        pharmacies: devices("till")?,
        canteens: devices("canteen")?,
    })
}

fn template(wanted: Wanted<'_>) -> String {
    let names = |kind: &str| {
        let names: Vec<String> = (0..wanted.devices)
            .map(|n| format!("\"{kind}-{n}\""))
            .collect();
        names.join(", ")
    };
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
[[organisation]]
id = {school}
name = "School"
roles = ["school"]
devices = ["school"]
[[organisation]]
id = {caterer}
name = "Caterer"
roles = ["provider"]
devices = [{canteens}]
"#,
        pharmacy = PHARMACY.0,
        tills = names("till"),
        school = SCHOOL.0,
        caterer = CATERER.0,
        canteens = names("canteen"),
    );
    for n in 0..wanted.validators {
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
[[voucher_programme]]
id = 2
budget = 2
payer = 4
allotted_tiyn = 1_000_000_000_000_000
dispute_days = 60
proof_seconds_max = 120
[[voucher_programme.rules]]
providers = "any"
regions = "any"
price = {{ cap = {price} }}
share_basis_points = 10_000
whole_packs = false
partial = true
uses_per_day_max = 1
weekdays = 0b111_1111
calendar = false
absent_may = false
validity_ms_max = 25_920_000_000
consent = false
proofs = 0b1000
clawback = "before_maturity"
[[voucher_programme.service]]
place = {school}
provider = {caterer}
terminals = {caterer}
region = 71
until = "2036-01-01"
"#,
        pharmacy = PHARMACY.0,
        price = meal::PRICE.0,
        school = SCHOOL.0,
        caterer = CATERER.0,
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

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The transaction, as a node's interface decodes it.
    pub fn decode(&self) -> SignedTransaction {
        codec::decode(&self.0, TRANSACTION_BYTES_MAX)
            .unwrap_or_else(|error| unreachable!("it was encoded here: {error:?}"))
    }
}

/// One redemption: a hold and, once it is final, the dispense; or a meal, which is one step.
pub struct Redemption {
    /// The first step.
    pub first: Encoded,
    /// What may follow once it is final.
    pub then: Option<Encoded>,
}

impl Redemption {
    /// How many transactions it is.
    pub fn steps(&self) -> usize {
        1 + usize::from(self.then.is_some())
    }
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
        let redeeming: usize = self.redemptions.iter().map(Redemption::steps).sum();
        (self.setup.len() + redeeming) as u64
    }
}

/// Signs loads one after the other, so that each device counts on.
pub struct Signing<'a> {
    network: &'a Network,
    now: TimeMs,
    clinic: Signer<'a>,
    regulator: Signer<'a>,
    pharmacies: Vec<Signer<'a>>,
    canteens: Vec<Signer<'a>>,
    /// Tokens made so far: none has the key or serial of another.
    made: usize,
}

impl<'a> Signing<'a> {
    /// Begins: everything is valid from `now` for a day.
    pub fn new(network: &'a Network, now: TimeMs) -> Signing<'a> {
        let valid_until = TimeMs(now.0 + DAY_MS - 60_000);
        let signer = |device| Signer {
            chain: network.chain,
            device,
            sequence: 0,
            valid_until,
        };
        Signing {
            network,
            now,
            clinic: signer(&network.clinic),
            regulator: signer(&network.regulator),
            pharmacies: network.pharmacies.iter().map(signer).collect(),
            canteens: network.canteens.iter().map(signer).collect(),
            made: 0,
        }
    }

    /// So many tokens that nobody redeems.
    pub fn live(&mut self, count: usize) -> Vec<Encoded> {
        pharmacy::live_tokens(count, self.now, &mut self.clinic)
    }

    /// Lets a node of an organisation connect, one that only goes out.
    pub fn admit(&mut self, org: OrgId, peer: PublicKey) -> Encoded {
        let set = registry::Execute::SetPeer {
            org,
            peer,
            address: String::new(),
        };
        self.operator(vec![call(REGISTRY, &set)], 0)
    }

    /// Calls in the operator's name, with so many statements of anybody's beside them.
    pub fn operator(&mut self, calls: Vec<Call>, witnesses: usize) -> Encoded {
        let (chain, sequence) = (self.network.chain, self.regulator.sequence as usize);
        let anybody = |number: usize| {
            let statement = number.to_be_bytes().to_vec();
            key("anybody", sequence).witness(Domain::Holder, &chain, statement)
        };
        let witnesses = (0..witnesses).map(anybody).collect();
        Encoded::new(&self.regulator.sign(calls, witnesses))
    }

    /// So many redemptions of a kind, and what has to be there before.
    pub fn load(&mut self, work: Work, count: usize) -> Load {
        let from = self.made;
        self.made += count;
        match work {
            Work::Pharmacy => self.pharmacy(from, count),
            Work::Meal => self.meals(from, count),
        }
    }

    fn pharmacy(&mut self, from: usize, count: usize) -> Load {
        let (now, to) = (self.now, from + count);
        let mut setup = pharmacy::packs(from..to, &mut self.regulator);
        let mut groups = Vec::with_capacity(count);
        for first in (from..to).step_by(CALLS_MAX) {
            let numbers = first..to.min(first + CALLS_MAX);
            let calls = numbers.clone().zip(0u16..).map(|(number, index)| {
                let holder = key("token", number).public();
                pharmacy::issue(index, holder, vec![pharmacy::item(60, now)])
            });
            let signed = self.clinic.sign(calls.collect(), vec![]);
            let hash = signed.hash();
            let ids = numbers.zip(0u16..);
            groups.extend(ids.map(|(_, index)| GroupId::derive(&hash, index)));
            setup.push(Encoded::new(&signed));
        }
        let tills = self.network.pharmacies.len();
        let redemptions = (from..).zip(&groups).map(|(number, group)| {
            let till = &mut self.pharmacies[number % tills];
            pharmacy::redemption(number, *group, now, till)
        });
        Load {
            redemptions: redemptions.collect(),
            setup,
        }
    }

    fn meals(&mut self, from: usize, count: usize) -> Load {
        let (setup, vouchers) = meal::vouchers(from..from + count, self.now, &mut self.regulator);
        let canteens = self.network.canteens.len();
        let redemptions = (from..).zip(&vouchers).map(|(number, voucher)| {
            meal::redemption(*voucher, &mut self.canteens[number % canteens])
        });
        Load {
            redemptions: redemptions.collect(),
            setup,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Keys, Template, validator_name};

    /// A benchmark is run seldom; that its network can be made is seen always.
    #[test]
    fn the_loads_network_is_one_that_can_be_made() {
        let wanted = Wanted {
            validators: 4,
            devices: 2,
            contracts: Path::new("unused"),
        };
        let template = Template::parse(&template(wanted)).expect("the template is sound");
        let mut keys = Keys::new();
        for organisation in template.organisations() {
            let names = organisation.devices.iter().cloned();
            for name in names.chain([validator_name(organisation.id)]) {
                let seed = blake3::hash(name.as_bytes());
                keys.insert(name, SecretKey::from_seed(seed.as_bytes()).public());
            }
        }
        let calls = template.calls(&keys).expect("every device has a key");
        assert!(!calls.is_empty());
        let validators = template
            .validators(&keys)
            .expect("every validator has a key");
        assert_eq!(validators.validators().len(), 4);
    }
}
