//! The exported functions of the C ABI, one file per handle kind.
//!
//! Every function passes [`edge::edge`], which refuses forked processes, contains panics and turns errors into a
//! status code and an error handle. Text in doc comments here becomes the text of `include/hmsffi/hmsffi.h`.
//!
//! Rules that hold for all functions:
//! * a NULL pointer where one is needed, text that is not UTF-8, and unknown flags give INVALID_ARGUMENT;
//! * outputs are written only on success, and `error` (which may be NULL) only on failure;
//! * every function may be called on any thread.

mod binding;
mod buffer;
mod call;
mod client;
mod component;
mod edge;
mod error;
mod handler;
mod interceptor;
mod loan;
mod log;
mod metadata;
mod method;
mod options;
mod payload;
mod process;
mod queue;
mod reader;
mod results;
mod runtime;
mod schema;
mod server;
mod service;
mod stream;
mod table;
mod transport;
mod view;
mod writer;

pub use binding::*;
pub use buffer::*;
pub use call::*;
pub use client::*;
pub use component::*;
pub use error::*;
pub use interceptor::*;
pub use log::*;
pub use metadata::*;
pub use method::*;
pub use process::*;
pub use queue::*;
pub use reader::*;
pub use results::*;
pub use runtime::*;
pub use server::*;
pub use service::*;
pub use stream::*;
pub use writer::*;
