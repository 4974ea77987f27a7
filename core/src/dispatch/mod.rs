//! Where a handler runs: on the caller's stack, or on a handler thread.

mod away;
mod direct;
mod door;
pub mod doors;
mod fetch;
mod pool;
mod queue;
mod wait;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

pub use door::{Door, Outbound, Recipient};
pub use doors::Doors;
pub use fetch::Fetch;
pub use pool::Pool;
pub use queue::{Completion, Queue};
use wait::Wait;

use crate::call::{Answer, Call, Deadline, Link, Request};
use crate::error::{Error, Result};
use crate::service::{Admission, Dispatch, Method, Server, Service};
use crate::thread::Thread;

/// Time for a wait when nobody said how long.
const DEFAULT_TIMEOUT_NS: u64 = 30_000_000_000;

/// Who serves a call that leaves the caller's thread.
pub(crate) enum Target<'a> {
    /// Handler threads of a server.
    Pool(Arc<Server>),
    /// Whoever polls a queue; the tag is the method's.
    Queue(Arc<Queue>, u64),
    /// Another process.
    Door(&'a dyn Door),
}

impl Target<'_> {
    /// The single-threaded executor that it is; else 0.
    fn executor(&self) -> u64 {
        match self {
            Target::Pool(server) => server.pool().executor(),
            Target::Queue(queue, _) => queue.executor(),
            // The other process knows its own, and refuses what would wait for itself.
            Target::Door(_) => 0,
        }
    }
}

/// What a call brings to its dispatch.
pub(crate) struct Dispatched<'a> {
    pub thread: &'static Thread,
    pub service: &'a Arc<Service>,
    pub method: &'a Arc<Method>,
    pub deadline: Deadline,
    /// The caller named a timeout of its own: it must be kept even if the handler sleeps.
    pub enforced: bool,
    /// Calls above this one, when they are not those of this thread's stack.
    pub chain: Option<Arc<Link>>,
    /// Of a call to another process: nanoseconds to look for its answer; `None` = as is found best.
    pub spin_ns: Option<u64>,
    /// The queue to which the answer of a call goes that is submitted.
    pub queue: Option<&'a Queue>,
}

impl<'a> Dispatched<'a> {
    /// Calls the method and waits for its answer.
    #[inline]
    pub fn call(self, admission: Admission, request: &Request<'_>) -> Answer {
        if let Some(door) = &self.method.door {
            let answer = self.through(&**door, request);
            drop(admission);
            return answer;
        }
        if self.method.dispatch == Dispatch::Direct && !self.enforced && !self.method.is_stream() {
            return self.direct(admission, request);
        }
        match self.elsewhere() {
            Ok(Some(target)) => self.away(target, admission, request).into(),
            Ok(None) => self.direct(admission, request),
            Err(refused) => refused.into(),
        }
    }

    /// Where the handler runs, if not here. The thread that would have to serve the call runs the handler itself: waiting
    /// for itself would hang.
    fn elsewhere(&self) -> Result<Option<Target<'a>>> {
        self.refuse_stream()?;
        let target = self.away_target()?;
        let here = match &target {
            Target::Pool(server) => self.thread.pool.get() == server.number(),
            // A handler that can only be polled cannot run here: the wait is refused as a cycle.
            Target::Queue(queue, _) => {
                let (own, needed) = (self.thread.executor.get(), queue.executor());
                needed != 0 && own == needed && self.method.runs_directly()
            }
            Target::Door(_) => false,
        };
        Ok((!here).then_some(target))
    }

    /// Whether the handler of a call from another process runs on the thread that took it.
    pub fn runs_here(&self) -> bool {
        self.method.dispatch == Dispatch::Direct
    }

    fn away_target(&self) -> Result<Target<'a>> {
        let method: &'a Method = self.method;
        if let Some(door) = &method.door {
            return Ok(Target::Door(&**door));
        }
        if let Some((queue, tag)) = &method.queue {
            return Ok(Target::Queue(queue.clone(), *tag));
        }
        self.service.server().map(Target::Pool).ok_or_else(|| Error::unavailable("the server was closed"))
    }

    /// Whoever calls it wants one answer.
    pub(crate) fn refuse_stream(&self) -> Result<()> {
        if !self.method.is_stream() {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "{} is a streaming method; open a stream instead of calling it",
            self.method.qualified
        ))
        .with_source(&*self.method.qualified))
    }

    fn wait(&self) -> Wait<'_> {
        Wait { thread: self.thread, service: self.service, method: self.method, deadline: self.deadline }
    }
}

/// Runs the handler of an admitted call. Whatever it does, the call is not left without an answer by a panic.
///
/// # Safety
/// The call must be inside the gate of the method's service.
#[inline(always)]
pub(crate) unsafe fn serve(method: &Method, call: Call, request: &Request<'_>) -> Result<()> {
    // SAFETY: promised above.
    let Some(handler) = (unsafe { method.handler() }) else { return call.answer(Err(no_handler(method))) };
    match catch_unwind(AssertUnwindSafe(|| handler.serve(call, request))) {
        Ok(()) => Ok(()),
        Err(panic) => {
            call.answer(Err(Error::from_panic(&*panic, &method.qualified).with_source(&*method.qualified)))
        }
    }
}

#[cold]
fn no_handler(method: &Method) -> Error {
    Error::unavailable(format!("{} is registered without a handler. Register one for it", method.qualified))
        .with_source(&*method.qualified)
}

#[cold]
pub(crate) fn stack_exhausted(method: &Method, depth: u32) -> Error {
    Error::exhausted(format!(
        "{} was called at depth {depth} with too little stack left on this thread. Bound the recursion, or mark the \
         method for pool dispatch",
        method.qualified
    ))
    .with_source(&*method.qualified)
}
