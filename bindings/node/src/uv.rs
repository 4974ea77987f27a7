//! The few functions of libuv that are needed. Node.js exports them; their signatures are stable since libuv 1.19.

use std::ffi::{CStr, c_char, c_int, c_void};

pub type Handle = c_void;
pub type OnReady = unsafe extern "C" fn(handle: *mut Handle, status: c_int, events: c_int);
pub type OnClosed = unsafe extern "C" fn(handle: *mut Handle);

unsafe extern "C" {
    fn uv_handle_size(kind: c_int) -> usize;
    fn uv_handle_type_name(kind: c_int) -> *const c_char;
    pub fn uv_handle_get_data(handle: *const Handle) -> *mut c_void;
    pub fn uv_handle_set_data(handle: *mut Handle, data: *mut c_void);
    pub fn uv_poll_init(event_loop: *mut c_void, handle: *mut Handle, fd: c_int) -> c_int;
    pub fn uv_poll_start(handle: *mut Handle, events: c_int, on_ready: OnReady) -> c_int;
    pub fn uv_poll_stop(handle: *mut Handle) -> c_int;
    pub fn uv_ref(handle: *mut Handle);
    pub fn uv_unref(handle: *mut Handle);
    pub fn uv_close(handle: *mut Handle, on_closed: OnClosed);
}

pub const READABLE: c_int = 1;

/// `UV_POLL` of `uv_handle_type`: its place in the list has been the same since libuv 1.0.
const POLL: c_int = 8;

/// How many bytes a poll handle has; None when this libuv numbers its handles otherwise.
pub fn poll_handle_size() -> Option<usize> {
    // SAFETY: takes any number; gives a static text or NULL.
    unsafe {
        let name = uv_handle_type_name(POLL);
        (!name.is_null() && CStr::from_ptr(name) == c"poll").then(|| uv_handle_size(POLL))
    }
}
