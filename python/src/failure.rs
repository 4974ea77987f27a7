//! Failures of the core on their way to Python and back.

use std::ffi::c_char;

use hmsffi_sys::*;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::interrupt;
use crate::payload::Buffer;
use crate::python::ERROR_FROM_NATIVE;

/// Keeps an error of the core, so that a handler which fails because of it can name it as its cause.
#[pyclass(frozen, module = "hmsffi._native")]
pub struct ErrorHandle(hms_error_t);

impl ErrorHandle {
    pub fn error(&self) -> hms_error_t {
        self.0
    }
}

impl Drop for ErrorHandle {
    fn drop(&mut self) {
        // SAFETY: ours, closed once.
        unsafe { hms_error_close(self.0) };
    }
}

/// Calls a function of the core that reports its failure through an out parameter.
pub fn core(call: impl FnOnce(*mut hms_error_t) -> hms_status_t) -> Result<(), hms_error_t> {
    let mut error = hms_error_t { id: 0 };
    match call(&mut error) {
        HMS_STATUS_OK => Ok(()),
        _ => Err(error),
    }
}

/// [`core`] for functions that neither wait nor call back.
pub fn checked(py: Python<'_>, call: impl FnOnce(*mut hms_error_t) -> hms_status_t) -> PyResult<()> {
    core(call).map_err(|error| raised(py, error))
}

/// The exception for an error of the core, which it owns from here on; or what interrupted the wait that ended so.
#[cold]
pub fn raised(py: Python<'_>, error: hms_error_t) -> PyErr {
    let error = ErrorHandle(error);
    if let Some(pending) = interrupt::take_pending() {
        return pending;
    }
    match exception(py, error) {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

/// An error of the package that begins here.
#[cold]
pub fn failed(py: Python<'_>, code: hms_status_t, message: &str) -> PyErr {
    let mut error = hms_error_t { id: 0 };
    // SAFETY: the view is valid for the call.
    match unsafe { hms_error_new(code, message.into(), &mut error) } {
        HMS_STATUS_OK => raised(py, error),
        _ => PyRuntimeError::new_err(message.to_owned()),
    }
}

#[cold]
pub fn invalid(py: Python<'_>, message: &str) -> PyErr {
    failed(py, HMS_STATUS_INVALID_ARGUMENT, message)
}

fn exception<'py>(py: Python<'py>, handle: ErrorHandle) -> PyResult<Bound<'py, PyAny>> {
    let error = handle.error();
    let details = PyDict::new(py);
    // SAFETY: an open error; its views live as long, and are read before it can be closed.
    unsafe {
        for index in 0..hms_error_detail_count(error) {
            let (mut key, mut value) = (hms_str_t::EMPTY, hms_str_t::EMPTY);
            hms_error_detail_at(error, index, &mut key, &mut value);
            details.set_item(str_of(key), str_of(value))?;
        }
        let cause = match hms_error_cause(error) {
            none if none.id == 0 => None,
            cause => Some(exception(py, ErrorHandle(cause))?),
        };
        let fields = (
            hms_error_code(error),
            str_of(hms_error_message(error)),
            str_of(hms_error_source(error)),
            str_of(hms_error_stack(error)),
        );
        let (mut schema, mut data) = (hms_str_t::EMPTY, hms_buffer_t::EMPTY);
        let is_typed = hms_error_data(error, &mut schema, &mut data, std::ptr::null_mut()) == HMS_STATUS_OK;
        let (schema, data) = (str_of(schema), is_typed.then(|| Buffer::new(data)));
        let (code, message, source, stack) = fields;
        ERROR_FROM_NATIVE.get(py)?.call1((code, message, source, stack, details, cause, handle, schema, data))
    }
}

/// # Safety
/// The view must be valid for `'a`, as views of the core are.
pub unsafe fn str_of<'a>(view: hms_str_t) -> &'a str {
    if view.len == 0 {
        return "";
    }
    // SAFETY: promised by the caller; the core hands out UTF-8.
    unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(view.ptr.cast(), view.len)) }
}

/// # Safety
/// As [`str_of`].
pub unsafe fn bytes_of<'a>(data: *const u8, len: usize) -> &'a [u8] {
    if len == 0 {
        return &[];
    }
    // SAFETY: promised by the caller.
    unsafe { std::slice::from_raw_parts(data, len) }
}

pub fn c_text(text: *const c_char) -> &'static str {
    // SAFETY: static texts of the core.
    unsafe { std::ffi::CStr::from_ptr(text) }.to_str().unwrap_or("")
}
