//! Handles that close themselves, and the functions that need no more than a handle.

use std::time::Duration;

use hmsffi_sys::*;

use super::interceptor::give_away;
use super::{check, duration, pairs, patience, text, view};
use crate::interceptor::Interceptor;
use crate::method_entry::MethodEntry;
use crate::options::{AuthType, ClientOptions, ServerOptions};
use crate::types::{ServiceInfo, TransportType};
use crate::{CallStatus, Error, ErrorCode, Result};

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $raw:ty, |$id:ident, $error:ident| $close:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name(pub(super) $raw);

        impl $name {
            /// Closes the handle; later uses of it are FAILED_PRECONDITION.
            pub(crate) fn close(&self) -> Result<()> {
                let $id = self.0;
                // SAFETY: handles are checked, so that any of them may be closed.
                check(|$error| unsafe { $close })
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                // Closed before is fine here.
                let _ = self.close();
            }
        }
    };
}
pub(super) use handle;

handle!(ClientHandle, hms_client_t, |id, error| hms_client_close(id, error));
handle!(MethodHandle, hms_method_t, |id, error| hms_method_close(id, error));
handle!(ServerHandle, hms_server_t, |id, error| hms_server_close(id, error));
handle!(ServiceHandle, hms_service_t, |id, error| hms_service_close(id, error));

/// A handle of a runtime; `lent` ones belong to somebody else.
#[derive(Debug)]
pub(crate) struct RuntimeHandle {
    raw: hms_runtime_t,
    lent: bool,
}

impl RuntimeHandle {
    pub fn shared() -> Result<RuntimeHandle> {
        let mut raw = hms_runtime_t { id: 0 };
        // SAFETY: places of our own.
        check(|error| unsafe { hms_runtime_default(&mut raw, error) })?;
        Ok(RuntimeHandle { raw, lent: false })
    }

    pub fn private(name: &str, schemas: &str) -> Result<RuntimeHandle> {
        let options = hms_runtime_options_t {
            struct_size: size_of::<hms_runtime_options_t>() as u32,
            flags: 0,
            name: view(name),
            schemas: view(schemas),
        };
        let mut raw = hms_runtime_t { id: 0 };
        // SAFETY: readable options and places of our own.
        check(|error| unsafe { hms_runtime_new(&options, &mut raw, error) })?;
        Ok(RuntimeHandle { raw, lent: false })
    }

    #[cfg(not(feature = "static"))]
    pub fn lent(raw: hms_runtime_t) -> RuntimeHandle {
        RuntimeHandle { raw, lent: true }
    }

    pub fn close(&self, timeout: Option<Duration>) -> Result<()> {
        // SAFETY: a checked handle.
        check(|error| unsafe { hms_runtime_close(self.raw, patience(timeout), error) })
    }

    pub fn load_component(&self, path: &str) -> Result<()> {
        // SAFETY: a checked handle and a readable view. What the component does is its own.
        check(|error| unsafe { hms_component_load(self.raw, view(path), error) })
    }

    pub fn client(&self, options: &ClientOptions) -> Result<ClientHandle> {
        let raw_options = hms_client_options_t {
            struct_size: size_of::<hms_client_options_t>() as u32,
            flags: 0,
            timeout_ns: duration(options.timeout),
            max_retries: match options.max_retries {
                None => 0,
                Some(0) => -1,
                Some(times) => i32::try_from(times).unwrap_or(i32::MAX),
            },
            transport: options.transport.unwrap_or(TransportType::Default) as u32,
            auth_token: view(options.auth_token.as_deref().unwrap_or_default()),
            spin_us: options.spin.map_or(0, |spin| match i32::try_from(spin.as_micros()) {
                Ok(0) => -1,
                us => us.unwrap_or(i32::MAX),
            }),
            reserved: 0,
        };
        let mut raw = hms_client_t { id: 0 };
        // SAFETY: readable options and places of our own.
        check(|error| unsafe { hms_client_new(self.raw, &raw_options, &mut raw, error) })?;
        Ok(ClientHandle(raw))
    }

    pub fn server(&self, options: &ServerOptions) -> Result<ServerHandle> {
        let transports: Vec<u32> = options.transports.iter().map(|transport| *transport as u32).collect();
        let raw_options = hms_server_options_t {
            struct_size: size_of::<hms_server_options_t>() as u32,
            flags: 0,
            name: view(&options.name),
            transports: transports.as_ptr(),
            transports_count: transports.len(),
            // By name: the two numberings differ.
            auth_type: match options.auth_config.as_ref().map(|config| config.auth_type) {
                None => HMS_AUTH_TYPE_DEFAULT,
                Some(AuthType::None) => HMS_AUTH_TYPE_NONE,
                Some(AuthType::Token) => HMS_AUTH_TYPE_TOKEN,
                Some(AuthType::Cert) => HMS_AUTH_TYPE_CERT,
                Some(AuthType::Custom) => HMS_AUTH_TYPE_CUSTOM,
            },
            max_concurrent_calls: match options.max_concurrent_calls {
                None => 0,
                Some(0) => {
                    return Err(Error::new(
                        ErrorCode::InvalidArgument,
                        "max_concurrent_calls is 0, which would let no call in; None is the default of 100, \
                         usize::MAX is no limit",
                    ));
                }
                Some(usize::MAX) => -1,
                Some(limit) => i32::try_from(limit).unwrap_or(i32::MAX),
            },
            call_timeout_ns: duration(options.call_timeout),
            pool_threads: 0,
            reserved: 0,
            max_message_size: options.max_message_size.unwrap_or(0),
        };
        let mut raw = hms_server_t { id: 0 };
        // SAFETY: readable options and places of our own.
        check(|error| unsafe { hms_server_new(self.raw, &raw_options, &mut raw, error) })?;
        Ok(ServerHandle(raw))
    }
}

impl Drop for RuntimeHandle {
    fn drop(&mut self) {
        if !self.lent {
            // Calls that run end as they will.
            let _ = self.close(Some(Duration::ZERO));
        }
    }
}

impl ClientHandle {
    pub fn call_status(&self, id: &str) -> Result<CallStatus> {
        let mut status = 0;
        // SAFETY: readable views and places of our own.
        check(|error| unsafe { hms_async_status(self.0, view(id), &mut status, error) })?;
        Ok(CallStatus::from_number(status))
    }

    pub fn cancel_call(&self, id: &str) -> Result<bool> {
        let mut cancelled = 0;
        // SAFETY: readable views and places of our own.
        check(|error| unsafe { hms_async_cancel(self.0, view(id), &mut cancelled, error) })?;
        Ok(cancelled != 0)
    }
}

impl ServerHandle {
    pub fn start(&self) -> Result<()> {
        // SAFETY: a checked handle.
        check(|error| unsafe { hms_server_start(self.0, error) })
    }

    pub fn stop(&self, timeout: Option<Duration>) -> Result<()> {
        // SAFETY: a checked handle.
        check(|error| unsafe { hms_server_stop(self.0, patience(timeout), error) })
    }

    pub fn is_running(&self) -> bool {
        let mut running = 0;
        // SAFETY: a checked handle and a place of our own.
        check(|error| unsafe { hms_server_is_running(self.0, &mut running, error) }).is_ok() && running != 0
    }

    pub fn wait(&self, timeout: Option<Duration>) -> Result<bool> {
        let mut stopped = 0;
        // SAFETY: a checked handle and a place of our own.
        check(|error| unsafe { hms_server_wait(self.0, patience(timeout), &mut stopped, error) })?;
        Ok(stopped != 0)
    }

    /// Hosts a service and gives its id.
    pub fn register(&self, info: &ServiceInfo, methods: Vec<MethodEntry>) -> Result<String> {
        let mut raw = hms_service_t { id: 0 };
        // SAFETY: readable views and places of our own.
        check(|error| unsafe { hms_service_new(view(&info.id), view(&info.version), &mut raw, error) })?;
        let service = ServiceHandle(raw);
        // SAFETY: a checked handle and readable views, here and below.
        check(|error| unsafe {
            hms_service_describe(raw, view(&info.name), view(&info.description), error)
        })?;
        for (key, value) in &info.metadata {
            // SAFETY: as above.
            check(|error| unsafe { hms_service_set_metadata(raw, view(key), view(value), error) })?;
        }
        for method in methods {
            with_method(method, |name, options, handler| {
                // SAFETY: as above; the handler is given away.
                check(|error| unsafe { hms_service_add_method(raw, name, options, handler, error) })
            })?;
        }
        // SAFETY: checked handles.
        check(|error| unsafe { hms_service_register(self.0, raw, error) })?;
        service.id()
    }

    pub fn add_method(&self, service: &str, method: MethodEntry) -> Result<()> {
        with_method(method, |name, options, handler| {
            // SAFETY: a checked handle and readable views; the handler is given away.
            check(|error| unsafe {
                hms_server_add_method(self.0, view(service), name, options, handler, error)
            })
        })
    }

    pub fn intercept(&self, interceptor: Box<dyn Interceptor>) -> Result<()> {
        let interceptor = give_away(interceptor);
        // SAFETY: a checked handle; the interceptor is given away.
        check(|error| unsafe { hms_server_intercept(self.0, &interceptor, error) })
    }

    pub fn unregister(&self, service: &str) -> Result<()> {
        // SAFETY: a checked handle and a readable view.
        check(|error| unsafe { hms_service_unregister(self.0, view(service), error) })
    }
}

impl ServiceHandle {
    fn id(&self) -> Result<String> {
        let mut buffer = hms_buffer_t::EMPTY;
        // SAFETY: a checked handle and a place of our own; the buffer's text is the library's.
        unsafe {
            check(|error| hms_service_id(self.0, &mut buffer, error))?;
            let id = text(hms_str_t { ptr: buffer.data.cast(), len: buffer.len }).to_owned();
            hms_buffer_release(&mut buffer);
            Ok(id)
        }
    }
}

/// A method as the ABI takes it.
fn with_method(
    method: MethodEntry,
    register: impl FnOnce(hms_str_t, *const hms_method_options_t, *const hms_handler_t) -> Result<()>,
) -> Result<()> {
    if let Some(refusal) = method.refusal {
        return Err(refusal);
    }
    let MethodEntry { info, handler, timeout, dispatch, flags, site, .. } = method;
    let (input, output) = (method.input_schema.as_slice(), method.output_schema.as_slice());
    let errors: Vec<hms_bytes_t> =
        method.error_schemas.iter().map(|schema| schema.as_slice().into()).collect();
    let metadata = pairs(info.metadata.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let options = hms_method_options_t {
        struct_size: size_of::<hms_method_options_t>() as u32,
        flags,
        description: view(&info.description),
        stream_type: info.stream_type as u32,
        dispatch: dispatch as u32,
        timeout_ns: duration(timeout),
        metadata: metadata.as_ptr(),
        metadata_count: metadata.len(),
        queue: hms_queue_t { id: 0 },
        queue_tag: 0,
        handler_site: view(&site),
        input_schema: input.into(),
        output_schema: output.into(),
        error_schemas: errors.as_ptr(),
        error_schema_count: errors.len(),
    };
    register(view(&info.name), &options, &super::handler::give_away(handler))
}
