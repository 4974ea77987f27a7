//! Log lines of the core, from any thread to the logger in JavaScript.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use hmsffi_sys::*;
use napi_sys::*;

use crate::arguments::Arguments;
use crate::failure::{Result, core, failed, ignore, str_of};
use crate::js::{Js, Value};

/// The process has one sink: an environment takes away its own only.
static CURRENT: AtomicU64 = AtomicU64::new(0);
static NEXT: AtomicU64 = AtomicU64::new(1);

struct Line {
    level: u32,
    target: String,
    message: String,
}

/// The environment's sink; taken away from the core with it.
pub struct Sink(u64);

impl Drop for Sink {
    fn drop(&mut self) {
        if CURRENT.compare_exchange(self.0, 0, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            // SAFETY: NULL = no sink.
            ignore(|error| unsafe { hms_log_set_sink(ptr::null(), error) });
        }
    }
}

/// What the core has of the sink.
struct Lines(napi_threadsafe_function);

/// `setLog(level, log?)`, where `log(level, target, message)` gets each line; without it lines go nowhere.
pub fn set_log(arguments: &Arguments) -> Result<Value> {
    let (environment, js) = (arguments.environment, arguments.js);
    environment.log.take();
    if !arguments.has(1) {
        return Ok(js.undefined());
    }
    let mut function = ptr::null_mut();
    // SAFETY: values of this environment. The function does not keep the loop alive.
    let status = unsafe {
        let status = napi_create_threadsafe_function(
            js.0,
            arguments.value(1),
            ptr::null_mut(),
            js.text("hmsffi log"),
            0,
            1,
            ptr::null_mut(),
            None,
            ptr::null_mut(),
            Some(write),
            &mut function,
        );
        napi_unref_threadsafe_function(js.0, function);
        status
    };
    if status != Status::napi_ok {
        return Err(failed(HMS_STATUS_INVALID_ARGUMENT, "the logger is not a function"));
    }
    let sink = hms_log_sink_t {
        struct_size: size_of::<hms_log_sink_t>() as u32,
        min_level: arguments.number(0)? as u32,
        ctx: Box::into_raw(Box::new(Lines(function))).cast(),
        on_log: Some(on_log),
        drop: Some(drop_lines),
    };
    // SAFETY: the sink's context is the core's from here on.
    core(|error| unsafe { hms_log_set_sink(&sink, error) })?;
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    CURRENT.store(number, Ordering::SeqCst);
    *environment.log.borrow_mut() = Some(Sink(number));
    Ok(js.undefined())
}

/// Runs on any thread.
unsafe extern "C" fn on_log(lines: *mut c_void, level: u32, target: hms_str_t, message: hms_str_t) {
    // SAFETY: the context that `set_log` made; views that are valid for the call.
    unsafe {
        let function = (*lines.cast::<Lines>()).0;
        let line = Line { level, target: str_of(target).to_owned(), message: str_of(message).to_owned() };
        let line = Box::into_raw(Box::new(line));
        let mode = ThreadsafeFunctionCallMode::nonblocking;
        if napi_call_threadsafe_function(function, line.cast(), mode) != Status::napi_ok {
            drop(Box::from_raw(line));
        }
    }
}

/// May run on any thread.
unsafe extern "C" fn drop_lines(lines: *mut c_void) {
    // SAFETY: made in `set_log`; the last line is out.
    unsafe {
        let lines = Box::from_raw(lines.cast::<Lines>());
        let mode = ThreadsafeFunctionReleaseMode::release;
        napi_release_threadsafe_function(lines.0, mode);
    }
}

/// Runs on the environment's thread; without an environment when that is ending.
unsafe extern "C" fn write(env: napi_env, log: napi_value, _: *mut c_void, line: *mut c_void) {
    // SAFETY: made in `on_log`.
    let line = unsafe { Box::from_raw(line.cast::<Line>()) };
    if env.is_null() {
        return;
    }
    let js = Js(env);
    let parts = [js.number(f64::from(line.level)), js.text(&line.target), js.text(&line.message)];
    if js.call(log, &parts).is_none()
        && let Some(exception) = js.take_exception()
    {
        // SAFETY: a value of this environment.
        unsafe { napi_fatal_exception(env, exception) };
    }
}
