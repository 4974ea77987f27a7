//! `hms_error_t`: failures that outlive the call that made them.

use std::sync::Arc;

use hmsffi_abi::{hms_buffer_t, hms_error_t, hms_failure_t, hms_status_t, hms_str_t, kind};
use hmsffi_core::buffer::Buffer;
use hmsffi_core::codec::Encoding;
use hmsffi_core::id::{Id, SLOTS};
use hmsffi_core::{Code, Error};

use crate::edge::edge;
use crate::options;
use crate::table::Table;
use crate::view::{self, str_view};

pub(crate) static ERRORS: Table<Error> = Table::of_small(kind::ERROR);

/// What calls in a forked child get: made without a lock, never closed.
pub(crate) const FORKED: hms_error_t =
    hms_error_t { id: ((kind::ERROR as u64) << 56) | (1 << 24) | (SLOTS as u64 - 1) };

const FORKED_TEXT: &str = "this process was forked from one that used hmsffi, and its threads and locks did not come \
                           along. Start workers with spawn or exec, or fork before the first use";

/// Keeps an error for the caller.
pub(crate) fn keep(error: Error) -> hms_error_t {
    ERRORS.insert(error).map_or(hms_error_t { id: 0 }, |id| hms_error_t { id })
}

/// Runs `f` with an error. The views that it gives stay valid until the error is closed.
fn with<R>(error: hms_error_t, f: impl FnOnce(&Error) -> R) -> Option<R> {
    debug_assert_eq!(Id::unpack(FORKED.id).kind, kind::ERROR);
    ERRORS.get(error.id).ok().map(|held| f(&held))
}

/// The code of an error; `HMS_STATUS_OK` for no error, `HMS_STATUS_INVALID_ARGUMENT` for a handle that is not one.
#[unsafe(no_mangle)]
pub extern "C" fn hms_error_code(error: hms_error_t) -> hms_status_t {
    match error.id {
        0 => Code::Ok as hms_status_t,
        id if id == FORKED.id => Code::FailedPrecondition as hms_status_t,
        _ => with(error, |e| e.code() as hms_status_t).unwrap_or(Code::InvalidArgument as hms_status_t),
    }
}

/// The message of an error, without its code; borrowed until `hms_error_close`. Empty for a handle that is not one.
#[unsafe(no_mangle)]
pub extern "C" fn hms_error_message(error: hms_error_t) -> hms_str_t {
    if error == FORKED {
        return str_view(FORKED_TEXT);
    }
    with(error, |e| str_view(e.message())).unwrap_or(hms_str_t::EMPTY)
}

/// The component that generated an error; borrowed until `hms_error_close`. Empty when not known.
#[unsafe(no_mangle)]
pub extern "C" fn hms_error_source(error: hms_error_t) -> hms_str_t {
    with(error, |e| str_view(e.source())).unwrap_or(hms_str_t::EMPTY)
}

/// The stack of the handler that failed, as its language prints it; borrowed until `hms_error_close`. Empty when
/// there is none.
#[unsafe(no_mangle)]
pub extern "C" fn hms_error_stack(error: hms_error_t) -> hms_str_t {
    with(error, |e| str_view(e.stack())).unwrap_or(hms_str_t::EMPTY)
}

/// The number of details of an error.
#[unsafe(no_mangle)]
pub extern "C" fn hms_error_detail_count(error: hms_error_t) -> usize {
    with(error, |e| e.details().len()).unwrap_or(0)
}

/// The detail with this key; borrowed until `hms_error_close`.
/// @return NOT_FOUND when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_error_detail(
    error: hms_error_t,
    key: hms_str_t,
    out: *mut hms_str_t,
) -> hms_status_t {
    edge(std::ptr::null_mut(), || {
        // SAFETY: views and outputs as the header asks.
        let (key, out) = unsafe { (view::text(key, "key")?, view::out(out, "out")?) };
        let held = ERRORS.get(error.id)?;
        *out = str_view(held.detail(key).ok_or_else(|| Error::not_found("no such detail"))?);
        Ok(())
    })
}

/// The detail at an index, in the order in which they were added; borrowed until `hms_error_close`.
/// @return OUT_OF_RANGE when there are fewer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_error_detail_at(
    error: hms_error_t,
    index: usize,
    out_key: *mut hms_str_t,
    out_value: *mut hms_str_t,
) -> hms_status_t {
    edge(std::ptr::null_mut(), || {
        // SAFETY: outputs as the header asks.
        let (out_key, out_value) =
            unsafe { (view::out(out_key, "out_key")?, view::out(out_value, "out_value")?) };
        let held = ERRORS.get(error.id)?;
        let (key, value) = held.details().get(index).ok_or_else(|| {
            Error::new(Code::OutOfRange, format!("there are {} details", held.details().len()))
        })?;
        (*out_key, *out_value) = (str_view(key), str_view(value));
        Ok(())
    })
}

/// Of which type an error is, and its data: what a handler gave as `error_schema` and `error_data` of its failure. Not checked here
/// against the schema.
/// @param out_schema the id of the schema; borrowed until `hms_error_close`.
/// @param out_data the data in CBOR. A new buffer; release it.
/// @return NOT_FOUND when it is of no type; DATA_LOSS when its data did not arrive whole: all else of the error is there still.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_error_data(
    error: hms_error_t,
    out_schema: *mut hms_str_t,
    out_data: *mut hms_buffer_t,
    out_error: *mut hms_error_t,
) -> hms_status_t {
    edge(out_error, || {
        // SAFETY: outputs as the header asks.
        let (out_schema, out_data) =
            unsafe { (view::out(out_schema, "out_schema")?, view::out(out_data, "out_data")?) };
        let held = ERRORS.get(error.id)?;
        let (schema, data) = held.data()?.ok_or_else(|| Error::not_found("the error is of no type"))?;
        *out_schema = str_view(schema);
        *out_data = view::buffer(Buffer::from(data), Encoding::Cbor);
        Ok(())
    })
}

/// The error behind an error, nearer to where the failure began; close it. `{0}` when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn hms_error_cause(error: hms_error_t) -> hms_error_t {
    let cause = with(error, |e| e.cause().cloned()).flatten();
    cause.map_or(hms_error_t { id: 0 }, keep)
}

/// Makes an error, for callbacks that return one and for tests. Views are copied.
/// @param out a new error; close it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_error_new(
    code: hms_status_t,
    message: hms_str_t,
    out: *mut hms_error_t,
) -> hms_status_t {
    edge(std::ptr::null_mut(), || {
        // SAFETY: views and outputs as the header asks.
        let (message, out) = unsafe { (view::text(message, "message")?, view::out(out, "out")?) };
        let code = failure_code(code)?;
        out.id = ERRORS.insert(Error::new(code, message))?;
        Ok(())
    })
}

/// Makes an error with all that a failure can say, for use as a cause and for callbacks that return one. Views are
/// copied; the cause stays yours.
/// @param failure borrowed.
/// @param out a new error; close it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_error_make(
    failure: *const hms_failure_t,
    out: *mut hms_error_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: a failure and an output as the header asks.
        let (out, made) = unsafe { (view::out(out, "out")?, of_failure(failure)?) };
        out.id = ERRORS.insert(made)?;
        Ok(())
    })
}

/// The error that a failure from outside describes.
///
/// # Safety
/// A failure as the header asks.
pub(crate) unsafe fn of_failure(failure: *const hms_failure_t) -> hmsffi_core::Result<Error> {
    // SAFETY: by the caller's promise.
    let failure = unsafe { options::read(failure)? };
    let code = failure_code(failure.code)?;
    // SAFETY: by the caller's promise.
    let (message, source, stack, details, schema, data) = unsafe {
        (
            view::text(failure.message, "message")?,
            view::text(failure.source, "source")?,
            view::text(failure.stack, "stack")?,
            view::pairs(failure.details, failure.details_count, "details")?,
            view::text(failure.error_schema, "error_schema")?,
            view::bytes(failure.error_data, "error_data")?,
        )
    };
    let mut made = Error::new(code, message).with_source(source).with_stack(stack);
    for (key, value) in details {
        made = made.with_detail(key, value);
    }
    made = match (schema, data) {
        ("", []) => made,
        ("", _) => return Err(half("error_data", "error_schema")),
        (_, []) => return Err(half("error_schema", "error_data")),
        typed => made.with_data(typed.0, typed.1),
    };
    if failure.cause.id != 0 {
        made = made.with_cause((*lookup(failure.cause)?).clone());
    }
    Ok(made)
}

fn half(given: &str, missing: &str) -> Error {
    Error::invalid(format!("{given} is there without {missing}: a failure has both, or is of no type"))
}

/// A code from outside that must name a failure.
pub(crate) fn failure_code(code: hms_status_t) -> hmsffi_core::Result<Code> {
    Code::from_number(code)
        .filter(|code| *code != Code::Ok)
        .ok_or_else(|| Error::invalid(format!("{code} is not the code of a failure: those are 1 to 16")))
}

/// An error by handle, for use as a cause.
pub(crate) fn lookup(error: hms_error_t) -> hmsffi_core::Result<Arc<Error>> {
    Ok(ERRORS.get(error.id)?.share())
}

/// Closes an error. `{0}` is fine.
/// @return FAILED_PRECONDITION when it was closed before.
#[unsafe(no_mangle)]
pub extern "C" fn hms_error_close(error: hms_error_t) -> hms_status_t {
    if error.id == 0 || error == FORKED {
        return hmsffi_abi::HMS_STATUS_OK;
    }
    edge(std::ptr::null_mut(), || ERRORS.remove(error.id).map(drop))
}
