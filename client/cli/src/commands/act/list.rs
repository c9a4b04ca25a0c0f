//! What acts say, for people.

use super::proven;
use crate::answer::Answer;
use crate::args::Global;
use crate::context::session;
use crate::describe::reason_text;
use crate::failure::Result;
use crate::session::Session;
use crate::words::{counted, percent, short, tenge, tenge_total, time};
use clap::Args;
use senim_abi::SETTLEMENT;
use senim_abi::settlement::act::end_to_end_id;
use senim_abi::settlement::msg::ActsAnswer;
use senim_abi::settlement::record::BankAnswer;
use senim_abi::settlement::{Act, ActId, ActState, Payment, ProgrammeId, Query};
use senim_types::{OrgId, Tiyn};
use serde_json::{Value, json};

/// Arguments of `act list`.
#[derive(Debug, Args)]
pub struct List {
    /// Under which programme.
    #[arg(long)]
    pub programme: u32,
    /// Of this provider only.
    #[arg(long)]
    pub provider: Option<u32>,
}

/// Lists acts.
pub fn run(args: &List, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let mut acts = all(&session, ProgrammeId(args.programme))?;
    acts.retain(|act| {
        args.provider
            .is_none_or(|provider| act.body.act.provider == OrgId(provider))
    });
    let lines: Vec<String> = acts
        .iter()
        .map(|act| {
            format!(
                "{:<16} {:<20} {:>16} {:>18} to be paid  {}",
                act.body.act.to_string(),
                state_word(act.state),
                counted(act.body.lines as usize, "line"),
                tenge(act.body.payable),
                session.names.of_org(act.body.act.provider)
            )
        })
        .collect();
    let count = counted(acts.len(), "act");
    let json = json!({ "acts": acts.iter().map(act_json).collect::<Vec<_>>() });
    Ok(Answer::new(json).lines(lines).line(count))
}

/// All acts of a programme, as the node says.
pub fn all(session: &Session, programme: ProgrammeId) -> Result<Vec<Act>> {
    let mut acts: Vec<Act> = Vec::new();
    loop {
        let question = Query::Acts {
            programme,
            after: acts.last().map(|act| act.body.act),
        };
        let page: ActsAnswer = session.query(SETTLEMENT, &question)?;
        let is_last = page.len() < Query::ACTS_MAX;
        acts.extend(page);
        if is_last {
            return Ok(acts);
        }
    }
}

/// Shows one, proven.
pub fn show(id: ActId, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let (act, header) = proven(&session, &id)?;
    let mut json = act_json(&act);
    json["height"] = json!(header.height);
    Ok(Answer::new(json)
        .lines(lines(&act, &session))
        .line(format!("  proof holds: after block {}", header.height)))
}

fn act_json(act: &Act) -> Value {
    json!({
        "act": act.body.act.to_string(), "hash": act.body.hash(), "state": act.state,
        "payable_tiyn": act.body.payable, "record": act,
    })
}

/// How an act stands, in words.
pub fn state_word(state: ActState) -> &'static str {
    match state {
        ActState::Generated => "made",
        ActState::SignedByProvider => "signed by provider",
        ActState::Accepted => "accepted",
        ActState::PaymentPending => "payment pending",
        ActState::Paid => "paid",
        ActState::Disputed => "disputed",
        ActState::Corrected => "corrected",
        ActState::PaymentFailed => "payment failed",
        ActState::Returned => "money came back",
    }
}

/// What a bank said of an act's latest payment.
pub fn answer_text(state: ActState, payment: &Payment) -> String {
    let reason = |answer: &BankAnswer| reason_text(&answer.reason);
    match (state, &payment.answer, &payment.refused_late) {
        (_, None, _) => format!("the bank is silent since {}", time(payment.ordered_at)),
        (ActState::Paid, _, Some(refused)) => {
            format!(
                "paid, and refused later ({}): the money is expected back",
                reason(refused)
            )
        }
        (ActState::Paid, ..) => "paid".to_owned(),
        (ActState::Returned, Some(answer), _) => format!("the money came back, {}", reason(answer)),
        (_, Some(answer), _) => format!("refused, {}", reason(answer)),
    }
}

fn lines(act: &Act, session: &Session) -> Vec<String> {
    let (body, names) = (&act.body, &session.names);
    let mut lines = vec![
        format!("Act {}: {}", body.act, state_word(act.state)),
        format!(
            "  {} for {}, {:?}",
            names.of_org(body.act.provider),
            names.of_org(body.payer),
            body.kind
        ),
        format!(
            "  {}, {}; taken off: {}, {}",
            counted(body.lines as usize, "line"),
            tenge_total(body.sum),
            counted(body.reversed_lines as usize, "line"),
            tenge_total(body.reversed)
        ),
        format!(
            "  VAT in it {} less {} ({} when it was cut)",
            tenge_total(body.vat),
            tenge_total(body.vat_reversed),
            percent(body.vat_basis_points)
        ),
    ];
    if body.corrected.0 > 0 {
        lines.push(format!(
            "  corrected by {}, of it {}",
            tenge_total(body.corrected),
            counted(body.corrections.len(), "line of this act")
        ));
    }
    if body.set_off.0 > 0 {
        lines.push(format!(
            "  {} set off against what was taken off after it had been paid",
            tenge_total(body.set_off)
        ));
    }
    if body.made_good.0 > 0 {
        lines.push(format!(
            "  {} made good out of another month",
            tenge_total(body.made_good)
        ));
    }
    if body.paid.0 > 0 {
        lines.push(format!("  {} paid before", tenge_total(body.paid)));
    }
    if let Some(original) = body.corrects {
        lines.push(format!("  takes the place of {}", short(original)));
    }
    lines.push(format!(
        "  to be paid {}",
        match body.payable {
            Tiyn::ZERO => "nothing".to_owned(),
            amount => tenge(amount),
        }
    ));
    for (who, signed) in [("provider", act.signed), ("payer", act.accepted)] {
        if let Some(signed) = signed {
            lines.push(format!("  signed by the {who}, {}", time(signed.at)));
        }
    }
    if let Some(despite) = &act.despite {
        lines.push(format!(
            "  accepted in spite of {}: reasons {}",
            counted(despite.days.len(), "day"),
            short(despite.statement)
        ));
    }
    if let Some(dispute) = &act.dispute {
        lines.push(format!(
            "  dispute: {:?}, {}",
            dispute.reason,
            time(dispute.by.at)
        ));
    }
    if let Some(payment) = act.payment {
        let id = end_to_end_id(&body.hash(), payment.attempt);
        let answer = answer_text(act.state, &payment);
        lines.push(format!("  payment {id}: {answer}"));
    }
    lines.push(format!("  hash {}", body.hash()));
    lines
}
