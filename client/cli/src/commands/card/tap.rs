//! A card at a reader: the terminal's challenge in, the chip's answer out. Neither says anything of the card's number.

use super::{Tap, chip};
use crate::answer::Answer;
use crate::failure::Result;
use crate::files;
use senim_card_system::{Answer as ChipAnswer, Challenge};
use senim_types::codec;
use serde_json::json;
use std::path::Path;
use zeroize::Zeroizing;

/// Bytes of a challenge or an answer.
const BYTES_MAX: usize = 512;

/// Answers a challenge.
pub fn tap(args: &Tap) -> Result<Answer> {
    let chip = chip(&args.chip)?;
    let bytes = files::read(&args.challenge, BYTES_MAX as u64)?;
    let challenge: Challenge = codec::decode(&bytes, BYTES_MAX)?;
    let answer = chip.answer(&challenge)?;
    // It opens the medicine data at the terminal that holds.
    files::write_secret(&args.out, &Zeroizing::new(codec::encode(&answer)))?;
    let file = args.out.display().to_string();
    Ok(Answer::new(json!({ "answer": file })).line(format!(
        "The card answered the terminal's challenge: {file}"
    )))
}

/// Writes a terminal's challenge.
pub fn write_challenge(path: &Path, challenge: &Challenge) -> Result<()> {
    files::write(path, &codec::encode(challenge))
}

/// Reads a card's answer.
pub fn read_answer(path: &Path) -> Result<ChipAnswer> {
    let bytes = Zeroizing::new(files::read(path, BYTES_MAX as u64)?);
    Ok(codec::decode(&bytes, BYTES_MAX)?)
}
