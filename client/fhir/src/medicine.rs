//! Which medicine a code names, and what a unit counts: imported facts, checked as they come in.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The smallest unit that a quantity of a medicine counts. Names as in the ledger's catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A tablet.
    Tablet,
    /// A capsule.
    Capsule,
    /// A measured dose (inhaler, spray).
    Dose,
    /// A millilitre.
    Millilitre,
    /// A gram.
    Gram,
    /// An ampoule, vial or prefilled syringe.
    Ampoule,
    /// A sachet.
    Sachet,
    /// A suppository, patch, strip, needle: anything that is counted by the piece.
    Piece,
}

/// Pharmaceutical form. Names as in the ledger's catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Tablet, coated or not.
    Tablet,
    /// Tablet to be dissolved.
    SolubleTablet,
    /// Tablet or capsule that releases slowly.
    ProlongedRelease,
    /// Capsule.
    Capsule,
    /// Solution, syrup or suspension to drink.
    OralLiquid,
    /// Powder or granules to drink.
    OralPowder,
    /// Solution or powder for injection or infusion.
    Injection,
    /// Pressurised or powder inhaler.
    Inhaler,
    /// Solution for a nebuliser.
    Nebules,
    /// Spray for nose or mouth.
    Spray,
    /// Drops for eye, ear or nose.
    Drops,
    /// Cream, ointment, gel.
    Topical,
    /// Suppository or pessary.
    Suppository,
    /// Transdermal patch.
    Patch,
    /// Test strips, lancets, needles and other devices.
    Device,
    /// Anything else.
    Other,
}

impl Unit {
    /// The name, as in the data files and on the ledger.
    pub const fn code(self) -> &'static str {
        match self {
            Unit::Tablet => "tablet",
            Unit::Capsule => "capsule",
            Unit::Dose => "dose",
            Unit::Millilitre => "millilitre",
            Unit::Gram => "gram",
            Unit::Ampoule => "ampoule",
            Unit::Sachet => "sachet",
            Unit::Piece => "piece",
        }
    }

    /// Whether a quantity in this unit counts a medicine whose smallest unit is `other`. Systems
    /// write "20 tablets" of capsules; one piece is one piece, so it changes no amount.
    pub fn counts(self, other: Unit) -> bool {
        let piece = |unit| matches!(unit, Unit::Tablet | Unit::Capsule);
        self == other || (piece(self) && piece(other))
    }
}

/// A medicine: what is supplied, whoever makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Medicine {
    /// International nonproprietary name, lower case; combinations joined by `+`.
    pub inn: String,
    /// ATC code of the fifth level: the ledger's code of the substance.
    pub atc: String,
    /// Strength in the catalogue's spelling, without spaces: `500mg`, `30mg+500mg`, `100ug/dose`.
    pub strength: String,
    /// Pharmaceutical form.
    pub form: Form,
    /// Smallest unit.
    pub unit: Unit,
    /// Code system under which the map knows it.
    pub system: String,
    /// Code in that system.
    pub code: String,
}

impl Medicine {
    /// Whether both are supplied by the same products: everything but the code that named them.
    pub fn same_medicine(&self, other: &Medicine) -> bool {
        (&self.inn, &self.atc, &self.strength, self.form, self.unit)
            == (
                &other.inn,
                &other.atc,
                &other.strength,
                other.form,
                other.unit,
            )
    }
}

/// The code system of ATC: a code there is compared with the medicine, it does not choose one.
pub(crate) const ATC_SYSTEM: &str = "http://www.whocc.no/atc";
const SNOMED_SYSTEM: &str = "http://snomed.info/sct";
const FIELD_BYTES_MAX: usize = 128;
const ROWS_MAX: usize = 200_000;

/// Codes of medicines and units, from data files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MedicineMap {
    medicines: ByCode<Medicine>,
    units: ByCode<(Unit, u32)>,
}

/// By code system and code.
type ByCode<T> = BTreeMap<(String, String), T>;

/// A data file that is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {kind}")]
pub struct MapError {
    /// `medicines` or `units`.
    pub file: &'static str,
    /// Line of the row; 0 if the file as a whole is meant.
    pub line: u64,
    /// What is wrong with it.
    pub kind: MapErrorKind,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapErrorKind {
    /// Not CSV of the expected columns.
    #[error("is not a row of the expected columns: {0}")]
    Row(String),
    /// A field is empty, too long, or has spaces around it.
    #[error("field {0} is empty, longer than {FIELD_BYTES_MAX} bytes, or has spaces around it")]
    Field(&'static str),
    /// The code system is not a URI.
    #[error("the code system is not a URI")]
    System,
    /// A SNOMED CT code with a wrong check digit.
    #[error("the SNOMED CT code has a wrong check digit")]
    SnomedCheckDigit,
    /// Not an ATC code of the fifth level.
    #[error("is not an ATC code of the fifth level")]
    Atc,
    /// A strength with spaces, or longer than the catalogue holds.
    #[error("the strength has a character that the catalogue's spelling has not, or is too long")]
    Strength,
    /// The name is not in lower case.
    #[error("the INN is not in lower case")]
    Inn,
    /// The factor is zero.
    #[error("the factor is zero")]
    Factor,
    /// The code is in the file already.
    #[error("the code is in the file already")]
    Duplicate,
    /// No rows, or more than can be right.
    #[error("has no rows, or more than {ROWS_MAX}")]
    Size,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MedicineRow {
    system: String,
    code: String,
    inn: String,
    atc: String,
    strength: String,
    form: Form,
    unit: Unit,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitRow {
    system: String,
    code: String,
    unit: Unit,
    factor: u32,
    source: String,
}

impl MedicineMap {
    /// The map that comes with this crate, `data/medicines.csv` and `data/units.csv`.
    pub fn shipped() -> Self {
        let medicines = include_bytes!("../data/medicines.csv");
        let units = include_bytes!("../data/units.csv");
        Self::from_csv(medicines, units).expect("the shipped files pass their own test")
    }

    /// Imports both files: comma-separated, `#` begins a comment, columns as in the shipped files.
    ///
    /// # Errors
    /// The first unsound row. Nothing is imported in part.
    pub fn from_csv(medicines: &[u8], units: &[u8]) -> Result<Self, MapError> {
        Ok(Self {
            medicines: read_medicines(medicines)?,
            units: read_units(units)?,
        })
    }

    /// The medicine that a code names.
    pub fn medicine(&self, system: &str, code: &str) -> Option<&Medicine> {
        self.medicines.get(&(system.to_owned(), code.to_owned()))
    }

    /// All medicines, by system and code.
    pub fn medicines(&self) -> impl Iterator<Item = &Medicine> {
        self.medicines.values()
    }

    /// What a unit's code counts, and how many of it.
    pub(crate) fn unit(&self, system: &str, code: &str) -> Option<(Unit, u32)> {
        self.units
            .get(&(system.to_owned(), code.to_owned()))
            .copied()
    }

    /// What a unit's human text counts.
    pub(crate) fn unit_text(&self, text: &str) -> Option<(Unit, u32)> {
        self.unit("", &text.trim().trim_end_matches('.').to_lowercase())
    }
}

fn read_medicines(bytes: &[u8]) -> Result<ByCode<Medicine>, MapError> {
    let file = "medicines";
    let mut medicines = BTreeMap::new();
    for (line, row) in rows::<MedicineRow>(file, bytes)? {
        let fail = |kind| Err(MapError { file, line, kind });
        for (name, field) in [
            ("system", &row.system),
            ("code", &row.code),
            ("inn", &row.inn),
            ("strength", &row.strength),
            ("source", &row.source),
        ] {
            if !is_sound_field(field) {
                return fail(MapErrorKind::Field(name));
            }
        }
        if let Err(kind) = check_system(&row.system, &row.code) {
            return fail(kind);
        }
        if !is_atc(&row.atc) {
            return fail(MapErrorKind::Atc);
        }
        if !is_strength(&row.strength) {
            return fail(MapErrorKind::Strength);
        }
        if row.inn != row.inn.to_lowercase() {
            return fail(MapErrorKind::Inn);
        }
        let key = (row.system.clone(), row.code.clone());
        let MedicineRow {
            system,
            code,
            inn,
            atc,
            strength,
            form,
            unit,
            source: _,
        } = row;
        let medicine = Medicine {
            inn,
            atc,
            strength,
            form,
            unit,
            system,
            code,
        };
        if medicines.insert(key, medicine).is_some() {
            return fail(MapErrorKind::Duplicate);
        }
    }
    Ok(medicines)
}

fn read_units(bytes: &[u8]) -> Result<ByCode<(Unit, u32)>, MapError> {
    let file = "units";
    let mut units = BTreeMap::new();
    for (line, row) in rows::<UnitRow>(file, bytes)? {
        let fail = |kind| Err(MapError { file, line, kind });
        for (name, field) in [("code", &row.code), ("source", &row.source)] {
            if !is_sound_field(field) {
                return fail(MapErrorKind::Field(name));
            }
        }
        if row.system.is_empty() {
            if row.code != row.code.to_lowercase() {
                return fail(MapErrorKind::Field("code"));
            }
        } else if let Err(kind) = check_system(&row.system, &row.code) {
            return fail(kind);
        }
        if row.factor == 0 {
            return fail(MapErrorKind::Factor);
        }
        if units
            .insert((row.system, row.code), (row.unit, row.factor))
            .is_some()
        {
            return fail(MapErrorKind::Duplicate);
        }
    }
    Ok(units)
}

fn rows<R: DeserializeOwned>(file: &'static str, bytes: &[u8]) -> Result<Vec<(u64, R)>, MapError> {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(bytes);
    let mut rows = Vec::new();
    let mut records = reader.records();
    let headers = records.reader_mut().headers().cloned();
    let headers = headers.map_err(|error| row_error(file, &error))?;
    for record in records {
        let record = record.map_err(|error| row_error(file, &error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let row = record.deserialize::<R>(Some(&headers));
        rows.push((
            line,
            row.map_err(|error| MapError {
                line,
                ..row_error(file, &error)
            })?,
        ));
    }
    if rows.is_empty() || rows.len() > ROWS_MAX {
        return Err(MapError {
            file,
            line: 0,
            kind: MapErrorKind::Size,
        });
    }
    Ok(rows)
}

fn row_error(file: &'static str, error: &csv::Error) -> MapError {
    let line = error.position().map_or(0, csv::Position::line);
    MapError {
        file,
        line,
        kind: MapErrorKind::Row(error.to_string()),
    }
}

fn is_sound_field(field: &str) -> bool {
    !field.is_empty() && field.len() <= FIELD_BYTES_MAX && field.trim() == field
}

fn check_system(system: &str, code: &str) -> Result<(), MapErrorKind> {
    let is_uri = ["http://", "https://", "urn:"]
        .iter()
        .any(|start| system.starts_with(start));
    if !is_uri || !is_sound_field(system) {
        return Err(MapErrorKind::System);
    }
    if system == SNOMED_SYSTEM && !is_snomed_id(code) {
        return Err(MapErrorKind::SnomedCheckDigit);
    }
    Ok(())
}

/// `30mg+500mg`: at most 24 bytes of letters, digits and `+./%`.
fn is_strength(strength: &str) -> bool {
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"+./%".contains(&byte);
    (1..=24).contains(&strength.len()) && strength.bytes().all(is_sound)
}

/// `A10BA02`: letter, two digits, two letters, two digits.
fn is_atc(code: &str) -> bool {
    let shape = b"A00AA00";
    code.len() == shape.len()
        && code.bytes().zip(shape).all(|(byte, kind)| match kind {
            b'A' => byte.is_ascii_uppercase(),
            _ => byte.is_ascii_digit(),
        })
}

/// A SNOMED CT identifier: 6 to 18 digits, the last a Verhoeff check digit (SNOMED CT Release File
/// Specifications, "SCTID check-digit").
fn is_snomed_id(code: &str) -> bool {
    /// Multiplication in the dihedral group of order 10.
    const PRODUCT: [[u8; 10]; 10] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ];
    const FIRST_PERMUTATION: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    if !(6..=18).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let mut check = 0;
    for (position, byte) in code.bytes().rev().enumerate() {
        let permute = |digit: u8, _| FIRST_PERMUTATION[usize::from(digit)];
        let digit = (0..position % 8).fold(byte - b'0', permute);
        check = PRODUCT[usize::from(check)][usize::from(digit)];
    }
    check == 0
}

#[cfg(test)]
mod tests;
