//! The library's log lines on their way to `logging`.

use std::ffi::c_void;
use std::ptr;

use hmsffi_sys::*;
use pyo3::prelude::*;

use crate::attach::{attached, detached};
use crate::exit;
use crate::failure::{core, raised, str_of};
use crate::python::LOG_LINE;

/// Sends lines of at least this level to `hmsffi.logs.emit`.
#[pyfunction]
pub fn set_log_sink(py: Python<'_>, min_level: u32) -> PyResult<()> {
    let sink = hms_log_sink_t {
        struct_size: size_of::<hms_log_sink_t>() as u32,
        min_level,
        ctx: ptr::null_mut(),
        on_log: Some(on_log),
        drop: None,
    };
    // SAFETY: a sink without a context.
    detached(py, || core(|error| unsafe { hms_log_set_sink(&sink, error) }))
        .map_err(|error| raised(py, error))
}

unsafe extern "C" fn on_log(_: *mut c_void, level: u32, target: hms_str_t, message: hms_str_t) {
    let Some(_inside) = exit::enter() else { return };
    // SAFETY: views that are valid for the call.
    let (target, message) = unsafe { (str_of(target), str_of(message)) };
    attached(|py| {
        if let Err(error) = LOG_LINE.get(py).and_then(|emit| emit.call1((level, target, message))) {
            error.write_unraisable(py, None);
        }
    });
}
