//! Python objects to CBOR and back, directly: `docs/values.md` of the project is the profile.

mod decode;
mod encode;
mod tagged;
mod wrong;

pub use decode::decode;
pub use encode::encode;

/// Lists and maps that may be open inside each other.
const MAX_DEPTH: usize = 64;
/// Bytes of an integer past 64 bits.
const MAX_INTEGER: usize = 1024;
