//! Why an order is withdrawn: the codes of `MedicationRequest.statusReason`.

use crate::accounting::Marks;
use crate::cursor::Element;
use crate::order::WithdrawalReason;
use crate::refusal::FhirRefusal;

/// The English service's reasons.
const NHS: &str = "https://fhir.nhs.uk/CodeSystem/medicationrequest-status-reason";
/// HL7's reasons, an example of R4.
const HL7: &str = "http://terminology.hl7.org/CodeSystem/medicationrequest-status-reason";
/// The reasons of the messages written for this project.
const SENIM: &str = "https://example.org/senim/CodeSystem/status-reason";

/// The first reason whose code is known here. It decides nothing of what is withdrawn, so an unknown one refuses
/// nothing: it is sealed with the rest.
pub(crate) fn withdrawal(
    request: &Element,
    marks: &mut Marks,
) -> Result<Option<WithdrawalReason>, FhirRefusal> {
    if let Some(concept) = request.get("statusReason") {
        for coding in concept.each("coding")? {
            let (Some(system), Some(code)) = (coding.get("system"), coding.get("code")) else {
                continue;
            };
            if let Some(reason) = known(system.text()?, code.text()?) {
                marks.on_ledger(&system, "reason");
                marks.on_ledger(&code, "reason");
                return Ok(Some(reason));
            }
        }
    }
    // FHIR: the statement was never to have been made.
    let status = request.require("status")?;
    Ok((status.text()? == "entered-in-error").then_some(WithdrawalReason::PrescribingError))
}

fn known(system: &str, code: &str) -> Option<WithdrawalReason> {
    use WithdrawalReason::{HolderRequest, Other, PrescribingError, TreatmentChanged};
    Some(match (system, code) {
        (NHS | SENIM, "0001") => PrescribingError,
        // A contra-indication, another regime, clinical grounds.
        (NHS | SENIM, "0002" | "0003" | "0004") => TreatmentChanged,
        (NHS | SENIM, "0005") => HolderRequest,
        // The pharmacist's request, death, another practice.
        (NHS | SENIM, "0006" | "0007" | "0008" | "0009") => Other,
        (
            HL7,
            "altchoice" | "drughigh" | "labint" | "preg" | "salg" | "sddi" | "sintol" | "washout",
        ) => TreatmentChanged,
        (HL7, "clarif" | "hospadm" | "non-avail" | "sdupther" | "surg") => Other,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_what_their_systems_say_and_no_other_code_means_anything() {
        for (system, code, meaning) in [
            (NHS, "0001", Some(WithdrawalReason::PrescribingError)),
            (NHS, "0002", Some(WithdrawalReason::TreatmentChanged)),
            (NHS, "0005", Some(WithdrawalReason::HolderRequest)),
            (NHS, "0007", Some(WithdrawalReason::Other)),
            (HL7, "sintol", Some(WithdrawalReason::TreatmentChanged)),
            (HL7, "surg", Some(WithdrawalReason::Other)),
            (HL7, "0001", None),
            (NHS, "0010", None),
            ("", "0001", None),
        ] {
            assert_eq!(known(system, code), meaning, "{system} {code}");
        }
    }
}
