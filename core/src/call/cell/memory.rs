//! Memory of a call's request and for its answer, without a copy where the caller is in another process.

use super::Call;
use crate::buffer::Buffer;
use crate::error::Result;
use crate::service::ALWAYS_FITS;
use crate::thread::Thread;

impl Call {
    /// Memory for an answer of `len` bytes, to be filled and given: where the caller is in another process, it is sent
    /// without a copy.
    pub fn loan(self, len: usize) -> Result<Buffer> {
        self.method(|method| method.check_size("answer", len))??;
        self.request(|request| {
            let lender = request.origin.and_then(|origin| origin.lender);
            lender.map_or_else(|| Buffer::zeroed(len), |lender| lender.loan(len))
        })
    }

    /// A copy of an answer, from where it is sent without another if its caller is in another process.
    #[inline]
    pub fn copy_for_answer(self, thread: &Thread, body: &[u8]) -> Buffer {
        let large = if body.len() <= ALWAYS_FITS { None } else { self.copy_large_answer(body) };
        large.unwrap_or_else(|| Buffer::copy_on(thread, body))
    }

    #[inline(never)]
    fn copy_large_answer(self, body: &[u8]) -> Option<Buffer> {
        self.request(|request| request.origin.and_then(|origin| origin.lender)?.copy(body)).ok()?
    }

    /// The request's bytes, to be kept beyond the call: without a copy where their memory can be kept.
    pub fn request_buffer(self) -> Result<Buffer> {
        self.request(|request| request.kept_body())
    }
}
