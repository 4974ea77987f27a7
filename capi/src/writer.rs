//! `hms_writer_t`: builds a CBOR value step by step (docs/values.md).
//!
//! The first failure is final: later steps and `hms_writer_finish` repeat it, so that a caller may look only at the end.

use std::sync::Mutex;

use hmsffi_abi::*;
use hmsffi_core::buffer::Buffer;
use hmsffi_core::codec::{Encoding, Writer};
use hmsffi_core::{Error, Result};

use crate::edge::edge;
use crate::table::Table;
use crate::view;

pub(crate) static WRITERS: Table<Mutex<Option<Writer>>> = Table::of_small(kind::WRITER);

/// Runs a step of a writer that is not finished.
fn step(
    writer: hms_writer_t,
    error: *mut hms_error_t,
    f: impl FnOnce(&mut Writer) -> Result<()>,
) -> hms_status_t {
    edge(error, || {
        let held = WRITERS.get(writer.id)?;
        let mut writer = held.lock().unwrap_or_else(|e| e.into_inner());
        f(writer.as_mut().ok_or_else(finished)?)
    })
}

/// An argument of a step. A bad one fails the writer like any other step, so that nothing is left out in silence.
fn given<T>(writer: &mut Writer, argument: Result<T>) -> Result<T> {
    argument.map_err(|why| writer.refuse(why.message()).err().unwrap_or(why))
}

#[cold]
fn finished() -> Error {
    Error::precondition("the writer was finished before. Make a new one for the next value")
}

/// A length from outside: `SIZE_MAX` = not known.
fn length(len: usize) -> Option<u64> {
    (len != usize::MAX).then_some(len as u64)
}

/// An empty writer.
/// @param out a new handle; close it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_new(out: *mut hms_writer_t, error: *mut hms_error_t) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let out = unsafe { view::out(out, "out")? };
        out.id = WRITERS.insert(Mutex::new(Some(Writer::new())))?;
        Ok(())
    })
}

/// Writes null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_null(writer: hms_writer_t, error: *mut hms_error_t) -> hms_status_t {
    step(writer, error, |writer| writer.null())
}

/// Writes a bool: 0 is false, everything else true.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_bool(
    writer: hms_writer_t,
    value: u32,
    error: *mut hms_error_t,
) -> hms_status_t {
    step(writer, error, |writer| writer.bool(value != 0))
}

/// Writes a signed integer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_int(
    writer: hms_writer_t,
    value: i64,
    error: *mut hms_error_t,
) -> hms_status_t {
    step(writer, error, |writer| writer.int(value))
}

/// Writes an unsigned integer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_uint(
    writer: hms_writer_t,
    value: u64,
    error: *mut hms_error_t,
) -> hms_status_t {
    step(writer, error, |writer| writer.uint(value))
}

/// Writes an integer of any size, given as decimal text such as `-18446744073709551617`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_bigint(
    writer: hms_writer_t,
    value: hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    step(writer, error, |writer| {
        // SAFETY: a view as the header asks.
        let value = given(writer, unsafe { view::text(value, "the integer") })?;
        writer.bigint(value)
    })
}

/// Writes a 64-bit float; 1.0 stays a float.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_float(
    writer: hms_writer_t,
    value: f64,
    error: *mut hms_error_t,
) -> hms_status_t {
    step(writer, error, |writer| writer.float(value))
}

/// Writes text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_text(
    writer: hms_writer_t,
    value: hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    step(writer, error, |writer| {
        // SAFETY: a view as the header asks.
        let value = given(writer, unsafe { view::text(value, "text") })?;
        writer.text(value)
    })
}

/// Writes bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_bytes(
    writer: hms_writer_t,
    value: hms_bytes_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    step(writer, error, |writer| {
        // SAFETY: a view as the header asks.
        let value = given(writer, unsafe { view::bytes(value, "bytes") })?;
        writer.bytes(value)
    })
}

/// Writes a date-time, given as RFC 3339 text with an offset, such as `2026-11-21T05:00:00Z`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_datetime(
    writer: hms_writer_t,
    value: hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    step(writer, error, |writer| {
        // SAFETY: a view as the header asks.
        let value = given(writer, unsafe { view::text(value, "the date-time") })?;
        writer.datetime(value)
    })
}

/// Writes a UUID.
/// @param value 16 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_uuid(
    writer: hms_writer_t,
    value: *const u8,
    error: *mut hms_error_t,
) -> hms_status_t {
    step(writer, error, |writer| {
        // SAFETY: 16 bytes of the caller's.
        let value = unsafe { value.cast::<[u8; 16]>().as_ref() };
        let value = given(writer, value.ok_or_else(|| Error::invalid("value is NULL: a UUID has 16 bytes")))?;
        writer.uuid(*value)
    })
}

/// Writes a decimal number that keeps its digits, given as text such as `12.50`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_decimal(
    writer: hms_writer_t,
    value: hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    step(writer, error, |writer| {
        // SAFETY: a view as the header asks.
        let value = given(writer, unsafe { view::text(value, "the Decimal") })?;
        writer.decimal(value)
    })
}

/// Writes a value that was encoded before, such as a constant part of many values: nothing is encoded again.
/// @param cbor its CBOR, as `hms_writer_finish` gave it; checked, and copied as it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_encoded(
    writer: hms_writer_t,
    cbor: hms_bytes_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    step(writer, error, |writer| {
        // SAFETY: a view as the header asks.
        let cbor = given(writer, unsafe { view::bytes(cbor, "the encoded value") })?;
        writer.encoded(cbor)
    })
}

/// Begins a list.
/// @param len number of items; `SIZE_MAX` = not known yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_begin_list(
    writer: hms_writer_t,
    len: usize,
    error: *mut hms_error_t,
) -> hms_status_t {
    step(writer, error, |writer| writer.begin_list(length(len)))
}

/// Ends the list begun last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_end_list(writer: hms_writer_t, error: *mut hms_error_t) -> hms_status_t {
    step(writer, error, |writer| writer.end_list())
}

/// Begins a map; each value follows its key.
/// @param len number of pairs; `SIZE_MAX` = not known yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_begin_map(
    writer: hms_writer_t,
    len: usize,
    error: *mut hms_error_t,
) -> hms_status_t {
    step(writer, error, |writer| writer.begin_map(length(len)))
}

/// Ends the map begun last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_end_map(writer: hms_writer_t, error: *mut hms_error_t) -> hms_status_t {
    step(writer, error, |writer| writer.end_map())
}

/// Writes a key of a map.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_key(
    writer: hms_writer_t,
    key: hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    step(writer, error, |writer| {
        // SAFETY: a view as the header asks.
        let key = given(writer, unsafe { view::text(key, "the key") })?;
        writer.key(key)
    })
}

/// Finishes the value. The writer takes no more steps; close it.
/// @param out the CBOR bytes in a new buffer; release it, or give it away with `hms_call_reply_buffer`.
/// @return INVALID_ARGUMENT, with the path, when a step failed or something was left open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_finish(
    writer: hms_writer_t,
    out: *mut hms_buffer_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let out = unsafe { view::out(out, "out")? };
        let held = WRITERS.get(writer.id)?;
        let writer = held.lock().unwrap_or_else(|e| e.into_inner()).take().ok_or_else(finished)?;
        *out = view::buffer(Buffer::from(writer.finish()?), Encoding::Cbor);
        Ok(())
    })
}

/// Closes a writer. `{0}` is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_writer_close(writer: hms_writer_t, error: *mut hms_error_t) -> hms_status_t {
    edge(error, || {
        if writer.id != 0 {
            // What it built may be much, and goes at once.
            WRITERS.remove(writer.id)?.lock().unwrap_or_else(|e| e.into_inner()).take();
        }
        Ok(())
    })
}
