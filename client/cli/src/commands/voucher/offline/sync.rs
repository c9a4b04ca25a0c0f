//! While there is a connection: the ledger notes a session, and the terminal takes along what it has to know, proven.

use super::folder::{Synced, TerminalFolder, Wasm};
use super::{CLOCK_MS_MAX, Sync};
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::voucher::{submitted, voucher, voucher_id};
use crate::context::{device, enrolled, session, told};
use crate::failure::{Failure, Result};
use crate::files;
use crate::policies::{self, Runner};
use crate::session::Session;
use crate::words::{self, counted, time};
use senim_abi::VOUCHER;
use senim_abi::civil::Month;
use senim_abi::policy::{Listing, Product};
use senim_abi::voucher::record::{
    CalendarRecord, ListingRecord, OfflineChainRecord, ProgrammeRecord, calendar_key, chain_key,
    listing_key, programme_key,
};
use senim_abi::voucher::{
    Calendar, Execute, OfflineChain, Policy, ProgrammeId, Settings, Voucher, VoucherId,
};
use senim_types::{Code, ContractId, OrgId, PublicKey};
use serde_json::json;
use std::collections::btree_map::Entry as MapEntry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Bytes of the meal system's list.
const PUPILS_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Vouchers that a terminal takes along at most.
const VOUCHERS_MAX: usize = 10_000;

/// What the ledger has of a terminal, proven.
pub fn chain_of(
    session: &Session,
    programme: ProgrammeId,
    terminal: &PublicKey,
) -> Result<Option<OfflineChain>> {
    let key = chain_key(programme, terminal);
    let proven = session.record::<OfflineChainRecord>(&key, VOUCHER)?;
    Ok(proven.value.map(OfflineChainRecord::into_current))
}

/// Syncs a terminal.
pub fn sync(args: &Sync, global: &Global) -> Result<Answer> {
    let ids = pupils(args)?;
    let session = session(global)?;
    let key = device(global, &args.key)?;
    let (programme, terminal) = (ProgrammeId(args.programme), key.public());
    nothing_unsent(&session, &args.folder.terminal)?;
    // Everything that many questions are needed for comes first: from the new session on the old one is worth nothing, and a
    // connection that breaks in between would leave the terminal with it.
    let org = enrolled(&session, &key)?.org;
    let known = known(&session, (programme, args), &ids)?;
    let execute = Execute::SyncOffline {
        programme,
        place: OrgId(args.place),
    };
    let done = submitted(&session, global, &args.key, &execute)?;
    let (mine, theirs) = (words::now(), done.header.time);
    if mine.0.abs_diff(theirs.0) > CLOCK_MS_MAX {
        let words = format!(
            "This terminal's clock says {}, the ledger's {}. Set it, then sync: until then it serves nobody by itself.",
            time(mine),
            time(theirs)
        );
        return Err(Failure::with(Code::TERMINAL_CLOCK, words));
    }
    let state = chain_of(&session, programme, &terminal)?;
    let state = state.ok_or_else(|| Failure::new(Code::OFFLINE_NO_SESSION))?;
    let synced = Synced {
        chain: session.chain,
        programme,
        terminal,
        org,
        state,
        height: done.receipt.height,
        settings: known.settings,
        policies: known.policies,
        codes: known.codes,
        listings: known.listings,
        calendars: known.calendars,
        vouchers: known.vouchers,
    };
    TerminalFolder::begin(&args.folder.terminal, &synced)?;
    let number = synced.state.session.number;
    let bounds = synced.state.session.bounds;
    let fields = json!({
        "session": number, "vouchers": synced.vouchers.len(), "uses_max": bounds.uses_max, "ms_max": bounds.ms_max,
    });
    Ok(told(&session, &done, fields).line(format!(
        "Session {number}: without connection this terminal may serve {} known, {} times in {} hours",
        counted(synced.vouchers.len(), "voucher"),
        bounds.uses_max,
        bounds.ms_max / 3_600_000
    )))
}

/// Whatever this folder has written down is on the ledger: a new session would leave it to the payer.
fn nothing_unsent(session: &Session, path: &Path) -> Result<()> {
    let folder = match TerminalFolder::open(path) {
        Ok(folder) => folder,
        Err(failure) if failure.code == Code::TERMINAL_NOT_SYNCED => return Ok(()),
        Err(failure) => return Err(failure),
    };
    let synced = &folder.synced;
    let known = chain_of(session, synced.programme, &synced.terminal)?;
    let is_sent = match &known {
        Some(chain) => folder.unsent(chain).is_empty(),
        None => folder.lines.is_empty(),
    };
    if is_sent {
        Ok(())
    } else {
        Err(Failure::new(Code::TERMINAL_UNSENT))
    }
}

/// What a yes or no takes.
struct Known {
    settings: Settings,
    policies: BTreeMap<u32, Policy>,
    codes: BTreeMap<ContractId, Wasm>,
    listings: Vec<(Product, Listing)>,
    calendars: BTreeMap<Month, Calendar>,
    vouchers: BTreeMap<VoucherId, Voucher>,
}

/// Everything that a yes or no takes, each with its proof.
fn known(
    session: &Session,
    (programme, args): (ProgrammeId, &Sync),
    ids: &BTreeSet<VoucherId>,
) -> Result<Known> {
    let frame = session.record::<ProgrammeRecord>(&programme_key(programme), VOUCHER)?;
    let frame = frame
        .value
        .ok_or_else(|| Failure::new(Code::PROGRAMME_UNKNOWN))?;
    let settings = frame.into_current().settings;
    let mut vouchers = BTreeMap::new();
    for id in ids {
        let (voucher, _) = voucher(session, id)?;
        // One of another programme's is not served here.
        if voucher.programme == programme {
            vouchers.insert(*id, voucher);
        }
    }
    let versions: BTreeSet<u32> = vouchers.values().map(|voucher| voucher.version).collect();
    let (mut policies, mut codes) = (BTreeMap::new(), BTreeMap::new());
    for version in versions {
        let policy = policies::pinned(session, programme, version)?;
        if let MapEntry::Vacant(code) = codes.entry(policy.contract) {
            let runner = Runner::of_contract(session, policy.contract)?;
            code.insert(Wasm(runner.into_code()));
        }
        policies.insert(version, policy);
    }
    let mut listings = Vec::new();
    let named = args.product.iter();
    for product in named.flat_map(|product| product.listed_as()) {
        let key = listing_key(programme, &product);
        let listing = session.record::<ListingRecord>(&key, VOUCHER)?.value;
        listings.extend(listing.map(|listing| (product, listing.into_current())));
    }
    let mut calendars = BTreeMap::new();
    let this_month = settings.offsets.month_of(words::now());
    for month in [this_month, this_month.next()] {
        let key = calendar_key(programme, OrgId(args.place), month);
        let calendar = session.record::<CalendarRecord>(&key, VOUCHER)?.value;
        calendars.extend(calendar.map(|calendar| (month, calendar.into_current())));
    }
    Ok(Known {
        settings,
        policies,
        codes,
        listings,
        calendars,
        vouchers,
    })
}

/// The vouchers of the meal system's list and of the command line.
fn pupils(args: &Sync) -> Result<BTreeSet<VoucherId>> {
    let mut ids: BTreeSet<VoucherId> = args.voucher.iter().copied().collect();
    if let Some(path) = &args.pupils {
        let bytes = files::read(path, PUPILS_BYTES_MAX)?;
        let text = String::from_utf8(bytes).map_err(|error| files::content(path, error))?;
        for (number, line) in (1..).zip(text.lines()) {
            let id = line.rsplit(',').next().unwrap_or_default().trim();
            if id.is_empty() {
                continue;
            }
            // What else stands in the line is nobody's business: the message has its number alone.
            let id = voucher_id(id).map_err(|_| {
                files::content(path, format!("line {number} ends in no id of a voucher"))
            })?;
            ids.insert(id);
        }
    }
    if ids.len() > VOUCHERS_MAX {
        let words = format!("at most {VOUCHERS_MAX} vouchers are taken along");
        return Err(Failure::usage(words));
    }
    Ok(ids)
}
