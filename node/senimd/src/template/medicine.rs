//! Programmes of medicines.

use super::{DAY_MS, TemplateError, parse, until};
use senim_abi::PRESCRIPTION;
use senim_abi::card as cards;
use senim_abi::civil::UtcOffsets;
use senim_abi::marking::InnCode;
use senim_abi::prescription::msg as prescription;
use senim_abi::prescription::programme::{
    MedicineRule, PrescriberId, PrescriberRight, ProgrammeId, ProofKinds, Provider, Rules,
    Settlement, Share,
};
use senim_abi::treasury::{BudgetId, msg as treasury};
use senim_types::{OrgId, Tiyn};
use serde::Deserialize;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

/// A programme with its budget line, contracts and medicines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeRules {
    id: u32,
    budget: u32,
    payer: u32,
    allotted_tiyn: u64,
    share_basis_points: u16,
    proofs: Vec<String>,
    /// Categories of cards that it serves, 0 to 31.
    #[serde(default)]
    card_categories: Vec<u8>,
    validity_days_max: u64,
    lease_minutes: u64,
    hold_hours_max: u64,
    proof_seconds_max: u64,
    reversal_days: u64,
    dispute_days: u64,
    provider: Vec<ProviderContract>,
    prescriber: Vec<PrescriberContract>,
    medicine: Vec<Medicine>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderContract {
    org: u32,
    settlement: Settlement,
    until: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PrescriberContract {
    org: u32,
    categories: Vec<u8>,
    until: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Medicine {
    inn: String,
    units_max: u32,
    reference_tiyn: u64,
    #[serde(default)]
    category: u8,
}

impl ProgrammeRules {
    /// Its budget line, with money.
    pub fn budget(&self, offsets: &UtcOffsets) -> [treasury::Execute; 2] {
        super::budget(
            (BudgetId(self.budget), OrgId(self.payer)),
            (ProgrammeId(self.id), Tiyn(self.allotted_tiyn)),
            PRESCRIPTION,
            offsets,
        )
    }

    /// Which cards it serves, where it serves any.
    pub fn cards(&self) -> Option<cards::Execute> {
        let bits = self.card_categories.iter().map(|bit| 1u32 << (bit % 32));
        let categories = bits.fold(0, |all, bit| all | bit);
        (categories != 0).then_some(cards::Execute::SetProgramme {
            programme: ProgrammeId(self.id),
            categories,
        })
    }

    /// The calls that set it up.
    pub fn calls(&self) -> Result<Vec<prescription::Execute>, TemplateError> {
        let programme = ProgrammeId(self.id);
        let rules = Rules {
            share: Share::BasisPoints(self.share_basis_points),
            proofs: proofs(&self.proofs)?,
            listed_only: true,
            movement_may_lag: true,
            validity_ms_max: self.validity_days_max * DAY_MS,
            lease_ms: self.lease_minutes * MINUTE_MS,
            hold_ms_max: self.hold_hours_max * HOUR_MS,
            proof_ms_max: self.proof_seconds_max * 1000,
            reversal_ms: self.reversal_days * DAY_MS,
            dispute_ms: self.dispute_days * DAY_MS,
        };
        let mut calls = vec![prescription::Execute::SetProgramme {
            programme,
            open: true,
            budget: BudgetId(self.budget),
            rules,
        }];
        for provider in &self.provider {
            let contract = Provider {
                settlement: provider.settlement,
                until: until(&provider.until)?,
            };
            let org = OrgId(provider.org);
            calls.push(prescription::Execute::SetProvider {
                programme,
                org,
                provider: Some(contract),
            });
        }
        for prescriber in &self.prescriber {
            let categories = prescriber
                .categories
                .iter()
                .fold(0, |all, bit| all | 1u32 << (bit % 32));
            calls.push(prescription::Execute::SetPrescriber {
                programme,
                org: OrgId(prescriber.org),
                prescriber: PrescriberId::ANY,
                right: Some(PrescriberRight {
                    categories,
                    until: until(&prescriber.until)?,
                }),
            });
        }
        for medicine in &self.medicine {
            let rule = MedicineRule {
                category: medicine.category,
                units_max: medicine.units_max,
                reference_price: Tiyn(medicine.reference_tiyn),
            };
            let inn = parse::<InnCode>("inn", &medicine.inn)?;
            calls.push(prescription::Execute::SetMedicine {
                programme,
                inn,
                rule: Some(rule),
            });
        }
        Ok(calls)
    }
}

fn proofs(names: &[String]) -> Result<ProofKinds, TemplateError> {
    names
        .iter()
        .try_fold(ProofKinds(0), |kinds, name| match name.as_str() {
            "live_qr" => Ok(kinds | ProofKinds::LIVE_QR),
            "card" => Ok(kinds | ProofKinds::CARD),
            "paper" => Ok(kinds | ProofKinds::PAPER),
            other => Err(TemplateError::Value {
                what: "proof",
                value: other.to_owned(),
            }),
        })
}
