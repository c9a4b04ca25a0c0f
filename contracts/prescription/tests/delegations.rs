//! Any sequence of sharing, taking back and rebinding against a naive model of who opens what.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::sharing::*;
use common::*;
use proptest::prelude::*;
use senim_abi::prescription::event::ProofUsed;
use senim_abi::prescription::{Delegation, Execute, ItemMask};
use senim_sdk::testing::key_of;
use senim_types::{Code, PublicKey, TimeMs};

#[derive(Clone, Copy, Debug)]
enum Command {
    Advance(u64),
    /// The holder shares with one of the people, for so long; or takes back.
    Share(Option<(usize, u16, u64)>),
    /// Somebody submits an earlier statement once more.
    Replay(usize),
    /// The prescription is bound to one of the people's keys.
    Rebind(usize),
    /// One of the people shows a QR.
    Hold(usize, u16),
}

fn command() -> impl Strategy<Value = Command> {
    let people = 0..4usize;
    let spans = proptest::sample::select(vec![1, 20 * MINUTE_MS, 3 * HOUR_MS, 40 * DAY_MS]);
    prop_oneof![
        1 => proptest::sample::select(vec![1, MINUTE_MS, HOUR_MS]).prop_map(Command::Advance),
        3 => (people.clone(), 1..4u16, spans).prop_map(|share| Command::Share(Some(share))),
        1 => Just(Command::Share(None)),
        1 => any::<prop::sample::Index>().prop_map(|at| Command::Replay(at.index(64))),
        1 => people.clone().prop_map(Command::Rebind),
        6 => (people, 1..4u16).prop_map(|(who, items)| Command::Hold(who, items)),
    ]
}

/// Who opens what.
struct Model {
    holder: usize,
    delegation: Option<(usize, u16, TimeMs)>,
    signed_at: TimeMs,
    window_until: TimeMs,
}

impl Model {
    fn share(&mut self, at: TimeMs, wanted: Option<(usize, u16, TimeMs)>) -> Step {
        if let Some((who, _, until)) = wanted
            && (who == self.holder || until <= at || until > self.window_until)
        {
            return Err(Code::OUT_OF_RANGE);
        }
        (self.delegation, self.signed_at) = (wanted, at);
        Ok(())
    }

    fn replay(&self, by: usize, at: TimeMs, said: Option<(usize, u16, TimeMs)>) -> Step {
        if by != self.holder {
            Err(Code::HOLDER_NOT_SIGNED)
        } else if (at, said) == (self.signed_at, self.delegation) {
            Ok(())
        } else {
            Err(Code::STATEMENT_REPLAYED)
        }
    }

    fn hold(&self, who: usize, items: u16, now: TimeMs) -> Step {
        match self.delegation {
            _ if who == self.holder => Ok(()),
            Some((delegate, shared, until)) if delegate == who => {
                if items & !shared != 0 {
                    Err(Code::QR_OTHER_TOKEN)
                } else if now >= until {
                    Err(Code::DELEGATION_ENDED)
                } else {
                    Ok(())
                }
            }
            _ => Err(Code::QR_NOT_SIGNED),
        }
    }
}

fn person(who: usize) -> PublicKey {
    match who {
        0 => holder(),
        other => key_of(210 + other as u8),
    }
}

fn to_delegation((who, items, until): (usize, u16, TimeMs)) -> Delegation {
    Delegation {
        key: person(who),
        items: ItemMask(items),
        until,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn who_opens_what_is_as_the_model_says(
        commands in proptest::collection::vec(command(), 1..50),
    ) {
        let (mut world, group) = with_two();
        let mut model = Model {
            holder: 0,
            delegation: None,
            signed_at: TimeMs(0),
            window_until: world.group(group).items[0].until,
        };
        let mut signed = Vec::new();
        for command in commands {
            world.env.advance(1);
            let now = world.env.time();
            let before = world.env.state().clone();
            let (result, expected) = match command {
                Command::Advance(span_ms) => {
                    world.env.advance(span_ms);
                    (Ok(()), Ok(()))
                }
                Command::Share(wanted) => {
                    let wanted = wanted.map(|(who, items, ms)| (who, items, TimeMs(now.0 + ms)));
                    let by = model.holder;
                    let delegation = wanted.map(to_delegation);
                    let result = step(&act(&mut world, group, person(by), now, delegation));
                    let expected = model.share(now, wanted);
                    if expected.is_ok() {
                        signed.push((by, now, wanted));
                    }
                    (result, expected)
                }
                Command::Replay(at) => {
                    let Some((by, at, said)) = signed.get(at).copied() else {
                        continue;
                    };
                    let delegation = said.map(to_delegation);
                    let result = step(&act(&mut world, group, person(by), at, delegation));
                    (result, model.replay(by, at, said))
                }
                Command::Rebind(who) => {
                    let holder = person(who);
                    let rebind = Execute::Rebind { group, holder, card: None, paper: None };
                    let result = step(&world.call(&identity_service(), &rebind, &[]));
                    if who != model.holder {
                        (model.holder, model.delegation) = (who, None);
                    }
                    (result, Ok(()))
                }
                Command::Hold(who, items) => {
                    let items_of = ItemMask(items);
                    let hold = hold_of(&mut world, group, items_of, person(who));
                    let now = world.env.time();
                    let held = world.call(&hold.actor, &hold.message, &hold.witnesses);
                    let expected = model.hold(who, items, now);
                    if expected.is_ok() {
                        let used = match who == model.holder {
                            true => ProofUsed::LiveQr,
                            false => ProofUsed::DelegatedQr(person(who)),
                        };
                        prop_assert_eq!(proof_of(&held), Some(used));
                        prop_assert_eq!(world.reject(APTEKA, group, items_of), Ok(()));
                    }
                    (step(&held), expected)
                }
            };
            prop_assert_eq!(result, expected, "{:?}", command);
            if result.is_err() {
                prop_assert_eq!(&before, world.env.state(), "a refusal changes nothing");
            }
            let kept = world.group(group).delegation;
            prop_assert_eq!(kept, model.delegation.map(to_delegation));
        }
    }
}
