//! Clients and their calls.

use std::ffi::c_void;
use std::ptr;

use hmsffi_sys::*;
use napi_sys::*;

use crate::arguments::{Arguments, enter};
use crate::environment::Environment;
use crate::failure::{Result, core, ignore};
use crate::js::Value;
use crate::options::CallOptions;

/// `clientNew(timeoutNs, maxRetries, transport, authToken, spinUs): client`
pub fn client_new(arguments: &Arguments) -> Result<Value> {
    let auth_token = arguments.text(3)?;
    let options = hms_client_options_t {
        struct_size: size_of::<hms_client_options_t>() as u32,
        flags: 0,
        timeout_ns: arguments.nanos(0),
        max_retries: arguments.number(1)? as i32,
        transport: arguments.number(2)? as u32,
        auth_token: (&*auth_token).into(),
        spin_us: arguments.number(4)? as i32,
        reserved: 0,
    };
    let (environment, mut client) = (arguments.environment, hms_client_t::default());
    // SAFETY: options and places that are valid for the call.
    core(|error| unsafe { hms_client_new(environment.runtime, &options, &mut client, error) })?;
    Ok(environment.own(client.id))
}

/// `clientClose(client)`
pub fn client_close(arguments: &Arguments) -> Result<Value> {
    let client = hms_client_t { id: arguments.handle(0) };
    arguments.environment.disown(client.id);
    // SAFETY: takes any handle.
    core(|error| unsafe { hms_client_close(client, error) })?;
    Ok(arguments.js.undefined())
}

/// A bound method behind its function: the hot path.
struct Bound {
    environment: *const Environment,
    method: hms_method_t,
}

/// What is expected of a service, from two arguments: a definition as text, and one of `HMS_BINDING_*`.
fn bind_options(expected: &str, binding: u32) -> hms_bind_options_t {
    hms_bind_options_t {
        struct_size: size_of::<hms_bind_options_t>() as u32,
        binding,
        expected: expected.as_bytes().into(),
    }
}

/// `clientFit(client, service, expected, binding)`: fails unless some version of the service is what is expected.
pub fn client_fit(arguments: &Arguments) -> Result<Value> {
    let (service, expected) = (arguments.text(1)?, arguments.text(2)?);
    let options = bind_options(&expected, arguments.number(3)? as u32);
    let client = hms_client_t { id: arguments.handle(0) };
    // SAFETY: views and options that are valid for the call; the report is not wanted.
    core(|error| unsafe { hms_client_fit(client, (&*service).into(), &options, ptr::null_mut(), error) })?;
    Ok(arguments.js.undefined())
}

/// `bind(client, service, method, expected, binding): [method, call]`, where `call(payload, ...options, wantsMetadata?)` waits for the answer and
/// gives `answer`, or `[answer, metadata]`.
pub fn bind(arguments: &Arguments) -> Result<Value> {
    let (environment, js) = (arguments.environment, arguments.js);
    let (service, name) = (arguments.text(1)?, arguments.text(2)?);
    let expected = arguments.text(3)?;
    let options = bind_options(&expected, arguments.number(4)? as u32);
    let client = hms_client_t { id: arguments.handle(0) };
    let mut method = hms_method_t::default();
    // SAFETY: views, options and places that are valid for the call.
    core(|error| unsafe {
        hms_method_bind_with(client, (&*service).into(), (&*name).into(), &options, &mut method, error)
    })?;
    let bound = Box::into_raw(Box::new(Bound { environment, method })).cast::<c_void>();
    let call = js.function(&name, Some(call_bound), bound);
    // SAFETY: the function is the only user of the box.
    unsafe { napi_add_finalizer(js.0, call, bound, Some(unbind), ptr::null_mut(), ptr::null_mut()) };
    Ok(js.array([js.bigint(method.id), call]))
}

unsafe extern "C" fn unbind(_: napi_env, bound: *mut c_void, _: *mut c_void) {
    // SAFETY: made in `bind`; its function was collected.
    let bound = unsafe { Box::from_raw(bound.cast::<Bound>()) };
    // SAFETY: takes any handle: `methodClose` may have closed this one.
    ignore(|error| unsafe { hms_method_close(bound.method, error) });
}

/// `methodClose(method)`
pub fn method_close(arguments: &Arguments) -> Result<Value> {
    let method = hms_method_t { id: arguments.handle(0) };
    // SAFETY: takes any handle.
    core(|error| unsafe { hms_method_close(method, error) })?;
    Ok(arguments.js.undefined())
}

unsafe extern "C" fn call_bound(env: napi_env, info: napi_callback_info) -> Value {
    // SAFETY: the function's data is the box that it owns.
    unsafe {
        enter::<Bound>(
            env,
            info,
            |bound| (*bound).environment,
            |arguments, bound| call(arguments, (*bound).method),
        )
    }
}

fn call(arguments: &Arguments, method: hms_method_t) -> Result<Value> {
    let environment = arguments.environment;
    let mut response = hms_buffer_t::EMPTY;
    let body = arguments.body(0)?;
    if arguments.count() <= 2 && arguments.number(1)? as u32 == HMS_CONTENT_TYPE_CBOR {
        body.lend(|body| {
            // SAFETY: views and places that are valid for the call.
            core(|error| unsafe { hms_method_call(method, body.into(), ptr::null(), &mut response, error) })
        })?;
        return Ok(environment.give(response));
    }
    let options = CallOptions::of(arguments, 1)?;
    let mut metadata = hms_metadata_t { id: 0 };
    let wants_metadata = arguments.flag(8);
    options.with(environment, |options| {
        if wants_metadata {
            options.response_metadata = &mut metadata;
        }
        body.lend(|body| {
            // SAFETY: views and places that are valid for the call.
            core(|error| unsafe { hms_method_call(method, body.into(), options, &mut response, error) })
        })
    })?;
    let answer =
        if options.wants_view() { environment.give_view(response) } else { environment.give(response) };
    if !wants_metadata {
        return Ok(answer);
    }
    Ok(arguments.js.array([answer, environment.take_metadata(metadata)]))
}

/// `submit(method, tag, payload, ...options, wantsId)`: `settled(tag, ...)` comes later. The id is
/// in the shared header when it is wanted: then the core keeps the result for who asks for it by the id.
pub fn submit(arguments: &Arguments) -> Result<Value> {
    let environment = arguments.environment;
    let method = hms_method_t { id: arguments.handle(0) };
    let (tag, body, options) =
        (arguments.number(1)? as u64, arguments.body(2)?, CallOptions::of(arguments, 3)?);
    let mut id = hms_call_id_t { text: [0; 40] };
    let out = if arguments.flag(10) { &raw mut id } else { ptr::null_mut() };
    options.with(environment, |options| {
        // SAFETY: views and places that are valid for the call, which copies the request unless it is lent memory.
        core(|error| unsafe {
            let body = body.bytes().into();
            hms_queue_submit(environment.queue, method, body, options, tag, out, error)
        })
    })?;
    // SAFETY: 32 characters, into the header.
    unsafe {
        ptr::copy_nonoverlapping(id.text.as_ptr().cast(), (*environment.shared.header()).id.as_mut_ptr(), 32)
    };
    Ok(arguments.js.undefined())
}

/// `asyncStatus(client, id): CallStatus`
pub fn async_status(arguments: &Arguments) -> Result<Value> {
    let (client, id, mut status) = (hms_client_t { id: arguments.handle(0) }, arguments.text(1)?, 0);
    // SAFETY: views and places that are valid for the call.
    core(|error| unsafe { hms_async_status(client, (&*id).into(), &mut status, error) })?;
    Ok(arguments.js.number(f64::from(status)))
}

/// `asyncResult(client, id): payload | undefined`, undefined = it still runs.
pub fn async_result(arguments: &Arguments) -> Result<Value> {
    let (client, id) = (hms_client_t { id: arguments.handle(0) }, arguments.text(1)?);
    let (mut done, mut response) = (0, hms_buffer_t::EMPTY);
    // SAFETY: views and places that are valid for the call.
    core(|error| unsafe {
        let metadata = ptr::null_mut();
        hms_async_result(client, (&*id).into(), 0, &mut done, &mut response, metadata, error)
    })?;
    Ok(if done == 0 { arguments.js.undefined() } else { arguments.environment.give(response) })
}

/// `asyncCancel(client, id): boolean`
pub fn async_cancel(arguments: &Arguments) -> Result<Value> {
    let (client, id, mut cancelled) = (hms_client_t { id: arguments.handle(0) }, arguments.text(1)?, 0);
    // SAFETY: views and places that are valid for the call.
    core(|error| unsafe { hms_async_cancel(client, (&*id).into(), &mut cancelled, error) })?;
    Ok(arguments.js.boolean(cancelled != 0))
}

/// `errorClose(error)`
pub fn error_close(arguments: &Arguments) -> Result<Value> {
    let error = hms_error_t { id: arguments.handle(0) };
    arguments.environment.disown(error.id);
    // SAFETY: takes any handle.
    unsafe { hms_error_close(error) };
    Ok(arguments.js.undefined())
}
