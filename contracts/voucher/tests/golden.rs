//! The bytes of messages, questions and statements. `UPDATE_GOLDEN=1` writes them anew.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::samples::*;
use common::*;
use senim_abi::civil::Month;
use senim_abi::policy::{self, Act, Decision, Denial, Explanation, Question, Step, Terms};
use senim_abi::voucher::msg::*;
use senim_abi::voucher::offline::OfflineStatement;
use senim_abi::voucher::proof::*;
use senim_abi::voucher::record::*;
use senim_abi::voucher::{Asked, DueEntry};
use senim_sdk::codec;
use senim_sdk::testing::{Golden, key_of};
use senim_types::{Code, Hash, OrgId, Tiyn};

fn messages() -> Vec<(&'static str, Execute)> {
    let (programme, voucher, place) = (FREE_MEALS, ID, SCHOOL);
    let redeem = |proof| redeem_with(ID, PRICE, proof);
    vec![
        (
            "set_programme",
            Execute::SetProgramme {
                programme,
                settings: whole_settings(),
            },
        ),
        (
            "set_policy",
            Execute::SetPolicy {
                programme,
                policy: policy(rules()),
            },
        ),
        ("set_service", set_service(programme, place, Some(SERVICE))),
        ("set_service.none", set_service(programme, place, None)),
        (
            "set_listing",
            Execute::SetListing {
                programme,
                product: products()[2],
                listing: Some(LISTING),
            },
        ),
        (
            "set_calendar",
            Execute::SetCalendar {
                programme,
                place,
                month: MONTH,
                calendar: CALENDAR,
            },
        ),
        (
            "attend",
            Execute::Attend {
                programme,
                place,
                day: FRIDAY,
                present: 17,
                marks: vec![Mark {
                    voucher,
                    absent: true,
                }],
            },
        ),
        (
            "list",
            Execute::List {
                programme,
                index: 3,
                entries: vec![ENTRY],
            },
        ),
        ("attest", attest(ID, 0xcc)),
        (
            "assign",
            Execute::Assign {
                arms: vec![(ID, 1)],
            },
        ),
        ("offer", Execute::Offer { vouchers: vec![ID] }),
        ("answer", answer(ID, true)),
        ("open", Execute::Open { voucher }),
        (
            "issue",
            Execute::Issue {
                index: 2,
                programme,
                holder: Some(key_of(PARENT)),
                entry: ENTRY,
            },
        ),
        ("bind", bind(ID, PARENT)),
        (
            "by_holder.activate",
            Execute::ByHolder {
                statement: holder(HolderAct::Activate),
            },
        ),
        (
            "by_holder.delegate",
            Execute::ByHolder {
                statement: holder(HolderAct::Delegate(delegation())),
            },
        ),
        (
            "by_holder.undelegate",
            Execute::ByHolder {
                statement: holder(HolderAct::Undelegate),
            },
        ),
        (
            "by_holder.withdraw",
            Execute::ByHolder {
                statement: holder(HolderAct::Withdraw),
            },
        ),
        (
            "top_up",
            Execute::TopUp {
                voucher,
                amount: Tiyn(5),
                until: AT,
            },
        ),
        (
            "move",
            Execute::Move {
                voucher,
                place: Some(OTHER_SCHOOL),
            },
        ),
        (
            "suspend",
            Execute::Suspend {
                voucher,
                suspended: true,
            },
        ),
        ("revoke", Execute::Revoke { voucher }),
        ("redeem.attested", redeem(Proof::Attested)),
        ("redeem.live_qr", redeem(Proof::LiveQr(QR()))),
        ("redeem.code", redeem(Proof::Code { at: AT })),
        (
            "reveal_arms",
            Execute::RevealArms {
                programme,
                seed: Hash([0xee; 32]),
            },
        ),
        ("sync_offline", Execute::SyncOffline { programme, place }),
        (
            "redeem_offline",
            Execute::RedeemOffline {
                programme,
                terminal: key_of(3),
                records: vec![offline_record()],
            },
        ),
        (
            "answer_excess",
            Execute::AnswerExcess {
                programme,
                terminal: key_of(3),
                sequence: 18,
                pays: PRICE,
            },
        ),
        (
            "refund",
            Execute::Refund {
                voucher: ID,
                number: 8,
            },
        ),
    ]
}

#[test]
fn messages_have_these_bytes() {
    let mut golden = Golden::new();
    for (name, message) in messages() {
        golden.add(&format!("execute.{name}"), &message);
    }
    golden.add("genesis", &Genesis(vec![set_service(MEALS, SCHOOL, None)]));
    let (voucher, asked) = (ID, Asked::Activation);
    golden.add("due.sweep", &DueEntry::Sweep { voucher });
    golden.add("due.forget", &DueEntry::Forget { voucher });
    golden.add("due.remind", &DueEntry::Remind { voucher, asked });
    golden.add("due.lapse", &DueEntry::Lapse { voucher, asked });
    let (programme, place, day) = (MEALS, SCHOOL, FRIDAY);
    golden.add(
        "due.forget_tally",
        &DueEntry::ForgetTally {
            programme,
            place,
            day,
        },
    );
    let terminal = key_of(3);
    golden.add(
        "due.forget_taken",
        &DueEntry::ForgetTaken {
            programme,
            terminal,
            first: 17,
            count: 20,
        },
    );
    golden.add(
        "due.forget_excess",
        &DueEntry::ForgetExcess {
            programme,
            terminal,
            sequence: 18,
        },
    );
    golden.add(
        "query.offline_chain",
        &Query::OfflineChain {
            programme,
            terminal,
        },
    );
    golden.add(
        "query.excess",
        &Query::Excess {
            programme,
            after: Some((terminal, 17)),
        },
    );
    golden.add(
        "answer.taken",
        &Taken {
            next: 19,
            paid: 1,
            excess: 2,
            known: 3,
        },
    );
    golden.add("due.resume", &DueEntry::Resume { voucher });
    golden.add(
        "due.forget_finding",
        &DueEntry::ForgetFinding {
            programme,
            served: Served {
                provider: OrgId(50),
                period: Month::new(2027, 1),
            },
            place,
            day: 20_833,
        },
    );
    golden.add(
        "due.forget_chain",
        &DueEntry::ForgetChain {
            programme,
            terminal,
        },
    );
    golden.add("query.voucher", &Query::Voucher { voucher });
    golden.add("query.programme", &Query::Programme { programme });
    golden.add(
        "query.policy",
        &Query::Policy {
            programme,
            version: 2,
        },
    );
    golden.add("query.service", &Query::Service { programme, place });
    golden.add(
        "query.listing",
        &Query::Listing {
            programme,
            product: products()[1],
        },
    );
    golden.add(
        "query.calendar",
        &Query::Calendar {
            programme,
            place,
            month: MONTH,
        },
    );
    golden.add(
        "query.tally",
        &Query::Tally {
            programme,
            place,
            day,
        },
    );
    golden.add(
        "query.findings",
        &Query::Findings {
            programme,
            provider: CATERER,
            period: MONTH,
            after: Some((place, day)),
        },
    );
    golden.add(
        "answer.redeemed",
        &Redeemed {
            number: 8,
            pays: Tiyn(4),
            bears: Tiyn(1),
            left: Tiyn(5),
        },
    );
    golden.add(
        "answer.view",
        &VoucherView {
            voucher: self::voucher(Standing::Active),
            now: AT,
            status: Status::Expired,
        },
    );
    let refused = Refused {
        rule: 10,
        programme,
        version: 2,
        voucher,
        facts: Some(facts(Act::Issue)),
    };
    golden.add("detail.refused", &refused);
    golden.check("tests/golden/messages.txt");
}

#[test]
fn questions_to_policies_have_these_bytes() {
    let mut golden = Golden::new();
    for (name, act) in acts() {
        golden.add(&format!("facts.{name}"), &facts(act));
    }
    let question = || Question {
        parameters: policy(rules()).parameters,
        facts: facts(Act::Issue),
    };
    golden.add("query.decide", &policy::Query::Decide(question()));
    golden.add("query.explain", &policy::Query::Explain(question()));
    golden.add("query.describe", &policy::Query::Describe);
    golden.add("query.check", &policy::Query::Check(vec![1, 2]));
    let yes: Decision = Ok(Terms {
        pays: Tiyn(4),
        bears: Tiyn(1),
    });
    let no: Decision = Err(Denial {
        code: Code::DAILY_LIMIT,
        rule: 10,
    });
    golden.add("decision.yes", &yes);
    golden.add("decision.no", &no);
    let steps = vec![Step {
        rule: 10,
        kept: false,
        found: 1,
        bound: 1,
    }];
    golden.add(
        "explanation",
        &Explanation {
            steps,
            decision: no,
        },
    );
    golden.check("tests/golden/policy.txt");
}

#[test]
fn statements_have_these_bytes() {
    let mut golden = Golden::new();
    golden.add("qr", &QR());
    golden.add("holder", &holder(HolderAct::Withdraw));
    let statement = UseStatement {
        voucher: ID,
        org: OrgId(60),
        device: key_of(3),
        at: AT,
        lines: lines_hash(&lines()),
    };
    golden.add("use", &statement);
    let record = offline_record();
    golden.add("offline.record", &record);
    golden.add("offline.hash", &record.hash());
    let statement = OfflineStatement {
        programme: MEALS,
        sequence: record.sequence,
        head: record.hash(),
    };
    golden.add("offline.head", &statement);
    golden.check("tests/golden/statements.txt");
}

#[test]
fn a_question_about_a_meal_fits_the_detail_of_a_refusal() {
    let Act::Redeem { mut lines, proof } = acts()[3].1.clone() else {
        unreachable!()
    };
    lines.truncate(1);
    let facts = Some(facts(Act::Redeem { lines, proof }));
    let refused = Refused {
        rule: 10,
        programme: MEALS,
        version: 2,
        voucher: ID,
        facts,
    };
    assert!(codec::encode(&refused).len() <= senim_sdk::Refusal::DETAIL_BYTES_MAX);
}

#[test]
fn the_rights_name_the_methods_in_their_order() {
    let mut methods: Vec<(u8, &str)> = messages()
        .iter()
        .map(|(name, message)| (codec::encode(message)[0], name.split('.').next().unwrap()))
        .collect();
    methods.dedup();
    let rights = (0u8..).zip(RIGHTS.map(|(name, _)| name));
    assert_eq!(methods, rights.collect::<Vec<_>>());
}
