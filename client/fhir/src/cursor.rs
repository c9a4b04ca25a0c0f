//! A place in the message: a value together with its path, so that every refusal can name it.

use crate::json::Node;
use crate::refusal::FhirRefusal;
use senim_types::Code;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) node: &'a Node,
    pub(crate) path: String,
}

impl<'a> Element<'a> {
    /// The root of a message; its path begins with the resource type.
    pub(crate) fn root(node: &'a Node) -> Self {
        let name = node.get("resourceType").and_then(Node::as_str);
        let name = name.filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric()));
        Self {
            node,
            path: name.unwrap_or("message").to_owned(),
        }
    }

    /// The member, if it is there and not null.
    pub(crate) fn get(&self, name: &str) -> Option<Element<'a>> {
        let node = self.node.get(name)?;
        Some(Element {
            node,
            path: format!("{}.{name}", self.path),
        })
    }

    /// The member, or a refusal that names it.
    pub(crate) fn require(&self, name: &str) -> Result<Element<'a>, FhirRefusal> {
        self.get(name).ok_or_else(|| {
            let path = format!("{}.{name}", self.path);
            FhirRefusal::new(Code::FHIR_ELEMENT_MISSING, &path, "")
        })
    }

    /// The elements of an array member; none if it is absent.
    pub(crate) fn each(&self, name: &str) -> Result<Vec<Element<'a>>, FhirRefusal> {
        let Some(array) = self.get(name) else {
            return Ok(Vec::new());
        };
        let Node::Array(nodes) = array.node else {
            return Err(array.wrong_type("an array"));
        };
        let place = |(index, node)| Element {
            node,
            path: format!("{}[{index}]", array.path),
        };
        Ok(nodes.iter().enumerate().map(place).collect())
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Result<&'a str, FhirRefusal> {
        self.node
            .as_str()
            .ok_or_else(|| self.wrong_type("a string"))
    }

    /// The text of a string member; `None` if it is absent.
    pub(crate) fn text_of(&self, name: &str) -> Result<Option<&'a str>, FhirRefusal> {
        self.get(name).map(|element| element.text()).transpose()
    }

    pub(crate) fn boolean(&self) -> Result<bool, FhirRefusal> {
        if let Node::Bool(value) = self.node {
            Ok(*value)
        } else {
            Err(self.wrong_type("a boolean"))
        }
    }

    /// A number as it is written.
    pub(crate) fn number(&self) -> Result<&'a str, FhirRefusal> {
        if let Node::Number(text) = self.node {
            Ok(text)
        } else {
            Err(self.wrong_type("a number"))
        }
    }

    pub(crate) fn require_object(&self) -> Result<(), FhirRefusal> {
        if let Node::Object(_) = self.node {
            Ok(())
        } else {
            Err(self.wrong_type("an object"))
        }
    }

    pub(crate) fn resource_type(&self) -> Option<&'a str> {
        self.node.get("resourceType").and_then(Node::as_str)
    }

    pub(crate) fn refuse(&self, code: Code, detail: impl Into<String>) -> FhirRefusal {
        FhirRefusal::new(code, &self.path, detail)
    }

    fn wrong_type(&self, expected: &str) -> FhirRefusal {
        self.refuse(Code::FHIR_ELEMENT_TYPE, format!("is not {expected}"))
    }
}
