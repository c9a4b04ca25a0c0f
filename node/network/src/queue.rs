//! What waits to be sent to one peer: two lanes, each bounded by count and bytes.

use crate::frame::Lane;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Bounds of one lane.
#[derive(Clone, Copy, Debug)]
pub struct LaneLimits {
    /// Messages that may wait.
    pub messages_max: usize,
    /// Bytes that may wait; one message always may.
    pub bytes_max: usize,
}

/// Bounds of a peer's queue.
#[derive(Clone, Copy, Debug)]
pub struct QueueLimits {
    /// Of the urgent lane.
    pub urgent: LaneLimits,
    /// Of the bulk lane.
    pub bulk: LaneLimits,
}

impl Default for QueueLimits {
    fn default() -> Self {
        QueueLimits {
            urgent: LaneLimits {
                messages_max: 8_192,
                bytes_max: 8 << 20,
            },
            bulk: LaneLimits {
                messages_max: 8_192,
                bytes_max: 32 << 20,
            },
        }
    }
}

#[derive(Default)]
struct Waiting {
    messages: VecDeque<Arc<[u8]>>,
    bytes: usize,
}

impl Waiting {
    fn push(&mut self, message: Arc<[u8]>, limits: LaneLimits) -> bool {
        let fits = self.messages.is_empty()
            || (self.messages.len() < limits.messages_max
                && self.bytes + message.len() <= limits.bytes_max);
        if fits {
            self.bytes += message.len();
            self.messages.push_back(message);
        }
        fits
    }

    fn pop(&mut self) -> Option<Arc<[u8]>> {
        let message = self.messages.pop_front()?;
        self.bytes -= message.len();
        Some(message)
    }
}

#[derive(Default)]
struct Lanes {
    urgent: Waiting,
    bulk: Waiting,
}

/// See the module. Many may push, one pops.
pub struct Queue {
    limits: QueueLimits,
    lanes: Mutex<Lanes>,
    pushed: Notify,
}

impl Queue {
    /// An empty queue.
    pub fn new(limits: QueueLimits) -> Queue {
        Queue {
            limits,
            lanes: Mutex::default(),
            pushed: Notify::new(),
        }
    }

    /// Adds a message; false if the lane is full and the message is lost.
    pub fn push(&self, lane: Lane, message: Arc<[u8]>) -> bool {
        let mut lanes = self.lock();
        let fits = match lane {
            Lane::Urgent => lanes.urgent.push(message, self.limits.urgent),
            Lane::Bulk => lanes.bulk.push(message, self.limits.bulk),
        };
        drop(lanes);
        self.pushed.notify_one();
        fits
    }

    /// The next message of a lane, if there is one.
    pub fn pop(&self, lane: Lane) -> Option<Arc<[u8]>> {
        let mut lanes = self.lock();
        match lane {
            Lane::Urgent => lanes.urgent.pop(),
            Lane::Bulk => lanes.bulk.pop(),
        }
    }

    /// Waits for a push. One that came before the call counts.
    pub async fn pushed(&self) {
        self.pushed.notified().await;
    }

    /// Forgets all that waits: it was meant for a connection that is no more.
    pub fn clear(&self) {
        *self.lock() = Lanes::default();
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: usize) -> Arc<[u8]> {
        vec![0; length].into()
    }

    #[test]
    fn each_lane_keeps_its_order_and_its_bounds() {
        let lane = |messages_max, bytes_max| LaneLimits {
            messages_max,
            bytes_max,
        };
        let queue = Queue::new(QueueLimits {
            urgent: lane(2, 100),
            bulk: lane(10, 100),
        });
        assert!(queue.push(Lane::Urgent, message(1)));
        assert!(queue.push(Lane::Urgent, message(2)));
        assert!(!queue.push(Lane::Urgent, message(3)), "two may wait");
        assert!(queue.push(Lane::Bulk, message(500)), "one always may");
        assert!(!queue.push(Lane::Bulk, message(1)), "bytes are full");
        assert_eq!(queue.pop(Lane::Urgent).map(|m| m.len()), Some(1));
        assert!(queue.push(Lane::Urgent, message(4)));
        assert_eq!(queue.pop(Lane::Urgent).map(|m| m.len()), Some(2));
        assert_eq!(queue.pop(Lane::Bulk).map(|m| m.len()), Some(500));
        assert_eq!(queue.pop(Lane::Bulk), None);
        queue.clear();
        assert_eq!(queue.pop(Lane::Urgent), None);
    }
}
