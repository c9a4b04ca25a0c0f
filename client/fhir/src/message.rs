//! The envelope: which resources a message holds, how they refer to each other, what it asks for.

use std::collections::BTreeMap;

use crate::accounting::Marks;
use crate::cursor::Element;
use crate::json::Node;
use crate::refusal::{FhirRefusal, printable_code};
use senim_types::Code;

/// What the message's event asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// `prescription-order`
    Order,
    /// `prescription-order-update`, by which prescriptions are withdrawn.
    Update,
}

/// A resource of the message and the address it has there.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) full_url: Option<&'a str>,
    pub(crate) resource: Element<'a>,
}

/// A message with its parts found.
pub(crate) struct Message<'a> {
    pub(crate) root: Element<'a>,
    pub(crate) entries: Vec<Entry<'a>>,
    pub(crate) event: Option<Event>,
    addresses: Addresses<'a>,
}

/// Where in the message's entries an address is.
#[derive(Default)]
struct Addresses<'a> {
    /// By `fullUrl`.
    urls: BTreeMap<&'a str, usize>,
    /// By `Type/id`, of the resource itself and as the end of its `fullUrl`.
    names: BTreeMap<String, usize>,
}

/// Where a reference leads.
pub(crate) enum Target<'a> {
    /// To a resource of this message.
    Found(Element<'a>),
    /// Into this message, where nothing is.
    Dangling,
    /// Out of this message.
    Outside,
}

impl<'a> Message<'a> {
    /// Opens the envelope.
    pub(crate) fn open(root: Element<'a>, marks: &mut Marks) -> Result<Self, FhirRefusal> {
        match root.resource_type() {
            Some("MedicationRequest") => {
                let entry = Entry {
                    full_url: None,
                    resource: root.clone(),
                };
                let addresses = Addresses::default();
                Ok(Self {
                    root,
                    entries: vec![entry],
                    event: None,
                    addresses,
                })
            }
            Some("Bundle") => Self::open_bundle(root, marks),
            other => {
                let found = other.map_or("no resourceType".to_owned(), printable_code);
                Err(root.refuse(Code::FHIR_RESOURCE_TYPE, found))
            }
        }
    }

    fn open_bundle(root: Element<'a>, marks: &mut Marks) -> Result<Self, FhirRefusal> {
        refuse_unknown_modifiers(&root)?;
        let kind = root.require("type")?;
        marks.checked(&kind, "the bundle carries orders");
        let is_message = match kind.text()? {
            "message" => true,
            "collection" | "transaction" | "batch" | "document" | "searchset" => false,
            other => return Err(kind.refuse(Code::FHIR_BUNDLE_TYPE, printable_code(other))),
        };
        let mut entries = Vec::new();
        for place in root.each("entry")? {
            refuse_unknown_modifiers(&place)?;
            let Some(resource) = place.get("resource") else {
                continue;
            };
            resource.require_object()?;
            refuse_deletion(&place, &resource, marks)?;
            entries.push(Entry {
                full_url: place.text_of("fullUrl")?,
                resource,
            });
        }
        let addresses = Addresses::of(&entries)?;
        let mut message = Self {
            root,
            entries,
            event: None,
            addresses,
        };
        if is_message {
            message.event = Some(message.read_header(marks)?);
        }
        Ok(message)
    }

    fn read_header(&self, marks: &mut Marks) -> Result<Event, FhirRefusal> {
        let header = match self.entries.first() {
            Some(entry) if entry.resource.resource_type() == Some("MessageHeader") => {
                &entry.resource
            }
            _ => return Err(self.root.refuse(Code::FHIR_HEADER_MISSING, "")),
        };
        refuse_unknown_modifiers(header)?;
        let (place, name) = match header.get("eventCoding") {
            Some(coding) => {
                let code = coding.require("code")?;
                let name = code.text()?;
                (code, name)
            }
            None => {
                let uri = header.require("eventUri")?;
                let name = uri.text()?;
                (uri, name.rsplit(['/', '#', ':']).next().unwrap_or(name))
            }
        };
        marks.checked(&place, "the event is an order or its cancellation");
        let event = match name {
            "prescription-order" => Event::Order,
            "prescription-order-update" => Event::Update,
            other => {
                return Err(place.refuse(Code::FHIR_EVENT_NOT_AN_ORDER, printable_code(other)));
            }
        };
        if let Some(response) = header.get("response") {
            let detail = "the message answers another one";
            return Err(response.refuse(Code::FHIR_EVENT_NOT_AN_ORDER, detail));
        }
        for focus in header.each("focus")? {
            // The header says what the message is about: a focus that is missing may be an order.
            self.follow(header, &focus)?;
        }
        Ok(event)
    }

    /// The resource that `reference` (a `Reference` element of `owner`) leads to; `None` if it
    /// leads out of the message.
    ///
    /// # Errors
    /// [`Code::FHIR_DANGLING_REFERENCE`] if it leads into the message and nothing is there.
    pub(crate) fn follow(
        &self,
        owner: &Element<'a>,
        reference: &Element<'a>,
    ) -> Result<Option<Element<'a>>, FhirRefusal> {
        let Some(place) = reference.get("reference") else {
            return Ok(None);
        };
        match self.resolve(owner, place.text()?) {
            Target::Found(resource) => Ok(Some(resource)),
            Target::Outside => Ok(None),
            Target::Dangling => Err(place.refuse(Code::FHIR_DANGLING_REFERENCE, "")),
        }
    }

    /// Resolves as FHIR R4 "Resolving references in bundles" has it.
    pub(crate) fn resolve(&self, owner: &Element<'a>, reference: &str) -> Target<'a> {
        if let Some(id) = reference.strip_prefix('#') {
            let Some(Node::Array(contained)) = owner.node.get("contained") else {
                return Target::Dangling;
            };
            let has_id = |node: &Node| node.get("id").and_then(Node::as_str) == Some(id);
            return match contained.iter().position(has_id) {
                Some(index) => Target::Found(Element {
                    node: &contained[index],
                    path: format!("{}.contained[{index}]", owner.path),
                }),
                None => Target::Dangling,
            };
        }
        let address = reference.split("/_history/").next().unwrap_or(reference);
        let by_name = || self.addresses.names.get(address);
        match self.addresses.urls.get(address).or_else(by_name) {
            Some(index) => Target::Found(self.entries[*index].resource.clone()),
            None if address.starts_with("urn:") => Target::Dangling,
            None => Target::Outside,
        }
    }
}

/// Elements by which FHIR lets a sender change the meaning of what holds them. None is known here,
/// and FHIR forbids to process what holds an unknown one.
pub(crate) fn refuse_unknown_modifiers(element: &Element) -> Result<(), FhirRefusal> {
    for name in ["modifierExtension", "implicitRules"] {
        if let Some(modifier) = element.get(name) {
            return Err(modifier.refuse(Code::FHIR_UNKNOWN_MODIFIER, ""));
        }
    }
    Ok(())
}

fn refuse_deletion(
    place: &Element,
    resource: &Element,
    marks: &mut Marks,
) -> Result<(), FhirRefusal> {
    let method = place
        .get("request")
        .and_then(|request| request.get("method"));
    let Some(method) = method else { return Ok(()) };
    if resource.resource_type() != Some("MedicationRequest") {
        return Ok(());
    }
    marks.checked(&method, "the request is sent, not deleted");
    match method.text()? {
        "POST" | "PUT" => Ok(()),
        other => Err(method.refuse(Code::FHIR_ENTRY_METHOD, printable_code(other))),
    }
}

impl<'a> Addresses<'a> {
    /// Collects the addresses of all entries; two entries with one address are refused.
    fn of(entries: &[Entry<'a>]) -> Result<Self, FhirRefusal> {
        let mut addresses = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            let ambiguous = || Err(entry.resource.refuse(Code::FHIR_DUPLICATE_ID, ""));
            let own = entry
                .resource
                .resource_type()
                .zip(entry.resource.text_of("id")?);
            let own = own.map(|(kind, id)| format!("{kind}/{id}"));
            let served = entry.full_url.filter(|url| url.contains("://"));
            let served = served.and_then(|url| {
                let (head, id) = url.rsplit_once('/')?;
                let (_, kind) = head.rsplit_once('/')?;
                Some(format!("{kind}/{id}"))
            });
            if let Some(url) = entry.full_url
                && addresses.urls.insert(url, index).is_some()
            {
                return ambiguous();
            }
            for name in own.into_iter().chain(served) {
                if addresses
                    .names
                    .insert(name, index)
                    .is_some_and(|earlier| earlier != index)
                {
                    return ambiguous();
                }
            }
        }
        Ok(addresses)
    }
}
