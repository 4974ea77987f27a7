//! Clients, and calls by id.

use hmsffi_sys::*;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::failure::{checked, core, raised};
use crate::interrupt::waiting;
use crate::metadata::Received;
use crate::method::{Expected, Method};
use crate::options::{call_timeout, wait_timeout};
use crate::payload::Buffer;
use crate::process::runtime;

#[pyclass(frozen, module = "hmsffi._native")]
pub struct Client(hms_client_t);

impl Client {
    pub fn handle(&self) -> hms_client_t {
        self.0
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: ours; closing it again does no harm.
        unsafe { hms_client_close(self.0, std::ptr::null_mut()) };
    }
}

#[pymethods]
impl Client {
    #[new]
    fn new(
        py: Python<'_>,
        timeout: Option<f64>,
        max_retries: i32,
        transport: u32,
        auth_token: &str,
        spin: Option<f64>,
    ) -> PyResult<Client> {
        let options = hms_client_options_t {
            struct_size: size_of::<hms_client_options_t>() as u32,
            flags: 0,
            timeout_ns: call_timeout(py, timeout)?,
            max_retries,
            transport,
            auth_token: auth_token.into(),
            // Saturates; what is less than a microsecond is not at all.
            spin_us: spin.map_or(0, |seconds| match (seconds * 1e6) as i32 {
                us if us < 1 => -1,
                us => us,
            }),
            reserved: 0,
        };
        let runtime = runtime(py)?;
        let mut client = hms_client_t { id: 0 };
        // SAFETY: views that are valid for the call, a place for the handle.
        checked(py, |error| unsafe { hms_client_new(runtime, &options, &mut client, error) })?;
        Ok(Client(client))
    }

    fn bind(
        slf: Bound<'_, Self>,
        service_id: String,
        name: String,
        message: Option<Py<PyAny>>,
        view: bool,
        expected: Expected,
    ) -> PyResult<Method> {
        Method::bind(&slf, service_id, name, message, view, &expected)
    }

    /// Raises unless some version of a service is what is expected.
    fn fit(&self, py: Python<'_>, service_id: &str, expected: Expected) -> PyResult<()> {
        let options = expected.options();
        // SAFETY: views and options that are valid for the call.
        checked(py, |error| unsafe {
            hms_client_fit(self.0, service_id.into(), &options, std::ptr::null_mut(), error)
        })
    }

    /// One of `HMS_CALL_STATUS_*`.
    fn async_status(&self, py: Python<'_>, id: &str) -> PyResult<u32> {
        let mut status = 0;
        // SAFETY: a view that is valid for the call, a place for the result.
        checked(py, |error| unsafe { hms_async_status(self.0, id.into(), &mut status, error) })?;
        Ok(status)
    }

    /// The answer and its metadata; None while the call still runs.
    fn async_result<'py>(
        &self,
        py: Python<'py>,
        id: &str,
        timeout: Option<f64>,
    ) -> PyResult<Option<(Buffer, Bound<'py, PyDict>)>> {
        let timeout_ns = wait_timeout(py, timeout)?;
        let (mut done, mut buffer, mut received) = (0, hms_buffer_t::EMPTY, Received::NONE);
        let wait = || {
            core(|error| {
                // SAFETY: a view that is valid for the call, places for the results.
                unsafe {
                    hms_async_result(
                        self.0,
                        id.into(),
                        timeout_ns,
                        &mut done,
                        &mut buffer,
                        &mut received.0,
                        error,
                    )
                }
            })
        };
        waiting(py, wait).map_err(|error| raised(py, error))?;
        if done == 0 {
            return Ok(None);
        }
        Ok(Some((Buffer::new(buffer), received.dict(py)?)))
    }

    fn async_cancel(&self, py: Python<'_>, id: &str) -> PyResult<bool> {
        let mut cancelled = 0;
        // SAFETY: a view that is valid for the call, a place for the result.
        let cancel = || core(|error| unsafe { hms_async_cancel(self.0, id.into(), &mut cancelled, error) });
        waiting(py, cancel).map_err(|error| raised(py, error))?;
        Ok(cancelled != 0)
    }

    fn close(&self) {
        // SAFETY: ours; closing it again does no harm.
        unsafe { hms_client_close(self.0, std::ptr::null_mut()) };
    }
}
