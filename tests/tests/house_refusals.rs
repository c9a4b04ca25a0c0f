//! House rule: a contract's refusals are guards that can be left out.

use senim_tests::house::refusals::{EXCUSED, check};
use senim_tests::house::{Finding, Tree, assert_clean, assert_finds};

const RULES: &str = "contracts/card/src/rules.rs";

#[test]
fn each_refusal_of_a_contract_is_a_guard_or_has_nothing_to_go_on_with() {
    assert_clean(&check(&Tree::repository(), EXCUSED));
}

#[test]
fn each_row_says_why() {
    for (path, code, why) in EXCUSED {
        assert!(why.split(' ').count() >= 5, "{path} {code}: {why}");
    }
}

fn of(path: &str, text: &str) -> Vec<Finding> {
    check(&Tree::of([(path, text)]), &[])
}

#[test]
fn a_refusal_that_cannot_be_left_out_is_found() {
    for wrong in [
        "return Err(Refusal::new(Code::CARD_BLOCKED));",
        "return Err(Refusal::with_detail(Code::CARD_BLOCKED, detail));",
        "_ => Err(Code::CARD_BLOCKED.into()),",
        "let refusal = Refusal::new(Code::CARD_BLOCKED);",
        "let key = key.filter(is_free).ok_or(Code::CARD_BLOCKED)?;",
        "let key = key.ok_or(Refusal::new(Code::CARD_BLOCKED))?;",
        "let key = key.ok_or_else(|| Code::CARD_BLOCKED)?;",
        "let key = key.map_err(|_| Code::CARD_BLOCKED)?;",
        "key.ok_or(\n    // Blocked.\n    Code::CARD_BLOCKED,\n)?;",
        "return Err(Denial { code: Code::CARD_BLOCKED, rule: 1 });",
    ] {
        assert_finds(
            &of(RULES, wrong),
            "write `ensure(holds, Code::CARD_BLOCKED)?`",
        );
        assert_clean(&of("contracts/card/tests/guards.rs", wrong));
        assert_clean(&of("contracts/sdk/src/testing/world.rs", wrong));
        let unknown = wrong.replace("CARD_BLOCKED", "CARD_UNKNOWN");
        assert_clean(&of(RULES, &unknown));
    }
    for right in [
        "ensure(!key.blocked, Code::CARD_BLOCKED)?;",
        "refuse_with(Code::CARD_BLOCKED, detail)?;",
        "judge.keep(1, Code::CARD_BLOCKED, is_free, (0, 0))?;",
        "let code = match kind { Kind::Card => Code::CARD_BLOCKED };",
        "// return Err(Refusal::new(Code::CARD_BLOCKED));",
        "state.checked_add(1).ok_or(Code::AMOUNT_OVERFLOW)?;",
        "key.ok_or(Code::NO_BUDGET)?;",
    ] {
        assert_clean(&of(RULES, right));
    }
    // Not every code that begins alike is of what is not found.
    assert_finds(
        &of(RULES, "key.ok_or(Code::NOT_ACTIVATED)?;"),
        "NOT_ACTIVATED",
    );
}

#[test]
fn a_row_excuses_one_place_and_one_that_is_there() {
    const ONE: &str = "key.ok_or(Code::CARD_BLOCKED)?;\n";
    let two = ONE.repeat(2);
    let excuse = (RULES, "CARD_BLOCKED", "of a test");
    let check =
        |text: &str, excused: &[(&str, &str, &str)]| check(&Tree::of([(RULES, text)]), excused);
    assert_clean(&check(ONE, &[excuse]));
    assert_clean(&check(&two, &[excuse, excuse]));
    assert_finds(&check(&two, &[excuse]), "rules.rs:2: CARD_BLOCKED");
    assert_finds(&check("", &[excuse]), "take its row out");
}
