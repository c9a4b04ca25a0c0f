//! What the people of the world send: calls, and the statements that go with them.

use super::{Network, World, secret};
use senim_abi::civil::UtcOffsets;
use senim_abi::marking::msg::{self as marking, BatchMark, PackCode, Stage};
use senim_abi::marking::{Day, Form, Gtin, InnCode, Lot, Strength, Unit};
use senim_abi::prescription::msg::{
    self as prescription, CancelReason, DispenseLine, NewItem, PackUse, Proof,
};
use senim_abi::prescription::programme::{PrescriberId, ProgrammeId};
use senim_abi::prescription::{GroupId, ItemMask};
use senim_abi::proof::{HeldStep, HoldStatement, QrStatement, lines_hash};
use senim_abi::registry::{self, Standing};
use senim_abi::treasury::BudgetId;
use senim_abi::treasury::msg as treasury;
use senim_abi::treasury::record::{Budget, Claim};
use senim_abi::{MARKING, PRESCRIPTION, REGISTRY, TREASURY};
use senim_types::crypto::SecretKey;
use senim_types::{
    Call, ContractId, Domain, Hash, OrgId, PublicKey, Signature, Statement, TimeMs, Tiyn, codec,
};

/// A day in ms.
pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// The pharmacies of the devnet: their organisations, by device.
pub const PHARMACIES: [(&str, OrgId); 4] = [
    ("pharmacy", OrgId(20)),
    ("pharmacy-2", OrgId(20)),
    ("rival", OrgId(21)),
    ("clinic-pharmacy", OrgId(22)),
];
/// The devnet's programme.
pub const PROGRAMME: ProgrammeId = ProgrammeId(1);
/// Its budget line.
pub const BUDGET: BudgetId = BudgetId(1);
/// The devnet numbers its budget lines from 1, none higher than this.
const LINES_MAX: u32 = 64;
/// Metformin, 60 tablets a pack.
pub const METFORMIN: &str = "04870001000011";
/// Amlodipine, 30 tablets a pack.
pub const AMLODIPINE: &str = "04870001000028";
/// Metformin's cap for a pack, in tiyn.
pub const METFORMIN_CAP: Tiyn = Tiyn(145_000);

/// What a device is asked to sign and send.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The calls.
    pub calls: Vec<Call>,
    /// What others said, with their signatures.
    pub witnesses: Vec<(Statement, Signature)>,
}

impl Request {
    /// One call of a contract, with nobody else's word.
    pub fn call<T: borsh::BorshSerialize>(contract: ContractId, message: &T) -> Request {
        let call = Call {
            contract,
            input: codec::encode(message),
        };
        Request {
            calls: vec![call],
            witnesses: Vec::new(),
        }
    }

    /// To the marking contract.
    pub fn marking(message: &marking::Execute) -> Request {
        Request::call(MARKING, message)
    }

    /// To the registry.
    pub fn registry(message: &registry::Execute) -> Request {
        Request::call(REGISTRY, message)
    }

    /// To the treasury.
    pub fn treasury(message: &treasury::Execute) -> Request {
        Request::call(TREASURY, message)
    }

    /// To the prescription contract.
    pub fn prescription(message: &prescription::Execute) -> Request {
        Request::call(PRESCRIPTION, message)
    }

    /// The same with a statement more.
    pub fn witnessed(mut self, witness: (Statement, Signature)) -> Request {
        self.witnesses.push(witness);
        self
    }
}

/// A value of the domain, from its text.
pub fn value<T: std::str::FromStr>(text: &str) -> T {
    text.parse()
        .unwrap_or_else(|_| panic!("not a value of its type: {text}"))
}

/// Metformin to be prescribed: this many tablets, from yesterday, for 30 days.
pub fn metformin(quantity: u32, now: TimeMs) -> NewItem {
    item("A10BA02", "500mg", quantity, now)
}

/// Amlodipine to be prescribed.
pub fn amlodipine(quantity: u32, now: TimeMs) -> NewItem {
    item("C08CA01", "5mg", quantity, now)
}

fn item(inn: &str, strength: &str, quantity: u32, now: TimeMs) -> NewItem {
    NewItem {
        inn: value::<InnCode>(inn),
        strength: Some(value::<Strength>(strength)),
        form: Some(Form::Tablet),
        product: None,
        unit: Unit::Tablet,
        quantity,
        not_before: TimeMs(now.0 - DAY_MS),
        until: TimeMs(now.0 + 30 * DAY_MS),
        price_cap: None,
        part: None,
    }
}

/// A clinic's prescription for whoever has `holder`.
pub fn issue(holder: PublicKey, items: Vec<NewItem>) -> Request {
    Request::prescription(&prescription::Execute::Issue {
        index: 0,
        programme: PROGRAMME,
        prescriber: PrescriberId(7),
        holder,
        card: None,
        paper: None,
        sealed: Some(Hash::of(b"sealed elsewhere")),
        draft: false,
        items,
    })
}

/// A prescription in a wallet.
#[derive(Clone, Debug)]
pub struct Token {
    /// Its id.
    pub group: GroupId,
    /// The one-time key that holds it.
    pub key: SecretKey,
}

/// A live QR: the statement, its signature, and the secret that only the picture has.
#[derive(Clone, Debug)]
pub struct Qr {
    /// What the wallet says.
    pub statement: QrStatement,
    /// With the token key's signature.
    pub witness: (Statement, Signature),
    /// The ephemeral key.
    pub ephemeral: SecretKey,
}

impl Token {
    /// A QR for these items, made at `issued_at`, good for `lifetime_ms`.
    pub fn qr(
        &self,
        network: &Network,
        items: ItemMask,
        issued_at: TimeMs,
        lifetime_ms: u64,
    ) -> Qr {
        let ephemeral = secret(&format!("ephemeral {} {}", self.group, issued_at.0));
        let statement = QrStatement {
            group: self.group,
            items,
            ephemeral: ephemeral.public(),
            issued_at,
            expires_at: TimeMs(issued_at.0 + lifetime_ms),
        };
        let witness = self
            .key
            .witness(Domain::Qr, &network.chain, statement.message());
        Qr {
            statement,
            witness,
            ephemeral,
        }
    }
}

/// The organisation of a pharmacy's device.
pub fn org_of(device: &str) -> OrgId {
    let found = PHARMACIES.iter().find(|(name, _)| *name == device);
    found
        .map(|(_, org)| *org)
        .unwrap_or_else(|| panic!("{device} is no pharmacy's"))
}

/// The key with which a pharmacy's device holds a prescription.
pub fn hold_key(device: &str, group: GroupId) -> SecretKey {
    secret(&format!("hold {device} {group}"))
}

/// A pharmacy's hold of these items with a QR that it scanned.
pub fn hold(network: &Network, device: &str, items: ItemMask, qr: &Qr) -> Request {
    let group = qr.statement.group;
    let hold_key = hold_key(device, group).public();
    let statement = HoldStatement {
        group,
        items,
        org: org_of(device),
        device: network.device(device).public(),
        hold_key,
    };
    let proof = Proof::LiveQr(qr.statement);
    Request::prescription(&prescription::Execute::Hold {
        group,
        items,
        hold_key,
        proof,
    })
    .witnessed(qr.witness.clone())
    .witnessed(
        qr.ephemeral
            .witness(Domain::Hold, &network.chain, statement.message()),
    )
}

/// A pack as it is scanned.
pub fn pack(gtin: &str, serial: &str, lot: &str, expiry: &str) -> PackCode {
    PackCode {
        gtin: value::<Gtin>(gtin),
        serial: value(serial),
        lot: value::<Lot>(lot),
        expiry: value::<Day>(expiry),
    }
}

/// A pack of the pharmacy's opening stock of metformin: MF0001 to MF0004.
pub fn metformin_pack(number: u32) -> PackCode {
    pack(METFORMIN, &format!("MF{number:04}"), "M2601", "2031-05-31")
}

/// What is dispensed of one item out of one pack.
pub fn line(item: u8, pack: PackCode, units: u32, price: Tiyn) -> DispenseLine {
    DispenseLine {
        item,
        packs: vec![PackUse { pack, units, price }],
    }
}

/// A pharmacy's dispense, signed by `key`: the hold key, if all is right.
pub fn dispense(
    network: &Network,
    group: GroupId,
    lines: Vec<DispenseLine>,
    key: &SecretKey,
) -> Request {
    let step = HeldStep::Dispense {
        group,
        lines: lines_hash(&lines),
    };
    Request::prescription(&prescription::Execute::Dispense { group, lines }).witnessed(key.witness(
        Domain::HeldStep,
        &network.chain,
        step.message(),
    ))
}

/// A pharmacy undoes a dispense whose packs never left it, signed by `key`: the hold key, if all is right.
pub fn reverse(network: &Network, group: GroupId, dispense: u8, key: &SecretKey) -> Request {
    let left = ItemMask::NONE;
    let step = HeldStep::Reverse {
        group,
        dispense,
        left,
    };
    let message = prescription::Execute::Reverse {
        group,
        dispense,
        left,
    };
    let witness = key.witness(Domain::HeldStep, &network.chain, step.message());
    Request::prescription(&message).witnessed(witness)
}

/// The clinic cancels what remains.
pub fn cancel(group: GroupId, items: ItemMask) -> Request {
    let reason = CancelReason::PrescribingError;
    Request::prescription(&prescription::Execute::Cancel {
        group,
        items,
        reason,
    })
}

/// Packs on a pharmacy's shelf, as its opening stock.
pub fn introduce(gtin: &str, lot: &str, expiry: &str, at: OrgId, serials: &[&str]) -> Request {
    Request::marking(&marking::Execute::Introduce {
        gtin: value(gtin),
        lot: value(lot),
        expiry: value(expiry),
        serials: serials.iter().map(|serial| value(serial)).collect(),
        at,
        stage: Stage::OpeningStock,
    })
}

/// The regulator calls a batch back.
pub fn recall(gtin: &str, lot: &str) -> Request {
    Request::marking(&marking::Execute::MarkBatch {
        gtin: value(gtin),
        lot: value(lot),
        mark: BatchMark::Recalled,
    })
}

/// How a device stands from now on.
pub fn device_standing(device: PublicKey, standing: Standing) -> Request {
    Request::registry(&registry::Execute::SetDeviceStanding { device, standing })
}

/// The fund takes money out of its line.
pub fn withdraw(name: &str, amount: Tiyn) -> Request {
    let id = Hash::of(name.as_bytes());
    Request::treasury(&treasury::Execute::Withdraw {
        id,
        budget: BUDGET,
        amount,
    })
}

/// The fund brings money in.
pub fn allot(name: &str, amount: Tiyn) -> Request {
    let id = Hash::of(name.as_bytes());
    Request::treasury(&treasury::Execute::Allot {
        id,
        budget: BUDGET,
        amount,
    })
}

impl World {
    /// The clinic issues; the wallet has it.
    pub fn issued(&mut self, name: &str, items: Vec<NewItem>) -> Token {
        let key = secret(&format!("token {name}"));
        let receipt = self.apply("clinic", issue(key.public(), items));
        Token {
            group: GroupId::derive(&receipt.transaction, 0),
            key,
        }
    }

    /// A fresh QR for all of a token's items, good for a minute.
    pub fn fresh_qr(&mut self, token: &Token) -> Qr {
        // Two QRs of one wallet are never of the same ms.
        self.advance(5);
        let items = ItemMask::one(0);
        token.qr(&self.network, items, self.now(), 60_000)
    }

    /// The pharmacy's device holds the first item with a fresh QR.
    pub fn held(&mut self, device: &str, token: &Token) {
        let qr = self.fresh_qr(token);
        let request = hold(&self.network, device, ItemMask::one(0), &qr);
        self.apply(device, request);
    }

    /// A dispense of the first item by a device that holds it.
    pub fn dispensing(
        &self,
        device: &str,
        token: &Token,
        pack: PackCode,
        units: u32,
        price: Tiyn,
    ) -> Request {
        let key = hold_key(device, token.group);
        dispense(
            &self.network,
            token.group,
            vec![line(0, pack, units, price)],
            &key,
        )
    }

    /// The programme's budget line.
    pub fn budget(&self) -> Budget {
        let answer: treasury::BudgetAnswer = self
            .query(TREASURY, &treasury::Query::Budget { budget: BUDGET })
            .expect("it answers");
        answer.expect("the devnet has a budget line")
    }

    /// All budget lines of a payer.
    pub fn lines_of(&self, payer: OrgId) -> Vec<(BudgetId, Budget)> {
        let line = |number| {
            let budget = BudgetId(number);
            let answer: treasury::BudgetAnswer = self
                .query(TREASURY, &treasury::Query::Budget { budget })
                .expect("it answers");
            answer.map(|line| (budget, line))
        };
        let lines = (1..=LINES_MAX).filter_map(line);
        lines.filter(|(_, line)| line.payer == payer).collect()
    }

    /// What the programme owes a provider for this month.
    pub fn claim(&self, provider: OrgId) -> Option<Claim> {
        let period = UtcOffsets::fixed(300).month_of(self.now());
        let query = treasury::Query::Claim {
            provider,
            programme: PROGRAMME,
            period,
        };
        self.query::<treasury::ClaimAnswer>(TREASURY, &query)
            .expect("it answers")
    }

    /// A pack with what belongs to it.
    pub fn pack(&self, code: &PackCode) -> Result<marking::PackView, senim_types::Code> {
        self.query(MARKING, &marking::Query::Pack { pack: code.id() })
    }

    /// A prescription as it is now.
    pub fn group(&self, group: GroupId) -> prescription::GroupView {
        self.query(PRESCRIPTION, &prescription::Query::Group { group })
            .expect("it is known")
    }
}
