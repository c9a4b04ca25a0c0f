//! What contends within one block: two terminals for one voucher, several pharmacies for the last of a budget. The order of
//! the block decides, once for everybody.

use senim_abi::VOUCHER;
use senim_abi::policy::{Line, Product};
use senim_abi::treasury::ProgrammeId;
use senim_abi::voucher::{Entry, Execute, Proof, VoucherId};
use senim_replica::SubmitAnswer;
use senim_tests::world::people::{self, METFORMIN_CAP as PRICE, metformin, metformin_pack};
use senim_tests::world::{Request, World, secret};
use senim_types::{Code, OrgId, Receipt, SignedTransaction, TimeMs, Tiyn, codec};

const SCHOOL: OrgId = OrgId(40);
const CATERER: OrgId = OrgId(50);
const MEALS: ProgrammeId = ProgrammeId(2);
const MEAL: Tiyn = Tiyn(90_000);
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Offers all to one node before any block is made; their receipts, which are of one block.
fn in_one_block(world: &mut World, signed: &[SignedTransaction]) -> Vec<Receipt> {
    for transaction in signed {
        let answer = world.offer(0, &codec::encode(transaction));
        assert!(matches!(answer, SubmitAnswer::Accepted(_)), "{answer:?}");
    }
    world.settle();
    let receipts: Vec<Receipt> = signed
        .iter()
        .map(|transaction| world.proof(&transaction.hash()).receipt)
        .collect();
    for receipt in &receipts {
        assert_eq!(receipt.height, receipts[0].height, "one block has them all");
    }
    receipts
}

/// How often each outcome comes.
fn refused_with(receipts: &[Receipt], code: Code) -> usize {
    let refused = receipts.iter().filter_map(|receipt| receipt.status.code());
    refused.filter(|refused| *refused == code).count()
}

#[test]
fn two_terminals_redeem_one_voucher_and_one_of_them_feeds() {
    let mut world = World::of(4, 41);
    let until = TimeMs(world.now().0 + 200 * DAY_MS);
    let issue = Execute::Issue {
        index: 0,
        programme: MEALS,
        holder: Some(secret("a pupil").public()),
        entry: Entry {
            place: Some(SCHOOL),
            amount: Tiyn(170 * MEAL.0),
            mature_at: until,
            until,
        },
    };
    let issued = world.apply("education", Request::call(VOUCHER, &issue));
    let redeem = Execute::Redeem {
        voucher: VoucherId::derive(&issued.transaction, 0),
        place: SCHOOL,
        lines: vec![Line {
            product: Product::Service(1),
            units: 1,
            price: MEAL,
            listing: None,
        }],
        proof: Proof::Attested,
    };
    let signed: Vec<SignedTransaction> = ["canteen", "canteen-2"]
        .map(|terminal| world.sign(terminal, Request::call(VOUCHER, &redeem)))
        .into();
    let receipts = in_one_block(&mut world, &signed);
    assert_eq!(refused_with(&receipts, Code::DAILY_LIMIT), 1);
    let applied = receipts
        .iter()
        .filter(|receipt| receipt.status.is_applied());
    assert_eq!(applied.count(), 1);
    let claim: senim_abi::treasury::msg::ClaimAnswer = world
        .query(
            senim_abi::TREASURY,
            &senim_abi::treasury::Query::Claim {
                provider: CATERER,
                programme: MEALS,
                period: senim_abi::civil::UtcOffsets::fixed(300).month_of(world.now()),
            },
        )
        .expect("the treasury answers");
    let claim = claim.expect("a meal was paid");
    assert_eq!((claim.lines, claim.sum.0), (1, u128::from(MEAL.0)));
}

#[test]
fn a_budget_that_runs_out_within_a_block_pays_whoever_comes_first_and_nobody_by_half() {
    let mut world = World::of(4, 42);
    let pharmacy = OrgId(20);
    let tokens: Vec<_> = (0..4)
        .map(|number| {
            let item = metformin(60, world.now());
            world.issued(&format!("person {number}"), vec![item])
        })
        .collect();
    for token in &tokens {
        world.held("pharmacy", token);
    }
    // Enough for two and a half.
    let available =
        u64::try_from(world.budget().available().0).expect("the devnet is not that rich");
    let left = 2 * PRICE.0 + PRICE.0 / 2;
    let withdrawn = people::withdraw("all but two and a half", Tiyn(available - left));
    world.apply("fund", withdrawn);
    let signed: Vec<SignedTransaction> = tokens
        .iter()
        .zip(1u32..)
        .map(|(token, number)| {
            let pack = metformin_pack(number);
            let dispense = world.dispensing("pharmacy", token, pack, 60, PRICE);
            world.sign("pharmacy", dispense)
        })
        .collect();
    let receipts = in_one_block(&mut world, &signed);
    assert_eq!(refused_with(&receipts, Code::BUDGET_EXHAUSTED), 2);
    assert_eq!(world.budget().available().0, u128::from(PRICE.0 / 2));
    let claim = world.claim(pharmacy).expect("two are paid");
    assert_eq!((claim.lines, claim.sum.0), (2, u128::from(2 * PRICE.0)));
    for ((receipt, token), number) in receipts.iter().zip(&tokens).zip(1u32..) {
        // Prescription and pack went with the money, or stayed with it.
        let item = &world.group(token.group).group.items[0];
        assert_eq!(item.remaining == 0, receipt.status.is_applied());
        let pack = world
            .pack(&metformin_pack(number))
            .expect("it is known")
            .pack;
        let is_supplied = matches!(pack.state, senim_abi::marking::PackState::Supplied { .. });
        assert_eq!(is_supplied, receipt.status.is_applied());
    }
}
