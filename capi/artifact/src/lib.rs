//! The shared and static library. All code is in `hmsffi-capi`; this crate only names the file.
pub use hmsffi_capi::*;
