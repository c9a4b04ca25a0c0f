//! What one organisation brings: its public keys, each with a proof that it has the secret.

use super::error::{CeremonyError, Who};
use crate::folder::Folder;
use crate::template::{Keys, Organisation, peer_name, validator_name};
use borsh::BorshSerialize;
use senim_types::crypto::{SecretKey, verify};
use senim_types::domain::signed_bytes;
use senim_types::text::KeyKind;
use senim_types::{ChainId, Domain, Hash, PublicKey, Signature, codec};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Version of [`Contribution`].
const VERSION: u16 = 1;
/// What a signature of a contribution begins with.
const STATEMENT: &str = "senim/ceremony/contribution";
/// Name of the organisation's key.
pub const ORGANISATION_KEY: &str = "organisation";

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contribution {
    version: u16,
    /// Hash of the template that the keys are for.
    pub template: Hash,
    /// The organisation's number.
    pub organisation: u32,
    /// Where others reach its machine, as a multiaddr; empty where it runs none.
    pub address: String,
    /// Text of the public keys, by name: `organisation`, `validator-N`, `peer-N`, and the devices.
    pub keys: BTreeMap<String, String>,
    /// A signature by each of the keys.
    pub proofs: BTreeMap<String, Signature>,
}

/// What is signed, beside the name of the key that signs.
#[derive(BorshSerialize)]
struct Body<'a> {
    statement: &'static str,
    version: u16,
    organisation: u32,
    address: &'a str,
    keys: Vec<(&'a String, &'a String)>,
    signer: &'a str,
}

/// The keys that an organisation of a template has, by name.
fn names(organisation: &Organisation) -> Vec<(String, KeyKind)> {
    let mut names = vec![(ORGANISATION_KEY.to_owned(), KeyKind::Organisation)];
    if organisation.validator {
        names.push((validator_name(organisation.id), KeyKind::Validator));
        names.push((peer_name(organisation.id), KeyKind::Peer));
    }
    let devices = organisation.devices.iter();
    names.extend(devices.map(|device| (device.clone(), KeyKind::Device)));
    names
}

impl Contribution {
    /// Makes an organisation's keys in its folder, and the contribution that speaks of them.
    pub fn make(
        folder: &Folder,
        organisation: &Organisation,
        template: Hash,
        address: &str,
    ) -> Result<Contribution, CeremonyError> {
        let mut secrets: BTreeMap<String, SecretKey> = BTreeMap::new();
        let mut contribution = Contribution {
            version: VERSION,
            template,
            organisation: organisation.id,
            address: address.to_owned(),
            keys: BTreeMap::new(),
            proofs: BTreeMap::new(),
        };
        for (name, kind) in names(organisation) {
            let secret = folder.make_key(&name, kind)?;
            let text = secret.public().to_text(kind);
            contribution.keys.insert(name.clone(), text);
            secrets.insert(name, secret);
        }
        for (name, secret) in secrets {
            let signature = secret.sign_bytes(&contribution.signed(&name));
            contribution.proofs.insert(name, signature);
        }
        Ok(contribution)
    }

    /// The exact bytes that the key of this name signs. No chain is there yet: the template is.
    fn signed(&self, signer: &str) -> Vec<u8> {
        let body = Body {
            statement: STATEMENT,
            version: self.version,
            organisation: self.organisation,
            address: &self.address,
            keys: self.keys.iter().collect(),
            signer,
        };
        signed_bytes(
            Domain::Genesis,
            &ChainId(self.template),
            &codec::encode(&body),
        )
    }

    /// The public keys by name, once all is as it should be: for this template, exactly the keys that it
    /// asks for, each of another secret that its owner has.
    pub fn check(
        &self,
        organisation: &Organisation,
        template: Hash,
    ) -> Result<Keys, CeremonyError> {
        let who = || Who(organisation.id, organisation.name.clone());
        let unfit = |reason: String| CeremonyError::Unfit(who(), reason);
        if self.version != VERSION {
            return Err(unfit(format!("its version is {}", self.version)));
        }
        if self.template != template {
            return Err(CeremonyError::OtherTemplate(who()));
        }
        let mut keys = Keys::new();
        for (name, kind) in names(organisation) {
            let text = self.keys.get(&name);
            let text = text.ok_or_else(|| unfit(format!("the key `{name}` is missing")))?;
            let key = PublicKey::from_text(kind, text)
                .map_err(|error| unfit(format!("the key `{name}`: {error}")))?;
            keys.insert(name, key);
        }
        if let Some(name) = self.keys.keys().find(|name| !keys.contains_key(*name)) {
            return Err(unfit(format!("the template knows no key `{name}` of it")));
        }
        let different: BTreeSet<&PublicKey> = keys.values().collect();
        if different.len() < keys.len() {
            return Err(unfit("one key has two purposes".to_owned()));
        }
        for (name, key) in &keys {
            let signature = self.proofs.get(name);
            if !signature.is_some_and(|signature| verify(key, &self.signed(name), signature)) {
                return Err(CeremonyError::Proof(who(), name.clone()));
            }
        }
        if organisation.validator && self.address.parse::<senim_network::Multiaddr>().is_err() {
            return Err(unfit(format!("`{}` is no address", self.address)));
        }
        Ok(keys)
    }
}
