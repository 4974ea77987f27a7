//! `hms_payload_*`: payloads in other encodings.

use hmsffi_abi::*;
use hmsffi_core::buffer::Buffer;
use hmsffi_core::codec::Encoding;
use hmsffi_core::schema::{Layout, exchange};
use hmsffi_core::{Error, Result};

use crate::edge::edge;
use crate::view;

fn encoding(number: u32, field: &str) -> Result<Encoding> {
    match Encoding::numbered(number) {
        encoding @ (Encoding::Cbor | Encoding::Protobuf | Encoding::Json) => Ok(encoding),
        _ => Err(Error::invalid(format!(
            "{field} is {number}; it must be HMS_CONTENT_TYPE_CBOR, _PROTOBUF or _JSON, 1 to 3"
        ))),
    }
}

fn layout(number: u32) -> Result<Layout> {
    match number {
        HMS_LAYOUT_ANY => Ok(Layout::Any),
        HMS_LAYOUT_DETERMINISTIC => Ok(Layout::Deterministic),
        other => Err(Error::invalid(format!("layout is {other}; it must be one of HMS_LAYOUT_*, 0 or 1"))),
    }
}

/// The same payload in another encoding, with the defaults that it left out, as a schema tells what is meant. The schema is
/// compiled; the last 64 of up to 64 KiB are kept, and found by their bytes. May be called on any thread.
/// @param schema the message `Schema` in Protobuf or JSON; it refers to nothing outside of itself. For Protobuf it is an OBJECT
///   whose fields have the label `hms.protobuf.number`.
/// @param payload in the encoding `from`.
/// @param from `HMS_CONTENT_TYPE_CBOR`, `_PROTOBUF` or `_JSON`.
/// @param to likewise; the same as `from` checks the payload and puts in the defaults.
/// @param layout one of `HMS_LAYOUT_*`.
/// @param out a new buffer; release it.
/// @param losses what the schema does not know and the encoding `to` cannot say, and Decimals in whose place the nearest number is:
///   a JSON list of objects with `path`, `message` and `code`; release it. May be NULL.
/// @return INVALID_ARGUMENT when the schema is none, or the payload does not fit it, or cannot be said in the encoding `to`: the
///   detail `hms.violations` of the error has all that is wrong, as a JSON list of objects like those.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_payload_convert(
    schema: hms_bytes_t,
    payload: hms_bytes_t,
    from: u32,
    to: u32,
    layout: u32,
    out: *mut hms_buffer_t,
    losses: *mut hms_buffer_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views and outputs as the header asks.
        let (schema, payload, out) = unsafe {
            (view::bytes(schema, "schema")?, view::bytes(payload, "payload")?, view::out(out, "out")?)
        };
        let (from, to) = (encoding(from, "from")?, encoding(to, "to")?);
        let converted = exchange::convert_payload(schema, payload, from, to, self::layout(layout)?)?;
        *out = view::buffer(Buffer::from(converted.payload), to);
        // SAFETY: NULL or a place of the caller's.
        if let Some(losses) = unsafe { losses.as_mut() } {
            *losses = view::buffer(Buffer::from(exchange::violations(&converted.losses)), Encoding::Json);
        }
        Ok(())
    })
}
