//! What concerns the whole process: introspection and logs.

use crate::{hms_drop_fn, hms_str_t};

/// What lives in this process: leak tests compare two of them.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct hms_introspection_t {
    /// `sizeof(hms_introspection_t)`, set by the caller.
    pub struct_size: u32,
    /// Threads that the library started and that run.
    pub threads: u32,
    /// Live handles by kind; the index is one of `HMS_HANDLE_*`.
    pub handles: [u64; 16],
    /// Buffers handed out and not released.
    pub buffers: u64,
    /// Their bytes.
    pub buffer_bytes: u64,
    /// Bytes that wait in queues and streams.
    pub queued_bytes: u64,
    /// Inbound calls that have no answer yet.
    pub calls: u64,
    /// Calls made since the library was loaded.
    pub calls_total: u64,
    /// Bytes copied for calls since the library was loaded.
    pub bytes_copied_total: u64,
    /// Nanoseconds that threads spent looking for what comes from other processes before they slept, since the library was
    /// loaded.
    pub spun_ns_total: u64,
}

/// Receives the library's log lines.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_log_sink_t {
    /// `sizeof(hms_log_sink_t)`
    pub struct_size: u32,
    /// Least `HMS_LOG_LEVEL_*` wanted; 0 = INFO.
    pub min_level: u32,
    /// Passed to both functions.
    pub ctx: *mut core::ffi::c_void,
    /// Takes one line; may run on any thread. It must not unwind. The views are valid for the call.
    pub on_log: Option<
        unsafe extern "C" fn(ctx: *mut core::ffi::c_void, level: u32, target: hms_str_t, message: hms_str_t),
    >,
    /// Frees `ctx`; may be NULL.
    pub drop: hms_drop_fn,
}
