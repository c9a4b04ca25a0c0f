//! A network described for people (TOML), turned into a genesis. `genesis/devnet.toml` is one.

mod medicine;
mod settlement;
mod voucher;

use medicine::ProgrammeRules;
use senim_abi::card as cards;
use senim_abi::civil::UtcOffsets;
use senim_abi::marking::msg::{self as marking, Stage};
use senim_abi::marking::record::Settings;
use senim_abi::marking::{Day, Form, Gtin, InnCode, Lot, Product, Serial, Strength, Unit};
use senim_abi::prescription::ProgrammeId;
use senim_abi::prescription::msg as prescription;
use senim_abi::registry::msg as registry;
use senim_abi::settlement::msg as settling;
use senim_abi::treasury::{BudgetId, msg as treasury};
use senim_abi::voucher as vouchers;
use senim_abi::{
    CARD, MARKING, PRESCRIPTION, REGISTRY, Roles, SETTLEMENT, TREASURY, VOUCHER, ledger,
};
use senim_types::{
    ContractId, GenesisCall, Hash, OrgId, PublicKey, TimeMs, Tiyn, Validator, ValidatorSet, codec,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use voucher::VoucherProgramme;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Messages in one genesis call: each tells an event or two, and a call may tell 64.
const MESSAGES_PER_CALL: usize = 16;

/// A network.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its name, for display.
    pub name: String,
    utc_offset_minutes: i16,
    organisation: Vec<Organisation>,
    #[serde(default)]
    programme: Vec<ProgrammeRules>,
    #[serde(default)]
    voucher_programme: Vec<VoucherProgramme>,
    #[serde(default)]
    contract: Vec<settlement::Agreement>,
    #[serde(default)]
    product: Vec<CatalogueEntry>,
    #[serde(default)]
    stock: Vec<Stock>,
    /// Where the nodes of organisations are reached, by organisation: for a network of machines.
    #[serde(skip)]
    addresses: BTreeMap<u32, String>,
}

/// An organisation and its devices, by the names of their key files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Its number.
    pub id: u32,
    /// Its public name.
    pub name: String,
    /// What it may do, by name.
    pub roles: Vec<String>,
    /// Names of its devices; the first administers the others.
    pub devices: Vec<String>,
    /// Whether it runs a validator.
    #[serde(default)]
    pub validator: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueEntry {
    gtin: String,
    name: String,
    inn: String,
    strength: String,
    form: Form,
    unit: Unit,
    units_per_pack: u32,
    price_cap_tiyn: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stock {
    gtin: String,
    lot: String,
    expiry: String,
    at: u32,
    serials: Vec<String>,
}

/// What is wrong with a template.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Not the TOML of a template; the message names line and key.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// A value that no contract would take.
    #[error("{what} `{value}` is not usable")]
    Value {
        /// Which key.
        what: &'static str,
        /// Its value.
        value: String,
    },
    /// No key was given for a name.
    #[error("there is no key for the device or validator `{0}`")]
    Key(String),
    /// No validator, or too many.
    #[error("the organisations run no usable set of validators")]
    Validators,
}

fn parse<T: std::str::FromStr>(what: &'static str, value: &str) -> Result<T, TemplateError> {
    value.parse().map_err(|_| TemplateError::Value {
        what,
        value: value.to_owned(),
    })
}

fn until(date: &str) -> Result<TimeMs, TemplateError> {
    let day: Day = parse("until", date)?;
    Ok(TimeMs(u64::from(day.number()) * DAY_MS))
}

fn roles(names: &[String]) -> Result<Roles, TemplateError> {
    names.iter().try_fold(Roles::NONE, |roles, name| {
        let role = Roles::by_name(name);
        let role = role.ok_or(TemplateError::Value {
            what: "role",
            value: name.clone(),
        })?;
        Ok(roles.union(role))
    })
}

/// Public keys by name: devices under their own names, validators under `validator-<organisation>`.
pub type Keys = BTreeMap<String, PublicKey>;

/// The name under which the key of an organisation's validator is kept.
pub fn validator_name(organisation: u32) -> String {
    format!("validator-{organisation}")
}

/// The name under which the network key of an organisation's node is kept.
pub fn peer_name(organisation: u32) -> String {
    format!("peer-{organisation}")
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        Ok(toml::from_str(text)?)
    }

    /// The organisations.
    pub fn organisations(&self) -> &[Organisation] {
        &self.organisation
    }

    /// Says where the node of each organisation with a validator is reached: `address` is asked with its number and
    /// its place among them.
    pub fn set_addresses(&mut self, address: impl Fn(usize, u32) -> String) {
        let running = self.organisation.iter().filter(|org| org.validator);
        let addresses = running
            .enumerate()
            .map(|(place, org)| (org.id, address(place, org.id)));
        self.addresses = addresses.collect();
    }

    /// Keeps the first `count` validators. A network of one validator is sound, and smaller.
    pub fn limit_validators(&mut self, count: usize) {
        let running = self
            .organisation
            .iter_mut()
            .filter(|organisation| organisation.validator);
        running
            .skip(count)
            .for_each(|organisation| organisation.validator = false);
    }

    /// The validators, each of power 1.
    pub fn validators(&self, keys: &Keys) -> Result<ValidatorSet, TemplateError> {
        let running = self
            .organisation
            .iter()
            .filter(|organisation| organisation.validator);
        let validators = running.map(|organisation| {
            Ok(Validator {
                key: key(keys, &validator_name(organisation.id))?,
                power: 1,
            })
        });
        let validators = validators.collect::<Result<Vec<_>, TemplateError>>()?;
        ValidatorSet::new(validators).ok_or(TemplateError::Validators)
    }

    /// The calls that make the first state, in order.
    pub fn calls(&self, keys: &Keys) -> Result<Vec<GenesisCall>, TemplateError> {
        let call = |contract, input| GenesisCall { contract, input };
        let offsets = UtcOffsets::fixed(self.utc_offset_minutes);
        let registry = self.registry(keys)?;
        let mut calls: Vec<GenesisCall> = registry
            .chunks(MESSAGES_PER_CALL)
            .map(|part| call(REGISTRY, codec::encode(&registry::Genesis(part.to_vec()))))
            .collect();
        let treasury = self.treasury(&offsets);
        calls.push(call(TREASURY, codec::encode(&treasury::Genesis(treasury))));
        let settings = Settings {
            offsets: offsets.clone(),
            restore_ms_max: 10 * DAY_MS,
        };
        let mut marking = vec![marking::Execute::SetSettings { settings }];
        for entry in &self.product {
            marking.push(entry.call()?);
        }
        for stock in &self.stock {
            marking.push(stock.call()?);
        }
        calls.extend(
            marking
                .chunks(MESSAGES_PER_CALL)
                .map(|part| call(MARKING, codec::encode(&marking::Genesis(part.to_vec())))),
        );
        for programme in &self.programme {
            let executes = programme.calls()?;
            calls.extend(executes.chunks(MESSAGES_PER_CALL).map(|part| {
                call(
                    PRESCRIPTION,
                    codec::encode(&prescription::Genesis(part.to_vec())),
                )
            }));
        }
        let served: Vec<cards::Execute> = self
            .programme
            .iter()
            .filter_map(ProgrammeRules::cards)
            .collect();
        calls.extend(
            served
                .chunks(MESSAGES_PER_CALL)
                .map(|part| call(CARD, codec::encode(&cards::Genesis(part.to_vec())))),
        );
        for programme in &self.voucher_programme {
            let executes = programme.calls(&offsets)?;
            calls.extend(
                executes
                    .chunks(MESSAGES_PER_CALL)
                    .map(|part| call(VOUCHER, codec::encode(&vouchers::Genesis(part.to_vec())))),
            );
        }
        let contracts = self.contract.iter().map(settlement::Agreement::call);
        let contracts = contracts.collect::<Result<Vec<_>, _>>()?;
        calls.extend(
            contracts
                .chunks(MESSAGES_PER_CALL)
                .map(|part| call(SETTLEMENT, codec::encode(&settling::Genesis(part.to_vec())))),
        );
        Ok(calls)
    }

    fn registry(&self, keys: &Keys) -> Result<Vec<registry::Execute>, TemplateError> {
        let mut calls = Vec::new();
        for organisation in &self.organisation {
            let org = OrgId(organisation.id);
            calls.push(registry::Execute::RegisterOrganisation {
                org,
                name: organisation.name.clone(),
                roles: roles(&organisation.roles)?,
                details: Hash::of(organisation.name.as_bytes()),
            });
            for (index, name) in organisation.devices.iter().enumerate() {
                let device = key(keys, name)?;
                let administrator = index == 0;
                calls.push(registry::Execute::EnrolDevice {
                    org,
                    device,
                    administrator,
                });
            }
            if organisation.validator {
                let validator = key(keys, &validator_name(organisation.id))?;
                calls.push(registry::Execute::AddValidator {
                    validator,
                    power: 1,
                    org,
                });
            }
            if let Some(address) = self.addresses.get(&organisation.id) {
                calls.push(registry::Execute::SetPeer {
                    org,
                    peer: key(keys, &peer_name(organisation.id))?,
                    address: address.clone(),
                });
            }
        }
        calls.extend(rights().into_iter().map(|(contract, method, roles_any)| {
            registry::Execute::SetRight {
                contract,
                method,
                roles_any,
            }
        }));
        Ok(calls)
    }

    fn treasury(&self, offsets: &UtcOffsets) -> Vec<treasury::Execute> {
        let medicines = self.programme.iter();
        let medicines = medicines.flat_map(|programme| programme.budget(offsets));
        let vouchers = self.voucher_programme.iter();
        medicines
            .chain(vouchers.flat_map(|programme| programme.budget(offsets)))
            .collect()
    }
}

/// A payer's budget line with money for a programme, which one contract moves.
fn budget(
    (budget, payer): (BudgetId, OrgId),
    (programme, amount): (ProgrammeId, Tiyn),
    caller: ContractId,
    offsets: &UtcOffsets,
) -> [treasury::Execute; 2] {
    [
        treasury::Execute::OpenBudget {
            budget,
            payer,
            programme,
            callers: vec![caller],
            offsets: offsets.clone(),
        },
        treasury::Execute::Allot {
            id: Hash::of(format!("genesis allotment {budget}").as_bytes()),
            budget,
            amount,
        },
    ]
}

fn key(keys: &Keys, name: &str) -> Result<PublicKey, TemplateError> {
    keys.get(name)
        .copied()
        .ok_or_else(|| TemplateError::Key(name.to_owned()))
}

/// Who may call which method of the engine contracts and of the ledger itself.
fn rights() -> Vec<(ContractId, u8, Roles)> {
    // An administrator's device may manage its organisation's devices, whatever the organisation is.
    let everybody = Roles(Roles::NAMED.iter().fold(0, |all, (role, _)| all | role.0));
    let mut rights = Vec::new();
    for method in 0..registry::Execute::METHODS {
        let roles = if registry::Execute::METHODS_OF_ADMINISTRATORS.contains(&method) {
            everybody
        } else {
            Roles::OPERATOR
        };
        rights.push((REGISTRY, method, roles));
    }
    // The payer's own methods come first, a provider takes money out of its purse; the rest is for contracts alone.
    rights.extend((0..=5).map(|method| (TREASURY, method, Roles::FUND)));
    let leave = treasury::Execute::METHOD_LEAVE;
    rights.push((TREASURY, leave, settling::RIGHT_TO_LEAVE));
    for (contract, table) in [
        (MARKING, marking::RIGHTS.as_slice()),
        (PRESCRIPTION, prescription::RIGHTS.as_slice()),
        (VOUCHER, vouchers::msg::RIGHTS.as_slice()),
        (SETTLEMENT, settling::RIGHTS.as_slice()),
        (CARD, cards::msg::RIGHTS.as_slice()),
    ] {
        for (method, (_, roles)) in (0u8..).zip(table) {
            if !roles.is_empty() {
                rights.push((contract, method, *roles));
            }
        }
    }
    // A payer deploys the policies of its measures.
    let measures = Roles::OPERATOR | Roles::FUND;
    for (method, roles) in [
        (ledger::methods::DEPLOY, measures),
        (ledger::methods::CREATE, measures),
        (ledger::methods::UPGRADE, Roles::OPERATOR),
        (ledger::methods::SET_PROTOCOL, Roles::OPERATOR),
    ] {
        rights.push((ContractId::LEDGER, method, roles));
    }
    rights
}

impl CatalogueEntry {
    fn call(&self) -> Result<marking::Execute, TemplateError> {
        let product = Product {
            name: self.name.clone(),
            inn: parse::<InnCode>("inn", &self.inn)?,
            strength: parse::<Strength>("strength", &self.strength)?,
            form: self.form,
            unit: self.unit,
            units_per_pack: self.units_per_pack,
            price_cap: Tiyn(self.price_cap_tiyn),
            marketed: true,
        };
        Ok(marking::Execute::SetProduct {
            gtin: parse::<Gtin>("gtin", &self.gtin)?,
            product,
        })
    }
}

impl Stock {
    fn call(&self) -> Result<marking::Execute, TemplateError> {
        let serials = self
            .serials
            .iter()
            .map(|serial| parse::<Serial>("serial", serial));
        Ok(marking::Execute::Introduce {
            gtin: parse::<Gtin>("gtin", &self.gtin)?,
            lot: parse::<Lot>("lot", &self.lot)?,
            expiry: parse::<Day>("expiry", &self.expiry)?,
            serials: serials.collect::<Result<Vec<_>, _>>()?,
            at: OrgId(self.at),
            stage: Stage::OpeningStock,
        })
    }
}
