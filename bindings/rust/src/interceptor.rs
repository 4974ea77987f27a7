//! [`Interceptor`]: user code around every call of a server.

use std::time::Duration;

use crate::payload::Payload;
use crate::{ErrorCode, Result};

/// User code around every call of a server: see [`Server::intercept`](crate::Server::intercept). It runs on the thread of the
/// caller before the handler, and where the answer arrives after it. A panic in `before` is the answer INTERNAL, one in `after`
/// goes no further.
///
/// ```
/// # fn main() -> Result<(), hmsffi::Error> {
/// use hmsffi::{Error, ErrorCode, Intercepted, Interceptor};
///
/// struct Staff;
///
/// impl Interceptor for Staff {
///     fn before(&self, call: &Intercepted<'_>) -> Result<(), Error> {
///         match call.metadata("role") {
///             Some("staff") => Ok(()),
///             _ => Err(Error::new(ErrorCode::PermissionDenied, "for staff only")),
///         }
///     }
/// }
///
/// # let mut server = hmsffi::Runtime::private("doc")?.new_server(Default::default())?;
/// server.intercept(Box::new(Staff))?;
/// # Ok(()) }
/// ```
pub trait Interceptor: Send + Sync {
    /// Before the handler. An error is the answer, and the handler does not run.
    fn before(&self, call: &Intercepted<'_>) -> Result<()> {
        let _ = call;
        Ok(())
    }

    /// After a call that every interceptor let pass: how it ended, and how long it took. The request is gone by then.
    fn after(&self, call: &Intercepted<'_>, code: ErrorCode, took: Duration) {
        let _ = (call, code, took);
    }
}

/// A call as an interceptor sees it.
#[derive(Debug)]
pub struct Intercepted<'a> {
    /// Id of the service.
    pub service: &'a str,
    /// Name of the method.
    pub method: &'a str,
    /// What the handler will get.
    pub request: Payload<'a>,
    pub(crate) pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Intercepted<'a> {
    /// The value that the caller sent under a key.
    pub fn metadata(&self, key: &str) -> Option<&'a str> {
        self.pairs.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    /// All pairs that the caller sent.
    pub fn all_metadata(&self) -> &[(&'a str, &'a str)] {
        &self.pairs
    }
}
