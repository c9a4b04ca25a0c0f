//! A product of the catalogue, as the regulator's command line says it.

use super::gtin;
use crate::words::parse_tenge;
use clap::Args;
use senim_abi::marking::msg::Execute;
use senim_abi::marking::{self, Form, Gtin, InnCode, Strength, Unit};
use senim_types::Tiyn;
use serde::de::DeserializeOwned;

/// Arguments of `pack product`.
#[derive(Debug, Args)]
pub struct Product {
    /// Its number.
    #[arg(long, value_parser = gtin)]
    pub gtin: Gtin,
    /// Its trade name.
    #[arg(long)]
    pub name: String,
    /// The active substance: its ATC code of the fifth level, or the regulator's own.
    #[arg(long, value_parser = inn)]
    pub inn: InnCode,
    /// The strength of a unit in the catalogue's spelling, such as 500mg.
    #[arg(long, value_parser = strength)]
    pub strength: Strength,
    /// The form, such as tablet, capsule, oral_liquid.
    #[arg(long, value_parser = word::<Form>)]
    pub form: Form,
    /// What is counted, such as tablet, capsule, millilitre.
    #[arg(long, value_parser = word::<Unit>)]
    pub unit: Unit,
    /// Units in a full pack.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub units_per_pack: u32,
    /// Highest price of a full pack, in tenge.
    #[arg(long, value_parser = parse_tenge)]
    pub price_cap: Tiyn,
    /// Takes it off the market: what is there may be used up.
    #[arg(long)]
    pub not_marketed: bool,
    /// The regulator's device key, by name or file.
    #[arg(long, default_value = "regulator")]
    pub key: String,
}

fn inn(text: &str) -> Result<InnCode, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is no code of a substance: 1 to 8 characters"))
}

fn strength(text: &str) -> Result<Strength, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is no strength: 1 to 24 characters without spaces"))
}

/// A word of the ledger's JSON.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

impl Product {
    /// What the catalogue is told.
    pub fn execute(&self) -> Execute {
        Execute::SetProduct {
            gtin: self.gtin,
            product: marking::Product {
                name: self.name.clone(),
                inn: self.inn,
                strength: self.strength,
                form: self.form,
                unit: self.unit,
                units_per_pack: self.units_per_pack,
                price_cap: self.price_cap,
                marketed: !self.not_marketed,
            },
        }
    }
}
