//! [`Buffer`]: bytes that are shared instead of copied.

use std::borrow::Cow;
use std::ffi::c_void;
use std::fmt;
use std::ops::Deref;

use hmsffi_sys::*;

use super::{bytes, check, text};
use crate::payload::ContentType;

/// Bytes that another language made or will read, without a copy. A read-only `[u8]` that may be sent to
/// other threads.
///
/// ```
/// let buffer = hmsffi::Buffer::from(vec![1, 2, 3]);
/// assert_eq!(&buffer[..], [1, 2, 3]);
/// ```
pub struct Buffer(pub(super) hms_buffer_t);

// SAFETY: the bytes are read-only, and the library releases buffers on any thread.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// What the bytes are.
    pub fn content_type(&self) -> ContentType {
        // SAFETY: a buffer of the library's or empty; the text is copied.
        let text = || unsafe { text(hms_buffer_content_type(&self.0)) };
        content_type(self.0.content_type, text)
    }

    pub(super) fn give_away(mut self) -> hms_buffer_t {
        std::mem::replace(&mut self.0, hms_buffer_t::EMPTY)
    }
}

/// A content type from its number, or from its text where it has none.
pub(super) fn content_type<'a>(number: u32, text: impl FnOnce() -> &'a str) -> ContentType {
    match number {
        HMS_CONTENT_TYPE_CBOR => ContentType::Cbor,
        HMS_CONTENT_TYPE_PROTOBUF => ContentType::Protobuf,
        HMS_CONTENT_TYPE_JSON => ContentType::Json,
        HMS_CONTENT_TYPE_BYTES => ContentType::Bytes,
        _ => ContentType::Other(Cow::Owned(text().to_owned())),
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: readable until release.
        unsafe { bytes(hms_bytes_t { ptr: self.0.data, len: self.0.len }) }
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// Lends the vector's memory to the library.
impl From<Vec<u8>> for Buffer {
    fn from(vector: Vec<u8>) -> Buffer {
        lend(vector, HMS_CONTENT_TYPE_BYTES)
    }
}

/// The vector as a buffer of the library's, which frees it after its last use.
pub(super) fn lend(vector: Vec<u8>, content_type: u32) -> Buffer {
    unsafe extern "C" fn release(ctx: *mut c_void) {
        // SAFETY: made by `Box::into_raw` below; runs once.
        drop(unsafe { Box::from_raw(ctx.cast::<Vec<u8>>()) });
    }
    let vector = Box::new(vector);
    let view = hms_bytes_t::from(&vector[..]);
    let ctx = Box::into_raw(vector);
    let mut buffer = hms_buffer_t::EMPTY;
    // SAFETY: the vector's memory stays in place until `release`, which the library calls once.
    let lent = check(|error| unsafe {
        hms_buffer_lend(view, content_type, Some(release), ctx.cast(), &mut buffer, error)
    });
    if lent.is_err() {
        // Only a forked process or an exhausted table refuses memory; an empty owner leaks the vector.
        buffer = hms_buffer_t { data: view.ptr, len: view.len, content_type, ..hms_buffer_t::EMPTY };
    }
    Buffer(buffer)
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes, {})", self.len(), self.content_type())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: a buffer of the library's, released once.
        unsafe { hms_buffer_release(&mut self.0) };
    }
}
