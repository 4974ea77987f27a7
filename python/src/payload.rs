//! Payloads: bytes pass as they are, Protobuf messages as Protobuf, everything else as CBOR.

use std::ffi::c_int;

use hmsffi_sys::*;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyException;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMemoryView, PyString};

use crate::cbor::{self, Encoded};
use crate::failure::{bytes_of, invalid, str_of};
use crate::loan::Loan;
use crate::python::READ_JSON;

/// A value on its way out, and how it is encoded.
pub struct Payload<'py> {
    body: Body<'py>,
    pub content_type: u32,
}

enum Body<'py> {
    Python(Bound<'py, PyBytes>),
    Buffer(PyBuffer<u8>),
    Encoded(Bound<'py, Encoded>),
    Made(Vec<u8>),
}

impl<'py> Payload<'py> {
    #[inline]
    pub fn of(value: &Bound<'py, PyAny>) -> PyResult<Payload<'py>> {
        if let Ok(bytes) = value.cast::<PyBytes>() {
            return Ok(Payload { body: Body::Python(bytes.clone()), content_type: HMS_CONTENT_TYPE_BYTES });
        }
        if is_plain(value) {
            return Ok(Payload {
                body: Body::Made(cbor::encode(value)?),
                content_type: HMS_CONTENT_TYPE_CBOR,
            });
        }
        Self::of_other(value)
    }

    fn of_other(value: &Bound<'py, PyAny>) -> PyResult<Payload<'py>> {
        let py = value.py();
        if value.is_instance_of::<PyMemoryView>()
            || value.is_instance_of::<PyByteArray>()
            || value.cast::<Buffer>().is_ok()
            || value.cast::<Loan>().is_ok()
        {
            let buffer = PyBuffer::<u8>::get(value)?;
            // Somebody else may write to it while the call runs without the interpreter. Who has a loan does not.
            let body = if (buffer.readonly() || is_lent(value)?) && buffer.is_c_contiguous() {
                Body::Buffer(buffer)
            } else {
                Body::Made(buffer.to_vec(py)?)
            };
            return Ok(Payload { body, content_type: HMS_CONTENT_TYPE_BYTES });
        }
        if let Ok(encoded) = value.cast::<Encoded>() {
            return Ok(Payload { body: Body::Encoded(encoded.clone()), content_type: HMS_CONTENT_TYPE_CBOR });
        }
        if let Some(serialize) = value.getattr_opt("SerializeToString")? {
            let bytes = serialize.call0()?.cast_into::<PyBytes>()?;
            return Ok(Payload { body: Body::Python(bytes), content_type: HMS_CONTENT_TYPE_PROTOBUF });
        }
        Ok(Payload { body: Body::Made(cbor::encode(value)?), content_type: HMS_CONTENT_TYPE_CBOR })
    }

    pub fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Python(bytes) => bytes.as_bytes(),
            // SAFETY: exported memory of that size, which nobody writes meanwhile.
            Body::Buffer(buffer) => unsafe { bytes_of(buffer.buf_ptr().cast(), buffer.len_bytes()) },
            Body::Encoded(encoded) => encoded.get().bytes(),
            Body::Made(bytes) => bytes,
        }
    }
}

/// A loan, or a view of one.
fn is_lent(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    if value.is_instance_of::<PyMemoryView>() {
        return Ok(value.getattr("obj")?.cast::<Loan>().is_ok());
    }
    Ok(value.cast::<Loan>().is_ok())
}

/// Types that are neither bytes-like nor a Protobuf message; looked at first because they are common.
fn is_plain(value: &Bound<'_, PyAny>) -> bool {
    value.is_exact_instance_of::<PyDict>()
        || value.is_exact_instance_of::<PyString>()
        || value.is_none()
        || value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyList>()
        || value.is_exact_instance_of::<PyFloat>()
}

/// A payload that arrived.
pub struct Arrived<'a> {
    pub content_type: u32,
    pub body: &'a [u8],
}

impl Arrived<'_> {
    /// Its value. A Protobuf message needs its class, and is bytes without one; so is what has an unknown type. Where a
    /// message is expected, anything else is INVALID_ARGUMENT.
    pub fn value<'py>(&self, py: Python<'py>, message: Option<&Py<PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(message) = message {
            return self.message(message.bind(py));
        }
        match self.content_type {
            HMS_CONTENT_TYPE_CBOR => cbor::decode(py, self.body),
            HMS_CONTENT_TYPE_JSON => READ_JSON.get(py)?.call1((PyBytes::new(py, self.body),)),
            _ => Ok(PyBytes::new(py, self.body).into_any()),
        }
    }

    fn message<'py>(&self, class: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = class.py();
        let name = || class.getattr("__name__").map_or_else(|_| class.to_string(), |name| name.to_string());
        let found = match self.content_type {
            HMS_CONTENT_TYPE_PROTOBUF => {
                return class.call_method1("FromString", (PyBytes::new(py, self.body),)).map_err(|error| {
                    match error.is_instance_of::<PyException>(py) {
                        true => invalid(py, &format!("the bytes are no {}: {}", name(), error.value(py))),
                        false => error,
                    }
                });
            }
            HMS_CONTENT_TYPE_CBOR => "application/cbor",
            HMS_CONTENT_TYPE_JSON => "application/json",
            HMS_CONTENT_TYPE_BYTES => "application/octet-stream",
            _ => "another content type",
        };
        Err(invalid(py, &format!("{} needs application/protobuf, found {found}", name())))
    }
}

/// Bytes of the library, readable through `memoryview(buffer)` without a copy; released when the last view goes.
#[pyclass(frozen, module = "hmsffi._native")]
pub struct Buffer(hms_buffer_t);

// SAFETY: the bytes are immutable and the library lets any thread release them.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// Takes a buffer over.
    pub fn new(buffer: hms_buffer_t) -> Buffer {
        Buffer(buffer)
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the buffer is ours until we are dropped.
        unsafe { bytes_of(self.0.data, self.0.len) }
    }

    /// A view of the bytes, which keeps them.
    pub fn into_view(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Ok(PyMemoryView::from(Bound::new(py, self)?.as_any())?.into_any())
    }

    /// The value, read in place where `view` asks for it and it is bytes.
    pub fn into_value<'py>(
        self,
        py: Python<'py>,
        message: Option<&Py<PyAny>>,
        view: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        if view && self.0.content_type == HMS_CONTENT_TYPE_BYTES {
            return self.into_view(py);
        }
        Arrived { content_type: self.0.content_type, body: self.bytes() }.value(py, message)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: ours, released once.
        unsafe { hms_buffer_release(&mut self.0) };
    }
}

#[pymethods]
impl Buffer {
    fn __len__(&self) -> usize {
        self.0.len
    }

    /// The value that the bytes are; `message` is the class of a Protobuf message.
    #[pyo3(signature = (message=None))]
    fn value<'py>(&self, py: Python<'py>, message: Option<Py<PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        Arrived { content_type: self.0.content_type, body: self.bytes() }.value(py, message.as_ref())
    }

    /// A view of the bytes, which keeps them.
    fn view<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyMemoryView>> {
        PyMemoryView::from(slf.as_any())
    }

    #[getter]
    fn content_type(&self) -> &str {
        // SAFETY: the text lives as long as the buffer.
        unsafe { str_of(hms_buffer_content_type(&self.0)) }
    }

    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let buffer = slf.get();
        // SAFETY: Python gives a place for the view; the object that owns the bytes goes into it.
        let status = unsafe {
            ffi::PyBuffer_FillInfo(
                view,
                slf.as_ptr(),
                buffer.0.data.cast_mut().cast(),
                buffer.0.len as isize,
                1,
                flags,
            )
        };
        if status == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}
