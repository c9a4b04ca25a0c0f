//! A report's rows as a file for spreadsheets.

use crate::failure::{Failure, Result};
use crate::files;
use std::path::Path;

/// A table of text cells; amounts are in tiyn, so that programs can add them up.
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<&'static str>,
    /// The rows, each as long.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Writes a file that only its owner can read, in the form that its ending names.
    pub fn write(&self, path: &Path) -> Result<()> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        let bytes = match ending {
            Some("csv") => self.csv(path)?,
            Some("xlsx") => self.xlsx(path)?,
            _ => {
                return Err(Failure::usage("a report's file ends in .csv or .xlsx"));
            }
        };
        files::write_secret(path, &bytes)
    }

    /// RFC 4180 with a byte order mark, by which spreadsheets know UTF-8.
    fn csv(&self, path: &Path) -> Result<Vec<u8>> {
        let failed = |error: csv::Error| files::content(path, error);
        let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
        writer.write_record(&self.columns).map_err(failed)?;
        for row in &self.rows {
            let cells = row.iter().map(|cell| harmless(cell));
            writer.write_record(cells).map_err(failed)?;
        }
        let written = writer.into_inner();
        written.map_err(|error| files::content(path, error))
    }

    /// A workbook of one sheet. Cells are text: nothing is computed when it is opened.
    fn xlsx(&self, path: &Path) -> Result<Vec<u8>> {
        let failed = |error: rust_xlsxwriter::XlsxError| files::content(path, error);
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        let rows = std::iter::once(self.columns.iter().map(|name| (*name).to_owned()).collect());
        let rows = rows.chain(self.rows.iter().cloned());
        for (row, cells) in (0u32..).zip(rows) {
            let cells: Vec<String> = cells;
            for (column, cell) in (0u16..).zip(cells) {
                match cell.parse::<u32>() {
                    // A number of more digits, or with zeros before it, is a name and not a count.
                    Ok(number) if number.to_string() == cell => {
                        sheet.write_number(row, column, number).map_err(failed)?;
                    }
                    _ => {
                        sheet.write_string(row, column, cell).map_err(failed)?;
                    }
                }
            }
        }
        book.save_to_buffer().map_err(failed)
    }
}

/// A cell that a spreadsheet would compute is shown instead.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            columns: vec!["name", "sum"],
            rows: vec![vec!["=1+1, \"x\"".to_owned(), "145000".to_owned()]],
        }
    }

    #[test]
    fn a_file_is_written_as_its_ending_says_and_computes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let csv = folder.path().join("report.csv");
        table().write(&csv).expect("it is written");
        let text = std::fs::read_to_string(&csv).expect("text");
        assert_eq!(text, "\u{feff}name,sum\n\"'=1+1, \"\"x\"\"\",145000\n");
        let xlsx = folder.path().join("report.xlsx");
        table().write(&xlsx).expect("it is written");
        let bytes = std::fs::read(&xlsx).expect("bytes");
        assert!(bytes.starts_with(b"PK"), "a workbook is an archive");
        assert!(table().write(&folder.path().join("report.pdf")).is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&csv).expect("it is there").permissions();
            assert_eq!(mode.mode() & 0o777, 0o600);
        }
    }
}
