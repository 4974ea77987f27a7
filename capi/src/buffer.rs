//! `hms_buffer_t`: bytes that the library owns, or that were lent to it.

use std::collections::HashMap;
use std::sync::Mutex;

use hmsffi_abi::{hms_buffer_t, hms_bytes_t, hms_error_t, hms_release_fn, hms_status_t, hms_str_t};
use hmsffi_core::buffer::{self, Buffer};
use hmsffi_core::call::Response;
use hmsffi_core::codec::Encoding;
use hmsffi_core::{Error, Result};
use std::ffi::c_void;

use crate::edge::edge;
use crate::view::{self, str_view};

/// Content types that have no number, by the owner of their buffer.
static CONTENT_TYPES: Mutex<Option<HashMap<u64, Box<str>>>> = Mutex::new(None);

/// A buffer whose content type is kept beside it.
#[cold]
pub(crate) fn with_content_type(response: Response) -> hms_buffer_t {
    let content_type: Box<str> = response.content_type().into();
    let handed = view::buffer(response.body, Encoding::Other);
    if handed.owner != 0 {
        let mut kept = CONTENT_TYPES.lock().unwrap_or_else(|e| e.into_inner());
        kept.get_or_insert_default().insert(handed.owner, content_type);
    }
    handed
}

#[cold]
fn forget_content_type(owner: u64) -> Option<Box<str>> {
    let mut kept = CONTENT_TYPES.lock().unwrap_or_else(|e| e.into_inner());
    kept.get_or_insert_default().remove(&owner)
}

/// How the bytes of a buffer that was taken back are encoded, if it says so.
pub(crate) fn encoding(raw: &hms_buffer_t) -> Result<Option<(Encoding, Option<Box<str>>)>> {
    match raw.content_type {
        0 => Ok(forget_content_type(raw.owner).map(|text| (Encoding::Other, Some(text)))),
        // SAFETY: no text is read.
        number => Ok(unsafe { view::encoding(number, hms_str_t::EMPTY)? }.map(|(named, _)| (named, None))),
    }
}

/// Takes a buffer from outside back, as long as its struct says it is now.
pub(crate) fn take(raw: hms_buffer_t) -> Result<Buffer> {
    let buffer = Buffer::from_owner(raw.owner)?;
    buffer.shorten(raw.len);
    Ok(buffer)
}

/// Releases the bytes of a buffer and empties the struct. NULL and an empty buffer are fine.
/// @param buffer consumed.
/// @return FAILED_PRECONDITION when a copy of the struct was released before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_buffer_release(buffer: *mut hms_buffer_t) -> hms_status_t {
    edge(std::ptr::null_mut(), || {
        // SAFETY: NULL or a struct of the caller's.
        let Some(raw) = (unsafe { buffer.as_mut() }) else { return Ok(()) };
        let taken = std::mem::replace(raw, hms_buffer_t::EMPTY);
        if taken.owner == 0 {
            return Ok(());
        }
        if taken.content_type == 0 {
            forget_content_type(taken.owner);
        }
        buffer::release(taken.owner)
    })
}

/// A buffer with a copy of `bytes`.
/// @param out a new buffer; release it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_buffer_copy(
    bytes: hms_bytes_t,
    content_type: u32,
    out: *mut hms_buffer_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views and outputs as the header asks.
        unsafe {
            let out = view::out(out, "out")?;
            let encoding = view::encoding(content_type, hms_str_t::EMPTY)?.map_or(Encoding::Cbor, |(e, _)| e);
            *out = view::buffer(Buffer::copy_of(view::bytes(bytes, "bytes")?), encoding);
        }
        Ok(())
    })
}

/// Lends memory to the library as a buffer, without a copy.
/// @param bytes must stay readable and unchanged until `release` runs.
/// @param release runs once when the last user is done, on any thread, with no library lock held; not NULL.
/// @param out a new buffer; release it, or give it away with `hms_call_reply_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_buffer_lend(
    bytes: hms_bytes_t,
    content_type: u32,
    release: hms_release_fn,
    ctx: *mut c_void,
    out: *mut hms_buffer_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views and outputs as the header asks.
        unsafe {
            let out = view::out(out, "out")?;
            let encoding = view::encoding(content_type, hms_str_t::EMPTY)?.map_or(Encoding::Cbor, |(e, _)| e);
            let release = release.ok_or_else(|| Error::invalid("release is NULL: lent memory needs one"))?;
            let bytes = view::bytes(bytes, "bytes")?;
            *out = view::buffer(Buffer::foreign(bytes.as_ptr(), bytes.len(), release, ctx), encoding);
        }
        Ok(())
    })
}

/// The content type of a buffer as text; borrowed until release.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_buffer_content_type(buffer: *const hms_buffer_t) -> hms_str_t {
    // SAFETY: NULL or a struct of the caller's.
    let Some(raw) = (unsafe { buffer.as_ref() }) else { return hms_str_t::EMPTY };
    match Encoding::NAMED.iter().find(|encoding| **encoding as u32 == raw.content_type) {
        Some(encoding) => str_view(encoding.content_type()),
        None => {
            let kept = CONTENT_TYPES.lock().unwrap_or_else(|e| e.into_inner());
            kept.as_ref()
                .and_then(|kept| kept.get(&raw.owner))
                .map_or(hms_str_t::EMPTY, |text| str_view(text))
        }
    }
}
