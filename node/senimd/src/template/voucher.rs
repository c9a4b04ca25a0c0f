//! Programmes of vouchers, such as school meals.

use super::{DAY_MS, TemplateError, until};
use senim_abi::VOUCHER;
use senim_abi::civil::UtcOffsets;
use senim_abi::treasury::{BudgetId, ProgrammeId, msg as treasury};
use senim_abi::voucher::{Execute, Rules, Service};
use senim_types::{OrgId, Tiyn};
use serde::Deserialize;

/// A programme with its budget line and the places that are served.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoucherProgramme {
    id: u32,
    budget: u32,
    payer: u32,
    allotted_tiyn: u64,
    price_max_tiyn: u64,
    uses_per_day_max: u8,
    validity_days_max: u64,
    dispute_days: u64,
    service: Vec<PlaceService>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceService {
    place: u32,
    provider: u32,
    terminals: u32,
    until: String,
}

impl VoucherProgramme {
    /// Its budget line, with money.
    pub fn budget(&self, offsets: &UtcOffsets) -> [treasury::Execute; 2] {
        super::budget(
            (BudgetId(self.budget), OrgId(self.payer)),
            (ProgrammeId(self.id), Tiyn(self.allotted_tiyn)),
            VOUCHER,
            offsets,
        )
    }

    /// The calls that set it up.
    pub fn calls(&self, offsets: &UtcOffsets) -> Result<Vec<Execute>, TemplateError> {
        let programme = ProgrammeId(self.id);
        let rules = Rules {
            open: true,
            budget: BudgetId(self.budget),
            price_max: Tiyn(self.price_max_tiyn),
            uses_per_day_max: self.uses_per_day_max,
            validity_ms_max: self.validity_days_max * DAY_MS,
            dispute_ms: self.dispute_days * DAY_MS,
            offsets: offsets.clone(),
        };
        let mut calls = vec![Execute::SetProgramme { programme, rules }];
        for served in &self.service {
            let service = Service {
                provider: OrgId(served.provider),
                terminals: OrgId(served.terminals),
                until: until(&served.until)?,
            };
            calls.push(Execute::SetService {
                programme,
                place: OrgId(served.place),
                service: Some(service),
            });
        }
        Ok(calls)
    }
}
