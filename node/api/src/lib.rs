//! HTTP API of a node
