//! Inbound calls on their way to JavaScript.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hmsffi_sys::*;

use crate::buffers::Body;
use crate::environment::Environment;
use crate::failure::{bytes_of, ignore, str_of};
use crate::js::Value;
use crate::memory::VIEWS;

/// What `request` gives instead of an answer: it comes later.
const LATER: f64 = -1.0;
/// It was given by `reply` or `fail` meanwhile.
const ANSWERED: f64 = -2.0;

/// The context of a method's handler for calls that are made on this thread.
struct Handler {
    environment: *const Environment,
    open: Arc<AtomicBool>,
    tag: u64,
}

/// The handler of the method with this tag; its context is for the core to drop.
pub fn handler(environment: &Environment, tag: u64) -> hms_handler_t {
    let handler = Handler { environment, open: environment.open.clone(), tag };
    hms_handler_t {
        struct_size: size_of::<hms_handler_t>() as u32,
        flags: 0,
        ctx: Box::into_raw(Box::new(handler)).cast(),
        on_call: Some(on_call),
        drop: Some(drop_handler),
    }
}

/// Runs on the thread that polls the queue, below a call that this thread makes.
unsafe extern "C" fn on_call(handler: *mut c_void, call: hms_call_t, request: *const hms_request_t) {
    // SAFETY: the context that `handler` made; the core calls with a request.
    let (handler, request) = unsafe { (&*handler.cast::<Handler>(), &*request) };
    if !handler.open.load(Ordering::SeqCst) {
        return fail(call, HMS_STATUS_UNAVAILABLE, "the environment of Node.js that serves this has ended");
    }
    // SAFETY: open, so that the environment is there.
    unsafe { (*handler.environment).serve(handler.tag, call, request, true) };
}

unsafe extern "C" fn drop_handler(handler: *mut c_void) {
    // SAFETY: made by `handler`; the core drops it once. May run on any thread: nothing in it cares.
    drop(unsafe { Box::from_raw(handler.cast::<Handler>()) });
}

fn fail(call: hms_call_t, code: hms_status_t, message: &str) {
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
    // SAFETY: views that are valid for the call. A caller that went away need not know.
    ignore(|error| unsafe { hms_call_fail(call, &failure, error) });
}

impl Environment {
    /// A call that the queue collected.
    pub fn serve_queued(&self, tag: u64, call: hms_call_t) {
        // SAFETY: a place for the request.
        unsafe {
            let mut request = std::mem::zeroed::<hms_request_t>();
            request.struct_size = size_of::<hms_request_t>() as u32;
            // Refused when the caller went away meanwhile.
            if hms_call_request(call, &mut request, ptr::null_mut()) == HMS_STATUS_OK {
                self.serve(tag, call, &request, false);
            }
        }
    }

    fn serve(&self, tag: u64, call: hms_call_t, request: &hms_request_t, direct: bool) {
        let js = self.js;
        let header = self.shared.header();
        // SAFETY: the header is in the shared memory; the request's views are valid until the call is answered.
        let (body, view) = unsafe {
            (*header).call = call.id;
            (*header).deadline_ns = request.deadline_ns;
            (*header).stream_type = request.stream_type;
            (*header).metadata_count = request.metadata_count;
            (*header).direct = u32::from(direct);
            let view = if tag >= VIEWS { self.request_view(request) } else { None };
            let body = view.unwrap_or_else(|| {
                let text = || str_of(request.content_type_text).to_owned();
                self.shared.set_content_type(request.content_type, text);
                self.shared.give(js, bytes_of(request.body.ptr, request.body.len))
            });
            (body, view)
        };
        let answer = js.call(js.kept(self.callbacks.request), &[js.number(tag as f64), body]);
        let is_answered =
            answer.is_some_and(|answer| self.reply_now(call, answer, request.content_type, direct));
        let is_later = !direct && answer.and_then(|answer| js.to_number(answer)) == Some(LATER);
        if let Some(view) = view.filter(|_| !is_later) {
            js.detach(view);
        }
        if !is_answered {
            // JavaScript could not even fail the call: a bug of the package, or a worker that is being ended.
            fail(call, HMS_STATUS_UNAVAILABLE, "JavaScript ended before it answered");
            if !direct {
                self.report_exception();
            }
        }
    }

    /// False = that is no answer.
    fn reply_now(&self, call: hms_call_t, answer: Value, requested: u32, direct: bool) -> bool {
        let number = self.js.to_number(answer);
        if number == Some(ANSWERED) || (number == Some(LATER) && !direct) {
            return true;
        }
        let Some(body) = self.shared.take(self.js, answer) else { return false };
        // SAFETY: the header is in the shared memory.
        let content_type = unsafe { (*self.shared.header()).answer_type };
        reply(call, &body, content_type, requested);
        true
    }
}

fn reply(call: hms_call_t, body: &Body, content_type: u32, requested: u32) {
    let options = hms_reply_options_t {
        struct_size: size_of::<hms_reply_options_t>() as u32,
        content_type,
        content_type_text: hms_str_t::EMPTY,
        metadata: ptr::null(),
        metadata_count: 0,
    };
    // The request's own content type is what an answer has without options.
    let options = if content_type == requested && requested != 0 { ptr::null() } else { &raw const options };
    // SAFETY: views that are valid for the call. A caller that went away need not know.
    ignore(|error| unsafe { hms_call_reply(call, body.bytes().into(), options, error) });
}
