//! The addon behind the npm package `hmsffi`: the C ABI as functions of JavaScript. The package's `ts/` is the API.
//!
//! Handles are `bigint`s; the core checks each of them. What it reports as a failure is thrown as the package's own error.
//! Everything here runs on the thread of its environment, except where a comment says otherwise.

mod arguments;
mod buffers;
mod calls;
mod client;
mod completions;
mod environment;
mod exports;
mod failure;
mod inbound;
mod js;
mod log;
mod memory;
mod options;
mod poll;
mod process;
mod schema;
mod server;
mod streams;
mod uv;

use napi_sys::{napi_env, napi_value};

/// Node.js calls this once for each environment: the main thread and every worker.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn napi_register_module_v1(env: napi_env, exports: napi_value) -> napi_value {
    exports::register(env, exports)
}

/// The Node-API version that this addon is written for.
#[unsafe(no_mangle)]
pub extern "C" fn node_api_module_get_api_version_v1() -> i32 {
    8
}
