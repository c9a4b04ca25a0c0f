//! The host interface in `docs/execution.md` is the one that is declared.
//!
//! `make docs-update` writes the table again: it runs this test with `SENIM_UPDATE_DOCS=1`.

use senim_abi::host::{HOST_FUNCTIONS, HostFunction, IMPORT_MODULE, ValueType};
use std::fmt::Write;
use std::path::Path;

const BEGIN: &str =
    "<!-- generated: the host functions. `make docs-update` writes them again. -->\n";
const END: &str = "<!-- end -->";

fn name_of(value: ValueType) -> &'static str {
    match value {
        ValueType::I32 => "i32",
        ValueType::I64 => "i64",
    }
}

fn signature(function: &HostFunction) -> String {
    let params = function.params.iter();
    let params: Vec<_> = params
        .map(|param| format!("{}: {}", param.name, name_of(param.value_type)))
        .collect();
    let result = function
        .result
        .map(|value| format!(" -> {}", name_of(value)));
    format!(
        "{}({}){}",
        function.name,
        params.join(", "),
        result.unwrap_or_default()
    )
}

fn table() -> String {
    let mut table = String::from(
        "\n| function | writes | fuel | and per byte of | what it does |\n| --- | --- | ---: | --- | --- |\n",
    );
    for function in HOST_FUNCTIONS {
        let per_byte = match function.fuel_per_byte {
            0 => String::new(),
            fuel => format!("{fuel}: {}", function.bytes),
        };
        let writes = if function.writes { "yes" } else { "" };
        let (signature, doc) = (signature(&function), function.doc);
        writeln!(
            table,
            "| `{signature}` | {writes} | {} | {per_byte} | {doc} |",
            function.fuel_base
        )
        .expect("a string");
    }
    table.push('\n');
    table
}

#[test]
fn the_table_of_host_functions_is_made_from_their_declaration() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/execution.md");
    let page = std::fs::read_to_string(&file).expect("the page");
    assert!(page.contains(&format!("`{IMPORT_MODULE}`")));
    let (head, rest) = page.split_once(BEGIN).expect("the table has its place");
    let (now, tail) = rest.split_once(END).expect("and its end");
    if std::env::var_os("SENIM_UPDATE_DOCS").is_some() {
        let page = [head, BEGIN, &table(), END, tail].concat();
        std::fs::write(&file, page).expect("the page can be written");
        return;
    }
    assert_eq!(now, table(), "run `make docs-update`");
}
