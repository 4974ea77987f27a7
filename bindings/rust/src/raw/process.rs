//! Versions, logs, the clock.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hmsffi_sys::*;

use super::{check, constant, text};
use crate::Result;
use crate::types::LogLevel;

/// The version of the library, such as `0.1.0`.
pub(crate) fn version() -> &'static str {
    // SAFETY: a constant of the library.
    unsafe { constant(hms_version_string()) }
}

/// 16 bytes that are the same for all code that shares this copy of the library.
pub(crate) fn instance_id() -> Result<[u8; 16]> {
    let mut id = [0; 16];
    // SAFETY: a place of 16 bytes.
    check(|error| unsafe { hms_core_instance_id(id.as_mut_ptr(), error) })?;
    Ok(id)
}

/// Nanoseconds on the clock of deadlines.
pub(crate) fn now() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a place of our own.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Where the library's log lines go.
pub(crate) type Sink = fn(LogLevel, &str, &str);

/// Sends log lines from this level on to a function.
pub(crate) fn set_sink(min_level: LogLevel, sink: Sink) -> Result<()> {
    unsafe extern "C" fn on_log(ctx: *mut c_void, level: u32, target: hms_str_t, message: hms_str_t) {
        let level = match level {
            HMS_LOG_LEVEL_DEBUG => LogLevel::Debug,
            HMS_LOG_LEVEL_WARNING => LogLevel::Warn,
            HMS_LOG_LEVEL_ERROR => LogLevel::Error,
            _ => LogLevel::Info,
        };
        // SAFETY: a `Sink`, as below.
        let sink = unsafe { std::mem::transmute::<*mut c_void, Sink>(ctx) };
        // SAFETY: the views are valid for the call.
        let (target, message) = unsafe { (text(target), text(message)) };
        let _ = catch_unwind(AssertUnwindSafe(|| sink(level, target, message)));
    }
    let sink = hms_log_sink_t {
        struct_size: size_of::<hms_log_sink_t>() as u32,
        min_level: min_level as u32,
        ctx: sink as *mut c_void,
        on_log: Some(on_log),
        drop: None,
    };
    // SAFETY: a readable sink whose function lives as long as the program.
    check(|error| unsafe { hms_log_set_sink(&sink, error) })
}
