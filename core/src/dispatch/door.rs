//! Ways to services that are hosted in another process.

use std::sync::Arc;

use super::{Dispatched, Queue};
use crate::buffer::Buffer;
use crate::call::{Answer, Call, Deadline, Link, Request};
use crate::error::Result;
use crate::proto::TransportType;
use crate::stream::Pipe;

/// A way to one method of a service that is hosted elsewhere.
pub trait Door: Send + Sync {
    /// How it gets there.
    fn transport(&self) -> TransportType;
    /// Sends a call and waits for its answer on this thread.
    fn call(&self, outbound: &Outbound<'_>) -> Answer;
    /// Sends a call whose answer goes to `recipient`, on another thread.
    fn submit(&self, outbound: &Outbound<'_>, recipient: Recipient<'_>) -> Result<()>;
    /// Nobody waits any more for the call that has this number there.
    fn give_up(&self, number: u64);
    /// Memory for a request that is sent through this door, so that it need not be copied; `None` = it has none.
    fn loan(&self, len: usize) -> Option<Buffer>;
    /// Whether these bytes lie in memory that was lent for this door.
    fn holds(&self, bytes: &[u8]) -> bool;
}

/// What gets the answer of a call that is submitted.
#[derive(Clone, Copy)]
pub enum Recipient<'a> {
    /// A call, which is told before by which number it is given up.
    Call(Call),
    /// A queue, as a completion with this tag. No more is known of the call, so nobody can give it up; it ends at its deadline, or
    /// after 30 s.
    Queue(&'a Queue, u64),
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
    pub(super) fn through(self, door: &dyn Door, request: &Request<'_>) -> Answer {
        if let Err(refused) = self.refuse_stream() {
            return refused.into();
        }
        let chain = self.chain_with_own_executor();
        let outbound = Outbound::new(&self.method.qualified, request, self.deadline);
        door.call(&Outbound { chain, spin_ns: self.spin_ns, ..outbound })
    }

    /// Sends the call through a door; a queue gets the answer, with this tag.
    #[inline(always)]
    pub(crate) fn submit_through(
        self,
        door: &dyn Door,
        request: &Request<'_>,
        queue: &Queue,
        tag: u64,
    ) -> Result<()> {
        let outbound = Outbound::new(&self.method.qualified, request, self.deadline);
        let outbound = Outbound { chain: self.chain(), detached: true, queue: Some(queue), ..outbound };
        door.submit(&outbound, Recipient::Queue(queue, tag))
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
