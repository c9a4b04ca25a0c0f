//! The portal's journal of what happened to its conversation.
//!
//! What was cut off was never acknowledged to anybody: the SMSC delivers again, the ledger is read again. A message that
//! the SMSC took just before a crash, and whose acceptance is not here, is sent again: two copies of one question have
//! one code and are answered once.

use crate::conversation::{Conversation, Event};
use senim_cli::failure::Result;
use senim_cli::journal::{Form, Journal};
use senim_cli::vault::Vault;
use senim_types::Code;
use std::path::Path;

const FORM: Form = Form {
    name: "senim portal journal 1",
    damaged: Code::PORTAL_JOURNAL,
};

/// Opens the journal for the one process that writes it, and gives what its events make.
pub fn open(path: &Path, vault: &Vault) -> Result<(Journal, Conversation)> {
    let mut conversation = Conversation::default();
    let journal = Journal::open(path, vault, FORM, |event: Event| conversation.step(&event))?;
    Ok((journal, conversation))
}

/// Reads a journal that another process may be writing.
pub fn read(path: &Path, vault: &Vault) -> Result<Conversation> {
    let mut conversation = Conversation::default();
    Journal::read(path, vault, FORM, |event: Event| conversation.step(&event))?;
    Ok(conversation)
}
