//! The functions that JavaScript gets. `ts/native.ts` declares them.

use std::ptr;

use hmsffi_sys::*;
use napi_sys::*;

use crate::arguments::{Arguments, Function, enter};
use crate::environment::Environment;
use crate::failure::{Failure, c_text, str_of};
use crate::js::{Js, Value};
use crate::{buffers, calls, client, log, memory, poll, process, schema, server, streams};

/// An exported function: what Node.js calls, and its name.
struct Export {
    name: &'static str,
    callback: unsafe extern "C" fn(napi_env, napi_callback_info) -> Value,
}

macro_rules! exports {
    ($($name:literal => $function:path),* $(,)?) => {
        [$({
            unsafe extern "C" fn callback(env: napi_env, info: napi_callback_info) -> Value {
                const FUNCTION: Function = $function;
                // SAFETY: the data of these functions is their environment.
                unsafe {
                    enter::<Environment>(env, info, |environment| environment, |arguments: &Arguments, _| FUNCTION(arguments))
                }
            }
            Export { name: $name, callback }
        }),*]
    };
}

static EXPORTS: [Export; 49] = exports! {
    "asyncCancel" => client::async_cancel,
    "asyncResult" => client::async_result,
    "asyncStatus" => client::async_status,
    "bind" => client::bind,
    "callIsCancelled" => calls::is_cancelled,
    "callLoan" => memory::call_loan,
    "callMetadata" => calls::metadata,
    "callStream" => calls::stream,
    "clientClose" => client::client_close,
    "clientFit" => client::client_fit,
    "clientNew" => client::client_new,
    "contentType" => buffers::content_type,
    "detach" => memory::detach,
    "errorClose" => client::error_close,
    "fail" => calls::fail,
    "instanceId" => process::instance_id,
    "introspect" => process::introspect,
    "keepAlive" => poll::keep_alive,
    "loadComponent" => process::load_component,
    "methodClose" => client::method_close,
    "methodLoan" => memory::method_loan,
    "payloadConvert" => schema::convert_payload,
    "release" => memory::release,
    "reply" => calls::reply,
    "replyLoan" => memory::reply_loan,
    "schemaCompare" => schema::compare,
    "schemaConvert" => schema::convert,
    "schemaOfMessage" => schema::of_message,
    "serverAddMethod" => server::server_add_method,
    "serverClose" => server::server_close,
    "serverIsRunning" => server::server_is_running,
    "serverNew" => server::server_new,
    "serverStart" => server::server_start,
    "serverStop" => server::server_stop,
    "serviceAddMethod" => server::service_add_method,
    "serviceClose" => server::service_close,
    "serviceNew" => server::service_new,
    "serviceRegister" => server::service_register,
    "serviceUnregister" => server::service_unregister,
    "setLog" => log::set_log,
    "streamAwait" => streams::wait,
    "streamCancel" => streams::cancel,
    "streamClose" => streams::close,
    "streamFinish" => streams::finish,
    "streamIsClosed" => streams::is_closed,
    "streamOpen" => streams::open,
    "streamReceive" => streams::receive,
    "streamSend" => streams::send,
    "submit" => client::submit,
};

/// `open(callbacks): native`: all else is behind it, since the callbacks make the errors.
pub fn register(env: napi_env, exports: Value) -> Value {
    let js = Js(env);
    js.set(exports, c"open", js.function("open", Some(open), ptr::null_mut()));
    exports
}

unsafe extern "C" fn open(env: napi_env, info: napi_callback_info) -> Value {
    let (js, mut count, mut callbacks) = (Js(env), 1, ptr::null_mut());
    // SAFETY: a place for one value.
    unsafe { napi_get_cb_info(env, info, &mut count, &mut callbacks, ptr::null_mut(), ptr::null_mut()) };
    let environment = match Environment::open(js, callbacks) {
        Ok(environment) => environment,
        Err(failure) => {
            refuse(js, failure);
            return ptr::null_mut();
        }
    };
    let native = js.object();
    for export in &EXPORTS {
        let function =
            js.function(export.name, Some(export.callback), ptr::from_ref(environment).cast_mut().cast());
        // SAFETY: values of this environment.
        unsafe { napi_set_property(env, native, js.text(export.name), function) };
    }
    // SAFETY: takes nothing.
    let version = unsafe { hms_version_string() };
    js.set(native, c"version", js.text(c_text(version)));
    js.set(native, c"shared", environment.shared.value);
    native
}

/// Without an environment the package's error cannot be made.
fn refuse(js: Js, Failure(error): Failure) {
    // SAFETY: an open error of ours, closed after its message was read.
    unsafe {
        let message = js.text(&format!("hmsffi cannot start: {}", str_of(hms_error_message(error))));
        let mut thrown = ptr::null_mut();
        napi_create_error(js.0, ptr::null_mut(), message, &mut thrown);
        js.throw(thrown);
        hms_error_close(error);
    }
}
