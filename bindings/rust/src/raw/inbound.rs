//! A call as its handler sees it.

use std::collections::HashMap;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use hmsffi_sys::*;

use super::buffer::{content_type, lend};
use super::stream::StreamHandle;
use super::{bytes, check, outbound, pairs, process, text, view};
use crate::payload::{Body, Payload};
use crate::types::StreamType;
use crate::{Error, ErrorCode, Result};

/// Above this many bytes an answer is lent instead of copied.
const LENT: usize = 4096;

/// A checked handle of a call. What it gives of the request is valid only until the call is answered, so that
/// it is used by what runs the handler, and copied at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Inbound {
    call: hms_call_t,
    /// Number of the request's content type.
    content_type: u32,
}

/// Where a call came to.
pub(crate) struct Target {
    pub service: String,
    pub method: String,
}

impl Inbound {
    pub(super) fn raw(self) -> hms_call_t {
        self.call
    }

    pub fn parent(self) -> crate::call::Parent {
        crate::call::Parent(self.call)
    }

    /// The answer comes after the handler's function has returned, from any thread.
    pub fn retain(self) -> Result<()> {
        // SAFETY: a checked handle.
        check(|error| unsafe { hms_call_retain(self.call, error) })
    }

    pub fn reply(self, payload: Payload<'_>, metadata: &[(String, String)]) {
        if let Err(error) = self.try_reply(payload, metadata)
            && error.code != ErrorCode::Cancelled
        {
            self.fail(&error);
        }
    }

    fn try_reply(self, payload: Payload<'_>, metadata: &[(String, String)]) -> Result<()> {
        let pairs = pairs(metadata.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        let (number, text) = outbound::content_type(payload.content_type());
        let options = hms_reply_options_t {
            struct_size: size_of::<hms_reply_options_t>() as u32,
            content_type: number,
            content_type_text: text,
            metadata: pairs.as_ptr(),
            metadata_count: pairs.len(),
        };
        // The default, which is the faster way, is the content type of the request.
        let same = payload.content_type().is_none() || (number != 0 && number == self.content_type);
        let least = if same && pairs.is_empty() { std::ptr::null() } else { &raw const options };
        let buffer = match payload.body {
            Body::Borrowed(bytes) => return self.reply_copy(bytes, least),
            Body::Owned(ref bytes) if bytes.len() < LENT => return self.reply_copy(bytes, least),
            Body::Owned(bytes) => lend(bytes, number),
            Body::Shared(buffer) => buffer,
        };
        let mut raw = buffer.give_away();
        // SAFETY: a checked handle, a buffer that is given away, readable options.
        check(|error| unsafe { hms_call_reply_buffer(self.call, &mut raw, &options, error) })
    }

    fn reply_copy(self, bytes: &[u8], options: *const hms_reply_options_t) -> Result<()> {
        // SAFETY: a checked handle, a readable view and options.
        check(|error| unsafe { hms_call_reply(self.call, bytes.into(), options, error) })
    }

    pub fn fail(self, error: &Error) {
        super::error::fail(self.call, error);
    }

    pub fn is_cancelled(self) -> bool {
        let mut cancelled = 0;
        // SAFETY: a checked handle and a place of our own.
        let known = check(|error| unsafe { hms_call_is_cancelled(self.call, &mut cancelled, error) });
        known.is_ok() && cancelled != 0
    }

    fn info(self) -> Option<hms_call_info_t> {
        let mut info = hms_call_info_t {
            struct_size: size_of::<hms_call_info_t>() as u32,
            depth: 0,
            service: hms_str_t::EMPTY,
            method: hms_str_t::EMPTY,
            deadline_ns: 0,
            cancelled: 0,
            dispatch: 0,
        };
        // SAFETY: a checked handle and a place of our own.
        check(|error| unsafe { hms_call_info(self.call, &mut info, error) }).ok()?;
        Some(info)
    }

    pub fn target(self) -> Option<Target> {
        let info = self.info()?;
        // SAFETY: valid until the call is answered, and copied at once.
        unsafe {
            Some(Target { service: text(info.service).to_owned(), method: text(info.method).to_owned() })
        }
    }

    /// The time left; `None` = no deadline.
    pub fn time_left(self) -> Option<Duration> {
        match self.info()?.deadline_ns {
            0 => None,
            deadline => Some(Duration::from_nanos(deadline.saturating_sub(process::now()))),
        }
    }

    pub fn metadata(self, key: &str) -> Option<String> {
        let mut value = hms_str_t::EMPTY;
        // SAFETY: a checked handle, a readable view, a place of our own; copied at once.
        unsafe {
            check(|error| hms_call_metadata_get(self.call, view(key), &mut value, error)).ok()?;
            Some(text(value).to_owned())
        }
    }

    pub fn all_metadata(self) -> HashMap<String, String> {
        let mut all = HashMap::new();
        let (mut key, mut value) = (hms_str_t::EMPTY, hms_str_t::EMPTY);
        // SAFETY: a checked handle and places of our own; copied at once.
        unsafe {
            while check(|error| hms_call_metadata_at(self.call, all.len(), &mut key, &mut value, error))
                .is_ok()
            {
                all.insert(text(key).to_owned(), text(value).to_owned());
            }
        }
        all
    }

    /// Runs `f` when the caller stops waiting before the call is answered; drops it otherwise.
    pub fn on_cancel(self, f: impl FnOnce() + Send + 'static) -> Result<()> {
        type Hook = Option<Box<dyn FnOnce() + Send>>;

        unsafe extern "C" fn run(ctx: *mut c_void) {
            // SAFETY: made below; `run` comes before `release`, and both once.
            if let Some(f) = unsafe { &mut *ctx.cast::<Hook>() }.take() {
                // A hook of ours; what user code it reaches must not unwind into the library.
                let _ = catch_unwind(AssertUnwindSafe(f));
            }
        }
        unsafe extern "C" fn release(ctx: *mut c_void) {
            // SAFETY: made by `Box::into_raw` below; runs once.
            let hook = unsafe { Box::from_raw(ctx.cast::<Hook>()) };
            let _ = catch_unwind(AssertUnwindSafe(|| drop(hook)));
        }
        let hook: Hook = Some(Box::new(f));
        let ctx = Box::into_raw(Box::new(hook));
        // SAFETY: a checked handle and a context that is given away.
        check(|error| unsafe { hms_call_on_cancel(self.call, Some(run), ctx.cast(), Some(release), error) })
    }

    /// The handler's end of the stream beside the call.
    pub fn stream(self) -> Result<StreamHandle> {
        let mut stream = hms_stream_t { id: 0 };
        // SAFETY: a checked handle and a place of our own.
        check(|error| unsafe { hms_call_stream(self.call, &mut stream, error) })?;
        Ok(StreamHandle(stream))
    }
}

/// A call and its request.
///
/// # Safety
/// The views must be readable for `'a`.
pub(super) unsafe fn arrived<'a>(
    call: hms_call_t,
    raw: &hms_request_t,
) -> (Inbound, Payload<'a>, StreamType) {
    // SAFETY: promised above.
    let body = unsafe { bytes(raw.body) };
    // SAFETY: promised above.
    let content_type = content_type(raw.content_type, || unsafe { text(raw.content_type_text) });
    let call = Inbound { call, content_type: raw.content_type };
    (call, Payload::borrowed(body, content_type), StreamType::from_number(raw.stream_type))
}
