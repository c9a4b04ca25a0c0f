//! The file of a ceremony: template, contributions, the genesis that follows, and who signed it.

use super::contribution::{Contribution, ORGANISATION_KEY};
use super::error::{CeremonyError, Who};
use crate::folder::Folder;
use crate::template::{Keys, Organisation, Template, validator_name};
use borsh::BorshSerialize;
use senim_execution::{Engine, apply_genesis};
use senim_types::crypto::verify;
use senim_types::domain::signed_bytes;
use senim_types::genesis::GENESIS_VERSION;
use senim_types::text::KeyKind;
use senim_types::{
    ChainId, Domain, Genesis, GenesisContract, Hash, Parameters, PublicKey, Signature, TimeMs,
    codec,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Version of [`Agreement`].
const VERSION: u16 = 1;
/// What a signature of an agreement begins with.
const STATEMENT: &str = "senim/ceremony/agreement";

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    version: u16,
    /// The template's text.
    pub template: String,
    /// Of all its organisations, by number.
    pub contributions: Vec<Contribution>,
    /// What everybody starts from.
    pub genesis: Genesis,
    /// Who agreed, by number.
    pub signatures: Vec<Agreed>,
}

/// An organisation's word that the chain starts from this genesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreed {
    /// Its number.
    pub organisation: u32,
    /// The chain.
    pub chain: ChainId,
    /// By its organisation key.
    pub by_organisation: Signature,
    /// By its validator's key, where it runs one.
    pub by_validator: Option<Signature>,
}

/// What is signed, beside domain and chain.
#[derive(BorshSerialize)]
struct Statement {
    statement: &'static str,
    organisation: u32,
}

fn signed(chain: &ChainId, organisation: u32) -> Vec<u8> {
    let statement = Statement {
        statement: STATEMENT,
        organisation,
    };
    signed_bytes(Domain::Genesis, chain, &codec::encode(&statement))
}

/// An organisation as messages name it.
pub fn who(organisation: &Organisation) -> Who {
    Who(organisation.id, organisation.name.clone())
}

/// The name under which contributions know a template.
pub fn template_hash(text: &str) -> Hash {
    Hash::of_parts(&[b"senim/ceremony/template", text.as_bytes()])
}

/// What an agreement consists of, once it was derived again.
pub struct Derived {
    /// The template, with the addresses of the contributions.
    pub template: Template,
    /// Each organisation's keys by name, in the order of the template.
    pub keys: Vec<Keys>,
    /// Where the machine of each is reached, by organisation.
    pub addresses: BTreeMap<u32, String>,
}

impl Derived {
    /// Makes sure of every contribution.
    fn of(text: &str, contributions: &[Contribution]) -> Result<Derived, CeremonyError> {
        let mut template = Template::parse(text)?;
        let hash = template_hash(text);
        let (mut keys, mut addresses) = (Vec::new(), BTreeMap::new());
        for organisation in template.organisations() {
            let mut of = contributions
                .iter()
                .filter(|contribution| contribution.organisation == organisation.id);
            let Some(contribution) = of.next() else {
                return Err(CeremonyError::NotContributed(who(organisation)));
            };
            if of.next().is_some() {
                return Err(CeremonyError::Twice(who(organisation)));
            }
            keys.push(contribution.check(organisation, hash)?);
            addresses.insert(organisation.id, contribution.address.clone());
        }
        let known =
            |contribution: &&Contribution| !addresses.contains_key(&contribution.organisation);
        if let Some(stranger) = contributions.iter().find(known) {
            return Err(CeremonyError::Stranger(stranger.organisation));
        }
        template.set_addresses(|_, org| addresses.get(&org).cloned().unwrap_or_default());
        Ok(Derived {
            template,
            keys,
            addresses,
        })
    }

    fn genesis(
        &self,
        time: TimeMs,
        contracts: Vec<GenesisContract>,
    ) -> Result<Genesis, CeremonyError> {
        let mut all = Keys::new();
        for keys in &self.keys {
            let keys = keys.iter().filter(|(name, _)| *name != ORGANISATION_KEY);
            all.extend(keys.map(|(name, key)| (name.clone(), *key)));
        }
        Ok(Genesis {
            version: GENESIS_VERSION,
            name: self.template.name.clone(),
            time,
            parameters: Parameters::default(),
            validators: self.template.validators(&all)?,
            contracts,
            calls: self.template.calls(&all)?,
        })
    }

    /// Each organisation with its keys.
    pub fn members(&self) -> impl Iterator<Item = (&Organisation, &Keys)> {
        self.template.organisations().iter().zip(&self.keys)
    }
}

impl Agreement {
    /// Puts a genesis together that nobody has signed yet.
    pub fn assemble(
        template: String,
        mut contributions: Vec<Contribution>,
        contracts: Vec<GenesisContract>,
        time: TimeMs,
    ) -> Result<Agreement, CeremonyError> {
        contributions.sort_by_key(|contribution| contribution.organisation);
        let derived = Derived::of(&template, &contributions)?;
        Ok(Agreement {
            version: VERSION,
            genesis: derived.genesis(time, contracts)?,
            template,
            contributions,
            signatures: Vec::new(),
        })
    }

    /// The chain.
    pub fn chain(&self) -> ChainId {
        self.genesis.chain_id()
    }

    /// Derives the genesis again from template and contributions, and compares.
    pub fn derive(&self) -> Result<Derived, CeremonyError> {
        let derived = Derived::of(&self.template, &self.contributions)?;
        let (own, contracts) = (&self.genesis, self.genesis.contracts.clone());
        let again = derived.genesis(own.time, contracts)?;
        let parts = [
            (
                own.version == again.version && self.version == VERSION,
                "the version",
            ),
            (own.name == again.name, "the name"),
            (own.parameters == again.parameters, "a parameter"),
            (own.validators == again.validators, "the set of validators"),
            (
                own.calls == again.calls,
                "a call that makes the first state",
            ),
            (*own == again, "something"),
        ];
        match parts.iter().find(|(is_same, _)| !is_same) {
            Some((_, part)) => Err(CeremonyError::Differs(part)),
            None => Ok(derived),
        }
    }

    /// Makes sure that the code is what the genesis pins, and that the first state comes out of it; gives
    /// that state's root. What is compiled for it is kept in `compiled`, for the machine's first start.
    pub fn first_state(
        &self,
        contracts: &Path,
        compiled: Option<PathBuf>,
    ) -> Result<Hash, CeremonyError> {
        let mut codes = BTreeMap::new();
        for contract in &self.genesis.contracts {
            let path = contracts.join(format!("{}.wasm", contract.name));
            let code = std::fs::read(&path).map_err(|error| CeremonyError::Io {
                path: path.clone(),
                error,
            })?;
            let found = Hash::of(&code);
            if found != contract.code {
                let (name, pinned) = (contract.name.clone(), contract.code);
                return Err(CeremonyError::OtherCode {
                    path,
                    name,
                    pinned,
                    found,
                });
            }
            codes.insert(found, code);
        }
        let applied = apply_genesis(&Engine::new(compiled)?, &self.genesis, &codes)?;
        Ok(senim_state::tree::Tree::new()
            .stage(&applied.changes)
            .root())
    }

    /// The organisation's word, by the keys of its folder, which have to be those of the file.
    pub fn sign(
        &self,
        derived: &Derived,
        folder: &Folder,
        organisation: u32,
    ) -> Result<Agreed, CeremonyError> {
        let (member, keys) = self.member(derived, organisation)?;
        check_own(folder, member, keys)?;
        let chain = self.chain();
        let bytes = signed(&chain, organisation);
        let key = folder.key(ORGANISATION_KEY, KeyKind::Organisation)?;
        let by_validator = match member.validator {
            true => {
                let key = folder.key(&validator_name(organisation), KeyKind::Validator)?;
                Some(key.sign_bytes(&bytes))
            }
            false => None,
        };
        Ok(Agreed {
            organisation,
            chain,
            by_organisation: key.sign_bytes(&bytes),
            by_validator,
        })
    }

    /// An organisation of the file.
    pub fn member<'a>(
        &self,
        derived: &'a Derived,
        organisation: u32,
    ) -> Result<(&'a Organisation, &'a Keys), CeremonyError> {
        let mut members = derived.members();
        let member = members.find(|(member, _)| member.id == organisation);
        member.ok_or(CeremonyError::Stranger(organisation))
    }

    /// Whether everybody has signed this chain.
    pub fn check_signatures(&self, derived: &Derived) -> Result<(), CeremonyError> {
        let chain = self.chain();
        for (member, keys) in derived.members() {
            let mut of = self
                .signatures
                .iter()
                .filter(|agreed| agreed.organisation == member.id);
            let agreed = of.next();
            let agreed = agreed.ok_or_else(|| CeremonyError::NotSigned(who(member)))?;
            let bytes = signed(&chain, member.id);
            let holds = |name: &str, signature: Option<&Signature>| {
                let key: Option<&PublicKey> = keys.get(name);
                agreed.chain == chain
                    && key
                        .zip(signature)
                        .is_some_and(|(key, signature)| verify(key, &bytes, signature))
            };
            if of.next().is_some() || !holds(ORGANISATION_KEY, Some(&agreed.by_organisation)) {
                return Err(CeremonyError::Signature(who(member), "organisation"));
            }
            let validator = validator_name(member.id);
            if member.validator && !holds(&validator, agreed.by_validator.as_ref()) {
                return Err(CeremonyError::Signature(who(member), "validator"));
            }
        }
        let is_member =
            |agreed: &&Agreed| derived.members().all(|(m, _)| m.id != agreed.organisation);
        match self.signatures.iter().find(is_member) {
            Some(stranger) => Err(CeremonyError::Stranger(stranger.organisation)),
            None => Ok(()),
        }
    }
}

/// Whether the folder's keys are those that the file has of its organisation.
pub fn check_own(folder: &Folder, member: &Organisation, keys: &Keys) -> Result<(), CeremonyError> {
    for (name, key) in keys {
        let kind = match name.as_str() {
            ORGANISATION_KEY => KeyKind::Organisation,
            name if *name == validator_name(member.id) => KeyKind::Validator,
            name if *name == crate::template::peer_name(member.id) => KeyKind::Peer,
            _ => KeyKind::Device,
        };
        if folder.key(name, kind)?.public() != *key {
            return Err(CeremonyError::NotOurs(who(member), name.clone()));
        }
    }
    Ok(())
}
