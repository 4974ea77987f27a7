//! Schemas in other forms, what differs between them, and payloads in other encodings.

use hmsffi_sys::*;
use pyo3::prelude::*;

use crate::attach::detached;
use crate::failure::{checked, core, raised};
use crate::payload::Buffer;

/// The schema in the form `to`, and a JSON list of what was lost.
#[pyfunction]
pub fn schema_convert(py: Python<'_>, schema: &[u8], from_: u32, to: u32) -> PyResult<(Vec<u8>, Vec<u8>)> {
    let (mut out, mut losses) = (hms_buffer_t::EMPTY, hms_buffer_t::EMPTY);
    // SAFETY: a view that is valid for the call, places for the results.
    checked(py, |error| unsafe {
        hms_schema_convert(schema.into(), from_, to, &mut out, &mut losses, error)
    })?;
    Ok((Buffer::new(out).bytes().to_vec(), Buffer::new(losses).bytes().to_vec()))
}

/// A JSON list of differences.
#[pyfunction]
pub fn schema_compare(py: Python<'_>, old: &[u8], new: &[u8]) -> PyResult<Vec<u8>> {
    let mut out = hms_buffer_t::EMPTY;
    // SAFETY: views that are valid for the call, a place for the result.
    checked(py, |error| unsafe { hms_schema_compare(old.into(), new.into(), &mut out, error) })?;
    Ok(Buffer::new(out).bytes().to_vec())
}

/// The schema of a Protobuf message, in JSON.
#[pyfunction]
pub fn schema_of_message(py: Python<'_>, descriptors: &[u8], message: &str) -> PyResult<Vec<u8>> {
    let mut out = hms_buffer_t::EMPTY;
    // SAFETY: views that are valid for the call, a place for the result.
    checked(py, |error| unsafe {
        hms_schema_of_message(descriptors.into(), message.into(), &mut out, error)
    })?;
    Ok(Buffer::new(out).bytes().to_vec())
}

/// The payload in the encoding `to`, and a JSON list of what was lost.
#[pyfunction]
pub fn payload_convert(
    py: Python<'_>,
    schema: &[u8],
    payload: &[u8],
    from_: u32,
    to: u32,
    layout: u32,
) -> PyResult<(Vec<u8>, Vec<u8>)> {
    let (mut out, mut losses) = (hms_buffer_t::EMPTY, hms_buffer_t::EMPTY);
    let (schema, payload) = (hms_bytes_t::from(schema), hms_bytes_t::from(payload));
    // A payload may be long.
    let converted = detached(py, || {
        // SAFETY: views of immutable objects that the caller holds, places for the results.
        core(|error| unsafe {
            hms_payload_convert(schema, payload, from_, to, layout, &mut out, &mut losses, error)
        })
    });
    converted.map_err(|error| raised(py, error))?;
    Ok((Buffer::new(out).bytes().to_vec(), Buffer::new(losses).bytes().to_vec()))
}
