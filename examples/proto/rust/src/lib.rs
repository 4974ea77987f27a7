//! The messages of `examples/proto`.

include!(concat!(env!("OUT_DIR"), "/hms.healthcare.v1.rs"));
