//! Everything that is `unsafe`: the C ABI behind safe functions.
//!
//! | file | its one idea |
//! | --- | --- |
//! | `mod.rs` | status codes and views |
//! | `error.rs` | errors across the ABI, both ways |
//! | `handles.rs` | handles that close themselves |
//! | `buffer.rs` | bytes that are shared instead of copied |
//! | `loan.rs` | memory that is filled before it is sent |
//! | `outbound.rs` | calls that this program makes |
//! | `inbound.rs` | a call as its handler sees it |
//! | `handler.rs` | Rust handlers behind C function pointers |
//! | `stream.rs` | ends of streams |
//! | `binding.rs` | services that are what the caller was made for |
//! | `queue.rs` | the completion queue |
//! | `value.rs` | checks and conversions that the library does for every language |
//! | `component.rs` | the two functions of a component |
//! | `process.rs` | versions, logs, the clock |
#![allow(unsafe_code)]

pub(crate) mod binding;
pub(crate) mod buffer;
#[cfg(not(feature = "static"))]
pub mod component;
pub(crate) mod error;
pub(crate) mod handler;
pub(crate) mod handles;
pub(crate) mod inbound;
mod interceptor;
pub(crate) mod loan;
pub(crate) mod outbound;
pub(crate) mod process;
pub(crate) mod queue;
pub(crate) mod schema;
pub(crate) mod stream;
pub(crate) mod value;

use std::ffi::CStr;
use std::time::Duration;

use hmsffi_sys::*;

use crate::Result;

/// Runs a fallible function of the ABI.
#[inline]
pub(crate) fn check(call: impl FnOnce(*mut hms_error_t) -> hms_status_t) -> Result<()> {
    let mut failure = hms_error_t { id: 0 };
    match call(&mut failure) {
        HMS_STATUS_OK => Ok(()),
        status => Err(error::take(status, failure)),
    }
}

/// The text of a view.
///
/// # Safety
/// The view must be readable for `'a`, and be the library's, which promises UTF-8.
unsafe fn text<'a>(view: hms_str_t) -> &'a str {
    // SAFETY: promised above.
    unsafe { str::from_utf8_unchecked(bytes(hms_bytes_t { ptr: view.ptr.cast(), len: view.len })) }
}

/// The bytes of a view.
///
/// # Safety
/// The view must be readable for `'a`.
#[inline]
unsafe fn bytes<'a>(view: hms_bytes_t) -> &'a [u8] {
    if view.len == 0 {
        return &[];
    }
    // SAFETY: promised above.
    unsafe { std::slice::from_raw_parts(view.ptr, view.len) }
}

/// The text of a constant of the library.
///
/// # Safety
/// NUL-terminated UTF-8 that is never freed.
unsafe fn constant(text: *const std::ffi::c_char) -> &'static str {
    // SAFETY: promised above.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap_or_default()
}

/// Pairs as the ABI takes them; they borrow the text.
fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<hms_pair_t> {
    pairs.into_iter().map(|(key, value)| hms_pair_t { key: view(key), value: view(value) }).collect()
}

fn view(text: &str) -> hms_str_t {
    hms_str_t::from(text)
}

/// Nanoseconds for the ABI, where 0 means the default: the shortest time is 1 ns.
pub(crate) fn duration(time: Option<Duration>) -> u64 {
    time.map_or(0, |time| nanoseconds(time).max(1))
}

/// A waiting time for the ABI: `None` = for ever.
pub(crate) fn patience(time: Option<Duration>) -> u64 {
    time.map_or(u64::MAX, nanoseconds)
}

fn nanoseconds(time: Duration) -> u64 {
    // u64::MAX means for ever, and 584 years are as good.
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX - 1)
}
