//! `senim`: see `senim --help`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    senim_cli::main()
}
