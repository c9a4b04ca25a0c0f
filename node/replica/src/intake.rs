//! Transactions from clients and peers: verified once, admitted by the tip's state, passed on.

use crate::input::{Effect, SubmitAnswer, Ticket};
use crate::mempool::Offer;
use crate::message::{GOSSIP_BYTES_MAX, PeerMessage};
use crate::replica::{Fault, Replica};
use crate::stage::Stage;
use senim_execution::admit;
use senim_types::crypto::{VerifiedTransaction, verify_transactions};
use senim_types::{Code, PublicKey, SignedTransaction, TimeMs};

impl Replica {
    /// Clients' transactions: each gets an answer, the new ones go to the other nodes.
    pub(crate) fn submitted(
        &mut self,
        now: TimeMs,
        submissions: Vec<(Ticket, SignedTransaction)>,
    ) -> Result<(), Fault> {
        let (tickets, transactions): (Vec<_>, Vec<_>) = submissions.into_iter().unzip();
        let verified = self.verify(transactions);
        let mut fresh = Vec::new();
        for (ticket, verified) in tickets.into_iter().zip(verified) {
            let answer = match verified {
                Err(code) => SubmitAnswer::Refused(code),
                Ok(transaction) => self.offer(now, transaction, &mut fresh)?,
            };
            self.out.push(Effect::Answer { ticket, answer });
        }
        self.gossip(fresh);
        self.start_height_if_due(now)
    }

    /// Submissions to a node that has halted: what is committed has its receipt, as ever. The rest it cannot take.
    pub(crate) fn submitted_late(&mut self, submissions: Vec<(Ticket, SignedTransaction)>) {
        for (ticket, transaction) in submissions {
            let hash = transaction.hash();
            let answer = match self.ledger.find_transaction(&hash) {
                Ok(Some(_)) => SubmitAnswer::Committed(hash),
                // What stopped the node may be the very thing that is asked here.
                Ok(None) | Err(_) => SubmitAnswer::Refused(Code::NOT_READY),
            };
            self.out.push(Effect::Answer { ticket, answer });
        }
    }

    /// Transactions that a peer took: verified again, taken where they can be, not passed on (the
    /// peer sent them to everybody).
    pub(crate) fn received_transactions(
        &mut self,
        now: TimeMs,
        from: PublicKey,
        transactions: Vec<SignedTransaction>,
    ) -> Result<(), Fault> {
        let unknown: Vec<SignedTransaction> = transactions
            .into_iter()
            .filter(|transaction| {
                let waiting = self
                    .mempool
                    .get(&transaction.body.device, transaction.body.sequence);
                waiting.is_none_or(|waiting| waiting.transaction() != transaction)
            })
            .collect();
        for verified in self.verify(unknown) {
            match verified {
                // An honest peer verified it: signatures do not spoil on the way.
                Err(code) => self.out.push(Effect::Misbehaved { peer: from, code }),
                Ok(transaction) => {
                    self.offer(now, transaction, &mut Vec::new())?;
                }
            }
        }
        self.start_height_if_due(now)
    }

    fn verify(
        &mut self,
        transactions: Vec<SignedTransaction>,
    ) -> Vec<Result<VerifiedTransaction, Code>> {
        self.enter(Stage::Verify);
        let chain = self.ledger.tip().chain;
        let verified = verify_transactions(&chain, transactions, &mut self.rng);
        self.enter(Stage::Other);
        verified
    }

    /// Judges a verified transaction by the tip's state and the mempool.
    fn offer(
        &mut self,
        now: TimeMs,
        transaction: VerifiedTransaction,
        fresh: &mut Vec<SignedTransaction>,
    ) -> Result<SubmitAnswer, Fault> {
        let hash = transaction.hash();
        let tip = self.ledger.tip();
        // What is past its time by the clock would not be included by any proposer.
        let time = TimeMs(now.0.max(tip.time.0));
        let admitted = admit(
            &self.ledger,
            &tip.chain,
            time,
            &transaction.transaction().body,
        );
        match admitted.map_err(Fault::host)? {
            Err(code) => {
                // The same transaction again is answered with its receipt, whatever it is refused for now.
                if self
                    .ledger
                    .find_transaction(&hash)
                    .map_err(Fault::state)?
                    .is_some()
                {
                    return Ok(SubmitAnswer::Committed(hash));
                }
                // Every number below a device's window is used.
                let is_below = code == Code::SEQUENCE_TOO_OLD;
                Ok(SubmitAnswer::Refused(if is_below {
                    Code::SEQUENCE_USED
                } else {
                    code
                }))
            }
            Ok(()) => match self.mempool.offer(transaction.clone()) {
                Ok(offer) => {
                    if offer == Offer::Added {
                        fresh.push(transaction.transaction().clone());
                    }
                    Ok(SubmitAnswer::Accepted(hash))
                }
                Err(code) => Ok(SubmitAnswer::Refused(code)),
            },
        }
    }

    fn gossip(&mut self, transactions: Vec<SignedTransaction>) {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for transaction in transactions {
            let length = transaction
                .body
                .calls
                .iter()
                .map(|call| call.input.len())
                .sum::<usize>()
                + 4096;
            if bytes + length > GOSSIP_BYTES_MAX && !batch.is_empty() {
                let message = PeerMessage::Transactions(std::mem::take(&mut batch));
                self.broadcast(&message);
                bytes = 0;
            }
            bytes += length;
            batch.push(transaction);
        }
        if !batch.is_empty() {
            self.broadcast(&PeerMessage::Transactions(batch));
        }
    }
}
