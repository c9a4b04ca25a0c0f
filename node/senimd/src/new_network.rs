//! What a network's folder is made from.

use crate::folder::{FolderError, at, code_path};
use crate::machine::Machines;
use crate::template::{Template, TemplateError};
use senim_abi::ids::genesis_contracts;
use senim_types::TimeMs;
use std::fs;
use std::path::Path;

/// What a new network is made of.
#[derive(Clone, Copy, Debug)]
pub struct NewNetwork<'a> {
    /// The template.
    pub template_path: &'a Path,
    /// The folder with the contracts' code.
    pub contracts_path: &'a Path,
    /// Time of the genesis.
    pub time: TimeMs,
    /// At most so many of the template's validators run.
    pub validators_max: usize,
    /// Where the validators' machines are reached; none if all run in one process.
    pub machines: Option<&'a Machines>,
}

impl NewNetwork<'_> {
    /// Reads the template and makes sure that there is code for every contract; gives the number of
    /// validators. Whoever removes a network to make this one in its place asks first.
    pub fn check(&self) -> Result<usize, FolderError> {
        for (_, name) in genesis_contracts() {
            let path = code_path(self.contracts_path, name);
            at(&path, fs::File::open(&path))?;
        }
        let template = self.template()?;
        let organisations = template.organisations().iter();
        Ok(organisations
            .filter(|organisation| organisation.validator)
            .count())
    }

    pub(crate) fn template(&self) -> Result<Template, FolderError> {
        let text = at(self.template_path, fs::read_to_string(self.template_path))?;
        let mut template = Template::parse(&text).map_err(|error| self.template_error(error))?;
        template.limit_validators(self.validators_max);
        if let Some(machines) = self.machines {
            template.set_addresses(|place, _| machines.address(place));
        }
        Ok(template)
    }

    pub(crate) fn template_error(&self, error: TemplateError) -> FolderError {
        FolderError::Template {
            path: self.template_path.to_owned(),
            error,
        }
    }
}
