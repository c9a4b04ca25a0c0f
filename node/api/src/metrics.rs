//! What a node counts, in OpenMetrics text. Labels are codes and never anything of a person.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use senim_types::Code;

/// The counters of one node's interface.
pub struct Metrics {
    registry: Registry,
    accepted: Counter,
    refused: Family<Vec<(String, String)>, Counter>,
    height: Gauge,
    waiting: Gauge,
    halted: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("senim");
        let (accepted, refused) = (Counter::default(), Family::default());
        let (height, waiting, halted) = (Gauge::default(), Gauge::default(), Gauge::default());
        registry.register(
            "transactions_accepted",
            "Transactions taken from clients",
            accepted.clone(),
        );
        registry.register(
            "transactions_refused",
            "Transactions refused at submission, by code",
            refused.clone(),
        );
        registry.register(
            "height",
            "Height of the last committed block",
            height.clone(),
        );
        registry.register(
            "mempool_transactions",
            "Transactions waiting for a block",
            waiting.clone(),
        );
        registry.register(
            "halted",
            "1 where the node has halted and its operator must act",
            halted.clone(),
        );
        Metrics {
            registry,
            accepted,
            refused,
            height,
            waiting,
            halted,
        }
    }
}

impl Metrics {
    /// Counts a submission; `refused` with what code.
    pub fn submitted(&self, refused: Option<Code>) {
        match refused {
            None => self.accepted.inc(),
            Some(code) => {
                let label = vec![("code".to_owned(), code.to_string())];
                self.refused.get_or_create(&label).inc()
            }
        };
    }

    /// The text of all metrics.
    pub fn render(&self, height: u64, waiting: usize, halted: bool) -> String {
        self.height.set(i64::try_from(height).unwrap_or(i64::MAX));
        self.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        self.halted.set(i64::from(halted));
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            tracing::error!("metrics do not encode");
        }
        text
    }
}
