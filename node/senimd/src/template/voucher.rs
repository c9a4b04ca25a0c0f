//! Programmes of vouchers, such as school meals.

use super::{DAY_MS, TemplateError, until};
use senim_abi::civil::UtcOffsets;
use senim_abi::policy::measure::{Parameters, Rules};
use senim_abi::treasury::{BudgetId, ProgrammeId, msg as treasury};
use senim_abi::voucher::{Execute, OfflineBounds, Policy, Service, Settings, Window};
use senim_abi::{MEASURE, VOUCHER};
use senim_types::{OrgId, Tiyn, codec};
use serde::Deserialize;

/// A programme with its budget line, its rules, and the places that are served.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoucherProgramme {
    id: u32,
    budget: u32,
    payer: u32,
    allotted_tiyn: u64,
    /// Who lists persons and who asks them; both or neither.
    office: Option<u32>,
    portal: Option<u32>,
    #[serde(default = "Days::of_consent")]
    consent: Days,
    activation: Option<Days>,
    exclusion: Option<u32>,
    /// Whether days are checked against attendance before an act is accepted.
    #[serde(default)]
    attendance: bool,
    dispute_days: u64,
    proof_seconds_max: u64,
    /// What a terminal may do without connection; left out: nothing.
    offline: Option<Offline>,
    /// The parameters of the policy `measure`: the rules of each arm.
    rules: Vec<Rules>,
    service: Vec<PlaceService>,
}

/// Bounds of a terminal without connection.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Offline {
    uses_max: u32,
    hours_max: u64,
}

impl Offline {
    const fn bounds(self) -> OfflineBounds {
        OfflineBounds {
            uses_max: self.uses_max,
            ms_max: self.hours_max * 60 * 60 * 1000,
        }
    }
}

/// A window of time for an answer.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Days {
    remind_days: u64,
    lapse_days: u64,
}

impl Days {
    const fn of_consent() -> Days {
        Days {
            remind_days: 7,
            lapse_days: 30,
        }
    }

    const fn window(self) -> Window {
        Window {
            remind_ms: self.remind_days * DAY_MS,
            lapse_ms: self.lapse_days * DAY_MS,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceService {
    place: u32,
    provider: u32,
    terminals: u32,
    region: u32,
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
        let settings = Settings {
            open: true,
            budget: BudgetId(self.budget),
            office: self.office.map(OrgId),
            portal: self.portal.map(OrgId),
            consent: self.consent.window(),
            activation: self.activation.map(Days::window),
            exclusion: self.exclusion,
            arms: None,
            dispute_ms: self.dispute_days * DAY_MS,
            proof_ms_max: self.proof_seconds_max * 1000,
            offsets: offsets.clone(),
            offline: self.offline.map(Offline::bounds),
            attendance: self.attendance,
        };
        let policy = Policy {
            contract: MEASURE,
            parameters: codec::encode(&Parameters(self.rules.clone())),
        };
        let mut calls = vec![
            Execute::SetProgramme {
                programme,
                settings,
            },
            Execute::SetPolicy { programme, policy },
        ];
        for served in &self.service {
            let service = Service {
                provider: OrgId(served.provider),
                terminals: OrgId(served.terminals),
                region: served.region,
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
