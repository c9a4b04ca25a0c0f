//! What tests of guards and lives look at.

use super::*;

/// Each message is refused with its code and changes nothing.
pub fn refused(world: &mut World, cases: Vec<(&str, Actor, Execute, Code)>) {
    for (case, actor, message, code) in cases {
        let before = world.env.state().clone();
        assert_eq!(world.by(actor, &message).code(), Some(code), "{case}");
        assert_eq!(world.env.state(), &before, "{case}");
    }
}

pub fn seed() -> Hash {
    Hash([0x5e; 32])
}

pub fn two_arms() -> Arms {
    Arms {
        commitment: Hash::of(seed().as_bytes()),
        weights: vec![1, 1],
        seed: None,
    }
}

/// The voucher contract's events of an outcome.
pub fn events(outcome: &TestOutcome) -> Vec<VoucherEvent> {
    let own = outcome
        .events
        .iter()
        .filter(|event| event.contract == VOUCHER);
    own.map(|event| codec::decode(&event.body).unwrap())
        .collect()
}

pub fn set_service(programme: ProgrammeId, place: OrgId, service: Option<Service>) -> Execute {
    Execute::SetService {
        programme,
        place,
        service,
    }
}

pub fn attest(voucher: VoucherId, person: u8) -> Execute {
    Execute::Attest {
        attestations: vec![Attestation {
            voucher,
            nullifier: Hash([person; 32]),
        }],
    }
}

pub fn answer(voucher: VoucherId, consents: bool) -> Execute {
    Execute::Answer {
        voucher,
        channel: Channel::Sms,
        consents,
    }
}

pub fn bind(voucher: VoucherId, key: u8) -> Execute {
    Execute::Bind {
        voucher,
        holder: key_of(key),
    }
}
