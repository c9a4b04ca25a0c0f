//! A canteen that loses its connection once a week: it syncs in the morning, serves by itself, and sends what it did. One
//! record a week is beyond the rules, and the payer answers it.

use super::{MEAL, MEALS, SCHOOL, Year, meal_line};
use crate::world::Request;
use senim_abi::VOUCHER;
use senim_abi::voucher::msg::OfflineChainAnswer;
use senim_abi::voucher::offline::{OfflineRecord, OfflineStatement};
use senim_abi::voucher::{Execute, Proof, Query};
use senim_types::{Domain, PublicKey, SignedTransaction, Tiyn};

/// The terminal whose connection is bad.
const TERMINAL: &str = "canteen";
/// Of twenty pupils, who is served without connection on such a day.
pub const OFFLINE_OF_TWENTY: usize = 3;
/// A Wednesday.
pub const WEEKDAY: u64 = 2;
/// From its sync to its sending, in ms.
const WITHOUT_MS: u64 = 60_000;

impl Year {
    fn terminal(&self) -> PublicKey {
        self.world.network.device(TERMINAL).public()
    }

    /// Serves these pupils, by their numbers, without connection.
    pub(super) fn serve_offline(&mut self, pupils: &[usize]) {
        let sync = Execute::SyncOffline {
            programme: MEALS,
            place: SCHOOL,
        };
        let signed = self.world.sign(TERMINAL, Request::call(VOUCHER, &sync));
        self.all(vec![signed]);
        let question = Query::OfflineChain {
            programme: MEALS,
            terminal: self.terminal(),
        };
        let known: OfflineChainAnswer = self.world.query(VOUCHER, &question).expect("it answers");
        let chain = known.expect("it has synced");
        let (mut sequence, mut previous) = (chain.next, chain.head);
        let at = self.world.now();
        // The first pupil comes twice, and a terminal that knows no other does not see it.
        let twice = pupils.first().copied();
        let mut records = Vec::new();
        for pupil in pupils.iter().copied().chain(twice) {
            let record = OfflineRecord {
                session: chain.session.number,
                sequence,
                previous,
                voucher: self.vouchers[pupil],
                at,
                lines: vec![meal_line()],
                proof: Proof::Attested,
            };
            (sequence, previous) = (sequence + 1, record.hash());
            records.push((pupil, record));
        }
        self.world.advance(WITHOUT_MS);
        self.this.redeemed += pupils.len();
        self.this.offline += records.len();
        // One after the other, as a terminal does: what comes too early is refused for its gap.
        for part in records.chunks(OfflineRecord::BATCH_MAX) {
            let transaction = self.sent(part.iter().map(|(_, record)| record.clone()).collect());
            for (pupil, _) in part {
                self.given[self.first_of_year + pupil].used_by = Some(transaction.hash());
            }
            self.all(vec![transaction]);
        }
        if twice.is_some() {
            self.answer(sequence - 1);
        }
    }

    fn sent(&mut self, records: Vec<OfflineRecord>) -> SignedTransaction {
        let last = records.last().expect("a part is not empty");
        let statement = OfflineStatement {
            programme: MEALS,
            sequence: last.sequence,
            head: last.hash(),
        };
        let network = &self.world.network;
        let key = network.device(TERMINAL);
        let message = statement.message();
        let witness = key.witness(Domain::VoucherOffline, &network.chain, message);
        let redeem = Execute::RedeemOffline {
            programme: MEALS,
            terminal: self.terminal(),
            records,
        };
        let request = Request::call(VOUCHER, &redeem).witnessed(witness);
        self.world.sign(TERMINAL, request)
    }

    /// The payer answers for what was beyond the rules: it pays every other one.
    fn answer(&mut self, sequence: u64) {
        let pays = match self.this.excess % 2 {
            0 => MEAL,
            _ => Tiyn::ZERO,
        };
        let answer = Execute::AnswerExcess {
            programme: MEALS,
            terminal: self.terminal(),
            sequence,
            pays,
        };
        let signed = self
            .world
            .sign("education", Request::call(VOUCHER, &answer));
        self.this.excess += 1;
        self.all(vec![signed]);
    }
}
