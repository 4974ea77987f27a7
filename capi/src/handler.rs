//! Handlers of other languages, behind C function pointers.

use std::ffi::c_void;

use hmsffi_abi::{hms_call_t, hms_drop_fn, hms_handler_t, hms_request_t};
use hmsffi_core::call::{Call, Request};
use hmsffi_core::service::Handler;
use hmsffi_core::{Error, Result};

use crate::component::pin;
use crate::options;
use crate::view::{bytes_view, str_view};

type OnCall = unsafe extern "C" fn(ctx: *mut c_void, call: hms_call_t, request: *const hms_request_t);

/// A context from outside and the function that frees it, which runs once.
pub(crate) struct Context {
    pub ctx: *mut c_void,
    drop: hms_drop_fn,
}

// SAFETY: the header asks that contexts may be used on any thread.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    pub fn new(ctx: *mut c_void, drop: hms_drop_fn) -> Context {
        Context { ctx, drop }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if let Some(drop) = self.drop {
            // SAFETY: runs once, after the last use, as the header promises.
            unsafe { drop(self.ctx) };
        }
    }
}

/// Calls `on_call`.
pub(crate) struct ForeignHandler {
    on_call: OnCall,
    context: Context,
    stream_type: u32,
}

impl Handler for ForeignHandler {
    #[inline]
    fn serve(&self, call: Call, request: &Request<'_>) {
        let view = request_view(call, request, self.stream_type);
        // SAFETY: the header asks that on_call takes this call on any thread and does not unwind.
        unsafe { (self.on_call)(self.context.ctx, hms_call_t { id: call.id() }, &view) };
    }
}

/// A request as outside code sees it.
#[inline]
pub(crate) fn request_view(call: Call, request: &Request<'_>, stream_type: u32) -> hms_request_t {
    hms_request_t {
        struct_size: size_of::<hms_request_t>() as u32,
        content_type: request.encoding as u32,
        body: bytes_view(request.body),
        content_type_text: str_view(request.content_type()),
        deadline_ns: call.deadline().0,
        metadata_count: request.metadata.len() as u32,
        stream_type,
    }
}

/// The handler behind a pointer; NULL = none. From here on its `drop` runs whatever happens.
///
/// # Safety
/// As the header says of `hms_handler_t`.
pub(crate) unsafe fn take(
    handler: *const hms_handler_t,
    stream_type: u32,
    queued: bool,
) -> Result<Option<Box<dyn Handler>>> {
    if handler.is_null() {
        return Ok(None);
    }
    // SAFETY: promised above.
    let handler = unsafe { options::read(handler)? };
    let context = Context::new(handler.ctx, handler.drop);
    options::known_flags(handler.flags, 0, "hms_handler_t.flags")?;
    let Some(on_call) = handler.on_call else {
        return if queued {
            Ok(None)
        } else {
            Err(Error::invalid("on_call is NULL: a handler without a queue needs one"))
        };
    };
    pin(on_call as *const c_void);
    Ok(Some(Box::new(ForeignHandler { on_call, context, stream_type })))
}
