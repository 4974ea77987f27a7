//! Reading views and writing outputs: every pointer from outside passes here.

use std::ffi::c_char;

use hmsffi_abi::{hms_buffer_t, hms_bytes_t, hms_pair_t, hms_str_t};
use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::Response;
use hmsffi_core::codec::Encoding;
use hmsffi_core::{Error, Result};

/// The bytes of a view.
///
/// # Safety
/// A pointer that is not NULL must be readable for the view's length.
#[inline]
pub(crate) unsafe fn bytes<'a>(view: hms_bytes_t, what: &str) -> Result<&'a [u8]> {
    if view.len == 0 {
        return Ok(&[]);
    }
    if view.ptr.is_null() || view.len > isize::MAX as usize {
        return Err(no_bytes(what, view.len));
    }
    // SAFETY: promised above.
    Ok(unsafe { std::slice::from_raw_parts(view.ptr, view.len) })
}

#[cold]
#[inline(never)]
fn no_bytes(what: &str, len: usize) -> Error {
    Error::invalid(format!("{what} is NULL with a length of {len}"))
}

/// The text of a view.
///
/// # Safety
/// As for [`bytes`].
#[inline]
pub(crate) unsafe fn text<'a>(view: hms_str_t, what: &str) -> Result<&'a str> {
    // SAFETY: promised above.
    let bytes = unsafe { bytes(hms_bytes_t { ptr: view.ptr.cast(), len: view.len }, what)? };
    std::str::from_utf8(bytes)
        .map_err(|e| Error::invalid(format!("{what} is not UTF-8: the byte at {} is wrong", e.valid_up_to())))
}

/// An array.
///
/// # Safety
/// A pointer that is not NULL must be readable for `count` of what it points at.
pub(crate) unsafe fn slice<'a, T>(first: *const T, count: usize, what: &str) -> Result<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    if first.is_null() || count > isize::MAX as usize / size_of::<T>() {
        return Err(Error::invalid(format!("{what} is NULL with a count of {count}")));
    }
    // SAFETY: promised above.
    Ok(unsafe { std::slice::from_raw_parts(first, count) })
}

/// The pairs of an array.
///
/// # Safety
/// A pointer that is not NULL must be readable for `count` pairs, and their views as for [`bytes`].
pub(crate) unsafe fn pairs<'a>(
    pairs: *const hms_pair_t,
    count: usize,
    what: &str,
) -> Result<Vec<(&'a str, &'a str)>> {
    // SAFETY: promised above.
    let pairs = unsafe { slice(pairs, count, what)? };
    // SAFETY: promised above.
    pairs.iter().map(|pair| unsafe { Ok((text(pair.key, what)?, text(pair.value, what)?)) }).collect()
}

/// Owned pairs.
pub(crate) fn owned(pairs: Vec<(&str, &str)>) -> Vec<(String, String)> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// A place for an output, which must not be NULL.
///
/// # Safety
/// A pointer that is not NULL must be writable.
#[inline]
pub(crate) unsafe fn out<'a, T>(place: *mut T, what: &str) -> Result<&'a mut T> {
    // SAFETY: promised above.
    unsafe { place.as_mut() }.ok_or_else(|| no_place(what))
}

#[cold]
#[inline(never)]
fn no_place(what: &str) -> Error {
    Error::invalid(format!("{what} is NULL: there is no place for the result"))
}

/// A view of library memory; nothing is at NULL.
#[inline]
pub(crate) fn str_view(text: &str) -> hms_str_t {
    let bytes_view = bytes_view(text.as_bytes());
    hms_str_t { ptr: bytes_view.ptr.cast::<c_char>(), len: bytes_view.len }
}

/// A view of library memory; nothing is at NULL.
#[inline]
pub(crate) fn bytes_view(bytes: &[u8]) -> hms_bytes_t {
    let ptr = if bytes.is_empty() { std::ptr::null() } else { bytes.as_ptr() };
    hms_bytes_t { ptr, len: bytes.len() }
}

/// Hands a buffer to the caller.
#[inline]
pub(crate) fn buffer(buffer: Buffer, encoding: Encoding) -> hms_buffer_t {
    let (data, len, owner) = buffer.into_raw();
    hms_buffer_t { data, len, owner, content_type: encoding as u32, flags: 0 }
}

/// Hands a response's bytes to the caller.
pub(crate) fn response_buffer(response: Response) -> hms_buffer_t {
    let encoding = response.encoding();
    if encoding == Encoding::Other {
        return crate::buffer::with_content_type(response);
    }
    buffer(response.body, encoding)
}

/// The encoding that a number and a text name together.
///
/// # Safety
/// As for [`bytes`].
#[inline]
pub(crate) unsafe fn encoding<'a>(
    number: u32,
    content_type: hms_str_t,
) -> Result<Option<(Encoding, &'a str)>> {
    Ok(Some(match number {
        0 if content_type.len == 0 => return Ok(None),
        0 => {
            // SAFETY: promised above.
            let content_type = unsafe { text(content_type, "content_type_text")? };
            (Encoding::from_content_type(content_type), content_type)
        }
        1 => (Encoding::Cbor, ""),
        2 => (Encoding::Protobuf, ""),
        3 => (Encoding::Json, ""),
        4 => (Encoding::Bytes, ""),
        other => return Err(Error::invalid(format!("content_type is {other}; the constants end at 4"))),
    }))
}
