//! FHIR R4 prescription messages in and out
