//! How large requests, answers and messages of streams may be.

use super::Method;
use crate::error::{Error, Result};

/// Bytes of one message when the options do not say.
pub const DEFAULT_MAX_MESSAGE_SIZE: u64 = 1 << 30;
/// The least limit: what is no larger needs no look at it.
pub const ALWAYS_FITS: usize = 4096;

impl Method {
    /// Refuses a request, answer or message of a stream that is larger than its server allows.
    #[inline(always)]
    pub fn check_size(&self, what: &str, len: usize) -> Result<()> {
        if len <= ALWAYS_FITS || len as u64 <= self.max_message_size {
            return Ok(());
        }
        Err(too_large(&self.qualified, what, len, self.max_message_size))
    }
}

#[cold]
pub(crate) fn too_large(method: &str, what: &str, len: usize, limit: u64) -> Error {
    Error::exhausted(format!(
        "{what} of {len} bytes is over the limit of {limit} bytes for {method}. Send less at once, stream it, or raise \
         max_message_size of the server"
    ))
    .with_source(method)
}
