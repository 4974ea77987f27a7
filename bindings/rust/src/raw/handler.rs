//! Rust handlers behind C function pointers.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hmsffi_sys::*;

use super::inbound;
use crate::serve::{Handler, serve};

/// The handler as the ABI takes it, which drops it after its last use.
pub(super) fn give_away(handler: Handler) -> hms_handler_t {
    hms_handler_t {
        struct_size: size_of::<hms_handler_t>() as u32,
        flags: 0,
        ctx: Box::into_raw(Box::new(handler)).cast(),
        on_call: Some(on_call),
        drop: Some(release),
    }
}

unsafe extern "C" fn on_call(ctx: *mut c_void, call: hms_call_t, request: *const hms_request_t) {
    // SAFETY: made by `give_away`, shared until `release`; handlers are Sync.
    let handler = unsafe { &*ctx.cast::<Handler>() };
    // SAFETY: valid until this function returns.
    let (call, request, stream_type) = unsafe { inbound::arrived(call, &*request) };
    serve(handler, call, request, stream_type);
}

unsafe extern "C" fn release(ctx: *mut c_void) {
    // SAFETY: made by `give_away`; runs once, after the last `on_call`.
    let handler = unsafe { Box::from_raw(ctx.cast::<Handler>()) };
    let _ = catch_unwind(AssertUnwindSafe(|| drop(handler)));
}
