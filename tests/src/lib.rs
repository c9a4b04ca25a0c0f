//! House rules, scenarios, vectors and conformance of the whole project
