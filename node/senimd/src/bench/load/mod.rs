//! What the benchmark submits, signed before the clock starts.

pub mod meal;
mod pharmacy;

use super::template_path;
use crate::args::Work;
use crate::driver;
use crate::folder::{Folder, FolderError, NewNetwork};
use crate::machine::Machines;
use senim_abi::civil::Month;
use senim_abi::prescription::GroupId;
use senim_abi::voucher::VoucherId;
use senim_abi::{REGISTRY, registry};
use senim_types::crypto::SecretKey;
use senim_types::limits::{CALLS_MAX, TRANSACTION_BYTES_MAX};
use senim_types::text::KeyKind;
use senim_types::transaction::TRANSACTION_VERSION;
use senim_types::{
    Call, ChainId, ContractId, Domain, Genesis, Hash, OrgId, PublicKey, Signature,
    SignedTransaction, Statement, TimeMs, Transaction, codec,
};
use std::fs;
use std::ops::Range;
use std::path::Path;

const GTIN: &str = "04870001000011";
const INN: &str = "A10BA02";
/// Who dispenses.
pub const PHARMACY: OrgId = OrgId(20);
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A network with keys for everybody.
pub struct Network {
    /// Its chain.
    pub chain: ChainId,
    clinic: SecretKey,
    regulator: SecretKey,
    pharmacies: Vec<SecretKey>,
    schools: Vec<SecretKey>,
    /// Terminals of the caterers: those of the first school's at every place that the number of schools divides.
    canteens: Vec<SecretKey>,
}

/// What a benchmark's network is made of.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Validators.
    pub validators: u16,
    /// Devices of each kind; of terminals in canteens at least one for each school.
    pub devices: u16,
    /// Schools, each with a caterer and a contract of its own.
    pub schools: u32,
    /// The folder with the contracts' code.
    pub contracts: &'a Path,
}

impl Wanted<'_> {
    /// Terminals of all caterers: as many at each school.
    const fn canteens(&self) -> u32 {
        (self.devices as u32).div_ceil(self.schools) * self.schools
    }
}

/// Makes a folder from the text of a template; with `machines`, a folder for each validator's.
fn make(
    text: &str,
    wanted: Wanted<'_>,
    folder: &Folder,
    machines: Option<&Machines>,
) -> Result<Genesis, FolderError> {
    let path = template_path(folder.path());
    let write = || {
        fs::create_dir_all(folder.path())?;
        fs::write(&path, text)
    };
    write().map_err(|error| FolderError::Io {
        path: path.clone(),
        error,
    })?;
    folder.initialise(&NewNetwork {
        template_path: &path,
        contracts_path: wanted.contracts,
        time: driver::now(),
        validators_max: usize::from(wanted.validators),
        machines,
    })
}

/// Makes the folder of a network; with `machines`, a folder for each validator's.
pub fn network(
    wanted: Wanted<'_>,
    folder: &Folder,
    machines: Option<&Machines>,
) -> Result<Network, FolderError> {
    let genesis = make(&template(wanted), wanted, folder, machines)?;
    let device = |name: &str| folder.key(name, KeyKind::Device);
    let devices = |kind: &str, count: u32| {
        let keys = (0..count).map(|n| device(&format!("{kind}-{n}")));
        keys.collect::<Result<Vec<_>, _>>()
    };
    Ok(Network {
        chain: genesis.chain_id(),
        clinic: device("clinic")?,
        regulator: device("regulator")?,
        pharmacies: devices("till", wanted.devices.into())?,
        schools: devices("school", wanted.schools)?,
        canteens: devices("canteen", wanted.canteens())?,
    })
}

/// The organisations that run so many validators.
fn validators(count: u16) -> String {
    let each = |n| {
        format!(
            "[[organisation]]\nid = {}\nname = \"Validator {n}\"\nroles = []\ndevices = []\nvalidator = true\n",
            100 + n
        )
    };
    (0..count).map(each).collect()
}

fn template(wanted: Wanted<'_>) -> String {
    let tills: Vec<String> = (0..wanted.devices)
        .map(|n| format!("\"till-{n}\""))
        .collect();
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
    text.push_str(&validators(wanted.validators));
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
        pharmacy = PHARMACY.0,
    ));
    text.push_str(&meal::template(wanted));
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
    schools: Vec<Signer<'a>>,
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
            schools: network.schools.iter().map(signer).collect(),
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
        let mut setup = self.calendars(meal::month(self.now).0);
        let (issued, vouchers) = self.vouchers(from..from + count);
        setup.extend(issued);
        Load {
            redemptions: self.lunch(&vouchers, 0..count),
            setup,
        }
    }

    /// Goes on at another time: what is signed from now on is valid from then for a day.
    pub fn go_on(&mut self, now: TimeMs) {
        let valid_until = TimeMs(now.0 + DAY_MS - 60_000);
        self.now = now;
        let devices = self.pharmacies.iter_mut().chain(&mut self.schools);
        let others = [&mut self.clinic, &mut self.regulator];
        devices
            .chain(&mut self.canteens)
            .chain(others)
            .for_each(|signer| signer.valid_until = valid_until);
    }

    /// Each school says that it is open on all days of a month and the next.
    pub fn calendars(&mut self, month: Month) -> Vec<Encoded> {
        let schools = (0u32..).zip(&mut self.schools);
        schools
            .map(|(school, signer)| meal::calendar(school, [month, month.next()], signer))
            .collect()
    }

    /// A voucher for a school year for each pupil, of the schools in turn.
    pub fn vouchers(&mut self, pupils: Range<usize>) -> (Vec<Encoded>, Vec<VoucherId>) {
        let schools = self.schools.len();
        meal::vouchers(pupils, schools, self.now, &mut self.regulator)
    }

    /// Meals by number: pupils eat in turn, each at a terminal of the school.
    pub fn lunch(&mut self, vouchers: &[VoucherId], numbers: Range<usize>) -> Vec<Redemption> {
        let (schools, each) = (self.schools.len(), self.canteens.len() / self.schools.len());
        let meal = |number: usize| {
            let pupil = number % vouchers.len();
            let school = pupil % schools;
            let terminal = school + number / schools % each * schools;
            let canteen = &mut self.canteens[terminal];
            meal::redemption(vouchers[pupil], school as u32, canteen)
        };
        numbers.map(meal).collect()
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
            devices: 4,
            schools: 3,
            contracts: Path::new("unused"),
        };
        let template = Template::parse(&template(wanted)).expect("the template is sound");
        // A regulator, a clinic, tills; three schools and two terminals at each, since four do not suffice for one each and
        // every school has as many.
        let devices = template.organisations().iter();
        let devices = devices.map(|organisation| organisation.devices.len());
        assert_eq!(devices.sum::<usize>(), 1 + 1 + 4 + 3 + 6);
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
