//! A payer, providers, acts in every state, and the messages of an invented bank.
#![allow(dead_code)] // Each test file uses its own part of it.

use senim_abi::civil::Month;
use senim_abi::settlement::record::BankAnswer;
use senim_abi::settlement::{Act, ActBody, ActId, ActState, Payment, ProgrammeId, SettlementKind};
use senim_bank::{Details, PaymentOrder};
use senim_types::{Hash, OrgId, TimeMs, Tiyn, TiynTotal};
use std::path::{Path, PathBuf};
use std::process::Command;

pub const ORDERS_IN_ANY_ORDER: [[usize; 3]; 3] = [[2, 1, 0], [1, 2, 0], [0, 2, 1]];

pub fn payer() -> Details {
    Details {
        name: "City education department".to_owned(),
        bin: "991240999981".to_owned(),
        address: "Astana, Invented St 2".to_owned(),
        iban: "KZ03999INV5004100200".to_owned(),
        bic: "INVTKZKA".to_owned(),
        kbe: "11".to_owned(),
        knp: "859".to_owned(),
        vat_payer: false,
    }
}

pub fn provider() -> Details {
    Details {
        name: "Caterer Dastarkhan".to_owned(),
        bin: "991240999991".to_owned(),
        address: "Astana, Invented St 1".to_owned(),
        iban: "KZ84999INV5004100100".to_owned(),
        bic: "INVTKZKA".to_owned(),
        kbe: "17".to_owned(),
        knp: "859".to_owned(),
        vat_payer: true,
    }
}

pub const fn act_id(provider: u32) -> ActId {
    ActId {
        programme: ProgrammeId(2),
        provider: OrgId(provider),
        period: Month::new(2027, 1),
        number: 0,
    }
}

pub fn body(provider: u32, payable: u64) -> ActBody {
    ActBody {
        act: act_id(provider),
        payer: OrgId(6),
        agreement: Hash([7; 32]),
        kind: SettlementKind::BankFile,
        vat_basis_points: 0,
        cut_at: TimeMs(1_801_422_000_000),
        lines: 1,
        reversed_lines: 0,
        sum: TiynTotal(payable.into()),
        reversed: TiynTotal(0),
        vat: TiynTotal(0),
        vat_reversed: TiynTotal(0),
        corrects: None,
        corrections: Vec::new(),
        corrected: TiynTotal(0),
        vat_corrected: TiynTotal(0),
        set_off: TiynTotal(0),
        made_good: TiynTotal(0),
        paid: TiynTotal(0),
        payable: Tiyn(payable),
        chain: Hash([8; 32]),
    }
}

pub fn order(provider_number: u32, attempt: u8, amount: u64) -> PaymentOrder {
    PaymentOrder {
        act: act_id(provider_number),
        hash: body(provider_number, amount).hash(),
        attempt,
        amount: Tiyn(amount),
        accepted_at: TimeMs(1_801_500_000_000),
        provider: provider(),
    }
}

/// An act in a state, with so many attempts to pay it.
pub fn act(provider: u32, payable: u64, state: ActState, attempts: u8) -> Act {
    let payment = Payment {
        attempt: attempts,
        file: Hash([1; 32]),
        details: Hash([2; 32]),
        ordered_at: TimeMs(1),
        answer: (state != ActState::PaymentPending).then_some(BankAnswer {
            message: Hash([3; 32]),
            reason: [0; 4],
        }),
        refused_late: None,
        returned: u32::from(state == ActState::Returned) << (attempts.max(1) - 1),
    };
    Act {
        body: body(provider, payable),
        state,
        signed: None,
        accepted: None,
        check: None,
        despite: None,
        dispute: None,
        payment: (attempts > 0).then_some(payment),
    }
}

/// The id of an attempt to pay an act.
pub fn id_of(act: &Act, attempt: u8) -> String {
    senim_abi::settlement::act::end_to_end_id(&act.body.hash(), attempt)
}

/// An entry of a statement about one payment: id, tenge, debit or credit, booked or pending, reason of a return.
pub struct Entry<'a> {
    pub id: &'a str,
    pub amount: &'a str,
    pub side: &'a str,
    pub status: &'a str,
    pub returned: Option<&'a str>,
}

impl<'a> Entry<'a> {
    pub fn paid(id: &'a str, amount: &'a str) -> Entry<'a> {
        Entry {
            id,
            amount,
            side: "DBIT",
            status: "BOOK",
            returned: None,
        }
    }

    fn xml(&self) -> String {
        let (id, amount, side, status) = (self.id, self.amount, self.side, self.status);
        let returned = self.returned.map_or(String::new(), |code| {
            format!("<RtrInf><Rsn><Cd>{code}</Cd></Rsn></RtrInf>")
        });
        format!(
            "<Ntry><Amt Ccy=\"KZT\">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>\
             <BkTxCd><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd>\
             <NtryDtls><TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs><Amt Ccy=\"KZT\">{amount}</Amt>\
             <CdtDbtInd>{side}</CdtDbtInd>{returned}</TxDtls></NtryDtls></Ntry>"
        )
    }
}

/// An entry that names no payment.
pub const OTHER_ENTRY: &str = "<Ntry><Amt Ccy=\"KZT\">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
     <BkTxCd><Prtry><Cd>FEES</Cd></Prtry></BkTxCd></Ntry>";

const HEADER: &str =
    "<GrpHdr><MsgId>ANSWER-1</MsgId><CreDtTm>2027-02-05T10:00:00Z</CreDtTm></GrpHdr>";
const ACCOUNT: &str = "<Acct><Id><IBAN>KZ03999INV5004100200</IBAN></Id></Acct>";

pub fn notification(entries: &[Entry<'_>], others: &str) -> String {
    let entries: String = entries.iter().map(Entry::xml).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.11\">\
         <BkToCstmrDbtCdtNtfctn>{HEADER}<Ntfctn><Id>N1</Id>{ACCOUNT}{entries}{others}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    )
}

pub fn statement(entries: &[Entry<'_>], others: &str) -> String {
    let entries: String = entries.iter().map(Entry::xml).collect();
    let balance = "<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"KZT\">1000.00</Amt>\
         <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2027-02-05</Dt></Dt></Bal>";
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.11\">\
         <BkToCstmrStmt>{HEADER}<Stmt><Id>S1</Id>{ACCOUNT}{balance}{entries}{others}</Stmt></BkToCstmrStmt></Document>"
    )
}

/// A status report on a file: its own status, and that of payments with their reasons.
pub fn report(file: &str, group: Option<&str>, payments: &[(&str, &str, Option<&str>)]) -> String {
    let reason = |code: &str| format!("<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>");
    let group = group.map_or(String::new(), |status| {
        format!("<GrpSts>{status}</GrpSts>{}", reason("FF01"))
    });
    let payments: String = payments
        .iter()
        .map(|(id, status, code)| {
            format!(
                "<TxInfAndSts><OrgnlEndToEndId>{id}</OrgnlEndToEndId><TxSts>{status}</TxSts>{}</TxInfAndSts>",
                code.map_or(String::new(), reason)
            )
        })
        .collect();
    let part = match payments.is_empty() {
        true => String::new(),
        false => format!(
            "<OrgnlPmtInfAndSts><OrgnlPmtInfId>{file}</OrgnlPmtInfId>{payments}</OrgnlPmtInfAndSts>"
        ),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.14\">\
         <CstmrPmtStsRpt>{HEADER}<OrgnlGrpInfAndSts><OrgnlMsgId>{file}</OrgnlMsgId>\
         <OrgnlMsgNmId>pain.001.001.11</OrgnlMsgNmId>{group}</OrgnlGrpInfAndSts>{part}</CstmrPmtStsRpt></Document>"
    )
}

/// The public schemas, which are not ours to carry: `scripts/iso20022-schemas.sh` fetches them.
pub struct Schemas(PathBuf);

/// Set by whoever cannot have the schemas and knows that nothing is then held against them.
const WITHOUT: &str = "SENIM_WITHOUT_SCHEMAS";

impl Schemas {
    /// Where they are; none where they, or `xmllint`, are not there, and that is known.
    pub fn find() -> Option<Schemas> {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.build/iso20022");
        let shared =
            std::env::var_os("SENIM_VECTORS").map(|path| PathBuf::from(path).join("iso20022"));
        let folder = shared
            .into_iter()
            .chain([own])
            .find(|folder| folder.join("pain.001.001.11.xsd").is_file());
        let has_tool = Command::new("xmllint").arg("--version").output().is_ok();
        match folder {
            Some(folder) if has_tool => Some(Schemas(folder)),
            _ if std::env::var_os(WITHOUT).is_some() => {
                eprintln!("SKIPPED: nothing is held against the schemas of ISO 20022");
                None
            }
            _ => panic!(
                "no schemas of ISO 20022 (scripts/iso20022-schemas.sh fetches them) or no xmllint (Debian: \
                 libxml2-utils). Or leave them out: {WITHOUT}=1"
            ),
        }
    }

    fn validates(&self, message: &str, xml: &str) -> (bool, String) {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = folder.path().join("message.xml");
        std::fs::write(&file, xml).expect("a temporary file can be written");
        let output = Command::new("xmllint")
            .args(["--nonet", "--noout", "--schema"])
            .arg(self.0.join(format!("{message}.xsd")))
            .arg(&file)
            .output()
            .expect("xmllint was there a moment ago");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), said)
    }

    #[track_caller]
    pub fn assert_valid(&self, message: &str, xml: &str) {
        let (valid, said) = self.validates(message, xml);
        assert!(valid, "{said}\n{xml}");
    }

    #[track_caller]
    pub fn assert_invalid(&self, message: &str, xml: &str) {
        let (valid, said) = self.validates(message, xml);
        assert!(!valid, "it has to be refused");
        assert!(said.contains("fails to validate"), "{said}");
    }
}
