//! The commands `backup` and `restore`.

use crate::Failure;
use senimd::args::{Backup, Output, Restore};
use senimd::backup::{self, BackupError, Manifest};
use senimd::folder::Folder;

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        Failure {
            code: error.code(),
            message: error.to_string(),
        }
    }
}

pub fn back_up(args: &Backup, output: Output) -> Result<(), Failure> {
    let folder = Folder::new(&args.folder.dir);
    let manifest = backup::back_up(&folder, &args.to, args.with_keys, &mut |line| {
        eprintln!("backup: {line}")
    })?;
    let to = args.to.display();
    if output == Output::Json {
        let told = told(&manifest, "file", to.to_string());
        println!("{told}");
        return Ok(());
    }
    println!(
        "Made {to}: {} files of chain {}",
        manifest.files.len(),
        manifest.chain
    );
    for node in &manifest.nodes {
        println!("  {:<14} blocks 1 to {}", node.name, node.height);
    }
    let keys = if args.with_keys {
        "keys that are encrypted"
    } else {
        "no keys"
    };
    println!(
        "It holds {keys}, and no votes. Keep it on another machine; to try it: senimd restore {to} --dir DIR"
    );
    Ok(())
}

pub fn restore(args: &Restore, output: Output) -> Result<(), Failure> {
    let folder = Folder::new(&args.dir);
    let manifest = backup::restore(&args.file, &folder, &mut |line| {
        eprintln!("restore: {line}")
    })?;
    let dir = args.dir.display();
    if output == Output::Json {
        let told = told(&manifest, "dir", dir.to_string());
        println!("{told}");
        return Ok(());
    }
    println!(
        "Restored chain {} in {dir}; every block is proven",
        manifest.chain
    );
    for node in &manifest.nodes {
        println!("  {:<14} blocks 1 to {}", node.name, node.height);
    }
    println!(
        "Next, see that the node's keys are in {dir}/keys, and start it: senimd start --dir {dir}"
    );
    println!(
        "A validator observes first: it votes once the network has decided what it may have voted on."
    );
    Ok(())
}

/// Makes every validator of a folder observe from this start on.
pub fn observe_first(folder: &Folder) -> Result<(), Failure> {
    for name in folder.validator_names()? {
        backup::mark(folder, &name)?;
    }
    Ok(())
}

fn told(manifest: &Manifest, place: &str, path: String) -> serde_json::Value {
    serde_json::json!({
        place: path,
        "chain": manifest.chain,
        "made_at_ms": manifest.made_at_ms,
        "nodes": manifest.nodes,
        "files": manifest.files.len(),
    })
}
