//! The act as people print it: form Р-1, with its lines rebuilt from the chain's postings.

use super::{lines, proven};
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::details;
use crate::context::session;
use crate::failure::{Failure, Result};
use crate::files;
use crate::session::Session;
use crate::words::{counted, date_in, tenge_total};
use clap::Args;
use lines::{Correction, Line};
use maud::{DOCTYPE, Markup, html};
use senim_abi::SETTLEMENT;
use senim_abi::settlement::record::{AgreementRecord, DetailsRecord, agreement_key, details_key};
use senim_abi::settlement::{Act, ActId, Agreement};
use senim_abi::treasury::vat_share;
use senim_bank::Details;
use senim_types::text::KeyKind;
use senim_types::{Code, Hash, Tiyn, TiynTotal};
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `act document`.
#[derive(Debug, Args)]
pub struct Document {
    /// Which.
    #[arg(value_parser = super::parse_act)]
    pub act: ActId,
    /// The provider's details: the file whose hash is confirmed on the ledger.
    #[arg(long)]
    pub provider_details: PathBuf,
    /// The payer's own details, in a file of the same form.
    #[arg(long)]
    pub payer_details: PathBuf,
    /// Number and date of the contract, as its document has them.
    #[arg(long)]
    pub contract: String,
    /// What the work is called.
    #[arg(long, default_value = "Услуга по программе")]
    pub work: String,
    /// Where to write the page.
    #[arg(long)]
    pub out: PathBuf,
}

/// Everything that the page says.
struct Page<'a> {
    act: &'a Act,
    agreement: &'a Agreement,
    provider: &'a Details,
    payer: &'a Details,
    contract: &'a str,
    work: &'a str,
    lines: &'a [Line],
    corrections: &'a [Correction],
}

/// Writes the page of an act. Refused unless the lines reproduce the hash chain that both have signed.
pub fn run(args: &Document, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let (act, header) = proven(&session, &args.act)?;
    let agreement = agreement(&session, &act)?;
    if Hash::of(args.contract.as_bytes()) != act.body.agreement {
        return Err(Failure::with(
            Code::AGREEMENT_UNKNOWN,
            "The act is under another contract than the document of --contract: their hashes differ.",
        ));
    }
    let provider = details::read(&args.provider_details)?;
    is_confirmed(&session, &act, &provider)?;
    let payer = details::read(&args.payer_details)?;
    let lines = lines::of_act(&session, &act.body, &agreement.offsets)?;
    let corrections = lines::corrections(&session, &act.body)?;
    let page = Page {
        act: &act,
        agreement: &agreement,
        provider: &provider,
        payer: &payer,
        contract: &args.contract,
        work: &args.work,
        lines: &lines,
        corrections: &corrections,
    };
    files::write(&args.out, page.html().into_string().as_bytes())?;
    let transfers: Vec<_> = lines
        .iter()
        .map(|line| {
            json!({
                "transfer": line.line.transfer.id, "reference": line.line.reference,
                "amount_tiyn": line.line.amount, "takes_off": line.takes_off(),
                "vat_basis_points": line.line.vat_basis_points, "at": line.line.at,
            })
        })
        .collect();
    let json = json!({
        "act": args.act.to_string(), "hash": act.body.hash(), "chain": act.body.chain,
        "lines": transfers, "file": args.out, "height": header.height,
    });
    Ok(Answer::new(json)
        .line(format!(
            "Act {}: {} of the chain's postings reproduce what was signed",
            args.act,
            counted(lines.len(), "line")
        ))
        .line(format!("  written to {}", args.out.display()))
        .line(format!("  proof holds: after block {}", header.height)))
}

/// The contract that the act is of.
pub fn agreement(session: &Session, act: &Act) -> Result<Agreement> {
    let id = act.body.act;
    let key = agreement_key(id.programme, id.provider);
    let record = session.record::<AgreementRecord>(&key, SETTLEMENT)?;
    let record = record
        .value
        .ok_or_else(|| Failure::new(Code::AGREEMENT_UNKNOWN))?;
    Ok(record.into_current())
}

/// The details are those that the payment was ordered with, or that hold now.
fn is_confirmed(session: &Session, act: &Act, provider: &Details) -> Result<()> {
    let key = details_key(act.body.payer, act.body.act.provider);
    let record = session.record::<DetailsRecord>(&key, SETTLEMENT)?;
    let confirmed = record
        .value
        .and_then(|known| known.into_current().confirmed);
    let ordered = act.payment.map(|payment| payment.details);
    if [confirmed, ordered].contains(&Some(provider.hash())) {
        Ok(())
    } else {
        Err(Failure::new(Code::DETAILS_UNCONFIRMED))
    }
}

impl Page<'_> {
    /// Form Р-1: order of the minister of finance No 562 of 2012-12-20, annex 50.
    fn html(&self) -> Markup {
        let body = &self.act.body;
        html! {
            (DOCTYPE)
            html lang="ru" {
                head {
                    meta charset="utf-8";
                    title { "Акт выполненных работ " (body.act) }
                    style { (STYLE) }
                }
                body {
                    p.form { "Приложение 50 к приказу Министра финансов Республики Казахстан от 20 декабря 2012 года № 562" br; "Форма Р-1" }
                    (self.parties())
                    h1 { "Акт выполненных работ (оказанных услуг)" }
                    p { "Номер документа: " b { (body.act) } ", дата составления: " b { (date_in(body.cut_at, &self.agreement.offsets)) } }
                    @if let Some(original) = body.corrects {
                        p { "Исправляет акт с хешем " code { (original) } }
                    }
                    (self.table())
                    p { "Сведения об использовании запасов, полученных от заказчика: нет" }
                    p { "Приложение: перечень строк воспроизводит цепь хешей " code { (body.chain) } }
                    (self.signatures())
                    p.hash { "Хеш акта, подписанный сторонами: " code { (body.hash()) } }
                }
            }
        }
    }

    fn parties(&self) -> Markup {
        let party = |word: &str, details: &Details| {
            html! {
                tr {
                    td { (word) }
                    td { (details.name) ", " (details.address) }
                    td { "ИИН/БИН " (details.bin) }
                }
            }
        };
        html! {
            table.parties {
                (party("Заказчик", self.payer))
                (party("Исполнитель", self.provider))
                tr { td { "Договор (контракт)" } td colspan="2" { (self.contract) } }
            }
        }
    }

    fn table(&self) -> Markup {
        let body = &self.act.body;
        let heads = [
            "Номер по порядку",
            "Наименование работ (услуг)",
            "Дата выполнения работ (оказания услуг)",
            "Сведения об отчете (дата, номер)",
            "Единица измерения",
            "количество",
            "цена за единицу, ₸",
            "стоимость, ₸",
            "в том числе НДС, ₸",
        ];
        html! {
            table.lines {
                thead { tr { @for head in heads { th { (head) } } } }
                tbody {
                    @for (index, line) in self.lines.iter().enumerate() { (self.line(index + 1, line)) }
                    @for (index, line) in self.corrections.iter().enumerate() {
                        (self.correction(self.lines.len() + index + 1, line))
                    }
                }
                tfoot {
                    tr {
                        th colspan="7" { "Итого" }
                        th { (signed_tenge(body.total())) }
                        th { (signed_tenge(vat_total(body))) }
                    }
                    @if body.set_off.0 > 0 {
                        tr { th colspan="7" { "Зачтено за ранее оплаченные и отменённые строки" } th { "−" (tenge_total(body.set_off)) } th {} }
                    }
                    @if body.made_good.0 > 0 {
                        tr { th colspan="7" { "Возмещено из причитающегося за другой месяц" } th { (tenge_total(body.made_good)) } th {} }
                    }
                    @if body.paid.0 > 0 {
                        tr { th colspan="7" { "Оплачено ранее" } th { "−" (tenge_total(body.paid)) } th {} }
                    }
                    tr { th colspan="7" { "К оплате" } th { (tenge_total(TiynTotal(body.payable.0.into()))) } th {} }
                }
            }
        }
    }

    fn line(&self, number: usize, line: &Line) -> Markup {
        let (amount, rate) = (line.line.amount, line.line.vat_basis_points);
        let sign = if line.takes_off() { "−" } else { "" };
        let reference = line.line.transfer.id.to_string();
        html! {
            tr {
                td { (number) }
                td { (self.work) @if line.takes_off() { " (отмена)" } }
                td { (line.day) }
                td { code { (&reference[..16]) } }
                td { "услуга" }
                td { (sign) "1" }
                td { (tenge_total(TiynTotal(amount.0.into()))) }
                td { (sign) (tenge_total(TiynTotal(amount.0.into()))) }
                td { (sign) (tenge_total(TiynTotal(vat_share(amount, rate).0.into()))) }
            }
        }
    }

    fn correction(&self, number: usize, correction: &Correction) -> Markup {
        let line = &correction.line;
        let vat: Tiyn = vat_share(line.amount, line.vat_basis_points);
        let amount = tenge_total(TiynTotal(line.amount.0.into()));
        let transfer = correction.line.transfer.to_string();
        html! {
            tr {
                td { (number) }
                td { (self.work) " (исправление, акт " (correction.act) ")" }
                td {}
                td { code { (&transfer[..16]) } }
                td { "услуга" }
                td {}
                td {}
                td { "−" (amount) }
                td { "−" (tenge_total(TiynTotal(vat.0.into()))) }
            }
        }
    }

    fn signatures(&self) -> Markup {
        let signed = |word: &str, signed: Option<senim_abi::settlement::Signed>| {
            html! {
                td {
                    p { (word) }
                    @match signed {
                        Some(signed) => p {
                            "Электронная подпись устройства " code { (signed.device.to_text(KeyKind::Device)) }
                            br; (date_in(signed.at, &self.agreement.offsets))
                        },
                        None => p { "не подписано" },
                    }
                    p { "Должность, подпись, расшифровка подписи: ______________________" }
                }
            }
        };
        html! {
            table.signatures {
                tr {
                    (signed("Сдал (исполнитель)", self.act.signed))
                    (signed("Принял (заказчик)", self.act.accepted))
                }
            }
        }
    }
}

/// The VAT in an act's total.
fn vat_total(body: &senim_abi::settlement::ActBody) -> i128 {
    let part = |total: TiynTotal| i128::try_from(total.0).unwrap_or(i128::MAX);
    part(body.vat) - part(body.vat_reversed) - part(body.vat_corrected)
}

fn signed_tenge(amount: i128) -> String {
    let sign = if amount < 0 { "−" } else { "" };
    format!("{sign}{}", tenge_total(TiynTotal(amount.unsigned_abs())))
}

/// Prints on A4 across; nothing is loaded from anywhere.
const STYLE: &str = "@page{size:A4 landscape;margin:12mm}body{font:10pt/1.3 'Times New Roman',serif}\
h1{font-size:13pt;text-align:center}.form{text-align:right;font-size:8pt}table{width:100%;border-collapse:collapse}\
.lines td,.lines th{border:1px solid #000;padding:2px 4px}.lines th{font-weight:normal}.lines tfoot th{text-align:right}\
.lines td:nth-child(n+6){text-align:right}.signatures td{width:50%;vertical-align:top}thead{display:table-header-group}\
tr{break-inside:avoid}code{font-size:8pt;word-break:break-all}.hash{font-size:8pt}";
