//! Decodes events with nothing but a schema file and the rules of `docs/contracts.md`: what a reader in another language
//! would write. It knows no type of ours.

use serde_json::{Map, Value};

/// A schema file.
pub struct Schema(Value);

/// Turns a value of a named type into how the APIs show it.
pub type Show<'a> = &'a dyn Fn(&str, Value) -> Value;

/// Why bytes are not an event.
pub type Problem = String;

impl Schema {
    pub fn parse(text: &str) -> Schema {
        Schema(serde_json::from_str(text).expect("the file is JSON"))
    }

    /// The number of the contract.
    pub fn contract(&self) -> u64 {
        self.0["id"].as_u64().expect("a number")
    }

    /// Kind and version of every event.
    pub fn kinds(&self) -> Vec<(u64, u64)> {
        let events = list(&self.0["events"]);
        events
            .iter()
            .map(|event| (number(&event["kind"]), number(&event["version"])))
            .collect()
    }

    /// The event with this body.
    pub fn decode(
        &self,
        kind: u64,
        version: u64,
        body: &[u8],
        show: Show,
    ) -> Result<Value, Problem> {
        let event = list(&self.0["events"])
            .iter()
            .find(|event| number(&event["kind"]) == kind && number(&event["version"]) == version)
            .ok_or("no such event")?;
        let mut reader = Reader {
            types: &self.0["types"],
            bytes: body,
            show,
        };
        if reader.integer(1)? != u128::from(number(&event["tag"])) {
            return Err("the tag is of another kind".into());
        }
        let decoded = reader.case(event)?;
        match reader.bytes {
            [] => Ok(decoded),
            rest => Err(format!("{} bytes too many", rest.len())),
        }
    }
}

struct Reader<'a> {
    types: &'a Value,
    bytes: &'a [u8],
    show: Show<'a>,
}

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], Problem> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or("too short")?;
        self.bytes = rest;
        Ok(taken)
    }

    fn integer(&mut self, bytes: u64) -> Result<u128, Problem> {
        let mut wide = [0; 16];
        let taken = self.take(bytes as usize)?;
        wide[..taken.len()].copy_from_slice(taken);
        Ok(u128::from_le_bytes(wide))
    }

    /// What follows the tag of an event or of a case of an enum.
    fn case(&mut self, case: &Value) -> Result<Value, Problem> {
        let name = text(&case["name"]).to_owned();
        let inside = if let Some(of) = case["type"].as_str() {
            self.value(of)?
        } else if case["fields"].is_array() {
            self.fields(&case["fields"])?
        } else {
            return Ok(Value::String(name));
        };
        Ok(Value::Object(Map::from_iter([(name, inside)])))
    }

    fn fields(&mut self, fields: &Value) -> Result<Value, Problem> {
        let mut decoded = Map::new();
        for field in list(fields) {
            decoded.insert(
                text(&field["name"]).into(),
                self.value(text(&field["type"]))?,
            );
        }
        Ok(Value::Object(decoded))
    }

    fn value(&mut self, name: &str) -> Result<Value, Problem> {
        let of = &self.types[name];
        let inner = || text(&of["of"]);
        let decoded = match text(&of["layout"]) {
            "unsigned" => small(self.integer(number(&of["bytes"]))?),
            "signed" => {
                let bytes = number(&of["bytes"]);
                let unused = 128 - 8 * bytes as u32;
                let signed = (self.integer(bytes)? << unused) as i128 >> unused;
                Value::from(i64::try_from(signed).expect("samples are small"))
            }
            "boolean" => Value::Bool(self.flag()?),
            "option" => match self.flag()? {
                true => self.value(inner())?,
                false => Value::Null,
            },
            "array" => self.items(number(&of["count"]), inner())?,
            "list" => {
                let count = self.count(of)?;
                self.items(count, inner())?
            }
            "text" => {
                let count = self.count(of)?;
                let bytes = self.take(count as usize)?.to_vec();
                Value::String(String::from_utf8(bytes).map_err(|_| "not UTF-8")?)
            }
            "same" => self.value(text(&of["type"]))?,
            "struct" => self.fields(&of["fields"])?,
            "enum" => {
                let tag = self.integer(number(&of["tag_bytes"]))?;
                let mut cases = list(&of["cases"]).iter();
                let case = cases.find(|case| u128::from(number(&case["tag"])) == tag);
                self.case(case.ok_or(format!("{name} has no tag {tag}"))?)?
            }
            other => panic!("{name}: no such layout: {other}"),
        };
        Ok((self.show)(name, decoded))
    }

    fn flag(&mut self) -> Result<bool, Problem> {
        match self.integer(1)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(format!("{other} is neither yes nor no")),
        }
    }

    fn count(&mut self, of: &Value) -> Result<u64, Problem> {
        let count = self.integer(number(&of["count_bytes"]))? as u64;
        if (number(&of["count_min"])..=number(&of["count_max"])).contains(&count) {
            Ok(count)
        } else {
            Err(format!("{count} of them"))
        }
    }

    fn items(&mut self, count: u64, of: &str) -> Result<Value, Problem> {
        (0..count).map(|_| self.value(of)).collect()
    }
}

fn small(integer: u128) -> Value {
    Value::from(u64::try_from(integer).expect("samples are small"))
}

fn number(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("{value} is a number"))
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is a text"))
}

fn list(value: &Value) -> &Vec<Value> {
    value
        .as_array()
        .unwrap_or_else(|| panic!("{value} is a list"))
}
