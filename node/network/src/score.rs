//! What misbehaviour leads to: points that fade; at a hundred the peer is cut off for a while, longer each time.

use senim_types::{Code, PublicKey};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Points of something that no honest node of this version sends.
pub const POINTS_FORGED: u32 = 100;
/// Points of what may have reasons other than malice.
pub const POINTS_DOUBTFUL: u32 = 20;
/// Points at which a peer is cut off.
const POINTS_MAX: u32 = 100;
/// A point fades in so long.
const FADE: Duration = Duration::from_secs(6);
/// First time that a peer is kept out; each further time is twice as long.
const BAN: Duration = Duration::from_secs(30);
/// Longest time.
const BAN_MAX: Duration = Duration::from_secs(3_600);
/// Peers remembered. The list of who may connect is shorter.
const PEERS_MAX: usize = 4_096;

/// What a message that is refused with this code costs its sender. Honest nodes check what they pass on: bytes that do not
/// decode, signatures that do not verify and snapshots that contradict themselves are the sender's own.
pub const fn points_of(code: Code) -> u32 {
    match code {
        Code::MALFORMED
        | Code::NOT_CANONICAL
        | Code::TOO_LARGE
        | Code::BAD_SIGNATURE
        | Code::BAD_WITNESS
        | Code::CERTIFICATE_SIGNATURE
        | Code::CERTIFICATE_QUORUM
        | Code::VOTE_SIGNATURE
        | Code::VOTE_CERTIFICATE
        | Code::SNAPSHOT_MANIFEST
        | Code::SNAPSHOT_CHUNK => POINTS_FORGED,
        _ => POINTS_DOUBTFUL,
    }
}

#[derive(Clone, Copy, Debug)]
struct Score {
    points: u32,
    since: Instant,
    bans: u32,
}

/// Scores of all peers.
#[derive(Debug, Default)]
pub struct Scores(BTreeMap<PublicKey, Score>);

impl Scores {
    /// Adds points; until when the peer is to be kept out, if it is.
    pub fn add(&mut self, peer: PublicKey, points: u32, now: Instant) -> Option<Instant> {
        if self.0.len() >= PEERS_MAX && !self.0.contains_key(&peer) {
            self.0.pop_first();
        }
        let score = self.0.entry(peer).or_insert(Score {
            points: 0,
            since: now,
            bans: 0,
        });
        let faded = now.duration_since(score.since).as_millis() / FADE.as_millis();
        score.points = score
            .points
            .saturating_sub(u32::try_from(faded).unwrap_or(u32::MAX))
            .saturating_add(points);
        score.since = now;
        if score.points < POINTS_MAX {
            return None;
        }
        let ban = BAN.saturating_mul(1 << score.bans.min(10)).min(BAN_MAX);
        score.points = 0;
        score.bans += 1;
        Some(now + ban)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_types::crypto::SecretKey;

    #[test]
    fn what_only_its_sender_can_have_made_cuts_off_at_once_and_the_rest_does_not() {
        let cut_off = |code| points_of(code) >= POINTS_MAX;
        for code in [
            Code::MALFORMED,
            Code::NOT_CANONICAL,
            Code::BAD_SIGNATURE,
            Code::BAD_WITNESS,
            Code::CERTIFICATE_SIGNATURE,
            Code::VOTE_SIGNATURE,
            Code::VOTE_CERTIFICATE,
            Code::SNAPSHOT_MANIFEST,
            Code::SNAPSHOT_CHUNK,
        ] {
            assert!(cut_off(code), "{code}");
        }
        // An honest node may be late, or not know of a change yet.
        for code in [
            Code::HEADER_HEIGHT,
            Code::VALIDATORS_HASH,
            Code::VOTE_STRANGER,
            Code::TRANSACTION_EXPIRED,
            Code::DEVICE_SUSPENDED,
        ] {
            assert!(!cut_off(code), "{code}");
        }
    }

    #[test]
    fn points_fade_add_up_and_lead_to_longer_and_longer_bans() {
        let peer = SecretKey::from_seed(&[1; 32]).public();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut scores = Scores::default();
        for _ in 0..4 {
            assert_eq!(scores.add(peer, POINTS_DOUBTFUL, start), None);
        }
        assert_eq!(scores.add(peer, POINTS_DOUBTFUL, at(60)), None, "ten faded");
        assert_eq!(scores.add(peer, POINTS_DOUBTFUL, at(60)), Some(at(90)));
        assert_eq!(scores.add(peer, POINTS_FORGED, at(100)), Some(at(160)));
    }
}
