//! Raw declarations of the hmsffi C ABI; the crate `hmsffi` is the safe API over them.
//!
//! With the feature `static` (default) the core is linked in. Without it the program, component or extension links
//! the shared `libhmsffi.so.0`, whose registry everything in the process shares.

// Generated; the generator lays it out.
#[rustfmt::skip]
mod functions;

pub use functions::*;
pub use hmsffi_abi::*;

// Keeps the crate that defines the functions in the link.
#[cfg(feature = "static")]
use hmsffi_capi as _;

#[cfg(not(feature = "static"))]
#[link(name = "hmsffi")]
unsafe extern "C" {}
