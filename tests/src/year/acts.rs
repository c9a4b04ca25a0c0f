//! The caterer's act of each month: signed, accepted and paid as soon as the ledger has made it, and later forgotten.

use super::{CATERER, CITY, MEALS, Year};
use crate::world::Request;
use senim_abi::SETTLEMENT;
use senim_abi::civil::Month;
use senim_abi::settlement::msg::{ActAnswer, ActsAnswer};
use senim_abi::settlement::{ActId, ActState, Execute, Query};
use senim_types::Hash;

impl Year {
    /// The caterer's details, which the city confirms: nobody is paid without.
    pub(super) fn confirm_details(&mut self) {
        let details = Hash::of(b"details of somebody invented");
        let propose = Execute::ProposeDetails {
            payer: CITY,
            details,
        };
        let approve = Execute::ApproveDetails {
            provider: CATERER,
            details,
        };
        self.tell("canteen", &propose);
        self.tell("education", &approve);
        self.tell("education-2", &approve);
    }

    /// Has the act of a month that has ended signed and accepted, which pays it.
    pub(super) fn pay_act(&mut self, period: Month) {
        let act = ActId {
            programme: MEALS,
            provider: CATERER,
            period,
            number: 0,
        };
        let hash = self.act(act).expect("the ledger made it").body.hash();
        self.tell("canteen", &Execute::Sign { act, hash });
        let accept = Execute::Accept {
            act,
            hash,
            check: None,
            despite: None,
        };
        self.tell("education", &accept);
        let paid = self.act(act).expect("it is kept");
        assert_eq!(paid.state, ActState::Paid);
    }

    /// How many of the programme's acts the state has.
    pub(super) fn acts(&self) -> usize {
        let (mut count, mut after) = (0, None);
        loop {
            let question = Query::Acts {
                programme: MEALS,
                after,
            };
            let page: ActsAnswer = self
                .world
                .query(SETTLEMENT, &question)
                .expect("it lists them");
            count += page.len();
            after = page.last().map(|act| act.body.act);
            if page.len() < Query::ACTS_MAX {
                return count;
            }
        }
    }

    fn act(&self, act: ActId) -> ActAnswer {
        let answer = self.world.query(SETTLEMENT, &Query::Act { act });
        answer.expect("it answers")
    }

    fn tell(&mut self, device: &str, message: &Execute) {
        let request = Request::call(SETTLEMENT, message);
        let signed = self.world.sign(device, request);
        self.all(vec![signed]);
    }
}
