//! Errors across the ABI.

use std::borrow::Cow;

use hmsffi_sys::*;

use super::buffer::Buffer;
use super::{check, constant, pairs, text, view};
use crate::error::{CAUSE, Error, ErrorCode, Result, STACK};

/// The library's error as one of ours; closes it.
#[cold]
pub(super) fn take(status: hms_status_t, handle: hms_error_t) -> Error {
    if handle.id == 0 {
        return Error::new(status, "the library gave no reason");
    }
    let handle = Owned(handle);
    read(&handle)
}

/// Closes an error at the end.
struct Owned(hms_error_t);

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: a handle of ours, closed once.
        unsafe { hms_error_close(self.0) };
    }
}

fn read(handle: &Owned) -> Error {
    let id = handle.0;
    // SAFETY: the handle is open, so that the views are readable; their text is copied at once.
    unsafe {
        let mut error = Error::new(hms_error_code(id), text(hms_error_message(id)));
        let source = text(hms_error_source(id));
        error.source = (!source.is_empty()).then(|| source.to_owned());
        for index in 0..hms_error_detail_count(id) {
            let (mut key, mut value) = (hms_str_t::EMPTY, hms_str_t::EMPTY);
            if hms_error_detail_at(id, index, &mut key, &mut value) == HMS_STATUS_OK {
                error.details.insert(text(key).to_owned(), text(value).to_owned());
            }
        }
        let stack = text(hms_error_stack(id));
        if !stack.is_empty() {
            error.details.insert(STACK.to_owned(), stack.to_owned());
        }
        let cause = hms_error_cause(id);
        if cause.id != 0 {
            error.set_cause(&read(&Owned(cause)));
        }
        error
    }
}

/// Answers a call with an error. Nobody may be waiting any more, which is no failure of the handler.
#[cold]
pub(crate) fn fail(call: hms_call_t, error: &Error) {
    // SAFETY: the views of the failure are readable for the call.
    described(error, NO_DATA, |failure| unsafe { hms_call_fail(call, failure, std::ptr::null_mut()) });
}

/// An error of the library with all that ours says; id 0 when the library has no room for it.
pub(super) fn make(error: &Error) -> hms_error_t {
    let mut handle = hms_error_t { id: 0 };
    // SAFETY: the views of the failure are readable for the call; a place for the handle.
    described(error, NO_DATA, |failure| unsafe {
        hms_error_make(failure, &mut handle, std::ptr::null_mut())
    });
    handle
}

/// The same error with data of a type.
pub(crate) fn with_data(error: &Error, schema: &str, cbor: &[u8]) -> Result<Error> {
    let mut handle = hms_error_t { id: 0 };
    described(error, (schema, cbor), |failure| {
        // SAFETY: the views of the failure are readable for the call; a place for the handle.
        check(|error| unsafe { hms_error_make(failure, &mut handle, error) })
    })?;
    Ok(read(&Owned(handle)))
}

/// The data of an error, in CBOR.
pub(crate) fn data(error: &Error) -> Result<Buffer> {
    let handle = Owned(make(error));
    let (mut schema, mut data) = (hms_str_t::EMPTY, hms_buffer_t::EMPTY);
    // SAFETY: an open handle and places of our own.
    check(|error| unsafe { hms_error_data(handle.0, &mut schema, &mut data, error) })?;
    Ok(Buffer(data))
}

/// For errors whose data, if any, are among their details.
const NO_DATA: (&str, &[u8]) = ("", &[]);

/// The error as the library takes it, with a schema and data of it.
fn described<R>(error: &Error, (schema, cbor): (&str, &[u8]), take: impl FnOnce(&hms_failure_t) -> R) -> R {
    let (code, message) = match error.kind() {
        Some(code) if code != ErrorCode::Ok => (code as hms_status_t, Cow::Borrowed(error.message.as_str())),
        _ => {
            let text = format!("{} (the handler gave the code {}, which is none)", error.message, error.code);
            (HMS_STATUS_INTERNAL, Cow::Owned(text))
        }
    };
    let cause = error.cause().map(|cause| Owned(make(&cause)));
    let own = |key: &str| key != STACK && !key.starts_with(CAUSE);
    let details = error.details.iter().filter(|(key, _)| own(key));
    let details = pairs(details.map(|(key, value)| (key.as_str(), value.as_str())));
    take(&hms_failure_t {
        struct_size: size_of::<hms_failure_t>() as u32,
        code,
        message: view(&message),
        source: view(error.source.as_deref().unwrap_or_default()),
        stack: view(error.stack().unwrap_or_default()),
        details: details.as_ptr(),
        details_count: details.len(),
        cause: cause.as_ref().map_or(hms_error_t { id: 0 }, |cause| cause.0),
        error_schema: view(schema),
        error_data: cbor.into(),
    })
}

/// The name of a code, such as `NOT_FOUND`.
pub(crate) fn name(code: i32) -> &'static str {
    // SAFETY: a constant of the library.
    unsafe { constant(hms_status_name(code)) }
}
