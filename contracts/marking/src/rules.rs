//! The pack's automaton and the guards that stand beside it. No state is read here.

use senim_abi::marking::record::Settings;
use senim_abi::marking::{Batch, Exit, Pack, PackState, Product, Stage};
use senim_sdk::{Refusal, ensure, refuse};
use senim_types::{Code, OrgId, TimeMs, Tiyn};

/// Who acts on a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    /// The organisation of the device.
    pub org: OrgId,
    /// Whether it may act for whoever holds the pack: the marking operator reports movements, the
    /// regulator takes packs out of circulation.
    pub for_all: bool,
}

impl By {
    const fn is(self, org: OrgId) -> bool {
        self.for_all || self.org.0 == org.0
    }
}

/// What can happen to a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// It is put into circulation.
    Introduce {
        /// Who has it.
        at: OrgId,
        /// Where it stands.
        stage: Stage,
    },
    /// Its holder ships it.
    Ship {
        /// Who says so.
        by: By,
        /// To whom.
        to: OrgId,
    },
    /// Its addressee received it.
    Receive {
        /// The addressee.
        by: OrgId,
        /// Whether it is a pharmacy: then it stands on the shelf.
        is_pharmacy: bool,
    },
    /// It is set aside for somebody.
    Reserve {
        /// The pharmacy.
        by: OrgId,
    },
    /// It goes back on the shelf.
    Release {
        /// The pharmacy.
        by: OrgId,
    },
    /// It leaves circulation other than by being dispensed.
    Remove {
        /// Who says so.
        by: By,
        /// How.
        exit: Exit,
    },
    /// Units of it are dispensed.
    Supply {
        /// The pharmacy.
        at: OrgId,
        /// Whether none are left then.
        is_last: bool,
    },
    /// A dispensing of it is undone.
    Restore {
        /// The pharmacy.
        at: OrgId,
        /// Whether what was dispensed left the pharmacy and came back.
        left: bool,
        /// Whether the pack is whole then.
        is_whole: bool,
        /// Who last had it, where its movement to the pharmacy was never reported.
        awaited: Option<OrgId>,
    },
}

/// The automaton: the state that follows, or the code of the refusal. An input that has been
/// obeyed already changes nothing and is no error.
pub fn next(state: PackState, input: Input) -> Result<PackState, Code> {
    use Input as I;
    use PackState as S;
    match (state, input) {
        // Into circulation: with a distributor, or as the opening stock of a pharmacy that joins.
        (
            S::Emitted,
            I::Introduce {
                at,
                stage: Stage::Circulation,
            },
        ) => Ok(S::Introduced { at }),
        (
            S::Emitted,
            I::Introduce {
                at,
                stage: Stage::OpeningStock,
            },
        ) => Ok(S::Active { at }),
        (
            S::Introduced { at: now },
            I::Introduce {
                at,
                stage: Stage::Circulation,
            },
        )
        | (
            S::Active { at: now },
            I::Introduce {
                at,
                stage: Stage::OpeningStock,
            },
        ) if now == at => Ok(state),
        (_, I::Introduce { .. }) => refuse(Code::PACK_EXISTS).map(|()| state),
        // A code that stands for no pack yet is as good as unknown.
        (S::Emitted, _) => refuse(Code::PACK_UNKNOWN).map(|()| state),

        // Movements: whole packs go from holder to addressee; a pharmacy may send packs on or back.
        (S::Introduced { at } | S::Active { at }, I::Ship { by, to }) if by.is(at) => {
            Ok(S::InTransit { from: at, to })
        }
        (S::InTransit { from, to: now }, I::Ship { by, to }) if by.is(from) && now == to => {
            Ok(state)
        }
        (S::InTransit { to, .. }, I::Receive { by, is_pharmacy }) if by == to => {
            Ok(if is_pharmacy {
                S::Active { at: by }
            } else {
                S::Introduced { at: by }
            })
        }
        (S::Active { at } | S::Introduced { at }, I::Receive { by, .. }) if by == at => Ok(state),
        (
            S::Introduced { .. } | S::Active { .. } | S::InTransit { .. },
            I::Ship { .. } | I::Receive { .. },
        ) => refuse(Code::PACK_NOT_HERE).map(|()| state),

        // The shelf: only the pharmacy that has a pack sets it aside.
        (S::Active { at } | S::Reserved { at }, I::Reserve { by }) if by == at => {
            Ok(S::Reserved { at })
        }
        (S::Active { at } | S::Reserved { at }, I::Release { by }) if by == at => {
            Ok(S::Active { at })
        }
        (S::Active { .. } | S::Reserved { .. }, I::Reserve { .. } | I::Release { .. }) => {
            refuse(Code::PACK_NOT_HERE).map(|()| state)
        }

        // Dispensing: at the place where the pack is, and once.
        (
            S::Active { at: place } | S::Reserved { at: place } | S::SuppliedPart { at: place },
            I::Supply { at, is_last },
        ) if place == at => Ok(supplied(at, is_last)),
        (S::Active { .. } | S::Reserved { .. } | S::SuppliedPart { .. }, I::Supply { .. }) => {
            refuse(Code::PACK_NOT_HERE).map(|()| state)
        }
        // In circulation, and its movement to this pharmacy is not reported yet (or only its
        // receipt): the person gets the medicine, see `awaited_of` for what payment waits for.
        (S::Introduced { .. } | S::InTransit { .. }, I::Supply { at, is_last }) => {
            Ok(supplied(at, is_last))
        }

        // Undoing (EU FMD: same place). What left never becomes stock again; of an opened pack the
        // part that never left stays.
        (S::Supplied { at: place } | S::SuppliedPart { at: place }, I::Restore { at, .. })
            if place != at =>
        {
            refuse(Code::PACK_NOT_HERE).map(|()| state)
        }
        (S::Supplied { at }, I::Restore { left: true, .. }) => Ok(S::Quarantine { at }),
        (S::SuppliedPart { at }, I::Restore { left: true, .. }) => Ok(S::SuppliedPart { at }),
        (S::Quarantine { at: place }, I::Restore { at, left: true, .. }) if place == at => {
            Ok(state)
        }
        (
            S::Supplied { at } | S::SuppliedPart { at },
            I::Restore {
                left: false,
                is_whole,
                awaited,
                ..
            },
        ) => Ok(match (is_whole, awaited) {
            (true, Some(holder)) => S::Introduced { at: holder },
            (true, None) => S::Active { at },
            (false, _) => S::SuppliedPart { at },
        }),
        (S::Quarantine { .. }, I::Restore { .. } | I::Supply { .. } | I::Release { .. }) => {
            refuse(Code::PACK_LEFT).map(|()| state)
        }

        // Out of circulation: by whoever has it, or the regulator; what is out is only destroyed.
        (
            S::Introduced { at }
            | S::Active { at }
            | S::Reserved { at }
            | S::SuppliedPart { at }
            | S::InTransit { from: at, .. },
            I::Remove { by, exit },
        ) if by.is(at) => removed(by, exit),
        (
            S::InTransit { to, .. },
            I::Remove {
                by,
                exit: exit @ (Exit::Stolen | Exit::Destroyed),
            },
        ) if by.is(to) => removed(by, exit),
        (
            S::Quarantine { at } | S::Sample { by: at } | S::Locked { by: at },
            I::Remove {
                by,
                exit: Exit::Destroyed,
            },
        ) if by.is(at) => removed(by, Exit::Destroyed),
        (
            S::Exported { .. },
            I::Remove {
                exit: Exit::Exported,
                ..
            },
        )
        | (
            S::Sample { .. },
            I::Remove {
                exit: Exit::Sample, ..
            },
        )
        | (
            S::Locked { .. },
            I::Remove {
                exit: Exit::Locked, ..
            },
        )
        | (
            S::Stolen { .. },
            I::Remove {
                exit: Exit::Stolen, ..
            },
        )
        | (
            S::Destroyed { .. },
            I::Remove {
                exit: Exit::Destroyed,
                ..
            },
        ) => Ok(state),
        (
            S::Introduced { .. }
            | S::Active { .. }
            | S::Reserved { .. }
            | S::SuppliedPart { .. }
            | S::InTransit { .. },
            I::Remove { .. },
        ) => refuse(Code::PACK_NOT_HERE).map(|()| state),

        // The rest: gone, opened, or blocked.
        (S::Supplied { .. }, _) => refuse(Code::PACK_ALREADY_SUPPLIED).map(|()| state),
        (S::Stolen { .. }, _) => refuse(Code::PACK_STOLEN).map(|()| state),
        (
            S::SuppliedPart { .. }
            | S::Quarantine { .. }
            | S::Exported { .. }
            | S::Sample { .. }
            | S::Locked { .. }
            | S::Destroyed { .. },
            _,
        )
        | (S::Introduced { .. } | S::InTransit { .. }, I::Reserve { .. } | I::Release { .. })
        | (S::Reserved { .. }, I::Ship { .. } | I::Receive { .. })
        | (
            S::Introduced { .. } | S::InTransit { .. } | S::Active { .. } | S::Reserved { .. },
            I::Restore { .. },
        ) => refuse(Code::PACK_WRONG_STATE).map(|()| state),
    }
}

const fn supplied(at: OrgId, is_last: bool) -> PackState {
    if is_last {
        PackState::Supplied { at }
    } else {
        PackState::SuppliedPart { at }
    }
}

fn removed(by: By, exit: Exit) -> Result<PackState, Code> {
    match exit {
        Exit::Exported => Ok(PackState::Exported { by: by.org }),
        Exit::Sample => Ok(PackState::Sample { by: by.org }),
        // Blocking is an authority's act, not a holder's.
        Exit::Locked if by.for_all => Ok(PackState::Locked { by: by.org }),
        Exit::Locked => refuse(Code::NOT_AUTHORISED).map(|()| PackState::Locked { by: by.org }),
        Exit::Stolen => Ok(PackState::Stolen { by: by.org }),
        Exit::Destroyed => Ok(PackState::Destroyed { by: by.org }),
    }
}

/// Whose shipment is still to be reported when a pack in this state is dispensed at `place`; none
/// where all movements to it are known. A pack on its way to `place` needs no separate receipt:
/// having it to dispense is one.
pub fn awaited_of(pack: &Pack, place: OrgId) -> Option<OrgId> {
    match (pack.state, pack.opened) {
        (_, Some(opened)) => opened.awaited,
        (PackState::Introduced { at }, None) => Some(at),
        (PackState::InTransit { to, .. }, None) if to != place => Some(to),
        _ => None,
    }
}

/// The overlays of the batch: refused whatever the pack's own state is.
pub fn check_overlays(batch: &Batch, settings: &Settings, now: TimeMs) -> Result<(), Refusal> {
    ensure(batch.recalled_at.is_none(), Code::PACK_RECALLED)?;
    ensure(batch.withdrawn_at.is_none(), Code::PACK_WITHDRAWN)?;
    let expiry = batch.expiry.map(|expiry| settings.end_of(expiry));
    ensure(expiry.is_none_or(|end| now < end), Code::PACK_EXPIRED)
}

/// What `units` of a pack cost: floor(price · units / units per pack), and the last part the rest,
/// so that all parts together cost exactly the price.
pub fn cost_of_part(
    price: Tiyn,
    charged: Tiyn,
    units: u32,
    units_per_pack: u32,
    is_last: bool,
) -> Result<Tiyn, Code> {
    let rest = price.checked_sub(charged).ok_or(Code::CORRUPT_RECORD)?;
    if is_last {
        return Ok(rest);
    }
    let part = price.checked_share(units.into(), units_per_pack.into());
    Ok(part.ok_or(Code::AMOUNT_OVERFLOW)?.min(rest))
}

/// Whether a catalogue entry is within its limits.
pub fn is_valid_product(product: &Product) -> bool {
    (1..=Product::NAME_BYTES_MAX).contains(&product.name.len())
        && (1..=Product::UNITS_PER_PACK_MAX).contains(&product.units_per_pack)
        && product.price_cap > Tiyn::ZERO
}

/// Whether `new` may take the place of `old`: what is fixed with the GTIN does not differ.
pub fn is_same_medicine(old: &Product, new: &Product) -> bool {
    old.inn == new.inn
        && old.strength == new.strength
        && old.form == new.form
        && old.unit == new.unit
        && old.units_per_pack == new.units_per_pack
}

/// Whether a pack is out of circulation for good, so that it may be forgotten after its expiry.
pub const fn is_final(state: PackState) -> bool {
    matches!(
        state,
        PackState::Supplied { .. } | PackState::Exported { .. } | PackState::Destroyed { .. }
    )
}
