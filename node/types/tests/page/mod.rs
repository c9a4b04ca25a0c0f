//! A decoder that knows nothing but the tables of `docs/wire-format.md`.

use std::collections::BTreeMap;

/// The page.
pub const TEXT: &str = include_str!("../../../../docs/wire-format.md");

/// What a type of the page is made of.
#[derive(Debug)]
enum Shape {
    /// Another name for a type.
    Alias(String),
    /// Name and type of each field.
    Fields(Vec<(String, String)>),
    /// By variant byte.
    Variants(BTreeMap<u8, Vec<(String, String)>>),
}

/// A decoded field without parts: where it is, and its bytes.
#[derive(Clone, Debug)]
pub struct Field {
    /// Such as `body.calls[0].input`; lengths and counts stand under `….length`.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The tables of the page.
pub struct Page {
    types: BTreeMap<String, Shape>,
    tables: BTreeMap<String, Vec<Vec<String>>>,
    domains: Vec<u8>,
}

/// A number with thousands separators.
pub fn number(text: &str) -> usize {
    text.replace(',', "")
        .parse()
        .unwrap_or_else(|_| panic!("not a number: {text}"))
}

/// The cells of a row, without backticks and links.
fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner
        .split('|')
        .map(|cell| cell.trim().replace('`', ""))
        .collect()
}

/// `a: A, b: B`.
fn holds(cell: &str) -> Vec<(String, String)> {
    cell.split(", ")
        .filter_map(|part| part.split_once(": "))
        .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
        .collect()
}

impl Page {
    pub fn read() -> Page {
        let (mut types, mut tables) = (BTreeMap::new(), BTreeMap::<_, Vec<_>>::new());
        let (mut heading, mut head) = (String::new(), None::<Vec<String>>);
        for line in TEXT.lines() {
            if let Some(title) = line.strip_prefix('#') {
                heading = title.trim_start_matches('#').trim().to_owned();
            }
            if !line.starts_with('|') {
                head = None;
                continue;
            }
            let row = cells(line);
            let Some(head) = &head else {
                head = Some(row);
                continue;
            };
            if row
                .iter()
                .all(|cell| cell.chars().all(|letter| "-: ".contains(letter)))
            {
                continue;
            }
            match head.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["field", "type", _] => {
                    let shape = types
                        .entry(heading.clone())
                        .or_insert(Shape::Fields(vec![]));
                    if let Shape::Fields(fields) = shape {
                        fields.push((row[0].clone(), row[1].clone()));
                    }
                }
                ["byte", "variant", "holds", _] => {
                    let shape = types
                        .entry(heading.clone())
                        .or_insert(Shape::Variants(BTreeMap::new()));
                    if let Shape::Variants(variants) = shape {
                        let byte = row[0].parse().expect("a variant is a byte");
                        variants.insert(byte, holds(&row[2]));
                    }
                }
                ["type", "is", _] => {
                    types.insert(row[0].clone(), Shape::Alias(row[1].clone()));
                }
                _ => tables.entry(head[0].clone()).or_default().push(row),
            }
        }
        let domains = tables["domain"]
            .iter()
            .map(|row| number(&row[1]) as u8)
            .collect();
        Page {
            types,
            tables,
            domains,
        }
    }

    /// The rows of the table whose first column is called so.
    pub fn table(&self, first_column: &str) -> Vec<Vec<String>> {
        self.tables[first_column].clone()
    }

    /// The fields of a structure.
    pub fn fields(&self, name: &str) -> Vec<&str> {
        match &self.types[name] {
            Shape::Fields(fields) => fields.iter().map(|(name, _)| name.as_str()).collect(),
            other => panic!("{name} is no structure: {other:?}"),
        }
    }

    /// The bytes of a type without variable parts.
    pub fn fixed_size(&self, kind: &str) -> Option<usize> {
        match kind {
            "u8" | "Domain" => return Some(1),
            "u16" => return Some(2),
            "u32" => return Some(4),
            "u64" => return Some(8),
            _ => {}
        }
        if let Some(count) = kind.strip_prefix("array ") {
            return count.parse().ok();
        }
        match self.types.get(kind)? {
            Shape::Alias(of) => self.fixed_size(of),
            Shape::Fields(fields) => fields.iter().map(|(_, kind)| self.fixed_size(kind)).sum(),
            Shape::Variants(_) => None,
        }
    }

    /// Decodes all of `bytes` as a value of this type.
    pub fn decode(&self, kind: &str, bytes: &[u8]) -> Result<Vec<Field>, String> {
        let mut reader = Reader {
            page: self,
            rest: bytes,
            fields: Vec::new(),
        };
        reader.value("", kind)?;
        match reader.rest.len() {
            0 => Ok(reader.fields),
            left => Err(format!("{left} bytes are left over")),
        }
    }
}

struct Reader<'a> {
    page: &'a Page,
    rest: &'a [u8],
    fields: Vec<Field>,
}

impl Reader<'_> {
    fn take(&mut self, path: &str, count: usize) -> Result<Vec<u8>, String> {
        let (bytes, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or_else(|| format!("{path}: ends too soon"))?;
        self.rest = rest;
        if count > 0 {
            self.fields.push(Field {
                path: path.to_owned(),
                bytes: bytes.to_vec(),
            });
        }
        Ok(bytes.to_vec())
    }

    fn length(&mut self, path: &str) -> Result<usize, String> {
        let bytes = self.take(&format!("{path}.length"), 4)?;
        Ok(u32::from_le_bytes(bytes.try_into().expect("four were taken")) as usize)
    }

    fn value(&mut self, path: &str, kind: &str) -> Result<(), String> {
        if let Some(item) = kind.strip_prefix("list ") {
            for index in 0..self.length(path)? {
                self.value(&format!("{path}[{index}]"), item)?;
            }
            return Ok(());
        }
        if let Some(item) = kind.strip_prefix("option ") {
            return match self.take(&format!("{path}.is_some"), 1)?[0] {
                0 => Ok(()),
                1 => self.value(path, item),
                other => Err(format!("{path}: {other} is neither 0 nor 1")),
            };
        }
        if kind == "bytes" || kind == "text" {
            let length = self.length(path)?;
            let bytes = self.take(path, length)?;
            let is_sound = kind == "bytes" || std::str::from_utf8(&bytes).is_ok();
            return if is_sound {
                Ok(())
            } else {
                Err(format!("{path}: not UTF-8"))
            };
        }
        if kind == "Domain" {
            let byte = self.take(path, 1)?[0];
            let is_known = self.page.domains.contains(&byte);
            return if is_known {
                Ok(())
            } else {
                Err(format!("{path}: no domain {byte}"))
            };
        }
        match self.page.types.get(kind) {
            Some(Shape::Alias(of)) => self.value(path, of),
            Some(Shape::Fields(fields)) => self.parts(path, fields),
            Some(Shape::Variants(variants)) => {
                let byte = self.take(&format!("{path}.variant"), 1)?[0];
                let fields = variants.get(&byte);
                self.parts(
                    path,
                    fields.ok_or_else(|| format!("{path}: no variant {byte}"))?,
                )
            }
            None => {
                let size = self.page.fixed_size(kind);
                let size = size.ok_or_else(|| format!("{path}: the page has no type {kind}"))?;
                self.take(path, size).map(|_| ())
            }
        }
    }

    fn parts(&mut self, path: &str, fields: &[(String, String)]) -> Result<(), String> {
        for (name, kind) in fields {
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            self.value(&path, kind)?;
        }
        Ok(())
    }
}
