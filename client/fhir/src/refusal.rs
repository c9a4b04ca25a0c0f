//! Why a message is not taken: one stable code per reason, and the element it is about.

use serde::Serialize;

macro_rules! refusal_codes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal;)*) => {
        /// Stable reason for which a message is refused. Numbers are never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum RefusalCode { $($(#[$doc])* $variant,)* }

        impl RefusalCode {
            /// Every code, in the order of its number.
            pub const ALL: &'static [RefusalCode] = &[$(RefusalCode::$variant,)*];

            /// The number, in the range 7000–7099 that is kept for FHIR.
            pub const fn number(self) -> u16 {
                match self { $(RefusalCode::$variant => $number,)* }
            }

            /// The name that clients match on.
            pub const fn name(self) -> &'static str {
                match self { $(RefusalCode::$variant => $name,)* }
            }
        }
    };
}

refusal_codes! {
    /// The bytes are not one JSON value in UTF-8.
    NotJson = 7000, "FHIR_NOT_JSON";
    /// More bytes than [`crate::MESSAGE_BYTES_MAX`]. Send the prescription without attachments.
    TooLarge = 7001, "FHIR_TOO_LARGE";
    /// Nested deeper than [`crate::DEPTH_MAX`].
    TooDeep = 7002, "FHIR_TOO_DEEP";
    /// More leaves than [`crate::LEAVES_MAX`] or a longer name than [`crate::KEY_BYTES_MAX`].
    TooManyElements = 7003, "FHIR_TOO_MANY_ELEMENTS";
    /// One object names the same element twice: readers would differ in which one counts.
    DuplicateElement = 7004, "FHIR_DUPLICATE_ELEMENT";
    /// Neither a `MedicationRequest` nor a `Bundle`.
    ResourceType = 7005, "FHIR_RESOURCE_TYPE";
    /// The bundle is an answer or a history, not an order.
    BundleType = 7006, "FHIR_BUNDLE_TYPE";
    /// A message bundle whose first entry is not a `MessageHeader`.
    HeaderMissing = 7007, "FHIR_HEADER_MISSING";
    /// The message's event is neither an order nor its cancellation.
    EventNotAnOrder = 7008, "FHIR_EVENT_NOT_AN_ORDER";
    /// A required element is absent.
    ElementMissing = 7009, "FHIR_ELEMENT_MISSING";
    /// An element has another JSON type than FHIR gives it.
    ElementType = 7010, "FHIR_ELEMENT_TYPE";
    /// Two entries have one `fullUrl`, or one type and id: a reference to them is ambiguous.
    DuplicateId = 7011, "FHIR_DUPLICATE_ID";
    /// Two items have one identifier: a cancellation could not tell them apart.
    DuplicateItem = 7012, "FHIR_DUPLICATE_ITEM";
    /// A reference into the message finds nothing there.
    DanglingReference = 7013, "FHIR_DANGLING_REFERENCE";
    /// A modifier that this reader does not know: by FHIR's rule it may change the meaning.
    UnknownModifier = 7014, "FHIR_UNKNOWN_MODIFIER";
    /// The bundle holds no `MedicationRequest`.
    NoOrder = 7015, "FHIR_NO_ORDER";
    /// The request is a proposal, a plan or an option: it authorises nobody to dispense.
    IntentNotOrder = 7016, "FHIR_INTENT_NOT_ORDER";
    /// The request is neither active nor withdrawn.
    StatusNotActive = 7017, "FHIR_STATUS_NOT_ACTIVE";
    /// Withdrawn in an order, or active in a cancellation.
    StatusContradictsEvent = 7018, "FHIR_STATUS_CONTRADICTS_EVENT";
    /// Some requests of the bundle are active and some withdrawn. Send them apart.
    StatusMixed = 7019, "FHIR_STATUS_MIXED";
    /// `doNotPerform` is true: the request forbids the medicine.
    DoNotPerform = 7020, "FHIR_DO_NOT_PERFORM";
    /// The request is a report of somebody else's order.
    Reported = 7021, "FHIR_REPORTED";
    /// More items than [`crate::ITEMS_MAX`].
    TooManyItems = 7022, "FHIR_TOO_MANY_ITEMS";
    /// A transaction bundle would delete the request.
    EntryMethod = 7023, "FHIR_ENTRY_METHOD";
    /// A cancellation with no identifier of what it cancels.
    CancelTargetMissing = 7024, "FHIR_CANCEL_TARGET_MISSING";

    /// No medicine, or both a concept and a reference.
    MedicineMissing = 7030, "FHIR_MEDICINE_MISSING";
    /// None of the codes is in the medicine map. Ask for the code to be imported.
    MedicineUnknown = 7031, "FHIR_MEDICINE_UNKNOWN";
    /// The codes name different medicines.
    MedicineConflict = 7032, "FHIR_MEDICINE_CONFLICT";
    /// The medicine is marked inactive or entered in error.
    MedicineNotActive = 7033, "FHIR_MEDICINE_NOT_ACTIVE";
    /// A substitution rule that this reader does not know.
    SubstitutionUnknown = 7034, "FHIR_SUBSTITUTION_UNKNOWN";

    /// No quantity to dispense.
    QuantityMissing = 7040, "FHIR_QUANTITY_MISSING";
    /// The quantity has a comparator (`<`, `>` …): it says no amount.
    QuantityComparator = 7041, "FHIR_QUANTITY_COMPARATOR";
    /// Not a whole number of the smallest unit.
    QuantityNotWhole = 7042, "FHIR_QUANTITY_NOT_WHOLE";
    /// Below zero.
    QuantityNegative = 7043, "FHIR_QUANTITY_NEGATIVE";
    /// Zero.
    QuantityZero = 7044, "FHIR_QUANTITY_ZERO";
    /// Above what the ledger can hold (2³² − 1 smallest units, over all parts).
    QuantityTooLarge = 7045, "FHIR_QUANTITY_TOO_LARGE";
    /// The quantity has no unit.
    UnitMissing = 7046, "FHIR_UNIT_MISSING";
    /// The unit is not in the unit map.
    UnitUnknown = 7047, "FHIR_UNIT_UNKNOWN";
    /// The unit does not count this medicine, or code and text of the unit disagree.
    UnitMismatch = 7048, "FHIR_UNIT_MISMATCH";

    /// No person is named.
    SubjectMissing = 7050, "FHIR_SUBJECT_MISSING";
    /// The subject is a group or a thing.
    SubjectNotAPerson = 7051, "FHIR_SUBJECT_NOT_A_PERSON";
    /// The items are for different persons. One message is one person's prescription.
    SubjectsDiffer = 7052, "FHIR_SUBJECTS_DIFFER";
    /// The person's record is inactive, replaced, or says that the person has died.
    SubjectNotActive = 7053, "FHIR_SUBJECT_NOT_ACTIVE";

    /// Not a FHIR date or dateTime.
    DateInvalid = 7060, "FHIR_DATE_INVALID";
    /// Before 1970.
    DateOutOfRange = 7061, "FHIR_DATE_OUT_OF_RANGE";
    /// The window ends before it starts.
    WindowEmpty = 7062, "FHIR_WINDOW_EMPTY";
    /// More parts than [`crate::PARTS_MAX`].
    TooManyParts = 7063, "FHIR_TOO_MANY_PARTS";
    /// Two elements state different numbers of repeats.
    RepeatsConflict = 7064, "FHIR_REPEATS_CONFLICT";
    /// All repeats have been issued already.
    RepeatsExhausted = 7065, "FHIR_REPEATS_EXHAUSTED";
    /// Not a number of repeats.
    RepeatsInvalid = 7066, "FHIR_REPEATS_INVALID";
    /// The interval between parts is not a whole, known span of time.
    IntervalInvalid = 7067, "FHIR_INTERVAL_INVALID";
    /// With the stated interval a part would open after the order has ended.
    PartsOutsideWindow = 7068, "FHIR_PARTS_OUTSIDE_WINDOW";
}

impl Serialize for RefusalCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A message that is not taken: the reason, the element, and what was found there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{} at {path}{}", code.name(), Detail(detail))]
pub struct FhirRefusal {
    /// The stable reason.
    pub code: RefusalCode,
    /// Path of the element, such as `Bundle.entry[1].resource.dispenseRequest.quantity.value`.
    pub path: String,
    /// What was found, in words or as a code. Holds no free text of the message.
    pub detail: String,
}

struct Detail<'a>(&'a str);

impl std::fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.0)
        }
    }
}

impl FhirRefusal {
    pub(crate) fn new(code: RefusalCode, path: &str, detail: impl Into<String>) -> Self {
        Self {
            code,
            path: path.to_owned(),
            detail: detail.into(),
        }
    }
}

/// A coded value as it may appear in a refusal: names and free text do not pass, since a refusal
/// is printed and logged.
pub(crate) fn printable_code(value: &str) -> String {
    let is_code = |c: char| c.is_ascii_alphanumeric() || "-._:/|#+".contains(c);
    if !value.is_empty() && value.len() <= 160 && value.chars().all(is_code) {
        value.to_owned()
    } else {
        "a value that is not a code".to_owned()
    }
}
