//! `docs/http-api.md` against the router.

use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../../docs/http-api.md");
const ROUTES: &str = include_str!("../../src/routes.rs");

/// Methods and paths of the page's table of routes.
fn tabled() -> BTreeSet<(String, String)> {
    let rows = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    rows.filter_map(|(route, _)| route.split_once(' '))
        .filter(|(method, path)| method.chars().all(char::is_uppercase) && path.starts_with('/'))
        .map(|(method, path)| (method.to_owned(), path.to_owned()))
        .collect()
}

/// Methods and paths of the router's source: a handler stands in the route, or in a `let` above it.
fn routed() -> BTreeSet<(String, String)> {
    let mut routes = BTreeSet::new();
    for route in ROUTES.split(".route(").skip(1) {
        let mut parts = route.splitn(3, '"');
        let (_, path) = (parts.next(), parts.next().expect("a route has a path"));
        let handlers = parts
            .next()
            .expect("and handlers")
            .trim_start_matches([',', ' ', '\n']);
        let handlers = handlers
            .split_once(")\n")
            .map_or(handlers, |(handlers, _)| handlers);
        let named = format!("let {handlers} = ");
        let handlers = ROUTES
            .split(&named)
            .nth(1)
            .and_then(|rest| rest.split(';').next())
            .unwrap_or(handlers);
        for method in ["get", "post", "put", "delete"] {
            let is_called = |text: &str| {
                let before = text.find(&format!("{method}(")).map(|at| &text[..at]);
                before.is_some_and(|before| {
                    !before.ends_with(|letter: char| letter.is_alphanumeric())
                })
            };
            if is_called(handlers) {
                routes.insert((method.to_uppercase(), path.to_owned()));
            }
        }
    }
    routes
}

#[test]
fn every_route_is_on_the_page_and_no_other() {
    assert!(routed().len() >= 14, "{:?}", routed());
    assert_eq!(tabled(), routed());
}

#[test]
fn limits_on_the_page_are_the_codes() {
    for (what, source) in [
        ("30,000 ms", "const WAIT_MS_MAX: u64 = 30_000;"),
        ("40 s", "const REQUEST_MS_MAX: u64 = WAIT_MS_MAX + 10_000;"),
        ("16 KiB", "const QUERY_BYTES_MAX: usize = 16 * 1024;"),
    ] {
        assert!(ROUTES.contains(source) && PAGE.contains(what), "{what}");
    }
    let (sealed, handle) = (
        include_str!("../../src/sealed.rs"),
        include_str!("../../src/handle.rs"),
    );
    assert!(sealed.contains("SEALED_BYTES_MAX: usize = 256 * 1024;") && PAGE.contains("256 KiB"));
    let signed = include_str!("../../src/signed.rs");
    assert!(
        signed.contains("REQUEST_AGE_MS_MAX: u64 = 2 * 60 * 1000;") && PAGE.contains("two minutes")
    );
    let terminals = include_str!("../../src/terminals.rs");
    let store = include_str!("../../src/terminals/store.rs");
    for (what, source) in [
        ("contact | 128 bytes", "CONTACT_BYTES_MAX: usize = 128;"),
        ("after five minutes", "NEXT_MS: u64 = 5 * 60 * 1000;"),
        (
            "more than two minutes",
            "CLOCK_MS_MAX: u64 = 2 * 60 * 1000;",
        ),
        ("one answer | 200", "PAGE_MAX: usize = 200;"),
        ("more than 10 s", "SKEW_MS_MAX: u64 = 10_000;"),
        ("200,000", "terminals_max: 200_000,"),
        ("one each second", "contact_ms_min: 1_000,"),
        ("once a minute", "write_ms_min: 60_000,"),
    ] {
        let is_there = terminals.contains(source) || store.contains(source);
        assert!(is_there && PAGE.contains(what), "{what}");
    }
    assert!(handle.contains("REQUESTS_MAX: usize = 4096;") && PAGE.contains("4,096"));
}
