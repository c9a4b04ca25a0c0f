//! The bytes of the contract's messages, records and events. `UPDATE_GOLDEN=1` writes them anew.

use senim_abi::civil::{Month, UtcOffsets};
use senim_abi::settlement::act::{END_TO_END_CHARACTERS, end_to_end_id};
use senim_abi::settlement::msg::{Genesis, Ordered};
use senim_abi::settlement::record::*;
use senim_abi::settlement::*;
use senim_abi::treasury::BudgetId;
use senim_sdk::testing::{Golden, key_of};
use senim_types::{Hash, OrgId, TimeMs, Tiyn, TiynTotal};

const A: Hash = Hash([0xaa; 32]);
const B: Hash = Hash([0xbb; 32]);
const PROGRAMME: ProgrammeId = ProgrammeId(2);
const PROVIDER: OrgId = OrgId(50);
const PAYER: OrgId = OrgId(6);
const PERIOD: Month = Month::new(2027, 1);
const ACT: ActId = ActId {
    programme: PROGRAMME,
    provider: PROVIDER,
    period: PERIOD,
    number: 1,
};

fn line() -> CorrectionLine {
    CorrectionLine {
        issuer: senim_abi::VOUCHER,
        vat_basis_points: 1_600,
        transfer: B,
        budget: BudgetId(2),
        amount: Tiyn(90_000),
    }
}

fn despite() -> Despite {
    Despite {
        statement: B,
        days: vec![FlawedDay {
            place: OrgId(40),
            day: 20_833,
        }],
    }
}

fn body() -> ActBody {
    ActBody {
        act: ACT,
        payer: PAYER,
        agreement: A,
        kind: SettlementKind::BankFile,
        vat_basis_points: 1_600,
        cut_at: TimeMs(1_801_422_000_000),
        lines: 3,
        reversed_lines: 1,
        sum: TiynTotal(900),
        reversed: TiynTotal(300),
        vat: TiynTotal(124),
        vat_reversed: TiynTotal(41),
        corrects: Some(B),
        corrections: vec![line()],
        corrected: TiynTotal(50),
        vat_corrected: TiynTotal(7),
        set_off: TiynTotal(40),
        made_good: TiynTotal(50),
        paid: TiynTotal(60),
        payable: Tiyn(510),
        chain: A,
    }
}

#[test]
fn messages() {
    let mut golden = Golden::new();
    let agreement = Execute::SetAgreement {
        programme: PROGRAMME,
        provider: PROVIDER,
        document: A,
        from: TimeMs(1),
        until: TimeMs(2),
        ceiling: Tiyn(3),
        vat_basis_points: 1_600,
        kind: SettlementKind::TengeAtAcceptance,
    };
    let check = Some(EditCheck {
        report: B,
        excess: Tiyn(0),
    });
    let messages = [
        ("set_agreement", agreement.clone()),
        (
            "propose_details",
            Execute::ProposeDetails {
                payer: PAYER,
                details: A,
            },
        ),
        (
            "approve_details",
            Execute::ApproveDetails {
                provider: PROVIDER,
                details: A,
            },
        ),
        (
            "cut",
            Execute::Cut {
                programme: PROGRAMME,
                provider: PROVIDER,
                period: PERIOD,
            },
        ),
        ("sign", Execute::Sign { act: ACT, hash: A }),
        (
            "accept",
            Execute::Accept {
                act: ACT,
                hash: A,
                check,
                despite: Some(despite()),
            },
        ),
        (
            "dispute",
            Execute::Dispute {
                act: ACT,
                hash: A,
                reason: DisputeReason::WrongPrice,
                statement: B,
                lines: vec![B],
            },
        ),
        ("withdraw_dispute", Execute::WithdrawDispute { act: ACT }),
        (
            "correct",
            Execute::Correct {
                act: ACT,
                lines: vec![line()],
            },
        ),
        (
            "order_payment",
            Execute::OrderPayment {
                act: ACT,
                attempt: 1,
                file: A,
                message_id: MessageId([7; 16]),
                details: B,
            },
        ),
        (
            "confirm_payment",
            Execute::ConfirmPayment {
                act: ACT,
                attempt: 1,
                amount: Tiyn(510),
                message: A,
            },
        ),
        (
            "fail_payment",
            Execute::FailPayment {
                act: ACT,
                attempt: 1,
                message: A,
                reason: *b"AC04",
            },
        ),
        (
            "return_payment",
            Execute::ReturnPayment {
                act: ACT,
                attempt: 1,
                amount: Tiyn(510),
                message: A,
                reason: *b"AC04",
            },
        ),
    ];
    for (name, message) in &messages {
        golden.add(&format!("execute.{name}"), message);
    }
    golden.add("genesis", &Genesis(vec![agreement]));
    let due = DueEntry::Cut {
        programme: PROGRAMME,
        provider: PROVIDER,
        period: PERIOD,
    };
    golden.add("due.cut", &due);
    golden.add("due.forget", &DueEntry::Forget { act: ACT });
    let ordered = DueEntry::ForgetOrdered {
        payer: PAYER,
        message_id: MessageId([7; 16]),
        act: ACT,
    };
    golden.add("due.forget_ordered", &ordered);
    golden.add(
        "query.agreement",
        &Query::Agreement {
            programme: PROGRAMME,
            provider: PROVIDER,
        },
    );
    golden.add("query.act", &Query::Act { act: ACT });
    golden.add(
        "query.acts",
        &Query::Acts {
            programme: PROGRAMME,
            after: Some(ACT),
        },
    );
    golden.add(
        "query.details",
        &Query::Details {
            payer: PAYER,
            provider: PROVIDER,
        },
    );
    golden.add(
        "query.ordered",
        &Query::Ordered {
            payer: PAYER,
            message_id: MessageId([7; 16]),
            after: Some(ACT),
        },
    );
    golden.add(
        "answer.ordered",
        &vec![Ordered {
            act: ACT,
            attempt: 2,
        }],
    );
    golden.check("tests/golden/messages.txt");
}

#[test]
fn records_and_their_keys() {
    let mut golden = Golden::new();
    let by = Signed {
        device: key_of(1),
        at: TimeMs(4),
    };
    let agreement = Agreement {
        payer: PAYER,
        document: A,
        from: TimeMs(1),
        until: TimeMs(2),
        ceiling: Tiyn(3),
        vat_basis_points: 1_600,
        kind: SettlementKind::TengeAtRedemption,
        offsets: UtcOffsets::fixed(300),
        next_cut: Some(PERIOD),
    };
    golden.add("agreement", &AgreementRecord::from(agreement));
    golden.add(
        "key.agreement",
        &agreement_key(PROGRAMME, PROVIDER).to_vec(),
    );
    let act = Act {
        body: body(),
        state: ActState::PaymentFailed,
        signed: Some(by),
        accepted: Some(by),
        check: Some(EditCheck {
            report: B,
            excess: Tiyn(0),
        }),
        despite: Some(despite()),
        dispute: Some(Dispute {
            reason: DisputeReason::Other,
            statement: B,
            lines: vec![A],
            by,
        }),
        payment: Some(Payment {
            attempt: 2,
            file: A,
            details: B,
            ordered_at: TimeMs(5),
            answer: Some(BankAnswer {
                message: B,
                reason: *b"AC04",
            }),
            refused_late: Some(BankAnswer {
                message: A,
                reason: [0; 4],
            }),
            returned: 1,
        }),
    };
    golden.add("act", &ActRecord::from(act));
    golden.add("key.act", &act_key(&ACT).to_vec());
    golden.add("act.hash", &body().hash());
    let end_to_end = end_to_end_id(&body().hash(), 12);
    assert!(end_to_end.len() <= END_TO_END_CHARACTERS);
    golden.add("act.end_to_end_id", &end_to_end);
    let details = Details {
        confirmed: Some(A),
        proposal: Some(Proposal {
            details: B,
            by,
            approved: Some(by),
        }),
    };
    golden.add("details", &DetailsRecord::from(details));
    golden.add("key.details", &details_key(PAYER, PROVIDER).to_vec());
    golden.add("ordered", &OrderedRecord::from(2));
    golden.add(
        "key.ordered",
        &ordered_key(PAYER, &MessageId([7; 16]), &ACT).to_vec(),
    );
    golden.check("tests/golden/records.txt");
}

#[test]
fn events() {
    let mut golden = Golden::new();
    let device = key_of(1);
    let events = [
        SettlementEvent::AgreementSet {
            programme: PROGRAMME,
            provider: PROVIDER,
            payer: PAYER,
            document: A,
            from: TimeMs(1),
            until: TimeMs(2),
            ceiling: Tiyn(3),
            vat_basis_points: 1_600,
            kind: SettlementKind::StockOnly,
        },
        SettlementEvent::DetailsProposed {
            payer: PAYER,
            provider: PROVIDER,
            details: A,
        },
        SettlementEvent::DetailsApproved {
            payer: PAYER,
            provider: PROVIDER,
            details: A,
            device,
            confirmed: true,
        },
        SettlementEvent::ActMade {
            act: ACT,
            hash: A,
            payer: PAYER,
            lines: 3,
            reversed_lines: 1,
            sum: TiynTotal(900),
            reversed: TiynTotal(300),
            payable: Tiyn(510),
            corrects: Some(B),
            corrections: vec![line()],
        },
        SettlementEvent::ActSigned {
            act: ACT,
            hash: A,
            device,
        },
        SettlementEvent::ActAccepted {
            act: ACT,
            hash: A,
            device,
            check: Some(EditCheck {
                report: B,
                excess: Tiyn(0),
            }),
            despite: Some(despite()),
        },
        SettlementEvent::ActDisputed {
            act: ACT,
            reason: DisputeReason::Twice,
            statement: A,
            lines: vec![B],
        },
        SettlementEvent::DisputeWithdrawn { act: ACT },
        SettlementEvent::PaymentOrdered {
            act: ACT,
            attempt: 1,
            amount: Tiyn(510),
            file: A,
            details: B,
        },
        SettlementEvent::PaymentFailed {
            act: ACT,
            attempt: 1,
            message: A,
            reason: *b"AC04",
        },
        SettlementEvent::ActPaid {
            act: ACT,
            amount: Tiyn(510),
            attempt: Some(1),
            message: A,
        },
        SettlementEvent::PaymentRefusedLate {
            act: ACT,
            attempt: 1,
            message: A,
            reason: *b"AC04",
        },
        SettlementEvent::PaymentReturned {
            act: ACT,
            attempt: 1,
            amount: Tiyn(510),
            owed_again: true,
            message: A,
            reason: *b"AC04",
        },
        SettlementEvent::ActPruned { act: ACT },
    ];
    for event in &events {
        golden.add(&format!("event.{}", event.kind()), event);
    }
    golden.check("tests/golden/events.txt");
}
