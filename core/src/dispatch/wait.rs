//! Waiting for an answer that comes later, or from another thread.

use super::DEFAULT_TIMEOUT_NS;
use crate::call::cell::Waited;
use crate::call::{Call, Deadline, Outcome};
use crate::error::{Code, Error};
use crate::service::{Admission, Method, Service};
use crate::thread::Thread;

/// Who waits, for what, and how long.
#[derive(Clone, Copy)]
pub(super) struct Wait<'a> {
    pub thread: &'a Thread,
    pub service: &'a Service,
    pub method: &'a Method,
    pub deadline: Deadline,
}

impl Wait<'_> {
    /// Waits for the answer of a call that was dispatched. When the time is up its admission stays with it.
    #[inline(never)]
    pub fn for_answer(self, call: Call, admission: Admission) -> Outcome {
        let error = match call.wait(self.thread, self.until()) {
            Waited::Answered => return call.take(),
            Waited::TimedOut => late(self.method),
            Waited::Interrupted => ended(self.method, "was interrupted"),
            Waited::CallerGone => {
                ended(self.method, "ended: nobody waits any more for the call that made it")
            }
        };
        match call.abandon(Some(admission)) {
            Ok(()) => Err(error),
            Err(_) => call.take(),
        }
    }

    /// The deadline: never without one.
    pub fn until(self) -> Deadline {
        let server = self.service.server().map_or(0, |server| server.call_timeout_ns());
        match self.deadline.earliest(Deadline::after(server)) {
            Deadline::NONE => Deadline::after(DEFAULT_TIMEOUT_NS),
            deadline => deadline,
        }
    }
}

#[cold]
pub(super) fn late(method: &Method) -> Error {
    Error::deadline(format!("{} did not answer in time", method.qualified)).with_source(&*method.qualified)
}

#[cold]
fn ended(method: &Method, why: &str) -> Error {
    Error::new(Code::Cancelled, format!("waiting for {} {why}", method.qualified))
        .with_source(&*method.qualified)
}
