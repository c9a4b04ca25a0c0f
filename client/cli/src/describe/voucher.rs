//! The voucher contract's events.

use crate::names::Names;
use crate::words::{counted, short, tenge, time};
use senim_abi::civil;
use senim_abi::policy::{Facts, Terms};
use senim_abi::voucher::{Asked, Channel, Standing, VoucherEvent, VoucherId};
use senim_types::{OrgId, Tiyn};

/// What an event says, in a line.
pub fn line(event: &VoucherEvent, names: &Names) -> String {
    setting(event, names)
        .or_else(|| person(event))
        .or_else(|| terminal(event, names))
        .unwrap_or_else(|| life(event, names))
}

/// The voucher that an event is about; none where it is about a programme, a place, or many persons at once.
pub const fn subject(event: &VoucherEvent) -> Option<VoucherId> {
    use VoucherEvent as E;
    match event {
        E::Attested { voucher, .. }
        | E::Assigned { voucher, .. }
        | E::Asked { voucher, .. }
        | E::Reminded { voucher, .. }
        | E::Answered { voucher, .. }
        | E::Issued { voucher, .. }
        | E::Activated { voucher, .. }
        | E::Bound { voucher }
        | E::Delegated { voucher, .. }
        | E::ToppedUp { voucher, .. }
        | E::Moved { voucher, .. }
        | E::Suspended { voucher, .. }
        | E::Redeemed { voucher, .. }
        | E::Refunded { voucher, .. }
        | E::Ended { voucher, .. } => Some(*voucher),
        E::Exceeded { excess, .. } | E::ExcessAnswered { excess, .. } => Some(excess.voucher),
        E::ProgrammeSet { .. }
        | E::PolicySet { .. }
        | E::ServiceSet { .. }
        | E::ListingSet { .. }
        | E::CalendarSet { .. }
        | E::Attended { .. }
        | E::Listed { .. }
        | E::ArmsRevealed { .. }
        | E::OfflineSynced { .. }
        | E::OfflineTaken { .. } => None,
    }
}

/// What a payer or a place sets.
fn setting(event: &VoucherEvent, names: &Names) -> Option<String> {
    use VoucherEvent as E;
    Some(match event {
        E::ProgrammeSet {
            programme,
            payer,
            settings,
        } => format!(
            "{} set the frame of programme {programme}{}{}",
            names.of_org(*payer),
            settings.portal.map_or(String::new(), |portal| format!(
                ", {} asks for consent",
                names.of_org(portal)
            )),
            if settings.open { "" } else { ", closed" }
        ),
        E::PolicySet {
            programme,
            version,
            policy,
        } => format!(
            "programme {programme} has rules of version {version}: policy {}",
            policy.contract
        ),
        E::ServiceSet {
            programme,
            place,
            service: Some(service),
        } => format!(
            "{} serves {} under programme {programme} until {}, at terminals of {}",
            names.of_org(service.provider),
            names.of_org(*place),
            time(service.until),
            names.of_org(service.terminals)
        ),
        E::ServiceSet {
            programme,
            place,
            service: None,
        } => format!(
            "nobody serves {} under programme {programme} any more",
            names.of_org(*place)
        ),
        E::ListingSet {
            programme,
            product,
            listing: Some(listing),
        } => format!(
            "programme {programme} lists {product}: at most {} a pack of {}",
            tenge(listing.price_max),
            listing.units_per_pack
        ),
        E::ListingSet {
            programme,
            product,
            listing: None,
        } => format!("programme {programme} lists {product} no more"),
        E::CalendarSet {
            programme,
            place,
            month,
            calendar,
        } => format!(
            "{} is open on {} of {}-{:02} under programme {programme}",
            names.of_org(*place),
            counted(calendar.open.count_ones() as usize, "day"),
            month.year(),
            month.month()
        ),
        E::Attended {
            place,
            day,
            present,
            absent,
            ..
        } => format!(
            "{} on {}: {present} present, {absent} marked absent",
            names.of_org(*place),
            date(*day)
        ),
        E::ArmsRevealed { programme, seed } => {
            format!("the seed of the arms of programme {programme} is {seed}")
        }
        _ => return None,
    })
}

/// What happens to a person before there is money.
fn person(event: &VoucherEvent) -> Option<String> {
    use VoucherEvent as E;
    Some(match event {
        E::Listed {
            programme,
            index,
            count,
        } => format!(
            "{} listed under programme {programme}, from index {index} on",
            counted(usize::from(*count), "person")
        ),
        E::Attested { voucher, group, .. } => format!(
            "voucher {} is the only one of its person in group {group}",
            short(voucher)
        ),
        E::Assigned { voucher, arm } => format!("voucher {} is in arm {arm}", short(voucher)),
        E::Asked {
            voucher,
            asked,
            until,
            ..
        } => format!(
            "voucher {}: {} until {}",
            short(voucher),
            asked_for(*asked),
            time(*until)
        ),
        E::Reminded { voucher, asked, .. } => format!(
            "voucher {}: time to remind, {}",
            short(voucher),
            asked_for(*asked)
        ),
        E::Answered {
            voucher,
            channel,
            consents,
            ..
        } => format!(
            "voucher {}: {} {}",
            short(voucher),
            if *consents { "yes" } else { "no" },
            match channel {
                Channel::Sms => "by SMS",
                Channel::Wallet => "in the wallet",
                Channel::ServiceCentre => "at a service centre",
                Channel::School => "at the school",
            }
        ),
        _ => return None,
    })
}

fn asked_for(asked: Asked) -> &'static str {
    match asked {
        Asked::Consent => "asked for consent",
        Asked::Activation => "waits to be activated",
    }
}

/// What happens to a voucher.
fn life(event: &VoucherEvent, names: &Names) -> String {
    use VoucherEvent as E;
    let of = |voucher| format!("voucher {}", short(voucher));
    match event {
        E::Issued {
            voucher,
            programme,
            facts,
            ..
        } => format!(
            "{} of programme {programme}: {} {} until {}",
            of(voucher),
            tenge(facts.token.amount),
            at(facts.place.place, names),
            time(facts.token.until)
        ),
        E::Activated { voucher, .. } => format!("{} is active", of(voucher)),
        E::Bound { voucher } => format!("{} is bound to another key", of(voucher)),
        E::Delegated {
            voucher,
            facts: Some(_),
            ..
        } => format!("a part of {} is delegated", of(voucher)),
        E::Delegated {
            voucher,
            facts: None,
            ..
        } => format!("nothing of {} is delegated any more", of(voucher)),
        E::ToppedUp { voucher, until, .. } => {
            format!("{} got more, until {}", of(voucher), time(*until))
        }
        E::Moved { voucher, place } => format!(
            "{} may be used {}",
            of(voucher),
            at(place.unwrap_or(OrgId(0)), names)
        ),
        E::Suspended { voucher, suspended } => format!(
            "{} is {}",
            of(voucher),
            if *suspended {
                "suspended"
            } else {
                "active again"
            }
        ),
        E::Redeemed {
            voucher,
            number,
            facts,
            terms,
            ..
        } => used(&of(voucher), *number, facts, terms, names),
        E::Refunded {
            voucher,
            refunded,
            org,
            left,
            ..
        } => format!(
            "use {} of {} was undone by {}: {} back from {}, {} left",
            refunded.number,
            of(voucher),
            names.of_org(*org),
            tenge(refunded.paid),
            names.of_org(refunded.provider),
            tenge(*left)
        ),
        E::Ended {
            voucher,
            standing,
            returned,
            ..
        } => format!(
            "{} {}: {} are back in the budget line",
            of(voucher),
            match standing {
                Standing::Revoked => "was taken back",
                Standing::Declined => "was declined",
                Standing::Lapsed => "lapsed",
                _ => "ended",
            },
            tenge(*returned)
        ),
        _ => String::new(),
    }
}

/// What a terminal without connection did.
fn terminal(event: &VoucherEvent, names: &Names) -> Option<String> {
    use VoucherEvent as E;
    Some(match event {
        E::OfflineSynced {
            programme, session, ..
        } => format!(
            "a terminal {} may do {} without connection under programme {programme}, in {} hours",
            at(session.place, names),
            counted(session.bounds.uses_max as usize, "use"),
            session.bounds.ms_max / 3_600_000
        ),
        E::OfflineTaken { first, count, .. } => format!(
            "{} of a terminal taken, from number {first} on",
            counted(*count as usize, "record")
        ),
        E::Exceeded { excess, .. } => format!(
            "record {} of voucher {} waits for the payer ({}): {} {}, {}",
            excess.sequence,
            short(excess.voucher),
            excess.code,
            tenge(excess.cost),
            at(excess.place, names),
            time(excess.at)
        ),
        E::ExcessAnswered { excess, .. } => format!(
            "record {} of voucher {}: {}",
            excess.sequence,
            short(excess.voucher),
            match excess.answered {
                Some(pays) if pays != Tiyn::ZERO => format!(
                    "accepted, {} to {}",
                    tenge(pays),
                    names.of_org(excess.provider)
                ),
                _ => "refused by the payer".to_owned(),
            }
        ),
        _ => return None,
    })
}

fn used(voucher: &str, number: u32, facts: &Facts, terms: &Terms, names: &Names) -> String {
    let bears = if terms.bears == Tiyn::ZERO {
        String::new()
    } else {
        format!(", {} borne by the citizen", tenge(terms.bears))
    };
    format!(
        "use {number} of {voucher}: {} to {} {}{bears}, {} left",
        tenge(terms.pays),
        names.of_org(facts.place.provider),
        at(facts.place.place, names),
        tenge(Tiyn(facts.token.left.0.saturating_sub(terms.pays.0)))
    )
}

fn at(place: OrgId, names: &Names) -> String {
    if place == OrgId(0) {
        "at any place".to_owned()
    } else {
        format!("at {}", names.of_org(place))
    }
}

fn date(day: u32) -> String {
    let (year, month, day) = civil::ymd(u64::from(day));
    format!("{year}-{month:02}-{day:02}")
}
