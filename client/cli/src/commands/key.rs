//! Keys: made from the operating system's randomness, kept in a file that only its owner can read, never printed.

use crate::answer::Answer;
use crate::failure::Result;
use crate::keys;
use clap::{Args, Subcommand, ValueEnum};
use senim_types::text::KeyKind;
use serde_json::json;
use std::path::PathBuf;

/// Keys.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a key in a new file and prints its public half.
    #[command(after_help = "Example:\n  senim key new --kind device --out till-3.key")]
    New(New),
    /// Prints the public half of the key in a file.
    #[command(after_help = "Example:\n  senim key show devnet/keys/pharmacy.key")]
    Show(Show),
}

/// Arguments of `key new`.
#[derive(Debug, Args)]
pub struct New {
    /// What it is for.
    #[arg(long, value_enum)]
    pub kind: Kind,
    /// The file, which must not exist.
    #[arg(long)]
    pub out: PathBuf,
}

/// Kinds of keys that people make one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Signs transactions: a terminal, a doctor's workplace, an office.
    Device,
    /// Holds one prescription.
    Token,
    /// Stands for an organisation; kept offline.
    Organisation,
}

/// Arguments of `key show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The file.
    pub file: PathBuf,
}

/// Runs a command about keys.
pub fn run(command: &Command) -> Result<Answer> {
    match command {
        Command::New(args) => {
            let kind = match args.kind {
                Kind::Device => KeyKind::Device,
                Kind::Token => KeyKind::Token,
                Kind::Organisation => KeyKind::Organisation,
            };
            let public = keys::make(&args.out, kind)?.public().to_text(kind);
            let file = args.out.display().to_string();
            let json = json!({ "kind": keys::kind_name(kind), "public": public, "file": file });
            Ok(Answer::new(json).line(&public).line(format!(
                "  the secret is in {file}: keep it, and give it to nobody"
            )))
        }
        Command::Show(args) => {
            let (kind, secret) = keys::read_any(&args.file)?;
            let public = secret.public().to_text(kind);
            let json = json!({ "kind": keys::kind_name(kind), "public": public });
            Ok(Answer::new(json).line(&public))
        }
    }
}
