//! `hms_service_t`: a service under construction.

use std::sync::{Arc, Mutex, MutexGuard};

use hmsffi_abi::*;
use hmsffi_core::proto::{ServiceDefinition, StreamType};
use hmsffi_core::schema::{self, Schema};
use hmsffi_core::service::{Dispatch, MethodSpec, Server, ServiceSpec};
use hmsffi_core::{Error, Result};

use crate::edge::edge;
use crate::table::Table;
use crate::{handler, options, queue, view};

pub(crate) static SERVICES: Table<Builder> = Table::new(kind::SERVICE);

/// Collects what will be registered.
pub(crate) struct Builder(Mutex<State>);

struct State {
    definition: ServiceDefinition,
    methods: Vec<MethodSpec>,
    registered: bool,
}

impl Builder {
    fn state(&self) -> Result<MutexGuard<'_, State>> {
        let state = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if state.registered {
            return Err(Error::precondition(format!(
                "service '{}' was registered; use hms_server_add_method to add to it",
                state.definition.service_id
            )));
        }
        Ok(state)
    }

    /// Gives what was collected to a server.
    pub fn register(&self, server: &Arc<Server>) -> Result<()> {
        let spec = {
            let mut state = self.state()?;
            state.registered = true;
            ServiceSpec { definition: state.definition.clone(), methods: std::mem::take(&mut state.methods) }
        };
        let service = server.register(spec)?;
        self.0.lock().unwrap_or_else(|e| e.into_inner()).definition = service.definition();
        Ok(())
    }
}

/// A service to be filled with methods and registered.
/// @param id empty = one is generated at registration; read it with `hms_service_id`.
/// @param version a semantic version; empty = `1.0.0`.
/// @param out a new handle; close it. Closing does not unregister.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_service_new(
    id: hms_str_t,
    version: hms_str_t,
    out: *mut hms_service_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views and outputs as the header asks.
        let (id, version, out) =
            unsafe { (view::text(id, "id")?, view::text(version, "version")?, view::out(out, "out")?) };
        let definition = ServiceDefinition {
            service_id: id.into(),
            version: version.into(),
            ..ServiceDefinition::default()
        };
        let state = State { definition, methods: Vec::new(), registered: false };
        out.id = SERVICES.insert(Builder(Mutex::new(state)))?;
        Ok(())
    })
}

/// Sets the name and description that people see.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_service_describe(
    service: hms_service_t,
    display_name: hms_str_t,
    description: hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views as the header asks.
        let (name, description) =
            unsafe { (view::text(display_name, "display_name")?, view::text(description, "description")?) };
        let held = SERVICES.get(service.id)?;
        let mut state = held.state()?;
        state.definition.display_name = name.into();
        state.definition.description = description.into();
        Ok(())
    })
}

/// Sets one pair of the service's metadata. Keys that start with `hms.` are the library's; of these `hms.validate` may be set: which
/// payloads are checked against the schemas of the methods, `inputs` (what callers send, the default), `always` (and what handlers
/// answer) or `never`. Specification 5.4.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_service_set_metadata(
    service: hms_service_t,
    key: hms_str_t,
    value: hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views as the header asks.
        let (key, value) = unsafe { (view::text(key, "key")?, view::text(value, "value")?) };
        SERVICES.get(service.id)?.state()?.definition.metadata.insert(key.into(), value.into());
        Ok(())
    })
}

/// Adds a method.
/// @param options may be NULL.
/// @param handler consumed: its `drop` runs even on failure. NULL = calls to the method are UNAVAILABLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_service_add_method(
    service: hms_service_t,
    name: hms_str_t,
    options: *const hms_method_options_t,
    handler: *const hms_handler_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views, options and handler as the header asks.
        let spec = unsafe { method_spec(name, options, handler)? };
        SERVICES.get(service.id)?.state()?.methods.push(spec);
        Ok(())
    })
}

/// What a method will be.
///
/// # Safety
/// As the header says of the arguments.
pub(crate) unsafe fn method_spec(
    name: hms_str_t,
    method_options: *const hms_method_options_t,
    handler: *const hms_handler_t,
) -> Result<MethodSpec> {
    // SAFETY: promised above. The handler comes first, so that its drop runs if anything else is wrong.
    unsafe {
        let options = options::read(method_options);
        let (stream_type, queued) = options.as_ref().map_or((0, false), |o| (o.stream_type, o.queue.id != 0));
        let handler = handler::take(handler, stream_type, queued)?;
        let options = options?;
        options::known_flags(
            options.flags,
            HMS_METHOD_IDEMPOTENT | HMS_METHOD_LEAF,
            "hms_method_options_t.flags",
        )?;
        Ok(MethodSpec {
            name: view::text(name, "name")?.to_owned(),
            description: view::text(options.description, "description")?.to_owned(),
            stream_type: StreamType::try_from(options.stream_type as i32).map_err(|_| {
                Error::invalid(format!("stream_type is {}; it ends at 3", options.stream_type))
            })?,
            dispatch: dispatch(&options)?,
            timeout_ns: options.timeout_ns,
            idempotent: options.flags & HMS_METHOD_IDEMPOTENT != 0,
            leaf: options.flags & HMS_METHOD_LEAF != 0,
            metadata: view::owned(view::pairs(options.metadata, options.metadata_count, "metadata")?),
            site: view::text(options.handler_site, "handler_site")?.to_owned(),
            input_schema: schema(options.input_schema, "input_schema")?,
            output_schema: schema(options.output_schema, "output_schema")?,
            error_schemas: error_schemas(&options)?,
            queue: match options.queue.id {
                0 => None,
                _ => Some((queue::lookup(options.queue)?, options.queue_tag)),
            },
            door: None,
            handler,
        })
    }
}

/// # Safety
/// The view must be readable.
unsafe fn schema(bytes: hms_bytes_t, what: &str) -> Result<Option<Schema>> {
    // SAFETY: promised above.
    let given = unsafe { view::bytes(bytes, what)? };
    match given {
        [] => Ok(None),
        _ => schema::read(what, given).map(Some),
    }
}

/// # Safety
/// As the header says of the options.
unsafe fn error_schemas(options: &hms_method_options_t) -> Result<Vec<Schema>> {
    let what = "error_schemas";
    // SAFETY: promised above.
    let views = unsafe { view::slice(options.error_schemas, options.error_schema_count, what)? };
    // SAFETY: promised above.
    views.iter().map(|view| unsafe { schema::read(what, view::bytes(*view, what)?) }).collect()
}

fn dispatch(options: &hms_method_options_t) -> Result<Dispatch> {
    let dispatch = match options.dispatch {
        HMS_DISPATCH_DEFAULT | HMS_DISPATCH_DIRECT => Dispatch::Direct,
        HMS_DISPATCH_POOL => Dispatch::Pool,
        HMS_DISPATCH_HOP => Dispatch::Hop,
        other => return Err(Error::invalid(format!("dispatch is {other}; it ends at 3"))),
    };
    if (dispatch == Dispatch::Hop) != (options.queue.id != 0) {
        return Err(Error::invalid("HMS_DISPATCH_HOP and a queue go together: set both or none"));
    }
    Ok(dispatch)
}

/// The id of a service: as given, or as generated at registration.
/// @param out UTF-8 text in a new buffer; release it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_service_id(
    service: hms_service_t,
    out: *mut hms_buffer_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let out = unsafe { view::out(out, "out")? };
        let held = SERVICES.get(service.id)?;
        let state = held.0.lock().unwrap_or_else(|e| e.into_inner());
        let id = state.definition.service_id.as_bytes();
        *out = view::buffer(hmsffi_core::buffer::Buffer::copy_of(id), hmsffi_core::codec::Encoding::Bytes);
        Ok(())
    })
}

/// Closes a service handle. A registered service stays registered. `{0}` is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_service_close(service: hms_service_t, error: *mut hms_error_t) -> hms_status_t {
    edge(error, || if service.id == 0 { Ok(()) } else { SERVICES.remove(service.id).map(drop) })
}
