//! Where a request came from, where that is not its caller's stack.

use std::fmt;
use std::sync::Arc;

use crate::buffer::Buffer;

/// Lends memory from which bytes are sent without a copy.
pub trait Lender: Send + Sync {
    /// Memory of `len` bytes that may be written until it is sent. Where there is none of its own, ordinary memory.
    fn loan(self: Arc<Self>, len: usize) -> Buffer;
    /// A copy of these bytes from where they are sent without another. `None` = an ordinary one does as well. Never waits.
    fn copy(self: Arc<Self>, bytes: &[u8]) -> Option<Buffer>;
}

/// Where a request came from.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    /// Lends memory for the answer; `None` = the caller is in this process.
    pub lender: Option<&'a Arc<dyn Lender>>,
    /// The body's memory, where it need not be copied to be kept.
    pub memory: Option<&'a Arc<Buffer>>,
}

impl fmt::Debug for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin").field("memory", &self.memory).finish_non_exhaustive()
    }
}
