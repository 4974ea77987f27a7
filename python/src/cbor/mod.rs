//! Python objects to CBOR and back, directly: `docs/values.md` of the project is the profile.

mod decode;
mod encode;
mod encoded;
mod tagged;
mod wrong;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

pub use decode::decode;
pub use encode::encode;
pub use encoded::Encoded;

/// Lists and maps that may be open inside each other.
const MAX_DEPTH: usize = 64;
/// Bytes of an integer past 64 bits.
const MAX_INTEGER: usize = 1024;

/// The CBOR of a value.
#[pyfunction]
pub fn dumps<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    Ok(PyBytes::new(value.py(), &encode(value)?))
}

/// The value of CBOR.
#[pyfunction]
pub fn loads<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    decode(py, data)
}
