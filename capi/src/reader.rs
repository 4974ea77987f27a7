//! `hms_reader_t`: a cursor over a CBOR value (docs/values.md).
//!
//! A failed read does not move the cursor.

use std::borrow::Cow;
use std::sync::Mutex;

use hmsffi_abi::*;
use hmsffi_core::codec::Reader;
use hmsffi_core::{Error, Result};

use crate::edge::edge;
use crate::table::Table;
use crate::view::{self, bytes_view, str_view};

pub(crate) static READERS: Table<Mutex<Option<Cursor>>> = Table::of_small(kind::READER);

/// A reader, the bytes that it reads and the text that it had to put together from pieces.
pub(crate) struct Cursor {
    /// Before `bytes`, which it borrows from.
    reader: Reader<'static>,
    _bytes: Box<[u8]>,
    pieced: Vec<Box<[u8]>>,
}

impl Cursor {
    fn new(bytes: &[u8]) -> Result<Cursor> {
        let bytes: Box<[u8]> = bytes.into();
        // SAFETY: the box's memory stays in place, and outlives the reader, which is dropped first.
        let borrowed = unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) };
        Ok(Cursor { reader: Reader::new(borrowed)?, _bytes: bytes, pieced: Vec::new() })
    }

    fn bytes(&mut self, value: Cow<'static, [u8]>) -> hms_bytes_t {
        match value {
            Cow::Borrowed(bytes) => bytes_view(bytes),
            Cow::Owned(bytes) => {
                self.pieced.push(bytes.into());
                self.pieced.last().map_or(hms_bytes_t::EMPTY, |bytes| bytes_view(bytes))
            }
        }
    }

    fn text(&mut self, value: Cow<'static, str>) -> hms_str_t {
        match value {
            Cow::Borrowed(text) => str_view(text),
            Cow::Owned(text) => {
                let bytes = self.bytes(Cow::Owned(text.into_bytes()));
                hms_str_t { ptr: bytes.ptr.cast(), len: bytes.len }
            }
        }
    }
}

/// Runs a step of a reader and hands its result out.
///
/// # Safety
/// `out` must be NULL or writable.
unsafe fn read<T>(
    reader: hms_reader_t,
    out: *mut T,
    error: *mut hms_error_t,
    f: impl FnOnce(&mut Cursor) -> Result<T>,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: promised above.
        let out = unsafe { view::out(out, "out")? };
        let held = READERS.get(reader.id)?;
        let mut cursor = held.lock().unwrap_or_else(|e| e.into_inner());
        *out = f(cursor.as_mut().ok_or_else(closed)?)?;
        Ok(())
    })
}

fn step(
    reader: hms_reader_t,
    error: *mut hms_error_t,
    f: impl FnOnce(&mut Cursor) -> Result<()>,
) -> hms_status_t {
    edge(error, || {
        let held = READERS.get(reader.id)?;
        let mut cursor = held.lock().unwrap_or_else(|e| e.into_inner());
        f(cursor.as_mut().ok_or_else(closed)?)
    })
}

#[cold]
fn closed() -> Error {
    Error::precondition("the reader was closed meanwhile, on another thread")
}

/// A length for outside: `SIZE_MAX` = not known.
fn length(len: Option<u64>) -> usize {
    len.and_then(|len| usize::try_from(len).ok()).unwrap_or(usize::MAX)
}

/// A reader of a CBOR value, placed before it. The whole value is checked here.
/// @param bytes copied: views that the reader gives stay valid until it is closed.
/// @param out a new handle; close it.
/// @return INVALID_ARGUMENT, with the path, when the bytes are not one value of docs/values.md.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_new(
    bytes: hms_bytes_t,
    out: *mut hms_reader_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views and outputs as the header asks.
        let (bytes, out) = unsafe { (view::bytes(bytes, "bytes")?, view::out(out, "out")?) };
        out.id = READERS.insert(Mutex::new(Some(Cursor::new(bytes)?)))?;
        Ok(())
    })
}

/// The kind of what comes next: one of `HMS_KIND_*`; END at the end of a list, a map or the value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_kind(
    reader: hms_reader_t,
    out: *mut u32,
    error: *mut hms_error_t,
) -> hms_status_t {
    // SAFETY: outputs as the header asks.
    unsafe { read(reader, out, error, |cursor| Ok(cursor.reader.kind()? as u32)) }
}

/// Reads null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_null(reader: hms_reader_t, error: *mut hms_error_t) -> hms_status_t {
    step(reader, error, |cursor| cursor.reader.read_null())
}

/// Reads a bool.
/// @param out 1 or 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_bool(
    reader: hms_reader_t,
    out: *mut u32,
    error: *mut hms_error_t,
) -> hms_status_t {
    // SAFETY: outputs as the header asks.
    unsafe { read(reader, out, error, |cursor| cursor.reader.read_bool().map(u32::from)) }
}

/// Reads an integer.
/// @return OUT_OF_RANGE when it does not fit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_int(
    reader: hms_reader_t,
    out: *mut i64,
    error: *mut hms_error_t,
) -> hms_status_t {
    // SAFETY: outputs as the header asks.
    unsafe { read(reader, out, error, |cursor| cursor.reader.read_int()) }
}

/// Reads an integer that is not negative.
/// @return OUT_OF_RANGE when it does not fit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_uint(
    reader: hms_reader_t,
    out: *mut u64,
    error: *mut hms_error_t,
) -> hms_status_t {
    // SAFETY: outputs as the header asks.
    unsafe { read(reader, out, error, |cursor| cursor.reader.read_uint()) }
}

/// Reads an integer of any size as decimal text; borrowed until the reader is closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_bigint(
    reader: hms_reader_t,
    out: *mut hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    // SAFETY: outputs as the header asks.
    unsafe {
        read(reader, out, error, |cursor| {
            let text = cursor.reader.read_bigint()?;
            Ok(cursor.text(Cow::Owned(text)))
        })
    }
}

/// Reads a float, or an integer up to 2^53.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_float(
    reader: hms_reader_t,
    out: *mut f64,
    error: *mut hms_error_t,
) -> hms_status_t {
    // SAFETY: outputs as the header asks.
    unsafe { read(reader, out, error, |cursor| cursor.reader.read_float()) }
}

/// Reads text; borrowed until the reader is closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_text(
    reader: hms_reader_t,
    out: *mut hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    // SAFETY: outputs as the header asks.
    unsafe {
        read(reader, out, error, |cursor| {
            let text = cursor.reader.read_text()?;
            Ok(cursor.text(text))
        })
    }
}

/// Reads a date-time as RFC 3339 text; borrowed until the reader is closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_datetime(
    reader: hms_reader_t,
    out: *mut hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    // SAFETY: outputs as the header asks.
    unsafe {
        read(reader, out, error, |cursor| {
            let text = cursor.reader.read_datetime()?;
            Ok(cursor.text(text))
        })
    }
}

/// Reads a decimal number as text; borrowed until the reader is closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_decimal(
    reader: hms_reader_t,
    out: *mut hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    // SAFETY: outputs as the header asks.
    unsafe {
        read(reader, out, error, |cursor| {
            let text = cursor.reader.read_decimal()?;
            Ok(cursor.text(text))
        })
    }
}

/// Reads bytes; borrowed until the reader is closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_bytes(
    reader: hms_reader_t,
    out: *mut hms_bytes_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    // SAFETY: outputs as the header asks.
    unsafe {
        read(reader, out, error, |cursor| {
            let bytes = cursor.reader.read_bytes()?;
            Ok(cursor.bytes(bytes))
        })
    }
}

/// Reads a UUID.
/// @param out 16 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_uuid(
    reader: hms_reader_t,
    out: *mut u8,
    error: *mut hms_error_t,
) -> hms_status_t {
    // SAFETY: outputs as the header asks: 16 bytes.
    unsafe { read(reader, out.cast::<[u8; 16]>(), error, |cursor| cursor.reader.read_uuid()) }
}

/// Enters a list.
/// @param out number of items; `SIZE_MAX` = not known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_enter_list(
    reader: hms_reader_t,
    out: *mut usize,
    error: *mut hms_error_t,
) -> hms_status_t {
    // SAFETY: outputs as the header asks.
    unsafe { read(reader, out, error, |cursor| cursor.reader.enter_list().map(length)) }
}

/// Enters a map.
/// @param out number of pairs; `SIZE_MAX` = not known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_enter_map(
    reader: hms_reader_t,
    out: *mut usize,
    error: *mut hms_error_t,
) -> hms_status_t {
    // SAFETY: outputs as the header asks.
    unsafe { read(reader, out, error, |cursor| cursor.reader.enter_map().map(length)) }
}

/// Reads the next key of a map; borrowed until the reader is closed. Its value comes next.
/// @param out_found 1, or 0 at the end of the map.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_next_key(
    reader: hms_reader_t,
    out: *mut hms_str_t,
    out_found: *mut u32,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let (out, out_found) = unsafe { (view::out(out, "out")?, view::out(out_found, "out_found")?) };
        let held = READERS.get(reader.id)?;
        let mut cursor = held.lock().unwrap_or_else(|e| e.into_inner());
        let cursor = cursor.as_mut().ok_or_else(closed)?;
        let key = cursor.reader.next_key()?;
        *out_found = u32::from(key.is_some());
        if let Some(key) = key {
            *out = cursor.text(key);
        }
        Ok(())
    })
}

/// Goes to the value of a key of the map that was entered last, wherever in it the cursor is.
/// @param out_found 1, or 0 when there is no such key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_find(
    reader: hms_reader_t,
    key: hms_str_t,
    out_found: *mut u32,
    error: *mut hms_error_t,
) -> hms_status_t {
    // SAFETY: views and outputs as the header asks.
    unsafe {
        read(reader, out_found, error, |cursor| cursor.reader.find(view::text(key, "key")?).map(u32::from))
    }
}

/// Leaves the list or map that was entered last, wherever in it the cursor is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_leave(reader: hms_reader_t, error: *mut hms_error_t) -> hms_status_t {
    step(reader, error, |cursor| cursor.reader.leave())
}

/// Skips the next value, whatever it holds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_skip(reader: hms_reader_t, error: *mut hms_error_t) -> hms_status_t {
    step(reader, error, |cursor| cursor.reader.skip())
}

/// Closes a reader. `{0}` is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_reader_close(reader: hms_reader_t, error: *mut hms_error_t) -> hms_status_t {
    edge(error, || {
        if reader.id != 0 {
            // What it reads may be much, and goes at once.
            READERS.remove(reader.id)?.lock().unwrap_or_else(|e| e.into_inner()).take();
        }
        Ok(())
    })
}
