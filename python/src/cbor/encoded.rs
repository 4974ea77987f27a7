//! Values that are encoded once and sent many times.

use pyo3::prelude::*;

use super::decode;
use super::encode::measured;

/// A value as its CBOR. What never changes is encoded once, and then sent as it is, alone or inside of other values.
#[pyclass(frozen, module = "hmsffi.cbor")]
pub struct Encoded {
    pub(super) bytes: Vec<u8>,
    /// Lists and maps that are open inside each other in it.
    pub(super) depth: usize,
}

impl Encoded {
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[pymethods]
impl Encoded {
    #[new]
    fn new(value: &Bound<'_, PyAny>) -> PyResult<Encoded> {
        let (bytes, depth) = measured(value)?;
        Ok(Encoded { bytes, depth })
    }

    /// The value, made anew.
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        decode(py, &self.bytes)
    }

    fn __repr__(&self) -> String {
        format!("<Encoded, {} bytes>", self.bytes.len())
    }
}
