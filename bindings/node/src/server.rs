//! Servers and the services that they host. Every method takes its calls from the environment's queue.

use std::ptr;

use hmsffi_sys::*;

use crate::arguments::{Arguments, Pairs};
use crate::failure::{Result, core, ignore};
use crate::inbound;
use crate::js::Value;

fn server_of(arguments: &Arguments) -> hms_server_t {
    hms_server_t { id: arguments.handle(0) }
}

/// `serverNew(name, transports, authType, maxConcurrentCalls, callTimeoutNs, maxMessageSize): server`
pub fn server_new(arguments: &Arguments) -> Result<Value> {
    let (environment, name) = (arguments.environment, arguments.text(0)?);
    let transports =
        arguments.list(1)?.into_iter().map(|value| arguments.js.to_number(value).unwrap_or(-1.0) as u32);
    let transports: Vec<u32> = transports.collect();
    let options = hms_server_options_t {
        struct_size: size_of::<hms_server_options_t>() as u32,
        flags: 0,
        name: (&*name).into(),
        transports: transports.as_ptr(),
        transports_count: transports.len(),
        auth_type: arguments.number(2)? as u32,
        max_concurrent_calls: arguments.number(3)? as i32,
        call_timeout_ns: arguments.nanos(4),
        pool_threads: 0,
        reserved: 0,
        max_message_size: arguments.number(5)? as u64,
    };
    let mut server = hms_server_t::default();
    // SAFETY: options and places that are valid for the call.
    core(|error| unsafe { hms_server_new(environment.runtime, &options, &mut server, error) })?;
    Ok(environment.own(server.id))
}

/// A method as JavaScript describes it: `name, tag, description, streamType, timeoutNs, flags, labels, site, inputSchema,
/// outputSchema, errorSchemas`.
struct Method {
    name: String,
    tag: u64,
    description: String,
    stream_type: u32,
    timeout_ns: u64,
    flags: u32,
    labels: Pairs,
    site: String,
    input_schema: String,
    output_schema: String,
    error_schemas: Vec<String>,
}

impl Method {
    fn of(arguments: &Arguments, first: usize) -> Result<Method> {
        Ok(Method {
            name: arguments.text(first)?,
            tag: arguments.number(first + 1)? as u64,
            description: arguments.text(first + 2)?,
            stream_type: arguments.number(first + 3)? as u32,
            timeout_ns: arguments.nanos(first + 4),
            flags: arguments.number(first + 5)? as u32,
            labels: arguments.pairs(first + 6)?,
            site: arguments.text(first + 7)?,
            input_schema: arguments.text(first + 8)?,
            output_schema: arguments.text(first + 9)?,
            error_schemas: arguments.texts(first + 10)?,
        })
    }

    fn add(
        &self,
        arguments: &Arguments,
        add: impl FnOnce(
            hms_str_t,
            *const hms_method_options_t,
            *const hms_handler_t,
            *mut hms_error_t,
        ) -> hms_status_t,
    ) -> Result<Value> {
        let errors: Vec<hms_bytes_t> =
            self.error_schemas.iter().map(|schema| schema.as_bytes().into()).collect();
        let options = hms_method_options_t {
            struct_size: size_of::<hms_method_options_t>() as u32,
            flags: self.flags,
            description: (&*self.description).into(),
            stream_type: self.stream_type,
            dispatch: HMS_DISPATCH_HOP,
            timeout_ns: self.timeout_ns,
            metadata: self.labels.ptr(),
            metadata_count: self.labels.len(),
            queue: arguments.environment.queue,
            queue_tag: self.tag,
            handler_site: (&*self.site).into(),
            input_schema: self.input_schema.as_bytes().into(),
            output_schema: self.output_schema.as_bytes().into(),
            error_schemas: errors.as_ptr(),
            error_schema_count: errors.len(),
        };
        let handler = inbound::handler(arguments.environment, self.tag);
        core(|error| add((&*self.name).into(), &options, &handler, error))?;
        Ok(arguments.js.undefined())
    }
}

/// `serviceNew(id, version, displayName, description, metadata): service`
pub fn service_new(arguments: &Arguments) -> Result<Value> {
    let (id, version) = (arguments.text(0)?, arguments.text(1)?);
    let (name, description, metadata) = (arguments.text(2)?, arguments.text(3)?, arguments.pairs(4)?);
    let mut service = hms_service_t::default();
    // SAFETY: views and places that are valid for the calls.
    unsafe {
        core(|error| hms_service_new((&*id).into(), (&*version).into(), &mut service, error))?;
        let described =
            core(|error| hms_service_describe(service, (&*name).into(), (&*description).into(), error))
                .and_then(|()| {
                    (0..metadata.len()).try_for_each(|index| {
                        let pair = *metadata.ptr().add(index);
                        core(|error| hms_service_set_metadata(service, pair.key, pair.value, error))
                    })
                });
        if let Err(failure) = described {
            ignore(|error| hms_service_close(service, error));
            return Err(failure);
        }
    }
    Ok(arguments.js.bigint(service.id))
}

/// `serviceAddMethod(service, ...method)`
pub fn service_add_method(arguments: &Arguments) -> Result<Value> {
    let service = hms_service_t { id: arguments.handle(0) };
    // SAFETY: views that are valid for the call, and a handler whose context is the core's from here on.
    Method::of(arguments, 1)?.add(arguments, |name, options, handler, error| unsafe {
        hms_service_add_method(service, name, options, handler, error)
    })
}

/// `serviceRegister(server, service): id`
pub fn service_register(arguments: &Arguments) -> Result<Value> {
    let service = hms_service_t { id: arguments.handle(1) };
    let mut id = hms_buffer_t::EMPTY;
    // SAFETY: a place that is valid for the call; the buffer is read before it is released.
    unsafe {
        core(|error| hms_service_register(server_of(arguments), service, error))?;
        core(|error| hms_service_id(service, &mut id, error))?;
        let text =
            arguments.js.text(std::str::from_utf8_unchecked(crate::failure::bytes_of(id.data, id.len)));
        hms_buffer_release(&mut id);
        Ok(text)
    }
}

/// `serviceClose(service)`
pub fn service_close(arguments: &Arguments) -> Result<Value> {
    // SAFETY: takes any handle.
    ignore(|error| unsafe { hms_service_close(hms_service_t { id: arguments.handle(0) }, error) });
    Ok(arguments.js.undefined())
}

/// `serverAddMethod(server, serviceId, ...method)`: as many arguments as [`Arguments`] holds.
pub fn server_add_method(arguments: &Arguments) -> Result<Value> {
    let service = arguments.text(1)?;
    // SAFETY: views that are valid for the call, and a handler whose context is the core's from here on.
    Method::of(arguments, 2)?.add(arguments, |name, options, handler, error| unsafe {
        hms_server_add_method(server_of(arguments), (&*service).into(), name, options, handler, error)
    })
}

/// `serviceUnregister(server, serviceId)`
pub fn service_unregister(arguments: &Arguments) -> Result<Value> {
    let service = arguments.text(1)?;
    // SAFETY: a view that is valid for the call.
    core(|error| unsafe { hms_service_unregister(server_of(arguments), (&*service).into(), error) })?;
    Ok(arguments.js.undefined())
}

/// `serverStart(server)`
pub fn server_start(arguments: &Arguments) -> Result<Value> {
    // SAFETY: takes any handle.
    core(|error| unsafe { hms_server_start(server_of(arguments), error) })?;
    Ok(arguments.js.undefined())
}

/// `serverStop(server): boolean`, false = calls still run. Does not wait for them.
pub fn server_stop(arguments: &Arguments) -> Result<Value> {
    let server = server_of(arguments);
    // SAFETY: takes any handle.
    let status = unsafe { hms_server_stop(server, 0, ptr::null_mut()) };
    if status != HMS_STATUS_OK && status != HMS_STATUS_DEADLINE_EXCEEDED {
        // SAFETY: as above; the same again, for its error.
        core(|error| unsafe { hms_server_stop(server, 0, error) })?;
    }
    Ok(arguments.js.boolean(status == HMS_STATUS_OK))
}

/// `serverIsRunning(server): boolean`
pub fn server_is_running(arguments: &Arguments) -> Result<Value> {
    let mut running = 0;
    // SAFETY: a place for the result.
    core(|error| unsafe { hms_server_is_running(server_of(arguments), &mut running, error) })?;
    Ok(arguments.js.boolean(running != 0))
}

/// `serverClose(server)`
pub fn server_close(arguments: &Arguments) -> Result<Value> {
    let server = server_of(arguments);
    arguments.environment.disown(server.id);
    // SAFETY: takes any handle.
    core(|error| unsafe { hms_server_close(server, error) })?;
    Ok(arguments.js.undefined())
}
