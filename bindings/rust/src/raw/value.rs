//! What the library does with values for every language, so that all of them do the same.

use hmsffi_sys::*;

use super::handles::handle;
use super::{bytes, check, text, view};
use crate::Result;

handle!(Reader, hms_reader_t, |id, error| hms_reader_close(id, error));
handle!(Writer, hms_writer_t, |id, error| hms_writer_close(id, error));

impl Reader {
    fn new(value: &[u8]) -> Result<Reader> {
        let mut reader = hms_reader_t { id: 0 };
        // SAFETY: a readable view and a place of our own.
        check(|error| unsafe { hms_reader_new(value.into(), &mut reader, error) })?;
        Ok(Reader(reader))
    }
}

/// Checks that bytes are one CBOR value of the profile in docs/values.md.
pub(crate) fn validate(value: &[u8]) -> Result<()> {
    Reader::new(value).map(drop)
}

/// The decimal text of a CBOR integer.
pub(crate) fn integer_text(value: &[u8]) -> Result<String> {
    let reader = Reader::new(value)?;
    let mut out = hms_str_t::EMPTY;
    // SAFETY: an open reader and a place of our own; the text is copied while the reader is open.
    unsafe {
        check(|error| hms_reader_bigint(reader.0, &mut out, error))?;
        Ok(text(out).to_owned())
    }
}

/// A kind of value that is written from text.
#[derive(Clone, Copy)]
pub(crate) enum TextKind {
    DateTime,
    Decimal,
    Integer,
}

/// Writes text as the CBOR of its kind, after a check.
pub(crate) fn write_text(kind: TextKind, value: &str, out: &mut Vec<u8>) -> Result<()> {
    let write = match kind {
        TextKind::DateTime => hms_writer_datetime,
        TextKind::Decimal => hms_writer_decimal,
        TextKind::Integer => hms_writer_bigint,
    };
    let mut writer = hms_writer_t { id: 0 };
    let mut buffer = hms_buffer_t::EMPTY;
    // SAFETY: checked handles, readable views and places of our own; the bytes are copied before their
    // release.
    unsafe {
        check(|error| hms_writer_new(&mut writer, error))?;
        let writer = Writer(writer);
        check(|error| write(writer.0, view(value), error))?;
        check(|error| hms_writer_finish(writer.0, &mut buffer, error))?;
        out.extend_from_slice(bytes(hms_bytes_t { ptr: buffer.data, len: buffer.len }));
        hms_buffer_release(&mut buffer);
    }
    Ok(())
}
