//! Where a request came from, where that is not its caller's stack.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::sync::Arc;

use crate::buffer::Buffer;

/// Lends memory from which bytes are sent without a copy.
pub trait Lender: Send + Sync {
    /// Memory of `len` bytes that may be written until it is sent. Where there is none of its own, ordinary memory.
    fn loan(&self, len: usize) -> Buffer;
    /// A copy of these bytes from where they are sent without another. `None` = an ordinary one does as well. Never waits.
    fn copy(&self, bytes: &[u8]) -> Option<Buffer>;
}

/// Where a request came from.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    /// Lends memory for the answer; `None` = the caller is in this process.
    pub lender: Option<&'a Arc<dyn Lender>>,
    /// The body's memory, where it need not be copied to be kept.
    pub memory: Option<Memory<'a>>,
}

/// Memory of a request.
#[derive(Clone, Copy)]
pub enum Memory<'a> {
    /// It may have several users.
    Shared(&'a Arc<Buffer>),
    /// It has one so far.
    Sole(&'a Sole),
}

impl Memory<'_> {
    /// One more user of it.
    pub fn share(self) -> Arc<Buffer> {
        match self {
            Memory::Shared(buffer) => buffer.clone(),
            Memory::Sole(buffer) => buffer.share(),
        }
    }
}

/// A buffer that is counted only when it gets a second user: most requests have none, and to count takes memory.
pub struct Sole {
    bytes: *const [u8],
    own: Cell<Option<Buffer>>,
    shared: OnceCell<Arc<Buffer>>,
}

impl Sole {
    /// A buffer with one user.
    pub fn new(buffer: Buffer) -> Sole {
        Sole { bytes: buffer.as_slice(), own: Cell::new(Some(buffer)), shared: OnceCell::new() }
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: the buffer is in one of the two places until this is dropped; its bytes stay where they are.
        unsafe { &*self.bytes }
    }

    fn share(&self) -> Arc<Buffer> {
        self.shared.get_or_init(|| Arc::new(self.own.take().unwrap_or_default())).clone()
    }

    /// The buffer, unless it has got another user.
    pub fn into_buffer(self) -> Option<Buffer> {
        match self.shared.into_inner() {
            Some(shared) => Arc::into_inner(shared),
            None => self.own.into_inner(),
        }
    }
}

impl fmt::Debug for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin").field("has_memory", &self.memory.is_some()).finish_non_exhaustive()
    }
}
