//! Handlers in Python, as the core calls them.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use hmsffi_sys::*;
use pyo3::prelude::*;

use crate::attach::attached;
use crate::context;
use crate::exit::{self, Argument};
use crate::inbound::{self, arrived};
use crate::interrupt;
use crate::metadata::Pairs;

/// A Python function that serves a method.
pub struct Handler {
    pub function: Py<PyAny>,
    /// Class of a Protobuf request.
    pub message: Option<Py<PyAny>>,
    /// Takes the request's bytes whatever they are.
    pub raw: bool,
    /// Takes a request of bytes as a view of its memory.
    pub view: bool,
    /// Takes the `Call` instead of the request's value.
    pub takes_call: bool,
    /// Makes the argument of the request's value.
    pub read: Option<Py<PyAny>>,
    /// Makes what is sent of what the function answers.
    pub write: Option<Py<PyAny>>,
    /// Takes the entries of its argument, a dict, by their names.
    pub by_name: bool,
    /// What is of this very type is the argument without `read`.
    pub exact: Option<Py<PyAny>>,
}

impl Handler {
    pub fn into_abi(self) -> hms_handler_t {
        hms_handler_t {
            struct_size: size_of::<hms_handler_t>() as u32,
            flags: 0,
            ctx: Box::into_raw(Box::new(self)).cast(),
            on_call: Some(on_call),
            drop: Some(drop_handler),
        }
    }

    fn serve(&self, py: Python<'_>, call: hms_call_t, request: &hms_request_t) {
        let (result, object) = context::serving(call, || self.run(py, call, request));
        let pairs = object.map_or_else(|| Ok(Pairs::default()), |object| object.get().response_pairs(py));
        match result.and_then(|value| Ok((value, pairs?))) {
            Ok((value, pairs)) => inbound::reply(call, &value, &pairs, self.raw),
            Err(error) if interrupt::keep_if_final(py, &error) => {
                answer_failed(call, HMS_STATUS_CANCELLED, "the handler was interrupted");
            }
            Err(error) => inbound::fail(py, call, &error),
        }
    }

    fn run<'py>(
        &self,
        py: Python<'py>,
        call: hms_call_t,
        request: &hms_request_t,
    ) -> PyResult<Bound<'py, PyAny>> {
        let is_bytes = self.raw || request.content_type == HMS_CONTENT_TYPE_BYTES;
        let argument = if self.takes_call {
            context::current_call(py)?.into_pyobject(py)?
        } else if self.view && is_bytes {
            inbound::kept_request(py, call)?.into_view(py)?
        } else {
            // SAFETY: valid while `on_call` runs.
            let mut arrived = unsafe { arrived(request) };
            if self.raw {
                arrived.content_type = HMS_CONTENT_TYPE_BYTES;
            }
            arrived.value(py, self.message.as_ref().filter(|_| !self.raw))?
        };
        // One after the other, so that no frame of one is below the function.
        let is_read = self.exact.as_ref().is_some_and(|exact| argument.get_type().is(exact));
        let argument = converted(py, self.read.as_ref().filter(|_| !is_read), argument)?;
        let argument =
            if self.by_name { Argument::Named(argument.cast()?) } else { Argument::One(&argument) };
        let answer = exit::call_and_survive(self.function.bind(py), argument)?;
        converted(py, self.write.as_ref(), answer)
    }
}

fn converted<'py>(
    py: Python<'py>,
    convert: Option<&Py<PyAny>>,
    value: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    match convert {
        None => Ok(value),
        Some(convert) => exit::call_and_survive(convert.bind(py), Argument::One(&value)),
    }
}

unsafe extern "C" fn on_call(handler: *mut c_void, call: hms_call_t, request: *const hms_request_t) {
    let served = catch_unwind(AssertUnwindSafe(|| {
        let Some(_inside) = exit::enter() else {
            return answer_failed(
                call,
                HMS_STATUS_UNAVAILABLE,
                "the Python interpreter that serves this is ending",
            );
        };
        // SAFETY: the context that `into_abi` made; the core calls with a request.
        let (handler, request) = unsafe { (&*handler.cast::<Handler>(), &*request) };
        attached(|py| handler.serve(py, call, request));
    }));
    if served.is_err() {
        answer_failed(
            call,
            HMS_STATUS_INTERNAL,
            "the Python binding met a bug of its own; stderr says where",
        );
    }
}

unsafe extern "C" fn drop_handler(handler: *mut c_void) {
    // SAFETY: made by `into_abi`; the core drops it once.
    let handler = unsafe { Box::from_raw(handler.cast::<Handler>()) };
    match exit::enter() {
        Some(_inside) => attached(|_| drop(handler)),
        // Its objects went with the interpreter, or are about to.
        None => std::mem::forget(handler),
    }
}

/// Answers where Python code cannot.
fn answer_failed(call: hms_call_t, code: hms_status_t, message: &str) {
    let failure = hms_failure_t {
        struct_size: size_of::<hms_failure_t>() as u32,
        code,
        message: message.into(),
        source: hms_str_t::EMPTY,
        stack: hms_str_t::EMPTY,
        details: ptr::null(),
        details_count: 0,
        cause: hms_error_t { id: 0 },
        error_schema: hms_str_t::EMPTY,
        error_data: hms_bytes_t::EMPTY,
    };
    // SAFETY: views that are valid for the call. A caller that went away is no failure.
    unsafe { hms_call_fail(call, &failure, ptr::null_mut()) };
}
