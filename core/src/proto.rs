//! The specification's messages, generated from `proto/hms/ffi/v1/`.
#![allow(missing_docs, clippy::all)]

include!(concat!(env!("OUT_DIR"), "/hms.ffi.v1.rs"));
