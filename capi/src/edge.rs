//! The one place where a Rust error becomes a C one, and where panics stop.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hmsffi_abi::{HMS_STATUS_OK, hms_error_t, hms_status_t};
use hmsffi_core::{Error, Result, fork};

use crate::error;

/// Runs the body of an exported function.
#[inline]
pub(crate) fn edge(out: *mut hms_error_t, body: impl FnOnce() -> Result<()>) -> hms_status_t {
    // Before anything that could take a lock.
    if fork::forked() {
        return forked(out);
    }
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => HMS_STATUS_OK,
        Ok(Err(failure)) => fail(out, failure),
        Err(panic) => fail(out, Error::from_panic(&*panic, "hmsffi itself")),
    }
}

#[cold]
fn fail(out: *mut hms_error_t, failure: Error) -> hms_status_t {
    let status = failure.code() as hms_status_t;
    if !out.is_null() {
        // SAFETY: the caller gave a place for an error handle.
        unsafe { *out = error::keep(failure) };
    }
    status
}

#[cold]
fn forked(out: *mut hms_error_t) -> hms_status_t {
    if !out.is_null() {
        // SAFETY: the caller gave a place for an error handle.
        unsafe { *out = error::FORKED };
    }
    hmsffi_abi::HMS_STATUS_FAILED_PRECONDITION
}
