//! Memory of the library that Python fills before it is sent.

use std::ffi::c_int;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use hmsffi_sys::*;
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;

use crate::failure::checked;

/// Memory to be filled, through the buffer protocol, and then sent.
#[pyclass(frozen, module = "hmsffi")]
pub struct Loan {
    /// None when it was given away.
    buffer: Mutex<Option<hms_buffer_t>>,
    /// Views of it that Python has.
    exports: AtomicUsize,
}

// SAFETY: a number and memory that any thread may write and release.
unsafe impl Send for Loan {}
// SAFETY: the library's struct is behind a lock; who writes the memory from several threads sees to their order.
unsafe impl Sync for Loan {}

impl Loan {
    /// A loan that `lend` gives.
    pub fn of(
        py: Python<'_>,
        lend: impl FnOnce(*mut hms_buffer_t, *mut *mut u8, *mut hms_error_t) -> hms_status_t,
    ) -> PyResult<Loan> {
        let (mut buffer, mut data) = (hms_buffer_t::EMPTY, std::ptr::null_mut());
        checked(py, |error| lend(&mut buffer, &mut data, error))?;
        Ok(Loan { buffer: Mutex::new(Some(buffer)), exports: AtomicUsize::new(0) })
    }

    fn lock(&self) -> MutexGuard<'_, Option<hms_buffer_t>> {
        self.buffer.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn len(&self) -> usize {
        self.lock().map_or(0, |buffer| buffer.len)
    }

    /// Gives the memory away, unless Python can still see it.
    pub fn give_away(&self) -> Option<hms_buffer_t> {
        let mut buffer = self.lock();
        if self.exports.load(Ordering::Acquire) == 0 { buffer.take() } else { None }
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if let Some(mut buffer) = self.lock().take() {
            // SAFETY: ours, released once.
            unsafe { hms_buffer_release(&mut buffer) };
        }
    }
}

#[pymethods]
impl Loan {
    fn __len__(&self) -> usize {
        self.len()
    }

    fn __repr__(&self) -> String {
        format!("<Loan of {} bytes>", self.len())
    }

    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let loan = slf.get();
        let buffer = {
            let buffer = loan.lock();
            loan.exports.fetch_add(1, Ordering::AcqRel);
            *buffer
        };
        let Some(buffer) = buffer else {
            loan.exports.fetch_sub(1, Ordering::AcqRel);
            return Err(PyBufferError::new_err("the loan was given as an answer; take a new one"));
        };
        // SAFETY: Python gives a place for the view; the object that owns the memory goes into it.
        let status = unsafe {
            ffi::PyBuffer_FillInfo(
                view,
                slf.as_ptr(),
                buffer.data.cast_mut().cast(),
                buffer.len as isize,
                0,
                flags,
            )
        };
        if status == 0 {
            return Ok(());
        }
        loan.exports.fetch_sub(1, Ordering::AcqRel);
        Err(PyErr::fetch(slf.py()))
    }

    unsafe fn __releasebuffer__(&self, _view: *mut ffi::Py_buffer) {
        self.exports.fetch_sub(1, Ordering::AcqRel);
    }
}
