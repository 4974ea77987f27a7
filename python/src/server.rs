//! Servers and the services that they host.

use hmsffi_sys::*;
use pyo3::prelude::*;

use crate::failure::{core, raised};
use crate::handler::Handler;
use crate::interrupt::{take_pending, waiting};
use crate::metadata::Pairs;
use crate::options::{call_timeout, wait_timeout};
use crate::process::runtime;
use crate::queue::Queue;

/// Attributes of `hmsffi.server.MethodSpec`.
#[derive(FromPyObject)]
struct MethodSpec<'py> {
    name: String,
    description: String,
    metadata: Bound<'py, PyAny>,
    flags: u32,
    stream_type: u32,
    dispatch: u32,
    timeout: Option<f64>,
    site: String,
    function: Py<PyAny>,
    message: Option<Py<PyAny>>,
    raw: bool,
    view: bool,
    takes_call: bool,
    read: Option<Py<PyAny>>,
    write: Option<Py<PyAny>>,
    by_name: bool,
    exact: Option<Py<PyAny>>,
    queue: Option<Py<Queue>>,
    queue_tag: u64,
    input_schema: Vec<u8>,
    output_schema: Vec<u8>,
    error_schemas: Vec<Vec<u8>>,
}

impl MethodSpec<'_> {
    /// Gives the method, with its handler unless a queue collects its calls, to `add`.
    fn add(
        self,
        py: Python<'_>,
        add: impl FnOnce(
            hms_str_t,
            *const hms_method_options_t,
            *const hms_handler_t,
            *mut hms_error_t,
        ) -> hms_status_t,
    ) -> PyResult<()> {
        let metadata = Pairs::of(Some(&self.metadata))?;
        let errors: Vec<hms_bytes_t> =
            self.error_schemas.iter().map(|schema| schema.as_slice().into()).collect();
        let options = hms_method_options_t {
            struct_size: size_of::<hms_method_options_t>() as u32,
            flags: self.flags,
            description: self.description.as_str().into(),
            stream_type: self.stream_type,
            dispatch: self.dispatch,
            timeout_ns: call_timeout(py, self.timeout)?,
            metadata: metadata.ptr(),
            metadata_count: metadata.len(),
            queue: self.queue.as_ref().map_or(hms_queue_t { id: 0 }, |queue| queue.get().handle()),
            queue_tag: self.queue_tag,
            handler_site: self.site.as_str().into(),
            input_schema: self.input_schema.as_slice().into(),
            output_schema: self.output_schema.as_slice().into(),
            error_schemas: errors.as_ptr(),
            error_schema_count: errors.len(),
        };
        let handler = self.queue.is_none().then(|| {
            let handler = Handler {
                function: self.function,
                message: self.message,
                raw: self.raw,
                view: self.view,
                takes_call: self.takes_call,
                read: self.read,
                write: self.write,
                by_name: self.by_name,
                exact: self.exact,
            };
            handler.into_abi()
        });
        let handler = handler.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        waiting(py, || core(|error| add(self.name.as_str().into(), &options, handler, error)))
            .map_err(|error| raised(py, error))
    }
}

#[pyclass(frozen, module = "hmsffi._native")]
pub struct Server(hms_server_t);

impl Drop for Server {
    fn drop(&mut self) {
        // SAFETY: ours; closing it again does no harm.
        unsafe { hms_server_close(self.0, std::ptr::null_mut()) };
    }
}

/// A service while it is filled.
struct Service(hms_service_t);

impl Drop for Service {
    fn drop(&mut self) {
        // SAFETY: ours, closed once.
        unsafe { hms_service_close(self.0, std::ptr::null_mut()) };
    }
}

impl Server {
    fn call(
        &self,
        py: Python<'_>,
        call: impl FnOnce(hms_server_t, *mut hms_error_t) -> hms_status_t,
    ) -> PyResult<()> {
        waiting(py, || core(|error| call(self.0, error))).map_err(|error| raised(py, error))
    }
}

#[pymethods]
impl Server {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "one for each option; Python passes them by name")]
    fn new(
        py: Python<'_>,
        name: &str,
        transports: Vec<u32>,
        auth_type: u32,
        max_concurrent_calls: i32,
        call_timeout_s: Option<f64>,
        pool_threads: u32,
        max_message_size: u64,
    ) -> PyResult<Server> {
        let options = hms_server_options_t {
            struct_size: size_of::<hms_server_options_t>() as u32,
            flags: 0,
            name: name.into(),
            transports: transports.as_ptr(),
            transports_count: transports.len(),
            auth_type,
            max_concurrent_calls,
            call_timeout_ns: call_timeout(py, call_timeout_s)?,
            pool_threads,
            reserved: 0,
            max_message_size,
        };
        let runtime = runtime(py)?;
        let mut server = hms_server_t { id: 0 };
        // SAFETY: views that are valid for the call, a place for the handle.
        waiting(py, || core(|error| unsafe { hms_server_new(runtime, &options, &mut server, error) }))
            .map_err(|error| raised(py, error))?;
        Ok(Server(server))
    }

    /// Hosts a service; returns its id, which is made up when none is given.
    #[allow(clippy::too_many_arguments)]
    fn register(
        &self,
        py: Python<'_>,
        id: &str,
        version: &str,
        name: &str,
        description: &str,
        metadata: &Bound<'_, PyAny>,
        methods: Vec<MethodSpec<'_>>,
    ) -> PyResult<String> {
        let metadata = Pairs::of(Some(metadata))?;
        let mut service = Service(hms_service_t { id: 0 });
        // SAFETY: views that are valid for the calls, places for the handle and the buffer.
        unsafe {
            let call = |call: &mut dyn FnMut(*mut hms_error_t) -> hms_status_t| {
                waiting(py, || core(call)).map_err(|error| raised(py, error))
            };
            call(&mut |error| hms_service_new(id.into(), version.into(), &mut service.0, error))?;
            call(&mut |error| hms_service_describe(service.0, name.into(), description.into(), error))?;
            for pair in metadata.views() {
                call(&mut |error| hms_service_set_metadata(service.0, pair.key, pair.value, error))?;
            }
            for method in methods {
                method.add(py, |name, options, handler, error| {
                    hms_service_add_method(service.0, name, options, handler, error)
                })?;
            }
            call(&mut |error| hms_service_register(self.0, service.0, error))?;
            let mut registered = hms_buffer_t::EMPTY;
            call(&mut |error| hms_service_id(service.0, &mut registered, error))?;
            Ok(String::from_utf8_lossy(crate::payload::Buffer::new(registered).bytes()).into_owned())
        }
    }

    /// Adds a method to a service that it hosts.
    fn add_method(&self, py: Python<'_>, service_id: &str, method: MethodSpec<'_>) -> PyResult<()> {
        method.add(py, |name, options, handler, error| {
            // SAFETY: views that are valid for the call.
            unsafe { hms_server_add_method(self.0, service_id.into(), name, options, handler, error) }
        })
    }

    fn unregister(&self, py: Python<'_>, service_id: &str) -> PyResult<()> {
        // SAFETY: a view that is valid for the call.
        self.call(py, |server, error| unsafe { hms_service_unregister(server, service_id.into(), error) })
    }

    fn start(&self, py: Python<'_>) -> PyResult<()> {
        // SAFETY: a handle only.
        self.call(py, |server, error| unsafe { hms_server_start(server, error) })
    }

    /// Takes no more calls and waits that many seconds for those inside.
    fn stop(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<()> {
        let timeout_ns = wait_timeout(py, timeout)?;
        // SAFETY: a handle only.
        self.call(py, |server, error| unsafe { hms_server_stop(server, timeout_ns, error) })
    }

    #[getter]
    fn is_running(&self, py: Python<'_>) -> PyResult<bool> {
        let mut running = 0;
        // SAFETY: a place for the result.
        self.call(py, |server, error| unsafe { hms_server_is_running(server, &mut running, error) })?;
        Ok(running != 0)
    }

    /// Waits until it is stopped; False when the time was over first.
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let timeout_ns = wait_timeout(py, timeout)?;
        let mut stopped = 0;
        // SAFETY: a place for the result.
        self.call(py, |server, error| unsafe { hms_server_wait(server, timeout_ns, &mut stopped, error) })?;
        // An interrupt ends this wait without a failure.
        take_pending().map_or(Ok(stopped != 0), Err)
    }

    fn close(&self, py: Python<'_>) {
        // SAFETY: ours; closing it again does no harm.
        waiting(py, || unsafe { hms_server_close(self.0, std::ptr::null_mut()) });
    }
}
