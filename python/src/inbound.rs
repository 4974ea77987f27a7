//! Inbound calls: what a handler can ask, and how it answers.

use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use hmsffi_sys::*;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::failure::{ErrorHandle, bytes_of, checked, failed, str_of};
use crate::loan::Loan;
use crate::metadata::Pairs;
use crate::options::FOR_EVER;
use crate::payload::{Arrived, Buffer, Payload};
use crate::python::FAILURE_OF;
use crate::stream::Stream;

/// The call that a handler serves.
#[pyclass(frozen, module = "hmsffi")]
pub struct Call {
    call: hms_call_t,
    answered: AtomicBool,
    response_metadata: Py<PyDict>,
}

impl Call {
    pub fn new(py: Python<'_>, call: hms_call_t) -> PyResult<Call> {
        Ok(Call { call, answered: AtomicBool::new(false), response_metadata: PyDict::new(py).unbind() })
    }

    /// As long as it may be the parent of another call.
    pub fn unanswered(&self) -> Option<hms_call_t> {
        (!self.answered.load(Ordering::Relaxed)).then_some(self.call)
    }

    pub fn response_pairs(&self, py: Python<'_>) -> PyResult<Pairs> {
        let metadata = self.response_metadata.bind(py);
        if metadata.is_empty() { Ok(Pairs::default()) } else { Pairs::of(Some(metadata)) }
    }

    fn info(&self, py: Python<'_>) -> PyResult<hms_call_info_t> {
        // SAFETY: plain numbers and empty views.
        let mut info: hms_call_info_t = unsafe { std::mem::zeroed() };
        info.struct_size = size_of::<hms_call_info_t>() as u32;
        // SAFETY: a place of that size.
        checked(py, |error| unsafe { hms_call_info(self.call, &mut info, error) })?;
        Ok(info)
    }

    fn take_answer(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }
}

#[pymethods]
impl Call {
    /// Identifies the call in this process.
    #[getter]
    fn id(&self) -> u64 {
        self.call.id
    }

    /// Id of the service that was called.
    #[getter]
    fn service_id(&self, py: Python<'_>) -> PyResult<String> {
        // SAFETY: valid until the call is answered.
        self.info(py).map(|info| unsafe { str_of(info.service) }.to_owned())
    }

    /// Name of the method that was called.
    #[getter]
    fn method(&self, py: Python<'_>) -> PyResult<String> {
        // SAFETY: valid until the call is answered.
        self.info(py).map(|info| unsafe { str_of(info.method) }.to_owned())
    }

    /// Number of calls above this one in its chain.
    #[getter]
    fn depth(&self, py: Python<'_>) -> PyResult<u32> {
        self.info(py).map(|info| info.depth)
    }

    /// Whether nobody waits for the answer any more.
    #[getter]
    fn cancelled(&self, py: Python<'_>) -> PyResult<bool> {
        let mut cancelled = 0;
        // SAFETY: a place for the result.
        checked(py, |error| unsafe { hms_call_is_cancelled(self.call, &mut cancelled, error) })?;
        Ok(cancelled != 0)
    }

    /// Seconds until the caller stops waiting, 0 when it has; None = it waits for ever.
    #[getter]
    fn time_left(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        let deadline = self.info(py)?.deadline_ns;
        if matches!(deadline, 0 | FOR_EVER) {
            return Ok(None);
        }
        let now = py.import("time")?.call_method0("monotonic_ns")?.extract::<u64>()?;
        Ok(Some(deadline.saturating_sub(now) as f64 / 1e9))
    }

    /// The metadata that came with the request.
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        // Refused, and said so, where the call is over or belongs to another thread.
        self.info(py)?;
        let dict = PyDict::new(py);
        let (mut key, mut value) = (hms_str_t::EMPTY, hms_str_t::EMPTY);
        // SAFETY: places for views, which are read while the call lives.
        unsafe {
            for index in 0.. {
                if hms_call_metadata_at(self.call, index, &mut key, &mut value, ptr::null_mut())
                    != HMS_STATUS_OK
                {
                    break;
                }
                dict.set_item(str_of(key), str_of(value))?;
            }
        }
        Ok(dict)
    }

    /// The metadata that goes out with the answer: fill it before the handler returns.
    #[getter]
    fn response_metadata<'py>(&self, py: Python<'py>) -> Bound<'py, PyDict> {
        self.response_metadata.bind(py).clone()
    }

    /// The request's value.
    #[pyo3(signature = (message=None))]
    fn request<'py>(&self, py: Python<'py>, message: Option<Py<PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: plain numbers and empty views.
        let mut request: hms_request_t = unsafe { std::mem::zeroed() };
        request.struct_size = size_of::<hms_request_t>() as u32;
        // SAFETY: a place of that size; the views are read while the call is unanswered.
        unsafe {
            checked(py, |error| hms_call_request(self.call, &mut request, error))?;
            arrived(&request).value(py, message.as_ref())
        }
    }

    /// The request's bytes, whatever they are, as a buffer that may be kept.
    fn request_buffer(&self, py: Python<'_>) -> PyResult<Buffer> {
        kept_request(py, self.call)
    }

    /// Memory of `size` bytes for the answer: fill it and return it. A caller in another process of this machine gets it
    /// without a copy.
    fn loan(&self, py: Python<'_>, size: usize) -> PyResult<Loan> {
        // SAFETY: places for the results.
        Loan::of(py, |buffer, data, error| unsafe { hms_call_loan(self.call, size, buffer, data, error) })
    }

    /// The handler's end of the stream beside the call.
    #[pyo3(signature = (message=None))]
    fn stream(&self, py: Python<'_>, message: Option<Py<PyAny>>) -> PyResult<Stream> {
        let mut stream = hms_stream_t { id: 0 };
        // SAFETY: a place for the handle.
        checked(py, |error| unsafe { hms_call_stream(self.call, &mut stream, error) })?;
        Ok(Stream::new(stream, message))
    }

    /// Answers with a value. A caller that went away is no failure.
    fn reply(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let pairs = self.response_pairs(py)?;
        self.take_answer();
        reply(self.call, value, &pairs, false);
        Ok(())
    }

    /// Answers with a failure made of an exception.
    fn fail(&self, py: Python<'_>, error: Bound<'_, PyAny>) {
        self.take_answer();
        fail(py, self.call, &PyErr::from_value(error));
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        match self.info(py) {
            // SAFETY: valid until the call is answered.
            Ok(info) => unsafe { format!("<Call {}.{}>", str_of(info.service), str_of(info.method)) },
            Err(_) => "<Call, over>".to_owned(),
        }
    }
}

/// # Safety
/// The request's views must be valid for `'a`.
pub unsafe fn arrived<'a>(request: &hms_request_t) -> Arrived<'a> {
    Arrived {
        content_type: request.content_type,
        // SAFETY: promised by the caller.
        body: unsafe { bytes_of(request.body.ptr, request.body.len) },
    }
}

/// The request of a call, to be kept.
pub fn kept_request(py: Python<'_>, call: hms_call_t) -> PyResult<Buffer> {
    let mut buffer = hms_buffer_t::EMPTY;
    // SAFETY: a place for the buffer.
    checked(py, |error| unsafe { hms_call_request_buffer(call, &mut buffer, error) })?;
    Ok(Buffer::new(buffer))
}

/// Answers with a value; raw bytes keep the request's content type.
pub fn reply(call: hms_call_t, value: &Bound<'_, PyAny>, metadata: &Pairs, raw: bool) {
    let py = value.py();
    if let Some(mut lent) = value.cast::<Loan>().ok().and_then(|loan| loan.get().give_away()) {
        lent.content_type = if raw { HMS_CONTENT_TYPE_DEFAULT } else { HMS_CONTENT_TYPE_BYTES };
        let options = reply_options(HMS_CONTENT_TYPE_DEFAULT, metadata);
        // SAFETY: a buffer that was taken from its loan. A caller that went away is no failure.
        unsafe { hms_call_reply_buffer(call, &mut lent, &options, ptr::null_mut()) };
        return;
    }
    let payload = match Payload::of(value) {
        Ok(payload) => payload,
        Err(error) => return fail(py, call, &not_sendable(py, &error)),
    };
    let keep_type = raw && payload.content_type == HMS_CONTENT_TYPE_BYTES;
    let content_type = if keep_type { HMS_CONTENT_TYPE_DEFAULT } else { payload.content_type };
    let options = reply_options(content_type, metadata);
    // SAFETY: views that are valid for the call. A caller that went away is no failure.
    unsafe { hms_call_reply(call, payload.bytes().into(), &options, ptr::null_mut()) };
}

fn reply_options(content_type: u32, metadata: &Pairs) -> hms_reply_options_t {
    hms_reply_options_t {
        struct_size: size_of::<hms_reply_options_t>() as u32,
        content_type,
        content_type_text: hms_str_t::EMPTY,
        metadata: metadata.ptr(),
        metadata_count: metadata.len(),
    }
}

/// The caller sent nothing wrong: what it gets must not look like its own INVALID_ARGUMENT.
fn not_sendable(py: Python<'_>, error: &PyErr) -> PyErr {
    let why = error.value(py).getattr("message").unwrap_or_else(|_| error.value(py).clone().into_any());
    failed(py, HMS_STATUS_INTERNAL, &format!("the handler's answer cannot be sent: {why}"))
}

/// Answers with a failure made of an exception.
pub fn fail(py: Python<'_>, call: hms_call_t, error: &PyErr) {
    let described = describe(py, error);
    let pairs = described.as_ref().ok().and_then(|described| Pairs::of(Some(&described.details)).ok());
    let pairs = pairs.unwrap_or_default();
    let plain = error.to_string();
    let mut failure = hms_failure_t {
        struct_size: size_of::<hms_failure_t>() as u32,
        code: HMS_STATUS_UNKNOWN,
        message: plain.as_str().into(),
        source: hms_str_t::EMPTY,
        stack: hms_str_t::EMPTY,
        details: pairs.ptr(),
        details_count: pairs.len(),
        cause: hms_error_t { id: 0 },
        error_schema: hms_str_t::EMPTY,
        error_data: hms_bytes_t::EMPTY,
    };
    if let Ok(described) = &described {
        failure.code = described.code;
        failure.message = described.message.as_str().into();
        failure.source = described.source.as_str().into();
        failure.stack = described.stack.as_str().into();
        failure.error_schema = described.error_schema.as_str().into();
        failure.error_data = described.error_data.as_slice().into();
        failure.cause = described.cause.as_ref().map_or(failure.cause, |cause| cause.get().error());
    }
    // SAFETY: views and a handle that are valid for the call. A caller that went away is no failure.
    unsafe { hms_call_fail(call, &failure, ptr::null_mut()) };
}

/// What `hmsffi.failures.failure_of` says about an exception.
struct Failure<'py> {
    code: hms_status_t,
    message: String,
    source: String,
    stack: String,
    details: Bound<'py, PyAny>,
    cause: Option<Py<ErrorHandle>>,
    error_schema: String,
    error_data: Vec<u8>,
}

fn describe<'py>(py: Python<'py>, error: &PyErr) -> PyResult<Failure<'py>> {
    let described = FAILURE_OF.get(py)?.call1((error.clone_ref(py).into_value(py),))?;
    let (code, message, source, stack, details, cause, error_schema, error_data) = described.extract()?;
    Ok(Failure { code, message, source, stack, details, cause, error_schema, error_data })
}
