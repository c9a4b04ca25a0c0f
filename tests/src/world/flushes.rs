//! What nodes write on a thread of its own: here, later.

use super::{Event, World};
use senim_replica::FlushJob;

impl World {
    /// What the node's other thread is about to write is written now.
    pub(super) fn end_flushes(&mut self, node: usize) {
        let is_flush =
            |event: &Event| matches!(event, Event::Flush { node: of, .. } if *of == node);
        while let Some(at) = self
            .events
            .iter()
            .find(|(_, event)| is_flush(event))
            .map(|(at, _)| *at)
        {
            if let Some(Event::Flush { node, job }) = self.events.remove(&at) {
                self.flush(node, job);
            }
        }
    }

    pub(super) fn begin_flush(&mut self, node: usize) {
        let replica = self.nodes[node].running_mut();
        let Some(job) = replica.and_then(|replica| replica.begin_flush()) else {
            return;
        };
        match self.options.flush_after_ms {
            0 => self.flush(node, job),
            after_ms => self.push(after_ms, Event::Flush { node, job }),
        }
    }

    pub(super) fn flush(&mut self, node: usize, job: FlushJob) {
        let result = job.run();
        let replica = self.nodes[node].running_mut();
        let effects = replica.map(|replica| replica.end_flush(result, 0));
        self.perform(node, effects.unwrap_or_default());
        self.begin_flush(node);
    }
}
