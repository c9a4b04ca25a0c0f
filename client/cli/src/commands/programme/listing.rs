//! What a programme pays for, product by product: a file of a spreadsheet's, or of TOML, becomes the ledger's list.

use super::{programme, submitted, to_vouchers};
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::voucher::product;
use crate::context::session;
use crate::failure::{Failure, Result};
use crate::files;
use crate::history;
use crate::session::{Final, Session};
use crate::words::{counted, parse_tenge, percent, tenge};
use clap::{Args, Subcommand};
use senim_abi::VOUCHER;
use senim_abi::policy::{Listing, Product};
use senim_abi::voucher::record::{ListingRecord, listing_key};
use senim_abi::voucher::{Execute, ProgrammeId, VoucherEvent};
use senim_types::{Call, Height, limits};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a programme pays for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Puts products on the list by a file: columns product (a GTIN of 14 digits, an ATC code of a substance or of a group,
    /// or a number of the programme's services), price_max in tenge, units_per_pack, share_percent or nothing for the policy's own. What stands there already is not sent again, so an
    /// interrupted run is run again.
    #[command(
        after_help = "Examples:\n  senim programme listing set 4 --file list.csv\n  senim programme listing set 4 --file list.toml\nA line of list.csv:\n  04870001000011,1450.00,60,80"
    )]
    Set(Set),
    /// Takes products off the list.
    #[command(after_help = "Example:\n  senim programme listing remove 4 --product A10BA02")]
    Remove(Remove),
    /// Shows what the list says, each product proven: those that are named, or all that were ever set.
    #[command(
        after_help = "Examples:\n  senim programme listing show 4\n  senim programme listing show 4 --product 04870001000011"
    )]
    Show(Show),
}

/// Arguments of `programme listing set`.
#[derive(Debug, Args)]
pub struct Set {
    /// Under which programme.
    pub programme: u32,
    /// The list, .csv or .toml.
    #[arg(long)]
    pub file: PathBuf,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// Arguments of `programme listing remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// Under which programme.
    pub programme: u32,
    /// Which product; again for each.
    #[arg(long = "product", value_parser = product, required = true)]
    pub products: Vec<Product>,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// Arguments of `programme listing show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Under which programme.
    pub programme: u32,
    /// Which product; again for each.
    #[arg(long = "product", value_parser = product)]
    pub products: Vec<Product>,
}

/// Bytes of a list.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Products of a list.
const PRODUCTS_MAX: usize = 10_000;

/// A line of a list, as a person writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    product: String,
    price_max: String,
    units_per_pack: u32,
    #[serde(default)]
    share_percent: Option<String>,
}

/// A list in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlFile {
    listing: Vec<Row>,
}

/// A product as [`product`] reads it.
fn written(product: &Product) -> String {
    match product {
        Product::Gtin(gtin) => gtin.to_string(),
        Product::Inn(inn) => inn.to_string(),
        Product::Service(number) => number.to_string(),
    }
}

/// Reads `80`, `80.5` or `33.33`: a share in 1/10,000, more than nothing and at most all.
fn parse_percent(text: &str) -> std::result::Result<u16, String> {
    let malformed = || format!("`{text}` is not a share in percent, such as 80 or 33.33");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() > 3 || fraction.len() > 2 {
        return Err(malformed());
    }
    let number = |part: &str| part.parse::<u32>().map_err(|_| malformed());
    let hundredths = number(whole)? * 100 + number(&format!("{fraction:0<2}"))?;
    u16::try_from(hundredths)
        .ok()
        .filter(|share| (1..=10_000).contains(share))
        .ok_or_else(malformed)
}

impl Row {
    fn read(&self) -> std::result::Result<(Product, Listing), String> {
        let share = self.share_percent.as_deref().map(str::trim);
        let share = share.filter(|text| !text.is_empty());
        let listing = Listing {
            price_max: parse_tenge(self.price_max.trim())?,
            units_per_pack: self.units_per_pack,
            share_basis_points: share.map(parse_percent).transpose()?,
        };
        Ok((product(self.product.trim())?, listing))
    }
}

/// A file's products, in its order; each once.
fn read(path: &Path) -> Result<Vec<(Product, Listing)>> {
    let bytes = files::read(path, FILE_BYTES_MAX)?;
    let rows = match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => rows_of_csv(path, &bytes)?,
        Some("toml") => {
            let text = std::str::from_utf8(&bytes).map_err(|_| files::content(path, "not text"))?;
            let file: TomlFile =
                toml::from_str(text).map_err(|error| files::content(path, error))?;
            file.listing
        }
        _ => return Err(Failure::usage("a list ends in .csv or .toml")),
    };
    if rows.is_empty() || rows.len() > PRODUCTS_MAX {
        let reason = format!("a list has 1 to {PRODUCTS_MAX} products");
        return Err(files::content(path, reason));
    }
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut list = Vec::new();
    for (row, number) in rows.iter().zip(1..) {
        let wrong = |reason: String| files::content(path, format!("product {number}: {reason}"));
        let (product, listing) = row.read().map_err(wrong)?;
        if let Some(first) = known.insert(written(&product), number) {
            let reason = format!("{} is product {first}, too", written(&product));
            return Err(wrong(reason));
        }
        list.push((product, listing));
    }
    Ok(list)
}

fn rows_of_csv(path: &Path, bytes: &[u8]) -> Result<Vec<Row>> {
    // Spreadsheets put a byte order mark before UTF-8.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(bytes);
    reader
        .deserialize()
        .take(PRODUCTS_MAX + 1)
        .map(|row| row.map_err(|error| files::content(path, error)))
        .collect()
}

/// Runs a command about a programme's list.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Set(args) => {
            let list = read(&args.file)?;
            let wanted = list
                .into_iter()
                .map(|(product, listing)| (product, Some(listing)));
            change(args.programme, &args.key, wanted.collect(), global)
        }
        Command::Remove(args) => {
            let wanted = args.products.iter().map(|product| (*product, None));
            change(args.programme, &args.key, wanted.collect(), global)
        }
        Command::Show(args) => show(args, global),
    }
}

/// Sends what does not stand there yet, as many products in a transaction as it may have calls.
fn change(
    number: u32,
    key: &str,
    wanted: Vec<(Product, Option<Listing>)>,
    global: &Global,
) -> Result<Answer> {
    let session = session(global)?;
    let id = ProgrammeId(number);
    programme(&session, id)?;
    let count = wanted.len();
    let mut changes: Vec<Call> = Vec::new();
    for (product, listing) in wanted {
        if known(&session, id, &product)?.0 != listing {
            changes.push(to_vouchers(&Execute::SetListing {
                programme: id,
                product,
                listing,
            }));
        }
    }
    let changed = changes.len();
    let mut last: Option<Final> = None;
    for calls in changes.chunks(limits::CALLS_MAX) {
        last = Some(submitted(&session, global, key, calls.to_vec())?);
    }
    let json = json!({
        "programme": number, "changed": changed, "unchanged": count - changed,
        "transaction": last.map(|done| done.receipt.transaction),
    });
    Ok(Answer::new(json).line(format!(
        "Programme {number}: {} changed, {} as they were",
        counted(changed, "product"),
        count - changed
    )))
}

/// What the list says of a product, proven.
fn known(
    session: &Session,
    programme: ProgrammeId,
    product: &Product,
) -> Result<(Option<Listing>, Height)> {
    let key = listing_key(programme, product);
    let proven = session.record::<ListingRecord>(&key, VOUCHER)?;
    let listing = proven.value.map(ListingRecord::into_current);
    Ok((listing, proven.header.height))
}

fn show(args: &Show, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let id = ProgrammeId(args.programme);
    let products = match args.products.is_empty() {
        true => ever_set(&session, id)?,
        false => args.products.clone(),
    };
    let mut lines = Vec::new();
    let mut all: Vec<Value> = Vec::new();
    for product in &products {
        let (listing, height) = known(&session, id, product)?;
        let name = written(product);
        match listing {
            Some(listing) => lines.push(format!(
                "{name:<24} at most {:>14} for {}, {}",
                tenge(listing.price_max),
                counted(listing.units_per_pack as usize, "unit"),
                listing
                    .share_basis_points
                    .map_or("the policy's share".to_owned(), percent)
            )),
            None if args.products.is_empty() => continue,
            None => lines.push(format!("{name:<24} is not on the list")),
        }
        all.push(json!({ "product": name, "listing": listing, "height": height }));
    }
    let listed = all.iter().filter(|row| !row["listing"].is_null()).count();
    let json = json!({ "programme": args.programme, "products": all });
    Ok(Answer::new(json).lines(lines).line(format!(
        "{} on the list of programme {}, each proven",
        counted(listed, "product"),
        args.programme
    )))
}

/// All products that were ever set, from the receipts of all blocks.
fn ever_set(session: &Session, id: ProgrammeId) -> Result<Vec<Product>> {
    let mut products: BTreeMap<String, Product> = BTreeMap::new();
    for height in 1..=history::height(session)?.0 {
        let (_, receipts) = history::receipts(session, Height(height))?;
        for event in receipts.iter().flat_map(history::voucher_events) {
            if let VoucherEvent::ListingSet {
                programme, product, ..
            } = event
                && programme == id
            {
                products.insert(written(&product), product);
            }
        }
    }
    Ok(products.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_types::Code;

    fn in_file(name: &str, text: &str) -> Result<Vec<(Product, Listing)>> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("it is written");
        read(&path)
    }

    #[test]
    fn a_spreadsheets_list_and_one_in_toml_say_the_same() {
        let csv = "\u{feff}product,price_max,units_per_pack,share_percent\n\
                   04870001000011,1450.50,60,80\nA10BA02, 900 ,30,\n1,900,1,33.33\n";
        let toml = "[[listing]]\nproduct = \"04870001000011\"\nprice_max = \"1450.50\"\nunits_per_pack = 60\nshare_percent = \"80\"\n\
                    [[listing]]\nproduct = \"A10BA02\"\nprice_max = \"900\"\nunits_per_pack = 30\n\
                    [[listing]]\nproduct = \"1\"\nprice_max = \"900\"\nunits_per_pack = 1\nshare_percent = \"33.33\"\n";
        let list = in_file("list.csv", csv).expect("it is a list");
        let shares: Vec<Option<u16>> = list
            .iter()
            .map(|(_, listing)| listing.share_basis_points)
            .collect();
        assert_eq!(shares, [Some(8_000), None, Some(3_333)]);
        assert_eq!(list[0].1.price_max.0, 145_050);
        assert_eq!(in_file("list.toml", toml).expect("it is a list"), list);
    }

    #[test]
    fn what_is_no_list_is_told_with_the_product() {
        let head = "product,price_max,units_per_pack,share_percent\n";
        for (row, part) in [
            ("04870001000012,1,1,", "product 1"),
            ("04870001000011,-1,1,", "product 1"),
            ("A10BA0234,1,1,", "product 1"),
            ("1,1,1,0", "percent"),
            ("1,1,1,100.01", "percent"),
            ("1,1,1,1.001", "percent"),
            ("1,1,1,80\n1,2,1,80", "product 1, too"),
            ("1,1,many,80", "list.csv"),
            ("1,1", "list.csv"),
            ("", "1 to 10000"),
        ] {
            let failure = in_file("list.csv", &format!("{head}{row}\n")).expect_err(row);
            assert_eq!(failure.code, Code::FILE_CONTENT, "{row}");
            assert!(failure.message.contains(part), "{row}: {}", failure.message);
        }
        let other = in_file("list.txt", head).expect_err("no such ending");
        assert_eq!(other.code, Code::BAD_USAGE);
    }
}
