//! That what the state has forgotten can be proven from the log, to somebody who has the genesis alone.

use super::Year;
use crate::world::people::Token;
use senim_abi::VOUCHER;
use senim_abi::voucher::{Query, VoucherId, msg::VoucherView};
use senim_light_client::LightClient;
use senim_types::{Code, Hash, codec};

/// A prescription and the transactions that made and ended it.
pub struct Issued {
    pub token: Token,
    pub made_by: Hash,
    /// The dispense; none if it was left to expire.
    pub ended_by: Option<Hash>,
}

/// A voucher, and the transactions that made it and used it last.
pub struct Given {
    pub voucher: VoucherId,
    pub made_by: Hash,
    pub used_by: Option<Hash>,
}

impl Year {
    /// Proves the beginning and the end of everything that is forgotten: so many prescriptions, so many vouchers.
    pub fn prove(&self) -> (usize, usize) {
        let light = LightClient::from_genesis(&self.world.network.genesis);
        let prove = |transaction: Hash| {
            let proof = codec::encode(&self.world.proof(&transaction));
            let receipt = light.receipt(&proof).expect("the proof holds");
            assert_eq!(receipt.transaction, transaction);
            assert!(receipt.status.is_applied());
        };
        let prescriptions = &self.issued[..self.kept_from];
        for issued in prescriptions {
            prove(issued.made_by);
            issued.ended_by.into_iter().for_each(prove);
        }
        let is_gone = |given: &&Given| !self.is_voucher_known(&given.voucher);
        let vouchers: Vec<&Given> = self.given.iter().filter(is_gone).collect();
        for given in &vouchers {
            prove(given.made_by);
            given.used_by.into_iter().for_each(prove);
        }
        (prescriptions.len(), vouchers.len())
    }

    fn is_voucher_known(&self, voucher: &VoucherId) -> bool {
        let question = Query::Voucher { voucher: *voucher };
        match self.world.query::<VoucherView>(VOUCHER, &question) {
            Ok(_) => true,
            Err(code) => {
                assert_eq!(code, Code::VOUCHER_UNKNOWN);
                false
            }
        }
    }
}
