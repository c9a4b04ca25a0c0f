//! Devices and organisations that may not do what they ask: unknown, suspended, without the role.

use senim_abi::prescription::{GroupId, ItemMask};
use senim_abi::registry::{self, Standing};
use senim_replica::SubmitAnswer;
use senim_tests::world::clients::{is_charged, leaves_no_trace};
use senim_tests::world::people::{self, METFORMIN, Request, cancel, device_standing, metformin};
use senim_tests::world::{World, secret, sign};
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn, codec};

const FIRST: ItemMask = ItemMask(1);

fn world() -> World {
    World::of(1, 14)
}

/// A prescription that does not exist.
fn no_prescription() -> GroupId {
    GroupId(Hash::of(b"no prescription"))
}

#[test]
fn unknown_and_suspended_devices() {
    let mut world = world();
    let stranger = secret("a stranger");
    let valid_until = TimeMs(world.now().0 + 60_000);
    let signed = sign(
        &world.network,
        &stranger,
        0,
        valid_until,
        people::allot("a gift", Tiyn(1)),
    );
    leaves_no_trace(
        &mut world,
        "unknown",
        &codec::encode(&signed),
        Code::DEVICE_UNKNOWN,
    );

    let till = world.network.device("pharmacy-2").public();
    let attempt = |world: &mut World| {
        let key = world.network.device("pharmacy-2").clone();
        let (next, until) = (
            world.next_sequence("pharmacy-2"),
            TimeMs(world.now().0 + 60_000),
        );
        let request = cancel(no_prescription(), FIRST);
        codec::encode(&sign(&world.network, &key, next, until, request))
    };
    world.apply("operator", device_standing(till, Standing::Suspended));
    let bytes = attempt(&mut world);
    leaves_no_trace(&mut world, "suspended", &bytes, Code::DEVICE_SUSPENDED);
    world.apply("operator", device_standing(till, Standing::Active));
    let request = cancel(no_prescription(), FIRST);
    is_charged(
        &mut world,
        "active again",
        "pharmacy-2",
        request,
        Code::ROLE_NOT_ALLOWED,
    );
    world.apply("operator", device_standing(till, Standing::Revoked));
    let bytes = attempt(&mut world);
    leaves_no_trace(&mut world, "revoked", &bytes, Code::DEVICE_SUSPENDED);

    let standing = |standing| {
        Request::registry(&registry::Execute::SetOrganisationStanding {
            org: OrgId(21),
            standing,
        })
    };
    world.apply("operator", standing(Standing::Suspended));
    let rival = world.network.device("rival").clone();
    let until = TimeMs(world.now().0 + 60_000);
    let signed = sign(
        &world.network,
        &rival,
        0,
        until,
        cancel(no_prescription(), FIRST),
    );
    leaves_no_trace(
        &mut world,
        "of a suspended organisation",
        &codec::encode(&signed),
        Code::ORGANISATION_SUSPENDED,
    );
    world.apply("operator", standing(Standing::Active));
    is_charged(
        &mut world,
        "active again",
        "rival",
        cancel(no_prescription(), FIRST),
        Code::ROLE_NOT_ALLOWED,
    );
}

#[test]
fn a_suspension_reaches_what_waits() {
    let mut world = world();
    let till = world.network.device("pharmacy-2").public();
    let suspend = world.sign("operator", device_standing(till, Standing::Suspended));
    let waiting = world.sign("pharmacy-2", cancel(no_prescription(), FIRST));
    assert!(matches!(
        world.offer(0, &codec::encode(&suspend)),
        SubmitAnswer::Accepted(_)
    ));
    assert!(matches!(
        world.offer(0, &codec::encode(&waiting)),
        SubmitAnswer::Accepted(_)
    ));
    world.settle();
    assert_eq!(
        world.nodes[0].dropped.get(&waiting.hash()),
        Some(&Code::DEVICE_SUSPENDED)
    );
    assert!(!world.nodes[0].has(&waiting.hash()));
}

#[test]
fn roles() {
    let mut world = world();
    let table: [(&str, Request); 5] = [
        (
            "rival",
            people::issue(secret("t").public(), vec![metformin(60, world.now())]),
        ),
        ("clinic", people::allot("not the clinic's", Tiyn(1))),
        (
            "pharmacy",
            people::introduce(METFORMIN, "OWN", "2031-01-31", OrgId(20), &["X1"]),
        ),
        ("fund", people::recall(METFORMIN, "M2601")),
        (
            "treasury",
            Request::registry(&registry::Execute::RemoveValidator {
                validator: world.nodes[0].key,
            }),
        ),
    ];
    for (device, request) in table {
        is_charged(&mut world, device, device, request, Code::ROLE_NOT_ALLOWED);
    }
    // Every administrator manages devices, of its own organisation alone.
    let foreign = device_standing(world.network.device("fund").public(), Standing::Revoked);
    is_charged(
        &mut world,
        "another's device",
        "treasury",
        foreign,
        Code::NOT_AUTHORISED,
    );
    // A pack supplied, or money moved, by a device instead of a contract: nobody has that right.
    let pay = senim_abi::treasury::Execute::Pay {
        id: Hash::of(b"to myself"),
        budget: people::BUDGET,
        provider: OrgId(20),
        amount: Tiyn(1),
        reference: Hash::ZERO,
    };
    is_charged(
        &mut world,
        "no back door",
        "fund",
        Request::treasury(&pay),
        Code::ROLE_NOT_ALLOWED,
    );
}
