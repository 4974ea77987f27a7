//! JSON and CBOR as others tell them apart from what is none: suites and tables from outside.

#[path = "outside/cbor.rs"]
mod cbor;
#[path = "outside/json.rs"]
mod json;
