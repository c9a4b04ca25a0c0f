//! The bytes of the treasury's messages, records and events. `UPDATE_GOLDEN=1` writes them anew.

use senim_abi::civil::{Month, UtcOffset, UtcOffsets};
use senim_abi::treasury::record::*;
use senim_abi::treasury::*;
use senim_sdk::testing::Golden;
use senim_types::{ContractId, Hash, OrgId, TimeMs, Tiyn, TiynTotal};

const ID: Hash = Hash([0xaa; 32]);
const REFERENCE: Hash = Hash([0xbb; 32]);

fn offsets() -> UtcOffsets {
    let from = |from, offset_minutes| UtcOffset {
        from: TimeMs(from),
        offset_minutes,
    };
    UtcOffsets(vec![from(0, 360), from(1_709_229_600_000, 300)])
}

fn key() -> TransferKey {
    TransferKey {
        issuer: Issuer::Contract(ContractId(4)),
        id: ID,
    }
}

#[test]
fn messages() {
    let mut golden = Golden::new();
    let (budget, amount, provider) = (BudgetId(1), Tiyn(123_456), OrgId(20));
    let (programme, period) = (ProgrammeId(7), Month::new(2027, 1));
    let expires_at = TimeMs(1_800_000_600_000);
    let callers = vec![ContractId(4), ContractId(9)];
    let payer = OrgId(10);
    let reference = REFERENCE;
    let open = Execute::OpenBudget {
        budget,
        payer,
        programme,
        callers: callers.clone(),
        offsets: offsets(),
    };
    golden.add("execute.open_budget", &open);
    golden.add(
        "execute.set_budget_callers",
        &Execute::SetBudgetCallers { budget, callers },
    );
    let standing = BudgetStanding::Suspended;
    golden.add(
        "execute.set_budget_standing",
        &Execute::SetBudgetStanding { budget, standing },
    );
    golden.add(
        "execute.allot",
        &Execute::Allot {
            id: ID,
            budget,
            amount,
        },
    );
    golden.add(
        "execute.withdraw",
        &Execute::Withdraw {
            id: ID,
            budget,
            amount,
        },
    );
    let settle = Execute::Settle {
        id: ID,
        provider,
        programme,
        period,
        amount,
    };
    golden.add("execute.settle", &settle);
    let pay = Execute::Pay {
        id: ID,
        budget,
        provider,
        amount,
        reference,
    };
    golden.add("execute.pay", &pay);
    let reserve = Execute::Reserve {
        id: ID,
        budget,
        provider,
        amount,
        reference,
        expires_at,
    };
    golden.add("execute.reserve", &reserve);
    golden.add(
        "execute.post",
        &Execute::Post {
            id: ID,
            amount,
            served_at: TimeMs(5),
        },
    );
    golden.add("execute.void", &Execute::Void { id: ID });
    golden.add("execute.reverse", &Execute::Reverse { id: ID });
    golden.add("execute.lock", &Execute::Lock { budget, amount });
    golden.add("execute.unlock", &Execute::Unlock { budget, amount });
    let spend = Execute::Spend {
        id: ID,
        budget,
        provider,
        amount,
        reference,
        served_at: expires_at,
    };
    golden.add("execute.spend", &spend);
    let unspend = Execute::Unspend {
        id: ID,
        budget,
        provider,
        amount,
        reference,
        period,
        vat_basis_points: 1_600,
    };
    golden.add("execute.unspend", &unspend);
    let spent = Spent {
        amount,
        period,
        vat_basis_points: 1_600,
    };
    golden.add("answer.spent", &spent);
    golden.add("answer.posted", &Posted { amount, period });
    golden.add("answer.reserved", &Reserved { amount, expires_at });
    golden.add("answer.reversed", &Reversed { amount, period });
    golden.add("genesis", &Genesis(vec![Execute::Void { id: ID }]));
    golden.add(
        "due.expire",
        &DueEntry::Expire {
            issuer: ContractId(4),
            id: ID,
        },
    );
    golden.add("query.budget", &Query::Budget { budget });
    golden.add(
        "query.claim",
        &Query::Claim {
            provider,
            programme,
            period,
        },
    );
    golden.add(
        "query.claims",
        &Query::Claims {
            provider,
            after: Some((programme, period)),
        },
    );
    golden.add(
        "query.transfer",
        &Query::Transfer {
            issuer: ContractId(4),
            id: ID,
        },
    );
    golden.add("query.outside", &Query::Outside { payer });
    let contract = ContractId(5);
    golden.add("query.locked", &Query::Locked { budget, contract });
    let terms = Execute::SetTerms {
        payer,
        programme,
        provider,
        agreement: REFERENCE,
        from: TimeMs(1),
        until: TimeMs(2),
        ceiling: Tiyn(3),
        vat_basis_points: 1_600,
        kind: SettlementKind::BankFile,
    };
    golden.add("execute.set_terms", &terms);
    let pay = Execute::PayClaim {
        id: ID,
        provider,
        programme,
        period,
        amount,
        to_purse: true,
    };
    golden.add("execute.pay_claim", &pay);
    let correct = Execute::Correct {
        id: ID,
        provider,
        programme,
        period,
        lines: vec![CorrectionLine {
            issuer: ContractId(4),
            transfer: ID,
            budget,
            amount,
            vat_basis_points: 1_600,
        }],
        reference,
    };
    golden.add("execute.correct", &correct);
    let give_back = Execute::Return {
        id: ID,
        provider,
        programme,
        period,
        amount,
    };
    golden.add("execute.return", &give_back);
    golden.add("execute.leave", &Execute::Leave { id: ID, amount });
    golden.add("execute.forget", &Execute::Forget { ids: vec![ID] });
    golden.add(
        "execute.forget_claim",
        &Execute::ForgetClaim {
            provider,
            programme,
            period,
        },
    );
    golden.add("query.programme", &Query::Programme { programme });
    golden.add(
        "query.terms",
        &Query::Terms {
            programme,
            provider,
        },
    );
    golden.add("query.purse", &Query::Purse { provider });
    golden.add(
        "query.outstanding",
        &Query::Outstanding {
            programme,
            provider,
        },
    );
    golden.check("tests/golden/messages.txt");
}

#[test]
fn records_and_their_keys() {
    let mut golden = Golden::new();
    let (amount, period) = (Tiyn(123_456), Month::new(2027, 1));
    let budget = Budget {
        payer: OrgId(10),
        programme: ProgrammeId(7),
        standing: BudgetStanding::Open,
        callers: vec![ContractId(4)],
        offsets: offsets(),
        debits: TiynTotal(1),
        credits: TiynTotal(1 << 100),
        pending: TiynTotal(3),
    };
    golden.add("budget.key", &budget_key(BudgetId(1)).to_vec());
    golden.add("budget", &BudgetRecord::from(budget));
    let claim = Claim {
        lines: 3,
        reversed_lines: 1,
        sum: TiynTotal(900),
        reversed: TiynTotal(300),
        vat: TiynTotal(124),
        vat_reversed: TiynTotal(41),
        settled: TiynTotal(200),
        corrected: TiynTotal(50),
        vat_corrected: TiynTotal(7),
        off: Off {
            times: 2,
            sum: TiynTotal(350),
            vat: TiynTotal(48),
        },
        set_off: TiynTotal(40),
        made_good: TiynTotal(30),
        returned: TiynTotal(20),
        chain: REFERENCE,
    };
    golden.add(
        "claim.key",
        &claim_key(OrgId(20), ProgrammeId(7), period).to_vec(),
    );
    golden.add("claim", &ClaimRecord::from(claim));
    let key = taken_off_key(OrgId(20), ProgrammeId(7), period, ContractId(4), &ID);
    golden.add("taken_off.key", &key.to_vec());
    let taken = TakenOff {
        corrected: amount,
        undone: true,
    };
    golden.add("taken_off", &TakenOffRecord::from(taken));
    golden.add("transfer.key", &transfer_key(ContractId(4), &ID).to_vec());
    let states = [
        ("pending", TransferState::Pending),
        (
            "posted",
            TransferState::Posted {
                amount,
                period,
                vat_basis_points: 1_600,
            },
        ),
        ("voided", TransferState::Voided),
        ("expired", TransferState::Expired),
        (
            "reversed",
            TransferState::Reversed {
                amount,
                returned: Tiyn(123_000),
                period,
                reversed_in: Month::new(2027, 2),
            },
        ),
    ];
    for (name, state) in states {
        let transfer = Transfer {
            budget: BudgetId(1),
            provider: OrgId(20),
            amount,
            reference: REFERENCE,
            expires_at: Some(TimeMs(1_800_000_600_000)),
            state,
        };
        golden.add(&format!("transfer.{name}"), &TransferRecord::from(transfer));
    }
    golden.add("outside.key", &outside_key(OrgId(10)).to_vec());
    let outside = Outside {
        debits: TiynTotal(5),
        credits: TiynTotal(4),
    };
    golden.add("outside", &OutsideRecord::from(outside));
    golden.add("operation.key", &operation_key(OrgId(10), &ID).to_vec());
    golden.add(
        "operation",
        &OperationRecord::from(Operation { message: REFERENCE }),
    );
    golden.add("programme.key", &programme_key(ProgrammeId(7)).to_vec());
    golden.add(
        "programme",
        &ProgrammeRecord::from(ProgrammeOwner {
            payer: OrgId(10),
            offsets: offsets(),
        }),
    );
    let lock = Lock {
        amount: TiynTotal(123_456),
    };
    golden.add("lock", &LockRecord::from(lock));
    golden.add("key.lock", &lock_key(BudgetId(1), ContractId(5)).to_vec());
    let terms = Terms {
        agreement: REFERENCE,
        from: TimeMs(1),
        until: TimeMs(2),
        ceiling: Tiyn(3),
        vat_basis_points: 1_600,
        kind: SettlementKind::TengeAtRedemption,
        posted: TiynTotal(4),
        counted_from: period,
    };
    golden.add("terms", &TermsRecord::from(terms));
    golden.add("key.terms", &terms_key(ProgrammeId(7), OrgId(20)).to_vec());
    let outstanding = Outstanding {
        reserved: TiynTotal(5),
        debt: Some(period),
    };
    golden.add("outstanding", &OutstandingRecord::from(outstanding));
    golden.add(
        "key.outstanding",
        &outstanding_key(ProgrammeId(7), OrgId(20)).to_vec(),
    );
    let purse = Purse {
        debits: TiynTotal(1),
        credits: TiynTotal(2),
    };
    golden.add("purse", &PurseRecord::from(purse));
    golden.add("key.purse", &purse_key(OrgId(20)).to_vec());
    golden.check("tests/golden/records.txt");
}

#[test]
fn events() {
    let mut golden = Golden::new();
    let (budget, amount) = (BudgetId(1), Tiyn(123_456));
    let period = Month::new(2027, 1);
    let claim = Account::Claim {
        provider: OrgId(20),
        programme: ProgrammeId(7),
        period,
    };
    let side = |account, total| Side {
        account,
        amount,
        total: TiynTotal(total),
    };
    let at = TimeMs(1_800_000_000_000);
    let posting = Posting {
        kind: PostingKind::Pay,
        transfer: key(),
        debit: side(Account::Budget(budget), 200_000),
        credit: side(claim, 123_456),
        reference: REFERENCE,
        vat_basis_points: 1_600,
        chain: Hash([0xcc; 32]),
        at,
    };
    golden.add("posting.pay", &TreasuryEvent::Posting(posting));
    let allot = Posting {
        kind: PostingKind::Allot,
        transfer: TransferKey {
            issuer: Issuer::Organisation(OrgId(10)),
            id: ID,
        },
        debit: side(Account::Outside(OrgId(10)), 123_456),
        credit: side(Account::Budget(budget), 123_456),
        reference: Hash::ZERO,
        vat_basis_points: 0,
        chain: Hash::ZERO,
        at,
    };
    golden.add("posting.allot", &TreasuryEvent::Posting(allot));
    let reserved = TreasuryEvent::Reserved {
        transfer: key(),
        budget,
        provider: OrgId(20),
        amount,
        reference: REFERENCE,
        expires_at: at,
    };
    golden.add("reserved", &reserved);
    let release = Release::Expired;
    golden.add(
        "released",
        &TreasuryEvent::Released {
            transfer: key(),
            budget,
            amount,
            release,
        },
    );
    let opened = TreasuryEvent::BudgetOpened {
        budget,
        payer: OrgId(10),
        programme: ProgrammeId(7),
        callers: vec![ContractId(4)],
        offsets: offsets(),
    };
    golden.add("budget_opened", &opened);
    let callers = vec![ContractId(4)];
    golden.add(
        "budget_callers_set",
        &TreasuryEvent::BudgetCallersSet { budget, callers },
    );
    let standing = BudgetStanding::Closed;
    golden.add(
        "budget_standing_set",
        &TreasuryEvent::BudgetStandingSet { budget, standing },
    );
    let line = ClaimLine {
        kind: PostingKind::Pay,
        transfer: key(),
        reference: REFERENCE,
        amount,
        vat_basis_points: 1_600,
        at,
    };
    golden.add("claim_line", &line);
    golden.add("claim_line.first_link", &line.append_to(&Hash::ZERO));
    let (budget, contract, amount) = (BudgetId(1), ContractId(5), Tiyn(123_456));
    let locked = TreasuryEvent::Locked {
        budget,
        contract,
        amount,
    };
    golden.add("locked", &locked);
    let unlocked = TreasuryEvent::Unlocked {
        budget,
        contract,
        amount,
    };
    golden.add("unlocked", &unlocked);
    let pay_out = Posting {
        kind: PostingKind::PayOut,
        debit: side(claim, 123_456),
        credit: side(Account::Purse(OrgId(20)), 200_000),
        ..allot
    };
    golden.add("posting.pay_out", &TreasuryEvent::Posting(pay_out));
    let terms = TreasuryEvent::TermsSet {
        programme: ProgrammeId(7),
        provider: OrgId(20),
        agreement: REFERENCE,
        from: TimeMs(1),
        until: TimeMs(2),
        ceiling: Tiyn(3),
        vat_basis_points: 1_600,
        kind: SettlementKind::StockOnly,
    };
    golden.add("terms_set", &terms);
    golden.check("tests/golden/events.txt");
}
