//! The two codes of a voucher: a live QR of whoever holds it or a part of it, good for a minute, and a code that a parent
//! prints or shares, good until the delegation ends.
//!
//! Both carry a private key, with which the terminal signs *where and for what* the voucher is used: what it submits is
//! worth nothing to anybody who copies it. Text forms: `SENIMV1:` and `SENIMC1:`, and what [`crate::envelope`] says.

use crate::envelope;
use crate::live_qr::{LiveQrError, Seed};
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::voucher::proof::{UseStatement, VoucherQr};
use senim_abi::voucher::{Proof, VoucherId};
use senim_types::crypto::{self, SecretKey};
use senim_types::domain::signed_bytes;
use senim_types::{ChainId, Domain, PublicKey, Signature, Statement, TimeMs};
use std::fmt;
use zeroize::Zeroizing;

/// Ahead of a live QR's text.
pub const LIVE_PREFIX: &str = "SENIMV1:";
/// Ahead of a printed code's text.
pub const PRINTED_PREFIX: &str = "SENIMC1:";

/// A live QR of a voucher.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LiveVoucher {
    chain: ChainId,
    voucher: VoucherId,
    issued_at: TimeMs,
    expires_at: TimeMs,
    by: PublicKey,
    signature: Signature,
    seed: Seed,
}

/// A code that a parent shares with a child or prints.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PrintedVoucher {
    chain: ChainId,
    voucher: VoucherId,
    seed: Seed,
}

/// One of the two, as it was scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VoucherCode {
    /// Good for a minute.
    Live(LiveVoucher),
    /// Good until the delegation ends.
    Printed(PrintedVoucher),
}

/// Without the secrets.
impl fmt::Debug for LiveVoucher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveVoucher")
            .field("voucher", &self.voucher)
            .field("issued_at", &self.issued_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Without the secrets.
impl fmt::Debug for PrintedVoucher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrintedVoucher")
            .field("voucher", &self.voucher)
            .finish_non_exhaustive()
    }
}

impl LiveVoucher {
    /// Makes and signs a QR by the holder's key or a delegate's. `ephemeral_seed` is fresh from a secure source and used
    /// for nothing else.
    pub fn issue(
        (chain, voucher): (ChainId, VoucherId),
        (issued_at, expires_at): (TimeMs, TimeMs),
        by: &SecretKey,
        ephemeral_seed: &[u8; 32],
    ) -> Result<LiveVoucher, LiveQrError> {
        let mut code = LiveVoucher {
            chain,
            voucher,
            issued_at,
            expires_at,
            by: by.public(),
            signature: Signature([0; 64]),
            seed: Seed(*ephemeral_seed),
        };
        code.check_form()?;
        code.signature = by.sign(Domain::VoucherQr, &chain, &code.statement().message());
        Ok(code)
    }

    /// What the key signed.
    pub fn statement(&self) -> VoucherQr {
        VoucherQr {
            voucher: self.voucher,
            ephemeral: SecretKey::from_seed(&self.seed.0).public(),
            issued_at: self.issued_at,
            expires_at: self.expires_at,
        }
    }

    /// The text that the QR shows. A secret for its minute.
    pub fn to_text(&self) -> Zeroizing<String> {
        envelope::to_text(LIVE_PREFIX, self)
    }

    fn check_form(&self) -> Result<(), LiveQrError> {
        if self.expires_at <= self.issued_at {
            return Err(LiveQrError::Window);
        }
        Ok(())
    }

    fn check(&self, now: TimeMs) -> Result<(), LiveQrError> {
        self.check_form()?;
        let message = self.statement().message();
        let signed = signed_bytes(Domain::VoucherQr, &self.chain, &message);
        if !crypto::verify(&self.by, &signed, &self.signature) {
            return Err(LiveQrError::NotSigned);
        }
        if now >= self.expires_at {
            return Err(LiveQrError::Expired);
        }
        Ok(())
    }
}

impl PrintedVoucher {
    /// A code of the delegate with this private key.
    pub fn new(chain: ChainId, voucher: VoucherId, delegate_seed: &[u8; 32]) -> PrintedVoucher {
        PrintedVoucher {
            chain,
            voucher,
            seed: Seed(*delegate_seed),
        }
    }

    /// The text of the code. A secret as long as the delegation holds.
    pub fn to_text(&self) -> Zeroizing<String> {
        envelope::to_text(PRINTED_PREFIX, self)
    }

    /// The delegate's key, with which a telephone makes live QRs.
    pub fn key(&self) -> SecretKey {
        SecretKey::from_seed(&self.seed.0)
    }

    /// The voucher.
    pub fn voucher(&self) -> VoucherId {
        self.voucher
    }
}

impl VoucherCode {
    /// Reads the text of a code.
    pub fn from_text(text: &str) -> Result<VoucherCode, LiveQrError> {
        if text.trim_start().starts_with(PRINTED_PREFIX) {
            return envelope::from_text(PRINTED_PREFIX, text).map(VoucherCode::Printed);
        }
        let live: LiveVoucher = envelope::from_text(LIVE_PREFIX, text)?;
        live.check_form()?;
        Ok(VoucherCode::Live(live))
    }

    /// The voucher.
    pub fn voucher(&self) -> VoucherId {
        match self {
            VoucherCode::Live(live) => live.voucher,
            VoucherCode::Printed(printed) => printed.voucher,
        }
    }

    /// Everything that the ledger will check and a terminal can check first: chain, times, signature. `now` is the
    /// terminal's clock; the ledger judges by block time.
    pub fn check(&self, chain: &ChainId, now: TimeMs) -> Result<(), LiveQrError> {
        let of = match self {
            VoucherCode::Live(live) => &live.chain,
            VoucherCode::Printed(printed) => &printed.chain,
        };
        if of != chain {
            return Err(LiveQrError::WrongChain);
        }
        match self {
            VoucherCode::Live(live) => live.check(now),
            VoucherCode::Printed(_) => Ok(()),
        }
    }

    /// When the use is said to be: a live QR's own time, a printed code's now.
    pub fn at(&self, now: TimeMs) -> TimeMs {
        match self {
            VoucherCode::Live(live) => live.issued_at,
            VoucherCode::Printed(_) => now,
        }
    }

    /// The proof for the ledger, and the witnesses that go with it: what the terminal uses the voucher for, signed with
    /// the code's private key, and for a live QR what its maker signed. The statement's time has to be
    /// [`VoucherCode::at`].
    pub fn prove(&self, statement: &UseStatement) -> (Proof, Vec<(Statement, Signature)>) {
        let (chain, seed) = match self {
            VoucherCode::Live(live) => (&live.chain, &live.seed),
            VoucherCode::Printed(printed) => (&printed.chain, &printed.seed),
        };
        let key = SecretKey::from_seed(&seed.0);
        let used = key.witness(Domain::VoucherUse, chain, statement.message());
        match self {
            VoucherCode::Live(live) => {
                let qr = live.statement();
                let shown = (qr.by(live.by), live.signature);
                (Proof::LiveQr(qr), vec![shown, used])
            }
            VoucherCode::Printed(_) => (Proof::Code { at: statement.at }, vec![used]),
        }
    }
}

#[cfg(test)]
#[path = "voucher_code_tests.rs"]
mod tests;
