//! The engine of hmsffi: services, calls and their dispatch inside one process.
//!
//! Only `hmsffi-capi` depends on this crate. Everything else reaches it through the C ABI of one shared library,
//! so that all languages of a process share one registry.

pub mod arena;
pub mod barrier;
pub mod binding;
pub mod buffer;
pub mod call;
pub mod client;
pub mod codec;
pub mod dispatch;
#[cfg(target_os = "linux")]
pub mod domain;
mod epoll;
pub mod error;
pub mod executor;
pub mod fork;
pub mod hazard;
pub mod id;
pub mod introspect;
mod kept;
pub mod log;
pub mod management;
pub mod meta;
pub mod peers;
pub mod proto;
pub mod reactor;
pub mod registry;
pub mod results;
pub mod runtime;
pub mod schema;
pub mod service;
#[cfg(target_os = "linux")]
pub mod shm;
pub mod stream;
pub mod thread;
pub mod timer;
mod typed_error;

pub use error::{Code, Error, Result};
