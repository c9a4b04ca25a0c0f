//! How large a country is played, and what its year came to.

use senim_abi::civil::Month;
use std::fmt;

/// How small the country is.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Validators.
    pub validators: usize,
    /// Days.
    pub days: u32,
    /// Prescriptions issued each day, one item each.
    pub prescriptions: usize,
    /// Pupils with a meal voucher.
    pub pupils: usize,
}

/// What a month came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct MonthEnd {
    /// Year and month.
    pub month: Month,
    /// Keys of the state at its end.
    pub keys: usize,
    /// Bytes of keys and values.
    pub bytes: usize,
    /// Redemptions in it: medicines and meals.
    pub redeemed: usize,
    /// Acts of the caterer's that the state has at its end.
    pub acts: usize,
    /// Prescriptions forgotten in it.
    pub forgotten: usize,
    /// Packs forgotten in it.
    pub packs_forgotten: usize,
}

impl fmt::Display for MonthEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}-{:02}: {:>7} keys, {:>6} KiB; {:>6} redeemed; {:>2} acts; forgotten {:>5} prescriptions, {:>5} packs",
            self.month.year(),
            self.month.month(),
            self.keys,
            self.bytes / 1024,
            self.redeemed,
            self.acts,
            self.forgotten,
            self.packs_forgotten
        )
    }
}

/// What the year came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its months.
    pub months: Vec<MonthEnd>,
    /// Prescriptions that the state has forgotten, and whose issue and end were proven from the log.
    pub prescriptions: usize,
    /// Vouchers that it has forgotten, and whose issue and last use were proven.
    pub vouchers: usize,
    /// Transactions of all.
    pub transactions: usize,
}

impl Report {
    /// The months from which on everything that is kept for a time is forgotten as fast as it comes.
    pub fn steady(&self) -> &[MonthEnd] {
        let first = self
            .months
            .iter()
            .position(|month| month.forgotten > 0 && month.packs_forgotten > 0);
        // In the month in which forgetting begins it works for a part of the month only.
        first.map_or(&[], |first| &self.months[first + 1..])
    }

    /// By how much the state's bytes differ among the steady months, in percent of the first of them, either way.
    pub fn swing_percent(&self) -> Option<f64> {
        let steady = self.steady();
        let base = steady.first()?.bytes as f64;
        let away = steady
            .iter()
            .map(|month| (month.bytes as f64 - base).abs() * 100.0 / base);
        away.max_by(f64::total_cmp)
    }
}
