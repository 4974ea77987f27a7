//! A function that copies bytes, as one would write it by hand.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// The functions of the module.
#[pymodule]
mod bench_pyo3 {
    use super::*;

    /// The same bytes in a new object.
    #[pyfunction]
    fn copy<'py>(py: Python<'py>, bytes: &[u8]) -> Bound<'py, PyBytes> {
        PyBytes::new(py, bytes)
    }
}
