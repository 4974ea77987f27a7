//! The C ABI's types and constants, without code. `hmsffi-capi` implements the functions over them,
//! `hmsffi-sys` declares those functions, and cbindgen writes this file into `include/hmsffi/hmsffi.h`.
#![allow(non_camel_case_types)]

pub mod calls;
pub mod codes;
pub mod handles;
pub mod process;
pub mod services;
pub mod views;

pub use calls::*;
pub use codes::*;
pub use handles::*;
pub use process::*;
pub use services::*;
pub use views::*;
