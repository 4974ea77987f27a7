//! Questions about the process, and components.

use hmsffi_sys::*;
use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict};

use crate::attach::detached;
use crate::failure::{c_text, checked, core, raised};

/// The process-wide runtime. Its handle stays open: there is one for the extension.
pub fn runtime(py: Python<'_>) -> PyResult<hms_runtime_t> {
    static RUNTIME: PyOnceLock<u64> = PyOnceLock::new();
    let id = RUNTIME.get_or_try_init(py, || {
        let mut runtime = hms_runtime_t { id: 0 };
        // SAFETY: a place for the handle.
        checked(py, |error| unsafe { hms_runtime_default(&mut runtime, error) })?;
        Ok::<_, PyErr>(runtime.id)
    })?;
    Ok(hms_runtime_t { id: *id })
}

/// What the extension keeps belongs to one interpreter, and native threads find only the main one.
pub fn refuse_sub_interpreter() -> PyResult<()> {
    const MAIN: i64 = 0;
    // SAFETY: the module is being imported, so that the thread is attached.
    let id = unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) };
    if id == MAIN { Ok(()) } else { Err(PyImportError::new_err("no support for subinterpreters")) }
}

/// 16 bytes, the same for everything in this process that shares this copy of the library.
#[pyfunction]
pub fn instance_id(py: Python<'_>) -> PyResult<Bound<'_, PyBytes>> {
    let mut id = [0; 16];
    // SAFETY: a place of 16 bytes.
    checked(py, |error| unsafe { hms_core_instance_id(id.as_mut_ptr(), error) })?;
    Ok(PyBytes::new(py, &id))
}

#[pyfunction]
pub fn library_version() -> &'static str {
    // SAFETY: no arguments.
    c_text(unsafe { hms_version_string() })
}

#[pyfunction]
pub fn load_component(py: Python<'_>, path: &str) -> PyResult<()> {
    let runtime = runtime(py)?;
    // SAFETY: the view is valid for the call.
    detached(py, || core(|error| unsafe { hms_component_load(runtime, path.into(), error) }))
        .map_err(|error| raised(py, error))
}

/// Counts of what lives in this process, by the names of the C ABI; handles by kind.
#[pyfunction]
pub fn introspect(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    const KINDS: [(u8, &str); 12] = [
        (kind::RUNTIME, "runtimes"),
        (kind::SERVER, "servers"),
        (kind::SERVICE, "services"),
        (kind::CLIENT, "clients"),
        (kind::METHOD, "methods"),
        (kind::CALL, "inbound_calls"),
        (kind::STREAM, "streams"),
        (kind::QUEUE, "queues"),
        (kind::ERROR, "errors"),
        (kind::METADATA, "metadata"),
        (kind::WRITER, "writers"),
        (kind::READER, "readers"),
    ];
    // SAFETY: plain numbers.
    let mut counts: hms_introspection_t = unsafe { std::mem::zeroed() };
    counts.struct_size = size_of::<hms_introspection_t>() as u32;
    // SAFETY: a place of that size.
    checked(py, |error| unsafe { hms_introspect(&mut counts, error) })?;
    let dict = PyDict::new(py);
    for (kind, name) in KINDS {
        dict.set_item(name, counts.handles[usize::from(kind)])?;
    }
    dict.set_item("threads", counts.threads)?;
    dict.set_item("buffers", counts.buffers)?;
    dict.set_item("buffer_bytes", counts.buffer_bytes)?;
    dict.set_item("queued_bytes", counts.queued_bytes)?;
    dict.set_item("calls", counts.calls)?;
    dict.set_item("calls_total", counts.calls_total)?;
    dict.set_item("bytes_copied_total", counts.bytes_copied_total)?;
    dict.set_item("spun_ns_total", counts.spun_ns_total)?;
    Ok(dict)
}
