//! Interceptors behind C function pointers.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use hmsffi_sys::*;

use super::buffer::content_type;
use super::{bytes, error, text};
use crate::interceptor::{Intercepted, Interceptor};
use crate::panics::caught;
use crate::payload::Payload;
use crate::{Error, ErrorCode};

/// The interceptor as the ABI takes it, which drops it after its last use.
pub(super) fn give_away(interceptor: Box<dyn Interceptor>) -> hms_interceptor_t {
    hms_interceptor_t {
        struct_size: size_of::<hms_interceptor_t>() as u32,
        flags: 0,
        ctx: Box::into_raw(Box::new(interceptor)).cast(),
        before: Some(before),
        after: Some(after),
        drop: Some(release),
    }
}

/// # Safety
/// The context of `give_away`, before `release`; a call of the library.
unsafe fn seen<'a>(
    ctx: *mut c_void,
    call: *const hms_intercepted_t,
) -> (&'a dyn Interceptor, Intercepted<'a>) {
    // SAFETY: promised above; interceptors are Sync.
    unsafe {
        let (interceptor, call) = (&**ctx.cast::<Box<dyn Interceptor>>(), &*call);
        let pairs = (0..call.metadata_count)
            .map(|index| &*call.metadata.add(index))
            .map(|pair| (text(pair.key), text(pair.value)))
            .collect();
        let request = Payload::borrowed(bytes(call.body), content_type(call.content_type, || ""));
        (interceptor, Intercepted { service: text(call.service), method: text(call.method), request, pairs })
    }
}

unsafe extern "C" fn before(
    ctx: *mut c_void,
    call: *const hms_intercepted_t,
    failure: *mut hms_error_t,
) -> hms_status_t {
    // SAFETY: valid until this function returns.
    let (interceptor, call) = unsafe { seen(ctx, call) };
    let refusal = match caught(|| interceptor.before(&call)) {
        Ok(()) => return HMS_STATUS_OK,
        Err(refusal) => refusal,
    };
    // SAFETY: the library's place.
    if let Some(place) = unsafe { failure.as_mut() } {
        *place = error::make(&refusal);
    }
    code_of(&refusal)
}

fn code_of(refusal: &Error) -> hms_status_t {
    match refusal.kind() {
        Some(code) if code != ErrorCode::Ok => code as hms_status_t,
        _ => HMS_STATUS_INTERNAL,
    }
}

unsafe extern "C" fn after(
    ctx: *mut c_void,
    call: *const hms_intercepted_t,
    status: hms_status_t,
    duration_ns: u64,
) {
    // SAFETY: valid until this function returns.
    let (interceptor, call) = unsafe { seen(ctx, call) };
    let code = ErrorCode::from_number(status).unwrap_or(ErrorCode::Unknown);
    let _ = catch_unwind(AssertUnwindSafe(|| {
        interceptor.after(&call, code, Duration::from_nanos(duration_ns));
    }));
}

unsafe extern "C" fn release(ctx: *mut c_void) {
    // SAFETY: made by `give_away`; runs once, after the last call.
    let interceptor = unsafe { Box::from_raw(ctx.cast::<Box<dyn Interceptor>>()) };
    let _ = catch_unwind(AssertUnwindSafe(|| drop(interceptor)));
}
