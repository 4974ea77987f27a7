//! Ways to services that are hosted in another process.

use std::sync::Arc;

use super::{Dispatched, Queue};
use crate::buffer::Buffer;
use crate::call::{Call, Deadline, Link, Outcome, Request};
use crate::error::Result;
use crate::proto::TransportType;
use crate::stream::Pipe;

/// A way to one method of a service that is hosted elsewhere.
pub trait Door: Send + Sync {
    /// How it gets there.
    fn transport(&self) -> TransportType;
    /// Sends a call and waits for its answer on this thread.
    fn call(&self, outbound: &Outbound<'_>) -> Outcome;
    /// Sends a call whose answer goes to `call`, on another thread. Tells it before by which number it is given up.
    fn submit(&self, outbound: &Outbound<'_>, call: Call) -> Result<()>;
    /// Nobody waits any more for the call that has this number there.
    fn give_up(&self, number: u64);
    /// Memory for a request that is sent through this door, so that it need not be copied; `None` = it has none.
    fn loan(&self, len: usize) -> Option<Buffer>;
    /// Whether these bytes lie in memory that was lent for this door.
    fn holds(&self, bytes: &[u8]) -> bool;
}

/// A call on its way out.
pub struct Outbound<'a> {
    /// `service.method`, for errors.
    pub name: &'a str,
    /// The request.
    pub request: &'a Request<'a>,
    /// When the caller stops waiting.
    pub deadline: Deadline,
    /// The calls above it.
    pub chain: Option<Arc<Link>>,
    /// Nobody waits for the answer on a thread of its own.
    pub detached: bool,
    /// Nanoseconds to look for the answer before sleeping; `None` = as is found best.
    pub spin_ns: Option<u64>,
    /// The queue to which the answer of a call goes that is submitted.
    pub queue: Option<&'a Queue>,
    /// The stream beside a call that is submitted.
    pub pipe: Option<&'a Arc<Pipe>>,
}

impl<'a> Outbound<'a> {
    /// A request with nothing above or beside it.
    pub fn new(name: &'a str, request: &'a Request<'a>, deadline: Deadline) -> Outbound<'a> {
        let (chain, spin_ns, queue, pipe) = (None, None, None, None);
        Outbound { name, request, deadline, chain, detached: false, spin_ns, queue, pipe }
    }
}

impl Dispatched<'_> {
    /// Sends the call through a door, and waits.
    #[inline]
    pub(super) fn through(self, door: &dyn Door, request: &Request<'_>) -> Outcome {
        self.refuse_stream()?;
        let chain = self.chain_with_own_executor();
        let outbound = Outbound::new(&self.method.qualified, request, self.deadline);
        door.call(&Outbound { chain, spin_ns: self.spin_ns, ..outbound })
    }

    /// The calls above, and before them the executor that this thread blocks while it waits, if it is one.
    fn chain_with_own_executor(&self) -> Option<Arc<Link>> {
        let parent = self.chain();
        match self.thread.executor.get() {
            0 => parent,
            blocks => {
                Some(Arc::new(Link { call: 0, home: 0, method: "".into(), blocks, detached: false, parent }))
            }
        }
    }
}
