//! The settlement contract's events.

use crate::names::Names;
use crate::words::{counted, percent, short, tenge, tenge_total, time};
use senim_abi::settlement::SettlementEvent;

/// What an event says, in a line.
pub fn line(event: &SettlementEvent, names: &Names) -> String {
    use SettlementEvent as E;
    match event {
        E::AgreementSet {
            programme,
            provider,
            payer,
            until,
            ceiling,
            vat_basis_points,
            kind,
            ..
        } => format!(
            "{} has a contract with {} under programme {programme} until {}: at most {}, VAT {}, {kind:?}",
            names.of_org(*payer),
            names.of_org(*provider),
            time(*until),
            tenge(*ceiling),
            percent(*vat_basis_points)
        ),
        E::DetailsProposed {
            payer,
            provider,
            details,
        } => format!(
            "{} proposes its details {} to {}",
            names.of_org(*provider),
            short(details),
            names.of_org(*payer)
        ),
        E::DetailsApproved {
            provider,
            details,
            confirmed,
            ..
        } => format!(
            "details {} of {} were approved{}",
            short(details),
            names.of_org(*provider),
            if *confirmed {
                " twice: they hold now"
            } else {
                ", once more is needed"
            }
        ),
        E::ActMade {
            act,
            lines,
            reversed_lines,
            sum,
            payable,
            corrects,
            ..
        } => format!(
            "act {act} was made: {} of {}, {reversed_lines} taken off, {} to be paid{}",
            counted(*lines as usize, "line"),
            tenge_total(*sum),
            tenge(*payable),
            if corrects.is_some() {
                "; it takes the place of a disputed one"
            } else {
                ""
            }
        ),
        E::ActSigned { act, .. } => format!("act {act} is signed by the provider"),
        E::ActAccepted { act, despite, .. } => format!(
            "act {act} is accepted by the payer{}",
            despite.as_ref().map_or(String::new(), |despite| format!(
                " in spite of {}, for reasons {}",
                counted(despite.days.len(), "day"),
                short(despite.statement)
            ))
        ),
        E::ActDisputed {
            act, reason, lines, ..
        } => format!(
            "act {act} is disputed ({reason:?}), {}",
            match lines.len() {
                0 => "as a whole".to_owned(),
                count => counted(count, "line"),
            }
        ),
        E::DisputeWithdrawn { act } => format!("the dispute of act {act} is taken back"),
        E::PaymentOrdered {
            act,
            attempt,
            amount,
            file,
            ..
        } => format!(
            "act {act} is in payment file {}: {}, attempt {attempt}",
            short(file),
            tenge(*amount)
        ),
        E::PaymentFailed {
            act,
            attempt,
            reason,
            ..
        } => format!(
            "the bank refused attempt {attempt} to pay act {act}: {}",
            reason_text(reason)
        ),
        E::PaymentRefusedLate {
            act,
            attempt,
            reason,
            ..
        } => format!(
            "the bank refused attempt {attempt} to pay act {act} after it was paid: {}; the money is expected back",
            reason_text(reason)
        ),
        E::PaymentReturned {
            act,
            attempt,
            amount,
            owed_again,
            reason,
            ..
        } => format!(
            "{} of attempt {attempt} to pay act {act} came back: {}{}",
            tenge(*amount),
            reason_text(reason),
            if *owed_again {
                "; it is owed again"
            } else {
                ""
            }
        ),
        E::ActPruned { act } => format!("act {act} is forgotten"),
        E::ActPaid { act, amount, .. } => {
            format!("act {act} is paid: {} by this", tenge(*amount))
        }
    }
}

/// A bank's reason code.
pub fn reason_text(reason: &[u8; 4]) -> String {
    match std::str::from_utf8(reason) {
        Ok(code) if code.bytes().all(|byte| byte.is_ascii_alphanumeric()) => code.to_owned(),
        _ => "no reason given".to_owned(),
    }
}
