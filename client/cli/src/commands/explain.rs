//! Why something about a voucher or a prescription was decided as it was.

pub mod medicine;

use crate::answer::Answer;
use crate::args::Global;
use crate::context::session;
use crate::failure::{Failure, Result};
use crate::history;
use crate::policies::{self, Runner};
use crate::session::Session;
use crate::words::{short, tenge};
use clap::Args;
use senim_abi::policy::{Decision, Denial, Facts, Question, Terms};
use senim_abi::treasury::ProgrammeId;
use senim_abi::voucher::msg::Refused;
use senim_abi::voucher::{VoucherEvent, VoucherId};
use senim_types::{Code, Hash, Receipt, Status};
use serde_json::{Value, json};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The transaction, by its hash.
    pub transaction: Hash,
}

/// Something that a policy decided, as a receipt keeps it.
pub struct Decided {
    /// Which voucher; zeros for one that was not issued.
    pub voucher: VoucherId,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// Version of its rules.
    pub version: u32,
    /// Which use of the voucher it was, if it was one that was paid.
    pub number: Option<u32>,
    /// What was judged.
    pub facts: Facts,
    /// What was decided; the terms of anything but a use are zeros.
    pub decision: Decision,
}

/// Everything that policies decided in a transaction.
pub fn decided(receipt: &Receipt) -> Vec<Decided> {
    if let Status::Refused { code, detail } = &receipt.status {
        return refused(*code, detail).into_iter().collect();
    }
    history::voucher_events(receipt)
        .filter_map(|event| of_event(&event))
        .collect()
}

/// What a refusal's detail keeps, where it is a policy's.
pub fn refused(code: Code, detail: &[u8]) -> Option<Decided> {
    let refused: Refused = borsh::from_slice(detail).ok()?;
    Some(Decided {
        voucher: refused.voucher,
        programme: refused.programme,
        version: refused.version,
        number: None,
        decision: Err(refused.denial(code)),
        facts: refused.facts?,
    })
}

/// What an event of the voucher contract keeps of a decision.
pub fn of_event(event: &VoucherEvent) -> Option<Decided> {
    use VoucherEvent as E;
    let (voucher, programme, version, facts, terms) = match event {
        E::Redeemed {
            voucher,
            programme,
            version,
            facts,
            terms,
            ..
        } => (voucher, programme, version, facts, *terms),
        E::Issued {
            voucher,
            programme,
            version,
            facts,
        }
        | E::Activated {
            voucher,
            programme,
            version,
            facts,
        }
        | E::Delegated {
            voucher,
            programme,
            version,
            facts: Some(facts),
        }
        | E::ToppedUp {
            voucher,
            programme,
            version,
            facts,
            ..
        } => (voucher, programme, version, facts, Terms::default()),
        E::Exceeded {
            programme,
            version,
            rule,
            facts: Some(facts),
            excess,
        } => {
            return Some(Decided {
                voucher: excess.voucher,
                programme: *programme,
                version: *version,
                number: None,
                facts: facts.clone(),
                decision: Err(Denial {
                    code: excess.code,
                    rule: *rule,
                }),
            });
        }
        _ => return None,
    };
    let number = match event {
        E::Redeemed { number, .. } => Some(*number),
        _ => None,
    };
    Some(Decided {
        voucher: *voucher,
        programme: *programme,
        version: *version,
        number,
        facts: facts.clone(),
        decision: Ok(terms),
    })
}

/// Decides again, here, by the pinned rules: asks a voucher's policy, and applies a medicine programme's rules.
pub fn run(args: &Explain, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let done = session.receipt(&args.transaction, false)?;
    let decided = decided(&done.receipt);
    let judged = medicine::judged(&done.receipt);
    if decided.is_empty() && judged.is_empty() {
        return Err(Failure::with(
            Code::NOT_FOUND,
            "No rule of a programme decided anything in this transaction: it is about no voucher and no prescription, or \
             was refused by the ledger itself before a rule was asked. `senim receipt` shows its code.",
        ));
    }
    let mut answer = Answer::new(Value::Null);
    let mut explained = Vec::new();
    let vouchers = decided.iter().map(|decided| again(&session, decided));
    let prescriptions = judged
        .iter()
        .map(|judged| medicine::again(&session, judged));
    for one in vouchers.chain(prescriptions) {
        let (lines, json) = one?;
        answer = answer.lines(lines);
        explained.push(json);
    }
    answer.json = json!({
        "transaction": args.transaction, "height": done.receipt.height, "decided": explained,
    });
    Ok(answer.line(format!(
        "  proof holds: receipt {} of block {}; the rules were applied here",
        done.receipt.index, done.receipt.height
    )))
}

/// What nobody should ever see.
fn otherwise() -> Failure {
    Failure::with(
        Code::ANSWER_UNUSABLE,
        "The pinned rules decide otherwise than the receipt says. Keep the receipt's proof as evidence.",
    )
}

fn again(session: &Session, decided: &Decided) -> Result<(Vec<String>, Value)> {
    let policy = policies::pinned(session, decided.programme, decided.version)?;
    let runner = Runner::of_contract(session, policy.contract)?;
    let description = runner.describe()?;
    let explanation = runner.explain(Question {
        parameters: policy.parameters,
        facts: decided.facts.clone(),
    })?;
    if explanation.decision != decided.decision {
        return Err(otherwise());
    }
    let outcome = match decided.decision {
        Ok(terms) if terms == Terms::default() => "yes".to_owned(),
        Ok(terms) => format!(
            "yes: the programme pays {}, the citizen bears {}",
            tenge(terms.pays),
            tenge(terms.bears)
        ),
        Err(denial) => format!("no, by rule {}: {}", denial.rule, denial.code),
    };
    let mut lines = vec![format!(
        "Voucher {}, programme {}, rules of version {}, policy {} ({}): {outcome}",
        short(decided.voucher),
        decided.programme,
        decided.version,
        policy.contract,
        description.name
    )];
    let steps = explanation.steps.iter();
    lines.extend(steps.map(|step| policies::step_line(&description, step)));
    let json = json!({
        "voucher": decided.voucher, "programme": decided.programme, "version": decided.version,
        "policy": policy.contract, "name": description.name, "facts": decided.facts,
        "steps": explanation.steps, "decision": explanation.decision,
    });
    Ok((lines, json))
}
