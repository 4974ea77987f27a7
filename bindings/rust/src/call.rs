//! The call whose handler runs: what a handler can ask about it.
//!
//! The functions answer for the innermost handler that runs on this thread, also between the awaits of an
//! asynchronous one. Outside of a handler they know nothing: `None`, `false` or nothing at all.
//!
//! ```no_run
//! # fn main() -> Result<(), hmsffi::Error> {
//! # let mut server = hmsffi::new_server(hmsffi::ServerOptions::named("greet"))?;
//! use hmsffi::{Error, call};
//!
//! server.register_function("greet", "hello", |name: String| {
//!     let language = call::metadata("language").unwrap_or_default();
//!     call::set_reply_metadata("answered-by", "greet-1");
//!     Ok::<_, Error>(if language == "de" { format!("Hallo {name}") } else { format!("Hello {name}") })
//! })?;
//! # Ok(()) }
//! ```

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use hmsffi_sys::hms_call_t;

use crate::raw::inbound::Inbound;

/// A call on whose behalf others are made: see [`CallOptions::parent`](crate::CallOptions::parent).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent(pub(crate) hms_call_t);

/// What is known of a handler that runs.
pub(crate) struct Scope {
    pub call: Inbound,
    /// The library knows by itself that nested calls belong to this one.
    pub on_stack: bool,
    /// Goes out with the answer.
    pub metadata: RefCell<Vec<(String, String)>>,
}

impl Scope {
    pub fn new(call: Inbound) -> Scope {
        Scope { call, on_stack: true, metadata: RefCell::default() }
    }

    /// Runs `f` as part of the handler.
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        RUNNING.set(self, f)
    }
}

scoped_tls::scoped_thread_local!(static RUNNING: Scope);

fn running<R>(f: impl FnOnce(&Scope) -> R) -> Option<R> {
    is_running().then(|| RUNNING.with(f))
}

/// Whether a handler runs on this thread.
pub(crate) fn is_running() -> bool {
    RUNNING.is_set()
}

/// The parent that the library does not know by itself.
pub(crate) fn implied_parent() -> Option<Parent> {
    running(|scope| (!scope.on_stack).then(|| scope.call.parent())).flatten()
}

/// The service that was called; `None` outside of a handler.
pub fn service() -> Option<String> {
    running(|scope| scope.call.target()).flatten().map(|target| target.service)
}

/// The method that was called; `None` outside of a handler.
pub fn method() -> Option<String> {
    running(|scope| scope.call.target()).flatten().map(|target| target.method)
}

/// The value that the caller sent under a key.
pub fn metadata(key: &str) -> Option<String> {
    running(|scope| scope.call.metadata(key)).flatten()
}

/// All pairs that the caller sent.
pub fn all_metadata() -> HashMap<String, String> {
    running(|scope| scope.call.all_metadata()).unwrap_or_default()
}

/// Sends a pair of text with the answer. Errors carry none.
pub fn set_reply_metadata(key: impl Into<String>, value: impl Into<String>) {
    running(|scope| scope.metadata.borrow_mut().push((key.into(), value.into())));
}

/// The time until the caller stops waiting; `None` = it waits for ever, or this is no handler.
pub fn time_left() -> Option<Duration> {
    running(|scope| scope.call.time_left()).flatten()
}

/// Whether the caller waits no more, so that the work may be given up.
pub fn is_cancelled() -> bool {
    running(|scope| scope.call.is_cancelled()).unwrap_or(false)
}

/// Memory of `len` bytes for the answer: fill it and return it, as a [`Payload`](crate::Payload) or
/// [`Buffer`](crate::Buffer). A caller in another process of this machine gets it without a copy. `None` outside of a
/// handler.
pub fn loan(len: usize) -> Option<crate::Result<crate::Loan>> {
    running(|scope| scope.call.loan(len))
}

/// The call itself, for calls that are made on its behalf from other threads. The handler must be
/// asynchronous: a call that is served on its caller's stack is bound to that thread, and other threads are
/// refused.
pub fn parent() -> Option<Parent> {
    running(|scope| scope.call.parent())
}
