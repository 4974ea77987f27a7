//! Bound methods: the fast way to call.

use hmsffi_sys::*;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::client::Client;
use crate::context;
use crate::failure::{c_text, checked, core, raised};
use crate::interrupt::{calling, waiting};
use crate::loan::Loan;
use crate::metadata::Received;
use crate::options::{self, ANY_WAY, CallOptions, Ways};
use crate::payload::{Buffer, Payload};
use crate::queue::Queue;
use crate::stream::Stream;

/// What is expected of a service: its definition, and one of `HMS_BINDING_*`; nothing and 0 = it may be any.
#[derive(FromPyObject)]
pub struct Expected(Vec<u8>, u32);

impl Expected {
    /// Valid as long as this is.
    pub fn options(&self) -> hms_bind_options_t {
        hms_bind_options_t {
            struct_size: size_of::<hms_bind_options_t>() as u32,
            binding: self.1,
            expected: hms_bytes_t::from(&*self.0),
        }
    }
}

/// One method of one service, resolved once: call it like a function.
#[pyclass(frozen, module = "hmsffi")]
pub struct Method {
    method: hms_method_t,
    /// Open as long as something is bound through it.
    _client: Py<Client>,
    service_id: String,
    name: String,
    leaf: bool,
    message: Option<Py<PyAny>>,
    view: bool,
}

impl Method {
    pub fn bind(
        client: &Bound<'_, Client>,
        service_id: String,
        name: String,
        message: Option<Py<PyAny>>,
        view: bool,
        expected: &Expected,
    ) -> PyResult<Method> {
        let handle = client.get().handle();
        let options = expected.options();
        let mut method = hms_method_t { id: 0 };
        // SAFETY: views and options that are valid for the call, a place for the handle.
        checked(client.py(), |error| unsafe {
            hms_method_bind_with(
                handle,
                service_id.as_str().into(),
                name.as_str().into(),
                &options,
                &mut method,
                error,
            )
        })?;
        let client = client.clone().unbind();
        let mut bound = Method { method, _client: client, service_id, name, leaf: false, message, view };
        bound.leaf = bound.is_leaf();
        Ok(bound)
    }

    fn is_leaf(&self) -> bool {
        let mut flags = 0;
        // SAFETY: a place for the result.
        let status = unsafe { hms_method_flags(self.method, &mut flags, std::ptr::null_mut()) };
        status == HMS_STATUS_OK && flags & HMS_METHOD_LEAF != 0
    }

    /// A leaf on this thread never needs the interpreter. The method may have another provider by now, so that it is asked.
    fn keeps_interpreter(&self, timeout_ns: u64) -> bool {
        self.leaf && timeout_ns == 0 && self.is_leaf()
    }

    /// Most calls: nothing goes with the request, and only the answer comes back.
    fn call_plain<'py>(&self, py: Python<'py>, payload: &Payload<'py>) -> PyResult<Bound<'py, PyAny>> {
        let abi = options::plain(payload.content_type, context::parent(py)?);
        let mut buffer = hms_buffer_t::EMPTY;
        let body = payload.bytes().into();
        // SAFETY: views that are valid for the call, places for the results.
        let call = || core(|error| unsafe { hms_method_call(self.method, body, &abi, &mut buffer, error) });
        let called = if self.keeps_interpreter(0) { calling(call) } else { waiting(py, call) };
        called.map_err(|error| raised(py, error))?;
        Buffer::new(buffer).into_value(py, self.message.as_ref(), self.view)
    }
}

impl Drop for Method {
    fn drop(&mut self) {
        // SAFETY: ours, closed once.
        unsafe { hms_method_close(self.method, std::ptr::null_mut()) };
    }
}

#[pymethods]
impl Method {
    /// Id of the service, as it was bound.
    #[getter]
    fn service_id(&self) -> &str {
        &self.service_id
    }

    /// Name of the method.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// Memory of `size` bytes for a request: fill it and call with it. A service in another process of this machine gets it
    /// without a copy.
    fn loan(&self, py: Python<'_>, size: usize) -> PyResult<Loan> {
        // SAFETY: places for the results.
        Loan::of(py, |buffer, data, error| unsafe { hms_method_loan(self.method, size, buffer, data, error) })
    }

    /// Calls the method and waits for the answer.
    #[pyo3(signature = (params=None, *, timeout=None, metadata=None, response_metadata=None, ways=ANY_WAY, report=None))]
    #[expect(clippy::too_many_arguments, reason = "one for each option; Python passes them by name")]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        params: Option<Bound<'py, PyAny>>,
        timeout: Option<f64>,
        metadata: Option<Bound<'py, PyAny>>,
        response_metadata: Option<Bound<'py, PyDict>>,
        ways: Ways,
        report: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let payload = Payload::of(&params.unwrap_or_else(|| py.None().into_bound(py)))?;
        let is_plain = timeout.is_none() && metadata.is_none() && response_metadata.is_none();
        if is_plain && ways == ANY_WAY && report.is_none() {
            return self.call_plain(py, &payload);
        }
        let options = CallOptions::of(py, timeout, metadata.as_ref(), ways)?;
        let mut abi = options.abi(payload.content_type);
        let mut received = Received::NONE;
        if response_metadata.is_some() {
            abi.response_metadata = &mut received.0;
        }
        let mut taken = hms_call_report_t {
            struct_size: size_of::<hms_call_report_t>() as u32,
            transport: HMS_TRANSPORT_DEFAULT,
            bytes_copied: 0,
        };
        if report.is_some() {
            abi.report = &mut taken;
        }
        let mut buffer = hms_buffer_t::EMPTY;
        let body = payload.bytes().into();
        // SAFETY: views that are valid for the call, places for the results.
        let call = || core(|error| unsafe { hms_method_call(self.method, body, &abi, &mut buffer, error) });
        let called =
            if self.keeps_interpreter(options.timeout_ns) { calling(call) } else { waiting(py, call) };
        if let Some(report) = report {
            report.call_method1("_fill", (taken.transport, taken.bytes_copied))?;
        }
        called.map_err(|error| raised(py, error))?;
        let answer = Buffer::new(buffer);
        if let Some(response_metadata) = response_metadata {
            received.fill(&response_metadata)?;
        }
        answer.into_value(py, self.message.as_ref(), self.view)
    }

    /// Starts a call and gives its id. With a queue, that gets a completion with the tag.
    #[pyo3(signature = (params, timeout, metadata, queue=None, tag=0, ways=ANY_WAY))]
    #[expect(clippy::too_many_arguments, reason = "one for each option; Python passes them by name")]
    fn submit(
        &self,
        py: Python<'_>,
        params: Bound<'_, PyAny>,
        timeout: Option<f64>,
        metadata: Option<Bound<'_, PyAny>>,
        queue: Option<Py<Queue>>,
        tag: u64,
        ways: Ways,
    ) -> PyResult<String> {
        let payload = Payload::of(&params)?;
        let options = CallOptions::of(py, timeout, metadata.as_ref(), ways)?;
        let abi = options.abi(payload.content_type);
        let body = payload.bytes().into();
        let mut id = hms_call_id_t { text: [0; 40] };
        let queue = queue.map(|queue| queue.get().handle());
        let submit = || {
            core(|error| {
                // SAFETY: views that are valid for the call, a place for the id.
                unsafe {
                    match queue {
                        Some(queue) => hms_queue_submit(queue, self.method, body, &abi, tag, &mut id, error),
                        None => hms_method_submit(self.method, body, &abi, &mut id, error),
                    }
                }
            })
        };
        waiting(py, submit).map_err(|error| raised(py, error))?;
        Ok(c_text(id.text.as_ptr()).to_owned())
    }

    /// Opens a stream.
    #[pyo3(signature = (params, timeout, metadata, ways=ANY_WAY))]
    fn open_stream(
        &self,
        py: Python<'_>,
        params: Bound<'_, PyAny>,
        timeout: Option<f64>,
        metadata: Option<Bound<'_, PyAny>>,
        ways: Ways,
    ) -> PyResult<Stream> {
        let payload = Payload::of(&params)?;
        let options = CallOptions::of(py, timeout, metadata.as_ref(), ways)?;
        let abi = options.abi(payload.content_type);
        let body = payload.bytes().into();
        let mut stream = hms_stream_t { id: 0 };
        // SAFETY: views that are valid for the call, a place for the handle.
        let open =
            || core(|error| unsafe { hms_method_open_stream(self.method, body, &abi, &mut stream, error) });
        waiting(py, open).map_err(|error| raised(py, error))?;
        Ok(Stream::new(stream, self.message.as_ref().map(|message| message.clone_ref(py))))
    }

    fn __repr__(&self) -> String {
        format!("<Method {}.{}>", self.service_id, self.name)
    }
}
